package problems

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/functions"
)

// elsewhere is another implementation of a function.
type elsewhere interface {
	Func(x []float64) float64
	Grad(grad, x []float64)
}

// mghCases are the functions with gonum's implementation, in sizes that gonum has too.
var mghCases = []struct {
	name, key, size string // of the knob, "" where there is none
	fn              elsewhere
}{
	{"powell_badly_scaled", "", "", functions.PowellBadlyScaled{}},
	{"brown_badly_scaled", "", "", functions.BrownBadlyScaled{}},
	{"helical_valley", "", "", functions.HelicalValley{}},
	{"gaussian", "", "", functions.Gaussian{}},
	{"gulf", "", "", functions.GulfResearchAndDevelopment{}},
	{"box_3d", "", "", functions.Box3D{}},
	{"wood", "", "", functions.Wood{}},
	{"brown_dennis", "", "", functions.BrownAndDennis{}},
	{"powell_singular", "blocks", "1", functions.ExtendedPowellSingular{}},
	{"powell_singular", "blocks", "3", functions.ExtendedPowellSingular{}},
	{"penalty_1", "dim", "4", functions.PenaltyI{}},
	{"penalty_1", "dim", "10", functions.PenaltyI{}},
	{"penalty_2", "dim", "4", functions.PenaltyII{}},
	{"penalty_2", "dim", "10", functions.PenaltyII{}},
	{"variably_dimensioned", "dim", "2", functions.VariablyDimensioned{}},
	{"variably_dimensioned", "dim", "10", functions.VariablyDimensioned{}},
	{"trigonometric", "dim", "10", functions.Trigonometric{}},
	{"watson", "dim", "6", functions.Watson{}},
	{"watson", "dim", "9", functions.Watson{}},
	{"biggs_exp", "dim", "2", functions.BiggsEXP2{}},
	{"biggs_exp", "dim", "3", functions.BiggsEXP3{}},
	{"biggs_exp", "dim", "4", functions.BiggsEXP4{}},
	{"biggs_exp", "dim", "5", functions.BiggsEXP5{}},
	{"biggs_exp", "dim", "6", functions.BiggsEXP6{}},
	{"rosenbrock", "dim", "2", functions.ExtendedRosenbrock{}},
	{"rosenbrock", "dim", "7", functions.ExtendedRosenbrock{}},
}

// TestMGHElsewhere: gonum, which has them after the same paper, gives the same values and gradients.
func TestMGHElsewhere(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for _, c := range mghCases {
		var p Problem
		if c.key == "" {
			p = with(t, c.name)
		} else {
			p = with(t, c.name, c.key, c.size)
		}
		n := p.Dim()
		g, want := make([]float64, n), make([]float64, n)
		for k := range 30 {
			x := p.Start(0)
			if k > 0 {
				for i := range x {
					x[i] += 0.3 * rng.NormFloat64() * max(1, math.Abs(x[i]))
				}
			}
			f := p.Gradient(x, g)
			if c.name == "gulf" && x[0] <= 0 {
				continue // not a model of anything there
			}
			if v := c.fn.Func(x); math.Abs(f-v) > 1e-12*max(1, math.Abs(v)) {
				t.Errorf("%s, n = %d, at %v: f = %v, gonum has %v", c.name, n, x, f, v)
			}
			c.fn.Grad(want, x)
			if floats.Distance(g, want, 2) > 1e-11*max(1, floats.Norm(want, 2)) {
				t.Errorf("%s, n = %d, at %v: g = %v, gonum has %v", c.name, n, x, g, want)
			}
		}
	}
}

// TestMGHPublished: the least values of the paper, from its standard starts, with Levenberg's method. The digits are
// those printed there; a value of 0 is met to 1e-15.
func TestMGHPublished(t *testing.T) {
	for _, c := range []struct {
		name, key, size string
		values          []float64 // one of them is reached
		steps           int
	}{
		{"freudenstein_roth", "", "", []float64{0, 48.9842}, 100},
		{"powell_badly_scaled", "", "", []float64{0}, 300},
		{"brown_badly_scaled", "", "", []float64{0}, 100},
		{"helical_valley", "", "", []float64{0}, 100},
		{"gaussian", "", "", []float64{1.12793e-8}, 100},
		{"gulf", "", "", []float64{0}, 300},
		{"box_3d", "", "", []float64{0}, 100},
		{"wood", "", "", []float64{0}, 300},
		{"brown_dennis", "", "", []float64{85822.2}, 500},
		{"biggs_exp", "dim", "6", []float64{0, 5.65565e-3}, 300},
		{"powell_singular", "blocks", "1", []float64{0}, 100},
		{"penalty_1", "dim", "4", []float64{2.24997e-5}, 300},
		{"penalty_1", "dim", "10", []float64{7.08765e-5}, 300},
		{"penalty_2", "dim", "4", []float64{9.37629e-6}, 2000},
		{"penalty_2", "dim", "10", []float64{2.93660e-4}, 3000},
		{"variably_dimensioned", "dim", "6", []float64{0}, 100},
		{"trigonometric", "dim", "10", []float64{0, 2.79506e-5}, 200},
		{"watson", "dim", "6", []float64{2.28767e-3}, 100},
		{"watson", "dim", "9", []float64{1.39976e-6}, 100},
		{"watson", "dim", "12", []float64{4.72238e-10}, 100},
	} {
		set := []string{}
		if c.key != "" {
			set = []string{c.key, c.size}
		}
		p := with(t, c.name, set...)
		f := levenberg(t, p, c.steps)
		if !slices.ContainsFunc(c.values, func(v float64) bool {
			return math.Abs(f-v) <= max(1e-15, v*6e-6) // printed to six digits
		}) {
			t.Errorf("%s %v: reaches %v, published is %v", c.name, set, f, c.values)
		}
	}
}

// levenberg minimises by (H + µI)p = −g from the usual start.
func levenberg(t *testing.T, p Problem, steps int) float64 {
	t.Helper()
	x := p.Start(0)
	n := len(x)
	g, h, y := make([]float64, n), make([]float64, n*n), make([]float64, n)
	mu := 1.0
	for range steps {
		f := p.Gradient(x, g)
		p.(Hessianer).Hessian(x, h)
		for range 60 {
			a := mat.NewSymDense(n, slices.Clone(h))
			for i := range n {
				a.SetSym(i, i, a.At(i, i)+mu)
			}
			var c mat.Cholesky
			if c.Factorize(a) {
				var d mat.VecDense
				if err := c.SolveVecTo(&d, mat.NewVecDense(n, g)); err == nil || !d.IsEmpty() {
					floats.SubTo(y, x, d.RawVector().Data)
					if v := p.Value(y); v <= f {
						copy(x, y)
						mu /= 5
						break
					}
				}
			}
			mu *= 4
		}
	}
	return p.Value(x)
}

// TestBadlyScaled checks what differences cannot at the minimum of Brown's function, by hand: with
// a = (0, 0, 0) there, ∇²f = 2JᵀJ.
func TestBadlyScaled(t *testing.T) {
	p := with(t, "brown_badly_scaled")
	g, h := make([]float64, 2), make([]float64, 4)
	x := []float64{1e6, 2e-6}
	if f := p.Gradient(x, g); f != 0 || g[0] != 0 || g[1] != 0 {
		t.Errorf("f = %v, g = %v", f, g)
	}
	p.(Hessianer).Hessian(x, h)
	if want := []float64{2 * (1 + 4e-12), 4, 4, 2 * (1 + 1e12)}; !near(h, want, 1e-15) || h[0] != want[0] {
		t.Errorf("Hessian %v, want %v", h, want)
	}
}

// TestHelicalValley: θ goes round without a jump but where x = 0 and y < 0.
func TestHelicalValley(t *testing.T) {
	p := with(t, "helical_valley")
	for degrees := -89.0; degrees < 270; degrees++ {
		s, c := math.Sincos(degrees / 180 * math.Pi)
		if f := p.Value([]float64{c, s, 10 * degrees / 360}); math.Abs(f-math.Pow(10*degrees/360, 2)) > 1e-12 {
			t.Fatalf("in the valley at %v° f = %v", degrees, f)
		}
	}
	if f := p.Value([]float64{-1, math.Copysign(0, -1), 0}); math.Abs(f-2500) > 1e-12 {
		t.Errorf("f(−1, −0, 0) = %v", f)
	}
}

// TestSizes: clones take their size along, and memory for another one is made when it is needed.
func TestSizes(t *testing.T) {
	p := with(t, "trigonometric", "dim", "3")
	if f := p.Value(p.Start(0)); f <= 0 {
		t.Errorf("f = %v", f)
	}
	for _, n := range []int{5, 2, 500} {
		k := p.Knobs()[0]
		if err := k.SetText(strconv.Itoa(n)); err != nil {
			t.Fatal(err)
		}
		c := p.Clone()
		x, g := c.Start(0), make([]float64, n)
		if len(x) != n || c.(LeastSquares).Residuals() != n {
			t.Fatalf("a clone has %d variables, not %d", len(x), n)
		}
		if f, v := c.Gradient(x, g), p.Value(x); f != v {
			t.Errorf("n = %d: the clone gives %v, the original %v", n, f, v)
		}
	}
}
