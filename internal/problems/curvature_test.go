package problems

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"opttui/internal/knob"
	"opttui/internal/reftest"
)

// What the exact derivatives say about the curvature agrees with the reference: eigenvalues, condition number,
// definiteness, curvature along the gradient, and the change of f that they predict for a step of gradient descent.
func TestReferenceCurvature(t *testing.T) {
	var rows []struct {
		ID, Problem   string
		X             []float64
		LambdaMin     float64  `json:"lambda_min"`
		LambdaMax     float64  `json:"lambda_max"`
		Condition     *float64 `json:"condition_number"`
		Definiteness  string
		AlongGradient *float64 `json:"curvature_along_gradient"`
		OptimalStep   *float64 `json:"optimal_step"`
		GDSteps       []struct {
			Epsilon           float64
			Predicted         float64 `json:"predicted_loss"`
			FirstOrder        float64 `json:"first_order_loss"`
			PredictedDecrease float64 `json:"predicted_decrease"`
			ActualDecrease    float64 `json:"actual_decrease"`
			Tol               float64
		} `json:"gd_steps"`
	}
	reftest.Read(t, "hessian.json", &rows)
	if len(rows) != 38 {
		t.Fatalf("%d rows, want 38", len(rows))
	}
	for _, r := range rows {
		name := map[string]string{"quadratic_k100": "quadratic"}[r.Problem]
		if name == "" {
			name = r.Problem
		}
		s, err := Find(name)
		if err != nil {
			t.Fatalf("%s: no such problem", r.ID)
		}
		p := s.New()
		knob.Reset(p.Knobs())
		g, h := make([]float64, 2), make([]float64, 4)
		f := p.Gradient(r.X, g)
		p.(Hessianer).Hessian(r.X, h)

		var eig mat.EigenSym
		if !eig.Factorize(mat.NewSymDense(2, h), false) {
			t.Fatalf("%s: no eigenvalues", r.ID)
		}
		lambda := eig.Values(nil)
		scale := math.Max(math.Abs(lambda[0]), math.Abs(lambda[1]))
		check := func(what string, got, want, tol float64) {
			t.Helper()
			if !(math.Abs(got-want) <= tol) {
				t.Errorf("%s: %s = %.15g, want %.15g", r.ID, what, got, want)
			}
		}
		check("λmin", lambda[0], r.LambdaMin, 1e-9*math.Max(scale, 1))
		check("λmax", lambda[1], r.LambdaMax, 1e-9*math.Max(scale, 1))
		if r.Condition != nil {
			k := math.Abs(lambda[1] / lambda[0])
			check("condition number", math.Max(k, 1/k), *r.Condition, 1e-7**r.Condition)
		}
		definite := "indefinite"
		switch {
		case scale < 1e-12:
			definite = "zero"
		case lambda[0] > 0:
			definite = "positive definite"
		case lambda[1] < 0:
			definite = "negative definite"
		}
		if definite != r.Definiteness {
			t.Errorf("%s is %s, want %s", r.ID, definite, r.Definiteness)
		}

		gg := g[0]*g[0] + g[1]*g[1]
		ghg := g[0]*(h[0]*g[0]+h[1]*g[1]) + g[1]*(h[2]*g[0]+h[3]*g[1])
		if r.AlongGradient != nil {
			check("curvature along the gradient", ghg/gg, *r.AlongGradient, 1e-8*math.Max(scale, 1))
		}
		if r.OptimalStep != nil {
			check("optimal step", gg/ghg, *r.OptimalStep, 1e-8*math.Abs(*r.OptimalStep))
		}
		for _, step := range r.GDSteps {
			e := step.Epsilon
			predicted := f - e*gg + 0.5*e*e*ghg
			actual := f - p.Value([]float64{r.X[0] - e*g[0], r.X[1] - e*g[1]})
			tol := step.Tol + 1e-8*math.Abs(predicted)
			check("predicted loss", predicted, step.Predicted, tol)
			check("first-order loss", f-e*gg, step.FirstOrder, tol)
			check("predicted decrease", f-predicted, step.PredictedDecrease, tol)
			check("actual decrease", actual, step.ActualDecrease, tol)
		}
	}
}
