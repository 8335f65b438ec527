package train

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opttui/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// patience is how long a test waits for what must happen before it fails.
const patience = time.Minute

// until waits for a condition on the snapshots of l, and fails the test when it does not come.
func until(t *testing.T, l *Live, what string, ok func(*Snapshot) bool) *Snapshot {
	t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		if s := l.Snapshot(); ok(s) {
			return s
		}
		time.Sleep(time.Millisecond)
	}
	s := l.Snapshot()
	t.Fatalf("no %s: step %d, status %s %s", what, s.Step, s.Status, s.Err)
	return nil
}

func start(t *testing.T, spec Spec, rate float64, paused bool) *Live {
	t.Helper()
	l, err := Launch(context.Background(), spec, rate, paused)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Stop)
	return l
}

func TestCommandsAreAcknowledgedAndJournaled(t *testing.T) {
	l := start(t, Spec{Problem: "beale", Optimizer: "sgd", Set: map[string]string{"lr": "0.001"}}, Unlimited, false)
	until(t, l, "progress", func(s *Snapshot) bool { return s.Step > 1000 })
	id, ok := l.Do(Command{Op: OpScale, Key: "lr", Factor: 2})
	if !ok {
		t.Fatal("the mailbox is full")
	}
	s := until(t, l, "acknowledgement", func(s *Snapshot) bool { return s.Applied >= id })
	if set, _ := s.Setting("optimizer.lr"); set.Value != 0.002 {
		t.Errorf("learning rate %g after doubling 0.001", set.Value)
	}
	if len(s.Journal) != 1 || s.Journal[0].Step > s.Step || s.Journal[0].Command.Value != "0.002" {
		t.Errorf("journal %+v at step %d", s.Journal, s.Step)
	}
	id, _ = l.Do(Command{Op: OpSet, Key: "lr", Value: "-1"})
	s = until(t, l, "refusal", func(s *Snapshot) bool { return s.Applied >= id })
	if !strings.Contains(s.Refused, "lr cannot be -1: allowed is") || len(s.Journal) != 1 {
		t.Errorf("refused with %q, journal %+v", s.Refused, s.Journal)
	}
}

// What the goroutine made of keys pressed at any moment is what a replay of its journal makes.
func TestLiveIsReplay(t *testing.T) {
	spec := Spec{Problem: "rosenbrock", Optimizer: "momentum", Batch: 8, Noise: 0.5, Seed: 11, Set: map[string]string{"lr": "1e-4"}}
	l := start(t, spec, Unlimited, false)
	commands := []Command{
		{Op: OpScale, Key: "lr", Factor: 0.5},
		{Op: OpOptimizer, Value: "adam", Set: map[string]string{"lr": "0.01"}},
		{Op: OpSchedule, Value: "cosine"},
		{Op: OpSet, Key: "batch", Value: "64"},
		{Op: OpConvention, Value: "torch"},
		{Op: OpTurn, Key: "beta1", Notches: -1},
	}
	var id uint64
	for _, c := range commands {
		id, _ = l.Do(c)
		at := l.Snapshot().Step
		until(t, l, "more steps", func(s *Snapshot) bool { return s.Applied >= id && s.Step > at+50 })
	}
	id, _ = l.Pause(true)
	s := until(t, l, "pause", func(s *Snapshot) bool { return s.Applied >= id })
	r, err := Replay(spec, s.Journal, s.Step)
	if err != nil {
		t.Fatal(err)
	}
	if r.loss != s.Loss || r.point.X[0] != s.X[0] || r.point.X[1] != s.X[1] {
		t.Errorf("live ended at %v, %g; the replay at %v, %g", s.X, s.Loss, r.point.X, r.loss)
	}
}

func TestPauseAndSingleSteps(t *testing.T) {
	l := start(t, Spec{Problem: "beale", Optimizer: "sgd", Set: map[string]string{"lr": "0.001"}}, Unlimited, true)
	if s := l.Snapshot(); s.Step != 0 || s.Status != Paused {
		t.Fatalf("begins at step %d, %s", s.Step, s.Status)
	}
	l.Single(1)
	l.Single(10)
	until(t, l, "step 11", func(s *Snapshot) bool { return s.Step == 11 && s.Status == Paused })
	l.Pause(false)
	until(t, l, "progress", func(s *Snapshot) bool { return s.Step > 1000 && s.Status == Running })
}

// Keys that come in one burst do what they do when they are pressed slowly: a command after single steps finds them taken.
func TestCommandsWaitForSingleSteps(t *testing.T) {
	l := start(t, Spec{Problem: "beale", Optimizer: "sgd", Set: map[string]string{"lr": "0.001"}}, Unlimited, true)
	double := Command{Op: OpScale, Key: "lr", Factor: 2}
	half := Command{Op: OpSet, Key: "lr", Value: "0.0005"}
	for range 20 {
		from := l.Snapshot()
		l.Single(10)
		l.Do(half)
		l.Single(3)
		l.Do(double)
		l.Single(1)
		id, _ := l.Rewind(4)
		s := until(t, l, "way back", func(s *Snapshot) bool { return s.Applied >= id && s.Seeking == nil })
		if want := from.Step + 10; s.Step != want || s.Journal[len(s.Journal)-1].Step != want || s.Ahead == nil || s.Ahead.End != want+4 {
			t.Fatalf("at step %d with %+v, ahead %+v; the command is of step %d", s.Step, s.Journal, s.Ahead, want)
		}
	}
	// A pause gives them up, and what waited for them comes at once; so does a restart.
	before := len(l.Snapshot().Journal)
	l.Single(1 << 40)
	l.Do(double)
	id, _ := l.Pause(true)
	s := until(t, l, "pause", func(s *Snapshot) bool { return s.Applied >= id })
	if s.Status != Paused || len(s.Journal) != before+1 {
		t.Errorf("%s with %d commands, not %d", s.Status, len(s.Journal), before+1)
	}
	rate, _ := s.Setting("optimizer.lr")
	l.Single(1 << 40)
	l.Do(double)
	id, _ = l.Restart(nil)
	s = until(t, l, "restart", func(s *Snapshot) bool { return s.Applied >= id })
	if again, _ := s.Setting("optimizer.lr"); s.Step != 0 || again.Value != 2*rate.Value {
		t.Errorf("restarted at step %d with the rate %g, not %g", s.Step, again.Value, 2*rate.Value)
	}
	// A run that is over, or crashes, does not let them wait for ever.
	over := start(t, Spec{Problem: "rosenbrock", Optimizer: "sgd", Set: map[string]string{"lr": "100"}}, Unlimited, true)
	for range 3 {
		over.Single(1 << 40)
		id, _ = over.Do(double)
	}
	until(t, over, "answer of a run that is over", func(s *Snapshot) bool { return s.Applied >= id && s.Status == Diverged && len(s.Journal) == 3 })
	crash := start(t, Spec{Problem: "broken_for_test", Optimizer: "sgd"}, Unlimited, true)
	crash.Single(1 << 40)
	id, _ = crash.Do(double)
	until(t, crash, "answer of a crashed run", func(s *Snapshot) bool { return s.Applied >= id && s.Status == Crashed })
}

// By the clock of the bubble steps take no time: there are as many as were asked for, the first at once.
func TestRateIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate = 512 // so that the time between two steps is a whole number of nanoseconds
		l := start(t, Spec{Problem: "beale", Optimizer: "sgd", Set: map[string]string{"lr": "0.001"}}, rate, false)
		time.Sleep(3*time.Second - time.Nanosecond)
		l.Stop()
		if l.run.step != 3*rate {
			t.Errorf("%d steps in 3 s at %d a second", l.run.step, rate)
		}
	})
}

func TestRestartKeepsTheSettings(t *testing.T) {
	l := start(t, Spec{Problem: "beale", Optimizer: "sgd", Set: map[string]string{"lr": "0.001"}}, Unlimited, false)
	l.Do(Command{Op: OpOptimizer, Value: "adam"})
	l.Do(Command{Op: OpSet, Key: "beta1", Value: "0.5"})
	l.Do(Command{Op: OpSchedule, Value: "linear"})
	for key, v := range map[string]string{"schedule.warmup": "7", "switch_warmup": "30", "noise": "0.5", "batch": "64"} {
		l.Do(Command{Op: OpSet, Key: key, Value: v})
	}
	l.Pause(true)
	id, _ := l.Restart(func(s *Spec) { s.Seed, s.Start = 9, []float64{1, 1} })
	s := until(t, l, "restart", func(s *Snapshot) bool { return s.Applied >= id })
	for key, v := range map[string]float64{"schedule.warmup": 7, "run.switch_warmup": 30, "run.noise": 0.5, "run.batch": 64} {
		if k, _ := s.Setting(key); k.Value != v {
			t.Errorf("%s is %g after the restart, it was set to %g", key, k.Value, v)
		}
	}
	beta, _ := s.Setting("optimizer.beta1")
	if s.Step != 0 || s.Optimizer.Name != "adam" || beta.Value != 0.5 || s.Schedule.Name != "linear" ||
		s.Seed != 9 || s.X[0] != 1 || len(s.Journal) != 0 {
		t.Errorf("after the restart: %+v", s)
	}
	id, _ = l.Restart(func(s *Spec) { s.Problem = "nowhere" })
	s = until(t, l, "refusal", func(s *Snapshot) bool { return s.Applied >= id })
	if !strings.Contains(s.Refused, "unknown problem") || s.Problem.Name != "beale" {
		t.Errorf("refused %q on %s", s.Refused, s.Problem.Name)
	}
}

func TestCrashIsSeenAndSurvived(t *testing.T) {
	l := start(t, Spec{Problem: "broken_for_test", Optimizer: "sgd"}, Unlimited, false)
	s := until(t, l, "crash", func(s *Snapshot) bool { return s.Status == Crashed })
	if !strings.Contains(s.Err, "a defect on purpose") {
		t.Errorf("the crash says %q", s.Err)
	}
	id, _ := l.Replace(Spec{Problem: "beale", Optimizer: "adam"})
	until(t, l, "new life", func(s *Snapshot) bool { return s.Applied >= id && s.Status == Running && s.Step > 100 })
}

// A defect that shows only when the run is looked at must not end the program either.
func TestPanicInASnapshotIsSeen(t *testing.T) {
	l := start(t, Spec{Problem: "beale", Optimizer: "sgd"}, Unlimited, false)
	id, _ := l.send(message{control: func(l *Live) error { l.run.history = nil; return nil }})
	s := until(t, l, "crash", func(s *Snapshot) bool { return s.Applied >= id && s.Status == Crashed })
	if s.Problem.Name != "beale" {
		t.Error("the crashed run has forgotten its problem")
	}
	id, _ = l.Replace(Spec{Problem: "beale", Optimizer: "adam"})
	until(t, l, "new life", func(s *Snapshot) bool { return s.Applied >= id && s.Status == Running })
}

func TestFullMailboxIsTold(t *testing.T) {
	l := start(t, Spec{Problem: "beale", Optimizer: "sgd"}, Unlimited, true)
	block := make(chan struct{})
	l.send(message{control: func(*Live) error { <-block; return nil }})
	refused := false
	for range 2 * mailboxSize {
		if _, ok := l.Do(Command{Op: OpScale, Key: "lr", Factor: 1}); !ok {
			refused = true
			break
		}
	}
	close(block)
	if !refused {
		t.Error("the mailbox is not bounded")
	}
}

func TestContextEndsTheGoroutine(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	l, err := Launch(ctx, Spec{Problem: "beale", Optimizer: "sgd"}, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case <-l.done:
	case <-time.After(patience):
		t.Fatal("the goroutine goes on")
	}
	l.Stop() // a second end does no harm
}

// BenchmarkLive measures an unlimited run in its goroutine, the snapshots included: the share that is lost
// against BenchmarkStep is what watching costs the run.
func BenchmarkLive(b *testing.B) {
	l, err := Launch(context.Background(), Spec{Problem: "beale", Optimizer: "sgd", Batch: 1}, Unlimited, true)
	if err != nil {
		b.Fatal(err)
	}
	defer l.Stop()
	b.ReportAllocs()
	b.ResetTimer()
	l.Pause(false)
	for l.Snapshot().Step < b.N {
		time.Sleep(time.Millisecond)
	}
}
