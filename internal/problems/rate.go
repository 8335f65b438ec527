package problems

import (
	"math"
	"opttui/internal/dataset"
	"sync"
)

// UsualRate is Rate where it was measured, else an estimate: half of 1/λ for the curvature λ of largest size at the
// start, and at points a few descent steps further. On a landscape it is lowered until descent is steady.
func (s Spec) UsualRate() float64 {
	if s.Rate > 0 {
		return s.Rate
	}
	if s.data == nil {
		return s.RateOf(s.New())
	}
	rate, _ := estimates.LoadOrStore(estimateKey{s.data, s.Name}, sync.OnceValue(func() float64 { return s.RateOf(s.New()) }))
	return rate.(func() float64)()
}

// estimates are the rates that have been found for models on the user's data: they may take seconds.
var estimates sync.Map

type estimateKey struct {
	data *dataset.Dataset
	name string
}

// RateOf is an estimate of the same for an instance with settings of its own. A model is judged on few of its samples,
// so that large data take no longer than small ones.
func (s Spec) RateOf(p Problem) float64 {
	x := p.Start(0)
	rate := estimateRate(few(p), x)
	if s.Domain != nil {
		rate = steadyRate(p, x, s.Domain, rate)
	}
	if math.IsInf(rate, 1) || !(rate > 0) {
		return 0.01
	}
	scale := math.Pow(10, math.Floor(math.Log10(rate))-1)
	return math.Floor(rate/scale) * scale
}

// steadyRate returns the rate, or as many times half of it as it takes until gradient descent from x goes steadily
// down: in no step of 100 f rises, and after the first few the gradient hardly ever turns back on itself. Nor shall the
// first step be longer than a tenth of the domain, which is all that limits it where there is no curvature.
func steadyRate(p Problem, x []float64, domain [][2]float64, rate float64) float64 {
	const halvings = 60
	g := make([]float64, len(x))
	p.Gradient(x, g)
	for i := range g {
		b := domain[min(i, len(domain)-1)]
		if limit := (b[1] - b[0]) / (10 * math.Abs(g[i])); limit < rate { // false where there is no slope
			rate = limit
		}
	}
	if math.IsInf(rate, 1) {
		return rate
	}
	for range halvings {
		if steady(p, x, rate) {
			break
		}
		rate /= 2
	}
	return rate
}

// steady tells whether gradient descent from x at that rate goes steadily down.
func steady(p Problem, x []float64, rate float64) bool {
	const steps, mayTurn = 100, 2
	x = append([]float64(nil), x...)
	g, last := make([]float64, len(x)), make([]float64, len(x))
	before, turns := math.Inf(1), 0
	for range steps {
		f := p.Gradient(x, g)
		if !(f <= before+1e-12*math.Abs(before)) && !math.IsInf(before, 1) || math.IsNaN(f) {
			return false
		}
		dot := 0.0
		for i := range x {
			dot += g[i] * last[i]
			x[i] -= rate * g[i]
		}
		if dot < 0 {
			turns++
		}
		copy(last, g)
		before = f
	}
	return turns <= mayTurn
}

// estimateRate looks for the largest curvature λ near x by power iteration and returns about 1/(2λ), +Inf where f is
// straight.
func estimateRate(p Problem, x []float64) float64 {
	const looks, walk = 3, 5
	x = append([]float64(nil), x...)
	g := make([]float64, len(x))
	rate := math.Inf(1)
	for range looks {
		if l := curvature(p, x); l > 0 && l-l == 0 {
			rate = math.Min(rate, 1/(2*l))
		}
		if math.IsInf(rate, 1) {
			break
		}
		for range walk {
			p.Gradient(x, g)
			for i := range x {
				x[i] -= rate * g[i]
			}
		}
	}
	return rate
}

// On how many samples RateOf judges a model.
const (
	fewSamples = 200
	fewEntries = 200_000
)

// apart is a model of which few of the samples say little about the curvature of the whole.
type apart interface{ apart() }

// few returns the model as its loss on few of its samples, spread evenly, where it has many.
func few(p Problem) Problem {
	most := fewSamples
	if _, ok := p.(apart); ok {
		most = fewEntries
	}
	sp, sampled := p.(SampledHessianVector)
	if !sampled || p.(Sampled).Samples() <= most {
		return p
	}
	n := p.(Sampled).Samples()
	f := fewOf{Problem: p, product: sp, batch: make([]int, most)}
	for i := range f.batch {
		f.batch[i] = i * n / most
	}
	return f
}

type fewOf struct {
	Problem
	product SampledHessianVector
	batch   []int
}

func (f fewOf) Gradient(x, g []float64) float64 { return f.Problem.(Sampled).GradientOn(f.batch, x, g) }
func (f fewOf) HessVec(x, v, hv []float64)      { f.product.HessVecOn(f.batch, x, v, hv) }

// curvature is the largest |λ| of the Hessian at x after some power iterations that begin along the gradient. Problems
// without Hessian–vector products are asked by differences of gradients.
func curvature(p Problem, x []float64) float64 {
	const iterations = 12
	n := len(x)
	v, hv := make([]float64, n), make([]float64, n)
	p.Gradient(x, v)
	for i := range v { // not along the gradient alone: it may be an eigenvector, or zero
		v[i] += 1e-3 * (1 + math.Abs(v[i])) * math.Sin(float64(i+1))
	}
	product := productOf(p)
	length := 0.0
	for range iterations {
		norm := 0.0
		for _, w := range v {
			norm = math.Hypot(norm, w)
		}
		if !(norm > 0) || norm-norm != 0 {
			return length
		}
		for i := range v {
			v[i] /= norm
		}
		product(x, v, hv)
		length = 0
		for _, w := range hv {
			length = math.Hypot(length, w)
		}
		v, hv = hv, v
	}
	return length
}

// productOf returns the problem's Hessian–vector product: exact, or by central differences of gradients.
func productOf(p Problem) func(x, v, hv []float64) {
	if h, ok := p.(HessianVector); ok {
		return h.HessVec
	}
	n := p.Dim()
	y, g := make([]float64, n), make([]float64, n)
	return func(x, v, hv []float64) {
		const h = 1e-5
		for i := range x {
			y[i] = x[i] + h*v[i]
		}
		p.Gradient(y, g)
		for i := range x {
			y[i] = x[i] - h*v[i]
		}
		p.Gradient(y, hv)
		for i := range hv {
			hv[i] = (g[i] - hv[i]) / (2 * h)
		}
	}
}
