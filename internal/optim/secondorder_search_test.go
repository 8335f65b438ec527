package optim_test

import (
	"math"
	"slices"
	"testing"

	"opttui/internal/problems"
)

// TestDownhill runs the descending rules on every landscape from every corner of its domain: no step goes
// up, none costs more than two full searches, no error comes up while the values are moderate, and where
// the function has a minimum the run ends at a critical point.
func TestDownhill(t *testing.T) {
	for _, spec := range problems.All() {
		if len(spec.Domain) != 2 {
			continue
		}
		for _, rule := range downhill {
			t.Run(spec.Name+"/"+rule, func(t *testing.T) {
				lo, hi := spec.Domain[0], spec.Domain[1]
				for _, start := range [][]float64{
					spec.New().Start(0), {lo[0], hi[0]}, {lo[0], hi[1]}, {lo[1], hi[0]}, {lo[1], hi[1]}, {0, 0},
				} {
					soDescend(t, spec, rule, start)
				}
			})
		}
	}
}

func soDescend(t *testing.T, spec problems.Spec, rule string, start []float64) {
	t.Helper()
	obj := &soObjective{Problem: spec.New()}
	r := soNew(t, rule, obj, start)
	calls := obj.gradients
	for k := range 400 {
		before := r.p.F
		if err := r.step(); err != nil {
			if math.Abs(r.p.F) < 1e30 {
				t.Errorf("from %v: step %d at %v: %v", start, k+1, r.p.X, err)
			}
			return // a function without a minimum
		}
		if !r.p.Fresh {
			t.Fatalf("from %v: step %d leaves nothing evaluated", start, k+1)
		}
		if !(r.p.F <= before+1e-11*math.Abs(before)) {
			t.Fatalf("from %v: step %d goes up from %v to %v", start, k+1, before, r.p.F)
		}
		if n := obj.gradients - calls; n > 60 {
			t.Errorf("from %v: step %d took %d evaluations", start, k+1, n)
		}
		calls = obj.gradients
	}
	if r.p.F < -1e3 || soNorm(r.p.X) > 1e3 { // Beale's valley, too, has no end
		return
	}
	kink := func(m problems.Minimum) bool { // Ackley's minimum is the tip of a cone
		return math.Hypot(r.p.X[0]-m.X[0], r.p.X[1]-m.X[1]) < 1e-6
	}
	// Powell's badly scaled function has a valley whose curvatures lie 18 decades apart: 400 steps do not lead through.
	if g := soNorm(r.p.G); g > 1e-6*math.Max(1, math.Abs(r.p.F)) && spec.Name != "powell_badly_scaled" && !slices.ContainsFunc(spec.Minima, kink) {
		t.Errorf("from %v: ends at %v with the gradient %v", start, r.p.X, r.p.G)
	}
	g := make([]float64, len(start))
	if f := obj.Problem.Gradient(r.p.X, g); f != r.p.F || !slices.Equal(g, r.p.G) {
		t.Errorf("from %v: F, G are %v, %v, but at X they are %v, %v", start, r.p.F, r.p.G, f, g)
	}
}

// TestStrongWolfe: accepted steps fulfil the conditions that the searches are named for.
func TestStrongWolfe(t *testing.T) {
	for rule, c2 := range map[string]float64{"bfgs": 0.9, "lbfgs": 0.9, "cg": 0.1} {
		for _, n := range []int{2, 10, 50} {
			x := ones(n)
			for i := range x {
				x[i] = -1.2 + 2.2*float64(i%2)
			}
			r := soNew(t, rule, soRosenbrock(), x)
			for k := range 100 {
				x0, g0, f0 := slices.Clone(r.p.X), slices.Clone(r.p.G), r.p.F
				r.steps(t, 1)
				s := slices.Clone(r.p.X)
				for i := range s {
					s[i] -= x0[i]
				}
				d0, d1 := soDot(s, g0), soDot(s, r.p.G)
				if r.p.F < 1e-15 {
					break
				}
				if r.p.F > f0+1e-4*d0 || math.Abs(d1) > c2*math.Abs(d0)*(1+1e-9) {
					t.Errorf("%s n=%d step %d: f %v → %v, slope %v → %v", rule, n, k+1, f0, r.p.F, d0, d1)
				}
			}
		}
	}
}

// TestUnbounded: on a function without a minimum every step ends, and goes down.
func TestUnbounded(t *testing.T) {
	for _, name := range []string{"saddle", "monkey_saddle"} {
		for _, rule := range downhill {
			obj := &soObjective{Problem: soProblem(t, name)}
			r := soNew(t, rule, obj, []float64{0.3, -0.2})
			f := r.p.F
			for range 8 {
				if r.step() != nil {
					break
				}
				if r.p.F >= f || math.IsInf(r.p.F, 0) {
					t.Errorf("%s/%s: from %v to %v at %v", name, rule, f, r.p.F, r.p.X)
				}
				f = r.p.F
			}
			if f > -1 {
				t.Errorf("%s/%s: only at %v after 8 steps", name, rule, f)
			}
		}
	}
}

// TestSteep: values that overflow or do not exist count as too long a step.
func TestSteep(t *testing.T) {
	barrier := soScalar( // x − log x, NaN left of 0
		func(x float64) float64 { return x - math.Log(x) },
		func(x float64) float64 { return 1 - 1/x },
		func(x float64) float64 { return 1 / (x * x) })
	tower := soScalar( // cosh(x²) overflows at |x| = 27
		func(x float64) float64 { return math.Cosh(x * x) },
		func(x float64) float64 { return 2 * x * math.Sinh(x*x) },
		func(x float64) float64 { return 2*math.Sinh(x*x) + 4*x*x*math.Cosh(x*x) })
	pit := soScalar( // falls to −∞ at 0, where nothing is left to fall to
		func(x float64) float64 { return math.Log(x) },
		func(x float64) float64 { return 1 / x },
		func(x float64) float64 { return -1 / (x * x) })
	for _, rule := range downhill {
		for _, start := range []float64{1e-8, 1e-3, 0.5, 40} {
			r := soNew(t, rule, barrier, []float64{start}).steps(t, 300)
			if math.Abs(r.p.X[0]-1) > 1e-6 {
				t.Errorf("%s: barrier from %v ends at %v", rule, start, r.p.X[0])
			}
		}
		r := soNew(t, rule, tower, []float64{10}).steps(t, 400)
		if math.Abs(r.p.X[0]) > 0.01 { // x⁴ near 0
			t.Errorf("%s: tower ends at %v", rule, r.p.X[0])
		}
		r = soNew(t, rule, pit, []float64{1})
		for range 100 {
			if r.step() != nil {
				break
			}
			if !(r.p.X[0] > 0) {
				t.Fatalf("%s: fell through the pit to %v", rule, r.p.X[0])
			}
		}
	}
}

// TestNoWay: when nothing can be done the error says why, and the point is unmoved.
func TestNoWay(t *testing.T) {
	lie := soScalar(
		func(x float64) float64 { return x * x },
		func(x float64) float64 { return -2*x - 50 },
		func(float64) float64 { return 0.01 })
	island := soScalar(
		func(x float64) float64 {
			if x == 1 {
				return 1
			}
			return math.NaN()
		},
		func(x float64) float64 { return 2 * x },
		func(float64) float64 { return 2 })
	lost := soScalar(nan, nan, nan)
	for _, rule := range downhill {
		soFails(t, rule+" with a wrong gradient", soNew(t, rule, lie, []float64{3}), "function")
		soFails(t, rule+" on an island", soNew(t, rule, island, []float64{1}), "not finite")
		soFails(t, rule+" in the void", soNew(t, rule, lost, []float64{1}), "no")
	}
}

// TestRest: at a critical point a rule stays, without an error and without evaluations.
func TestRest(t *testing.T) {
	for _, rule := range secondOrder {
		q := soQuadratic(3, 5)
		r := soNew(t, rule, q, make([]float64, 3))
		calls := q.calls
		r.steps(t, 5)
		if soNorm(r.p.X) != 0 {
			t.Errorf("%s leaves the minimum for %v", rule, r.p.X)
		}
		if q.calls != calls {
			t.Errorf("%s evaluates %d times at the minimum", rule, q.calls-calls)
		}
	}
}
