package optim_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"

	"opttui/internal/knob"
	"opttui/internal/optim"
	"opttui/internal/problems"
	"opttui/internal/reftest"
)

// plain is a function with its gradient as an optim.Objective; it counts the gradients.
type plain struct {
	f         func(x, g []float64) float64
	gradients int
}

func (o *plain) Gradient(x, g []float64) float64 { o.gradients++; return o.f(x, g) }
func (o *plain) Value(x []float64) float64       { return o.f(x, make([]float64, len(x))) }
func (*plain) Has(optim.Capability) bool         { return false }
func (*plain) Hessian(_, _ []float64)            { panic("no Hessian") }
func (*plain) Residuals() int                    { panic("no residuals") }
func (*plain) Residual(_, _ []float64) float64   { panic("no residuals") }
func (*plain) HessVec(_, _, _ []float64)         { panic("no products") }
func (*plain) Jacobian(_, _ []float64)           { panic("no Jacobian") }

// run is a rule on an objective, with what package train does around them.
type run struct {
	opt optim.Optimizer
	obj *plain
	p   optim.Point
}

// newRun makes a rule with the settings, given as key, value, …, and places it at the start.
func newRun(t testing.TB, name string, c optim.Convention, f func(x, g []float64) float64, start []float64, set ...any) *run {
	t.Helper()
	spec, ok := optim.Lookup(name)
	if !ok {
		t.Fatalf("no rule %s", name)
	}
	r := &run{opt: spec.New(c), obj: &plain{f: f}}
	for i := 0; i < len(set); i += 2 {
		r.set(t, set[i].(string), set[i+1])
	}
	r.opt.Init(optim.Layout{Dim: len(start)})
	r.p = optim.Point{X: slices.Clone(start), G: make([]float64, len(start)), LR: 1}
	if lr, ok := knob.Find(r.opt.Knobs(), "lr"); ok {
		r.p.LR = lr.Value()
	}
	return r
}

func (r *run) set(t testing.TB, key string, value any) {
	t.Helper()
	setKnob(t, r.opt.Knobs(), key, value)
	if key == "lr" {
		k, _ := knob.Find(r.opt.Knobs(), "lr")
		r.p.LR = k.Value()
	}
}

func setKnob(t testing.TB, knobs []knob.Knob, key string, value any) {
	t.Helper()
	k, ok := knob.Find(knobs, key)
	if !ok {
		t.Fatalf("no knob %s", key)
	}
	if err := k.SetText(fmt.Sprint(value)); err != nil {
		t.Fatal(err)
	}
}

// step takes one step, from a gradient that only rules that look at it get.
func (r *run) step(t testing.TB) {
	t.Helper()
	r.p.Fresh = false
	if e, ok := r.opt.(optim.Elsewhere); ok && e.Elsewhere() {
		r.p.F = math.NaN()
		for i := range r.p.G {
			r.p.G[i] = math.NaN()
		}
	} else {
		r.p.F = r.obj.Gradient(r.p.X, r.p.G)
	}
	if err := r.opt.Step(r.obj, &r.p); err != nil {
		t.Fatal(err)
	}
}

func (r *run) steps(t testing.TB, n int) *run {
	t.Helper()
	for range n {
		r.step(t)
	}
	return r
}

// referenceCase is one trajectory of the reference.
type referenceCase struct {
	ID, Problem, Optimizer string
	Params                 map[string]any
	Schedule               map[string]any
	Start                  []float64
	Steps                  int
	StartLoss              float64 `json:"start_loss"`
	Trajectory             map[string][]float64
	Loss                   map[string]float64
	Tol                    struct {
		X    map[string][]float64
		Loss map[string]float64
	}
	Diverged   bool
	DivergedAt int `json:"diverged_at"`
}

// ours turns the reference's names of rules into a name, a convention and settings.
var ours = map[string]struct {
	name       string
	convention optim.Convention
	set        []any
}{
	"momentum":               {"momentum", optim.Torch, nil},
	"momentum_lecture":       {"momentum", optim.Lecture, nil},
	"momentum_ewma":          {"momentum", optim.Lecture, []any{"form", "ewma"}},
	"momentum_ewma_bc":       {"momentum", optim.Lecture, []any{"form", "ewma", "bias_correction", true}},
	"nesterov_lecture":       {"nesterov", optim.Lecture, nil},
	"adagrad_lecture":        {"adagrad", optim.Lecture, nil},
	"rmsprop_lecture":        {"rmsprop", optim.Lecture, nil},
	"adam_lecture":           {"adam", optim.Lecture, nil},
	"amsgrad":                {"adam", optim.Torch, []any{"amsgrad", true}},
	"schedulefree_sgd_paper": {"schedulefree_sgd", optim.Torch, []any{"weighting", "paper"}},
}

// TestReference follows every trajectory of the reference, to its tolerances.
func TestReference(t *testing.T) {
	var cases []referenceCase
	reftest.Read(t, "firstorder.json.gz", &cases)
	if len(cases) != 490 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) { follow(t, c) })
	}
}

func follow(t *testing.T, c referenceCase) {
	o, ok := ours[c.Optimizer]
	if !ok {
		o.name, o.convention = c.Optimizer, optim.Torch
	}
	name := c.Problem
	if name == "quadratic_k100" {
		name = "quadratic"
	}
	spec, err := problems.Find(name)
	if err != nil {
		t.Fatalf("no problem %s", name)
	}
	problem := spec.New()
	if c.Problem != name {
		setKnob(t, problem.Knobs(), "condition", 100)
	}
	set := slices.Clone(o.set)
	for key, v := range c.Params {
		set = append(set, key, v)
	}
	r := newRun(t, o.name, o.convention, problem.Gradient, c.Start, set...)
	base := r.p.LR
	schedule := makeSchedule(t, "constant", base, nil)
	if c.Schedule != nil {
		schedule = makeSchedule(t, c.Schedule["schedule"].(string), base, c.Schedule)
	}

	if f := problem.Value(r.p.X); math.Abs(f-c.StartLoss) > 1e-9*math.Max(math.Abs(c.StartLoss), 1e-4) {
		t.Fatalf("start loss %v, want %v", f, c.StartLoss)
	}
	limit := 1e6 * math.Max(1, math.Abs(c.StartLoss))
	for k := range c.Steps {
		r.p.LR = schedule.Rate(k, base)
		r.step(t)
		f := problem.Value(r.p.X)
		finite := !math.IsNaN(f) && !math.IsInf(f, 0)
		if c.Diverged && k+1 == c.DivergedAt {
			if finite && f <= limit {
				t.Fatalf("step %d: loss %g, want it to diverge there", k+1, f)
			}
			return
		}
		if !finite {
			t.Fatalf("step %d: loss %g", k+1, f)
		}
		key := strconv.Itoa(k + 1)
		for i, want := range c.Trajectory[key] {
			if !(math.Abs(r.p.X[i]-want) <= c.Tol.X[key][i]) {
				t.Fatalf("step %s: x[%d] = %.17g, want %.17g ± %g", key, i, r.p.X[i], want, c.Tol.X[key][i])
			}
		}
		if want, ok := c.Loss[key]; ok && !(math.Abs(f-want) <= c.Tol.Loss[key]) {
			t.Fatalf("step %s: loss %.17g, want %.17g ± %g", key, f, want, c.Tol.Loss[key])
		}
	}
}

// makeSchedule makes a schedule with the settings; "schedule" and "lr" are none.
func makeSchedule(t testing.TB, name string, base float64, set map[string]any) optim.Schedule {
	t.Helper()
	spec, ok := optim.LookupSchedule(name)
	if !ok {
		t.Fatalf("no schedule %s", name)
	}
	s := spec.New(base)
	for key, v := range set {
		if key != "schedule" && key != "lr" {
			setKnob(t, s.Knobs(), key, v)
		}
	}
	return s
}
