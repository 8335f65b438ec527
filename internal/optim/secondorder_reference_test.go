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

// soObjective shows a problem to a rule and counts what the rule asks for.
type soObjective struct {
	problems.Problem
	values, gradients, hessians, jacobians, products int
	hide                                             optim.Capability // not to be offered
	h                                                []float64        // scratch of HessVec
}

func (o *soObjective) Value(x []float64) float64 { o.values++; return o.Problem.Value(x) }

func (o *soObjective) Gradient(x, g []float64) float64 {
	o.gradients++
	return o.Problem.Gradient(x, g)
}

func (o *soObjective) Has(c optim.Capability) bool {
	have := optim.Capability(0)
	if _, ok := o.Problem.(problems.Hessianer); ok {
		have |= optim.CanHessian | optim.CanHessVec
	}
	if _, ok := o.Problem.(problems.LeastSquares); ok {
		have |= optim.CanResiduals
	}
	return have&^o.hide&c == c
}

func (o *soObjective) Hessian(x, h []float64) {
	o.hessians++
	o.Problem.(problems.Hessianer).Hessian(x, h)
}

func (o *soObjective) HessVec(x, v, hv []float64) {
	o.products++
	if p, ok := o.Problem.(problems.HessianVector); ok {
		p.HessVec(x, v, hv)
		return
	}
	n := len(x)
	if len(o.h) != n*n {
		o.h = make([]float64, n*n)
	}
	o.Hessian(x, o.h)
	for i := range hv {
		hv[i] = soDot(o.h[i*n:i*n+n], v)
	}
}

func (o *soObjective) Residuals() int { return o.Problem.(problems.LeastSquares).Residuals() }

func (o *soObjective) Residual(x, r []float64) float64 {
	o.Problem.(problems.LeastSquares).Residual(x, r)
	return soDot(r, r) / 2
}

func (o *soObjective) Jacobian(x, j []float64) {
	o.jacobians++
	o.Problem.(problems.LeastSquares).Jacobian(x, j)
}

func soDot(a, b []float64) (sum float64) {
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

func soNorm(a []float64) float64 { return math.Sqrt(soDot(a, a)) }

// soRun is a rule on an objective, with what package train does around them.
type soRun struct {
	opt optim.Optimizer
	obj optim.Objective
	p   optim.Point
}

// soNew makes a rule, sets its knobs by pairs of key and value and places it at the start.
func soNew(t testing.TB, rule string, obj optim.Objective, start []float64, set ...string) *soRun {
	t.Helper()
	spec, ok := optim.Lookup(rule)
	if !ok {
		t.Fatalf("no rule %s", rule)
	}
	opt := spec.New(optim.Lecture)
	for i := 0; i < len(set); i += 2 {
		k, ok := knob.Find(opt.Knobs(), set[i])
		if !ok {
			t.Fatalf("%s has no knob %s", rule, set[i])
		}
		if err := k.SetText(set[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	opt.Init(optim.Layout{Dim: len(start)})
	r := &soRun{opt: opt, obj: obj, p: optim.Point{X: slices.Clone(start), G: make([]float64, len(start))}}
	r.p.F = obj.Gradient(r.p.X, r.p.G)
	return r
}

func (r *soRun) step() error {
	r.p.Fresh = false
	if err := r.opt.Step(r.obj, &r.p); err != nil {
		return err
	}
	if !r.p.Fresh {
		r.p.F = r.obj.Gradient(r.p.X, r.p.G)
	}
	return nil
}

func (r *soRun) steps(t testing.TB, n int) *soRun {
	t.Helper()
	for k := range n {
		if err := r.step(); err != nil {
			t.Fatalf("step %d from %v: %v", k+1, r.p.X, err)
		}
	}
	return r
}

// soProblem makes a problem by the reference's name for it.
func soProblem(t testing.TB, name string) problems.Problem {
	t.Helper()
	if name == "quadratic_k100" {
		name = "quadratic" // its condition is 100 by default
	}
	spec, err := problems.Find(name)
	if err != nil {
		t.Fatalf("no problem %s", name)
	}
	return spec.New()
}

type soCase struct {
	ID, Kind, Problem, Optimizer string
	Params                       map[string]float64
	Start                        []float64
	Steps                        int
	StartLoss                    float64 `json:"start_loss"`
	Trajectory                   map[string][]float64
	Loss                         map[string]float64
	GradNorm                     map[string]float64 `json:"grad_norm"`
	Tol                          struct {
		X        map[string][]float64
		Loss     map[string]float64
		GradNorm map[string]float64 `json:"grad_norm"`
	}
	Expect struct {
		Accept      string
		TolX        float64 `json:"tol_x"`
		TolLoss     float64 `json:"tol_loss"`
		GradNormMax float64 `json:"grad_norm_max"`
		soMinimum
		Others []soMinimum
	}
}

type soMinimum struct {
	X    []float64
	Loss float64
}

func soCases(t testing.TB) []soCase {
	t.Helper()
	var cases []soCase
	reftest.Read(t, "secondorder.json.gz", &cases)
	return cases
}

// TestSecondOrderReference compares Newton's iterates, and the end points of the rules with a free choice of
// step, with independent implementations.
func TestSecondOrderReference(t *testing.T) {
	for _, c := range soCases(t) {
		t.Run(c.ID, func(t *testing.T) {
			var set []string
			for k, v := range c.Params {
				set = append(set, k, strconv.FormatFloat(v, 'g', -1, 64))
			}
			obj := &soObjective{Problem: soProblem(t, c.Problem)}
			r := soNew(t, c.Optimizer, obj, c.Start, set...)
			if math.Abs(r.p.F-c.StartLoss) > 1e-9*math.Max(math.Abs(c.StartLoss), 1e-4) {
				t.Fatalf("start: loss %v, expected %v", r.p.F, c.StartLoss)
			}
			if c.Kind == "final" {
				soFinal(t, c, r)
				t.Logf("%d gradients, %d Hessians, %d Jacobians", obj.gradients, obj.hessians, obj.jacobians)
				return
			}
			for k := 1; k <= c.Steps; k++ {
				r.steps(t, 1)
				key := strconv.Itoa(k)
				want, ok := c.Trajectory[key]
				if !ok {
					continue
				}
				for i, x := range r.p.X {
					soClose(t, fmt.Sprintf("step %d: x[%d]", k, i), x, want[i], c.Tol.X[key][i])
				}
				soClose(t, fmt.Sprintf("step %d: loss", k), r.p.F, c.Loss[key], c.Tol.Loss[key])
				soClose(t, fmt.Sprintf("step %d: gradient norm", k), soNorm(r.p.G), c.GradNorm[key], c.Tol.GradNorm[key])
			}
		})
	}
}

func soClose(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s is %.17g, expected %.17g ± %.2g", what, got, want, tol)
	}
}

// soFinal looks at the end point only: the expected minimiser, or another one where the case allows it.
func soFinal(t *testing.T, c soCase, r *soRun) {
	t.Helper()
	r.steps(t, c.Steps)
	e := c.Expect
	at := func(m soMinimum) bool {
		for i, x := range r.p.X {
			if !(math.Abs(x-m.X[i]) <= e.TolX*math.Max(1, math.Abs(m.X[i]))) {
				return false
			}
		}
		return math.Abs(r.p.F-m.Loss) <= e.TolLoss
	}
	switch {
	case at(e.soMinimum):
	case e.Accept != "this_minimiser" && slices.ContainsFunc(e.Others, at):
	case e.Accept == "any_stationary" && soNorm(r.p.G) <= e.GradNormMax && r.p.F < c.StartLoss:
	default:
		t.Errorf("ends at x=%v loss=%v |g|=%.3g, expected x=%v loss=%v (%s)", r.p.X, r.p.F, soNorm(r.p.G), e.X, e.Loss, e.Accept)
	}
}
