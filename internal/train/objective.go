package train

import (
	"slices"

	"gonum.org/v1/gonum/floats"

	"opttui/internal/optim"
	"opttui/internal/problems"
)

// Counts are the evaluations that a run's optimizer has asked for. Looking on is free: what the screen or
// the held-out scores evaluate is not counted.
type Counts struct {
	Value, Gradient, Hessian int
	HessVec                  int // products of the Hessian with a vector, each of which costs about two gradients
}

// cost is what the evaluations of n parameters cost, in gradients.
func (c Counts) cost(n int) float64 {
	return float64(c.Value) + float64(c.Gradient) + 2*float64(c.HessVec) + float64(n)*float64(c.Hessian)
}

// objective is the problem as the optimizer sees it at one step: on that step's minibatch, and tilted by
// that step's gradient noise ξ. The value is tilted too, f(x) + ξᵀx, so that value and gradient agree and a
// line search sees one consistent function, as it does on a minibatch.
type objective struct {
	problem problems.Problem
	sampled problems.Sampled // nil where the problem has no samples
	batch   []int            // nil: all samples
	xi      []float64        // noise of this step
	noisy   bool
	have    optim.Capability
	counts  Counts
	dense   dense // for products where the problem has nothing but its Hessian
}

// dense is a Hessian with the point that it belongs to, good for one step.
type dense struct {
	x, h  []float64
	valid bool
}

func (o *objective) value(x []float64) float64 {
	if o.batch != nil {
		return o.sampled.ValueOn(o.batch, x)
	}
	return o.problem.Value(x)
}

func (o *objective) gradient(x, g []float64) float64 {
	if o.batch != nil {
		return o.sampled.GradientOn(o.batch, x, g)
	}
	return o.problem.Gradient(x, g)
}

// tilt adds the noise to the gradient g at x and returns ξᵀx.
func (o *objective) tilt(x, g []float64) float64 {
	dot := 0.0
	for i, xi := range o.xi {
		g[i] += xi
		dot += xi * x[i]
	}
	return dot
}

func (o *objective) Value(x []float64) float64 {
	o.counts.Value++
	f := o.value(x)
	if o.noisy {
		for i, xi := range o.xi {
			f += xi * x[i]
		}
	}
	return f
}

func (o *objective) Gradient(x, g []float64) float64 {
	o.counts.Gradient++
	f := o.gradient(x, g)
	if o.noisy {
		f += o.tilt(x, g)
	}
	return f
}

func (o *objective) Has(c optim.Capability) bool { return o.have&c == c }

func (o *objective) Hessian(x, h []float64) {
	o.counts.Hessian++
	o.problem.(problems.Hessianer).Hessian(x, h)
}

// HessVec is the product on this step's minibatch where the problem has it, as GradientOn is; the noise ξᵀx has no
// curvature. A problem without products is asked for its Hessian, once at each point.
func (o *objective) HessVec(x, v, hv []float64) {
	if s, ok := o.problem.(problems.SampledHessianVector); ok && o.batch != nil {
		o.counts.HessVec++
		s.HessVecOn(o.batch, x, v, hv)
		return
	}
	if p, ok := o.problem.(problems.HessianVector); ok {
		o.counts.HessVec++
		p.HessVec(x, v, hv)
		return
	}
	n := len(x)
	if o.dense.h == nil {
		o.dense = dense{x: make([]float64, n), h: make([]float64, n*n)}
	}
	d := &o.dense
	if !d.valid || !slices.Equal(d.x, x) {
		o.Hessian(x, d.h)
		copy(d.x, x)
		d.valid = true
	}
	for i := range hv {
		hv[i] = floats.Dot(d.h[i*n:i*n+n], v)
	}
}

func (o *objective) Residuals() int { return o.problem.(problems.LeastSquares).Residuals() }

func (o *objective) Residual(x, r []float64) float64 {
	o.counts.Value++
	o.problem.(problems.LeastSquares).Residual(x, r)
	f := 0.0
	for _, v := range r {
		f += v * v
	}
	return f / 2
}

func (o *objective) Jacobian(x, j []float64) {
	o.counts.Gradient++
	o.problem.(problems.LeastSquares).Jacobian(x, j)
}
