package curvature

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Extremes are the ends of a spectrum as Lanczos' method has found them. Either lies inside the true ends, at most Error
// from an eigenvalue. All are NaN where the matrix is not finite.
type Extremes struct {
	Max, Min             float64
	MaxVector, MinVector []float64 // eigenvectors of length 1; nil where they are not known
	Error                float64
	Products             int // how many were taken
}

// FindExtremes looks for the largest and the smallest eigenvalue of the symmetric n×n matrix that product multiplies by,
// with at most the given number of products.
func FindExtremes(n int, product Product, most int) Extremes {
	l := lanczos{most: most}
	s := l.ends(n, product)
	e := Extremes{Max: s.max(), Min: s.min(), Error: s.slack, Products: l.took}
	if s.vectors != nil {
		e.MaxVector, e.MinVector = s.vectors[0], s.vectors[len(s.vectors)-1]
	} else {
		e.Error = math.NaN()
	}
	return e
}

// lanczos is Lanczos' method (1950) with full reorthogonalisation (Golub & Van Loan 2013, § 10.3). It keeps its memory,
// and begins where it ended the last time: the matrices of two moments of a run are much alike.
type lanczos struct {
	most    int             // products
	topOnly bool            // the smallest eigenvalue is not wanted
	done    <-chan struct{} // closed to end early

	basis [][]float64
	start []float64 // sum of the last ends' vectors
	took  int       // products of the last search
}

const (
	// wanted is the residual by the largest eigenvalue at which the search ends. The error of the eigenvalue is at most
	// that, and about its square where the eigenvalue stands alone.
	wanted = 1e-4
	// lookEvery is how many products are taken between two looks at how far they have led.
	lookEvery = 4
	// mostNumbers bounds the memory: 64 MB, but always leastBasis vectors.
	mostNumbers = 8 << 20
	leastBasis  = 8
)

// ends finds the largest and the smallest eigenvalue, in this order; of a 1×1 matrix the one.
func (l *lanczos) ends(n int, product Product) *spectrum {
	steps := min(n, max(l.most, 1), max(mostNumbers/n, leastBasis))
	alpha, beta := make([]float64, 0, steps), make([]float64, 0, steps)
	l.begin(n)
	w := make([]float64, n)
	l.took = 0
	for k := 0; ; k++ {
		v := l.basis[k]
		product(v, w)
		l.took++
		alpha = append(alpha, floats.Dot(v, w))
		for range 2 { // twice is enough
			for _, b := range l.basis[:k+1] {
				floats.AddScaled(w, -floats.Dot(b, w), b)
			}
		}
		rest := floats.Norm(w, 2)
		if !finite(alpha[k:]) || rest-rest != 0 {
			return &spectrum{}
		}
		last := k+1 == steps || l.ended()
		// A rest of rounding errors: the vectors so far span a space that the matrix does not lead out of.
		closed := rest <= 1e-13*largestOf(alpha, beta)
		if last || closed || n > steps && (k+1)%lookEvery == 0 { // n products are as good as the whole matrix
			if closed {
				rest = 0
			}
			s := l.ritz(alpha, beta, rest)
			if last || closed || s == nil || s.slack <= wanted*math.Max(math.Abs(s.max()), math.Abs(s.min())) {
				return l.keep(s)
			}
		}
		beta = append(beta, rest)
		l.next(k+1, w, rest)
	}
}

// begin puts the first vector into the basis: of no particular direction, and the same every time, with much of the
// last ends in it.
func (l *lanczos) begin(n int) {
	if len(l.basis) > 0 && len(l.basis[0]) != n {
		l.basis, l.start = nil, nil
	}
	v := make([]float64, n)
	for i := range v {
		v[i] = math.Sin(float64(i+1)) + 0.5*math.Cos(3*float64(i))
	}
	if len(l.start) == n {
		floats.Scale(0.3/floats.Norm(v, 2), v)
		floats.Add(v, l.start)
	}
	l.next(0, v, floats.Norm(v, 2))
}

// next makes w, of length norm, the k-th vector of the basis.
func (l *lanczos) next(k int, w []float64, norm float64) {
	if k == len(l.basis) {
		l.basis = append(l.basis, make([]float64, len(w)))
	}
	floats.ScaleTo(l.basis[k], 1/norm, w)
}

func (l *lanczos) ended() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

func largestOf(alpha, beta []float64) float64 {
	most := math.SmallestNonzeroFloat64
	for _, list := range [][]float64{alpha, beta} {
		for _, v := range list {
			most = math.Max(most, math.Abs(v))
		}
	}
	return most
}

// ritz is the ends of the tridiagonal matrix of the basis, which Lanczos' method takes for those of the whole, with the
// residual ‖Hv − λv‖ = rest·|last component| as the error (Golub & Van Loan 2013, § 10.1.4). It is nil where there are
// none.
func (l *lanczos) ritz(alpha, beta []float64, rest float64) *spectrum {
	k := len(alpha)
	t := mat.NewSymDense(k, nil)
	for i, a := range alpha {
		t.SetSym(i, i, a)
	}
	for i, b := range beta {
		t.SetSym(i, i+1, b)
	}
	var e mat.EigenSym
	if !e.Factorize(t, true) {
		return nil
	}
	values := e.Values(nil)
	var vectors mat.Dense
	e.VectorsTo(&vectors)
	s := &spectrum{}
	columns := []int{k - 1}
	if !l.topOnly && len(l.basis[0]) > 1 {
		columns = append(columns, 0)
	}
	for _, c := range columns {
		s.values = append(s.values, values[c])
		s.vectors = append(s.vectors, mat.Col(nil, c, &vectors))
		s.slack = math.Max(s.slack, rest*math.Abs(vectors.At(k-1, c)))
	}
	return s
}

// keep turns the vectors of the small matrix into those of the large one, and remembers where to begin the next time.
func (l *lanczos) keep(s *spectrum) *spectrum {
	if s == nil {
		return &spectrum{}
	}
	n := len(l.basis[0])
	l.start = make([]float64, n)
	for i, small := range s.vectors {
		v := make([]float64, n)
		for j, c := range small {
			floats.AddScaled(v, c, l.basis[j])
		}
		s.vectors[i] = v
	}
	s.upright()
	for _, v := range s.vectors {
		floats.Add(l.start, v)
	}
	return s
}
