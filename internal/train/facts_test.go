package train

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"opttui/internal/dataset"
	"opttui/internal/problems"
	"opttui/internal/reftest"
)

// readFacts reads a file of testdata/reference (see its README) and checks how many rows it has, so that none
// gets lost.
func readFacts[T any](t testing.TB, name string, count int) []T {
	t.Helper()
	var rows []T
	reftest.Read(t, name, &rows)
	if len(rows) != count {
		t.Fatalf("%s has %d rows, want %d", name, len(rows), count)
	}
	return rows
}

// neutral turns a name of the reference into our rule and its settings; names that are missing are ours, in
// torch's convention.
var neutral = map[string]struct{ name, convention, form string }{
	"momentum":         {"momentum", "torch", "accumulate"},
	"momentum_ewma":    {"momentum", "lecture", "ewma"},
	"nesterov_lecture": {"nesterov", "lecture", ""},
}

// factSpec is the run that a row of the reference is about.
func factSpec(problem, optimizer string, start []float64, params map[string]float64, lr float64) Spec {
	s := Spec{Problem: problem, Optimizer: optimizer, Convention: "torch", Start: start, Set: map[string]string{"lr": text(lr)}}
	if n, ok := neutral[optimizer]; ok {
		s.Optimizer, s.Convention = n.name, n.convention
		if n.form != "" {
			s.Set["form"] = n.form
		}
	}
	if problem == "quadratic_k100" {
		s.Problem, s.Set["condition"] = "quadratic", "100"
	}
	for k, v := range params {
		s.Set[k] = text(v)
	}
	return s
}

func text(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// relative is |got − want| against the size of want.
func relative(got, want float64) float64 { return math.Abs(got-want) / math.Abs(want) }

// TestStabilityFacts: on a quadratic with the largest eigenvalue λ, the rates below the limit of the conventions
// converge, and those above it diverge (Polyak 1964; Cohen et al. 2021, arXiv 2103.00065, app. B).
func TestStabilityFacts(t *testing.T) {
	limits := map[string]func(a float64) float64{ // of ελ, with momentum α
		"sgd":      func(float64) float64 { return 2 },
		"momentum": func(a float64) float64 { return 2 + 2*a },
		"nesterov": func(a float64) float64 { return (2 + 2*a) / (1 + 2*a) },
		"ewma":     func(a float64) float64 { return (2 + 2*a) / (1 - a) },
	}
	rows := readFacts[struct {
		ID, Problem, Optimizer string
		Params                 map[string]float64
		Start                  []float64
		LambdaMin              float64 `json:"lambda_min"`
		LambdaMax              float64 `json:"lambda_max"`
		EdgeLR                 float64 `json:"edge_lr"`
		TolRel                 float64 `json:"tol_rel"`
		Verified               []struct {
			LR                  float64
			Converges, Diverges bool
		}
		GDRate     float64 `json:"best_gd_lr"`
		GDFactor   float64 `json:"best_gd_rate_per_step"`
		HBRate     float64 `json:"best_heavy_ball_lr"`
		HBMomentum float64 `json:"best_heavy_ball_momentum"`
		HBFactor   float64 `json:"best_heavy_ball_rate_per_step"`
	}](t, "stability.json.gz", 20)
	optimal := 0
	for _, f := range rows {
		run := func(lr float64, params map[string]float64) *Run {
			return must(t, factSpec(f.Problem, f.Optimizer, f.Start, params, lr))
		}
		r := run(f.EdgeLR, f.Params)
		h := make([]float64, 4)
		r.problem.(problems.Hessianer).Hessian(r.point.X, h)
		mid, rad := (h[0]+h[3])/2, math.Hypot((h[0]-h[3])/2, h[1])
		if relative(mid-rad, f.LambdaMin) > f.TolRel || relative(mid+rad, f.LambdaMax) > f.TolRel {
			t.Errorf("%s: eigenvalues %v and %v, want %v and %v", f.ID, mid-rad, mid+rad, f.LambdaMin, f.LambdaMax)
		}
		name := r.optSpec.Name
		if strings.HasSuffix(f.Optimizer, "_ewma") {
			name = "ewma"
		}
		if edge := limits[name](f.Params["momentum"]) / f.LambdaMax; relative(edge, f.EdgeLR) > f.TolRel {
			t.Errorf("%s: the limit is %v, want %v", f.ID, edge, f.EdgeLR)
		}
		if len(f.Verified) != 2 {
			t.Errorf("%s: %d rates tried", f.ID, len(f.Verified))
		}
		for i, v := range f.Verified {
			if relative(v.LR, f.EdgeLR*[]float64{0.98, 1.02}[i]) > f.TolRel || v.Converges == v.Diverges {
				t.Errorf("%s: %+v is not beside the limit %v", f.ID, v, f.EdgeLR)
			}
			r := run(v.LR, f.Params)
			first := r.loss // above the minimum, which is 0 on all of these
			r.Advance(3000)
			if converges, diverges := r.loss < 1e-3*first, !(r.loss < 1e3*first); converges != v.Converges || diverges != v.Diverges {
				t.Errorf("%s: at ε = %v the loss goes from %v to %v; it should converge: %t, diverge: %t",
					f.ID, v.LR, first, r.loss, v.Converges, v.Diverges)
			}
		}
		// The best rates, where the row has them: the distance shrinks by the given factor a step.
		shrinks := func(lr float64, params map[string]float64, want, tol float64) {
			optimal++
			r := run(lr, params)
			const from, to = 10, 30
			r.Advance(from)
			near := r.loss
			r.Advance(to - from)
			if got := math.Pow(r.loss/near, 0.5/(to-from)); relative(got, want) > tol { // the loss is quadratic in the distance
				t.Errorf("%s: at the best rate the distance shrinks by %v a step, want %v", f.ID, got, want)
			}
		}
		lo, hi := math.Sqrt(f.LambdaMin), math.Sqrt(f.LambdaMax)
		if f.GDRate != 0 {
			if relative(2/(f.LambdaMin+f.LambdaMax), f.GDRate) > f.TolRel {
				t.Errorf("%s: best rate %v is not 2/(λmin+λmax)", f.ID, f.GDRate)
			}
			shrinks(f.GDRate, nil, f.GDFactor, f.TolRel)
		}
		if f.HBRate != 0 {
			a := (hi - lo) / (hi + lo)
			if relative(4/(lo+hi)/(lo+hi), f.HBRate) > f.TolRel || relative(a*a, f.HBMomentum) > f.TolRel || relative(a, f.HBFactor) > f.TolRel {
				t.Errorf("%s: best rate %v, momentum %v, factor %v", f.ID, f.HBRate, f.HBMomentum, f.HBFactor)
			}
			shrinks(f.HBRate, map[string]float64{"momentum": f.HBMomentum}, f.HBFactor, 0.1) // times a power of the step
		}
	}
	if optimal != 5 {
		t.Errorf("%d best rates", optimal)
	}
}

// lrRow is one learning rate of a finder's grid.
type lrRow struct {
	LR        float64
	Diverged  bool
	OverLimit int      `json:"first_step_over_limit"` // 0: never
	Loss      *float64 // nil where it is chaotic
	Tol       float64
}

// TestFinderFacts: the loss after exactly 100 steps at every learning rate of the grid 10^(−6+i/3), which of
// them diverge (a loss that is not finite, or above 10⁶·max(1, |start loss|)), and which is the best.
func TestFinderFacts(t *testing.T) {
	rows := readFacts[struct {
		ID, Problem, Optimizer string
		Params                 map[string]float64
		Start                  []float64
		Iterations             int
		StartLoss              float64  `json:"start_loss"`
		BestLR                 *float64 `json:"best_lr"`
		BestLoss               float64  `json:"best_loss"`
		Robust                 bool     `json:"best_is_robust"`
		Grid                   []lrRow
	}](t, "lrfinder.json.gz", 38)
	compared, diverged, best := 0, 0, 0
	for _, f := range rows {
		bestLR, bestLoss := math.NaN(), math.Inf(1)
		for i, g := range f.Grid {
			if relative(g.LR, math.Pow(10, -6+float64(i)/3)) > 1e-12 {
				t.Errorf("%s: rate %d is %v", f.ID, i, g.LR)
			}
			r := must(t, factSpec(f.Problem, f.Optimizer, f.Start, f.Params, g.LR))
			if relative(r.loss, f.StartLoss) > 1e-12 {
				t.Errorf("%s starts at %v, want %v", f.ID, r.loss, f.StartLoss)
			}
			over := func() bool { return !(math.Abs(r.loss) <= 1e6*math.Max(1, math.Abs(f.StartLoss))) }
			first := 0
			for k := 1; k <= f.Iterations && r.Advance(1) == 1; k++ {
				if first == 0 && over() {
					first = k
				}
			}
			// A chaotic run may meet the limit a step sooner or later: a rounding error decides.
			if over() != g.Diverged || max(first-g.OverLimit, g.OverLimit-first) > 1 {
				t.Errorf("%s, ε = %v: diverged %t, over the limit at step %d, want %t and %d", f.ID, g.LR, over(), first, g.Diverged, g.OverLimit)
			}
			if g.Diverged {
				diverged++
				continue
			}
			if g.Loss == nil {
				continue
			}
			compared++
			if !(math.Abs(r.loss-*g.Loss) <= g.Tol) {
				t.Errorf("%s, ε = %v: loss %.15g, want %.15g ± %g", f.ID, g.LR, r.loss, *g.Loss, g.Tol)
			}
			if r.loss < bestLoss {
				bestLR, bestLoss = g.LR, r.loss
			}
		}
		// No best rate is given where f is unbounded below. It is not robust where several rates end in the same
		// minimum to the last digits, or where a chaotic one happened to be the lowest: levy13, rastrigin and
		// six_hump_camel with sgd.
		if f.BestLR == nil || !f.Robust {
			continue
		}
		best++
		if bestLR != *f.BestLR || math.Abs(bestLoss-f.BestLoss) > 1e-9*math.Max(1, math.Abs(f.BestLoss)) {
			t.Errorf("%s: best is ε = %v with loss %v, want %v with %v", f.ID, bestLR, bestLoss, *f.BestLR, f.BestLoss)
		}
	}
	if compared != 647 || diverged != 160 || best != 31 {
		t.Errorf("compared %d losses, %d divergences and %d best rates", compared, diverged, best)
	}
}

// The models of the reference are registered under names that only tests use.
func init() {
	for _, data := range []string{"digits", "iris"} {
		for model, make := range map[string]func(d *dataset.Dataset, hidden int) problems.Problem{
			"softmax":  func(d *dataset.Dataset, _ int) problems.Problem { return problems.Softmax(d) },
			"mlp_tanh": func(d *dataset.Dataset, n int) problems.Problem { return problems.MLP(d, []int{n}, problems.Tanh) },
			"mlp_relu": func(d *dataset.Dataset, n int) problems.Problem { return problems.MLP(d, []int{n}, problems.ReLU) },
		} {
			hidden := map[string]int{"digits": 10, "iris": 8}[data]
			problems.Register(problems.Spec{
				Name: modelName(data, model),
				New:  func() problems.Problem { return make(factData(data), hidden) },
			})
		}
	}
}

func modelName(dataset, model string) string { return dataset + "_" + model + "_for_test" }

// factData are the 100 samples of the reference.
func factData(name string) *dataset.Dataset {
	var sets map[string]struct {
		Classes int
		X       [][]float64
		Y       []int
	}
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "reference", "ml_data.json"))
	if err == nil {
		err = json.Unmarshal(b, &sets)
	}
	if err != nil {
		panic(err)
	}
	s := sets[name]
	d := &dataset.Dataset{
		Features: make([]string, len(s.X[0])), Classes: make([]string, s.Classes),
		Train: dataset.Samples{X: slices.Concat(s.X...), Y: s.Y},
	}
	if name == "digits" {
		d.Scale(1. / 16) // as in the reference: 0…16 to 0…1
	}
	return d
}

// layerFacts are parameters, or a gradient with respect to them, by the names of their matrices.
type layerFacts map[string]json.RawMessage

// flat lays the matrices out as the problem does.
func (l layerFacts) flat(t testing.TB) (x []float64) {
	t.Helper()
	for _, name := range []string{"W", "b", "W1", "b1", "W2", "b2"} {
		raw, ok := l[name]
		if !ok {
			continue
		}
		var rows [][]float64
		if name[0] == 'b' {
			raw = slices.Concat([]byte("["), raw, []byte("]"))
		}
		if err := json.Unmarshal(raw, &rows); err != nil {
			t.Fatal(name, err)
		}
		x = append(x, slices.Concat(rows...)...)
	}
	return x
}

// TestModelFacts: loss, accuracy, gradient and training of softmax regression and of networks.
func TestModelFacts(t *testing.T) {
	rows := readFacts[struct {
		ID, Dataset, Model string
		Weights, Gradient  layerFacts
		Loss, Accuracy     float64
		GradientNorm       float64 `json:"gradient_norm"`
		TolRel             float64 `json:"tol_rel"`
		TolAbs             float64 `json:"tol_abs"`
		Training           []struct {
			Optimizer           string
			Params              map[string]float64
			Loss, Accuracy, Tol map[string]float64
		}
	}](t, "ml.json.gz", 6)
	for _, f := range rows {
		near := func(got, want float64) bool { return math.Abs(got-want) <= f.TolAbs+f.TolRel*math.Abs(want) }
		name, start := modelName(f.Dataset, f.Model), f.Weights.flat(t)
		r := must(t, factSpec(name, "sgd", start, nil, 0.1))
		if !near(r.loss, f.Loss) || r.scores[0].TrainAccuracy != f.Accuracy || r.scores[0].TrainLoss != r.loss {
			t.Errorf("%s: loss %v, score %+v, want %v and %v", f.ID, r.loss, r.scores[0], f.Loss, f.Accuracy)
		}
		want := f.Gradient.flat(t)
		if len(want) != len(start) || !near(norm(r.point.G), f.GradientNorm) {
			t.Errorf("%s: gradient of length %v, want %v", f.ID, norm(r.point.G), f.GradientNorm)
		}
		for i, g := range r.point.G {
			if !near(g, want[i]) {
				t.Errorf("%s: gradient[%d] = %v, want %v", f.ID, i, g, want[i])
			}
		}
		if len(f.Training) != 2 {
			t.Errorf("%s: %d trainings", f.ID, len(f.Training))
		}
		for _, tr := range f.Training {
			r := must(t, factSpec(name, tr.Optimizer, start, tr.Params, tr.Params["lr"]))
			compared := 0
			for range 50 {
				r.Advance(1)
				key := strconv.Itoa(r.step)
				want, ok := tr.Loss[key]
				if !ok {
					continue
				}
				compared++
				if accuracy := r.scored.Score(r.point.X).TrainAccuracy; math.Abs(r.loss-want) > tr.Tol[key] || accuracy != tr.Accuracy[key] {
					t.Errorf("%s, %s, step %s: loss %v and accuracy %v, want %v and %v",
						f.ID, tr.Optimizer, key, r.loss, accuracy, want, tr.Accuracy[key])
				}
			}
			if compared != 3 {
				t.Errorf("%s, %s: compared %d steps", f.ID, tr.Optimizer, compared)
			}
		}
	}
}
