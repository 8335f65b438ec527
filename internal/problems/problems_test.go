package problems

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

func TestSpecs(t *testing.T) {
	var names []string
	for _, s := range All() {
		names = append(names, s.Name)
		if s.Title == "" || s.Kind == "" || s.Formula == "" || s.Source == "" || !(s.UsualRate() > 0) {
			t.Errorf("%s: title, kind, formula, source and rate must all be there: %+v", s.Name, s)
		}
		p := s.New()
		if got := len(p.Start(1)); got != p.Dim() {
			t.Errorf("%s: start has length %d, dimension is %d", s.Name, got, p.Dim())
		}
		if _, model := p.(Sampled); model != (s.Domain == nil) {
			t.Errorf("%s: a landscape has a domain, a model has none", s.Name)
		}
		if s.Domain != nil && len(s.Domain) != p.Dim() || s.View != nil && len(s.View) != p.Dim() {
			t.Errorf("%s: domain and view must have %d intervals", s.Name, p.Dim())
		}
		for i, v := range s.View {
			if v[0] < s.Domain[i][0] || v[1] > s.Domain[i][1] || v[0] >= v[1] {
				t.Errorf("%s: view %v is not inside the domain %v", s.Name, v, s.Domain[i])
			}
		}
		for i, v := range s.Shown() {
			if x := p.Start(0)[i]; x < v[0] || x > v[1] {
				t.Errorf("%s: start %v is outside the view", s.Name, p.Start(0))
			}
		}
		if found, err := Find(s.Name); err != nil || found.Title != s.Title {
			t.Errorf("Find(%q) does not find it", s.Name)
		}
		for _, k := range p.Knobs() {
			if k.Value() != k.Default {
				t.Errorf("%s: %s is %v at first, its default is %v", s.Name, k.Key, k.Value(), k.Default)
			}
		}
	}
	want := []string{
		"ackley", "beale", "biggs_exp", "booth", "box_3d", "brown_badly_scaled", "brown_dennis", "double_well", "easom",
		"freudenstein_roth", "gaussian", "goldstein_price", "gulf", "helical_valley", "himmelblau", "levy", "levy13", "matyas",
		"mccormick", "monkey_saddle", "parabola", "penalty_1", "penalty_2", "powell_badly_scaled", "powell_singular", "quadratic",
		"quartic", "random_field", "rastrigin", "ravine", "rosenbrock", "saddle", "six_hump_camel", "smooth_abs",
		"styblinski_tang", "three_hump_camel", "trigonometric", "variably_dimensioned", "watson", "wavy", "wood",
		"breast_cancer", "breast_cancer/autoencoder", "breast_cancer/factorization", "breast_cancer/mlp", "breast_cancer/softmax",
		"diabetes", "diabetes/autoencoder", "diabetes/factorization", "diabetes/mlp", "diabetes/ridge",
		"digits", "digits/autoencoder", "digits/factorization", "digits/mlp",
		"iris", "iris/autoencoder", "iris/factorization", "iris/mlp",
		"wine", "wine/autoencoder", "wine/factorization", "wine/mlp",
	}
	if !slices.Equal(names, want) {
		t.Errorf("problems are\n%v, want\n%v", names, want)
	}
	if _, err := Find("nope"); err == nil {
		t.Error("Find finds a problem that is not there")
	}
}

func TestMinima(t *testing.T) {
	for _, s := range All() {
		p := s.New()
		least := math.Inf(1)
		for i, m := range s.Minima {
			if i > 0 && m.Global && !s.Minima[i-1].Global {
				t.Errorf("%s: global minima must come first", s.Name)
			}
			if m.Global {
				least = m.F
			} else if m.F <= least {
				t.Errorf("%s: local minimum %v is not above the global one", s.Name, m)
			}
			for k, x := range m.X {
				if x < s.Domain[k][0] || x > s.Domain[k][1] {
					t.Errorf("%s: minimum %v is outside the domain", s.Name, m.X)
				}
			}
			n := p.Dim()
			g, h := make([]float64, n), make([]float64, n*n)
			f := p.Gradient(m.X, g)
			p.(Hessianer).Hessian(m.X, h)
			lo, hi := eigenvalues(n, h)
			tol := 1e-12 * math.Max(1, math.Abs(hi))
			if math.Abs(f-m.F) > tol {
				t.Errorf("%s: f%v = %v, listed is %v", s.Name, m.X, f, m.F)
			}
			if floats.Norm(g, 2) > tol {
				t.Errorf("%s: gradient at the minimum %v is %v", s.Name, m.X, g)
			}
			if lo < -tol {
				t.Errorf("%s: curvature at the minimum %v is %v", s.Name, m.X, lo)
			}
		}
		if len(s.Minima) == 0 {
			continue
		}
		rng := rand.New(rand.NewPCG(3, 3))
		for range 2000 {
			if x := randomIn(rng, s.Domain); p.Value(x) < least-1e-12 {
				t.Errorf("%s: f%v = %v is below the global minimum %v", s.Name, x, p.Value(x), least)
			}
		}
	}
}

// eigenvalues returns the least and the largest of a symmetric n×n matrix.
func eigenvalues(n int, h []float64) (lo, hi float64) {
	var eig mat.EigenSym
	if !eig.Factorize(mat.NewSymDense(n, slices.Clone(h)), false) {
		return math.NaN(), math.NaN()
	}
	lambda := eig.Values(nil)
	return lambda[0], lambda[n-1]
}

// TestRate follows gradient descent from the default start at the suggested rate: it must make good progress
// and, past the first few steps, hardly ever turn back on itself.
func TestRate(t *testing.T) {
	for _, s := range All() {
		p, rate := s.New(), s.UsualRate()
		x := p.Start(0)
		g, last := make([]float64, p.Dim()), make([]float64, p.Dim())
		first := p.Value(x)
		best, turns, before := first, 0, math.Inf(1)
		for k := range 100 {
			f := p.Gradient(x, g)
			if f > before+1e-12*math.Abs(before) {
				t.Errorf("%s: f rises from %v to %v at step %d", s.Name, before, f, k)
				break
			}
			dot := 0.0
			for i := range x {
				dot += g[i] * last[i]
				x[i] -= rate * g[i]
			}
			if dot < 0 {
				turns++
			}
			copy(last, g)
			best, before = f, f
		}
		if turns > 2 {
			t.Errorf("%s: the gradient turns back %d times in 100 steps", s.Name, turns)
		}
		if progress := first - best; progress < 0.04*math.Abs(first) && s.Name != "brown_badly_scaled" { // no rate gets anywhere there
			t.Errorf("%s: f goes from %v only to %v in 100 steps", s.Name, first, best)
		}
	}
}

func TestClonesAreIndependent(t *testing.T) {
	for _, s := range All() {
		p := s.New()
		x := p.Start(0)
		x[0] += 0.3
		g, want := make([]float64, p.Dim()), make([]float64, p.Dim())
		f := p.Gradient(x, want)
		c := p.Clone()
		if len(c.Knobs()) != len(p.Knobs()) {
			t.Errorf("%s: a clone has other knobs", s.Name)
		}
		for i, k := range c.Knobs() {
			v := k.Max
			if k.Default == v {
				v = k.Min
			}
			if err := k.Set(v); err != nil {
				t.Fatal(err)
			}
			if p.Knobs()[i].Value() == v {
				t.Errorf("%s: turning a clone's %s turns the original's", s.Name, k.Key)
			}
			if d := c.Clone().Knobs()[i].Value(); d != v {
				t.Errorf("%s: a clone has %s = %v instead of %v", s.Name, k.Key, d, v)
			}
			if err := k.Set(k.Default); err != nil {
				t.Fatal(err)
			}
		}
		done := make(chan bool)
		go func() { // the race detector sees shared scratch memory
			for range 20 {
				p.Gradient(p.Start(0), make([]float64, p.Dim()))
			}
			close(done)
		}()
		for range 20 {
			if v := c.Gradient(x, g); v != f || !slices.Equal(g, want) {
				t.Errorf("%s: a clone computes something else", s.Name)
			}
		}
		<-done
		if _, h := p.(Hessianer); h {
			c.(Hessianer).Hessian(x, make([]float64, len(x)*len(x)))
		}
		if _, ls := p.(LeastSquares); ls {
			c.(LeastSquares).Residual(x, make([]float64, p.(LeastSquares).Residuals()))
		}
	}
}

func TestNoAllocations(t *testing.T) {
	for _, s := range All() {
		p := s.New()
		x, g := p.Start(0), make([]float64, p.Dim())
		var h, r, j []float64
		hp, _ := p.(Hessianer)
		hv, _ := p.(HessianVector)
		sp, _ := p.(Sampled)
		sc, _ := p.(Scored)
		ls, _ := p.(LeastSquares)
		if hp != nil {
			h = make([]float64, len(x)*len(x))
		}
		if ls != nil {
			r, j = make([]float64, ls.Residuals()), make([]float64, ls.Residuals()*len(x))
		}
		batch := []int{0, 1, 2}
		if n := testing.AllocsPerRun(3, func() {
			p.Value(x)
			p.Gradient(x, g)
			if hp != nil {
				hp.Hessian(x, h)
			}
			if hv != nil {
				hv.HessVec(x, x, g)
			}
			if sp != nil {
				sp.ValueOn(batch, x)
				sp.GradientOn(batch, x, g)
			}
			if sc != nil {
				sc.Score(x)
			}
			if ls != nil {
				ls.Residual(x, r)
				ls.Jacobian(x, j)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", s.Name, n)
		}
	}
}

func TestValuesThatAreNotFinite(t *testing.T) {
	odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -1e200, 1e-320, 0}
	for _, s := range All() {
		p := s.New()
		n := p.Dim()
		x, g := make([]float64, n), make([]float64, n)
		var h []float64
		if _, ok := p.(Hessianer); ok {
			h = make([]float64, n*n)
		}
		for _, a := range odd {
			for _, b := range odd {
				if n > 100 && b != 0 && !math.IsNaN(b) {
					continue // enough of a model
				}
				for i := range x {
					x[i] = a
				}
				x[n-1] = b
				f := p.Gradient(x, g)
				if v := p.Value(x); v != f && !(math.IsNaN(v) && math.IsNaN(f)) && math.Abs(v-f) > 1e-14*math.Abs(f) {
					t.Errorf("%s: at (%v, %v) Value is %v, Gradient returns %v", s.Name, a, b, v, f)
				}
				if (n > 1 && math.IsNaN(a) || math.IsNaN(b)) && !math.IsNaN(f) {
					t.Errorf("%s: at (%v, %v) f = %v hides the NaN", s.Name, a, b, f)
				}
				if h != nil {
					p.(Hessianer).Hessian(x, h)
				}
				if sc, ok := p.(Scored); ok {
					sc.Score(x)
				}
			}
		}
	}
}

func BenchmarkGradient(b *testing.B) {
	for _, s := range All() {
		b.Run(s.Name, func(b *testing.B) {
			b.ReportAllocs()
			p := s.New()
			x, g := p.Start(0), make([]float64, p.Dim())
			for b.Loop() {
				p.Gradient(x, g)
			}
		})
	}
}

func BenchmarkHessian(b *testing.B) {
	for _, s := range All() {
		p := s.New()
		hp, ok := p.(Hessianer)
		if !ok {
			continue
		}
		b.Run(s.Name, func(b *testing.B) {
			b.ReportAllocs()
			x, h := p.Start(0), make([]float64, p.Dim()*p.Dim())
			for b.Loop() {
				hp.Hessian(x, h)
			}
		})
	}
}

// TestOfTwo: the function for drawing is the problem's value.
func TestOfTwo(t *testing.T) {
	for _, s := range All() {
		p := s.New()
		if p.Dim() != 2 {
			continue
		}
		f := OfTwo(p)
		for _, x := range [][]float64{{0.3, -0.7}, {-1.2, 1}, {2.5, 3.5}} {
			if got, want := f(x[0], x[1]), p.Value(x); got != want && (got == got || want == want) {
				t.Errorf("%s at %v: %v, want %v", s.Name, x, got, want)
			}
		}
	}
}
