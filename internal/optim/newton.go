package optim

import (
	"errors"
	"slices"

	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "newton", Title: "Newton's method", Order: 2, Unit: NoRate, Needs: CanHessian,
		Formula: "θ ← θ − H⁻¹g;  with mode=zero, in one dimension: θ ← θ − f/f′",
		Source:  "Nocedal & Wright 2006, eq. 3.30 with full steps; Goodfellow, Bengio & Courville 2016, eq. 8.27",
		Advice:  "a few steps near a minimum; elsewhere it goes to a critical point of any kind, saddles and maxima too. damped_newton does not",
		New: func(Convention) Optimizer {
			o := &newton{}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

// ZeroMode is the value of newton's setting "mode" that looks for a zero of the value.
const ZeroMode = "zero"

// What newton looks for.
const (
	newtonMinimum = iota // a zero of the gradient
	newtonZero           // a zero of the value
)

var (
	errSingular    = errors.New("the Hessian is singular here (f is not curved along some direction), so Newton's step does not exist; damped_newton and lm can go on")
	errHessian     = errors.New("the Hessian is not finite here, so Newton's step does not exist")
	errNewtonFar   = errors.New("the Hessian is so nearly singular here that Newton's step overflows; damped_newton and lm can go on")
	errZeroFlat    = errors.New("the slope is zero here, so the tangent never reaches zero: Newton's step x − f/f′ does not exist")
	errZeroManyDim = errors.New("mode=zero finds zeros of functions of one variable; this problem has more: use mode=minimum")
)

// newton is the pure full step. The model f(θ) + gᵀp + ½pᵀHp (H is n×n) has its critical point, of whatever
// kind, at p = −H⁻¹g; a quadratic is solved in one step.
type newton struct {
	mode           float64
	h, step, scale []float64 // H, H⁻¹g, scratch
}

func (o *newton) Init(l Layout) {
	n := l.Dim
	o.h, o.step, o.scale = zeros(o.h, n*n), zeros(o.step, n), zeros(o.scale, n)
}

func (o *newton) Step(obj Objective, p *Point) error {
	if o.mode == newtonZero {
		return o.findZero(p)
	}
	if !slices.ContainsFunc(p.G, func(g float64) bool { return g != 0 }) {
		p.Fresh = true // a critical point already, whether or not H has an inverse
		return nil
	}
	obj.Hessian(p.X, o.h)
	if !allFinite(o.h) {
		return errHessian
	}
	copy(o.step, p.G)
	if !luSolve(o.h, len(p.X), o.step, o.scale) {
		return errSingular
	}
	if !allFinite(o.step) {
		return errNewtonFar
	}
	for i, s := range o.step {
		p.X[i] -= s
	}
	return nil
}

// findZero follows the tangent to its zero: x ← x − f(x)/f′(x).
func (o *newton) findZero(p *Point) error {
	if len(p.X) != 1 {
		return errZeroManyDim
	}
	if p.F == 0 {
		p.Fresh = true
		return nil
	}
	s := p.F / p.G[0]
	if !isFinite(s) {
		return errZeroFlat
	}
	p.X[0] -= s
	return nil
}

func (o *newton) Knobs() []knob.Knob {
	return []knob.Knob{
		knob.Enum("mode", "", "minimum: where the gradient is zero (any critical point); zero: where the value of a function of one variable is zero",
			newtonMinimum, "minimum", ZeroMode).Bind(&o.mode),
	}
}

func (o *newton) Clone() Optimizer {
	c := *o
	c.h, c.step, c.scale = slices.Clone(o.h), slices.Clone(o.step), slices.Clone(o.scale)
	return &c
}

func (o *newton) Slots() []Slot { return nil }
