package lrfinder

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"opttui/internal/leak"
	"opttui/internal/optim"
	"opttui/internal/problems"
	"opttui/internal/train"
	"opttui/internal/usage"
)

func TestMain(m *testing.M) { leak.Main(m) }

func startOf(t *testing.T, problem string, seed uint64) []float64 {
	p, err := problems.Find(problem)
	if err != nil {
		t.Fatal(err)
	}
	return p.New().Start(seed)
}

// TestRunIsNotTouched: a run from which a search began goes on as if nothing had been, and the search began where the run
// was.
func TestRunIsNotTouched(t *testing.T) {
	for _, s := range []train.Spec{
		{Problem: "rosenbrock", Optimizer: "momentum", Noise: 0.5, Batch: 1, Seed: 3, Schedule: "cosine", Set: map[string]string{"lr": "1e-4"}},
		{Problem: "iris/mlp", Optimizer: "adam", Batch: 16, Seed: 4, Schedule: "plateau"},
		{Problem: "beale", Optimizer: "sam"},
	} {
		var runs [2]*train.Run
		for i := range runs {
			r, err := train.New(s)
			if err != nil {
				t.Fatal(err)
			}
			r.Advance(37)
			if err := r.Apply(train.Command{Op: train.OpScale, Key: "lr", Factor: 0.5}); err != nil {
				t.Fatal(err)
			}
			r.Advance(20)
			runs[i] = r
		}
		f, err := On(runs[0], Options{CheckFactor: 2})
		if err != nil {
			t.Fatal(err)
		}
		result, err := f.Find(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if got := result.Trials[0].Curves()[0][0]; got != runs[1].Loss() {
			t.Errorf("%s: trials began at a loss of %v, the run is at %v", s.Problem, got, runs[1].Loss())
		}
		for range 2 {
			if a, b := runs[0].Snapshot(), runs[1].Snapshot(); !reflect.DeepEqual(plain(a), plain(b)) {
				t.Errorf("%s: the run differs from its twin at step %d", s.Problem, a.Step)
			}
			runs[0].Advance(100)
			runs[1].Advance(100)
		}
	}
}

// plain is what of a snapshot can be compared: functions cannot.
func plain(s *train.Snapshot) train.Snapshot {
	c := *s
	c.Problem.New, c.Optimizer.New, c.Schedule.New = nil, nil, nil
	return c
}

// TestFreshTrials: a trial at the start of a run is the run that begins with that rate, the defaults that its schedule
// takes from the rate and the first steps of every rule included.
func TestFreshTrials(t *testing.T) {
	const lr = 0.003
	for _, o := range optim.All() {
		for _, schedule := range []string{"linear", "plateau", "one_cycle"} {
			s := train.Spec{Problem: "booth", Optimizer: o.Name, Schedule: schedule, Noise: 0.1, Batch: 2, Seed: 5}
			f, err := New(s, Options{})
			if err != nil {
				continue // it has no rate
			}
			s.Set = map[string]string{"lr": text(lr)}
			s.Seed += 1
			want, err := train.New(s)
			if err != nil {
				t.Fatal(err)
			}
			got := f.source.(*runs).trial(lr, 1)
			for k := range 60 {
				if got.Loss() != want.Loss() {
					t.Fatalf("%s, %s: step %d has loss %v, want %v", o.Name, schedule, k, got.Loss(), want.Loss())
				}
				got.Step()
				want.Advance(1)
			}
		}
	}
}

// TestDeterministic: the result does not depend on the number of workers.
func TestDeterministic(t *testing.T) {
	s := train.Spec{Problem: "iris/mlp", Optimizer: "sgd", Batch: 16, Seed: 2}
	one := find(t, s, Options{Workers: 1, CheckFactor: 2})
	for range 3 {
		many := find(t, s, Options{Workers: 7, CheckFactor: 2})
		// The trials' own pointers are compared by what they point at, and NaN by its bits.
		if a, b := describe(one), describe(many); a != b {
			t.Fatalf("one worker\n%s\nseven\n%s", a, b)
		}
	}
}

// TestShift: no verdict changes when a constant is added to all losses, in particular one that makes them negative.
func TestShift(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	o := Options{}.withDefaults()
	seen := map[Status]int{}
	for range 300 {
		grow, noise := math.Exp(0.1*rng.NormFloat64()), 0.3*rng.Float64()
		loss := make([]float64, 101)
		v := 1.0
		for k := range loss {
			loss[k] = v * (1 + noise*rng.NormFloat64())
			v *= grow
			if k == 40 {
				grow = math.Exp(0.1 * rng.NormFloat64())
			}
		}
		var want Status
		for i, shift := range []float64{0, -1000, 1000, -0.5} {
			moved := make([]float64, len(loss))
			for k, l := range loss {
				moved[k] = l + shift
			}
			l := level{start: 1 + shift, best: shift, excess: 1}
			j := judge{Options: o, alpha: 0.9, seeds: []level{l}}
			trial := newTrial(1, 100, []curve{{loss: moved, score: moved[100]}})
			j.verdict(trial)
			if i == 0 {
				want = trial.Status
				seen[want]++
			} else if trial.Status != want {
				t.Fatalf("shifted by %v the trial is %s, else %s: %v", shift, trial.Status, want, loss)
			}
		}
	}
	if seen[OK] < 20 || seen[Unstable] < 20 || seen[Diverged] < 20 {
		t.Errorf("verdicts %v", seen)
	}
}

// TestNegativeLosses: searches on functions whose values are negative tell stable from unstable rates as elsewhere.
func TestNegativeLosses(t *testing.T) {
	for _, test := range []struct {
		problem, optimizer string
		lowest             float64 // the edge lies between these
		highest            float64
	}{
		// The curvature at the minimum is 34.6; the valley is left by jumps before 2/34.6 = 0.058 or slightly above.
		{"styblinski_tang", "sgd", 0.05, 0.09},
		{"styblinski_tang", "momentum", 0.02, 0.12},
		// McCormick's λmax at the minimum and at the start are about 3.7 and 4.
		{"mccormick", "sgd", 0.45, 0.6},
	} {
		r := find(t, train.Spec{Problem: test.problem, Optimizer: test.optimizer}, Options{})
		if !(r.Edge > test.lowest && r.Edge < test.highest) || r.BestLoss >= r.StartLoss || !r.Answered() {
			t.Errorf("%s on %s: ε* %v, ε_edge %v", test.optimizer, test.problem, r.Best, r.Edge)
		}
		for _, trial := range r.Trials {
			if trial.LR < r.Best && trial.Status != OK || trial.LR > 3*r.Edge && trial.Status == OK {
				t.Errorf("%s on %s: ε = %v is %s", test.optimizer, test.problem, trial.LR, trial.Status)
			}
		}
	}
}

// TestReasons: where there is no answer, there is a reason.
func TestReasons(t *testing.T) {
	for _, test := range []struct {
		spec train.Spec
		want string
	}{
		{train.Spec{Problem: "saddle", Optimizer: "sgd"}, "falls without bound"},
		{train.Spec{Problem: "monkey_saddle", Optimizer: "adam"}, "falls without bound"},
		{train.Spec{Problem: "booth", Optimizer: "sgd", Start: []float64{1, 3}}, "gradient is zero"},
		{train.Spec{Problem: "booth", Optimizer: "adam", Start: []float64{1, 3}, Noise: 1, Batch: 1}, "lowers the loss"},
		{train.Spec{Problem: "booth", Optimizer: "muon"}, "makes no difference"},
	} {
		r := find(t, test.spec, Options{})
		if r.Answered() || !strings.Contains(r.Reason, test.want) {
			t.Errorf("%s on %s: chosen %v, reason %q, want %q", test.spec.Optimizer, test.spec.Problem, r.Chosen, r.Reason, test.want)
		}
	}
	for _, rule := range []string{"newton", "lbfgs", "cg"} {
		_, err := New(train.Spec{Problem: "beale", Optimizer: rule}, Options{})
		if wrong := (*usage.Error)(nil); !errors.As(err, &wrong) || !strings.Contains(err.Error(), rule+" has no learning rate") {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

func lossAt(r *Result, lr float64) float64 {
	for _, c := range r.Check {
		if c.LR == lr {
			return c.Loss
		}
	}
	return math.NaN()
}

// sleeper is a problem whose gradient takes a millisecond.
type sleeper struct{ problems.Problem }

func (s sleeper) Gradient(x, g []float64) float64 {
	time.Sleep(time.Millisecond)
	return s.Problem.Gradient(x, g)
}

func (s sleeper) Clone() problems.Problem { return sleeper{s.Problem.Clone()} }

func init() {
	beale, err := problems.Find("beale")
	if err != nil {
		panic(err)
	}
	problems.Register(problems.Spec{Name: "slow_for_test", New: func() problems.Problem { return sleeper{beale.New()} }})
}

// TestCancel: a search ends with the step that its trials are taking, and tells what it has. By the clock of the bubble
// only gradients take time.
func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		trials := 0
		var at time.Time
		f, err := New(train.Spec{Problem: "slow_for_test", Optimizer: "adam"}, Options{Workers: 2, Progress: func(p Progress) {
			if p.Trial != nil {
				trials++
			}
			if p.Done > p.Total || p.Phase == "" {
				t.Errorf("progress %+v", p)
			}
			if trials == 3 && at.IsZero() {
				at = time.Now()
				cancel()
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		r, err := f.Find(ctx)
		took := time.Since(at)
		if err != nil || r.Interrupted != "grid" || len(r.Trials) < 3 || r.Answered() {
			t.Errorf("interrupted in %q with %d trials, %v", r.Interrupted, len(r.Trials), err)
		}
		if at.IsZero() || took > time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}

// TestDefect: a panic in a trial is an error, and does not end the program.
func TestDefect(t *testing.T) {
	p := pool{workers: 3}
	err := p.each(context.Background(), 100, func(i int, _ brake) error {
		if i == 5 {
			panic("a defect")
		}
		return nil
	}, func(int) {})
	if err == nil || !strings.Contains(err.Error(), "a defect") {
		t.Error(err)
	}
}

// TestShare: every worker asks for its turns step by step, gives the last one up, and the answer is the same.
func TestShare(t *testing.T) {
	var steps, begun, ended atomic.Int64
	share := func(ctx context.Context) (func() bool, func()) {
		begun.Add(1)
		return func() bool { steps.Add(1); return ctx.Err() == nil }, func() { ended.Add(1) }
	}
	spec := train.Spec{Problem: "quadratic", Optimizer: "momentum", Noise: 1, Batch: 1}
	got, want := find(t, spec, Options{Workers: 2, Share: share, NoCheck: true}), find(t, spec, Options{NoCheck: true})
	if got.Suggested != want.Suggested || got.Best != want.Best {
		t.Errorf("ε₀ %v and ε* %v in turns, %v and %v without", got.Suggested, got.Best, want.Suggested, want.Best)
	}
	if n := int64(len(got.Trials) * 100); steps.Load() < n || begun.Load() == 0 || begun.Load() != ended.Load() {
		t.Errorf("%d turns for at least %d steps; %d begun, %d ended", steps.Load(), n, begun.Load(), ended.Load())
	}
	// One that gets no turn ends.
	f, err := New(spec, Options{Share: func(context.Context) (func() bool, func()) { return func() bool { return false }, func() {} }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r, err := f.Find(ctx); err == nil && (r.Interrupted == "" || len(r.Trials) > 0) {
		t.Errorf("a search without a turn finds something: %+v", r)
	}
}

// TestRule: the rule is known to fail for noise at a constant rate, where the best rate after 1 000 steps is a
// fraction of that after 100, and to hold for momentum on Rosenbrock's function.
func TestRule(t *testing.T) {
	r := find(t, train.Spec{Problem: "quadratic", Optimizer: "sgd", Noise: 10, Batch: 1}, Options{})
	if r.Rule != Fails || r.Chosen != r.Best/4 {
		t.Errorf("noise: verdict %v, chosen %v, ε* %v", r.Rule, r.Chosen, r.Best)
	}
	// With many seeds the best is in the middle, and no other is chosen.
	r = find(t, train.Spec{Problem: "quadratic", Optimizer: "momentum", Noise: 3, Batch: 1, Schedule: "cosine"}, Options{})
	for _, c := range r.Check {
		if c.LR != r.Chosen && (c.Loss < lossAt(r, r.Chosen) || len(r.Check) != 4) {
			t.Errorf("chosen is %v with loss %v, and %s has %v", r.Chosen, lossAt(r, r.Chosen), c.Name, c.Loss)
		}
	}
	r = find(t, train.Spec{Problem: "rosenbrock", Optimizer: "momentum"}, Options{})
	if r.Rule != Holds || r.Chosen <= r.Best {
		t.Errorf("rosenbrock: verdict %v, chosen %v, ε* %v", r.Rule, r.Chosen, r.Best)
	}
}

// describe writes everything of a result that can be compared.
func describe(r *Result) string {
	var b strings.Builder
	fmt.Fprintln(&b, r.Best, r.BestLoss, r.Edge, r.Suggested, r.Chosen, r.Rule, r.StartLoss, r.Reason, r.Notes)
	for _, t := range r.Trials {
		fmt.Fprintln(&b, t.LR, t.Loss, t.Lo, t.Hi, t.Final, t.Status, t.Severe, t.Curves())
	}
	for _, c := range r.Check {
		fmt.Fprintln(&b, c.Name, c.LR, c.Loss, c.Status, c.Curves())
	}
	fmt.Fprintln(&b, *r.Range)
	return b.String()
}
