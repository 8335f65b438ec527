// Package critical looks for critical points of a function, of whatever kind, and counts how many negative
// eigenvalues the Hessian has at each: none at a minimum, all at a maximum, some at a saddle.
package critical

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Function is a function of n variables with exact derivatives.
type Function interface {
	// Gradient writes ∇f(x), of length n, to g and returns f(x).
	Gradient(x, g []float64) float64
	// Hessian writes the n×n matrix ∇²f(x) to h, row by row.
	Hessian(x, h []float64)
}

// Point is a critical point.
type Point struct {
	X        []float64
	F        float64
	Negative int // how many of the n eigenvalues of the Hessian are negative
}

// Search says where to look for critical points.
type Search struct {
	Dim  int
	Box  float64 // starts are distributed uniformly in [−Box, Box]ⁿ
	Seed uint64
	// New makes the function for one goroutine.
	New func() Function
}

// Found is what tries have led to.
type Found struct {
	Points []Point // in the order of the tries
	Tries  int     // starts that were followed to an end
	Again  int     // of them, those that ended at a point found before
	Lost   int     // of them, those that ended where the gradient is not zero, or where an eigenvalue is
}

// Two critical points nearer than this are one. A gradient is zero when it has fallen to this share of its first size.
const (
	same = 1e-6
	zero = 1e-10
)

// Look follows the tries from (inclusive) to to (exclusive), on all processors, and returns the different points that
// it finds. Where each start leads depends on nothing but the seed and the number of the try. When the context ends,
// tries that were not begun by then are left out.
func (s Search) Look(ctx context.Context, tries int) Found {
	ends := make([]end, tries)
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), tries) {
		wg.Go(func() {
			d := newDescent(s.New(), s.Dim)
			for i := range next {
				ends[i] = s.follow(ctx, d, i)
			}
		})
	}
feed:
	for i := range tries {
		if ctx.Err() != nil {
			break
		}
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	wg.Wait()
	return gather(ends)
}

// end is where a try has led to.
type end struct {
	done, critical bool
	Point
}

// follow goes down ½‖∇f‖² from the start of the given try.
func (s Search) follow(ctx context.Context, d *descent, try int) end {
	rng := rand.New(rand.NewPCG(s.Seed, uint64(try)))
	for i := range d.x {
		d.x[i] = s.Box * (2*rng.Float64() - 1)
	}
	if !d.run(ctx) {
		return end{done: ctx.Err() == nil}
	}
	negative, ok := d.negative()
	return end{true, ok, Point{slices.Clone(d.x), d.f, negative}}
}

// gather keeps the first of all tries that led to one point.
func gather(ends []end) (f Found) {
	for _, e := range ends {
		switch {
		case !e.done:
			continue
		case !e.critical:
			f.Lost++
		case slices.ContainsFunc(f.Points, func(p Point) bool { return floats.Distance(p.X, e.X, 2) < same }):
			f.Again++
		default:
			f.Points = append(f.Points, e.Point)
		}
		f.Tries++
	}
	return f
}

// descent is the Levenberg–Marquardt method on ½‖∇f‖², of which the Jacobian is the Hessian H of f:
//
//	(H² + µI) p = −H∇f
//
// It goes to critical points of any kind alike: minima, saddles and maxima of f are all zeros of ‖∇f‖. It ends
// elsewhere, too, where ‖∇f‖ has a minimum without being zero. (Nocedal & Wright 2006, § 10.3; µ as in Madsen,
// Nielsen & Tingleff 2004.)
type descent struct {
	f       float64
	fn      Function
	x, g    []float64
	at, ng  []float64 // a trial step: its end and the gradient there
	h       *mat.SymDense
	p, rhs  *mat.VecDense
	square  mat.SymDense // H²
	shifted mat.SymDense // H² + µI
	factor  mat.Cholesky
	eig     mat.EigenSym
}

const (
	mostSteps = 200
	firstMu   = 1e-2 // in units of the largest diagonal element of H²
)

func newDescent(fn Function, n int) *descent {
	return &descent{
		fn: fn, x: make([]float64, n), g: make([]float64, n), at: make([]float64, n), ng: make([]float64, n),
		h: mat.NewSymDense(n, nil), p: mat.NewVecDense(n, nil), rhs: mat.NewVecDense(n, nil),
	}
}

// run goes on until the gradient is zero, and tells whether it got there.
func (d *descent) run(ctx context.Context) bool {
	d.f = d.fn.Gradient(d.x, d.g)
	norm := floats.Norm(d.g, 2)
	enough := zero * norm
	mu, nu := 0.0, 2.0
	fresh := true // the Hessian is not that at x
	for range mostSteps {
		if ctx.Err() != nil {
			return false
		}
		if norm <= enough {
			return true
		}
		if fresh {
			d.linearise()
			fresh = false
			if mu == 0 {
				mu = firstMu * d.top()
			}
		}
		if !d.solve(mu) {
			mu, nu = mu*nu, nu*2
			continue
		}
		floats.AddTo(d.at, d.x, d.p.RawVector().Data)
		f := d.fn.Gradient(d.at, d.ng)
		after := floats.Norm(d.ng, 2)
		if !(after < norm) {
			if mu, nu = mu*nu, nu*2; math.IsInf(mu, 1) {
				return false
			}
			continue
		}
		step := d.p.RawVector().Data
		foretold := mu*floats.Dot(step, step) + floats.Dot(step, d.rhs.RawVector().Data)
		gain := (norm*norm - after*after) / foretold
		mu, nu = mu*math.Max(1./3, 1-math.Pow(2*gain-1, 3)), 2
		d.x, d.at = d.at, d.x
		d.g, d.ng = d.ng, d.g
		d.f, norm, fresh = f, after, true
	}
	return norm <= enough
}

// linearise computes H, H² and −H∇f at x.
func (d *descent) linearise() {
	d.fn.Hessian(d.x, d.h.RawSymmetric().Data)
	d.square.SymOuterK(1, d.h) // HHᵀ
	d.rhs.MulVec(d.h, mat.NewVecDense(len(d.g), d.g))
	d.rhs.ScaleVec(-1, d.rhs)
}

// top is the largest diagonal element of H².
func (d *descent) top() float64 {
	top := 0.0
	for i := range len(d.x) {
		top = math.Max(top, d.square.At(i, i))
	}
	return top
}

// solve computes the step p for a damping µ, unless H² + µI is singular.
func (d *descent) solve(mu float64) bool {
	n := len(d.x)
	if d.shifted.IsEmpty() {
		d.shifted.ReuseAsSym(n)
	}
	d.shifted.CopySym(&d.square)
	for i := range n {
		d.shifted.SetSym(i, i, d.square.At(i, i)+mu)
	}
	return d.factor.Factorize(&d.shifted) && d.factor.SolveVecTo(d.p, d.rhs) == nil
}

// negative counts the negative eigenvalues of the Hessian at x. It fails where one is zero to rounding.
func (d *descent) negative() (count int, ok bool) {
	d.fn.Hessian(d.x, d.h.RawSymmetric().Data)
	if !d.eig.Factorize(d.h, false) {
		return 0, false
	}
	lambda := d.eig.Values(nil)
	scale := math.Max(math.Abs(lambda[0]), math.Abs(lambda[len(lambda)-1]))
	for _, l := range lambda {
		if math.Abs(l) <= 1e-9*scale {
			return 0, false
		}
		if l < 0 {
			count++
		}
	}
	return count, true
}
