package optim

import (
	"math"
	"slices"

	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "rmsprop", Title: "RMSProp", Order: 1, Unit: PerStep,
		Formula:      "r ← ρr + (1−ρ)g²;  θ ← θ − ε g/√(δ+r)",
		FormulaTorch: "r ← ρr + (1−ρ)g²;  θ ← θ − ε g/(√r + δ)",
		Source:       "Hinton 2012, Neural networks for machine learning, lecture 6e (often cited as Tieleman & Hinton 2012); δ inside the root: Goodfellow, Bengio & Courville 2016, alg. 8.5; outside: torch.optim.RMSprop; centered: Graves 2013, sec. 4.2",
		Advice:       "AdaGrad that forgets: the rate follows the recent gradients and does not die",
		New: func(c Convention) Optimizer {
			o := &rmsprop{convention: c}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

type rmsprop struct {
	lr, rho, eps, momentum, centered, weightDecay float64
	convention                                    Convention
	r                                             []float64 // average of g²
	mean                                          []float64 // average of g, while centered
	b                                             []float64 // decayed sum of the scaled gradients, while there is momentum
	t                                             int
}

func (o *rmsprop) Init(l Layout) {
	o.r, o.mean, o.b, o.t = zeros(o.r, l.Dim), nil, nil, 0
}

func (o *rmsprop) Step(_ Objective, p *Point) error {
	centered, rolling := o.centered != 0, o.momentum > 0
	o.mean = optional(o.mean, centered, len(p.X))
	o.b = optional(o.b, rolling, len(p.X))
	o.t++
	if centered || rolling {
		o.withOptions(p, centered, rolling)
		return nil
	}
	u := kernel.RMSProp{Rate: p.LR, Rho: o.rho, Sigma: 1 - o.rho, Decay: o.weightDecay}
	u.Inside, u.Outside = o.convention.stabiliser(o.eps)
	u.Update(p.X, p.G, o.r)
	return nil
}

// withOptions is the step of a rule that is centered or has momentum.
func (o *rmsprop) withOptions(p *Point, centered, rolling bool) {
	for i, x := range p.X {
		g := kernel.Flush(p.G[i] + o.weightDecay*x)
		o.r[i] = kernel.Flush(o.rho*o.r[i] + (1-o.rho)*g*g)
		if centered {
			o.mean[i] = kernel.Flush(o.rho*o.mean[i] + (1-o.rho)*g)
		}
		step := g / o.root(i, centered)
		if rolling {
			o.b[i] = kernel.Flush(o.momentum*o.b[i] + step)
			step = o.b[i]
		}
		p.X[i] = kernel.Flush(x - p.LR*step)
	}
}

// root is the denominator in coordinate i: of the mean square of g, or of its variance where the rule is centered.
func (o *rmsprop) root(i int, centered bool) float64 {
	r := o.r[i]
	if centered {
		r = math.Max(0, r-o.mean[i]*o.mean[i])
	}
	return o.convention.root(r, o.eps)
}

// Precondition: 1/√(δ+r).
func (o *rmsprop) Precondition(p []float64) bool {
	centered := o.centered != 0 && len(o.mean) == len(o.r) // it may have been switched on since the last step
	for i := range o.r {
		p[i] = 1 / o.root(i, centered)
	}
	return o.t > 0
}

func (o *rmsprop) Knobs() []knob.Knob {
	rho := 0.9
	if o.convention == Torch {
		rho = 0.99
	}
	return []knob.Knob{
		lrKnob(&o.lr, 1e-2),
		rateKnob(&o.rho, "rho", "ρ", "decay rate of the average of squared gradients", rho),
		epsKnob(&o.eps, 1e-8),
		rateKnob(&o.momentum, "momentum", "α", "momentum: b ← αb + g/√r, θ ← θ − εb", 0),
		knob.Switch("centered", "", "take the mean gradient out: divide by its spread, √(r − ḡ²)", false).Bind(&o.centered),
		weightDecayKnob(&o.weightDecay),
	}
}

// SetConvention moves the stabiliser; r is the same in both. ρ keeps its value, only its default is another.
func (o *rmsprop) SetConvention(c Convention, _ float64) { o.convention = c }

func (o *rmsprop) Clone() Optimizer {
	c := *o
	c.r, c.mean, c.b = slices.Clone(o.r), slices.Clone(o.mean), slices.Clone(o.b)
	return &c
}

func (o *rmsprop) Slots() []Slot {
	slots := []Slot{{Kind: SecondMoment, V: o.r, Unit: 1, Rate: o.rho, Age: &o.t}}
	if o.centered != 0 {
		slots = append(slots, Slot{Kind: Own("rmsprop", "mean gradient"), V: o.mean})
	}
	if o.momentum > 0 {
		slots = append(slots, Slot{Kind: Own("rmsprop", "momentum"), V: o.b})
	}
	return slots
}
