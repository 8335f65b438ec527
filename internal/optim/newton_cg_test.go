package optim_test

import (
	"math"
	"testing"

	"opttui/internal/knob"
	"opttui/internal/optim"
)

// ncgWide makes Newton–CG on a problem of n variables at its usual start.
func ncgWide(t testing.TB, name, n string, set ...string) (*soRun, *soObjective) {
	t.Helper()
	p := soProblem(t, name)
	k, _ := knob.Find(p.Knobs(), "dim")
	if err := k.SetText(n); err != nil {
		t.Fatal(err)
	}
	obj := &soObjective{Problem: p}
	return soNew(t, "newton_cg", obj, p.Start(0), set...), obj
}

// ncgReading is what the rule tells of itself under a symbol.
func ncgReading(t testing.TB, r *soRun, symbol string) float64 {
	t.Helper()
	for _, g := range r.opt.(optim.Telling).Readings() {
		if g.Symbol == symbol {
			return g.Value
		}
	}
	t.Fatalf("no reading %s", symbol)
	return 0
}

// TestNewtonCGQuadratic: solved to full accuracy, one step solves 1 000 equations in at most a few times √κ
// iterations (Nocedal & Wright 2006, eq. 5.36), and in two where there are two different eigenvalues.
func TestNewtonCGQuadratic(t *testing.T) {
	const condition = 100
	for _, c := range []struct {
		spectrum string
		most     int
	}{{"log", 16 * 10}, {"linear", 16 * 10}, {"outlier", 2}, {"clusters", 2}} {
		p := soProblem(t, "quadratic")
		for key, text := range map[string]string{"dim": "1000", "spectrum": c.spectrum, "rotation": "on"} {
			k, _ := knob.Find(p.Knobs(), key)
			if err := k.SetText(text); err != nil {
				t.Fatal(err)
			}
		}
		obj := &soObjective{Problem: p}
		r := soNew(t, "newton_cg", obj, p.Start(0), "eta", "1e-12", "forcing", "fixed")
		g0 := soNorm(r.p.G)
		r.steps(t, 1)
		if got := soNorm(r.p.G); got > 1e-11*g0 {
			t.Errorf("%s: the gradient is %v after one step, from %v", c.spectrum, got, g0)
		}
		if j := ncgReading(t, r, "j"); j != float64(obj.products) || obj.products > c.most {
			t.Errorf("%s: %v iterations, %d products, want at most %d", c.spectrum, j, obj.products, c.most)
		}
		if curvature := ncgReading(t, r, "c"); curvature < 1-1e-9 || curvature > condition+1e-9 {
			t.Errorf("%s: curvature %v, eigenvalues lie between 1 and %d", c.spectrum, curvature, condition)
		}
	}
}

// TestNewtonCGRosenbrock: 1 000 variables, down the whole valley to the accuracy of the gradient. The variables come
// right one after the other, so it takes a few steps for each.
func TestNewtonCGRosenbrock(t *testing.T) {
	r, obj := ncgWide(t, "rosenbrock", "1000")
	steps := 0
	for ; soNorm(r.p.G) > 1e-9 && steps < 3000; steps++ {
		r.steps(t, 1)
	}
	for i, x := range r.p.X {
		if math.Abs(x-1) > 1e-9 {
			t.Fatalf("after %d steps x%d = %v, ‖g‖ = %v", steps, i+1, x, soNorm(r.p.G))
		}
	}
	if obj.hessians != 0 {
		t.Errorf("it took %d full Hessians", obj.hessians)
	}
	t.Logf("%d steps, %d gradients, %d products", steps, obj.gradients, obj.products)
	if obj.gradients > 4*steps {
		t.Errorf("%d gradients in %d steps", obj.gradients, steps)
	}
}

// TestNewtonCGForcing: near the minimum η decides how fast the gradient falls: by η₀ a step, superlinearly, or
// quadratically (Dembo, Eisenstat & Steihaug 1982).
func TestNewtonCGForcing(t *testing.T) {
	taken := map[string]int{}
	for _, forcing := range []string{"fixed", "sqrt", "linear"} {
		r, _ := ncgWide(t, "rosenbrock", "100", "forcing", forcing)
		for i := range r.p.X {
			r.p.X[i] = 1 + 1e-3*math.Sin(float64(i))
		}
		r.p.F = r.obj.Gradient(r.p.X, r.p.G)
		for soNorm(r.p.G) > 1e-10 && taken[forcing] < 100 {
			r.steps(t, 1)
			taken[forcing]++
		}
	}
	t.Log(taken)
	if !(taken["linear"] <= taken["sqrt"] && taken["sqrt"]+5 < taken["fixed"] && taken["linear"] <= 8) {
		t.Errorf("steps to ‖g‖ = 1e-10: %v", taken)
	}
}

// TestNewtonCGEscapes: from beside the ridge of a saddle, where Newton's method goes to the saddle, it goes down
// at once, and it tells the negative curvature.
func TestNewtonCGEscapes(t *testing.T) {
	obj := &soObjective{Problem: soProblem(t, "saddle")}
	r := soNew(t, "newton_cg", obj, []float64{1e-6, 1e-7})
	for range 3 {
		r.steps(t, 1)
	}
	if c := ncgReading(t, r, "c"); c >= 0 {
		t.Errorf("the curvature along the last direction is %v", c)
	}
	if !(r.p.F < -1) {
		t.Errorf("from beside the saddle only to %v, f = %v, in 3 steps", r.p.X, r.p.F)
	}
	// In many dimensions: Σ (xᵢ⁴/4 − xᵢ²/2 for even i, xᵢ²/2 for odd i) has its minimum −n/8 at |xᵢ| = 1 and 0.
	const n = 200
	wells := &soFunc{
		fg: func(x, g []float64) (f float64) {
			for i, v := range x {
				if g[i] = v; i%2 == 0 {
					g[i] = v*v*v - v
					f += v*v*v*v/4 - v*v/2
				} else {
					f += v * v / 2
				}
			}
			return f
		},
		hess: func(x, h []float64) {
			clear(h)
			for i, v := range x {
				if h[i*n+i] = 1; i%2 == 0 {
					h[i*n+i] = 3*v*v - 1
				}
			}
		},
	}
	start := make([]float64, n)
	for i := range start {
		start[i] = 1e-3 * math.Sin(float64(i+1))
	}
	w := soNew(t, "newton_cg", wells, start).steps(t, 40)
	if math.Abs(w.p.F+n/8) > 1e-10 || soNorm(w.p.G) > 1e-8 {
		t.Errorf("ends at f = %v, ‖g‖ = %v; the minimum is %v", w.p.F, soNorm(w.p.G), -n/8.)
	}
}

// TestNewtonCGStops: cg_max bounds the products of a step, and the step still goes down.
func TestNewtonCGStops(t *testing.T) {
	r, obj := ncgWide(t, "rosenbrock", "500", "cg_max", "3", "eta", "1e-6", "forcing", "fixed")
	for range 20 {
		before, f := obj.products, r.p.F
		r.steps(t, 1)
		if n := obj.products - before; n > 3 {
			t.Fatalf("%d products in one step", n)
		}
		if !(r.p.F < f) {
			t.Fatalf("from %v to %v", f, r.p.F)
		}
	}
}
