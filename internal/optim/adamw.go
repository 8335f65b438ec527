package optim

import (
	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "adamw", Title: "AdamW", Order: 1, Unit: PerStep,
		Formula:      "θ ← (1−ελ)θ, then Adam: θ ← θ − ε ŝ/√(r̂+δ)",
		FormulaTorch: "θ ← (1−ελ)θ, then Adam: θ ← θ − ε ŝ/(√r̂+δ)",
		Source:       "Loshchilov & Hutter 2019, alg. 2, where only the schedule multiplies λ, not the base rate; torch.optim.AdamW, where ε does",
		Advice:       "Adam with a weight decay that works: not divided by √r̂, so all weights shrink alike",
		New: func(c Convention) Optimizer {
			o := &adamw{convention: c}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

type adamw struct {
	weightDecay float64
	convention  Convention
	moments
}

func (o *adamw) Init(l Layout) { o.start(l.Dim) }

func (o *adamw) Step(_ Objective, p *Point) error {
	o.age()
	u := kernel.Adam{Keep: 1 - p.LR*o.weightDecay}
	o.fill(&u, p.LR, o.convention)
	u.Update(p.X, p.G, o.s, o.r)
	return nil
}

// Precondition is Adam's; the decay goes past it.
func (o *adamw) Precondition(p []float64) bool { return o.precondition(p, o.r, o.convention) }

func (o *adamw) Knobs() []knob.Knob {
	return append(o.knobs(1e-3, epsKnob), decoupledDecayKnob(&o.weightDecay, 1e-2))
}

// SetConvention moves the stabiliser; the averages are the same in both.
func (o *adamw) SetConvention(c Convention, _ float64) { o.convention = c }

func (o *adamw) Clone() Optimizer {
	c := *o
	c.moments = o.moments.clone()
	return &c
}
