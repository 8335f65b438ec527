package optim

import (
	"math"

	"opttui/internal/ewma"
	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "nadam", Title: "NAdam", Order: 1, Unit: PerStep,
		Formula: "s, r as in Adam;  θ ← θ − ε [(1−μ_t)g/(1−Πμ) + μ_{t+1}s/(1−μ_{t+1}Πμ)]/(√r̂+δ);  μ_t = β₁(1 − ½·0.96^{tψ}), Πμ = μ₁…μ_t",
		Source:  "Dozat 2016, Incorporating Nesterov momentum into Adam; torch.optim.NAdam",
		Advice:  "Adam with Nesterov's look-ahead: a little quicker where Adam is good",
		New: func(Convention) Optimizer {
			o := &nadam{}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

// nadam keeps Πμ where its kin keep Πβ₁.
type nadam struct {
	momentumDecay, weightDecay float64
	moments
}

func (o *nadam) Init(l Layout) { o.start(l.Dim) }

// mu is μ_t, the momentum that grows from β₁/2 to β₁.
func (o *nadam) mu(t int) float64 {
	return o.beta1 * (1 - 0.5*math.Exp(float64(t)*o.momentumDecay*math.Log(0.96)))
}

func (o *nadam) Step(_ Objective, p *Point) error {
	o.t++
	mu, next := o.mu(o.t), o.mu(o.t+1)
	o.p1 = ewma.Decay(o.p1, mu)
	o.p2 = ewma.Decay(o.p2, o.beta2)
	u := kernel.NAdam{
		Rate:  p.LR,
		Alpha: o.beta1, Unit: 1 - o.beta1,
		Rho: o.beta2, Sigma: 1 - o.beta2, Correct: 1 / (1 - o.p2), Outside: o.eps,
		Now: (1 - mu) / (1 - o.p1), Ahead: next / (1 - o.p1*next),
		Decay: o.weightDecay,
	}
	u.Update(p.X, p.G, o.s, o.r)
	return nil
}

// Precondition: 1/(√r̂+δ). The corrections of g and s, which differ, are 1 after a few steps.
func (o *nadam) Precondition(p []float64) bool {
	c2 := 1 / (1 - o.p2)
	for i, r := range o.r {
		p[i] = 1 / (math.Sqrt(c2*r) + o.eps)
	}
	return o.t > 0
}

func (o *nadam) Knobs() []knob.Knob {
	return append(o.knobs(2e-3, epsOutsideKnob),
		knob.Knob{Key: "momentum_decay", Symbol: "ψ", Doc: "how fast the momentum grows to β₁", Default: 4e-3, Max: 10, Scale: knob.Log}.Bind(&o.momentumDecay),
		weightDecayKnob(&o.weightDecay))
}

func (o *nadam) Clone() Optimizer {
	c := *o
	c.moments = o.moments.clone()
	return &c
}

// Slots are Adam's, but the running product is that of the scheduled momenta μ_t.
func (o *nadam) Slots() []Slot {
	slots := o.moments.Slots()
	slots[0].Scheduled = true
	return slots
}
