package optim

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "newton_cg", Title: "Newton–CG", Order: 2, Unit: NoRate, SameFunction: true, Needs: CanHessVec,
		Formula: "CG on Hp = −g, until ‖Hp + g‖ ≤ η‖g‖ or the curvature along its direction is negative;  θ ← θ + αp, α from a strong-Wolfe search",
		Source:  "Dembo & Steihaug 1983; Nocedal & Wright 2006, alg. 7.1; Martens 2010, “Hessian-free”",
		Advice:  "smooth problems with many parameters and the full batch: Newton's few steps without its matrix, and away from saddles",
		New: func(Convention) Optimizer {
			o := &newtonCG{}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

// The forcing sequences: how exactly the CG iteration solves Newton's equations when the gradient is g.
const (
	forcingSqrt   = iota // η = min(η₀, √‖g‖): the steps converge superlinearly
	forcingLinear        // η = min(η₀, ‖g‖): quadratically, as Newton's own
	forcingFixed         // η = η₀: linearly
)

// newtonCG is the truncated Newton method: it solves Hp = −g by conjugate gradients, with a product Hd in each
// iteration instead of H, and no more exactly than pays at this distance from the minimum.
//
// All p on the way lead downhill as long as the curvature along the CG directions is positive. The first direction
// along which it is not ends the iteration. Algorithm 7.1 stops at the p so far and takes −g where there is none; here
// that direction is added, as far as the step would go if the curvature had the opposite sign. (It leads downhill too:
// qᵀg = −‖r‖² in every iteration. Steihaug 1983 follows it to the edge of his trust region.) A search along −g alone
// would creep where f curves down.
type newtonCG struct {
	search       search
	cgMax        float64
	forcing, eta float64

	obj   Objective // of the present step
	steep bool      // the truncated Newton direction has failed at this point

	r, q, hq   []float64 // CG: residual Hp + g, direction, product Hq
	iterations int       // of the last step
	curvature  float64   // qᵀHq/qᵀq of the last CG direction
}

func (o *newtonCG) Init(l Layout) {
	n := l.Dim
	o.search.init(n)
	o.r, o.q, o.hq = zeros(o.r, n), zeros(o.q, n), zeros(o.hq, n)
	o.iterations, o.curvature, o.steep = 0, 0, false
}

func (o *newtonCG) Step(obj Objective, p *Point) error {
	o.obj, o.steep = obj, false
	_, err := o.search.step(obj, p, o)
	o.obj = nil
	return err
}

// direction is the inner iteration of algorithm 7.1. It leaves p in d.
func (o *newtonCG) direction(g, d []float64) float64 {
	if o.steep {
		steepest(g, d)
		return firstStep(g)
	}
	clear(d)
	copy(o.r, g)
	steepest(g, o.q)
	rr := kernel.Dot(g, g)
	enough := o.tolerance(math.Sqrt(rr))
	for o.iterations = 0; o.iterations < int(o.cgMax); {
		o.obj.HessVec(o.search.x0, o.q, o.hq)
		o.iterations++
		qq, qhq := kernel.Dot(o.q, o.q), kernel.Dot(o.q, o.hq)
		o.curvature = qhq / qq
		a := rr / math.Abs(qhq)
		if !isFinite(a) {
			if o.iterations == 1 {
				copy(d, o.q)
				return firstStep(g)
			}
			break
		}
		kernel.Axpy(d, a, o.q)
		if qhq < 0 {
			break
		}
		kernel.Axpy(o.r, a, o.hq)
		before := rr
		rr = kernel.Dot(o.r, o.r)
		if math.Sqrt(rr) <= enough || !isFinite(rr) {
			break
		}
		floats.Scale(rr/before, o.q)
		floats.Sub(o.q, o.r)
	}
	return 1
}

// tolerance is the residual η‖g‖ at which the CG iteration has done enough.
func (o *newtonCG) tolerance(norm float64) float64 {
	eta := o.eta
	switch o.forcing {
	case forcingSqrt:
		eta = math.Min(eta, math.Sqrt(norm))
	case forcingLinear:
		eta = math.Min(eta, norm)
	}
	return eta * norm
}

func (o *newtonCG) forget() bool {
	was := o.steep
	o.steep = true
	return !was
}

func (o *newtonCG) Knobs() []knob.Knob {
	return []knob.Knob{
		knob.Knob{
			Key: "cg_max", Symbol: "N", Doc: "most CG iterations in one step, each of which takes one Hessian–vector product",
			Unit: "iterations", Default: 250, Min: 1, Max: 1e6, Integer: true, Scale: knob.Log,
		}.Bind(&o.cgMax),
		knob.Knob{
			Key: "eta", Symbol: "η₀", Doc: "largest residual, as a share of the gradient, at which Newton's equations count as solved",
			Default: 0.5, Min: 1e-12, Max: 0.99, Scale: knob.Log,
		}.Bind(&o.eta),
		knob.Enum("forcing", "", "how η falls with the gradient: sqrt is min(η₀, √‖g‖), linear is min(η₀, ‖g‖), fixed is η₀",
			forcingSqrt, "sqrt", "linear", "fixed").Bind(&o.forcing),
		c1Knob(&o.search.c1), c2Knob(&o.search.c2, 0.9),
	}
}

// Readings shows the step length, what the step took, and whether there was negative curvature.
func (o *newtonCG) Readings() []Reading {
	return append(o.search.readings(),
		Reading{Symbol: "j", Name: "CG iterations", Value: float64(o.iterations)},
		Reading{Symbol: "c", Name: "curvature along the last CG direction", Value: o.curvature})
}

func (o *newtonCG) Clone() Optimizer {
	c := *o
	c.search = o.search.clone()
	c.r, c.q, c.hq = slices.Clone(o.r), slices.Clone(o.q), slices.Clone(o.hq)
	return &c
}

func (o *newtonCG) Slots() []Slot { return nil }
