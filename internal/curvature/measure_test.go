package curvature

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"pgregory.net/rapid"

	"opttui/internal/knob"
	"opttui/internal/optim"
	"opttui/internal/problems"
	"opttui/internal/train"
)

// bowl is ½Σcᵢxᵢ² + Σaᵢxᵢ⁴ with neither Hessian nor products.
type bowl struct{ c, a []float64 }

func (b bowl) Dim() int                  { return len(b.c) }
func (b bowl) Start(uint64) []float64    { return make([]float64, len(b.c)) }
func (b bowl) Knobs() []knob.Knob        { return nil }
func (b bowl) Clone() problems.Problem   { return b }
func (b bowl) Value(x []float64) float64 { return b.Gradient(x, make([]float64, len(x))) }
func (b bowl) Gradient(x, g []float64) (f float64) {
	for i, v := range x {
		f += b.c[i]*v*v/2 + b.a[i]*v*v*v*v
		g[i] = b.c[i]*v + 4*b.a[i]*v*v*v
	}
	return f
}

// bent is a bowl with its Hessian.
type bent struct{ bowl }

func (b bent) Clone() problems.Problem { return b }
func (b bent) Hessian(x, h []float64) {
	clear(h)
	for i, v := range x {
		h[i*len(x)+i] = b.c[i] + 12*b.a[i]*v*v
	}
}

func sgd(t testing.TB) (optim.Spec, []knob.Knob) {
	t.Helper()
	spec, ok := optim.Lookup("sgd")
	if !ok {
		t.Fatal("no sgd")
	}
	return spec, spec.New(optim.Lecture).Knobs()
}

// TestKinds: class, condition, definiteness and the way to the critical point, where the whole Hessian is known.
func TestKinds(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, test := range []struct {
		c            []float64
		x            []float64
		class        Class
		definiteness string
		condition    float64
		distance     float64
	}{
		{[]float64{1, 4}, []float64{3, 4}, Minimum, "positive definite", 4, 5},
		{[]float64{-1, -5}, []float64{0, 1}, Maximum, "negative definite", 5, 1},
		{[]float64{1, -2, 0}, []float64{1, 0, 0}, Saddle, "indefinite", inf, 1},
		{[]float64{1, 0, 2}, []float64{0, 7, 1}, Degenerate, "positive semidefinite", inf, 1},
		{[]float64{0, -3}, []float64{2, 0}, Degenerate, "negative semidefinite", inf, 0},
		{[]float64{0, 0}, []float64{1, 1}, Degenerate, "zero", nan, 0},
		{[]float64{2, 2e12}, []float64{0, 0}, Minimum, "positive definite", 1e12, 0}, // Brown's badly scaled function
		{[]float64{2, 1e-15}, []float64{0, 0}, Degenerate, "positive semidefinite", inf, 0},
		{[]float64{2, 1e-9}, []float64{0, 0}, Minimum, "positive definite", 2e9, 0},
		{[]float64{-2}, []float64{3}, Maximum, "negative definite", 1, 3},
		{[]float64{1, nan}, []float64{1, 1}, Unknown, "", nan, nan},
	} {
		p := &train.Probe{Problem: bent{bowl{test.c, make([]float64, len(test.c))}}, X: test.x, LR: 0.1}
		p.Rule, p.Knobs = sgd(t)
		var m Measurer
		r := m.Measure(p)
		if r.Class != test.class || r.Definiteness() != test.definiteness || !same(r.Condition, test.condition) || !same(r.Distance, test.distance) {
			t.Errorf("%v: %q, %q, condition %v, distance %v", test.c, r.Class, r.Definiteness(), r.Condition, r.Distance)
		}
		if critical := r.Norm <= 1e-6; r.Critical != critical {
			t.Errorf("%v: critical is %t", test.c, r.Critical)
		}
	}
}

func same(a, b float64) bool {
	return a == b || a != a && b != b || !math.IsInf(b, 0) && math.Abs(a-b) <= 1e-12*math.Abs(b)
}

// TestNoWay: where the gradient goes on along a direction without curvature, Newton's step leads nowhere.
func TestNoWay(t *testing.T) {
	spec, err := problems.Ref{Name: problems.OwnFormula, Formula: &problems.Formula{Text: "x^2 + y"}}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	p := &train.Probe{Problem: spec.New(), X: []float64{1, 0}}
	p.Rule, p.Knobs = sgd(t)
	var m Measurer
	if r := m.Measure(p); !math.IsNaN(r.Distance) || r.Class != Degenerate || !same(r.Along, 8./5) {
		t.Errorf("%+v", r)
	}
}

// TestClassOfEnds: what is said of the ends that Lanczos' method has found, with its error.
func TestClassOfEnds(t *testing.T) {
	for _, test := range []struct {
		top, bottom, slack float64
		class              Class
		condition          float64
	}{
		{1, 0.1, 1e-4, Minimum, 10},
		{1, 0.1, 5e-2, Minimum, math.NaN()},
		{1, 1e-3, 1e-2, Unknown, math.NaN()},
		{1, 1e-5, 1e-4, Degenerate, math.NaN()},
		{1, -1e-5, 1e-1, Saddle, math.NaN()},
		{1, -1e-12, 1e-4, Degenerate, math.NaN()},
		{-1e-3, -1, 1e-2, Unknown, math.NaN()},
		{-1e-1, -1, 1e-2, Maximum, math.NaN()},
	} {
		s := &spectrum{values: []float64{test.top, test.bottom}, slack: test.slack}
		if got := s.class(); got != test.class || !same(s.condition(), test.condition) {
			t.Errorf("%+v: %q, condition %v", test, got, s.condition())
		}
	}
}

// TestManyParameters: the same by Lanczos' method, on products by differences.
func TestManyParameters(t *testing.T) {
	n := 400
	for _, test := range []struct {
		low, high, only float64 // the spectrum lies evenly between low and high, and one eigenvalue is apart
		class           Class
		condition       float64
	}{
		{1, 2, 9, Minimum, 9},
		{-2, -1, -9, Maximum, math.NaN()},
		{1, 2, -4, Saddle, math.NaN()},
		{1, 2, 0, Degenerate, math.NaN()},
	} {
		b := bowl{make([]float64, n), make([]float64, n)}
		for i := range b.c {
			b.c[i] = test.low + (test.high-test.low)*float64(i)/float64(n-1)
		}
		b.c[7] = test.only
		p := &train.Probe{Problem: b, X: make([]float64, n), LR: 0.1}
		p.X[3] = 1
		p.Rule, p.Knobs = sgd(t)
		m := Measurer{Options: Options{Products: 200}}
		r := m.Measure(p)
		if r.Exact || r.Class != test.class || r.Condition == r.Condition != (test.condition == test.condition) || math.Abs(r.Condition-test.condition) > 1e-3 {
			t.Errorf("%+v: %q, condition %v, %v ± %v", test, r.Class, r.Condition, r.Values, r.Error)
		}
		if math.Abs(r.Along-b.c[3]) > 1e-6 || r.Distance == r.Distance || math.Abs(r.Max()-slices.Max(b.c)) > 1e-4 || math.Abs(r.Min()-slices.Min(b.c)) > 1e-4 {
			t.Errorf("%+v: along %v, distance %v, %v", test, r.Along, r.Distance, r.Values)
		}
	}
}

// TestLimitIsTheEdge: on a quadratic every rule that has a limit contracts a little below and blows up a little above it,
// once its factors stand still.
func TestLimitIsTheEdge(t *testing.T) {
	for _, test := range []struct {
		rule string
		set  map[string]string
	}{
		{"sgd", nil},
		{"sgd", map[string]string{"weight_decay": "3"}},
		{"momentum", map[string]string{"momentum": "0.7", "weight_decay": "3"}},
		{"momentum", map[string]string{"momentum": "0.7", "form": "ewma"}},
		{"nesterov", map[string]string{"momentum": "0.7", "weight_decay": "3"}},
		{"asgd", map[string]string{"alpha": "0", "lambda": "2", "weight_decay": "1"}},
		{"schedulefree_sgd", map[string]string{"beta": "0.6", "weight_decay": "1"}},
	} {
		spec := train.Spec{Problem: "quadratic", Optimizer: test.rule, Set: map[string]string{"condition": "10"}}
		for k, v := range test.set {
			spec.Set[k] = v
		}
		var m Measurer
		l := m.Measure(newRun(t, spec).Probe()).Limit
		if !(l.LR > 0) || l.Why != "" {
			t.Fatalf("%s %v: %+v", test.rule, test.set, l)
		}
		for share, blows := range map[float64]bool{0.97: false, 1.03: true} {
			s := spec.Clone()
			s.Set["lr"] = strconv.FormatFloat(share*l.LR, 'g', -1, 64)
			r := newRun(t, s)
			first := r.Loss()
			r.Advance(4000)
			if grown := !(r.Loss() < 10*first); grown != blows {
				t.Errorf("%s %v: at %v of the limit %v the loss goes from %v to %v", test.rule, test.set, share, l.LR, first, r.Loss())
			}
		}
	}
}

// TestPreconditionedEdge: the same for the adaptive rules with frozen factors, by the eigenvalues of the iteration itself:
// with s ← βs + (1−β)g, θ ← (1−ελ)θ − εp·s and the like, on a curvature c.
func TestPreconditionedEdge(t *testing.T) {
	const c, p, decay, b, mu = 7.0, 0.3, 0.4, 0.8, 0.5
	for name, rule := range map[string]struct {
		stability Stability
		step      func(lr float64, state []float64)
	}{
		"adam": {Stability{Factor: (2 + 2*b) / (1 - b)}, func(lr float64, v []float64) {
			v[1] = b*v[1] + (1-b)*c*v[0]
			v[0] -= lr * p * v[1]
		}},
		"adamw": {Stability{Factor: (2 + 2*b) / (1 - b), Decay: decay / 2}, func(lr float64, v []float64) {
			v[1] = b*v[1] + (1-b)*c*v[0]
			v[0] = (1-lr*decay)*v[0] - lr*p*v[1]
		}},
		"nadam": {Stability{Factor: (2 + 2*b) / (1 + b - 2*mu*b)}, func(lr float64, v []float64) {
			g := c * v[0]
			v[1] = b*v[1] + (1-b)*g
			v[0] -= lr * p * ((1-mu)*g + mu*v[1])
		}},
		"schedule-free": {Stability{Factor: 2 / (1 - b), Decay: decay * (1 - b) / 2}, func(lr float64, v []float64) {
			y := (1 - b) * v[0] // the average stands at 0
			v[0] -= lr * (p*c*y + decay*y)
		}},
	} {
		edge := rule.stability.Rate(p * c)
		for share, blows := range map[float64]bool{0.99: false, 1.01: true} {
			state := []float64{1, 0}
			for range 5000 {
				rule.step(share*edge, state)
			}
			if size := floats.Norm(state, 2); size > 1 != blows {
				t.Errorf("%s: at %v of the limit the state is %v long", name, share, size)
			}
		}
	}
}

// TestStabilityOf: the factors of all rules, and what their decays do to the limit at λmax = 10, decay included where it
// adds to the curvature.
func TestStabilityOf(t *testing.T) {
	for _, test := range []struct {
		rule, set string
		step      int
		rate      float64
	}{
		{"sgd", "", 0, 2. / 10},
		{"momentum", "momentum=0.5", 0, 3. / 10},
		{"momentum", "momentum=0.5 form=ewma", 0, 6. / 10},
		{"nesterov", "momentum=0.5", 0, 1.5 / 10},
		{"adagrad", "", 0, 2. / 10},
		{"adadelta", "", 0, 2. / 10},
		{"rmsprop", "", 0, 2. / 10},
		{"rmsprop", "momentum=0.5", 0, 3. / 10},
		{"adam", "beta1=0.5", 0, 6. / 10},
		{"adam", "beta1=0.5 weight_decay=2", 0, 6. / 12},
		{"adamax", "beta1=0.5", 0, 6. / 10},
		{"radam", "beta1=0.5", 0, 6. / 10},
		{"prodigy", "beta1=0.5", 0, 6. / 10},
		{"adamw", "beta1=0.5 weight_decay=2", 0, 1 / (10/6. + 1)},
		{"nadam", "beta1=0.5 momentum_decay=0", 7, 3 / (1.5 - 0.25) / 10},    // μ = β₁/2
		{"nadam", "beta1=0.5 momentum_decay=10", 1000, 3 / (1.5 - 0.5) / 10}, // μ = β₁
		{"schedulefree_sgd", "beta=0.5", 0, 4. / 10},
		{"schedulefree_adamw", "beta1=0.5 weight_decay=2", 0, 4. / 12},
	} {
		spec, ok := optim.Lookup(test.rule)
		if !ok {
			t.Fatal(test.rule)
		}
		knobs := spec.New(optim.Lecture).Knobs()
		for _, pair := range strings.Fields(test.set) {
			key, text, _ := strings.Cut(pair, "=")
			k, ok := knob.Find(knobs, key)
			if !ok {
				t.Fatal(test.rule, key)
			}
			if err := k.SetText(text); err != nil {
				t.Fatal(err)
			}
		}
		s := StabilityOf(spec, knobs, test.step)
		if got := s.Rate(10 + s.Coupled); !same(got, test.rate) {
			t.Errorf("%s %s: %v, want %v", test.rule, test.set, got, test.rate)
		}
		if !math.IsNaN(s.Rate(-1)) || !math.IsNaN(s.Rate(0)) || !math.IsNaN(s.Rate(math.NaN())) {
			t.Errorf("%s: a limit without curvature", test.rule)
		}
	}
	spec, _ := optim.Lookup("prodigy")
	knobs := spec.New(optim.Lecture).Knobs()
	k, _ := knob.Find(knobs, "weight_decay")
	if err := k.Set(0.1); err != nil {
		t.Fatal(err)
	}
	if s := StabilityOf(spec, knobs, 0); s.Why == "" || s.Rate(1) == s.Rate(1) {
		t.Errorf("prodigy with a decay: %+v", s)
	}
}

// TestRules: every rule has a limit or says why it has none, at the start and after steps.
func TestRules(t *testing.T) {
	for _, o := range optim.All() {
		for _, problem := range []string{"quadratic", "iris"} {
			r, err := train.New(train.Spec{Problem: problem, Optimizer: o.Name})
			if err != nil {
				continue // Newton has no Hessian here
			}
			var m Measurer
			_, adaptive := o.New(optim.Lecture).(optim.Preconditioned)
			for k := range 8 {
				l := step(&m, r).Limit
				if (l.LR == l.LR) == (l.Why != "") || l.LR == l.LR && (l.Formula == "" || !(l.Share > 0) || !(l.Lambda > 0)) {
					t.Errorf("%s on %s, step %d: %+v", o.Name, problem, k, l)
				}
				if adaptive && l.Why != "" {
					t.Errorf("%s on %s, step %d: %s", o.Name, problem, k, l.Why)
				}
				if strings.Contains(l.Why, "no formula") {
					t.Errorf("%s: no word why", o.Name)
				}
			}
		}
	}
}

// TestScaledMatrix: the limit from the matrix is that from products with it.
func TestScaledMatrix(t *testing.T) {
	r := newRun(t, train.Spec{Problem: "iris/mlp", Optimizer: "rmsprop", Set: map[string]string{"weight_decay": "0.1"}})
	r.Advance(5)
	m := Measurer{Options: Options{Dense: 1000}}
	whole := m.Measure(r.Probe())
	m.Options = Options{Dense: 2, Products: 400}
	ends := m.Measure(r.Probe())
	if !whole.Exact || ends.Exact || math.Abs(ends.Limit.LR/whole.Limit.LR-1) > 1e-6 || math.Abs(ends.Max()/whole.Max()-1) > 1e-6 {
		t.Errorf("%+v %v, %+v %v", whole.Limit, whole.Max(), ends.Limit, ends.Max())
	}
}

// TestNoise: on minibatches the change over all data is gᵀd + ½dᵀHd, and the noise is what the minibatch promised beyond.
func TestNoise(t *testing.T) {
	r := newRun(t, train.Spec{Problem: "iris", Optimizer: "sgd", Batch: 8, Set: map[string]string{"lr": "1e-3"}})
	r.Advance(3)
	r.Mark()
	before := r.Probe()
	lr := r.LR()
	r.Advance(1)
	var m Measurer
	c := m.Measure(r.Probe()).Last
	g := make([]float64, len(before.X))
	before.Problem.Gradient(before.X, g)
	full, batch := floats.Dot(g, before.Gradient), floats.Dot(before.Gradient, before.Gradient)
	if math.Abs(c.Gradient+lr*full) > 1e-12 || math.Abs(c.Noise+lr*(batch-full)) > 1e-12 || c.Noise == 0 {
		t.Errorf("%+v, want %v and %v", c, -lr*full, -lr*(batch-full))
	}
	if got, want := m.Measure(r.Probe()).Ratio, lr*math.Sqrt(batch)/floats.Norm(before.X, 2); !same(got, want) {
		t.Errorf("ratio %v, want %v", got, want)
	}
	if c.Predicted != c.Gradient+c.Curvature || math.Abs(c.Predicted-c.Actual) > 1e-4*math.Abs(c.Actual) {
		t.Errorf("%+v", c)
	}
	if r.Mark(); r.Probe().Last != nil {
		t.Error("a last step before the step")
	}
}

// TestMeasureAnything: no problem, rule, point or number of steps makes it panic, and what is not finite is not known.
func TestMeasureAnything(t *testing.T) {
	names := problems.Names()
	names = slices.DeleteFunc(names, func(n string) bool { return strings.Contains(n, "digits") || strings.Contains(n, "diabetes") })
	rules := train.OptimizerNames()
	rapid.Check(t, func(t *rapid.T) {
		spec := train.Spec{
			Problem:   rapid.SampledFrom(names).Draw(t, "problem"),
			Optimizer: rapid.SampledFrom(rules).Draw(t, "rule"),
			Noise:     rapid.SampledFrom([]float64{0, 0.1}).Draw(t, "noise"), Batch: rapid.SampledFrom([]int{0, 8}).Draw(t, "batch"),
		}
		r, err := train.New(spec)
		if err != nil {
			return
		}
		r.Advance(rapid.IntRange(0, 5).Draw(t, "steps"))
		r.Mark()
		r.Advance(rapid.IntRange(0, 1).Draw(t, "more"))
		p := r.Probe()
		odd := rapid.SampledFrom([]float64{0, 1e-300, 1e10, 1e160, -1e308, math.Inf(1), math.NaN()})
		for range rapid.IntRange(0, 2).Draw(t, "odd ones") {
			where := rapid.SampledFrom([]string{"x", "scale", "last", "gradient"}).Draw(t, "where")
			i := rapid.IntRange(0, len(p.X)-1).Draw(t, "which")
			v := odd.Draw(t, "value")
			switch {
			case where == "x":
				p.X[i] = v
			case where == "scale" && p.Scale != nil:
				p.Scale[i] = math.Abs(v)
			case where == "last" && p.Last != nil:
				p.Last.X[i] = v
			case where == "gradient" && p.Last != nil:
				p.Last.Gradient[i] = v
			}
		}
		m := Measurer{Options: Options{Products: 12, Dense: 40}}
		rep := m.Measure(p)
		if len(rep.Values) != len(rep.Vectors) || !finite(rep.Values) || (rep.Class == Unknown) && rep.Exact {
			t.Fatalf("%+v", rep)
		}
		if !finite(p.X) && (rep.Values != nil || rep.Loss == rep.Loss || rep.Norm == rep.Norm || rep.Critical) {
			t.Fatalf("at %v: %+v", p.X, rep)
		}
		if l := rep.Limit; (l.LR == l.LR) == (l.Why != "") {
			t.Fatalf("limit %+v", l)
		}
	})
}

// TestDone: a measurement that is told to end takes one product and says what it does not know.
func TestDone(t *testing.T) {
	done := make(chan struct{})
	close(done)
	m := Measurer{Done: done}
	r := m.Measure(newRun(t, train.Spec{Problem: "digits/mlp", Optimizer: "sgd"}).Probe())
	if m.hessian.took != 1 || r.Class != Unknown || r.Condition == r.Condition || !(r.Error > 0) || r.Norm != r.Norm {
		t.Errorf("%d products: %q, condition %v, error %v", m.hessian.took, r.Class, r.Condition, r.Error)
	}
}
