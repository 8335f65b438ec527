package journal

import (
	"context"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"opttui/internal/train"
)

// A run that is observed while a person goes back and forth, changes things and starts anew is, when it is restored,
// the run as it was.
func TestObservedSessionIsRestored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &disk{room: 1 << 20}
		s, _ := on(d)
		live, err := train.Launch(context.Background(), train.Spec{Problem: "rosenbrock", Optimizer: "adam", Noise: 0.1, Batch: 1}, train.Unlimited, true)
		if err != nil {
			t.Fatal(err)
		}
		defer live.Stop()
		settle := func(id uint64, ok bool) *train.Snapshot {
			for begin := time.Now(); time.Since(begin) < time.Minute; runtime.Gosched() {
				if snap := live.Snapshot(); ok && snap.Applied >= id && snap.Seeking == nil {
					return snap
				}
			}
			t.Fatal("the run does not answer")
			return nil
		}
		for range rapid.IntRange(1, 12).Draw(t, "events") {
			at := live.Snapshot().Step
			switch rapid.IntRange(0, 4).Draw(t, "event") {
			case 0:
				settle(live.Single(rapid.IntRange(1, 9).Draw(t, "steps")))
			case 1:
				settle(live.Do(train.Command{Op: train.OpTurn, Key: "lr", Notches: rapid.IntRange(-2, 2).Draw(t, "n")}))
			case 2:
				settle(live.GoTo(at - rapid.IntRange(0, 9).Draw(t, "back")))
			case 3:
				settle(live.GoTo(at + rapid.IntRange(0, 9).Draw(t, "on")))
			case 4:
				if rapid.IntRange(0, 3).Draw(t, "sure") == 0 {
					settle(live.Restart(func(s *train.Spec) { s.Seed++ }))
				}
			}
			if rapid.Bool().Draw(t, "frame") {
				s.Observe(3, live.Snapshot())
			}
		}
		// Steps asked for one by one may still be on their way.
		c := make(chan *train.Run, 1)
		settle(live.Branch(c))
		<-c
		settle(live.Pause(true))
		snap := live.Snapshot()
		s.Observe(3, snap)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		l, err := Parse(d.data)
		if err != nil || len(l.Runs()) != 1 {
			t.Fatalf("%v, %v", l, err)
		}
		r := l.Runs()[0]
		if r.Step != snap.Step {
			t.Fatalf("restored at step %d, it was at %d", r.Step, snap.Step)
		}
		again, err := train.LaunchReplay(context.Background(), r.Spec, r.Journal, r.Step, train.Unlimited)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Stop()
		settle(live.Branch(c))
		want := <-c
		live = again
		got := settle(again.Branch(c))
		if h := <-c; h.Hash() != want.Hash() {
			t.Fatalf("step %d is restored as another: journal %+v, it was %+v", got.Step, got.Journal, snap.Journal)
		}
		if a, b := ahead(snap), ahead(got); a != b {
			t.Fatalf("%d commands lie ahead, before the crash there were %d", b, a)
		}
	})
}

// Of two commands at one step the first is kept where another takes the place of the second.
func TestSecondCommandAtAStep(t *testing.T) {
	d := &disk{room: 1 << 20}
	s, _ := on(d)
	other := half(10)
	other.Command.Factor = 3
	for _, journal := range [][]train.Entry{{half(5), half(10), half(10)}, {half(5), half(10), other}, {half(5), half(10)}} {
		s.Observe(0, &train.Snapshot{Status: train.Paused, Step: 12, Origin: beale(), Journal: journal})
		got := parse(t, d.data).Runs()[0].Journal
		if !slices.EqualFunc(got, journal, equal) {
			t.Errorf("recorded is %+v, it was %+v", got, journal)
		}
	}
	s.Close()
}

func ahead(s *train.Snapshot) int {
	if s.Ahead == nil {
		return 0
	}
	return len(s.Ahead.Journal)
}

// Observing a resumed session records nothing but what is new.
func TestResumedSessionIsObserved(t *testing.T) {
	dir := t.TempDir()
	s := Create(dir, "v1")
	s.Run(0, beale())
	s.Command(0, half(10))
	s.Heartbeat(0, 30)
	abandon(s, "")
	s, l, err := Resume(dir, s.ID())
	if err != nil {
		t.Fatal(err)
	}
	r := l.Runs()[0]
	live, err := train.LaunchReplay(context.Background(), r.Spec, r.Journal, r.Step, train.Unlimited)
	if err != nil {
		t.Fatal(err)
	}
	defer live.Stop()
	for arrived := false; !arrived; {
		snap := live.Snapshot()
		arrived = snap.Step == 30
		s.Observe(0, snap)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	l, err = Read(dir, s.ID())
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range l.Records[3:] {
		if rec.Op != OpResume && rec.Op != OpClose {
			t.Errorf("there is a new record %+v", rec)
		}
	}
}

// A run may be started anew before a frame has shown it as it was taken up: the session has the new one.
func TestRestartOfAResumedRunIsRecorded(t *testing.T) {
	dir := t.TempDir()
	s := Create(dir, "v1")
	s.Run(0, beale())
	abandon(s, "")
	s, _, err := Resume(dir, s.ID())
	if err != nil {
		t.Fatal(err)
	}
	fresh := beale()
	fresh.Seed = 7
	s.Observe(0, &train.Snapshot{Life: 1, Origin: fresh, Status: train.Paused})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := Read(dir, s.ID())
	if err != nil {
		t.Fatal(err)
	}
	if runs := l.Runs(); len(runs) != 1 || runs[0].Spec.Seed != 7 {
		t.Errorf("the session has %+v, the run was started anew with seed 7", runs)
	}
}

// Of two commands at a step the first may be the same again when a person has gone back and on.
func TestOneOfTwoCommandsAtAStepIsAnother(t *testing.T) {
	d := &disk{room: 1 << 20}
	s, _ := on(d)
	double := half(5)
	double.Command.Value = "1"
	for _, line := range [][]train.Entry{{half(5), half(5)}, {half(5), double}, {half(5)}} {
		s.Observe(0, &train.Snapshot{Status: train.Paused, Step: 5, Origin: beale(), Journal: line})
		l, err := Parse(d.data)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.Runs()[0].Journal; !reflect.DeepEqual(got, line) {
			t.Errorf("the session has %+v, the run %+v", got, line)
		}
	}
	s.Close()
}

// A long session has a bounded number of heartbeats.
func TestHeartbeatsThinOut(t *testing.T) {
	d := &disk{room: 1 << 30}
	s, c := on(d)
	for i := range 100_000 { // seconds
		c.t = c.t.Add(time.Second)
		s.Observe(0, &train.Snapshot{Status: train.Running, Step: i, Origin: beale()})
	}
	if n := parse2(d.data); n < 500 || n > 2000 {
		t.Errorf("%d records in a day", n)
	}
	s.Observe(0, &train.Snapshot{Status: train.Paused, Step: 100_001, Origin: beale()})
	s.Close()
	if r := parse(t, d.data).Runs()[0]; r.Step != 100_001 {
		t.Errorf("paused at step %d, %d is recorded", 100_001, r.Step)
	}
}
