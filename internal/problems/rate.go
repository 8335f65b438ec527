package problems

import "math"

// UsualRate is Rate where it was measured, else an estimate: half of 1/λ for the curvature λ of largest size at the
// start, and at points a few descent steps further. 0 means that there is none.
func (s Spec) UsualRate() float64 {
	if s.Rate > 0 {
		return s.Rate
	}
	return EstimateRate(s.New())
}

// EstimateRate looks for the largest curvature λ near the start by power iteration and returns about 1/(2λ), rounded
// down to two digits. A model is judged on few of its samples, so that large data take no longer than small ones.
func EstimateRate(p Problem) float64 {
	const looks, walk = 3, 5
	p = few(p)
	x := p.Start(0)
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
	if math.IsInf(rate, 1) || !(rate > 0) {
		return 0.01
	}
	scale := math.Pow(10, math.Floor(math.Log10(rate))-1)
	return math.Floor(rate/scale) * scale
}

// fewSamples is on how many samples EstimateRate judges a model.
const fewSamples = 200

// apart is a model of which a part of the samples says little about the curvature of the whole.
type apart interface{ apart() }

// few returns the model as its loss on few of its samples, spread evenly, where it has many.
func few(p Problem) Problem {
	sp, sampled := p.(SampledHessianVector)
	if _, not := p.(apart); !sampled || not || p.(Sampled).Samples() <= fewSamples {
		return p
	}
	n := p.(Sampled).Samples()
	f := fewOf{Problem: p, product: sp, batch: make([]int, fewSamples)}
	for i := range f.batch {
		f.batch[i] = i * n / fewSamples
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
