package problems

import (
	"math"

	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "quadratic", Title: "Quadratic", Kind: "convex quadratic with a condition number and a dimension to choose",
		Formula: "½ (x² + κ y²);  in n dimensions ½ Σ λᵢ xᵢ², λ from 1 to κ",
		Source:  "the textbook case of ill-conditioning: Nocedal & Wright 2006, ch. 3 and 5; Goodfellow, Bengio & Courville 2016, § 4.3",
		Domain:  square(-4, 4),
		Minima:  []Minimum{global(0, 0, 0)},
		Rate:    0.005,
		New: func() Problem {
			q := &quadratic{}
			knob.Reset(q.Knobs())
			return q
		},
	})
}

// mostDim bounds the dimension of the functions that need memory and time in proportion to it.
const mostDim = 100_000

// dimKnob is the number of variables of a function that exists in any dimension.
func dimKnob(p *float64, def, least, most float64) knob.Knob {
	return knob.Knob{
		Key: "dim", Symbol: "n", Doc: "Number of variables; the picture shows the first two.",
		Default: def, Min: least, Max: most, Scale: knob.Log, Integer: true, Restart: true,
	}.Bind(p)
}

// How the eigenvalues of a quadratic lie between 1 and κ. In two dimensions they are 1 and κ in any case.
const (
	spectrumLog      = iota // in geometric progression
	spectrumLinear          // in arithmetic progression
	spectrumOutlier         // one κ, the rest 1: CG is done in two steps
	spectrumClusters        // half of them 1, half κ: the same
)

// quadratic is ½ xᵀHx, H = QᵀΛQ. Q is the identity, or mixes the coordinates.
type quadratic struct {
	condition, dim, spectrum, rotation float64

	// Eigenvalues, made anew where the knobs are not those that they were made for.
	lambda []float64
	of     [3]float64 // condition, dim, spectrum
	y      []float64  // scratch: Qx
}

func (q *quadratic) Dim() int               { return int(q.dim) }
func (q *quadratic) Start(uint64) []float64 { return alternating(q.Dim(), -3.5, 1.5) }

// Clone leaves the scratch memory and the eigenvalues behind: they are made where they are needed.
func (q *quadratic) Clone() Problem {
	return &quadratic{condition: q.condition, dim: q.dim, spectrum: q.spectrum, rotation: q.rotation}
}

// alternating returns (a, b, a, b, …) of length n.
func alternating(n int, a, b float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		if x[i] = a; i%2 == 1 {
			x[i] = b
		}
	}
	return x
}

func (q *quadratic) Knobs() []knob.Knob {
	return []knob.Knob{
		knob.Knob{
			Key: "condition", Symbol: "κ", Doc: "Condition number: how many times steeper y is than x.",
			Default: 100, Min: 1, Max: 1e6, Scale: knob.Log,
		}.Bind(&q.condition),
		dimKnob(&q.dim, 2, 2, mostDim),
		knob.Enum("spectrum", "", "How the curvatures lie between 1 and κ: log-spaced, linear, one outlier κ, or two clusters at 1 and κ.",
			spectrumLog, "log", "linear", "outlier", "clusters").Bind(&q.spectrum),
		knob.Switch("rotation", "", "Turn the axes of the ellipsoids away from the coordinates': all of them get mixed.", false).Bind(&q.rotation),
	}
}

// plain tells whether this is ½(x² + κy²), which is looked at most and goes without the eigenvalues.
func (q *quadratic) plain() bool { return q.dim == 2 && q.rotation == 0 }

// eigenvalues returns λ for the knobs as they are.
func (q *quadratic) eigenvalues() []float64 {
	of := [3]float64{q.condition, q.dim, q.spectrum}
	if of == q.of {
		return q.lambda
	}
	n := q.Dim()
	if len(q.lambda) != n {
		q.lambda, q.y = make([]float64, n), make([]float64, n)
	}
	for i := range q.lambda {
		q.lambda[i] = q.eigenvalue(i, float64(i)/float64(n-1))
	}
	q.of = of
	return q.lambda
}

// eigenvalue is λᵢ, with i as the share of the way from the first to the last.
func (q *quadratic) eigenvalue(i int, share float64) float64 {
	n := q.Dim()
	switch {
	case i == 0:
		return 1
	case i == n-1:
		return q.condition
	case q.spectrum == spectrumLog:
		return math.Pow(q.condition, share)
	case q.spectrum == spectrumLinear:
		return 1 + (q.condition-1)*share
	case q.spectrum == spectrumClusters && i >= n/2:
		return q.condition
	default:
		return 1
	}
}

func (q *quadratic) Value(x []float64) float64 {
	if q.plain() {
		return 0.5 * (x[0]*x[0] + q.condition*x[1]*x[1])
	}
	lambda := q.eigenvalues()
	sum := 0.0
	for i, y := range q.turned(x) {
		sum += lambda[i] * y * y
	}
	return 0.5 * sum
}

func (q *quadratic) Gradient(x, g []float64) float64 {
	if q.plain() {
		g[0], g[1] = x[0], q.condition*x[1]
		return 0.5 * (x[0]*x[0] + q.condition*x[1]*x[1])
	}
	lambda := q.eigenvalues()
	sum := 0.0
	for i, y := range q.turned(x) {
		g[i] = lambda[i] * y
		sum += g[i] * y
	}
	if q.rotation != 0 {
		unmix(g)
	}
	return 0.5 * sum
}

// turned returns Qx.
func (q *quadratic) turned(x []float64) []float64 {
	if q.rotation == 0 {
		return x
	}
	copy(q.y, x)
	mix(q.y)
	return q.y
}

func (q *quadratic) HessVec(_, v, hv []float64) { q.Gradient(v, hv) } // the gradient is Hx

func (q *quadratic) Hessian(_, h []float64) {
	if q.plain() {
		h[0], h[1], h[2], h[3] = 1, 0, 0, q.condition
		return
	}
	lambda, n := q.eigenvalues(), q.Dim()
	clear(h)
	for i := range n {
		row := h[i*n : i*n+n]
		if row[i] = lambda[i]; q.rotation == 0 {
			continue
		}
		clear(row)
		row[i] = 1
		mix(row)
		for j := range row {
			row[j] *= lambda[j]
		}
		unmix(row)
	}
}

// mix applies the orthogonal Q in n log₂ n operations: in turn for the strides 1, 2, 4 … it takes each pair of
// coordinates at that distance to (a + b)/√2 and (a − b)/√2, as the fast Walsh–Hadamard transform does. Where n is
// not a power of two, coordinates without a partner stay. (One Householder reflection would be cheaper, but in
// many dimensions it hardly moves any axis.)
func mix(y []float64) {
	for s := 1; s < len(y); s *= 2 {
		butterflies(y, s)
	}
}

// unmix applies Qᵀ: each butterfly is its own inverse.
func unmix(y []float64) {
	s := 1
	for s < len(y) {
		s *= 2
	}
	for s /= 2; s > 0; s /= 2 {
		butterflies(y, s)
	}
}

func butterflies(y []float64, stride int) {
	for from := 0; from+stride < len(y); from += 2 * stride {
		for i := from; i < from+stride && i+stride < len(y); i++ {
			a, b := y[i], y[i+stride]
			y[i], y[i+stride] = (a+b)*(math.Sqrt2/2), (a-b)*(math.Sqrt2/2)
		}
	}
}
