package optim

import (
	"math"
	"slices"

	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "lm", Title: "Levenberg–Marquardt", Order: 2, Unit: NoRate, SameFunction: true, NeedsAny: CanHessian | CanResiduals,
		Formula: "(A + µI)p = −g;  θ ← θ + p where f falls;  A = JᵀJ for least squares, else H;  µ ← µ·max(⅓, 1−(2ϱ−1)³) after a step of gain ratio ϱ, else µ ← νµ, ν ← 2ν from 2",
		Source:  "Levenberg 1944; Marquardt 1963; Madsen, Nielsen & Tingleff 2004, alg. 3.16; rule for µ: Nielsen 1999",
		Advice:  "least squares of moderate size: Gauss–Newton's speed near the minimum (small µ), short safe steps of gradient descent far from it (large µ)",
		New: func(Convention) Optimizer {
			o := &lm{}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

// lm moves between Newton's method (Gauss–Newton on least squares), µ = 0, and a short step of gradient
// descent, −g/µ, by the gain ratio of each step, that is the decrease of f over that of its quadratic model:
//
//	ϱ = (f(θ) − f(θ+p)) / ½pᵀ(µp − g)
//
// With residuals r(θ) of length m the matrix is JᵀJ (J is m×n) and g = Jᵀr, which is the gradient that the
// step starts with. Without, it is the Hessian; there a failed Cholesky factorization counts as a rejected step.
//
// Rejected steps stay in place inside one Step, which ends with the first accepted one: so each step on the
// screen is a move, as with every other rule, and what the rejected ones cost is seen in the evaluations.
type lm struct {
	search   search  // keeps the start of the step; its direction is p, tried at full length only
	damping  float64 // τ: the first µ, in units of the largest diagonal element of A
	mu, gain float64 // µ (0 before the first step) and ϱ of the last accepted step
	nu       float64 // ν: what the next rejection multiplies µ by
	a, l     []float64
	jac      []float64 // J, made at the first step
}

const maxRejections = 40 // they multiply µ by up to 2^(k(k−1)/2), which leaves the float64s before this k

func (o *lm) Init(l Layout) {
	n := l.Dim
	o.search.init(n)
	o.a, o.l = zeros(o.a, n*n), zeros(o.l, n*n)
	o.mu, o.gain, o.nu = 0, 0, 2
}

func (o *lm) Step(obj Objective, p *Point) error {
	s := &o.search
	norm := kernel.Norm(p.G)
	if s.settled(p, norm) {
		return nil
	}
	if err := s.begin(p, norm); err != nil {
		return err
	}
	if err := o.matrix(obj, p.X); err != nil {
		return err
	}
	for range maxRejections {
		if shiftedCholesky(o.l, o.a, len(p.X), o.mu) {
			steepest(s.g0, s.d)
			choleskySolve(o.l, len(p.X), s.d)
			if !s.move(p, 1) {
				break // the step is lost in the rounding of x
			}
			p.F = obj.Gradient(p.X, p.G)
			if o.accept(p) {
				p.Fresh = true
				return nil
			}
		}
		o.mu *= o.nu
		o.nu *= 2
	}
	o.mu, o.nu = 0, 2
	return s.stay(p)
}

// matrix computes A and keeps µ in proportion to it.
func (o *lm) matrix(obj Objective, x []float64) error {
	n := len(x)
	if obj.Has(CanResiduals) {
		if size := obj.Residuals() * n; len(o.jac) != size {
			o.jac = make([]float64, size)
		}
		obj.Jacobian(x, o.jac)
		clear(o.a)
		for row := range slices.Chunk(o.jac, n) {
			for i, v := range row {
				kernel.Axpy(o.a[i*n:i*n+n], v, row)
			}
		}
	} else {
		obj.Hessian(x, o.a)
	}
	if !allFinite(o.a) {
		return errHessian
	}
	top := 0.0
	for i := range n {
		top = math.Max(top, math.Abs(o.a[i*n+i]))
	}
	if top == 0 {
		top = o.search.norm0
	}
	if o.mu == 0 {
		o.mu = o.damping * top
	}
	o.mu = math.Max(o.mu, machineEpsilon*top)
	return nil
}

// accept judges the point that the step has led to and sets µ for the next one when it is better. Where the
// values agree to rounding, the trapezoid under the slopes at both ends stands for their difference.
func (o *lm) accept(p *Point) bool {
	s := &o.search
	s.slope0 = kernel.Dot(s.g0, s.d)
	t := s.note(trial{1, p.F, kernel.Dot(p.G, s.d)})
	if !t.finite() {
		return false
	}
	decrease := s.f0 - t.f
	if s.blind(t) {
		decrease = -(s.slope0 + t.d) / 2
	}
	gain := decrease / ((o.mu*kernel.Dot(s.d, s.d) - s.slope0) / 2)
	if !(gain > 0) {
		return false
	}
	o.gain = gain
	o.mu *= math.Max(1./3, 1-math.Pow(2*gain-1, 3))
	o.nu = 2
	return true
}

func (o *lm) Knobs() []knob.Knob {
	return []knob.Knob{
		knob.Knob{
			Key: "damping", Symbol: "τ", Doc: "damping µ of the first step, in units of the largest diagonal element of the matrix; the gain ratio steers it from there",
			Default: 1e-3, Min: 1e-12, Max: 1e6, Scale: knob.Log,
		}.Bind(&o.damping),
	}
}

// Readings shows the damping and how well the quadratic model foretold the last step.
func (o *lm) Readings() []Reading {
	return []Reading{
		{Symbol: "µ", Name: "damping", Value: o.mu},
		{Symbol: "ϱ", Name: "gain ratio", Value: o.gain},
	}
}

func (o *lm) Clone() Optimizer {
	c := *o
	c.search = o.search.clone()
	c.a, c.l, c.jac = slices.Clone(o.a), slices.Clone(o.l), slices.Clone(o.jac)
	return &c
}

func (o *lm) Slots() []Slot { return []Slot{{Kind: Own("lm", "damping")}} }
