package curvature

import (
	"math"
	"strconv"
	"testing"

	"opttui/internal/reftest"
	"opttui/internal/train"
)

// specOf is the run that a row of the reference is about.
func specOf(problem, optimizer string, start []float64, set map[string]float64) train.Spec {
	s := train.Spec{Problem: problem, Optimizer: optimizer, Start: start, Set: make(map[string]string)}
	if problem == "quadratic_k100" {
		s.Problem, s.Set["condition"] = "quadratic", "100"
	}
	for key, v := range set {
		s.Set[key] = strconv.FormatFloat(v, 'g', -1, 64)
	}
	return s
}

// newRun is a run that is there.
func newRun(t testing.TB, s train.Spec) *train.Run {
	t.Helper()
	r, err := train.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// step measures after one more step.
func step(m *Measurer, r *train.Run) *Report {
	r.Mark()
	r.Advance(1)
	return m.Measure(r.Probe())
}

// TestHessianFacts: what is measured at the points of the reference, and what is predicted of and done by the steps of
// gradient descent there.
func TestHessianFacts(t *testing.T) {
	var rows []struct {
		ID, Problem  string
		X            []float64
		Loss         float64
		Gradient     []float64
		LambdaMin    float64  `json:"lambda_min"`
		LambdaMax    float64  `json:"lambda_max"`
		Condition    *float64 `json:"condition_number"`
		Along        *float64 `json:"curvature_along_gradient"`
		Optimal      *float64 `json:"optimal_step"`
		Definiteness string
		Tol          map[string]float64
		GDSteps      []struct {
			Epsilon           float64
			PredictedLoss     float64 `json:"predicted_loss"`
			FirstOrder        float64 `json:"first_order_loss"`
			ActualLoss        float64 `json:"actual_loss"`
			PredictedDecrease float64 `json:"predicted_decrease"`
			ActualDecrease    float64 `json:"actual_decrease"`
			Tol               float64
		} `json:"gd_steps"`
	}
	reftest.Read(t, "hessian.json", &rows)
	if len(rows) != 38 {
		t.Fatalf("%d rows", len(rows))
	}
	steps := 0
	for _, f := range rows {
		near := func(what string, got, want, tol float64) {
			t.Helper()
			if !(math.Abs(got-want) <= tol) {
				t.Errorf("%s: %s is %.15g, want %.15g ± %g", f.ID, what, got, want, tol)
			}
		}
		optional := func(what string, got float64, want *float64) {
			t.Helper()
			switch {
			case want != nil:
				near(what, got, *want, f.Tol[what])
			case !math.IsNaN(got):
				t.Errorf("%s: %s is %v, want none", f.ID, what, got)
			}
		}
		var m Measurer
		r := m.Measure(newRun(t, specOf(f.Problem, "sgd", f.X, nil)).Probe())
		near("loss", r.Loss, f.Loss, f.Tol["loss"])
		near("λmin", r.Min(), f.LambdaMin, f.Tol["lambda_min"])
		near("λmax", r.Max(), f.LambdaMax, f.Tol["lambda_max"])
		optional("condition_number", r.Condition, f.Condition)
		optional("curvature_along_gradient", r.Along, f.Along)
		if f.Optimal != nil {
			near("optimal step", 1/r.Along, *f.Optimal, f.Tol["optimal_step"])
		}
		if got := r.Definiteness(); got != f.Definiteness {
			t.Errorf("%s: %s, want %s", f.ID, got, f.Definiteness)
		}
		if !r.Exact || len(r.Values) != 2 || r.Critical != (f.Along == nil) {
			t.Errorf("%s: exact %t, %d eigenvalues, critical %t", f.ID, r.Exact, len(r.Values), r.Critical)
		}
		for _, g := range f.GDSteps {
			steps++
			run := newRun(t, specOf(f.Problem, "sgd", f.X, map[string]float64{"lr": g.Epsilon}))
			c := step(&m, run).Last
			near("predicted change", c.Predicted, -g.PredictedDecrease, g.Tol)
			near("actual change", c.Actual, -g.ActualDecrease, g.Tol)
			near("its gradient's part", c.Gradient, g.FirstOrder-f.Loss, g.Tol)
			near("its curvature's part", c.Curvature, g.PredictedLoss-g.FirstOrder, g.Tol)
			if c.Noise != 0 {
				t.Errorf("%s: noise %v", f.ID, c.Noise)
			}
		}
	}
	if steps != 105 {
		t.Errorf("%d steps", steps)
	}
}

// TestStabilityFacts: the limits of the reference, at the start and after a step.
func TestStabilityFacts(t *testing.T) {
	var rows []struct {
		ID, Problem, Optimizer string
		Params                 map[string]float64
		Start                  []float64
		LambdaMax              float64 `json:"lambda_max"`
		EdgeLR                 float64 `json:"edge_lr"`
	}
	reftest.Read(t, "stability.json.gz", &rows)
	if len(rows) != 20 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, f := range rows {
		s := specOf(f.Problem, f.Optimizer, f.Start, f.Params)
		switch f.Optimizer {
		case "momentum_ewma":
			s.Optimizer, s.Set["form"] = "momentum", "ewma"
		case "nesterov_lecture":
			s.Optimizer = "nesterov"
		}
		s.Set["lr"] = strconv.FormatFloat(f.EdgeLR/4, 'g', -1, 64)
		r := newRun(t, s)
		var m Measurer
		for _, l := range []Limit{m.Measure(r.Probe()).Limit, step(&m, r).Limit} {
			if !(math.Abs(l.LR/f.EdgeLR-1) <= 1e-9 && math.Abs(l.Share-0.25) <= 1e-9 && math.Abs(l.Lambda/f.LambdaMax-1) <= 1e-9) {
				t.Errorf("%s: %+v, want %v", f.ID, l, f.EdgeLR)
			}
		}
	}
}
