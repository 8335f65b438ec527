package train

import (
	"math"
	"testing"
)

func TestRegressionReplayAfterErr(t *testing.T) {
	for _, o := range []string{"bfgs", "lbfgs", "lm"} {
		spec := Spec{Problem: "saddle", Optimizer: o}
		r := must(t, spec)
		r.Advance(5000)
		if r.err == nil {
			t.Fatal("no err")
		}
		if err := r.Apply(Command{Op: OpOptimizer, Value: "sgd", Set: map[string]string{"lr": "1e-3"}}); err != nil {
			t.Fatal(err)
		}
		r.Advance(5)
		q, err := Replay(spec, r.Journal(), r.Step())
		if err != nil {
			t.Fatal(err)
		}
		if r.obj.counts != q.obj.counts {
			t.Errorf("%s: %+v, replay %+v", o, r.obj.counts, q.obj.counts)
		}
	}
}

func TestRegressionStaleGradient(t *testing.T) {
	r := must(t, Spec{Problem: "quadratic", Optimizer: "newton", Set: map[string]string{"mode": "zero"}})
	r.Advance(5)
	_ = r.Apply(Command{Op: OpTurn, Key: "problem.condition", Notches: 5})
	_ = r.Apply(Command{Op: OpOptimizer, Value: "sgd", Set: map[string]string{"lr": "0.001"}})
	g := make([]float64, 2)
	if f := r.problem.Gradient(r.point.X, g); f != r.loss || g[1] != r.point.G[1] {
		t.Errorf("loss %v, g %v; the run has %v, %v", f, g, r.loss, r.point.G)
	}
}

func TestRegressionAdviceOfTheErrorHelps(t *testing.T) {
	r := must(t, Spec{Problem: "beale", Optimizer: "newton", Set: map[string]string{"mode": "zero"}})
	r.Advance(1)
	_ = r.Apply(Command{Op: OpSet, Key: "mode", Value: "minimum"})
	if n := r.Advance(3); n != 3 {
		t.Errorf("%d steps: %v", n, r.err)
	}
}

func TestRegressionEaseUnderASchedule(t *testing.T) {
	r := must(t, Spec{Problem: "rosenbrock", Optimizer: "sgd", Schedule: "cosine", Set: map[string]string{"lr": "1e-4", "switch_warmup": "10"}})
	r.Advance(700)
	c := r.Clone()
	b := append([]float64{}, r.point.X...)
	c.Advance(1)
	old := math.Hypot(c.point.X[0]-b[0], c.point.X[1]-b[1])
	_ = r.Apply(Command{Op: OpOptimizer, Value: "adam", Set: map[string]string{"lr": "0.1"}})
	r.Advance(1)
	if first := math.Hypot(r.point.X[0]-b[0], r.point.X[1]-b[1]); math.Abs(first/old-1) > 1e-6 {
		t.Errorf("first/old = %v", first/old)
	}
}

func TestRegressionScoresOfALongRun(t *testing.T) {
	r := must(t, Spec{Problem: "iris", Optimizer: "sgd", Batch: 8})
	r.Advance(300000)
	if s := r.scores[0].Step; s > 1000 {
		t.Errorf("first score at step %d of %d (%d scores)", s, r.step, len(r.scores))
	}
}

func TestRegressionCountsOfSwitchWarmup(t *testing.T) {
	a := must(t, Spec{Problem: "rosenbrock", Optimizer: "lbfgs"})
	a.Advance(10)
	b := a.Clone()
	_ = b.Apply(Command{Op: OpSet, Key: "switch_warmup", Value: "5"})
	a.Advance(5)
	b.Advance(5)
	if a.obj.counts != b.obj.counts {
		t.Errorf("%+v, with switch_warmup set %+v", a.obj.counts, b.obj.counts)
	}
}

// A run that was fast is slow after a change: it looks into its mailbox after the very next step, and not only after as
// many as it used to take. (It has no goroutine here, so that the test knows how many these are.)
func TestRegressionStopAfterSlowChange(t *testing.T) {
	for _, p := range []string{"digits", "digits/mlp", "iris/mlp"} {
		run := must(t, Spec{Problem: p, Optimizer: "sgd", Batch: 1, Set: map[string]string{"lr": "0.001"}})
		l := &Live{run: run, mail: make(chan message, mailboxSize), rate: Unlimited, pace: pace{size: 50}}
		if l.turn(); run.step != 50 {
			t.Fatalf("%s: %d steps at a time", p, run.step)
		}
		l.Do(Command{Op: OpSet, Key: "run.batch", Value: "0"})
		l.take(<-l.mail)
		if l.turn(); run.step != 51 || len(run.journal) != 1 {
			t.Errorf("%s: %d steps at a time after %d changes", p, run.step-50, len(run.journal))
		}
	}
}

func TestRegressionPanicIsAcknowledged(t *testing.T) {
	l := start(t, Spec{Problem: "broken_for_test", Optimizer: "sgd"}, Unlimited, true)
	id, _ := l.Single(98)
	until(t, l, "98", func(s *Snapshot) bool { return s.Applied >= id && s.Step == 98 })
	id, _ = l.Do(Command{Op: OpSet, Key: "batch", Value: "2"})
	until(t, l, "crash that is acknowledged", func(s *Snapshot) bool { return s.Status == Crashed && s.Applied >= id })
}

func TestRegressionSamUnits(t *testing.T) {
	r := must(t, Spec{Problem: "beale", Optimizer: "sam", Set: map[string]string{"base": "adam", "lr": "0.3"}})
	_ = r.Apply(Command{Op: OpOptimizer, Value: "sgd"})
	t.Log("sgd takes over lr", r.base, "of sam's adam")
}
