package problems

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"opttui/internal/knob"
)

// The test functions of Moré, Garbow & Hillstrom, “Testing unconstrained optimization software”, ACM Transactions on
// Mathematical Software 7 (1981), 17–41, beside Rosenbrock's and Beale's. All are sums of squares.

// mghSource begins the source of each, which goes on with its number there.
const mghSource = "; Moré, Garbow & Hillstrom 1981, problem "

// squareSum describes a function f = a₁² + … + a_m² of n variables with its derivatives.
type squareSum struct {
	n, m  func(size int) int // of the function's size, which is n itself where nothing else is said
	start func(x []float64)
	terms func(x, a []float64) // writes a
	// slope writes the m×n Jacobian ∂a/∂x, row by row, over zeros.
	slope func(x, j []float64)
	// bend adds Σ wᵢ ∇²aᵢ to the n×n matrix h, in the lower triangle.
	bend func(x, w, h []float64)
	// size is the knob of functions that exist in several sizes; else Key is empty and Default the only one.
	size knob.Knob
}

// registerSum adds a sum of squares.
func registerSum(s Spec, f squareSum) {
	if f.n == nil {
		f.n = func(size int) int { return size }
	}
	s.New = func() Problem { return &sumOfSquares{squareSum: &f, size: f.size.Default} }
	Register(s)
}

// only is the size of a function of n variables and no others, and terms its number of terms.
func only(n float64) knob.Knob       { return knob.Knob{Default: n} }
func fixed(m int) func(size int) int { return func(int) int { return m } }

// mostTerms bounds the size of functions with as many terms as variables: their Jacobians take time ∝ n².
const mostTerms = 500

// sumOfSquares is such a function as a problem: f = ½‖r‖² with r = √2 a, ∇f = 2 Jᵀa, ∇²f = 2 (JᵀJ + Σ aᵢ∇²aᵢ).
type sumOfSquares struct {
	*squareSum
	size float64
	a, j []float64 // scratch: terms, Jacobian
}

func (p *sumOfSquares) Dim() int       { return p.n(int(p.size)) }
func (p *sumOfSquares) Residuals() int { return p.m(int(p.size)) }
func (p *sumOfSquares) Clone() Problem { return &sumOfSquares{squareSum: p.squareSum, size: p.size} }

func (p *sumOfSquares) Start(uint64) []float64 {
	x := make([]float64, p.Dim())
	p.start(x)
	return x
}

func (p *sumOfSquares) Knobs() []knob.Knob {
	if p.squareSum.size.Key == "" {
		return nil
	}
	return []knob.Knob{p.squareSum.size.Bind(&p.size)}
}

// evaluate computes the terms and returns their squares' sum.
func (p *sumOfSquares) evaluate(x []float64) float64 {
	if m := p.Residuals(); len(p.a) != m || len(p.j) != m*p.Dim() {
		p.a, p.j = make([]float64, m), make([]float64, m*p.Dim())
	}
	p.terms(x, p.a)
	return floats.Dot(p.a, p.a)
}

// linearise computes the Jacobian in the scratch memory that evaluate has made.
func (p *sumOfSquares) linearise(x []float64) {
	clear(p.j)
	p.slope(x, p.j)
}

func (p *sumOfSquares) Value(x []float64) float64 { return p.evaluate(x) }

func (p *sumOfSquares) Gradient(x, g []float64) float64 {
	f, n := p.evaluate(x), len(x)
	p.linearise(x)
	clear(g)
	for i, a := range p.a {
		floats.AddScaled(g, 2*a, p.j[i*n:i*n+n])
	}
	return f
}

func (p *sumOfSquares) Hessian(x, h []float64) {
	n := len(x)
	p.evaluate(x)
	p.linearise(x)
	clear(h)
	p.bend(x, p.a, h)
	for i := range p.a {
		row := p.j[i*n : i*n+n]
		for k, v := range row {
			if v != 0 {
				floats.AddScaled(h[k*n:k*n+k+1], v, row[:k+1])
			}
		}
	}
	for i := range n {
		h[i*n+i] *= 2
		for k := range i {
			h[i*n+k] *= 2
			h[k*n+i] = h[i*n+k]
		}
	}
}

func (p *sumOfSquares) Residual(x, r []float64) {
	p.terms(x, r)
	floats.Scale(math.Sqrt2, r)
}

func (p *sumOfSquares) Jacobian(x, j []float64) {
	clear(j)
	p.slope(x, j)
	floats.Scale(math.Sqrt2, j)
}

// filled returns a function that fills a slice with the given numbers, over and over.
func filled(values ...float64) func(x []float64) {
	return func(x []float64) {
		for i := range x {
			x[i] = values[i%len(values)]
		}
	}
}

// cube is the domain with the same interval for each of n variables.
func cube(n int, lo, hi float64) [][2]float64 {
	b := make([][2]float64, n)
	for i := range b {
		b[i] = [2]float64{lo, hi}
	}
	return b
}

// globally and locally are known minimisers in any dimension.
func globally(f float64, x ...float64) Minimum { return Minimum{X: x, F: f, Global: true} }
func locally(f float64, x ...float64) Minimum  { return Minimum{X: x, F: f} }
