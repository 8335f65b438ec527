package optim

import (
	"math"

	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "radam", Title: "RAdam", Order: 1, Unit: PerBoth,
		Formula: "s, r as in Adam;  θ ← θ − ε c ŝ √(1−β₂ᵗ)/(√r+δ) where ρ_t > 5, else θ ← θ − εŝ;  ρ_t = ρ∞ − 2tβ₂ᵗ/(1−β₂ᵗ), ρ∞ = 2/(1−β₂) − 1;  " +
			"c = √[(ρ_t−4)(ρ_t−2)ρ∞ / ((ρ∞−4)(ρ∞−2)ρ_t)]",
		Source: "Liu et al. 2020, alg. 2, which adapts where ρ_t > 4; torch.optim.RAdam",
		Advice: "Adam that needs no warm-up: it divides by √r only once enough gradients are in it. Until then ε multiplies plain gradients",
		New: func(Convention) Optimizer {
			o := &radam{}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

type radam struct {
	weightDecay float64
	moments
}

func (o *radam) Init(l Layout) { o.start(l.Dim) }

// rectifier is the factor on the adapted step, and whether there are enough gradients in r to adapt to.
func (o *radam) rectifier() (float64, bool) {
	limit := 2/(1-o.beta2) - 1
	rho := limit - 2*float64(o.t)*o.p2/(1-o.p2)
	if rho <= 5 {
		return 1, false
	}
	return math.Sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho)), true
}

// factor is that on s, or on s/(√r+δ) where the rule adapts, at the learning rate lr.
func (o *radam) factor(lr float64) (float64, bool) {
	factor, adapt := o.rectifier()
	factor *= lr / (1 - o.p1)
	if adapt {
		factor *= math.Sqrt(1 - o.p2)
	}
	return factor, adapt
}

func (o *radam) Step(_ Objective, p *Point) error {
	o.age()
	factor, adapt := o.factor(p.LR)
	if !adapt {
		o.unadapted(p, factor)
		return nil
	}
	u := kernel.RAdam{
		Rate:  factor,
		Alpha: o.beta1, Unit: 1 - o.beta1,
		Rho: o.beta2, Sigma: 1 - o.beta2, Outside: o.eps,
		Decay: o.weightDecay,
	}
	u.Update(p.X, p.G, o.s, o.r)
	return nil
}

// unadapted is one of the first steps.
func (o *radam) unadapted(p *Point, factor float64) {
	for i, x := range p.X {
		g := kernel.Flush(p.G[i] + o.weightDecay*x)
		o.s[i] = kernel.Flush(o.beta1*o.s[i] + (1-o.beta1)*g)
		o.r[i] = kernel.Flush(o.beta2*o.r[i] + (1-o.beta2)*g*g)
		p.X[i] = kernel.Flush(x - factor*o.s[i])
	}
}

// Readings tells how far the rectification has got.
func (o *radam) Readings() []Reading {
	factor, adapt := o.rectifier()
	if o.t == 0 || !adapt {
		factor = 0
	}
	return []Reading{{"c", "rectification (0: not adapting yet, 1: Adam)", factor}}
}

// Precondition: c√(1−β₂ᵗ)/(√r+δ) with the bias correction of s, once the rule adapts.
func (o *radam) Precondition(p []float64) bool {
	factor, adapt := o.factor(1)
	for i, r := range o.r {
		p[i] = factor / (math.Sqrt(r) + o.eps)
	}
	return o.t > 0 && adapt
}

func (o *radam) Knobs() []knob.Knob {
	return append(o.knobs(1e-3, epsOutsideKnob), weightDecayKnob(&o.weightDecay))
}

func (o *radam) Clone() Optimizer {
	c := *o
	c.moments = o.moments.clone()
	return &c
}
