package optim_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"opttui/internal/knob"
	"opttui/internal/optim"
)

// secondOrder are the rules that these tests are about. The first one goes to any critical point, the others downhill.
var secondOrder = []string{"newton", "damped_newton", "newton_cg", "lm", "bfgs", "lbfgs", "cg"}

var downhill = secondOrder[1:]

// soFunc is an objective made of functions.
type soFunc struct {
	fg    func(x, g []float64) float64
	hess  func(x, h []float64)
	calls int
}

func (o *soFunc) Value(x []float64) float64       { return o.fg(x, make([]float64, len(x))) }
func (o *soFunc) Gradient(x, g []float64) float64 { o.calls++; return o.fg(x, g) }
func (o *soFunc) Has(c optim.Capability) bool {
	return (c == optim.CanHessian || c == optim.CanHessVec) && o.hess != nil
}
func (o *soFunc) Hessian(x, h []float64) { o.hess(x, h) }
func (o *soFunc) HessVec(x, v, hv []float64) {
	h := make([]float64, len(x)*len(x))
	o.hess(x, h)
	for i := range hv {
		hv[i] = soDot(h[i*len(x):(i+1)*len(x)], v)
	}
}
func (o *soFunc) Residuals() int                  { return 0 }
func (o *soFunc) Residual(_, _ []float64) float64 { return 0 }
func (o *soFunc) Jacobian(_, _ []float64)         {}

// soScalar is a function of one variable with its two derivatives.
func soScalar(f, d, dd func(x float64) float64) *soFunc {
	return &soFunc{
		fg:   func(x, g []float64) float64 { g[0] = d(x[0]); return f(x[0]) },
		hess: func(x, h []float64) { h[0] = dd(x[0]) },
	}
}

// soQuadratic is ½xᵀHx with a full H of n eigenvalues from 1 to condition, in geometric progression.
func soQuadratic(n int, condition float64) *soFunc {
	rng := rand.New(rand.NewPCG(3, uint64(n)))
	h := make([]float64, n*n)
	for i := range n {
		h[i*n+i] = math.Pow(condition, float64(i)/float64(max(n-1, 1)))
	}
	for range 3 { // H ← RHR with the reflections R = I − 2vvᵀ
		v := make([]float64, n)
		for i := range v {
			v[i] = rng.NormFloat64()
		}
		norm := soNorm(v)
		for i := range v {
			v[i] /= norm
		}
		for range 2 { // from the left, twice with a transposition between
			for j := range n {
				dot := 0.0
				for i := range n {
					dot += v[i] * h[i*n+j]
				}
				for i := range n {
					h[i*n+j] -= 2 * v[i] * dot
				}
			}
			for i := range n {
				for j := range i {
					h[i*n+j], h[j*n+i] = h[j*n+i], h[i*n+j]
				}
			}
		}
	}
	return &soFunc{
		fg: func(x, g []float64) float64 {
			for i := range g {
				g[i] = soDot(h[i*n:i*n+n], x)
			}
			return soDot(g, x) / 2
		},
		hess: func(_, out []float64) { copy(out, h) },
	}
}

// soRosenbrock is the chained Rosenbrock function of n variables.
func soRosenbrock() *soFunc {
	return &soFunc{fg: func(x, g []float64) (f float64) {
		clear(g)
		for i := range len(x) - 1 {
			a, b := 1-x[i], x[i+1]-x[i]*x[i]
			f += a*a + 100*b*b
			g[i] -= 2*a + 400*x[i]*b
			g[i+1] += 200 * b
		}
		return f
	}}
}

func nan(float64) float64 { return math.NaN() }

func ones(n int) []float64 { return slices.Repeat([]float64{1}, n) }

// TestQuadraticSteps: Newton and Gauss–Newton solve a quadratic in one step; with nearly exact searches,
// conjugate gradients and quasi-Newton methods need as many as it has dimensions (Nocedal & Wright 2006,
// theorems 5.3 and 6.4).
func TestQuadraticSteps(t *testing.T) {
	exact := []string{"c2", "1e-6"}
	for _, c := range []struct {
		rule  string
		steps func(n int) int
		set   []string
	}{
		{"newton", func(int) int { return 1 }, nil},
		{"damped_newton", func(int) int { return 1 }, nil},
		{"lm", func(int) int { return 2 }, []string{"damping", "1e-12"}},
		{"cg", func(n int) int { return n + 1 }, exact},
		{"cg", func(n int) int { return n + 1 }, append([]string{"beta", "fletcher_reeves"}, exact...)},
		{"cg", func(n int) int { return n + 1 }, append([]string{"beta", "hestenes_stiefel"}, exact...)},
		{"bfgs", func(n int) int { return n + 2 }, exact},
		{"lbfgs", func(n int) int { return n + 2 }, append([]string{"history", "30"}, exact...)},
		{"cg", func(n int) int { return 3 * n }, nil},
		{"bfgs", func(n int) int { return 3*n + 10 }, nil},
		{"lbfgs", func(n int) int { return 3*n + 10 }, nil},
	} {
		for _, n := range []int{1, 2, 5, 20} {
			t.Run(fmt.Sprint(c.rule, c.set, n), func(t *testing.T) {
				r := soNew(t, c.rule, soQuadratic(n, 50), ones(n), c.set...)
				f0 := r.p.F
				r.steps(t, c.steps(n))
				if r.p.F > 1e-8*f0 {
					t.Errorf("f is %v after %d steps, from %v", r.p.F, c.steps(n), f0)
				}
			})
		}
	}
}

// TestNewtonIsPure: the full step goes to whatever critical point there is.
func TestNewtonIsPure(t *testing.T) {
	saddle := &soObjective{Problem: soProblem(t, "saddle")}
	r := soNew(t, "newton", saddle, []float64{1.3, 0.002}).steps(t, 1)
	if soNorm(r.p.X) > 1e-15 {
		t.Errorf("not at the saddle but at %v", r.p.X)
	}
	cos := soScalar(math.Cos, func(x float64) float64 { return -math.Sin(x) }, func(x float64) float64 { return -math.Cos(x) })
	r = soNew(t, "newton", cos, []float64{0.3}).steps(t, 6)
	if math.Abs(r.p.X[0]) > 1e-12 {
		t.Errorf("not at the maximum of the cosine but at %v", r.p.X)
	}
}

func TestNewtonZero(t *testing.T) {
	f := soScalar(
		func(x float64) float64 { return x*x - 2 },
		func(x float64) float64 { return 2 * x },
		func(float64) float64 { return 2 })
	r := soNew(t, "newton", f, []float64{1}, "mode", "zero").steps(t, 8)
	if math.Abs(r.p.X[0]-math.Sqrt2) > 1e-15 {
		t.Errorf("√2 is not %v", r.p.X[0])
	}
	for _, c := range []struct {
		name  string
		obj   optim.Objective
		start []float64
		word  string
	}{
		{"flat", f, []float64{0}, "slope is zero"},
		{"two variables", soQuadratic(2, 3), ones(2), "one variable"},
	} {
		r := soNew(t, "newton", c.obj, c.start, "mode", "zero")
		soFails(t, c.name, r, c.word)
	}
}

// soFails asks for an error with a word in it and an unmoved point.
func soFails(t *testing.T, what string, r *soRun, word string) {
	t.Helper()
	start := slices.Clone(r.p.X)
	err := r.step()
	if err == nil || !strings.Contains(err.Error(), word) {
		t.Errorf("%s: error %v, expected one about %q", what, err, word)
	}
	if !slices.Equal(r.p.X, start) {
		t.Errorf("%s: the failed step has moved from %v to %v", what, start, r.p.X)
	}
}

func TestNewtonSingular(t *testing.T) {
	trough := &soFunc{ // ½x² − y: no curvature along y
		fg:   func(x, g []float64) float64 { g[0], g[1] = x[0], -1; return x[0]*x[0]/2 - x[1] },
		hess: func(_, h []float64) { copy(h, []float64{1, 0, 0, 0}) },
	}
	soFails(t, "trough", soNew(t, "newton", trough, ones(2)), "singular")
	for _, rule := range downhill {
		r := soNew(t, rule, trough, ones(2)).steps(t, 3)
		if !(r.p.F < -1.5) {
			t.Errorf("%s has only reached %v in the unbounded trough", rule, r.p.F)
		}
	}
	monkey := &soObjective{Problem: soProblem(t, "monkey_saddle")}
	r := soNew(t, "newton", monkey, []float64{0, 0}).steps(t, 1) // a critical point with H = 0
	if soNorm(r.p.X) != 0 {
		t.Errorf("Newton leaves the critical point for %v", r.p.X)
	}
}

// noisyQuadratic adds a fresh ξᵀx to each step's function, as package train does.
type noisyQuadratic struct {
	*soFunc
	rng *rand.Rand
	xi  []float64
}

func (o *noisyQuadratic) next() {
	for i := range o.xi {
		o.xi[i] = o.rng.NormFloat64()
	}
}

func (o *noisyQuadratic) Gradient(x, g []float64) float64 {
	f := o.soFunc.Gradient(x, g)
	for i, v := range o.xi {
		g[i] += v
	}
	return f + soDot(o.xi, x)
}

// TestNoise: L-BFGS trusts each noisy gradient to the full and stays at the height of the noise, where
// gradient descent with a decaying rate averages it out on the same number of gradients.
func TestNoise(t *testing.T) {
	const n, budget = 10, 4000
	run := func(rule string) float64 {
		o := &noisyQuadratic{soFunc: soQuadratic(n, 10), rng: rand.New(rand.NewPCG(7, 7)), xi: make([]float64, n)}
		r := soNew(t, rule, o, ones(n))
		mean, count := 0.0, 0
		clean := make([]float64, n)
		for k := 0; o.calls < budget; k++ {
			o.next()
			r.p.F = o.Gradient(r.p.X, r.p.G)
			r.p.LR = 1 / (10 + 0.7*float64(k))
			if err := r.opt.Step(o, &r.p); err != nil {
				t.Fatal(err)
			}
			if o.calls > budget*9/10 {
				mean += o.fg(r.p.X, clean)
				count++
			}
		}
		return mean / float64(count)
	}
	sgd, lbfgs := run("sgd"), run("lbfgs")
	if !(lbfgs > 20*sgd) {
		t.Errorf("L-BFGS ends at %v, SGD at %v: expected it to stay far above", lbfgs, sgd)
	}
	t.Logf("mean f over the last tenth: SGD %.3g, L-BFGS %.3g", sgd, lbfgs)
}

// soRules makes every rule on Rosenbrock's function, some steps into a run.
func soRules(t testing.TB, do func(name string, r *soRun)) {
	for _, rule := range secondOrder {
		hides := []optim.Capability{0}
		if rule == "lm" {
			hides = append(hides, optim.CanResiduals)
		}
		for _, hide := range hides {
			obj := &soObjective{Problem: soProblem(t, "rosenbrock"), hide: hide}
			r := soNew(t, rule, obj, []float64{-1.2, 1}).steps(t, 3)
			do(rule, r)
		}
	}
}

// TestSecondOrderClone: a clone goes on exactly like its original, and neither disturbs the other.
func TestSecondOrderClone(t *testing.T) {
	soRules(t, func(name string, r *soRun) {
		path := func(opt optim.Optimizer) (out []float64) {
			c := soRun{opt: opt, obj: r.obj, p: r.p}
			c.p.X, c.p.G = slices.Clone(r.p.X), slices.Clone(r.p.G)
			for range 3 {
				if err := c.step(); err != nil {
					t.Fatal(err)
				}
				out = append(out, c.p.X...)
			}
			return out
		}
		a, b, c := r.opt.Clone(), r.opt.Clone(), r.opt.Clone()
		want := path(a)
		knob.Reset(a.Knobs())
		a.Init(optim.Layout{Dim: 2})
		if got := path(b); !slices.Equal(got, want) {
			t.Errorf("%s: the second clone goes %v, the first %v", name, got, want)
		}
		if got := path(r.opt); !slices.Equal(got, want) {
			t.Errorf("%s: the original goes %v, its clone %v", name, got, want)
		}
		if got := path(c); !slices.Equal(got, want) {
			t.Errorf("%s: the last clone goes %v, the first %v", name, got, want)
		}
	})
}

func TestSecondOrderAllocations(t *testing.T) {
	soRules(t, func(name string, r *soRun) {
		start := slices.Clone(r.p.X)
		g := make([]float64, 2)
		k := 0
		if n := testing.AllocsPerRun(50, func() {
			if k++; k%4 == 0 { // back to where there is work to do
				copy(r.p.X, start)
				r.p.F = r.obj.Gradient(start, g)
				copy(r.p.G, g)
			}
			if err := r.step(); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations a step", name, n)
		}
	})
}

// TestHistoryLive turns L-BFGS's memory up and down in mid-run.
func TestHistoryLive(t *testing.T) {
	x := slices.Repeat([]float64{-1}, 20)
	r := soNew(t, "lbfgs", soRosenbrock(), x)
	k, _ := knob.Find(r.opt.Knobs(), "history")
	pairs := func() float64 { return r.opt.(optim.Telling).Readings()[1].Value }
	for _, m := range []float64{10, 3, 1, 25, 100, 5} {
		if err := k.Set(m); err != nil {
			t.Fatal(err)
		}
		before := pairs()
		r.steps(t, 1)
		if want := math.Min(math.Min(before, m)+1, m); pairs() != want {
			t.Errorf("history %v: %v pairs after a step with %v, expected %v", m, pairs(), before, want)
		}
		r.steps(t, 12)
	}
	r.steps(t, 400)
	if soNorm(r.p.G) > 1e-6 {
		t.Errorf("ends with a gradient of %v", soNorm(r.p.G))
	}
	if k.Set(0) == nil || k.Set(101) == nil || k.Set(2.5) == nil {
		t.Error("history takes 0, 101 or 2.5")
	}
}

// TestLMMoves: µ falls to nothing near the minimum (Gauss–Newton) and is large where the model is bad.
func TestLMMoves(t *testing.T) {
	obj := &soObjective{Problem: soProblem(t, "rosenbrock")}
	r := soNew(t, "lm", obj, []float64{-1.2, 1})
	mu := func() float64 { return r.opt.(optim.Telling).Readings()[0].Value }
	r.steps(t, 1)
	first := mu()
	r.steps(t, 40)
	if last := mu(); !(first > 0.1) || !(last < 1e-3*first) {
		t.Errorf("µ goes from %v to %v", first, last)
	}
	if obj.hessians != 0 || obj.jacobians == 0 {
		t.Errorf("least squares took %d Hessians and %d Jacobians", obj.hessians, obj.jacobians)
	}
}

func TestNeedsAny(t *testing.T) {
	lm, _ := optim.Lookup("lm")
	for _, have := range []optim.Capability{optim.CanHessian, optim.CanResiduals, optim.CanHessian | optim.CanResiduals} {
		if err := lm.Offered(have); err != nil {
			t.Errorf("lm is refused: %v", err)
		}
	}
	err := lm.Offered(0)
	if want := "lm needs a Hessian or residuals, and this problem supplies neither"; err == nil || err.Error() != want {
		t.Errorf("error %v, expected %q", err, want)
	}
	newton, _ := optim.Lookup("newton")
	if newton.Offered(optim.CanResiduals) == nil {
		t.Error("newton is offered without a Hessian")
	}
}

func BenchmarkQuasiNewton(b *testing.B) {
	for _, rule := range []string{"bfgs", "lbfgs", "cg"} {
		for _, n := range []int{2, 1000} {
			b.Run(fmt.Sprintf("%s/n=%d", rule, n), func(b *testing.B) {
				start := slices.Repeat([]float64{-1.2, 1}, n/2)
				o := soRosenbrock()
				r := soNew(b, rule, o, start)
				b.ReportAllocs()
				o.calls = 0
				k := 0
				for b.Loop() {
					if k++; k%40 == 0 { // n = 2 has arrived by now
						copy(r.p.X, start)
						r.p.F = o.fg(r.p.X, r.p.G)
					}
					if err := r.step(); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(o.calls)/float64(b.N), "evals/op")
			})
		}
	}
}
