package optim

import (
	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "adamax", Title: "AdaMax", Order: 1, Unit: PerStep,
		Formula: "s ← β₁s + (1−β₁)g;  u ← max(β₂u, |g|+δ);  θ ← θ − ε/(1−β₁ᵗ) · s/u",
		Source:  "Kingma & Ba 2015, alg. 2, which has no δ; torch.optim.Adamax",
		Advice:  "Adam with the largest recent gradient instead of the root mean square: a rare large gradient is remembered",
		New: func(Convention) Optimizer {
			o := &adamax{}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

// adamax keeps u where its kin keep r.
type adamax struct {
	weightDecay float64
	moments
}

func (o *adamax) Init(l Layout) { o.start(l.Dim) }

func (o *adamax) Step(_ Objective, p *Point) error {
	o.age()
	u := kernel.AdaMax{Rate: p.LR / (1 - o.p1), Alpha: o.beta1, Unit: 1 - o.beta1, Rho: o.beta2, Eps: o.eps, Decay: o.weightDecay}
	u.Update(p.X, p.G, o.s, o.r)
	return nil
}

// Precondition: 1/u, times the bias correction of s.
func (o *adamax) Precondition(p []float64) bool {
	for i, u := range o.r {
		p[i] = 1 / ((1 - o.p1) * u)
	}
	return o.t > 0
}

func (o *adamax) Knobs() []knob.Knob {
	beta2 := beta2Knob(&o.beta2, 0.999)
	beta2.Doc = "decay rate of the largest gradient"
	eps := epsKnob(&o.eps, 1e-8)
	eps.Doc = "stabiliser, added to |g|, so that u is not zero"
	return []knob.Knob{lrKnob(&o.lr, 2e-3), beta1Knob(&o.beta1, 0.9), beta2, eps, weightDecayKnob(&o.weightDecay)}
}

func (o *adamax) Clone() Optimizer {
	c := *o
	c.moments = o.moments.clone()
	return &c
}

func (o *adamax) Slots() []Slot {
	slots := o.moments.Slots()
	slots[1] = Slot{Kind: Own("adamax", "largest gradient"), V: o.r}
	return slots
}
