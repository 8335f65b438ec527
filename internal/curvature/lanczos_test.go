package curvature

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"opttui/internal/problems"
)

// withSpectrum is a random symmetric matrix with the given eigenvalues, row by row.
func withSpectrum(rng *rand.Rand, values []float64) []float64 {
	n := len(values)
	random := mat.NewDense(n, n, nil)
	for i := range n {
		for j := range n {
			random.Set(i, j, rng.NormFloat64())
		}
	}
	var qr mat.QR
	qr.Factorize(random)
	var q, h mat.Dense
	qr.QTo(&q)
	h.Product(&q, mat.NewDiagDense(n, slices.Clone(values)), q.T())
	data := make([]float64, n*n)
	for i := range n {
		for j := range n {
			data[i*n+j] = h.At(min(i, j), max(i, j))
		}
	}
	return data
}

// TestLanczos: the ends of the spectra of random matrices of up to 150 dimensions, with the residuals that are told.
func TestLanczos(t *testing.T) {
	spectra := map[string]func(rng *rand.Rand, i, n int) float64{
		"definite":       func(_ *rand.Rand, i, n int) float64 { return math.Pow(1e4, float64(i)/float64(n-1)) },
		"indefinite":     func(rng *rand.Rand, _, _ int) float64 { return rng.NormFloat64() },
		"negative":       func(rng *rand.Rand, _, _ int) float64 { return -1 - 9*rng.Float64() },
		"clustered":      func(_ *rand.Rand, i, _ int) float64 { return float64(i%3) - 1 + 1e-9*float64(i) },
		"rank deficient": func(_ *rand.Rand, i, _ int) float64 { return float64(max(0, i-45)) },
		"a multiple":     func(*rand.Rand, int, int) float64 { return -2.5 },
		"zero":           func(*rand.Rand, int, int) float64 { return 0 },
		"like a network": func(_ *rand.Rand, i, n int) float64 { return math.Exp(-float64(i)/3) - 0.01*float64(i)/float64(n) },
		"of tiny scale":  func(rng *rand.Rand, _, _ int) float64 { return 1e-200 * rng.NormFloat64() },
	}
	for name, of := range spectra {
		for _, n := range []int{1, 2, 3, 50, 150} {
			for seed := range uint64(4) {
				rng := rand.New(rand.NewPCG(seed, 1))
				values := make([]float64, n)
				for i := range values {
					values[i] = of(rng, i, max(n, 2))
				}
				h := withSpectrum(rng, values)
				want := decompose(h, n)
				what := fmt.Sprintf("%s, n = %d, seed %d", name, n, seed)
				checkEnds(t, what, FindExtremes(n, productOf(h, n), 80), want, h)
			}
		}
	}
}

func checkEnds(t *testing.T, what string, e Extremes, want *spectrum, h []float64) {
	t.Helper()
	n := len(want.values)
	scale := math.Max(math.Abs(want.max()), math.Abs(want.min()))
	tol := 1e-12 * scale
	if n > 80 { // not all of the space is seen
		tol = 1e-3 * scale
	}
	if math.Abs(e.Max-want.max()) > tol || math.Abs(e.Min-want.min()) > tol {
		t.Errorf("%s: %v … %v, want %v … %v", what, e.Max, e.Min, want.max(), want.min())
	}
	if e.Products > min(n, 80) || e.Error > 1e-3*scale {
		t.Errorf("%s: %d products, error %v", what, e.Products, e.Error)
	}
	for value, v := range map[float64][]float64{e.Max: e.MaxVector, e.Min: e.MinVector} {
		hv := make([]float64, n)
		productOf(h, n)(v, hv)
		floats.AddScaled(hv, -value, v)
		if slices.Max(v) < -slices.Min(v)*(1-1e-9) {
			t.Errorf("%s: %v is upside down", what, v)
		}
		if math.Abs(floats.Norm(v, 2)-1) > 1e-10 || floats.Norm(hv, 2) > e.Error+1e-12*scale {
			t.Errorf("%s: vector of length %v with the residual %v, error %v", what, floats.Norm(v, 2), floats.Norm(hv, 2), e.Error)
		}
	}
}

// TestDecompose: Hv = λv for all pairs, in descending order, also where entries differ by many orders of magnitude.
func TestDecompose(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 2))
		n := 1 + rng.IntN(6)
		h := make([]float64, n*n)
		for i := range n {
			for j := range i + 1 {
				v := rng.NormFloat64() * math.Pow(10, float64(rng.IntN(13)-6))
				if rng.IntN(4) == 0 {
					v = 0
				}
				h[i*n+j], h[j*n+i] = v, v
			}
		}
		s := decompose(h, n)
		if !slices.IsSortedFunc(s.values, func(a, b float64) int { return int(math.Copysign(1, b-a)) }) || len(s.vectors) != n {
			t.Fatalf("%v of %v", s.values, h)
		}
		for k, v := range s.vectors {
			hv := make([]float64, n)
			productOf(h, n)(v, hv)
			floats.AddScaled(hv, -s.values[k], v)
			if slices.Max(v) < -slices.Min(v)*(1-1e-9) {
				t.Errorf("%v is upside down", v)
			}
			if floats.Norm(hv, 2) > 1e-13*floats.Norm(h, 2) || math.Abs(floats.Norm(v, 2)-1) > 1e-13 {
				t.Errorf("%v: pair %v, %v has the residual %v", h, s.values[k], v, hv)
			}
		}
	}
}

// TestPairSmall: the smaller eigenvalue of two that differ by 12 orders of magnitude keeps its digits.
func TestPairSmall(t *testing.T) {
	s := decompose([]float64{1e12, 1e-3, 1e-3, 1}, 2)
	if s.values[1] != 1 && math.Abs(s.values[1]-1) > 1e-15 {
		t.Errorf("%v", s.values)
	}
	s = decompose([]float64{4, 2, 2, 1 + 1e-10}, 2) // det = 4e-10, so λmin = 8e-11
	if math.Abs(s.values[1]/8e-11-1) > 1e-6 {
		t.Errorf("%v", s.values)
	}
}

// TestModelHessian: Lanczos' method on a network's products, on its assembled matrix, and on differences of gradients.
func TestModelHessian(t *testing.T) {
	for _, name := range []string{"iris", "iris/mlp", "rosenbrock", "rastrigin", "saddle", "himmelblau"} {
		spec, err := problems.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		p := spec.New()
		x := p.Start(3)
		for i := range x {
			x[i] += 0.1 * math.Sin(float64(i))
		}
		n := len(x)
		product, exact := ProductAt(p, x)
		h := HessianAt(p, x, 1000)
		if !exact || h == nil {
			t.Fatalf("%s: exact %t", name, exact)
		}
		want := decompose(h, n)
		scale := math.Max(math.Abs(want.max()), math.Abs(want.min()))
		for how, product := range map[string]Product{"products": product, "differences": differences(p, x)} {
			e := FindExtremes(n, product, 80)
			if math.Abs(e.Max-want.max()) > 1e-6*scale || math.Abs(e.Min-want.min()) > 1e-6*scale {
				t.Errorf("%s by %s: %v … %v, want %v … %v", name, how, e.Max, e.Min, want.max(), want.min())
			}
		}
		if got := LambdaMax(p, x); math.Abs(got-want.max()) > 1e-9*scale {
			t.Errorf("%s: λmax %v, want %v", name, got, want.max())
		}
	}
}

// TestWarmStart: the second search of the same matrix is short.
func TestWarmStart(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	values := make([]float64, 300)
	for i := range values {
		values[i] = rng.NormFloat64()
	}
	values[0], values[1] = 6, -5
	h := withSpectrum(rng, values)
	l := lanczos{most: 80}
	first := l.ends(300, productOf(h, 300))
	cold := l.took
	again := l.ends(300, productOf(h, 300))
	if l.took >= cold || math.Abs(first.max()-6) > 1e-6 || math.Abs(again.max()-6) > 1e-6 || math.Abs(again.min()+5) > 1e-6 {
		t.Errorf("%d products, then %d: %v, %v", cold, l.took, first.values, again.values)
	}
}
