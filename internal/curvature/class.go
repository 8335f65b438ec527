package curvature

import "math"

// Class is the kind of a critical point, by the signs of the eigenvalues (Goodfellow, Bengio & Courville 2016, § 4.3.1).
type Class string

// The kinds of critical points.
const (
	Minimum    Class = "minimum"    // all eigenvalues > 0
	Maximum    Class = "maximum"    // all < 0
	Saddle     Class = "saddle"     // both signs
	Degenerate Class = "degenerate" // one is zero, and the others do not differ in sign
	Unknown    Class = ""
)

// goodShare is how large the error of λmin may be against it for a condition number.
const goodShare = 1e-2

const (
	// zeroShare is how small an eigenvalue must be against the largest in size to count as zero, and roundingShare that of
	// each dimension where all are computed: the error is some n ulp then (Golub & Van Loan 2013, § 8.1.1).
	zeroShare     = 1e-10
	roundingShare = 1e-14
)

// zero is the size up to which eigenvalues count as zero.
func (s *spectrum) zero() float64 {
	share := zeroShare
	if s.exact {
		share = math.Min(share, roundingShare*float64(len(s.values)))
	}
	return math.Max(share*math.Max(math.Abs(s.max()), math.Abs(s.min())), s.rounding)
}

// class tells the kind by the ends of the spectrum. What Lanczos' method finds lies between the true ends, so that both
// signs are sure to be there when it has found them; that nothing lies below its smallest value is sure only as far as
// the error goes.
func (s *spectrum) class() Class {
	top, bottom, zero := s.max(), s.min(), s.zero()
	switch {
	case !(top >= bottom):
		return Unknown
	case top > zero && bottom < -zero:
		return Saddle
	case bottom > zero+s.slack:
		return Minimum
	case top < -zero-s.slack:
		return Maximum
	case s.converged():
		return Degenerate
	default:
		return Unknown
	}
}

// condition is max |λᵢ/λⱼ|; see Report.
func (s *spectrum) condition() float64 {
	if !s.exact {
		if s.min() > s.zero() && s.slack <= goodShare*s.min() {
			return s.max() / s.min()
		}
		return math.NaN()
	}
	least, most := math.Inf(1), 0.0
	for _, v := range s.values {
		least, most = math.Min(least, math.Abs(v)), math.Max(most, math.Abs(v))
	}
	if most > 0 && least <= s.zero() {
		return math.Inf(1)
	}
	return most / least
}

// newton is the length of Newton's step H⁻¹g. Directions without curvature count where g has no part in them.
func (s *spectrum) newton(g []float64, norm float64) float64 {
	switch {
	case norm == 0:
		return 0
	case !s.exact:
		return math.NaN()
	}
	sum, zero := 0.0, s.zero()
	for k, v := range s.vectors {
		part := 0.0
		for i, vi := range v {
			part += vi * g[i]
		}
		if math.Abs(s.values[k]) > zero {
			sum = math.Hypot(sum, part/s.values[k])
		} else if math.Abs(part) > zeroShare*norm {
			return math.NaN() // no critical point of the quadratic
		}
	}
	return sum
}

// Definiteness is the class of the Hessian as linear algebra has it: "positive definite", "negative semidefinite",
// "indefinite", "zero"; "" where it is not known.
func (r *Report) Definiteness() string {
	switch r.Class {
	case Minimum:
		return "positive definite"
	case Maximum:
		return "negative definite"
	case Saddle:
		return "indefinite"
	case Unknown:
		return ""
	}
	switch top, bottom := r.Max(), r.Min(); {
	case top > -bottom:
		return "positive semidefinite"
	case top < -bottom:
		return "negative semidefinite"
	default:
		return "zero"
	}
}
