package problems

import "math"

// The functions of three and four variables.
func init() {
	registerSum(Spec{
		Name: "helical_valley", Title: "Helical valley", Kind: "three variables, a valley that winds once around an axis on the way to the minimum",
		Formula: "100 (z − 10θ)² + 100 (r − 1)² + z²,  (x, y) = r (cos 2πθ, sin 2πθ)",
		Source:  "Fletcher & Powell 1963" + mghSource + "7",
		Domain:  [][2]float64{{-2, 2}, {-2, 2}, {-2, 6}},
		Minima:  []Minimum{globally(0, 1, 0, 0)},
	}, squareSum{
		size: only(3), m: fixed(3), start: filled(-1, 0, 0),
		terms: func(x, a []float64) {
			theta := math.Atan2(x[1], x[0]) / (2 * math.Pi)
			if theta < -0.25 { // θ is cut where x = 0 and y < 0
				theta++
			}
			a[0] = 10 * (x[2] - 10*theta)
			a[1] = 10 * (math.Hypot(x[0], x[1]) - 1)
			a[2] = x[2]
		},
		slope: func(x, j []float64) {
			r := math.Hypot(x[0], x[1])
			j[0], j[1], j[2] = 50/math.Pi*x[1]/(r*r), -50/math.Pi*x[0]/(r*r), 10
			j[3], j[4] = 10*x[0]/r, 10*x[1]/r
			j[8] = 1
		},
		bend: func(x, w, h []float64) {
			r := math.Hypot(x[0], x[1])
			c, s := x[0]/r, x[1]/r
			turn, out := w[0]*50/math.Pi/(r*r), w[1]*10/r
			h[0] += -2*turn*c*s + out*s*s
			h[3] += turn*(c*c-s*s) - out*c*s
			h[4] += 2*turn*c*s + out*c*c
		},
	})

	registerSum(Spec{
		Name: "gaussian", Title: "Gaussian", Kind: "three variables, the bell curve fitted to 15 rounded values of itself: flat",
		Formula: "Σ (x exp(−y(tᵢ − z)²/2) − yᵢ)²,  tᵢ = (8 − i)/2, i = 1 … 15",
		Source:  "unpublished" + mghSource + "9",
		Domain:  [][2]float64{{0, 1}, {0, 2}, {-1, 1}},
		Minima:  []Minimum{globally(1.1279327696190951e-08, 0.39895613783875666, 1.0000190844878056, 0)},
	}, squareSum{
		size: only(3), m: fixed(len(bell)), start: filled(0.4, 1, 0),
		terms: func(x, a []float64) {
			for i, y := range bell {
				u := float64(7-i)/2 - x[2]
				a[i] = x[0]*math.Exp(-x[1]*u*u/2) - y
			}
		},
		slope: func(x, j []float64) {
			for i := range bell {
				u := float64(7-i)/2 - x[2]
				e := math.Exp(-x[1] * u * u / 2)
				j[3*i], j[3*i+1], j[3*i+2] = e, -x[0]*u*u/2*e, x[0]*x[1]*u*e
			}
		},
		bend: func(x, w, h []float64) {
			for i := range bell {
				u := float64(7-i)/2 - x[2]
				e := w[i] * math.Exp(-x[1]*u*u/2)
				h[3] -= u * u / 2 * e
				h[4] += x[0] * u * u * u * u / 4 * e
				h[6] += x[1] * u * e
				h[7] += x[0] * u * (1 - x[1]*u*u/2) * e
				h[8] += x[0] * x[1] * (x[1]*u*u - 1) * e
			}
		},
	})

	registerSum(Spec{
		Name: "gulf", Title: "Gulf research and development", Kind: "three variables, a Weibull curve fitted to 99 values: powers of powers, with a plateau",
		Formula: "Σ (exp(−|yᵢ − y|^z / x) − tᵢ)²,  tᵢ = i/100, yᵢ = 25 + (−50 ln tᵢ)^⅔, i = 1 … 99",
		Source:  "Cox 1969" + mghSource + "11",
		Domain:  [][2]float64{{1, 100}, {0, 25.4}, {0, 3}}, // y < yᵢ: beyond, z-th powers have kinks
		Minima:  []Minimum{globally(0, 50, 25, 1.5)},
		Rate:    0.002,
	}, squareSum{
		size: only(3), m: fixed(gulfTerms), start: filled(5, 2.5, 0.15),
		terms: func(x, a []float64) {
			for i := range a {
				t, r := gulfData(i)
				a[i] = math.Exp(-math.Pow(math.Abs(r-x[1]), x[2])/x[0]) - t
			}
		},
		slope: func(x, j []float64) {
			for i := range gulfTerms {
				if e, q := gulfExponent(x, i); q.v != 0 {
					j[3*i], j[3*i+1], j[3*i+2] = -e*q.x, -e*q.y, -e*q.z
				}
			}
		},
		bend: func(x, w, h []float64) {
			for i := range gulfTerms {
				e, q := gulfExponent(x, i)
				if q.v == 0 {
					continue
				}
				e *= w[i]
				h[0] += e * (q.x*q.x - 2*q.v/(x[0]*x[0]))
				h[3] += e * (q.y*q.x + q.y/x[0])
				h[4] += e * (q.y*q.y - x[2]*(x[2]-1)*q.v/(q.r*q.r))
				h[6] += e * (q.z*q.x + q.z/x[0])
				h[7] += e * (q.z*q.y + q.v*(1+x[2]*q.log)/q.r)
				h[8] += e * (q.z*q.z - q.z*q.log)
			}
		},
	})

	registerSum(Spec{
		Name: "box_3d", Title: "Box's three-dimensional", Kind: "three variables, two exponentials to be told apart; two minima, and a line of them",
		Formula: "Σ (e^−tᵢx − e^−tᵢy − z (e^−tᵢ − e^−10tᵢ))²,  tᵢ = i/10, i = 1 … 10",
		Source:  "Box 1966" + mghSource + "12",
		Domain:  [][2]float64{{0, 12}, {0, 12}, {-2, 21}},
		Minima:  []Minimum{globally(0, 1, 10, 1), globally(0, 10, 1, -1)},
		Rate:    0.002,
	}, squareSum{
		size: only(3), m: fixed(10), start: filled(0, 10, 20),
		terms: func(x, a []float64) {
			for i := range a {
				t := float64(i+1) / 10
				a[i] = math.Exp(-t*x[0]) - math.Exp(-t*x[1]) - x[2]*(math.Exp(-t)-math.Exp(-10*t))
			}
		},
		slope: func(x, j []float64) {
			for i := range 10 {
				t := float64(i+1) / 10
				j[3*i], j[3*i+1], j[3*i+2] = -t*math.Exp(-t*x[0]), t*math.Exp(-t*x[1]), math.Exp(-10*t)-math.Exp(-t)
			}
		},
		bend: func(x, w, h []float64) {
			for i, v := range w {
				t := float64(i+1) / 10
				h[0] += v * t * t * math.Exp(-t*x[0])
				h[4] -= v * t * t * math.Exp(-t*x[1])
			}
		},
	})

	registerSum(Spec{
		Name: "wood", Title: "Wood", Kind: "four variables, two Rosenbrock valleys coupled; a saddle near which some rules take a rest",
		Formula: "100 (y − x²)² + (1 − x)² + 90 (w − z²)² + (1 − z)² + 10 (y + w − 2)² + (y − w)²/10",
		Source:  "Colville 1968" + mghSource + "14",
		Domain:  cube(4, -4, 4),
		Minima:  []Minimum{globally(0, 1, 1, 1, 1)},
	}, squareSum{
		size: only(4), m: fixed(6), start: filled(-3, -1, -3, -1),
		terms: func(x, a []float64) {
			a[0] = 10 * (x[1] - x[0]*x[0])
			a[1] = 1 - x[0]
			a[2] = math.Sqrt(90) * (x[3] - x[2]*x[2])
			a[3] = 1 - x[2]
			a[4] = math.Sqrt(10) * (x[1] + x[3] - 2)
			a[5] = (x[1] - x[3]) / math.Sqrt(10)
		},
		slope: func(x, j []float64) {
			j[0], j[1] = -20*x[0], 10
			j[4] = -1
			j[10], j[11] = -2*math.Sqrt(90)*x[2], math.Sqrt(90)
			j[14] = -1
			j[17], j[19] = math.Sqrt(10), math.Sqrt(10)
			j[21], j[23] = 1/math.Sqrt(10), -1/math.Sqrt(10)
		},
		bend: func(_, w, h []float64) {
			h[0] -= 20 * w[0]
			h[10] -= 2 * math.Sqrt(90) * w[2]
		},
	})

	registerSum(Spec{
		Name: "brown_dennis", Title: "Brown & Dennis", Kind: "four variables, a fit that stays bad: the least value is 85 822, and Gauss–Newton goes astray",
		Formula: "Σ ((x + tᵢy − e^tᵢ)² + (z + w sin tᵢ − cos tᵢ)²)²,  tᵢ = i/5, i = 1 … 20",
		Source:  "Brown & Dennis 1971" + mghSource + "16",
		Domain:  [][2]float64{{-25, 30}, {-10, 20}, {-10, 10}, {-10, 10}},
		Minima:  []Minimum{globally(85822.201626356342, -11.594439904762163, 13.203630051207202, -0.40343948817685954, 0.23677877445573622)},
	}, squareSum{
		size: only(4), m: fixed(20), start: filled(25, 5, -5, -1),
		terms: func(x, a []float64) {
			for i := range a {
				_, _, u, v := brownDennis(x, i)
				a[i] = u*u + v*v
			}
		},
		slope: func(x, j []float64) {
			for i := range 20 {
				t, s, u, v := brownDennis(x, i)
				j[4*i], j[4*i+1], j[4*i+2], j[4*i+3] = 2*u, 2*t*u, 2*v, 2*s*v
			}
		},
		bend: func(x, w, h []float64) {
			for i, v := range w {
				t, s, _, _ := brownDennis(x, i)
				h[0] += 2 * v
				h[4] += 2 * v * t
				h[5] += 2 * v * t * t
				h[10] += 2 * v
				h[14] += 2 * v * s
				h[15] += 2 * v * s * s
			}
		},
	})
}

// bell are the density of the normal distribution at tᵢ, rounded.
var bell = [15]float64{
	0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521, 0.3989,
	0.3521, 0.2420, 0.1295, 0.0540, 0.0175, 0.0044, 0.0009,
}

const gulfTerms = 99

// gulfData returns tᵢ and yᵢ for i counted from 0. (The paper's formula has m·i·y in the place of yᵢ − y, a misprint.)
func gulfData(i int) (t, y float64) {
	t = float64(i+1) / 100
	return t, 25 + math.Pow(-50*math.Log(t), 2./3)
}

// gulfPower is q = |r|^z/x, r = yᵢ − y, with its derivatives.
type gulfPower struct{ v, x, y, z, r, log float64 }

// gulfExponent returns e^−q and q.
func gulfExponent(x []float64, i int) (float64, gulfPower) {
	_, y := gulfData(i)
	r := y - x[1]
	q, log := math.Pow(math.Abs(r), x[2])/x[0], math.Log(math.Abs(r))
	return math.Exp(-q), gulfPower{q, -q / x[0], -x[2] * q / r, q * log, r, log}
}

// brownDennis returns tᵢ, its sine, and the two differences of which aᵢ is made.
func brownDennis(x []float64, i int) (t, sin, u, v float64) {
	t = float64(i+1) / 5
	sin, cos := math.Sincos(t)
	return t, sin, x[0] + t*x[1] - math.Exp(t), x[2] + x[3]*sin - cos
}
