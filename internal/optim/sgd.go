package optim

import (
	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "sgd", Title: "Gradient descent", Order: 1, Unit: PerGradient,
		Formula: "g ← ∇J(θ) + λθ;  θ ← θ − εg",
		Source:  "Cauchy 1847 (full batch); Robbins & Monro 1951 (stochastic); Goodfellow, Bengio & Courville 2016, alg. 8.1",
		Advice:  "the baseline; with a tuned, falling rate it often ends lower than the adaptive rules. Stochastic, minibatch or full batch is up to the run",
		New: func(Convention) Optimizer {
			o := &sgd{}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

type sgd struct{ lr, weightDecay float64 }

func (o *sgd) Init(Layout) {}

func (o *sgd) Step(_ Objective, p *Point) error {
	u := kernel.SGD{Rate: p.LR, Decay: o.weightDecay}
	u.Update(p.X, p.G)
	return nil
}

func (o *sgd) Knobs() []knob.Knob {
	return []knob.Knob{lrKnob(&o.lr, 1e-2), weightDecayKnob(&o.weightDecay)}
}

func (o *sgd) Clone() Optimizer { c := *o; return &c }

func (o *sgd) Slots() []Slot { return nil }
