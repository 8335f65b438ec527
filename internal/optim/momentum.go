package optim

import (
	"slices"

	"opttui/internal/ewma"
	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "momentum", Title: "Momentum", Order: 1, Unit: PerGradient,
		Formula:      "velocity: v ← αv − εg, θ ← θ + v · ewma: v ← αv + (1−α)g, θ ← θ − εv",
		FormulaTorch: "accumulate: v ← αv + g, θ ← θ − εv",
		Source:       "Polyak 1964 (heavy ball); velocity: Goodfellow, Bengio & Courville 2016, alg. 8.2; accumulate: torch.optim.SGD",
		Advice:       "the remedy for ravines: it damps across and builds up speed along; α = 0.9 averages about 10 gradients",
		New: func(c Convention) Optimizer {
			o := &momentum{convention: c}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

// form is how the momentum vector is scaled. As long as ε and α stand still the three are the same rule, with
// ε/(1−α) in place of ε for the average.
type form int

const (
	velocity   form = iota // v ← αv − εg;      θ ← θ + v:  keeps the ε of each gradient
	accumulate             // v ← αv + g;       θ ← θ − εv: the present ε goes for all gradients
	average                // v ← αv + (1−α)g;  θ ← θ − εv: and the present α, too, for the new ones
	foreign                // taken over from another rule, in whatever unit
)

// usualForm is the form that momentum and Nesterov have in a convention.
func usualForm(c Convention) form {
	if c == Lecture {
		return velocity
	}
	return accumulate
}

// momentum is gradient descent with a memory. Every form is v ← αv + u·g, θ ← θ + s·v, with the unit u and the
// scale s of the form.
type momentum struct {
	lr, momentum, weightDecay float64
	form, biasCorrection      float64
	convention                Convention
	buffer
}

func (o *momentum) Init(l Layout) { o.start(l.Dim) }

func (o *momentum) Step(_ Objective, p *Point) error {
	o.age(o.momentum)
	u := kernel.Momentum{Alpha: o.momentum, Unit: -p.LR, Scale: 1, Decay: o.weightDecay} // velocity
	switch form(o.form) {
	case accumulate:
		u.Unit, u.Scale = 1, -p.LR
	case average:
		u.Unit, u.Scale = 1-o.momentum, -p.LR
		if o.biasCorrection != 0 {
			u.Scale /= 1 - o.product
		}
	}
	o.become(form(o.form), u.Unit)
	u.Update(p.X, p.G, o.v)
	return nil
}

func (o *momentum) Knobs() []knob.Knob {
	return []knob.Knob{
		lrKnob(&o.lr, 1e-2),
		momentumKnob(&o.momentum, 0.9),
		knob.Enum("form", "", "how v is scaled: one path while ε and α stand still (ewma needs ε/(1−α) for it); velocity keeps the old ε in v, ewma its step length when α changes",
			int(usualForm(o.convention)), "velocity", "accumulate", "ewma").Bind(&o.form),
		knob.Switch("bias_correction", "", "divide v by 1−αᵗ (form ewma only)", false).Bind(&o.biasCorrection),
		weightDecayKnob(&o.weightDecay),
	}
}

// SetConvention goes to the form of the convention; an average stays one. The next step converts v.
func (o *momentum) SetConvention(c Convention, _ float64) {
	if form(o.form) != average {
		o.form = float64(usualForm(c))
	}
	o.convention = c
}

func (o *momentum) Clone() Optimizer {
	c := *o
	c.v = slices.Clone(o.v)
	return &c
}

func (o *momentum) Slots() []Slot { return []Slot{o.slot(form(o.form), o.momentum)} }

// buffer is the vector v of momentum and Nesterov: its unit times the decayed sum of gradients b ← αb + g.
type buffer struct {
	v       []float64
	form    form
	unit    float64 // −ε, 1 or 1−α as of the last step; 0 for a velocity made with ε = 0
	t       int
	product float64 // Πα, for the bias correction
}

func (b *buffer) start(n int) { *b = buffer{v: zeros(b.v, n), form: foreign, unit: 1, product: 1} }

// age counts one more gradient.
func (b *buffer) age(alpha float64) {
	b.t++
	b.product = ewma.Decay(b.product, alpha)
}

// become converts v to the form f, in which the coming gradient has the given unit. A form that stays stays
// as it is: a velocity keeps its old ε, an average its old α.
func (b *buffer) become(f form, unit float64) {
	if f != b.form {
		factor := 0.0
		if b.unit != 0 {
			factor = unit / b.unit
		}
		for i := range b.v {
			b.v[i] = kernel.Flush(b.v[i] * factor)
		}
		b.form = f
	}
	b.unit = unit
}

// slot offers v, and takes over a v in any unit.
func (b *buffer) slot(f form, alpha float64) Slot {
	unit := b.unit
	if b.t == 0 {
		unit = [...]float64{velocity: -1, accumulate: 1, average: 1 - alpha}[f]
	}
	return Slot{
		Kind: Momentum, V: b.v, Unit: unit, Rate: alpha, Age: &b.t, Product: &b.product,
		Adopt: func(unit float64) {
			b.form, b.unit = foreign, unit
			if unit < 0 {
				b.form = velocity
			}
		},
	}
}
