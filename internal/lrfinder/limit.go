package lrfinder

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"opttui/internal/knob"
	"opttui/internal/optim"
	"opttui/internal/problems"
	"opttui/internal/train"
)

// Limit is the learning rate above which the rule is unstable on a quadratic with the curvature of θ₀: on others the
// curvature changes along the way.
type Limit struct {
	LR        float64 // NaN where there is none
	LambdaMax float64 // largest eigenvalue of the Hessian over all data at θ₀; NaN where it was not wanted
	Formula   string  // "2/λmax"
	Why       string  // why there is none
}

// limitOf works the limit out, see stability for the formulas.
func limitOf(t *train.Trial) Limit {
	l := Limit{LR: math.NaN(), LambdaMax: math.NaN()}
	spec, knobs := t.Rule()
	factor, formula, why := stability(spec, knobs)
	if why != "" {
		l.Why = why
		return l
	}
	l.LambdaMax, l.Formula = lambdaMax(t.Problem(), t.Theta()), formula
	decay, _ := valueOf(knobs, "weight_decay") // coupled: λθ in the gradient adds λ to every curvature
	if c := l.LambdaMax + decay; c > 0 && !math.IsInf(c, 0) {
		l.LR = factor / c
	} else {
		l.Why = "the function does not curve upward at the start"
	}
	return l
}

// stability returns ε·λmax at the edge, by the formulas for quadratics: 2 for gradient descent, 2+2α for momentum
// (Polyak 1964), (2+2α)/(1−α) where the gradients are averaged, (2+2α)/(1+2α) for Nesterov's (Cohen et al. 2021, arXiv
// 2103.00065, app. B).
func stability(spec optim.Spec, knobs []knob.Knob) (factor float64, formula, why string) {
	a, _ := valueOf(knobs, "momentum")
	switch spec.Name {
	case "sgd":
		return 2, "2/λmax", ""
	case "momentum":
		if form, ok := knob.Find(knobs, "form"); ok && form.Text(form.Value()) == "ewma" {
			return (2 + 2*a) / (1 - a), "(2+2α)/((1−α)λmax)", ""
		}
		return 2 + 2*a, "(2+2α)/λmax", ""
	case "nesterov":
		return (2 + 2*a) / (1 + 2*a), "(2+2α)/((1+2α)λmax)", ""
	}
	switch spec.Unit {
	case optim.PerStep, optim.PerBoth, optim.NoRate:
		return 0, "", fmt.Sprintf("%s divides by the size of its gradients, so its limit moves with them at every step (Cohen et al. 2022, arXiv 2207.14484)", spec.Title)
	default:
		return 0, "", "there is no formula for " + spec.Title
	}
}

func valueOf(knobs []knob.Knob, key string) (float64, bool) {
	k, ok := knob.Find(knobs, key)
	if !ok {
		return 0, false
	}
	return k.Value(), true
}

// mostDense is up to how many parameters the eigenvalues of the whole Hessian are cheap.
const mostDense = 128

// lambdaMax is the largest eigenvalue of the Hessian at x: exact from the matrix where that is small, else by Lanczos'
// method from products with it.
func lambdaMax(p problems.Problem, x []float64) float64 {
	n := p.Dim()
	if h, ok := problems.HessianOf(p); ok && n <= mostDense {
		data := make([]float64, n*n)
		h.Hessian(x, data)
		return largest(mat.NewSymDense(n, data))
	}
	return lanczos(n, productOf(p, x))
}

// largest is the largest eigenvalue of a symmetric matrix, NaN where it has none.
func largest(m *mat.SymDense) float64 {
	for _, v := range m.RawSymmetric().Data {
		if v-v != 0 {
			return math.NaN()
		}
	}
	var e mat.EigenSym
	if !e.Factorize(m, false) {
		return math.NaN()
	}
	return floats.Max(e.Values(nil))
}

// productOf returns the product of the Hessian at x with a vector of length 1: exact, or by central differences of
// gradients.
func productOf(p problems.Problem, x []float64) func(v, hv []float64) {
	if h, ok := p.(problems.HessianVector); ok {
		return func(v, hv []float64) { h.HessVec(x, v, hv) }
	}
	// The error is about h² from the curve and ulp/h from rounding, both relative to the size of x.
	h := 1e-5 * math.Max(1, floats.Norm(x, 2))
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

// lanczosSteps bounds the products: after so many the largest eigenvalue is good to several digits.
const lanczosSteps = 40

// lanczos returns the largest eigenvalue of the n×n matrix that product multiplies by, after Lanczos 1950, with full
// reorthogonalisation (Golub & Van Loan 2013, sec. 10.3).
func lanczos(n int, product func(v, hv []float64)) float64 {
	steps := min(n, lanczosSteps)
	var basis [][]float64
	t := mat.NewSymDense(steps, nil)
	v := make([]float64, n)
	for i := range v { // of no particular direction, and the same every time
		v[i] = math.Sin(float64(i+1)) + 0.5*math.Cos(3*float64(i))
	}
	floats.Scale(1/floats.Norm(v, 2), v)
	k := 0
	for ; k < steps; k++ {
		basis = append(basis, v)
		w := make([]float64, n)
		product(v, w)
		t.SetSym(k, k, floats.Dot(v, w))
		for range 2 { // twice is enough
			for _, b := range basis {
				floats.AddScaled(w, -floats.Dot(b, w), b)
			}
		}
		beta := floats.Norm(w, 2)
		if k+1 == steps || !(beta > 1e-10*math.Abs(t.At(0, 0))+1e-300) {
			k++
			break
		}
		t.SetSym(k, k+1, beta)
		floats.Scale(1/beta, w)
		v = w
	}
	return largest(t.SliceSym(0, k).(*mat.SymDense))
}
