package problems

import "math"

// The functions of two variables.
func init() {
	registerSum(Spec{
		Name: "freudenstein_roth", Title: "Freudenstein & Roth", Kind: "a narrow valley that ends in a local minimum; the global one lies behind a ridge",
		Formula: "(x − 13 + ((5 − y)y − 2)y)² + (x − 29 + ((y + 1)y − 14)y)²",
		Source:  "Freudenstein & Roth 1963" + mghSource + "2",
		Domain:  [][2]float64{{-5, 15}, {-4, 6}},
		Minima: []Minimum{
			globally(0, 5, 4),
			locally(48.984253679240013, 11.412778986902095, -0.89680525327447635),
		},
	}, squareSum{
		size: only(2), m: fixed(2), start: filled(0.5, -2),
		terms: func(x, a []float64) {
			y := x[1]
			a[0] = x[0] - 13 + ((5-y)*y-2)*y
			a[1] = x[0] - 29 + ((y+1)*y-14)*y
		},
		slope: func(x, j []float64) {
			y := x[1]
			j[0], j[1] = 1, (10-3*y)*y-2
			j[2], j[3] = 1, (3*y+2)*y-14
		},
		bend: func(x, w, h []float64) { h[3] += w[0]*(10-6*x[1]) + w[1]*(6*x[1]+2) },
	})

	registerSum(Spec{
		Name: "powell_badly_scaled", Title: "Powell's badly scaled", Kind: "x and y differ by a factor of a million at the minimum",
		Formula: "(10⁴xy − 1)² + (e^−x + e^−y − 1.0001)²",
		Source:  "Powell 1970" + mghSource + "3",
		Domain:  [][2]float64{{-1, 1}, {0, 10}},
		Minima:  []Minimum{globally(0, 1.0981593296997149e-05, 9.106146739867375)},
	}, squareSum{
		size: only(2), m: fixed(2), start: filled(0, 1),
		terms: func(x, a []float64) {
			a[0] = 1e4*x[0]*x[1] - 1
			a[1] = math.Exp(-x[0]) + math.Exp(-x[1]) - 1.0001
		},
		slope: func(x, j []float64) {
			j[0], j[1] = 1e4*x[1], 1e4*x[0]
			j[2], j[3] = -math.Exp(-x[0]), -math.Exp(-x[1])
		},
		bend: func(x, w, h []float64) {
			h[0] += w[1] * math.Exp(-x[0])
			h[2] += w[0] * 1e4
			h[3] += w[1] * math.Exp(-x[1])
		},
	})

	registerSum(Spec{
		Name: "brown_badly_scaled", Title: "Brown's badly scaled", Kind: "x and y differ by a factor of 10¹² at the minimum",
		Formula: "(x − 10⁶)² + (y − 2·10⁻⁶)² + (xy − 2)²",
		Source:  "Brown and Dennis, unpublished" + mghSource + "4",
		Domain:  [][2]float64{{0, 2e6}, {-1, 2}},
		Minima:  []Minimum{globally(0, 1e6, 2e-6)},
		Rate:    5e-13, // 1/λmax at the minimum; at the start a step is then 10⁻⁶ long on a way of 10⁶
	}, squareSum{
		size: only(2), m: fixed(3), start: filled(1, 1),
		terms: func(x, a []float64) {
			a[0] = x[0] - 1e6
			a[1] = x[1] - 2e-6
			a[2] = x[0]*x[1] - 2
		},
		slope: func(x, j []float64) {
			j[0] = 1
			j[3] = 1
			j[4], j[5] = x[1], x[0]
		},
		bend: func(_, w, h []float64) { h[2] += w[2] },
	})
}
