package optim

import (
	"slices"

	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "nesterov", Title: "Nesterov momentum", Order: 1, Unit: PerGradient,
		Formula:      "v ← αv − ε∇J(θ+αv);  θ ← θ + v",
		FormulaTorch: "b ← αb + g;  θ ← θ − ε(g + αb)",
		Source:       "Nesterov 1983; Sutskever, Martens, Dahl & Hinton 2013, eqs. 3 and 4; Goodfellow, Bengio & Courville 2016, alg. 8.3; with b: torch.optim.SGD(nesterov=True)",
		Advice:       "momentum that looks where it is going first, and so brakes earlier; torch's θ is the lecture's look-ahead point θ+αv",
		New: func(c Convention) Optimizer {
			o := &nesterov{convention: c}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

type nesterov struct {
	lr, momentum, weightDecay float64
	convention                Convention
	buffer
}

func (o *nesterov) Init(l Layout) { o.start(l.Dim) }

// Elsewhere: the lecture's gradient is that at the look-ahead point.
func (o *nesterov) Elsewhere() bool { return o.convention == Lecture }

func (o *nesterov) Step(obj Objective, p *Point) error {
	o.age(o.momentum)
	if o.convention == Lecture {
		o.become(velocity, -p.LR)
		o.lookAhead(obj, p)
		return nil
	}
	o.become(accumulate, 1)
	u := kernel.Nesterov{Rate: p.LR, Alpha: o.momentum, Decay: o.weightDecay}
	u.Update(p.X, p.G, o.v)
	return nil
}

// lookAhead is the lecture's step. It goes to y = θ+αv and on from there: θ + v_new = y − εg.
func (o *nesterov) lookAhead(obj Objective, p *Point) {
	for i, v := range o.v {
		p.X[i] += o.momentum * v
	}
	obj.Gradient(p.X, p.G)
	u := kernel.LookAhead{Rate: p.LR, Alpha: o.momentum, Decay: o.weightDecay}
	u.Update(p.X, p.G, o.v)
}

func (o *nesterov) Knobs() []knob.Knob {
	return []knob.Knob{lrKnob(&o.lr, 1e-2), momentumKnob(&o.momentum, 0.9), weightDecayKnob(&o.weightDecay)}
}

// SetConvention changes where the gradient is taken; the next step converts v. θ stays where it is, so the
// path bends a little there: the two conventions' iterates are αv apart.
func (o *nesterov) SetConvention(c Convention, _ float64) { o.convention = c }

func (o *nesterov) Clone() Optimizer {
	c := *o
	c.v = slices.Clone(o.v)
	return &c
}

func (o *nesterov) Slots() []Slot { return []Slot{o.slot(usualForm(o.convention), o.momentum)} }
