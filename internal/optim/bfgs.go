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
		Name: "bfgs", Title: "BFGS", Order: 2, Unit: NoRate, SameFunction: true, Needs: CanDense,
		Formula: "θ ← θ − αBg, α from a strong-Wolfe search;  B ← (I − ϱsyᵀ)B(I − ϱysᵀ) + ϱssᵀ,  s = Δθ, y = Δg, ϱ = 1/sᵀy",
		Source:  "Broyden, Fletcher, Goldfarb and Shanno, all 1970; Nocedal & Wright 2006, alg. 6.1; search: their algs. 3.5 and 3.6, Moré & Thuente 1994",
		Advice:  "smooth problems without noise, up to a few thousand parameters: near Newton's speed from gradients alone",
		New: func(Convention) Optimizer {
			o := &bfgs{}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

// bfgs keeps a dense estimate B of the inverse Hessian, n×n. B begins as (sᵀy/yᵀy)I with the first pair
// (eq. 6.20), so that the first full update has the scale of the problem. An update needs curvature:
// a pair with sᵀy ≤ 0, or nothing but rounding above it, is left out, which keeps B positive definite.
type bfgs struct {
	search  search
	b       kernel.Symmetric
	s, y, u []float64 // Δθ, Δg, By
	warm    bool      // B has seen a pair

	ahead, next []float64 // the gradient after the last update, and B times it
}

// curved tells whether a pair with the products sᵀy, sᵀs and yᵀy has positive curvature beyond rounding.
func curved(sy, ss, yy float64) bool {
	return sy > 1e-10*math.Sqrt(ss)*math.Sqrt(yy) && isFinite(1/sy)
}

func (o *bfgs) Init(l Layout) {
	n := l.Dim
	o.search.init(n)
	o.b = kernel.NewSymmetric(n)
	o.s, o.y, o.u = zeros(o.s, n), zeros(o.y, n), zeros(o.u, n)
	o.ahead, o.next = zeros(o.ahead, n), zeros(o.next, n)
	o.warm = false
}

func (o *bfgs) Step(obj Objective, p *Point) error {
	moved, err := o.search.step(obj, p, o)
	if !moved {
		return err
	}
	floats.SubTo(o.s, p.X, o.search.x0)
	floats.SubTo(o.y, p.G, o.search.g0)
	sy, yy := kernel.Dot(o.s, o.y), kernel.Dot(o.y, o.y)
	if curved(sy, kernel.Dot(o.s, o.s), yy) {
		o.update(sy, yy, p.G)
	}
	return nil
}

func (o *bfgs) direction(g, d []float64) float64 {
	switch {
	case !o.warm:
		steepest(g, d)
		return firstStep(g)
	case slices.Equal(g, o.ahead): // as the last update has left it
		copy(d, o.next)
	default:
		o.b.Times(g, d)
	}
	steepest(d, d)
	return 1
}

// update multiplies the formula out: B ← B − ϱ(usᵀ + suᵀ) + ϱ(1 + ϱyᵀu)ssᵀ with u = By. B is large, so the product with the
// next gradient g is taken at the same time.
func (o *bfgs) update(sy, yy float64, g []float64) {
	if !o.warm {
		o.b.SetIdentity(sy / yy)
		o.warm = true
	}
	o.b.Times(o.y, o.u)
	rho := 1 / sy
	c := rho * (1 + rho*kernel.Dot(o.y, o.u))
	copy(o.ahead, g)
	o.b.Rank2Times(c, o.s, rho, o.u, g, o.next)
}

func (o *bfgs) forget() bool {
	was := o.warm
	o.warm = false
	return was
}

func (o *bfgs) Knobs() []knob.Knob {
	return []knob.Knob{c1Knob(&o.search.c1), c2Knob(&o.search.c2, 0.9)}
}

// Readings shows the step length.
func (o *bfgs) Readings() []Reading { return o.search.readings() }

func (o *bfgs) Clone() Optimizer {
	c := *o
	c.search = o.search.clone()
	c.b = o.b.Clone()
	c.s, c.y, c.u = slices.Clone(o.s), slices.Clone(o.y), slices.Clone(o.u)
	c.ahead, c.next = slices.Clone(o.ahead), slices.Clone(o.next)
	return &c
}

func (o *bfgs) Slots() []Slot { return []Slot{{Kind: Own("bfgs", "inverse Hessian")}} }
