package formula

import "math"

// asymptoticFrom is where the series below have all digits.
const asymptoticFrom = 15

// digamma returns ψ(x) = d ln Γ(x)/dx: for negative x by reflection (DLMF 5.5.4), then by recurrence (5.5.2) and the
// asymptotic series (5.11.2). It is NaN at the poles.
func digamma(x float64) float64 {
	if x <= 0 {
		if x == math.Floor(x) {
			return math.NaN()
		}
		return digamma(1-x) - math.Pi/math.Tan(math.Pi*fraction(x))
	}
	sum := 0.0
	for ; x < asymptoticFrom; x++ {
		sum -= 1 / x
	}
	w := 1 / x
	w *= w
	return sum + math.Log(x) - 0.5/x - w*(1./12-w*(1./120-w*(1./252-w*(1./240-w*(1./132-w*691./32760)))))
}

// trigamma returns ψ′(x), by the derivatives of the same three formulas (DLMF 5.15).
func trigamma(x float64) float64 {
	if x <= 0 {
		if x == math.Floor(x) {
			return math.NaN()
		}
		s := math.Pi / math.Sin(math.Pi*fraction(x))
		return s*s - trigamma(1-x)
	}
	sum := 0.0
	for ; x < asymptoticFrom; x++ {
		sum += 1 / (x * x)
	}
	w := 1 / x
	u := w * w
	return sum + w + u/2 + w*u*(1./6-u*(1./30-u*(1./42-u*(1./30-u*(5./66-u*691./2730)))))
}

// fraction returns how far x is from the nearest whole number: the tangent of π times it, and the size of the sine, have
// all digits.
func fraction(x float64) float64 { return x - math.Round(x) }
