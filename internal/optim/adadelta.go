package optim

import (
	"slices"

	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "adadelta", Title: "AdaDelta", Order: 1, Unit: NoRate,
		Formula: "r ← ρr + (1−ρ)g²;  Δ = √(u+δ)/√(r+δ) ⊙ g;  u ← ρu + (1−ρ)Δ²;  θ ← θ − εΔ",
		Source:  "Zeiler 2012, alg. 1, which has no learning rate; torch.optim.Adadelta",
		Advice:  "needs no rate (ε = 1): steps take the size of earlier steps. It starts at √δ, so it is slow to get going",
		New: func(Convention) Optimizer {
			o := &adadelta{}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

type adadelta struct {
	lr, rho, eps, weightDecay float64
	r, u                      []float64 // averages of g² and of Δ²
	scale                     []float64 // √(u+δ)/√(r+δ) of the last step, with the u before it
	t                         int
}

func (o *adadelta) Init(l Layout) {
	o.r, o.u, o.scale, o.t = zeros(o.r, l.Dim), zeros(o.u, l.Dim), zeros(o.scale, l.Dim), 0
}

func (o *adadelta) Step(_ Objective, p *Point) error {
	o.t++
	u := kernel.AdaDelta{Rate: p.LR, Rho: o.rho, Sigma: 1 - o.rho, Eps: o.eps, Decay: o.weightDecay}
	u.Update(p.X, p.G, o.r, o.u, o.scale)
	return nil
}

// Precondition: √(u+δ)/√(r+δ).
func (o *adadelta) Precondition(p []float64) bool {
	copy(p, o.scale)
	return o.t > 0
}

func (o *adadelta) Knobs() []knob.Knob {
	eps := epsKnob(&o.eps, 1e-6)
	eps.Doc = "stabiliser inside both roots; the first steps are about √(δ/(1−ρ)) long"
	return []knob.Knob{
		lrKnob(&o.lr, 1),
		rateKnob(&o.rho, "rho", "ρ", "decay rate of the averages of g² and of Δ²", 0.9),
		eps,
		weightDecayKnob(&o.weightDecay),
	}
}

func (o *adadelta) Clone() Optimizer {
	c := *o
	c.r, c.u, c.scale = slices.Clone(o.r), slices.Clone(o.u), slices.Clone(o.scale)
	return &c
}

func (o *adadelta) Slots() []Slot {
	return []Slot{
		{Kind: SecondMoment, V: o.r, Unit: 1, Rate: o.rho, Age: &o.t},
		{Kind: Own("adadelta", "squared steps"), V: o.u},
	}
}
