package problems

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"opttui/internal/knob"
)

// sized is the knob for the dimension of a function that exists in several.
func sized(def, least, most float64) knob.Knob { return dimKnob(new(float64), def, least, most) }

// The functions of a variable number of variables.
func init() {
	blocks := sized(1, 1, mostTerms/4)
	blocks.Key, blocks.Symbol, blocks.Doc = "blocks", "k", "Number of blocks of four variables: n = 4k."
	registerSum(Spec{
		Name: "powell_singular", Title: "Powell's singular", Kind: "4, 8, 12 … variables, a minimum with a singular Hessian: Newton converges but slowly",
		Formula: "Σ over blocks of four of (x + 10y)² + 5 (z − w)² + (y − 2z)⁴ + 10 (x − w)⁴",
		Source:  "Powell 1962" + mghSource + "13, extended: 22",
		Domain:  cube(4, -4, 4),
		Minima:  []Minimum{globally(0, 0, 0, 0, 0)},
	}, squareSum{
		size: blocks, start: filled(3, -1, 0, 1),
		n: func(k int) int { return 4 * k },
		m: func(k int) int { return 4 * k },
		terms: func(x, a []float64) {
			for i := 0; i < len(x); i += 4 {
				b := x[i : i+4]
				a[i] = b[0] + 10*b[1]
				a[i+1] = math.Sqrt(5) * (b[2] - b[3])
				a[i+2] = (b[1] - 2*b[2]) * (b[1] - 2*b[2])
				a[i+3] = math.Sqrt(10) * (b[0] - b[3]) * (b[0] - b[3])
			}
		},
		slope: func(x, j []float64) {
			n := len(x)
			for i := 0; i < n; i += 4 {
				u, v := x[i+1]-2*x[i+2], x[i]-x[i+3]
				j, at := j[i*n:], i
				j[at], j[at+1] = 1, 10
				at += n
				j[at+2], j[at+3] = math.Sqrt(5), -math.Sqrt(5)
				at += n
				j[at+1], j[at+2] = 2*u, -4*u
				at += n
				j[at], j[at+3] = 2*math.Sqrt(10)*v, -2*math.Sqrt(10)*v
			}
		},
		bend: func(x, w, h []float64) {
			n := len(x)
			for i := 0; i < n; i += 4 {
				u, v := 2*w[i+2], 2*math.Sqrt(10)*w[i+3]
				h[i*n+i] += v
				h[(i+1)*n+i+1] += u
				h[(i+2)*n+i+1] -= 2 * u
				h[(i+2)*n+i+2] += 4 * u
				h[(i+3)*n+i] -= v
				h[(i+3)*n+i+3] += v
			}
		},
	})

	registerSum(Spec{
		Name: "penalty_1", Title: "Penalty I", Kind: "a sphere as a steep constraint, and along it next to nothing to go by",
		Formula: "10⁻⁵ Σ (xᵢ − 1)² + (Σ xᵢ² − ¼)²",
		Source:  "Gill, Murray & Pitfield 1972" + mghSource + "23",
		Domain:  cube(4, -1, 5),
		Minima:  []Minimum{globally(2.2499775008999375e-05, 0.25000749958753787, 0.25000749958753787, 0.25000749958753787, 0.25000749958753787)},
	}, squareSum{
		size: sized(4, 1, mostTerms), m: func(n int) int { return n + 1 },
		start: func(x []float64) {
			for i := range x {
				x[i] = float64(i + 1)
			}
		},
		terms: func(x, a []float64) {
			for i, v := range x {
				a[i] = rootPenalty * (v - 1)
			}
			a[len(x)] = floats.Dot(x, x) - 0.25
		},
		slope: func(x, j []float64) {
			n := len(x)
			for i, v := range x {
				j[i*n+i] = rootPenalty
				j[n*n+i] = 2 * v
			}
		},
		bend: func(x, w, h []float64) {
			n := len(x)
			for i := range n {
				h[i*n+i] += 2 * w[n]
			}
		},
	})

	registerSum(Spec{
		Name: "penalty_2", Title: "Penalty II", Kind: "an ellipsoid as a steep constraint, and along it exponentials that hardly count",
		Formula: "(x₁ − ⅕)² + 10⁻⁵ Σ (e^xᵢ/10 + e^xᵢ₋₁/10 − yᵢ)² + 10⁻⁵ Σ (e^xᵢ/10 − e^−1/10)² + (Σ (n − i + 1) xᵢ² − 1)²",
		Source:  "Gill, Murray & Pitfield 1972" + mghSource + "24",
		Domain:  cube(4, -1, 1),
		Minima:  []Minimum{globally(9.3762930073554405e-06, 0.19999933335038039, 0.19131670099277254, 0.4801014853326232, 0.51884540439020033)},
	}, squareSum{
		size: sized(4, 2, mostTerms), m: func(n int) int { return 2 * n }, start: filled(0.5),
		terms: func(x, a []float64) {
			n := len(x)
			a[0] = x[0] - 0.2
			ball := -1.0
			for i, v := range x {
				ball += float64(n-i) * v * v
				if i > 0 {
					e := math.Exp(v / 10)
					a[i] = rootPenalty * (e + math.Exp(x[i-1]/10) - math.Exp(float64(i+1)/10) - math.Exp(float64(i)/10))
					a[n+i-1] = rootPenalty * (e - math.Exp(-0.1))
				}
			}
			a[2*n-1] = ball
		},
		slope: func(x, j []float64) {
			n := len(x)
			j[0] = 1
			for i, v := range x {
				j[(2*n-1)*n+i] = 2 * float64(n-i) * v
				if i > 0 {
					e := rootPenalty / 10 * math.Exp(v/10)
					j[i*n+i], j[i*n+i-1] = e, rootPenalty/10*math.Exp(x[i-1]/10)
					j[(n+i-1)*n+i] = e
				}
			}
		},
		bend: func(x, w, h []float64) {
			n := len(x)
			for i, v := range x {
				u := 0.0 // of the terms that have e^xᵢ/10
				if i > 0 {
					u += w[i] + w[n+i-1]
				}
				if 0 < i+1 && i+1 < n {
					u += w[i+1]
				}
				h[i*n+i] += 2*float64(n-i)*w[2*n-1] + u*rootPenalty/100*math.Exp(v/10)
			}
		},
	})

	registerSum(Spec{
		Name: "variably_dimensioned", Title: "Variably dimensioned", Kind: "a sphere with an ever steeper trough: very ill-conditioned in many dimensions",
		Formula: "Σ (xᵢ − 1)² + s² + s⁴,  s = Σ i (xᵢ − 1)",
		Source:  "unpublished" + mghSource + "25",
		Domain:  cube(6, -1, 2),
		Minima:  []Minimum{globally(0, 1, 1, 1, 1, 1, 1)},
	}, squareSum{
		size: sized(6, 1, mostTerms), m: func(n int) int { return n + 2 },
		start: func(x []float64) {
			for i := range x {
				x[i] = 1 - float64(i+1)/float64(len(x))
			}
		},
		terms: func(x, a []float64) {
			n, s := len(x), 0.0
			for i, v := range x {
				a[i] = v - 1
				s += float64(i+1) * (v - 1)
			}
			a[n], a[n+1] = s, s*s
		},
		slope: func(x, j []float64) {
			n, s := len(x), 0.0
			for i, v := range x {
				s += float64(i+1) * (v - 1)
			}
			for i := range n {
				j[i*n+i] = 1
				j[n*n+i] = float64(i + 1)
				j[(n+1)*n+i] = 2 * s * float64(i+1)
			}
		},
		bend: func(x, w, h []float64) {
			n := len(x)
			for i := range n {
				for k := range i + 1 {
					h[i*n+k] += 2 * w[n+1] * float64(i+1) * float64(k+1)
				}
			}
		},
	})

	registerSum(Spec{
		Name: "trigonometric", Title: "Trigonometric", Kind: "sines and cosines of all variables in every term; many minima",
		Formula: "Σ (n − Σ cos xⱼ + i (1 − cos xᵢ) − sin xᵢ)²",
		Source:  "Spedicato 1975" + mghSource + "26",
		Domain:  cube(10, -0.5, 0.5),
		Minima: []Minimum{
			globally(0, 0.042964564382266292, 0.043976287478186202, 0.045093397949094546, 0.046338916246171431, 0.047744381782825855,
				0.049354732513296543, 0.051237348500765806, 0.19520946391411598, 0.16497766527617536, 0.060148577837989783),
			locally(2.7950561218794617e-05, 0.055150903980691189, 0.056840616794738466, 0.058764001762694869, 0.060990608656760766, 0.063626213695854736,
				0.066843179452757917, 0.20816151856988216, 0.16436309588565012, 0.08500689568850732, 0.09143145071470779),
		},
	}, squareSum{
		size: sized(10, 1, mostTerms), m: func(n int) int { return n },
		start: func(x []float64) { filled(1 / float64(len(x)))(x) },
		terms: func(x, a []float64) {
			rest := float64(len(x))
			for _, v := range x {
				rest -= math.Cos(v)
			}
			for i, v := range x {
				s, c := math.Sincos(v)
				a[i] = rest + float64(i+1)*(1-c) - s
			}
		},
		slope: func(x, j []float64) {
			n := len(x)
			for k, v := range x {
				s, c := math.Sincos(v)
				for i := range n {
					j[i*n+k] = s
				}
				j[k*n+k] += float64(k+1)*s - c
			}
		},
		bend: func(x, w, h []float64) {
			n, all := len(x), floats.Sum(w)
			for i, v := range x {
				s, c := math.Sincos(v)
				h[i*n+i] += all*c + w[i]*(float64(i+1)*c+s)
			}
		},
	})

	registerSum(Spec{
		Name: "watson", Title: "Watson", Kind: "a polynomial fitted to a differential equation: the more coefficients, the worse conditioned",
		Formula: "Σ (Σ (j−1) xⱼ tᵢʲ⁻² − (Σ xⱼ tᵢʲ⁻¹)² − 1)² + x₁² + (x₂ − x₁² − 1)²,  tᵢ = i/29, i = 1 … 29",
		Source:  "Kowalik & Osborne 1968" + mghSource + "20",
		Domain:  cube(6, -2, 2),
		Minima: []Minimum{globally(0.0022876700535524345,
			-0.015725086401458432, 1.0124348693691099, -0.23299162595673717, 1.2604300877996075, -1.5137289227222794, 0.99299643243113478)},
	}, squareSum{
		size: sized(6, 2, 31), m: fixed(watsonTerms + 2), start: filled(0),
		terms: func(x, a []float64) {
			for i := range watsonTerms {
				slope, value := watsonFit(x, i)
				a[i] = slope - value*value - 1
			}
			a[watsonTerms] = x[0]
			a[watsonTerms+1] = x[1] - x[0]*x[0] - 1
		},
		slope: func(x, j []float64) {
			n := len(x)
			for i := range watsonTerms {
				_, value := watsonFit(x, i)
				t, power, before := float64(i+1)/watsonTerms, 1.0, 0.0 // tʲ and tʲ⁻¹
				for k := range n {
					j[i*n+k] = float64(k)*before - 2*value*power
					before, power = power, power*t
				}
			}
			j[watsonTerms*n] = 1
			j[(watsonTerms+1)*n], j[(watsonTerms+1)*n+1] = -2*x[0], 1
		},
		bend: func(x, w, h []float64) {
			n := len(x)
			for i := range watsonTerms {
				t, column := float64(i+1)/watsonTerms, -2*w[i] // times tʲ
				for k := range n {
					power := column
					for l := range k + 1 {
						h[k*n+l] += power
						power *= t
					}
					column *= t
				}
			}
			h[0] -= 2 * w[watsonTerms+1]
		},
	})
}

var rootPenalty = math.Sqrt(1e-5)

const watsonTerms = 29

// watsonFit returns the slope and the value of the polynomial with the coefficients x at tᵢ, i counted from 0.
func watsonFit(x []float64, i int) (slope, value float64) {
	t := float64(i+1) / watsonTerms
	for k := len(x) - 1; k >= 0; k-- { // Horner's scheme
		slope = slope*t + value
		value = value*t + x[k]
	}
	return slope, value
}
