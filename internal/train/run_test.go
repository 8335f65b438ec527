package train

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"opttui/internal/knob"
	"opttui/internal/optim"
	"opttui/internal/problems"
	"opttui/internal/usage"
)

// brokenProblem panics when it is evaluated for the hundredth time, as a defect in a problem would.
type brokenProblem struct{ calls int }

func (p *brokenProblem) Dim() int               { return 2 }
func (p *brokenProblem) Start(uint64) []float64 { return []float64{1, 1} }
func (p *brokenProblem) Knobs() []knob.Knob     { return nil }
func (p *brokenProblem) Clone() problems.Problem {
	c := *p
	return &c
}
func (p *brokenProblem) Value(x []float64) float64 { return x[0] }
func (p *brokenProblem) Gradient(x, g []float64) float64 {
	if p.calls++; p.calls == 100 {
		panic("a defect on purpose")
	}
	g[0], g[1] = 1, 1
	return x[0]
}

func init() {
	problems.Register(problems.Spec{
		Name: "broken_for_test", Title: "Broken", Domain: [][2]float64{{-1, 1}, {-1, 1}},
		New: func() problems.Problem { return &brokenProblem{} },
	})
}

func must(t testing.TB, spec Spec) *Run {
	t.Helper()
	r, err := New(spec)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// state is everything of a run that replaying must reproduce; the running time is not part of it.
type state struct {
	Step, Used int
	X, G       []float64
	Loss, LR   float64
	Counts     Counts
	Buckets    []Bucket
	Path       []XY
	Settings   []string
	Journal    []Entry
	Scores     []ScorePoint
	Err        string
}

func stateOf(r *Run) state {
	r = r.Clone()
	r.seconds = 0
	s := state{
		Step: r.step, Used: r.used, X: r.point.X, G: r.point.G, Loss: r.loss, LR: r.lr,
		Counts: r.obj.counts, Journal: r.journal, Scores: slices.Clone(r.scores),
	}
	v := r.history.View(Marks{})
	for i := range v.Len() {
		b, _ := v.At(i)
		b.Seconds = 0
		s.Buckets = append(s.Buckets, b)
	}
	if r.path != nil {
		s.Path = slices.Clone(r.path.View())
	}
	for _, k := range r.settings() {
		s.Settings = append(s.Settings, k.Key()+"="+k.Knob.Text(k.Value))
	}
	if r.err != nil {
		s.Err = r.err.Error()
	}
	return s
}

// same compares bit for bit: NaNs are equal to themselves, 0 and −0 are not equal.
var same = cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) })

func diff(a, b *Run) string { return diffStates(stateOf(a), stateOf(b)) }

func diffStates(a, b state) string { return cmp.Diff(a, b, same) }

// anySpec draws a run: any problem, optimizer, schedule, convention, minibatch and noise that go together.
func anySpec(t *rapid.T) Spec {
	names := slices.DeleteFunc(problems.Names(), func(n string) bool { return strings.HasSuffix(n, "_for_test") || strings.HasPrefix(n, "digits") })
	s := Spec{
		Problem:    rapid.SampledFrom(names).Draw(t, "problem"),
		Optimizer:  rapid.SampledFrom(OptimizerNames()).Draw(t, "optimizer"),
		Schedule:   rapid.SampledFrom(ScheduleNames()).Draw(t, "schedule"),
		Convention: rapid.SampledFrom(optim.Conventions).Draw(t, "convention"),
		Batch:      rapid.SampledFrom([]int{0, 1, 8, 64}).Draw(t, "batch"),
		Noise:      rapid.SampledFrom([]float64{0, 0, 0.1, 10}).Draw(t, "noise"),
		Seed:       rapid.Uint64().Draw(t, "seed"),
	}
	p, _ := problems.Find(s.Problem)
	o, _ := optim.Lookup(s.Optimizer)
	if o.Offered(Capabilities(p.New())) != nil {
		s.Optimizer = "adam"
	}
	return s
}

// anyCommand draws something that a person could do to the run.
func anyCommand(t *rapid.T, r *Run) Command {
	keys := make([]string, 0, 16)
	for _, k := range r.settings() {
		keys = append(keys, k.Key())
	}
	switch rapid.IntRange(0, 5).Draw(t, "op") {
	case 0:
		return Command{Op: OpOptimizer, Value: rapid.SampledFrom(OptimizerNames()).Draw(t, "to")}
	case 1:
		return Command{Op: OpSchedule, Value: rapid.SampledFrom(ScheduleNames()).Draw(t, "to")}
	case 2:
		return Command{Op: OpConvention, Value: rapid.SampledFrom(optim.Conventions).Draw(t, "to")}
	case 3:
		return Command{Op: OpScale, Key: rapid.SampledFrom(keys).Draw(t, "key"), Factor: rapid.SampledFrom([]float64{0.5, 2}).Draw(t, "factor")}
	case 4:
		return Command{Op: OpSet, Key: "run.batch", Value: rapid.SampledFrom([]string{"0", "1", "8", "512"}).Draw(t, "m")}
	default:
		return Command{Op: OpTurn, Key: rapid.SampledFrom(keys).Draw(t, "key"), Notches: rapid.IntRange(-3, 3).Draw(t, "n")}
	}
}

// The promise on which replay, rewind and branches stand: the same spec and journal give the same run, however
// the steps were cut into pieces, and a clone goes on as the original does.
func TestRunIsAFunctionOfSpecAndJournal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := anySpec(t)
		live, err := New(spec)
		if err != nil {
			t.Fatalf("%+v: %v", spec, err)
		}
		for range rapid.IntRange(0, 6).Draw(t, "commands") {
			for range rapid.IntRange(0, 3).Draw(t, "pieces") {
				live.Advance(rapid.IntRange(0, 40).Draw(t, "steps"))
			}
			if live.Over() {
				break
			}
			before := stateOf(live)
			if err := live.Apply(anyCommand(t, live)); err != nil {
				if d := cmp.Diff(before, stateOf(live), same); d != "" {
					t.Fatalf("a refused command (%v) changed the run:\n%s", err, d)
				}
			}
		}
		if !live.Over() {
			live.Advance(rapid.IntRange(0, 60).Draw(t, "last"))
		}
		replay, err := Replay(spec, live.Journal(), live.Step())
		if err != nil {
			t.Fatal(err)
		}
		if live.Err() != nil {
			replay.Advance(1) // the attempt at which the rule gave up
		}
		if d := diff(live, replay); d != "" {
			t.Fatalf("the replay is another run:\n%s", d)
		}
		clone := live.Clone()
		if clone.Over() {
			return
		}
		live.Advance(30)
		clone.Advance(30)
		if d := diff(live, clone); d != "" {
			t.Fatalf("the clone went elsewhere:\n%s", d)
		}
	})
}

func TestCloneIsIndependent(t *testing.T) {
	r := must(t, Spec{Problem: "beale", Optimizer: "adam", Batch: 1, Noise: 0.1, Set: map[string]string{"lr": "0.05"}})
	r.Advance(100)
	before := stateOf(r)
	c := r.Clone()
	c.Advance(5000)
	if err := c.Apply(Command{Op: OpSet, Key: "lr", Value: "0.2"}); err != nil {
		t.Fatal(err)
	}
	c.Advance(10)
	if d := cmp.Diff(before, stateOf(r), same); d != "" {
		t.Errorf("stepping a clone moved the original:\n%s", d)
	}
}

func TestSwitchKeepsThetaAndStep(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     optim.Carried
	}{
		{"momentum", "nesterov", optim.Kept},
		{"adam", "momentum", optim.Converted},
		{"adam", "rmsprop", optim.Kept},
		{"momentum", "adam", optim.Cold},
		{"rmsprop", "adagrad", optim.Cold},
	} {
		r := must(t, Spec{Problem: "rosenbrock", Optimizer: c.from, Set: map[string]string{"lr": "1e-4"}})
		r.Advance(20)
		x, step := slices.Clone(r.point.X), r.step
		if err := r.Apply(Command{Op: OpOptimizer, Value: c.to}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(x, r.point.X) || r.step != step {
			t.Errorf("%s → %s moved θ or the step", c.from, c.to)
		}
		if note := r.journal[0].Note; !strings.HasPrefix(note, c.to+", "+string(c.want)) {
			t.Errorf("%s → %s says %q, want %q", c.from, c.to, note, c.want)
		}
	}
}

// With the warm-up after a switch the first update is as long as the old rule's would have been, and the rate
// then rises to its full value.
func TestWarmUpAfterASwitch(t *testing.T) {
	length := func(warmup string) (first float64, rates []float64, old float64) {
		r := must(t, Spec{Problem: "rosenbrock", Optimizer: "sgd", Set: map[string]string{"lr": "1e-4", "switch_warmup": warmup}})
		r.Advance(20)
		c := r.Clone()
		before := slices.Clone(r.point.X)
		c.Advance(1)
		old = math.Hypot(c.point.X[0]-before[0], c.point.X[1]-before[1])
		if err := r.Apply(Command{Op: OpOptimizer, Value: "adam", Set: map[string]string{"lr": "0.1"}}); err != nil {
			t.Fatal(err)
		}
		if got := r.obj.counts.Gradient; got != 20 {
			t.Errorf("trying the rules was charged: %d gradients after 20 steps", got)
		}
		for range 12 {
			rates = append(rates, r.lr)
			r.Advance(1)
			if first == 0 {
				first = math.Hypot(r.point.X[0]-before[0], r.point.X[1]-before[1])
			}
		}
		return first, rates, old
	}
	first, rates, old := length("10")
	if math.Abs(first/old-1) > 1e-6 {
		t.Errorf("the first update is %g long, the old rule's would be %g", first, old)
	}
	if !slices.IsSorted(rates) || rates[10] != 0.1 || rates[9] >= 0.1 {
		t.Errorf("rates %v", rates)
	}
	if first, rates, _ = length("0"); rates[0] != 0.1 || first < 0.1 {
		t.Errorf("without a warm-up the first rate is %g and the first update %g long", rates[0], first)
	}
}

func TestErrorsForPeople(t *testing.T) {
	for _, c := range []struct {
		spec Spec
		want string
	}{
		{Spec{Problem: "beal", Optimizer: "adam"}, `unknown problem "beal": did you mean "beale"?`},
		{Spec{Problem: "beale", Optimizer: "adan"}, `did you mean "adam"?`},
		{Spec{Problem: "beale", Optimizer: "adam", Schedule: "cosin"}, `did you mean "cosine"?`},
		{Spec{Problem: "beale", Optimizer: "adam", Convention: "pytorch"}, `did you mean "torch"?`},
		{Spec{Problem: "beale", Optimizer: "adam", Set: map[string]string{"beta3": "0.9"}}, `has no setting "beta3": did you mean "beta`},
		{Spec{Problem: "beale", Optimizer: "adam", Set: map[string]string{"beta1": "1.5"}}, `beta1 cannot be 1.5: allowed is a number from 0`},
		{Spec{Problem: "beale", Optimizer: "adam", Start: []float64{1}}, `start has 1 coordinates, beale has 2`},
		{Spec{Problem: "beale", Optimizer: "adam", Start: []float64{1, math.NaN()}}, `not finite`},
		{Spec{Problem: "beale", Optimizer: "adam", Batch: -1}, `batch cannot be -1`},
		{Spec{Problem: "beale", Optimizer: "adam", Noise: math.NaN()}, `noise cannot be NaN`},
	} {
		_, err := New(c.spec)
		var bad *usage.Error
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want a usage error with %q", c.spec, err, c.want)
		}
	}
}

func TestDivergenceStopsTheRun(t *testing.T) {
	r := must(t, Spec{Problem: "rosenbrock", Optimizer: "sgd", Set: map[string]string{"lr": "1"}})
	took := r.Advance(1000)
	if !r.Diverged() || took >= 1000 || r.Step() != took {
		t.Fatalf("diverged %v after %d steps, at step %d", r.Diverged(), took, r.Step())
	}
	if r.Advance(10) != 0 {
		t.Error("a diverged run went on")
	}
	if s := r.Snapshot(); s.Loss-s.Loss == 0 {
		t.Errorf("the last loss is %g, it should not be finite", s.Loss)
	}
}

// Noise of m samples has a standard deviation of σ/√m, another draw in every step, and none with all samples.
func TestNoiseOfAMinibatch(t *testing.T) {
	for _, m := range []int{1, 64, 0} {
		r := must(t, Spec{Problem: "beale", Optimizer: "sgd", Batch: m, Noise: 2, Seed: 3, Set: map[string]string{"lr": "0"}})
		exact := make([]float64, 2)
		r.problem.Gradient(r.point.X, exact)
		sum := 0.0
		const n = 4000
		for range n {
			d := r.point.G[0] - exact[0]
			sum += d * d
			r.Advance(1)
		}
		want := 0.0
		if m > 0 {
			want = 2 / math.Sqrt(float64(m))
		}
		if got := math.Sqrt(sum / n); math.Abs(got-want) > 0.05*want {
			t.Errorf("m = %d: standard deviation %g, want %g", m, got, want)
		}
	}
}

func TestMinibatchesCoverEachEpochOnce(t *testing.T) {
	s := newSampler(5, 100)
	first := make(map[int]int)
	var order []int
	for used := 0; used < 100; {
		b := s.batch(used, 32)
		for _, i := range b {
			first[i]++
		}
		order = append(order, b...)
		used += len(b)
	}
	if len(first) != 100 {
		t.Errorf("an epoch saw %d of 100 samples", len(first))
	}
	second := s.batch(100, 100)
	if slices.Equal(order, second) {
		t.Error("the second epoch has the order of the first")
	}
	other := newSampler(5, 100) // a sampler that has not been asked before gives the same
	if !slices.Equal(other.batch(100, 100), s.batch(100, 100)) {
		t.Error("a minibatch depends on what was drawn before")
	}
}

// Looking at a stochastic run, or at its held-out scores, must not change how many evaluations it is charged.
func TestEvaluationsAreCounted(t *testing.T) {
	for _, c := range []struct {
		optimizer, convention string
	}{{"sgd", "lecture"}, {"adam", "lecture"}, {"nesterov", "lecture"}, {"nesterov", "torch"}} {
		r := must(t, Spec{Problem: "beale", Optimizer: c.optimizer, Convention: c.convention, Set: map[string]string{"lr": "1e-3"}})
		r.Advance(50)
		r.Snapshot()
		if got := r.obj.counts; got.Gradient != 50 || got.Value != 0 {
			t.Errorf("%s, %s: 50 steps cost %+v", c.optimizer, c.convention, got)
		}
	}
}

// A line search has evaluated at the point that it leaves, but on the old minibatch: the next step needs the new one.
func TestLineSearchOnMinibatches(t *testing.T) {
	r := must(t, Spec{Problem: "iris", Optimizer: "lbfgs", Batch: 8, Seed: 1})
	for range 10 {
		r.Advance(1)
		g, loss := slices.Clone(r.point.G), r.loss
		if r.evaluate(); !slices.Equal(g, r.point.G) || loss != r.loss {
			t.Fatalf("step %d has the gradient of another minibatch", r.step)
		}
	}
}

func TestStepsAllocateNothing(t *testing.T) {
	for _, spec := range []Spec{
		{Problem: "beale", Optimizer: "sgd"},
		{Problem: "beale", Optimizer: "adam", Batch: 1, Noise: 0.1},
		{Problem: "digits", Optimizer: "momentum", Batch: 64},
	} {
		r := must(t, spec)
		r.Advance(5000) // past the first compaction of the history
		if n := testing.AllocsPerRun(200, func() { r.Advance(1) }); n > 0.05 {
			t.Errorf("%s on %s: %g allocations a step", spec.Optimizer, spec.Problem, n)
		}
	}
}

func BenchmarkStep(b *testing.B) {
	for _, c := range []Spec{
		{Problem: "beale", Optimizer: "sgd", Batch: 1},
		{Problem: "beale", Optimizer: "momentum", Batch: 1, Set: map[string]string{"lr": "1e-3"}},
		{Problem: "beale", Optimizer: "adam", Batch: 1, Set: map[string]string{"lr": "1e-2"}},
		{Problem: "rosenbrock", Optimizer: "adam", Batch: 1, Set: map[string]string{"lr": "1e-2"}},
		{Problem: "digits", Optimizer: "adam", Batch: 64},
	} {
		b.Run(c.Problem+"/"+c.Optimizer, func(b *testing.B) {
			r := must(b, c)
			b.ReportAllocs()
			b.ResetTimer()
			if r.Advance(b.N) != b.N {
				b.Fatal("the run ended early")
			}
		})
	}
}

// BenchmarkMark is what a watched run pays at each look into its mailbox.
func BenchmarkMark(b *testing.B) {
	for _, problem := range []string{"beale", "digits/mlp"} {
		b.Run(problem, func(b *testing.B) {
			r := must(b, Spec{Problem: problem, Optimizer: "sgd"})
			b.ReportAllocs()
			for b.Loop() {
				r.Mark()
			}
		})
	}
}
