package problems

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"opttui/internal/knob"
)

// with returns a new problem of the name with knobs set by pairs of key and value.
func with(t testing.TB, name string, set ...string) Problem {
	t.Helper()
	s, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	p := s.New()
	for i := 0; i < len(set); i += 2 {
		k, ok := knob.Find(p.Knobs(), set[i])
		if !ok {
			t.Fatalf("%s has no knob %s", name, set[i])
		}
		if err := k.SetText(set[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// checkHessVec compares products with the Hessian at x with differences of the gradient along v.
func checkHessVec(p Problem, x, v []float64) error {
	n := len(x)
	got, at := make([]float64, n), make([]float64, n)
	p.(HessianVector).HessVec(x, v, got)
	want := differentiate(n, func(t float64, out []float64) {
		floats.AddScaledTo(at, x, t, v)
		p.Gradient(at, out)
	})
	if err := agree("Hv", got, want); err != nil {
		return fmt.Errorf("at %.6g along %.6g: %w", x, v, err)
	}
	return nil
}

// scattered returns n normally distributed numbers times the scale.
func scattered(rng *rand.Rand, n int, scale float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = scale * rng.NormFloat64()
	}
	return x
}

// dimensions are the ways in which the functions of any dimension are checked beside their defaults.
var dimensions = []struct {
	name string
	set  []string
}{
	{"quadratic", []string{"dim", "2", "rotation", "on"}},
	{"quadratic", []string{"dim", "3"}},
	{"quadratic", []string{"dim", "16", "spectrum", "linear", "rotation", "on"}},
	{"quadratic", []string{"dim", "7", "spectrum", "outlier", "rotation", "on"}},
	{"quadratic", []string{"dim", "13", "spectrum", "clusters", "condition", "1000"}},
	{"quadratic", []string{"dim", "100", "rotation", "on"}},
	{"rosenbrock", []string{"dim", "3"}},
	{"rosenbrock", []string{"dim", "10"}},
	{"rosenbrock", []string{"dim", "51"}},
	{"powell_singular", []string{"blocks", "3"}},
	{"penalty_1", []string{"dim", "1"}},
	{"penalty_1", []string{"dim", "10"}},
	{"penalty_2", []string{"dim", "2"}},
	{"penalty_2", []string{"dim", "10"}},
	{"variably_dimensioned", []string{"dim", "1"}},
	{"variably_dimensioned", []string{"dim", "3"}},
	{"trigonometric", []string{"dim", "1"}},
	{"trigonometric", []string{"dim", "25"}},
	{"watson", []string{"dim", "2"}},
	{"watson", []string{"dim", "12"}},
	{"biggs_exp", []string{"dim", "2"}},
	{"biggs_exp", []string{"dim", "3"}},
	{"biggs_exp", []string{"dim", "4"}},
	{"biggs_exp", []string{"dim", "5"}},
	{"random_field", []string{"dim", "2", "field_seed", "7"}},
	{"random_field", []string{"dim", "3", "bowl", "0"}},
	{"random_field", []string{"dim", "20", "field_seed", "123456789"}},
}

// TestOtherDimensions: all derivatives, by differences, wherever a function has many variables.
func TestOtherDimensions(t *testing.T) {
	for _, d := range dimensions {
		t.Run(fmt.Sprint(d.name, d.set), func(t *testing.T) {
			t.Parallel()
			p := with(t, d.name, d.set...)
			n := p.Dim()
			rng := rand.New(rand.NewPCG(5, uint64(n)))
			for k := range 4 {
				x := p.Start(0)
				if k > 0 {
					x = scattered(rng, n, 1)
				}
				if err := errors.Join(checkGradient(p, x), checkHessian(p, x)); err != nil {
					t.Error(err)
				}
				if _, ok := p.(HessianVector); ok {
					if err := checkHessVec(p, x, scattered(rng, n, 1)); err != nil {
						t.Error(err)
					}
				}
				if ls, ok := p.(LeastSquares); ok {
					checkSquares(t, p, ls, x)
				}
			}
		})
	}
}

// TestDimensionsTellErrors: the checks of products notice a wrong one.
func TestDimensionsTellErrors(t *testing.T) {
	p := with(t, "rosenbrock", "dim", "4")
	x, v := p.Start(0), []float64{1, -1, 2, 0.5}
	if err := checkHessVec(p, x, v); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		if checkHessVec(wrongHv{p, i}, x, v) == nil {
			t.Errorf("a wrong product[%d] is not noticed", i)
		}
	}
}

type wrongHv struct {
	Problem
	at int
}

func (w wrongHv) HessVec(x, v, hv []float64) {
	w.Problem.(HessianVector).HessVec(x, v, hv)
	hv[w.at] += 1e-4 * (1 + math.Abs(hv[w.at]))
}

// checkSquares compares ½‖r‖² and Jᵀr with the value and the gradient, and J with differences of r.
func checkSquares(t *testing.T, p Problem, ls LeastSquares, x []float64) {
	t.Helper()
	m, n := ls.Residuals(), len(x)
	r, j, g := make([]float64, m), make([]float64, m*n), make([]float64, n)
	f := p.Gradient(x, g)
	ls.Residual(x, r)
	ls.Jacobian(x, j)
	if half := floats.Dot(r, r) / 2; math.Abs(half-f) > 1e-13*math.Max(1, f) {
		t.Errorf("at %v: ½‖r‖² = %v, f = %v", x, half, f)
	}
	var jr mat.VecDense
	jr.MulVec(mat.NewDense(m, n, j).T(), mat.NewVecDense(m, r))
	if err := agree("Jᵀr", jr.RawVector().Data, g); err != nil {
		t.Error(err)
	}
	for k := range n {
		column := differentiate(m, func(t float64, out []float64) {
			shifted(x, k, t, func(x []float64) { ls.Residual(x, out) })
		})
		got := make([]float64, m)
		for i := range m {
			got[i] = j[i*n+k]
		}
		if err := agree(fmt.Sprintf("Jacobian, column %d,", k), got, column); err != nil {
			t.Error(err)
		}
	}
}

// TestSpectrum: the Hessian of the quadratic has the eigenvalues that the knobs ask for, however it is turned.
func TestSpectrum(t *testing.T) {
	const n, kappa = 9, 50
	for spectrum, want := range map[string]func(i int) float64{
		"log":      func(i int) float64 { return math.Pow(kappa, float64(i)/(n-1)) },
		"linear":   func(i int) float64 { return 1 + (kappa-1)*float64(i)/(n-1) },
		"outlier":  func(i int) float64 { return map[bool]float64{true: kappa, false: 1}[i == n-1] },
		"clusters": func(i int) float64 { return map[bool]float64{true: kappa, false: 1}[i >= n/2] },
	} {
		for _, rotation := range []string{"off", "on"} {
			p := with(t, "quadratic", "dim", "9", "condition", "50", "spectrum", spectrum, "rotation", rotation)
			h := make([]float64, n*n)
			p.(Hessianer).Hessian(nil, h)
			var eig mat.EigenSym
			if !eig.Factorize(mat.NewSymDense(n, slices.Clone(h)), false) {
				t.Fatal("no eigenvalues")
			}
			for i, got := range eig.Values(nil) {
				if math.Abs(got-want(i)) > 1e-12*kappa {
					t.Errorf("%s, rotation %s: λ%d = %v, want %v", spectrum, rotation, i+1, got, want(i))
				}
			}
			for i := range n { // every coordinate is mixed with others, or none
				if h[i*n+i] == floats.Sum(h[i*n:i*n+n]) != (rotation == "off") {
					t.Errorf("%s, rotation %s: row %d of the Hessian is %v", spectrum, rotation, i+1, h[i*n:i*n+n])
				}
			}
		}
	}
}

// TestQuadraticInThePlane: with the knobs' defaults it is ½(x² + κy²) bit for bit, and in two dimensions no choice
// of eigenvalues makes a difference.
func TestQuadraticInThePlane(t *testing.T) {
	plain := with(t, "quadratic")
	if x := plain.Start(0); !slices.Equal(x, []float64{-3.5, 1.5}) {
		t.Errorf("the start is %v", x)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, spectrum := range []string{"log", "linear", "outlier", "clusters"} {
		long := with(t, "quadratic", "dim", "3", "spectrum", spectrum)
		for range 20 {
			x, g := scattered(rng, 2, 3), make([]float64, 2)
			f := plain.Gradient(x, g)
			if want := 0.5 * (x[0]*x[0] + 100*x[1]*x[1]); f != want || g[0] != x[0] || g[1] != 100*x[1] {
				t.Errorf("at %v: f = %v, g = %v", x, f, g)
			}
			if l := long.Value([]float64{x[0], 0, x[1]}); math.Abs(l-f) > 1e-14*f { // its first and last axis
				t.Errorf("%s in three dimensions: %v, in the plane %v", spectrum, l, f)
			}
		}
	}
}

// TestTurnedKnobsRule: eigenvalues made for one condition number do not outlive it, nor do clones share them.
func TestTurnedKnobsRule(t *testing.T) {
	p := with(t, "quadratic", "dim", "5", "rotation", "on")
	x := p.Start(0)
	first := p.Value(x)
	c := p.Clone()
	k, _ := knob.Find(c.Knobs(), "condition")
	if err := k.Set(10); err != nil {
		t.Fatal(err)
	}
	if other := c.Value(x); !(other < first) {
		t.Errorf("κ = 10 gives %v, 100 gave %v", other, first)
	}
	if again := p.Value(x); again != first {
		t.Errorf("the original gives %v, it gave %v", again, first)
	}
	if err := k.Set(100); err != nil {
		t.Fatal(err)
	}
	if back := c.Value(x); back != first {
		t.Errorf("back at κ = 100: %v, it was %v", back, first)
	}
}

// TestManyDimensions: what depends on n works, and costs nothing to speak of, where n is as large as allowed.
func TestManyDimensions(t *testing.T) {
	for _, d := range []struct {
		name string
		set  []string
	}{
		{"quadratic", []string{"rotation", "on"}},
		{"quadratic", []string{"spectrum", "linear"}},
		{"rosenbrock", nil},
	} {
		p := with(t, d.name, append(d.set, "dim", "100000")...)
		x := p.Start(0)
		g, hv, minimum := make([]float64, len(x)), make([]float64, len(x)), make([]float64, len(x))
		if d.name == "rosenbrock" {
			for i := range minimum {
				minimum[i] = 1
			}
		}
		if f := p.Gradient(minimum, g); f != 0 || floats.Norm(g, 2) != 0 {
			t.Errorf("%s: at the minimum f = %v, ‖g‖ = %v", d.name, f, floats.Norm(g, 2))
		}
		if n := testing.AllocsPerRun(3, func() {
			p.Value(x)
			p.Gradient(x, g)
			p.(HessianVector).HessVec(x, g, hv)
		}); n != 0 {
			t.Errorf("%s: %v allocations", d.name, n)
		}
		if !(floats.Dot(g, hv) > 0) {
			t.Errorf("%s: gᵀHg = %v", d.name, floats.Dot(g, hv))
		}
		if _, ok := HessianOf(p); ok {
			t.Errorf("%s offers a Hessian of %d numbers", d.name, len(x)*len(x))
		}
	}
}

// TestChainedRosenbrock: known values. From n = 4 on there is a local minimum near (−1, 1, …, 1) (Shang & Qiu 2006,
// for n = 4: (−0.775659, 0.613093, 0.382063, 0.145972), f = 3.701429).
func TestChainedRosenbrock(t *testing.T) {
	p := with(t, "rosenbrock", "dim", "4")
	g, h := make([]float64, 4), make([]float64, 16)
	x := []float64{-0.775659, 0.613093, 0.382063, 0.145972}
	f := p.Gradient(x, g)
	p.(Hessianer).Hessian(x, h)
	lo, _ := eigenvalues(4, h)
	if math.Abs(f-3.701429) > 1e-6 || floats.Norm(g, 2) > 2e-3 || lo <= 0 {
		t.Errorf("f = %v, g = %v, smallest curvature %v: not the known minimum", f, g, lo)
	}
	if f := p.Value(p.Start(0)); math.Abs(f-(2*24.2+100*math.Pow(-1.2-1, 2))) > 1e-12 {
		t.Errorf("f(start) = %v", f)
	}
}

// TestRandomField: the field is what its text says: the same for the same knobs, another one for another seed, of mean
// 0, variance 1 and covariance exp(−r²/2), with gradients and curvatures to match.
func TestRandomField(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for _, n := range []int{1, 2, 5, 30} {
		const fields, places = 40, 25
		var mean, square, beside, slope, slant float64
		g, hv, x, y := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
		for seed := range fields {
			p := RandomField(n, seed+1, 0)
			again := RandomField(n, seed+1, 0)
			for range places {
				for i := range x {
					x[i] = 40 * (rng.Float64() - 0.5)
				}
				copy(y, x)
				y[n-1] += 1.5
				f := p.Gradient(x, g)
				if v := again.Value(x); math.Abs(v-f) > 1e-13 {
					t.Fatalf("n = %d, seed %d: %v and %v", n, seed+1, f, v)
				}
				mean += f
				square += f * f
				beside += f * p.Value(y)
				slope += floats.Dot(g, g) / float64(n)
				p.(HessianVector).HessVec(x, g, hv)
				slant += f * floats.Dot(g, hv) / floats.Dot(g, g)
			}
		}
		const total = fields * places
		for _, c := range []struct {
			what           string
			got, want, tol float64
		}{
			{"mean", mean / total, 0, 0.15},
			{"variance", square / total, 1, 0.2},
			{"covariance at the distance 1.5", beside / total, math.Exp(-1.5 * 1.5 / 2), 0.15},
			{"variance of a slope", slope / total, 1, 0.2},
			{"covariance of value and curvature", slant / total, -1, 0.25},
		} {
			if math.Abs(c.got-c.want) > c.tol {
				t.Errorf("n = %d: %s is %.3f, want %.3f", n, c.what, c.got, c.want)
			}
		}
	}
	if x := []float64{0.3, -0.2}; RandomField(2, 1, 0).Value(x) == RandomField(2, 2, 0).Value(x) {
		t.Error("seeds 1 and 2 give the same field")
	}
}

// TestRandomFieldIsBounded: the bowl turns up all around.
func TestRandomFieldIsBounded(t *testing.T) {
	p := with(t, "random_field", "dim", "10")
	g := make([]float64, 10)
	rng := rand.New(rand.NewPCG(2, 2))
	for range 100 {
		x := scattered(rng, 10, 1)
		floats.Scale(1000/floats.Norm(x, 2), x)
		if f := p.Gradient(x, g); f < 9000 || floats.Dot(g, x) < 0 {
			t.Errorf("at %v f = %v, slope outward %v", x, f, floats.Dot(g, x))
		}
	}
}

func BenchmarkManyVariables(b *testing.B) {
	for _, name := range []string{"quadratic", "rosenbrock", "random_field"} {
		p := with(b, name, "dim", "1000")
		x := p.Start(0)
		g, hv := make([]float64, len(x)), make([]float64, len(x))
		b.Run(name+"/gradient", func(b *testing.B) {
			for b.Loop() {
				p.Gradient(x, g)
			}
		})
		b.Run(name+"/product", func(b *testing.B) {
			for b.Loop() {
				p.(HessianVector).HessVec(x, g, hv)
			}
		})
	}
}
