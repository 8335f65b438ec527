package problems

import "math"

// Biggs's exponentials: 2 to 6 parameters of a sum of exponentials, of which those that are not free have their values
// at the minimum. With fewer than five there are two exponentials and no third.
func init() {
	registerSum(Spec{
		Name: "biggs_exp", Title: "Biggs's exponentials", Kind: "2 to 6 parameters of a sum of exponentials, hard to tell from each other",
		Formula: "Σ (x₃ e^−tᵢx₁ − x₄ e^−tᵢx₂ + x₆ e^−tᵢx₅ − yᵢ)²,  tᵢ = i/10, yᵢ for x = (1, 10, 1, 5, 4, 3)",
		Source:  "Biggs 1971" + mghSource + "18",
		Domain:  [][2]float64{{0, 5}, {0, 20}, {0, 5}, {0, 10}, {0, 10}, {0, 10}},
		Minima: []Minimum{
			globally(0, 1, 10, 1, 5, 4, 3),
			globally(0, 4, 10, 3, 5, 1, 1), // the first and the third exponential may change places
			// The point with f = 0.005656 that is often listed has x₁ = x₅ and x₃ = x₆: it is a saddle.
		},
	}, squareSum{
		size: sized(6, 2, 6), start: filled(1, 2, 1, 1, 1, 1),
		m: func(n int) int { return [...]int{2: 10, 10, 10, 11, 13}[n] },
		terms: func(x, a []float64) {
			for i := range a {
				t, p := biggsTime(i), biggsAll(x)
				a[i] = p.at(t) - biggsTrue(len(x)).at(t)
			}
		},
		slope: func(x, j []float64) {
			n, p := len(x), biggsAll(x)
			for i := range len(j) / n {
				t := biggsTime(i)
				d := [6]float64{
					-t * p[2] * math.Exp(-t*p[0]), t * p[3] * math.Exp(-t*p[1]),
					math.Exp(-t * p[0]), -math.Exp(-t * p[1]),
					-t * p[5] * math.Exp(-t*p[4]), math.Exp(-t * p[4]),
				}
				for k, from := range biggsFree(n) {
					j[i*n+k] = d[from]
				}
			}
		},
		bend: func(x, w, h []float64) {
			n, p := len(x), biggsAll(x)
			var d [6][6]float64
			for i, v := range w {
				t := biggsTime(i)
				d[0][0] += v * t * t * p[2] * math.Exp(-t*p[0])
				d[2][0] -= v * t * math.Exp(-t*p[0])
				d[1][1] -= v * t * t * p[3] * math.Exp(-t*p[1])
				d[3][1] += v * t * math.Exp(-t*p[1])
				d[4][4] += v * t * t * p[5] * math.Exp(-t*p[4])
				d[5][4] -= v * t * math.Exp(-t*p[4])
			}
			for k, from := range biggsFree(n) {
				for l, other := range biggsFree(n)[:k+1] {
					h[k*n+l] += d[from][other]
				}
			}
		},
	})
}

// biggs are the six parameters.
type biggs [6]float64

func (p biggs) at(t float64) float64 {
	return p[2]*math.Exp(-t*p[0]) - p[3]*math.Exp(-t*p[1]) + p[5]*math.Exp(-t*p[4])
}

func biggsTime(i int) float64 { return float64(i+1) / 10 }

// biggsTrue are the parameters of the data for n free ones.
func biggsTrue(n int) biggs {
	if n < 5 {
		return biggs{1, 10, 1, 5, 0, 0}
	}
	return biggs{1, 10, 1, 5, 4, 3}
}

// The free parameters of each n.
var biggsIndex = [...][]int{2: {0, 1}, {0, 1, 3}, {0, 1, 2, 3}, {0, 1, 2, 3, 4}, {0, 1, 2, 3, 4, 5}}

func biggsFree(n int) []int { return biggsIndex[n] }

// biggsAll puts the free parameters in their places.
func biggsAll(x []float64) biggs {
	p := biggsTrue(len(x))
	for k, to := range biggsFree(len(x)) {
		p[to] = x[k]
	}
	return p
}
