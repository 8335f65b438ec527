package optim

import (
	"math"
	"slices"

	"opttui/internal/ewma"
	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "schedulefree_adamw", Title: "Schedule-free AdamW", Order: 1, Unit: PerStep,
		Formula: "y = (1−β₁)z + β₁x;  g = ∇J(y);  r as in Adam;  z ← z − ε(g/(√r̂+δ) + λy);  x ← (1−c)x + cz, c = ε²/Σε²;  θ = x",
		Source:  "Defazio et al. 2024, The road less scheduled, alg. 1, and the authors' code, where c takes the largest ε so far",
		Advice:  "AdamW where the length of the run is not known beforehand: it needs no schedule. It won the self-tuning track of the 2024 AlgoPerf challenge",
		New: func(Convention) Optimizer {
			o := &schedulefreeAdamW{}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

type schedulefreeAdamW struct {
	lr, beta1, beta2, eps, weightDecay float64
	r                                  []float64
	p2                                 float64 // Πβ₂
	averaging
}

func (o *schedulefreeAdamW) Init(l Layout) {
	o.start(l.Dim)
	o.r, o.p2 = zeros(o.r, l.Dim), 1
}

func (o *schedulefreeAdamW) Step(obj Objective, p *Point) error {
	lr, c := o.next(p)
	o.p2 = ewma.Decay(o.p2, o.beta2)
	c2 := 1 / (1 - o.p2) // r̂ = c₂r
	o.between(obj, p, o.beta1)
	for i, x := range p.X {
		g := kernel.Flush(p.G[i])
		o.r[i] = kernel.Flush(o.beta2*o.r[i] + (1-o.beta2)*g*g)
		o.z[i] = kernel.Flush(o.z[i] - lr*(g/(math.Sqrt(c2*o.r[i])+o.eps)+o.weightDecay*o.y[i]))
		p.X[i] = kernel.Flush((1-c)*x + c*o.z[i])
	}
	return nil
}

// Precondition: the factors on z, 1/(√r̂+δ), with the warm-up.
func (o *schedulefreeAdamW) Precondition(p []float64) bool {
	share, c2 := o.share(), 1/(1-o.p2)
	for i, r := range o.r {
		p[i] = share / (math.Sqrt(c2*r) + o.eps)
	}
	return o.t > 0
}

func (o *schedulefreeAdamW) Knobs() []knob.Knob {
	return []knob.Knob{
		lrKnob(&o.lr, 2.5e-3),
		rateKnob(&o.beta1, "beta1", "β₁", "where the gradient is taken: 0 at z, towards 1 at the average x", 0.9),
		beta2Knob(&o.beta2, 0.999),
		epsOutsideKnob(&o.eps, 1e-8),
		o.warmupKnob(),
		decoupledDecayKnob(&o.weightDecay, 0),
	}
}

func (o *schedulefreeAdamW) Clone() Optimizer {
	c := *o
	c.averaging, c.r = o.averaging.clone(), slices.Clone(o.r)
	return &c
}

// Slots offers r to other rules; z is nobody else's.
func (o *schedulefreeAdamW) Slots() []Slot {
	return append(o.averaging.Slots(), Slot{Kind: SecondMoment, V: o.r, Unit: 1, Rate: o.beta2, Age: &o.t, Product: &o.p2})
}
