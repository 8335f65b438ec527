package optim

import (
	"math"
	"slices"

	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "prodigy", Title: "Prodigy", Order: 1, Unit: NoRate,
		Formula: "n ← √β₂n + d²ε gᵀ(θ₀−θ);  q ← √β₂q + d²ε g;  d ← max(d, c n/‖q‖₁);  θ ← (1−dελ)θ − dε s/(√r+dδ);  " +
			"s, r as in Adam without bias correction, of dg; ε times the d before, δ times the new one",
		Source: "Mishchenko & Defazio 2024, sec. 5 (arXiv 2306.06101), and the authors' code",
		Advice: "finds the size of Adam's rate by itself: leave ε at 1 and watch d; it estimates the distance to the solution from below",
		New: func(Convention) Optimizer {
			o := &prodigy{}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

type prodigy struct {
	lr, beta1, beta2, eps, weightDecay, d0, coef, growth float64

	m, r, q   []float64 // averages of dg and (dg)², and the weighted sum of gradients
	start     []float64 // θ₀
	numerator float64
	d, dmax   float64
	used      float64 // the d that the last step was scaled with, 0 before it
	t         int
}

func (o *prodigy) Init(l Layout) {
	o.m, o.r, o.q, o.start = zeros(o.m, l.Dim), zeros(o.r, l.Dim), zeros(o.q, l.Dim), zeros(o.start, l.Dim)
	o.numerator, o.d, o.dmax, o.used, o.t = 0, 0, 0, 0, 0
}

func (o *prodigy) Step(_ Objective, p *Point) error {
	if o.t == 0 {
		copy(o.start, p.X)
		o.d, o.dmax = o.d0, o.d0
	}
	o.t++
	if p.LR == 0 {
		return nil
	}
	d, rate := o.d, o.d*p.LR
	beta3, weight := math.Sqrt(o.beta2), o.d/o.d0*rate
	dot, norm := 0.0, 0.0
	for i, x := range p.X {
		g := kernel.Flush(p.G[i])
		dot += g * (o.start[i] - x)
		o.m[i] = kernel.Flush(o.beta1*o.m[i] + (1-o.beta1)*d*g)
		o.r[i] = kernel.Flush(o.beta2*o.r[i] + (1-o.beta2)*d*d*g*g)
		o.q[i] = kernel.Flush(beta3*o.q[i] + weight*g)
		norm += math.Abs(o.q[i])
	}
	o.numerator = beta3*o.numerator + weight*dot
	if norm == 0 { // no gradient has been seen yet
		return nil
	}
	o.estimate(o.coef * o.numerator / norm)
	o.used = d
	for i, x := range p.X {
		p.X[i] = kernel.Flush((1-o.weightDecay*rate)*x - rate*o.m[i]/(math.Sqrt(o.r[i])+o.d*o.eps))
	}
	return nil
}

// estimate lets d grow to the new estimate, by the growth rate at most; at first it may jump.
func (o *prodigy) estimate(d float64) {
	if o.d == o.d0 {
		o.d = math.Max(o.d, d)
	}
	o.dmax = math.Max(o.dmax, d)
	o.d = math.Min(o.dmax, o.d*o.growth)
}

// Readings tells the estimate.
func (o *prodigy) Readings() []Reading {
	d := o.d
	if o.t == 0 {
		d = o.d0
	}
	return []Reading{{"d", "estimated distance to the solution", d}}
}

// Precondition: d²/(√r+dδ), as s holds dg.
func (o *prodigy) Precondition(p []float64) bool {
	for i, r := range o.r {
		p[i] = o.used * o.used / (math.Sqrt(r) + o.d*o.eps)
	}
	return o.used > 0
}

func (o *prodigy) Knobs() []knob.Knob {
	return []knob.Knob{
		lrKnob(&o.lr, 1),
		beta1Knob(&o.beta1, 0.9),
		beta2Knob(&o.beta2, 0.999),
		epsOutsideKnob(&o.eps, 1e-8),
		decoupledDecayKnob(&o.weightDecay, 0),
		knob.Knob{Key: "d0", Symbol: "d₀", Doc: "first estimate; small is safe", Default: 1e-6, Min: 1e-12, Max: 1e3, Scale: knob.Log}.Bind(&o.d0),
		knob.Knob{Key: "d_coef", Symbol: "c", Doc: "factor on the estimate: the way to tune Prodigy, between ½ and 2", Default: 1, Min: 1e-3, Max: 1e3, Scale: knob.Log}.Bind(&o.coef),
		knob.Knob{Key: "growth_rate", Symbol: "κ", Doc: "largest growth of d in a step: 1.02 makes a warm-up, 1e12 is no limit", Default: 1e12, Min: 1, Max: 1e12, Scale: knob.Log}.Bind(&o.growth),
	}
}

func (o *prodigy) Clone() Optimizer {
	c := *o
	c.m, c.r, c.q, c.start = slices.Clone(o.m), slices.Clone(o.r), slices.Clone(o.q), slices.Clone(o.start)
	return &c
}

func (o *prodigy) Slots() []Slot { return []Slot{{Kind: Own("prodigy", "distance"), V: o.q}} }
