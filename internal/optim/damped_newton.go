package optim

import (
	"math"
	"slices"

	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "damped_newton", Title: "Damped Newton", Order: 2, Unit: NoRate, SameFunction: true, Needs: CanHessian,
		Formula: "(H + τI)p = −g, τ raised from 0 until H + τI is positive definite;  θ ← θ + αp, α from Armijo back-tracking",
		Source:  "Nocedal & Wright 2006, algs. 3.2 and 3.3",
		Advice:  "Newton's few steps without its saddles and maxima: every step goes downhill",
		New: func(Convention) Optimizer {
			o := &dampedNewton{}
			knob.Reset(o.Knobs())
			o.search.c2 = math.Inf(1) // any slope will do: the search stops at the first sufficient decrease
			return o
		},
	})
}

// dampedNewton takes Newton's step on the Hessian made positive definite, shortened until it goes down far
// enough. The trial α = 1 comes first; a rejected one is followed by the minimum of the cubic through its
// value and slope and those at 0 (Nocedal & Wright 2006, section 3.5).
type dampedNewton struct {
	search search
	tauMin float64
	tau    float64   // τ of the last step
	h, l   []float64 // H and the Cholesky factor of H + τI, n×n
	steep  bool      // Newton's direction has failed at this point
}

func (o *dampedNewton) Init(l Layout) {
	n := l.Dim
	o.search.init(n)
	o.h, o.l = zeros(o.h, n*n), zeros(o.l, n*n)
	o.tau, o.steep = 0, false
}

func (o *dampedNewton) Step(obj Objective, p *Point) error {
	if o.search.settled(p, kernel.Norm(p.G)) {
		return nil
	}
	obj.Hessian(p.X, o.h)
	if !allFinite(o.h) {
		return errHessian
	}
	o.steep = false
	_, err := o.search.step(obj, p, o)
	return err
}

// direction solves (H + τI)d = −g. τ begins at 0, or above −min hᵢᵢ where H has a negative diagonal element
// and so cannot be positive definite, and is doubled until the Cholesky factorization succeeds.
func (o *dampedNewton) direction(g, d []float64) float64 {
	steepest(g, d)
	if o.steep {
		return firstStep(g)
	}
	n := len(g)
	least := math.Inf(1)
	for i := range n {
		least = math.Min(least, o.h[i*n+i])
	}
	o.tau = 0
	if least <= 0 {
		o.tau = o.tauMin - least
	}
	for !shiftedCholesky(o.l, o.h, n, o.tau) {
		o.tau = math.Max(2*o.tau, o.tauMin)
		if math.IsInf(o.tau, 1) {
			return firstStep(g)
		}
	}
	choleskySolve(o.l, n, d)
	return 1
}

func (o *dampedNewton) forget() bool {
	was := o.steep
	o.steep = true
	return !was
}

func (o *dampedNewton) Knobs() []knob.Knob {
	return []knob.Knob{
		c1Knob(&o.search.c1),
		knob.Knob{
			Key: "tau_min", Symbol: "β", Doc: "smallest shift τ of the Hessian that is tried when it is not positive definite",
			Default: 1e-3, Min: 1e-12, Max: 1e6, Scale: knob.Log,
		}.Bind(&o.tauMin),
	}
}

// Readings shows the damping and the step length.
func (o *dampedNewton) Readings() []Reading {
	return append(o.search.readings(), Reading{Symbol: "τ", Name: "damping", Value: o.tau})
}

func (o *dampedNewton) Clone() Optimizer {
	c := *o
	c.search = o.search.clone()
	c.h, c.l = slices.Clone(o.h), slices.Clone(o.l)
	return &c
}

func (o *dampedNewton) Slots() []Slot { return nil }
