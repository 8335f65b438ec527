package curvature

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	lapack "gonum.org/v1/gonum/lapack/gonum"
	"gonum.org/v1/gonum/mat"

	"opttui/internal/problems"
)

// spectrum is what is known of the eigenvalues of a symmetric matrix, in descending order with their vectors.
type spectrum struct {
	values   []float64
	vectors  [][]float64
	exact    bool    // all are there
	slack    float64 // how far each value may be from an eigenvalue
	rounding float64 // how far products are from exact
}

func (s *spectrum) max() float64 {
	if len(s.values) == 0 {
		return math.NaN()
	}
	return s.values[0]
}

func (s *spectrum) min() float64 {
	if len(s.values) == 0 {
		return math.NaN()
	}
	return s.values[len(s.values)-1]
}

// goodDigits is the relative error at which the ends are said to be known.
const goodDigits = 1e-3

// converged tells whether both ends are known to a few digits of the larger one.
func (s *spectrum) converged() bool {
	return s.slack <= goodDigits*math.Max(math.Abs(s.max()), math.Abs(s.min()))
}

// decompose returns all eigenvalues of a symmetric n×n matrix, given row by row, with their vectors; none where it is not
// finite.
func decompose(h []float64, n int) *spectrum {
	s := &spectrum{exact: true}
	if !finite(h) {
		return &spectrum{}
	}
	switch n {
	case 1:
		s.values, s.vectors = []float64{h[0]}, [][]float64{{1}}
	case 2:
		s.values, s.vectors = pair(h[0], h[1]/2+h[2]/2, h[3])
	default:
		var e mat.EigenSym
		if !e.Factorize(mat.NewSymDense(n, h), true) {
			return &spectrum{}
		}
		s.values = e.Values(nil)
		slices.Reverse(s.values)
		var v mat.Dense
		e.VectorsTo(&v)
		for k := range n {
			s.vectors = append(s.vectors, mat.Col(nil, n-1-k, &v))
		}
	}
	if !finite(s.values) {
		return &spectrum{}
	}
	floats.AddConst(0, s.values) // no −0
	s.upright()
	return s
}

// pair is the closed form for the matrix (a b; b c), as LAPACK's dlaev2 has it: the eigenvalue of larger size first, the
// other from the determinant, without the cancellation of −b ± √(b²−4ac).
func pair(a, b, c float64) (values []float64, vectors [][]float64) {
	l1, l2, cos, sin := lapack.Implementation{}.Dlaev2(a, b, c)
	values, vectors = []float64{l1, l2}, [][]float64{{cos, sin}, {-sin, cos}}
	if l1 < l2 {
		slices.Reverse(values)
		slices.Reverse(vectors)
	}
	return values, vectors
}

// upright turns each vector so that its component of largest size is positive: without that a picture of it would flip
// from one measurement to the next.
func (s *spectrum) upright() {
	for _, v := range s.vectors {
		most := 0.0
		for _, c := range v {
			if math.Abs(c) > math.Abs(most)*(1+1e-9) { // of equal ones the first
				most = c
			}
		}
		if most < 0 {
			floats.Scale(-1, v)
		}
		floats.AddConst(0, v) // no −0
	}
}

// finite tells whether all numbers are.
func finite(v []float64) bool {
	for _, x := range v {
		if x-x != 0 {
			return false
		}
	}
	return true
}

// LambdaMax is the largest eigenvalue of the Hessian at x, NaN where it is not finite.
func LambdaMax(p problems.Problem, x []float64) float64 {
	o := Options{}.withDefaults()
	if h := HessianAt(p, x, o.Dense); h != nil {
		return decompose(h, len(x)).max()
	}
	product, _ := ProductAt(p, x)
	l := lanczos{most: o.Products, topOnly: true}
	return l.ends(len(x), product).max()
}
