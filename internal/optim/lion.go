package optim

import (
	"slices"

	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "lion", Title: "Lion", Order: 1, Unit: PerStep,
		Formula: "θ ← θ − ε(sign(β₁m + (1−β₁)g) + λθ);  m ← β₂m + (1−β₂)g",
		Source:  "Chen et al. 2023, Symbolic discovery of optimization algorithms, alg. 2",
		Advice:  "every coordinate moves by ε at every step, so it needs a rate 3 to 10 times smaller than Adam's and a falling schedule",
		New: func(Convention) Optimizer {
			o := &lion{}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

type lion struct {
	lr, beta1, beta2, weightDecay float64
	m                             []float64
	t                             int
}

func (o *lion) Init(l Layout) { o.m, o.t = zeros(o.m, l.Dim), 0 }

func (o *lion) Step(_ Objective, p *Point) error {
	o.t++
	u := kernel.Lion{
		Rate:  p.LR,
		Alpha: o.beta1, Unit: 1 - o.beta1,
		Rho: o.beta2, Sigma: 1 - o.beta2,
		Decay: o.weightDecay,
	}
	u.Update(p.X, p.G, o.m)
	return nil
}

func (o *lion) Knobs() []knob.Knob {
	return []knob.Knob{
		lrKnob(&o.lr, 1e-4),
		rateKnob(&o.beta1, "beta1", "β₁", "weight of the average in the direction of the step", 0.9),
		rateKnob(&o.beta2, "beta2", "β₂", "decay rate of the average of gradients", 0.99),
		decoupledDecayKnob(&o.weightDecay, 0),
	}
}

func (o *lion) Clone() Optimizer {
	c := *o
	c.m = slices.Clone(o.m)
	return &c
}

func (o *lion) Slots() []Slot {
	return []Slot{{Kind: Momentum, V: o.m, Unit: 1 - o.beta2, Rate: o.beta2, Age: &o.t}}
}
