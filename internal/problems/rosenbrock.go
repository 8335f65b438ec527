package problems

import (
	"math"

	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "rosenbrock", Title: "Rosenbrock", Kind: "curved valley with a flat floor, in any dimension",
		Formula: "(1 − x)² + 100 (y − x²)²;  in n dimensions Σ (1 − xᵢ)² + 100 (xᵢ₊₁ − xᵢ²)²",
		Source:  "Rosenbrock 1960; Moré, Garbow & Hillstrom 1981, problem 1; chained: Conn, Gould & Toint 1988",
		Domain:  square(-2.048, 2.048),
		Minima:  []Minimum{global(1, 1, 0)},
		Rate:    0.001,
		New:     func() Problem { return newRosenbrock() },
	})
}

func newRosenbrock() *rosenbrock { return &rosenbrock{dim: 2} }

// rosenbrock chains n−1 of Rosenbrock's functions. It is a sum of squares of 1 − xᵢ and 10(xᵢ₊₁ − xᵢ²), and its
// Hessian is tridiagonal.
type rosenbrock struct{ dim float64 }

func (p *rosenbrock) Dim() int       { return int(p.dim) }
func (p *rosenbrock) Clone() Problem { c := *p; return &c }

// Start is Rosenbrock's own (−1.2, 1), over and over.
func (p *rosenbrock) Start(uint64) []float64 { return alternating(p.Dim(), -1.2, 1) }

func (p *rosenbrock) Knobs() []knob.Knob { return []knob.Knob{dimKnob(&p.dim, 2, 2, mostDim)} }

func (p *rosenbrock) Value(x []float64) (f float64) {
	for i, u := range x[:len(x)-1] {
		a, b := 1-u, x[i+1]-u*u
		f += a*a + 100*b*b
	}
	return f
}

func (p *rosenbrock) Gradient(x, g []float64) (f float64) {
	last := len(x) - 1
	g, carry := g[:len(x)], 0.0 // what the pair before has to do with xᵢ
	for i, u := range x[:last] {
		a, b := 1-u, x[i+1]-u*u
		f += a*a + 100*b*b
		g[i] = carry - 2*a - 400*u*b
		carry = 200 * b
	}
	g[last] = carry
	return f
}

// bend returns what the pair (xᵢ, xᵢ₊₁) adds to the Hessian: at (i,i), at (i,i+1) and its mirror image, at (i+1,i+1).
func bend(u, v float64) (uu, uv, vv float64) {
	return 2 + 800*u*u - 400*(v-u*u), -400 * u, 200
}

func (p *rosenbrock) Hessian(x, h []float64) {
	clear(h)
	n := len(x)
	for i := range n - 1 {
		uu, uv, vv := bend(x[i], x[i+1])
		at := i*n + i
		h[at] += uu
		h[at+1], h[at+n] = uv, uv
		h[at+n+1] = vv
	}
}

func (p *rosenbrock) HessVec(x, v, hv []float64) {
	hv[0] = 0
	for i := range len(x) - 1 {
		uu, uv, vv := bend(x[i], x[i+1])
		hv[i] += uu*v[i] + uv*v[i+1]
		hv[i+1] = uv*v[i] + vv*v[i+1]
	}
}

func (p *rosenbrock) Residuals() int { return 2 * (p.Dim() - 1) }

func (p *rosenbrock) Residual(x, r []float64) {
	for i, u := range x[:len(x)-1] {
		r[2*i] = math.Sqrt2 * (1 - u)
		r[2*i+1] = math.Sqrt2 * 10 * (x[i+1] - u*u)
	}
}

func (p *rosenbrock) Jacobian(x, j []float64) {
	clear(j)
	n := len(x)
	for i, u := range x[:n-1] {
		j[2*i*n+i] = -math.Sqrt2
		row := j[(2*i+1)*n:]
		row[i], row[i+1] = -20*u*math.Sqrt2, 10*math.Sqrt2
	}
}
