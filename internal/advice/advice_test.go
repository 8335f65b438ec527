package advice

import (
	"fmt"
	"maps"
	"math"
	"testing"
	"time"
	"unicode/utf8"

	"opttui/internal/curvature"
	"opttui/internal/optim"
	"opttui/internal/train"
)

// stage is a run that somebody looks on: thirty times a second, with so many steps in between and a report at every third
// look, as on a screen.
type stage struct {
	*train.Run
	Watcher
	measurer curvature.Measurer
	report   *curvature.Report
	now      time.Time
	looks    int
	stride   int
	forge    func(*train.Snapshot, *curvature.Report) // changes what is seen
	seen     map[Kind]int                             // looks at which each advice was shown
	first    map[Kind]*Advice
}

func onStage(t testing.TB, spec train.Spec) *stage {
	t.Helper()
	run, err := train.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	return &stage{Run: run, now: time.Unix(0, 0), stride: 3, seen: map[Kind]int{}, first: map[Kind]*Advice{}}
}

// play takes steps and looks on, until an advice of the kind comes where one is given.
func (s *stage) play(steps int, until Kind) *Advice {
	for end := s.Step() + steps; ; {
		if s.looks%3 == 0 {
			s.report = s.measurer.Measure(s.Probe())
		}
		snapshot, report := s.Snapshot(), *s.report
		if s.forge != nil {
			s.forge(snapshot, &report)
		}
		a := s.See(s.now, snapshot, &report)
		s.looks++
		s.now = s.now.Add(time.Second / 30)
		if a != nil {
			s.seen[a.Kind]++
			if s.first[a.Kind] == nil {
				s.first[a.Kind] = a
			}
			if a.Kind == until {
				return a
			}
		}
		if s.Over() || s.Step() >= end {
			return nil
		}
		s.Advance(s.stride - 1)
		s.Mark()
		s.Advance(1)
	}
}

func spec(problem, optimizer string, lr float64, more ...string) train.Spec {
	s := train.Spec{Problem: problem, Optimizer: optimizer, Batch: 1, Set: map[string]string{}}
	if lr > 0 {
		s.Set["lr"] = fmt.Sprint(lr)
	}
	for i := 0; i+1 < len(more); i += 2 {
		s.Set[more[i]] = more[i+1]
	}
	return s
}

func noisy(s train.Spec, sigma float64) train.Spec { s.Noise = sigma; return s }
func batch(s train.Spec, m int) train.Spec         { s.Batch = m; return s }
func from(s train.Spec, x ...float64) train.Spec   { s.Start = x; return s }
func suggested(s train.Spec) train.Spec {
	s.Set = maps.Clone(s.Set)
	for k, v := range s.SuggestedRates() {
		s.Set[k] = fmt.Sprint(v)
	}
	return s
}

// TestKinds: each advice comes on a run where it is right, in one line of a bearable length and with its evidence, and not
// on a run that differs in the very thing that it is about.
func TestKinds(t *testing.T) {
	for _, c := range []struct {
		kind         Kind
		steps        int
		right, wrong train.Spec
	}{
		{Diverged, 300, spec("quadratic", "sgd", 0.05), spec("quadratic", "sgd", 0.019)},
		{Diverged, 100, spec("rosenbrock", "momentum", 0.1), spec("rosenbrock", "momentum", 1e-4)},
		{Diverging, 300, spec("quadratic", "sgd", 0.0202), spec("quadratic", "sgd", 0.0198)},
		{Bottomless, 200, spec("monkey_saddle", "sgd", 0.02), spec("monkey_saddle", "adam", 0.02)},
		{Converged, 300, spec("ravine", "sgd", 0.2), spec("rosenbrock", "sgd", 1e-3)},
		{OnNoise, 300, noisy(spec("beale", "bfgs", 0), 1), spec("beale", "bfgs", 0)},
		{OnNoise, 600, noisy(spec("rosenbrock", "lbfgs", 0), 1), noisy(spec("rosenbrock", "adam", 0.02), 1)},
		{Saddle, 200, from(spec("saddle", "sgd", 0.1), 1, 0), from(spec("saddle", "sgd", 0.1), 1, 0.01)},
		{Saddle, 100, spec("himmelblau", "newton", 0), spec("himmelblau", "damped_newton", 0)},
		{Oscillating, 300, spec("six_hump_camel", "sgd", 0.1), spec("six_hump_camel", "sgd", 0.02)},
		{Oscillating, 300, spec("rastrigin", "sgd", 0.02), spec("rastrigin", "sgd", 1e-3)},
		{Oscillating, 300, spec("double_well", "sgd", 0.3), spec("quadratic", "momentum", 1e-3, "momentum", "0.99999")},
		{Overshoot, 300, spec("quadratic", "momentum", 0.01, "momentum", "0.99999"), spec("double_well", "sgd", 0.3)},
		{Oscillating, 300, spec("quadratic", "rmsprop", 0.1), spec("quadratic", "rmsprop", 1e-3)},
		{Overshoot, 600, spec("quadratic", "momentum", 0.005, "momentum", "0.99"), spec("quadratic", "momentum", 0.005, "momentum", "0.8")},
		{Overshoot, 600, spec("rosenbrock", "momentum", 5e-4, "momentum", "0.99"), spec("rosenbrock", "momentum", 5e-4, "momentum", "0.8")},
		{Decayed, 800, spec("quadratic", "adagrad", 0.05), spec("quadratic", "adagrad", 1)},
		{Decayed, 800, suggested(spec("booth", "adagrad", 0)), suggested(spec("booth", "rmsprop", 0))},
		{Decayed, 1200, batch(spec("iris", "adagrad", 0.01), 32), batch(spec("iris", "rmsprop", 0.01), 32)},
		{NoiseFloor, 2500, noisy(spec("ravine", "sgd", 0.1), 3), noisy(spec("ravine", "sgd", 1e-3), 3)},
		{NoiseFloor, 1500, batch(spec("iris", "sgd", 2), 4), batch(spec("iris", "sgd", 2), 0)},
		{Plateau, 800, spec("quadratic", "sgd", 1e-4, "condition", "10000"), spec("ravine", "sgd", 0.1)},
		{Plateau, 500, from(spec("easom", "sgd", 0.2), -2, -2), suggested(spec("easom", "sgd", 0))},
		{TooSlow, 300, spec("ravine", "sgd", 1e-3), spec("ravine", "sgd", 0.1)},
		{TooSlow, 300, spec("rosenbrock", "adam", 1e-4), spec("rosenbrock", "adam", 0.02)},
		{TooSlow, 300, spec("ravine", "momentum", 1e-4), spec("rosenbrock", "momentum", 4e-5)},
		{TooSlow, 1500, batch(spec("iris", "sgd", 1e-3), 16), batch(spec("iris", "sgd", 0.3), 16)},
	} {
		name := fmt.Sprintf("%s/%s on %s", c.kind, c.right.Optimizer, c.right.Problem)
		t.Run(name, func(t *testing.T) {
			s := onStage(t, c.right)
			a := s.play(c.steps, c.kind)
			if a == nil {
				t.Fatalf("nothing said of %+v, but %v", c.right, s.seen)
			}
			if n := utf8.RuneCountInString(a.Text); n > 110 || a.Evidence == "" || (a.Key == "") != (len(a.Commands) == 0) || (a.Does == "") != (a.Key == "") {
				t.Errorf("%d characters: %+v", n, a)
			}
			s = onStage(t, c.wrong)
			s.play(c.steps, "")
			if n := s.seen[c.kind]; n > 0 {
				t.Errorf("said %d times of %+v: %+v", n, c.wrong, s.first[c.kind])
			}
		})
	}
}

// TestEvidence: the same runs, but for one thing that is measured of them, give no reason.
func TestEvidence(t *testing.T) {
	for _, c := range []struct {
		name  string
		kind  Kind
		steps int
		spec  train.Spec
		forge func(*train.Snapshot, *curvature.Report)
	}{
		{"the steps did half of what was foretold", TooSlow, 300, spec("ravine", "sgd", 1e-3),
			func(_ *train.Snapshot, r *curvature.Report) { r.Last.Actual = r.Last.Predicted / 2 }},
		{"the limit is near", TooSlow, 300, spec("ravine", "sgd", 1e-3),
			func(_ *train.Snapshot, r *curvature.Report) { r.Limit.Share, r.Limit.Lambda = 0.3, 600 }},
		{"a schedule has lowered the rate", TooSlow, 300, spec("ravine", "sgd", 1e-3),
			func(s *train.Snapshot, _ *curvature.Report) { s.LR /= 2 }},
		{"the gradient over all data is as long", NoiseFloor, 2500, noisy(spec("ravine", "sgd", 0.1), 3),
			func(s *train.Snapshot, r *curvature.Report) { r.Norm = s.GradNorm }},
		{"the gradient has gone with the steps", Decayed, 800, suggested(spec("booth", "adagrad", 0)),
			func(s *train.Snapshot, _ *curvature.Report) {
				if s.Step > 0 {
					s.GradNorm /= 10
				}
			}},
		{"nothing goes down", Saddle, 200, from(spec("saddle", "sgd", 0.1), 1, 0),
			func(_ *train.Snapshot, r *curvature.Report) {
				r.Values, r.Class = []float64{2, 0}, curvature.Degenerate
			}},
		{"the bottom is near", Plateau, 800, spec("quadratic", "sgd", 1e-4, "condition", "10000"),
			func(_ *train.Snapshot, r *curvature.Report) { r.Distance /= 1000 }},
		{"ε is past its limit", Overshoot, 600, spec("quadratic", "momentum", 0.005, "momentum", "0.99"),
			func(_ *train.Snapshot, r *curvature.Report) { r.Limit.Share = 1.1 }},
	} {
		s := onStage(t, c.spec)
		if s.play(c.steps, c.kind) == nil {
			t.Errorf("%s: nothing said of the run as it is", c.kind)
		}
		s = onStage(t, c.spec)
		s.forge = c.forge
		if a := s.play(c.steps, c.kind); a != nil {
			t.Errorf("%s: said though %s: %+v", c.kind, c.name, a)
		}
	}
}

// TestHelps: what an advice does leaves the loss lower than going on as before.
func TestHelps(t *testing.T) {
	for _, c := range []struct {
		kind  Kind
		then  int // steps after which the two are compared
		share float64
		spec  train.Spec
	}{
		{Diverged, 200, 1e-2, spec("quadratic", "sgd", 0.05)},
		{Diverging, 200, 1e-2, spec("quadratic", "sgd", 0.0202)},
		{Oscillating, 100, 0.9, spec("six_hump_camel", "sgd", 0.1)},
		{Oscillating, 100, 0.5, spec("quadratic", "rmsprop", 0.1)},
		{TooSlow, 200, 0.5, spec("ravine", "sgd", 1e-3)},
		{TooSlow, 200, 0.9, spec("rosenbrock", "adam", 1e-4)},
		{TooSlow, 300, 0.9, batch(spec("iris", "sgd", 1e-3), 16)},
		{Decayed, 300, 0.5, spec("quadratic", "adagrad", 0.05)},
		{Decayed, 300, 0.5, suggested(spec("booth", "adagrad", 0))},
		{OnNoise, 500, 0.9, noisy(spec("beale", "bfgs", 0), 1)},
		{OnNoise, 500, 0.9, noisy(spec("rosenbrock", "lbfgs", 0), 1)},
		{Saddle, 60, 0.9, from(spec("saddle", "sgd", 0.1), 1, 0)},
		{Saddle, 60, 0.9, spec("himmelblau", "newton", 0)},
		{Overshoot, 200, 0.5, spec("quadratic", "momentum", 0.005, "momentum", "0.99")},
		{Overshoot, 200, 0.5, spec("rosenbrock", "momentum", 5e-4, "momentum", "0.99")},
		{Plateau, 500, 0.5, spec("quadratic", "sgd", 1e-4, "condition", "10000")},
		{NoiseFloor, 500, 0.5, noisy(spec("ravine", "sgd", 0.1), 3)},
	} {
		s := onStage(t, c.spec)
		a := s.play(2500, c.kind)
		if a == nil {
			t.Errorf("%s: nothing said of %+v", c.kind, c.spec)
			continue
		}
		from := s.Step()
		if a.Back {
			from = a.To
		}
		followed, err := train.Replay(c.spec, s.Journal(), from)
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range a.Commands {
			if err := followed.Apply(command); err != nil {
				t.Fatalf("%s: %+v: %v", c.kind, command, err)
			}
		}
		followed.Advance(c.then)
		s.Advance(c.then)
		ignored, better := lossOf(s.Run), lossOf(followed)
		if !(better < ignored-(1-c.share)*math.Abs(ignored)) && !(ignored-ignored != 0 && better-better == 0) {
			t.Errorf("%s of %s on %s, %s: loss %g with it, %g without", c.kind, c.spec.Optimizer, c.spec.Problem, a.Does, better, ignored)
		}
	}
}

// lossOf is the mean loss over all data and the last steps, in which the noise is averaged.
func lossOf(r *train.Run) float64 {
	sum := 0.0
	const n = 50
	for range n {
		sum += r.Trial().FullLoss()
		r.Advance(1)
	}
	return sum / n
}

// TestFalseAlarms looks on at all rules on many problems at the rates that are suggested for them. Where the loss falls in
// every step nothing is called unstable; and what is said at all is counted, for whoever changes a threshold (-v).
func TestFalseAlarms(t *testing.T) {
	count, runs := map[Kind]int{}, 0
	for _, problem := range []string{"rosenbrock", "beale", "himmelblau", "ravine", "booth", "rastrigin", "quadratic", "saddle", "six_hump_camel", "matyas", "ackley", "easom", "iris"} {
		for _, rule := range optim.All() {
			c := spec(problem, rule.Name, 0)
			if problem == "iris" {
				c.Batch = 0
			}
			if _, err := train.New(suggested(c)); err != nil {
				continue // it needs what the problem has not
			}
			stage := onStage(t, suggested(c))
			stage.play(500, "")
			runs++
			for kind := range stage.seen {
				count[kind]++
			}
			if !monotone(stage.Snapshot().History) {
				continue
			}
			for _, kind := range []Kind{Oscillating, Overshoot, Diverging, Diverged} {
				if a := stage.first[kind]; a != nil {
					t.Errorf("%s on %s falls in every step, and is said to be %s: %s", rule.Name, problem, kind, a.Text)
				}
			}
		}
	}
	for _, kind := range Kinds {
		t.Logf("%-12s of %3d of %d runs", kind, count[kind], runs)
	}
	if n := count[Diverging] + count[Diverged]; n > 0 {
		t.Errorf("%d runs diverge at suggested rates", n)
	}
}

// monotone tells whether the loss has never risen.
func monotone(v train.HistoryView) bool {
	before := math.Inf(1)
	for i := range v.Len() {
		b, _ := v.At(i)
		if b.Mean > before || b.Bad > 0 {
			return false
		}
		before = b.Mean
	}
	return true
}

// TestHysteresis: an advice comes only when its reason has been there for a while, stays for a second at least, and a
// reason that comes and goes is none.
func TestHysteresis(t *testing.T) {
	run, err := train.New(spec("ravine", "sgd", 0.1))
	if err != nil {
		t.Fatal(err)
	}
	snapshot := run.Snapshot()
	advice := &Advice{Kind: TooSlow}
	now := time.Unix(0, 0)
	var w Watcher
	say := func(a *Advice, d time.Duration, steps int) *Advice {
		now = now.Add(d)
		snapshot.Step += steps
		return w.decide(now, snapshot, a)
	}
	for range 3 { // no steps
		if say(advice, 400*time.Millisecond, 5) != nil {
			t.Fatal("shown after hardly a step")
		}
	}
	say(nil, 0, 1)
	for range 10 { // flickering
		if say(advice, 400*time.Millisecond, 10) != nil || say(nil, 30*time.Millisecond, 10) != nil {
			t.Fatal("shown though it flickers")
		}
	}
	say(nil, 0, 1)
	if say(advice, 0, 1) != nil || say(advice, 400*time.Millisecond, 100) != nil {
		t.Fatal("shown at once")
	}
	if say(advice, 200*time.Millisecond, 1) != advice {
		t.Fatal("not shown after half a second")
	}
	for range 4 {
		if say(nil, 900*time.Millisecond, 1) == nil {
			t.Fatal("gone soon after its reason")
		}
	}
	if say(nil, 300*time.Millisecond, 1) != nil {
		t.Fatal("still there though its reason has been gone for long")
	}
	failure := &Advice{Kind: Diverged, Urgency: Failure}
	snapshot.Loss = math.NaN()
	if say(failure, 0, 1) != failure {
		t.Fatal("a run that is over is not told at once")
	}
}

// TestForgets: after a person has changed something, what was seen before is no evidence.
func TestForgets(t *testing.T) {
	s := onStage(t, spec("ravine", "sgd", 1e-3))
	if s.play(300, TooSlow) == nil {
		t.Fatal("nothing said")
	}
	if err := s.Apply(train.Command{Op: train.OpSet, Key: "optimizer.lr", Value: "0.2"}); err != nil {
		t.Fatal(err)
	}
	if a := s.See(s.now, s.Snapshot(), s.report); a != nil {
		t.Errorf("still said: %+v", a)
	}
	if s.at(0).reported >= 0 {
		t.Error("a report of before the change counts")
	}
	if s.play(20, TooSlow) != nil {
		t.Error("said of the new rate what was seen of the old one")
	}
}

// TestSeeIsCheap: while there is nothing to say, looking on allocates nothing.
func TestSeeIsCheap(t *testing.T) {
	s := onStage(t, spec("rosenbrock", "sgd", 1e-4))
	s.Advance(2000)
	snapshots := make([]*train.Snapshot, 200)
	for i := range snapshots {
		s.Advance(1)
		snapshots[i] = s.Snapshot()
	}
	i := 0
	if n := testing.AllocsPerRun(100, func() {
		s.now = s.now.Add(time.Second / 30)
		s.See(s.now, snapshots[i], nil)
		i++
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkSee(b *testing.B) {
	s := onStage(b, noisy(spec("rosenbrock", "sgd", 1e-4), 1))
	s.Advance(2000)
	report := s.measurer.Measure(s.Probe())
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		snapshot := s.Snapshot()
		s.Advance(1)
		b.StartTimer()
		s.now = s.now.Add(time.Second / 30)
		s.See(s.now, snapshot, report)
	}
}
