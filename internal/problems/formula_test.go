package problems

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"opttui/internal/formula"
	"opttui/internal/knob"
	"opttui/internal/usage"
)

func specOf(t testing.TB, text string, domain ...[2]float64) Spec {
	t.Helper()
	s, err := Ref{Name: OwnFormula, Formula: &Formula{Text: text, Domain: domain}}.Resolve()
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

// written are registered problems as a person would type them.
var written = map[string]string{
	"rosenbrock":       "(1-x)^2 + 100*(y-x^2)^2",
	"beale":            "(1.5 - x + x*y)^2 + (2.25 - x + x*y^2)^2 + (2.625 - x + x*y^3)^2",
	"himmelblau":       "(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
	"booth":            "(x + 2*y - 7)^2 + (2*x + y - 5)^2",
	"ackley":           "20 + e − 20·exp(−0.2·sqrt((x² + y²)/2)) − exp((cos(2·π·x) + cos(2·π·y))/2)",
	"easom":            "-cos(x)*cos(y)*exp(-(x-pi)^2-(y-pi)^2)",
	"matyas":           "0.26*(x^2 + y^2) - 0.48*x*y",
	"quadratic":        "(x^2 + condition*y^2)/2",
	"goldstein_price":  "(1+(x+y+1)^2*(19-14*x+3*x^2-14*y+6*x*y+3*y^2))*(30+(2*x-3*y)^2*(18-32*x+12*x^2+48*y-36*x*y+27*y^2))",
	"rastrigin":        "20 + sum(i, 1, 2, x[i]^2 - 10*cos(2*pi*x[i]))",
	"three_hump_camel": "2*x^2 - 1.05*x^4 + x^6/6 + x*y + y^2",
}

// TestFormulaIsTheProblem: registered problems, typed as formulas, have the same values and derivatives.
func TestFormulaIsTheProblem(t *testing.T) {
	for name, text := range written {
		s, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		hand, own := s.New(), specOf(t, text, s.Domain...).New()
		for _, k := range own.Knobs() {
			if err := k.Set(hand.Knobs()[0].Value()); err != nil {
				t.Fatal(err)
			}
		}
		rng := rand.New(rand.NewPCG(1, 2))
		g, h := make([]float64, 2), make([]float64, 4)
		gWant, hWant := make([]float64, 2), make([]float64, 4)
		hv := make([]float64, 2)
		for range 300 {
			x := randomIn(rng, s.Shown())
			f, want := own.Gradient(x, g), hand.Gradient(x, gWant)
			own.(Hessianer).Hessian(x, h)
			hand.(Hessianer).Hessian(x, hWant)
			v := []float64{rng.NormFloat64(), rng.NormFloat64()}
			own.(HessianVector).HessVec(x, v, hv)
			hvWant := []float64{hWant[0]*v[0] + hWant[1]*v[1], hWant[2]*v[0] + hWant[3]*v[1]}
			for _, c := range []struct {
				what      string
				got, want []float64
			}{
				{"value", []float64{f, own.Value(x)}, []float64{want, want}}, {"gradient", g, gWant}, {"Hessian", h, hWant}, {"product", hv, hvWant},
			} {
				if !nearly(c.got, c.want) {
					t.Errorf("%s at %v: %s is %v, by hand %v", name, x, c.what, c.got, c.want)
				}
			}
		}
	}
}

// nearly compares to 12 digits of the largest number.
func nearly(got, want []float64) bool {
	size := 1.0
	for _, w := range want {
		size = math.Max(size, math.Abs(w))
	}
	return slices.EqualFunc(got, want, func(a, b float64) bool { return math.Abs(a-b) <= 1e-12*size })
}

func TestFormulaSpec(t *testing.T) {
	for _, c := range []struct{ text, title, kind, shown string }{
		{" (1-x)^2+100*(y-x²)² ", "f(x, y)", "2 variables x, y, no parameters", "(1 - x)^2 + 100*(y - x^2)^2"},
		{"a*z^2", "f(z)", "1 variable z, 1 parameter a", "a*z^2"},
		{"a*x+b*y+c*z", "f(x, y, z)", "3 variables x, y, z, 3 parameters a, b, c", "a*x + b*y + c*z"},
		{"sum(i, 1, 30, x[i]^4)", "f(x1, …, x30)", "30 variables x1, x2, x3, x4, …, x30, no parameters", "sum(i, 1, 30, x[i]^4)"},
	} {
		s := specOf(t, c.text)
		if s.Name != OwnFormula || s.Title != c.title || s.Kind != c.kind || s.Formula != c.shown || s.Source == "" {
			t.Errorf("%s: %+v", c.text, s)
		}
		p := s.New()
		if len(s.Domain) != p.Dim() || s.Domain[p.Dim()-1] != [2]float64{-5, 5} || len(p.Start(0)) != p.Dim() {
			t.Errorf("%s: dimension %d, start %v, domain %v", c.text, p.Dim(), p.Start(0), s.Domain)
		}
	}
}

func TestFormulaDomain(t *testing.T) {
	s := specOf(t, "x^2+y^2", [2]float64{-2, 2}, [2]float64{0, 1})
	if want := [][2]float64{{-2, 2}, {0, 1}}; !slices.Equal(s.Domain, want) {
		t.Errorf("domain %v, want %v", s.Domain, want)
	}
	if got := specOf(t, "x+y+z", [2]float64{1, 2}).Domain; !slices.Equal(got, [][2]float64{{1, 2}, {1, 2}, {1, 2}}) {
		t.Errorf("one interval for all becomes %v", got)
	}
	for _, c := range []struct {
		domain [][2]float64
		report string
	}{
		{[][2]float64{{0, 1}, {0, 1}}, "the domain has 2 intervals: allowed are one for all variables, or one for each of the 3"},
		{[][2]float64{{1, 1}}, "the interval 1:1 is empty or too narrow: allowed are a number and a larger one, as in -5:5"},
		{[][2]float64{{2, -2}}, "the interval 2:-2 is empty"},
		{[][2]float64{{0, math.NaN()}}, "the interval 0:NaN is empty"},
		{[][2]float64{{0, math.Inf(1)}}, "the interval 0:+Inf is empty"},
		{[][2]float64{{-math.MaxFloat64, math.MaxFloat64}}, "the interval -1.7976931348623157e+308"},
		{[][2]float64{{1, math.Nextafter(1, 2)}}, "the interval 1:1.0000000000000002 is empty"},
	} {
		_, err := (&Formula{Text: "x+y+z", Domain: c.domain}).Spec()
		var bad *usage.Error
		if !errors.As(err, &bad) || !strings.HasPrefix(bad.Msg, c.report) {
			t.Errorf("%v: %v, want %s", c.domain, err, c.report)
		}
	}
}

// TestFormulaErrors: a mistake is one of usage, and has its place.
func TestFormulaErrors(t *testing.T) {
	_, err := Ref{Name: OwnFormula, Formula: &Formula{Text: "x + 2y"}}.Resolve()
	var (
		bad  *usage.Error
		here *formula.Error
	)
	if !errors.As(err, &bad) || !errors.As(err, &here) || here.Column != 6 || !strings.Contains(bad.Msg, "write 2*y\n  x + 2y\n       ^") {
		t.Errorf("%v", err)
	}
}

// TestFormulaStart: a run begins where there is something to minimise.
func TestFormulaStart(t *testing.T) {
	for _, c := range []struct {
		text   string
		domain [2]float64
		want   []float64 // nil is anywhere
	}{
		{"x^2 + y^2", [2]float64{-5, 5}, []float64{-3.1, 2.7}},
		{"x^2 + y^2", [2]float64{0, 1}, []float64{0.19, 0.77}},
		{"x*ln(x)", [2]float64{-5, 5}, nil},
		{"sqrt(x-4)*x", [2]float64{-5, 5}, nil},
		{"-cos(x)*cos(y)*exp(-(x-pi)^2-(y-pi)^2)", [2]float64{-5, 5}, nil},
		{"sum(i, 1, 100, i*x[i]^2)", [2]float64{-1, 1}, nil},
	} {
		s := specOf(t, c.text, c.domain)
		p := s.New()
		x, g := p.Start(0), make([]float64, p.Dim())
		if c.want != nil && !slices.Equal(x, c.want) {
			t.Errorf("%s begins at %v, want %v", c.text, x, c.want)
		}
		f := p.Gradient(x, g)
		steep := 0.0
		for i, v := range x {
			steep = math.Max(steep, math.Abs(g[i]))
			if v < c.domain[0] || v > c.domain[1] {
				t.Errorf("%s begins at %v, outside %v", c.text, x, c.domain)
			}
		}
		if !(steep > 1e-5) || math.IsNaN(f) || math.IsInf(f, 0) {
			t.Errorf("%s begins at %v, where f = %v and the gradient is %v", c.text, x, f, g)
		}
	}
	if x := specOf(t, "ln(-1-x^2)").New().Start(0); !slices.Equal(x, []float64{-3.1}) {
		t.Errorf("where there is no value anywhere, the start is %v", x)
	}
}

// TestFormulaKnobs: parameters are settings of either sign, and independent in clones.
func TestFormulaKnobs(t *testing.T) {
	s := specOf(t, "b*x^2 + a*y + c_1")
	p := s.New()
	x := []float64{2, 3}
	knobs := p.Knobs()
	var keys []string
	for _, k := range knobs {
		keys = append(keys, k.Key)
		if k.Value() != 1 || k.Default != 1 || k.Scale != knob.SymLog {
			t.Errorf("%s is %v: %+v", k.Key, k.Value(), k)
		}
	}
	if want := []string{"b", "a", "c_1"}; !slices.Equal(keys, want) {
		t.Fatalf("settings %v, want %v", keys, want)
	}
	for i, v := range []float64{-2, 0, 1e9} {
		if err := knobs[i].Set(v); err != nil {
			t.Fatal(err)
		}
	}
	c := p.Clone()
	knob.Reset(c.Knobs())
	if f, fc, fn := p.Value(x), c.Value(x), s.New().Value(x); f != -8+1e9 || fc != 8 || fn != 8 {
		t.Errorf("f = %v, of a clone that was reset %v, of a new one %v", f, fc, fn)
	}
	if err := knobs[0].Set(2e9); err == nil {
		t.Error("b may be 2e9")
	}
}

// TestFormulaAllocatesNothing includes every kind of operation that registered problems have.
func TestFormulaAllocatesNothing(t *testing.T) {
	for _, text := range []string{written["ackley"], "a^x*hypot(x,y) + gamma(x)*min(x, y, a) + (x > y ? x : x^y)", "sum(i,1,50,x[i]^4)"} {
		p := specOf(t, text).New()
		n := p.Dim()
		x, g, h := p.Start(0), make([]float64, n), make([]float64, n*n)
		if allocs := testing.AllocsPerRun(3, func() {
			p.Value(x)
			p.Gradient(x, g)
			p.(HessianVector).HessVec(x, x, g)
			p.(Hessianer).Hessian(x, h)
		}); allocs != 0 {
			t.Errorf("%s: %v allocations", text, allocs)
		}
	}
}

// rated are formulas of all sorts with the share of f − least that 100 steps of descent should at least gain.
var rated = []struct {
	text  string
	least float64 // of f within reach
	share float64
}{
	{"(1-x)^2 + 100*(y-x^2)^2", 0, 0.9},
	{"x^2 + y^2", 0, 0.99},
	{"a*x^2 + b*y^2", 0, 0.99},
	{"1e6*x^2 + y^2", 0, 0.99},
	{"1e-6*x^2", 0, 0.99},
	{"(x^2+y-11)^2 + (x+y^2-7)^2", 0, 0.99},
	{"20 + x^2 + y^2 - 10*cos(2*pi*x) - 10*cos(2*pi*y)", 0, 0.3},
	{"-cos(x)*cos(y)*exp(-(x-pi)^2-(y-pi)^2)", -1, 0.99},
	{"-20*exp(-0.2*sqrt((x^2+y^2)/2)) - exp((cos(2*pi*x)+cos(2*pi*y))/2) + 20 + e", 0, 0.1},
	{"x^4 - x^2 + y^2", -0.25, 0.9},
	{"x^10 + y^10", 0, 0.9},
	{"abs(x) + abs(y)", 0, 0.9},
	{"sqrt(x^2+y^2)", 0, 0.9},
	{"ln(1 + x^2 + y^2)", 0, 0.9},
	{"x*ln(x)", -1 / math.E, 0.9},
	{"tanh(x)^2", 0, 0.9},
	{"softplus(x) - x/3", 0.6365, 0.9},
	{"x > 0 ? x^2 : -x", 0, 0.9},
	{"sum(i,1,9,100*(x[i+1]-x[i]^2)^2 + (1-x[i])^2)", 0, 0.9},
	{"x + y", -10, 0.9},
	{"1e12*x", -5e12, 0.9},
	{"1/x^2 + x^2 + y^2", 2, 0.9},
}

// TestEstimatedRate: at the rate that is estimated, descent goes down in every step and gets somewhere.
func TestEstimatedRate(t *testing.T) {
	for _, c := range rated {
		s := specOf(t, c.text)
		first, last := fall(t, s, s.UsualRate())
		if share := (first - last) / (first - c.least); !(share >= c.share) {
			t.Errorf("%s: at the rate %v f goes from %v only to %v", c.text, s.UsualRate(), first, last)
		}
	}
	for _, s := range All() {
		if s.Domain != nil {
			s.Rate = 0
			if first, last := fall(t, s, s.UsualRate()); !(last < first) {
				t.Errorf("%s: at the rate %v f goes from %v to %v", s.Name, s.UsualRate(), first, last)
			}
		}
	}
	if r := specOf(t, "floor(x)").UsualRate(); r != 0.01 {
		t.Errorf("where there is no slope, the rate is %v", r)
	}
}

// descend returns f before and after 100 steps of gradient descent, in none of which it may rise.
func fall(t *testing.T, s Spec, rate float64) (first, last float64) {
	p := s.New()
	x, g := p.Start(0), make([]float64, p.Dim())
	first = p.Value(x)
	last = first
	for k := range 100 {
		f := p.Gradient(x, g)
		if !(f <= last+1e-12*math.Abs(last)) {
			t.Errorf("%s %s: at the rate %v f rises from %v to %v at step %d", s.Name, s.Formula, rate, last, f, k)
			return first, last
		}
		last = f
		for i := range x {
			x[i] -= rate * g[i]
		}
	}
	return first, last
}

// BenchmarkFormula sets a formula beside the same function by hand.
func BenchmarkFormula(b *testing.B) {
	for name, p := range map[string]Problem{"formula": specOf(b, written["rosenbrock"]).New(), "hand": newRosenbrock()} {
		x, g, h := []float64{-1.2, 1}, make([]float64, 2), make([]float64, 4)
		b.Run("value/"+name, func(b *testing.B) {
			for b.Loop() {
				p.Value(x)
			}
		})
		b.Run("gradient/"+name, func(b *testing.B) {
			for b.Loop() {
				p.Gradient(x, g)
			}
		})
		b.Run("hessian/"+name, func(b *testing.B) {
			for b.Loop() {
				p.(Hessianer).Hessian(x, h)
			}
		})
	}
}
