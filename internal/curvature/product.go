package curvature

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"opttui/internal/problems"
)

// Product multiplies a symmetric matrix by a vector v of length 1 and writes the result to hv. The two do not overlap.
type Product func(v, hv []float64)

// ProductAt returns the product with the Hessian at x: exact where the problem has products or a Hessian, else by central
// differences of gradients. It keeps x, which must not change.
func ProductAt(p problems.Problem, x []float64) (product Product, exact bool) {
	if h, ok := p.(problems.HessianVector); ok {
		return func(v, hv []float64) { h.HessVec(x, v, hv) }, true
	}
	if h, ok := problems.HessianOf(p); ok {
		data := make([]float64, len(x)*len(x))
		h.Hessian(x, data)
		return productOf(data, len(x)), true
	}
	return differences(p, x), false
}

// productOf is the product with an n×n matrix, given row by row.
func productOf(h []float64, n int) Product {
	return func(v, hv []float64) {
		for i := range hv {
			hv[i] = floats.Dot(h[i*n:(i+1)*n], v)
		}
	}
}

// rootStep is about the cube root of the machine's precision, the step at which central differences are best (Nocedal &
// Wright 2006, § 8.1), and what their error is then about.
const (
	rootStep        = 1e-5
	differenceError = 1e-8
)

// differences is the product by central differences of gradients. The error is about h² from the curve and ulp/h from
// rounding, both relative to the size of x.
func differences(p problems.Problem, x []float64) Product {
	h := rootStep * math.Max(1, floats.Norm(x, 2))
	y, g := make([]float64, len(x)), make([]float64, len(x))
	return func(v, hv []float64) {
		floats.AddScaledTo(y, x, h, v)
		p.Gradient(y, g)
		floats.AddScaledTo(y, x, -h, v)
		p.Gradient(y, hv)
		for i := range hv {
			hv[i] = (g[i] - hv[i]) / (2 * h)
		}
	}
}

// HessianAt returns the n×n Hessian at x, row by row, where it is exact and n is most at the most, else nil. Where there are
// only products, it takes n of them.
func HessianAt(p problems.Problem, x []float64, most int) []float64 {
	n := len(x)
	if n > most {
		return nil
	}
	data := make([]float64, n*n)
	if h, ok := problems.HessianOf(p); ok {
		h.Hessian(x, data)
		return data
	}
	h, ok := p.(problems.HessianVector)
	if !ok {
		return nil
	}
	e := make([]float64, n)
	for i := range n {
		e[i] = 1
		h.HessVec(x, e, data[i*n:(i+1)*n])
		e[i] = 0
	}
	for i := range n { // symmetric but for rounding
		for j := range i {
			mean := data[i*n+j]/2 + data[j*n+i]/2
			data[i*n+j], data[j*n+i] = mean, mean
		}
	}
	return data
}

// scaled is the product with S^½(H+λI)S^½ for a diagonal matrix S, which has the eigenvalues of S(H+λI).
func scaled(product Product, scale []float64, lambda float64) Product {
	n := len(scale)
	root, w := make([]float64, n), make([]float64, n)
	for i, s := range scale {
		root[i] = math.Sqrt(s)
	}
	return func(v, hv []float64) {
		floats.MulTo(w, root, v)
		norm := floats.Norm(w, 2)
		if norm == 0 {
			clear(hv)
			return
		}
		floats.Scale(1/norm, w) // products by differences are good at length 1
		product(w, hv)
		for i := range hv {
			hv[i] = norm * root[i] * (hv[i] + lambda*w[i])
		}
	}
}
