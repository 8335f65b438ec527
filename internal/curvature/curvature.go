// Package curvature measures how a function bends where a run is: the eigenvalues of its Hessian, what they allow the
// learning rate to be, how well they foretell a step, and what kind of critical point is near.
package curvature

import "math"

// Report is what was measured of a run at one step. Quantities that are not known are NaN, slices nil. All are of the
// loss over all data, without noise.
type Report struct {
	Step int
	Loss float64
	Norm float64 // ‖∇f‖

	// Values are eigenvalues of the Hessian in descending order: all of them where Exact, else the largest and the
	// smallest that Lanczos' method has found. Vectors are the eigenvectors that belong to them, of length 1 each, with
	// the component of largest size positive.
	Values  []float64
	Vectors [][]float64
	Exact   bool
	// Error bounds how far each of Values may be from an eigenvalue; 0 where they are exact but for rounding.
	Error float64
	// Condition is the condition number max |λᵢ/λⱼ|; NaN where not all eigenvalues are known, +Inf where one is zero. For
	// the ends that Lanczos' method has found it is λmax/λmin where both are good to a few digits and positive.
	Condition float64
	Along     float64 // gᵀHg/gᵀg, the curvature along the gradient

	Class Class // of the Hessian here
	// Critical tells whether ‖∇f‖ is small enough for a critical point of that class.
	Critical bool
	// Distance is how far Newton's step says the critical point is; NaN where that is not known.
	Distance float64

	Limit Limit
	Last  Change // what the last step did
	// Ratio is the length of the last step by that of θ before it.
	Ratio float64
}

// Max is the largest eigenvalue, NaN where it is not known.
func (r *Report) Max() float64 {
	if len(r.Values) == 0 {
		return math.NaN()
	}
	return r.Values[0]
}

// Min is the smallest eigenvalue, NaN where it is not known.
func (r *Report) Min() float64 {
	if len(r.Values) == 0 {
		return math.NaN()
	}
	return r.Values[len(r.Values)-1]
}

// Limit is the learning rate above which the rule is unstable on a quadratic with this curvature.
type Limit struct {
	LR    float64 // NaN where there is none
	Share float64 // the learning rate of now by LR
	// Lambda is the eigenvalue that decides: λmax of H, or of P⁻¹H for rules that precondition. A coupled weight decay λ,
	// which is λθ in the gradient, makes H+λI of H.
	Lambda  float64
	Formula string // "2/λmax"; a decoupled weight decay, which lowers the limit a little, is left out
	Why     string // why there is none
}

// Change is what a step was to do to the loss over all data, and did:
//
//	predicted = gᵀd + ½dᵀHd
//
// for the step d with g and H where it began. Noise is what the rule's own gradient g̃ promised beyond gᵀd, (g̃−g)ᵀd:
// 0 where it was exact.
type Change struct {
	Gradient, Curvature, Noise float64 // gᵀd, ½dᵀHd, (g̃−g)ᵀd
	Predicted, Actual          float64
}

// Options bounds the work.
type Options struct {
	Tolerance float64 // ‖∇f‖ of a critical point; 0 is 1e-6
	Products  int     // Hessian–vector products at the most; 0 is 80
	Dense     int     // up to how many parameters the whole Hessian is decomposed; 0 is 128
}

func (o Options) withDefaults() Options {
	if o.Tolerance == 0 {
		o.Tolerance = 1e-6
	}
	if o.Products == 0 {
		o.Products = 80
	}
	if o.Dense == 0 {
		o.Dense = 128
	}
	return o
}
