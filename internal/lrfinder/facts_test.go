package lrfinder

import (
	"context"
	"math"
	"strconv"
	"testing"

	"opttui/internal/reftest"
	"opttui/internal/train"
)

// find carries a search out.
func find(t testing.TB, spec train.Spec, o Options) *Result {
	t.Helper()
	f, err := New(spec, o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.Find(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func text(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// factSpec is the run that a row of the reference is about: names there are neutral, see testdata/reference/README.md.
func factSpec(problem, optimizer string, start []float64, params map[string]float64) train.Spec {
	s := train.Spec{Problem: problem, Optimizer: optimizer, Convention: "torch", Start: start, Set: map[string]string{}}
	switch optimizer {
	case "momentum":
		s.Set["form"] = "accumulate"
	case "momentum_ewma":
		s.Optimizer, s.Convention, s.Set["form"] = "momentum", "lecture", "ewma"
	case "nesterov_lecture":
		s.Optimizer, s.Convention = "nesterov", "lecture"
	}
	if problem == "quadratic_k100" {
		s.Problem, s.Set["condition"] = "quadratic", "100"
	}
	for k, v := range params {
		s.Set[k] = text(v)
	}
	return s
}

// TestFacts: the losses after exactly 100 iterations are those of the reference, and what diverges there diverges here.
// The reference calls a run diverged that ends above 10⁶·max(1, |start loss|); here one has that ends four times the
// initial excess above the best loss, so some that jump about high above their start have, too.
func TestFacts(t *testing.T) {
	var rows []struct {
		ID, Problem, Optimizer string
		Params                 map[string]float64
		Start                  []float64
		StartLoss              float64 `json:"start_loss"`
		Grid                   []struct {
			LR, Tol  float64
			Diverged bool
			Loss     *float64
		}
	}
	reftest.Read(t, "lrfinder.json.gz", &rows)
	compared, diverged, between := 0, 0, 0
	for _, row := range rows {
		f, err := New(factSpec(row.Problem, row.Optimizer, row.Start, row.Params), Options{Lo: row.Grid[0].LR, Hi: 10, PerDecade: 3})
		if err != nil {
			t.Fatal(err)
		}
		f.res, f.plan = &Result{}, f.newPlan()
		if err := f.start(context.Background()); err != nil {
			t.Fatal(err)
		}
		if math.Abs(f.res.StartLoss-row.StartLoss) > 1e-12*math.Abs(row.StartLoss) {
			t.Errorf("%s starts at %v, want %v", row.ID, f.res.StartLoss, row.StartLoss)
		}
		var rates []float64
		for i, lr := range f.rates() {
			if want := row.Grid[i].LR; math.Abs(lr-want) > 1e-12*want {
				t.Fatalf("%s: rate %d is %v, want %v", row.ID, i, lr, want)
			}
			rates = append(rates, row.Grid[i].LR) // to the last bit: chaotic runs tell
		}
		if len(rates) != len(row.Grid) {
			t.Fatalf("%s: %d rates", row.ID, len(rates))
		}
		trials, err := f.evaluate(context.Background(), 100, rates...)
		if err != nil {
			t.Fatal(err)
		}
		f.order()
		for i, g := range row.Grid {
			trial := trials[i]
			l := f.judge.seeds[0]
			switch got := trial.Status == Diverged; {
			case g.Diverged && !got, got && !g.Diverged && !(trial.Loss-l.best > 4*l.excess):
				t.Errorf("%s, ε = %v: %s, with a mean loss of %v at the end, want diverged %t", row.ID, g.LR, trial.Status, trial.Loss, g.Diverged)
			case g.Diverged:
				diverged++
				continue
			case got:
				between++
			}
			if g.Loss == nil {
				continue
			}
			compared++
			if !(math.Abs(trial.Final-*g.Loss) <= g.Tol) {
				t.Errorf("%s, ε = %v: loss %.15g, want %.15g ± %g", row.ID, g.LR, trial.Final, *g.Loss, g.Tol)
			}
		}
	}
	if compared != 647 || diverged != 160 || between != 23 {
		t.Errorf("compared %d losses and %d divergences; %d lie between the definitions", compared, diverged, between)
	}
}

// TestEdge: on quadratics the edge is within 5 % of the limit of theory, and so is what is printed as the limit within
// rounding. The rows are limits on quadratics by formula.
func TestEdge(t *testing.T) {
	var rows []struct {
		ID, Problem, Optimizer string
		Params                 map[string]float64
		Start                  []float64
		LambdaMax              float64 `json:"lambda_max"`
		EdgeLR                 float64 `json:"edge_lr"`
	}
	reftest.Read(t, "stability.json.gz", &rows)
	for _, row := range rows {
		r := find(t, factSpec(row.Problem, row.Optimizer, row.Start, row.Params), Options{NoCheck: true})
		if math.Abs(r.Edge/row.EdgeLR-1) > 0.05 {
			t.Errorf("%s: the edge is %v, want %v ± 5 %%", row.ID, r.Edge, row.EdgeLR)
		}
		if math.Abs(r.Limit.LR/row.EdgeLR-1) > 1e-9 || math.Abs(r.Limit.LambdaMax/row.LambdaMax-1) > 1e-9 {
			t.Errorf("%s: the limit is %v with λmax = %v, want %v with %v", row.ID, r.Limit.LR, r.Limit.LambdaMax, row.EdgeLR, row.LambdaMax)
		}
	}
	// Our own starts and conventions, and momentum that takes ten times as long to settle.
	for _, problem := range []string{"quadratic", "ravine", "booth", "matyas"} {
		for _, s := range []train.Spec{
			{Optimizer: "sgd"},
			{Optimizer: "momentum"}, {Optimizer: "momentum", Set: map[string]string{"form": "ewma"}},
			{Optimizer: "momentum", Set: map[string]string{"momentum": "0.99"}},
			{Optimizer: "nesterov"}, {Optimizer: "nesterov", Convention: "torch"},
			{Optimizer: "sgd", Set: map[string]string{"weight_decay": "0.5"}},
		} {
			s.Problem = problem
			r := find(t, s, Options{NoCheck: true})
			if !(math.Abs(r.Edge/r.Limit.LR-1) < 0.05) {
				t.Errorf("%s on %s (%v): the edge is %v, the limit %v", s.Optimizer, problem, s.Set, r.Edge, r.Limit.LR)
			}
		}
	}
}
