package curvature

import (
	"math"
	"strings"

	"gonum.org/v1/gonum/floats"

	"opttui/internal/train"
)

// Measurer measures one probe after another and keeps its memory between them. It belongs to one goroutine.
type Measurer struct {
	Options
	// Done may be closed to end a measurement early; what it then returns is less exact.
	Done <-chan struct{}

	hessian, scaled lanczos
}

// place is the function at the probe's point.
type place struct {
	g       []float64
	matrix  []float64 // the Hessian, nil where it is too large
	product Product
	*spectrum
}

// Measure returns what the curvature is around a run. It takes as long as a few dozens of gradients over all data.
func (m *Measurer) Measure(p *train.Probe) *Report {
	nan := math.NaN()
	r := &Report{
		Step: p.Step, Loss: nan, Norm: nan, Condition: nan, Along: nan, Distance: nan, Ratio: nan, Error: nan,
		Limit: Limit{LR: nan, Share: nan, Lambda: nan},
		Last:  Change{nan, nan, nan, nan, nan},
	}
	if !finite(p.X) {
		r.Limit.Why = notFinite
		return r
	}
	o := m.withDefaults()
	at := &place{g: make([]float64, len(p.X))}
	r.Loss = p.Problem.Gradient(p.X, at.g)
	r.Norm = floats.Norm(at.g, 2)
	m.look(at, p, o)
	r.Values, r.Vectors, r.Exact, r.Error = at.values, at.vectors, at.exact, at.slack
	if at.values == nil {
		r.Error = nan
	}
	r.Condition, r.Class = at.condition(), at.class()
	r.Critical = r.Norm <= o.Tolerance
	r.Distance = at.newton(at.g, r.Norm)
	r.Along = along(at.product, at.g, r.Norm)
	r.Limit = m.limit(p, at)
	if p.Last != nil {
		r.Last, r.Ratio = lastChange(p, r.Loss)
	}
	return r
}

// look finds the eigenvalues at the probe's point.
func (m *Measurer) look(at *place, p *train.Probe, o Options) {
	n := len(p.X)
	if at.matrix = HessianAt(p.Problem, p.X, o.Dense); at.matrix != nil {
		at.product, at.spectrum = productOf(at.matrix, n), decompose(at.matrix, n)
		return
	}
	product, exact := ProductAt(p.Problem, p.X)
	at.product = product
	m.hessian.done, m.hessian.most = m.Done, o.Products-2 // one along the gradient, one for the last step
	if p.Scale != nil {
		m.hessian.most = o.Products/2 - 1
	}
	at.spectrum = m.hessian.ends(n, product)
	if !exact {
		at.rounding = differenceError * math.Max(math.Abs(at.max()), math.Abs(at.min()))
	}
}

// along is gᵀHg/gᵀg.
func along(product Product, g []float64, norm float64) float64 {
	if !(norm > 0) || math.IsInf(norm, 0) {
		return math.NaN()
	}
	u, hu := make([]float64, len(g)), make([]float64, len(g))
	floats.ScaleTo(u, 1/norm, g)
	product(u, hu)
	return floats.Dot(u, hu)
}

// Why a limit is not known where the function could have one.
const (
	notFinite   = "the function is not finite here"
	notUpward   = "the function does not curve upward here"
	notYet      = "its rates are known after its first step"
	notAnyScale = "one of its rates is not finite"
)

// limit is the learning rate at the edge of stability.
func (m *Measurer) limit(p *train.Probe, at *place) Limit {
	s := StabilityOf(p.Rule, p.Knobs, p.Step)
	l := Limit{LR: math.NaN(), Share: math.NaN(), Lambda: math.NaN(), Formula: s.Formula, Why: s.Why}
	switch {
	case l.Why != "":
		return l
	case at.values == nil:
		l.Why = notFinite
		return l
	case p.Scale == nil && s.Adaptive && p.Rule.Name != "radam": // which steps like momentum at first
		l.Why = notYet
		return l
	case !finite(p.Scale):
		l.Why = notAnyScale
		return l
	case p.Scale == nil:
		l.Lambda, l.Formula = at.max()+s.Coupled, strings.ReplaceAll(l.Formula, "(P⁻¹H)", "")
	default:
		l.Lambda = m.preconditioned(p.Scale, at, s.Coupled)
	}
	if l.LR = s.Rate(l.Lambda); l.LR-l.LR != 0 {
		l.LR, l.Why = math.NaN(), notUpward
	}
	l.Share = p.LR / l.LR
	return l
}

// preconditioned is the largest eigenvalue of S(H+λI) for the diagonal matrix S of the rule's factors.
func (m *Measurer) preconditioned(scale []float64, at *place, lambda float64) float64 {
	n := len(scale)
	if at.matrix == nil {
		m.scaled.done, m.scaled.most, m.scaled.topOnly = m.Done, m.hessian.most, true
		return m.scaled.ends(n, scaled(at.product, scale, lambda)).max()
	}
	h := make([]float64, n*n)
	for i := range n {
		for j := range n {
			h[i*n+j] = math.Sqrt(scale[i]) * at.matrix[i*n+j] * math.Sqrt(scale[j])
		}
		h[i*n+i] += scale[i] * lambda
	}
	return decompose(h, n).max()
}

// lastChange is what the last step was to do and did, and its length by that of θ.
func lastChange(p *train.Probe, loss float64) (Change, float64) {
	from := p.Last.X
	n := len(from)
	d, g, hd := make([]float64, n), make([]float64, n), make([]float64, n)
	floats.SubTo(d, p.X, from)
	before := p.Problem.Gradient(from, g)
	length := floats.Norm(d, 2)
	c := Change{Gradient: floats.Dot(g, d), Actual: loss - before}
	if length > 0 {
		product, _ := ProductAt(p.Problem, from)
		floats.Scale(1/length, d)
		product(d, hd)
		c.Curvature = length * length * floats.Dot(d, hd) / 2
	}
	for i, gi := range p.Last.Gradient {
		c.Noise += (gi - g[i]) * d[i] * length
	}
	c.Predicted = c.Gradient + c.Curvature
	return c, length / floats.Norm(from, 2)
}
