package lrfinder

import (
	"math"

	"opttui/internal/curvature"
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

// limitOf works the limit out; see curvature.Stability for the formulas.
func limitOf(t *train.Trial) Limit {
	l := Limit{LR: math.NaN(), LambdaMax: math.NaN()}
	spec, knobs := t.Rule()
	s := curvature.StabilityOf(spec, knobs, 0)
	switch {
	case s.Why != "":
		l.Why = s.Why
		return l
	case s.Adaptive:
		l.Why = spec.Title + " divides by the size of its gradients, so its limit moves with them at every step (Cohen et al. 2022, arXiv 2207.14484)"
		return l
	}
	l.LambdaMax, l.Formula = curvature.LambdaMax(t.Problem(), t.Theta()), s.Formula
	if l.LR = s.Rate(l.LambdaMax + s.Coupled); l.LR != l.LR {
		l.Why = "the function does not curve upward at the start"
	}
	return l
}
