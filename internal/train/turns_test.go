package train

import (
	"context"
	"strings"
	"testing"
	"time"

	"opttui/internal/optim"
)

// sum of the steps of runs.
func steps(runs []*Live) (sum int) {
	for _, l := range runs {
		sum += l.Snapshot().Step
	}
	return sum
}

// Two parties get the same, though one has five times as many runs.
func TestTurnsAreFairAmongParties(t *testing.T) {
	all := NewTurns(1)
	launch := func(n int) (runs []*Live) {
		party := all.Party()
		for range n {
			l, err := Launch(t.Context(), Spec{Problem: "beale", Optimizer: "sgd", Set: map[string]string{"lr": "1e-6"}}, Unlimited, true, Within(party))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(l.Stop)
			runs = append(runs, l)
		}
		return runs
	}
	many, one := launch(5), launch(1)
	for _, l := range append(many, one...) {
		l.Pause(false)
	}
	waitFor(t, func() bool { return steps(many) > 500_000 && steps(one) > 0 })
	m, o := steps(many), steps(one)
	if ratio := float64(o) / float64(m); ratio < 0.5 || ratio > 2 {
		t.Errorf("a single run took %d steps, five of another party %d", o, m)
	}
	for _, l := range many {
		if l.Snapshot().Step == 0 {
			t.Error("a run never had its turn")
		}
	}
}

// Who waits for a turn answers messages, and gives up its place when it is stopped.
func TestWaitingForATurn(t *testing.T) {
	all := NewTurns(1)
	party := all.Party()
	all.free <- struct{}{} // somebody computes for ever
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	launch := func() *Live {
		l, err := Launch(ctx, Spec{Problem: "beale", Optimizer: "sgd"}, Unlimited, false, Within(party))
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l, other := launch(), launch()
	id, _ := l.Do(Command{Op: OpSet, Key: "lr", Value: "0.25"})
	waitFor(t, func() bool { return l.Snapshot().Applied >= id })
	if s, _ := l.Snapshot().Setting("optimizer.lr"); s.Value != 0.25 || l.Snapshot().Step != 0 {
		t.Errorf("lr %v at step %d", s.Value, l.Snapshot().Step)
	}
	l.Stop()
	other.Stop()
	if len(party.free) != 0 || len(all.free) != 1 {
		t.Errorf("%d turns of the party and %d of all are taken", len(party.free), len(all.free))
	}
	<-all.free
	third := launch()
	defer third.Stop()
	waitFor(t, func() bool { return third.Snapshot().Step > 10 })
}

// A step that takes for ever holds up its own party alone.
func TestLongTurn(t *testing.T) {
	all := NewTurns(1)
	slow, other := all.Party(), all.Party()
	if !slow.take(t.Context(), &Live{}) {
		t.Fatal("there is no turn")
	}
	end := slow.begun()
	l, err := Launch(t.Context(), Spec{Problem: "beale", Optimizer: "sgd"}, Unlimited, false, Within(other))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Stop()
	waitFor(t, func() bool { return l.Snapshot().Step > 10 })
	if len(slow.free) != 1 {
		t.Error("its own party does not wait")
	}
	end()
	l.Stop()
	if len(slow.free)+len(other.free)+len(all.free) != 0 {
		t.Error("a turn is not given back, or twice")
	}
}

// shy panics when it is to be shown.
type shy struct{ optim.Optimizer }

func (shy) Readings() []optim.Reading { panic("shy") }

// A panic while a snapshot is made ends the run, not the program; the run can start again.
func TestPanicInASnapshot(t *testing.T) {
	l, err := Launch(t.Context(), Spec{Problem: "beale", Optimizer: "sgd"}, Unlimited, true, Within(NewTurns(1).Party()))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Stop()
	id, _ := l.send(message{control: func(l *Live) error { l.run.opt = shy{l.run.opt}; return nil }})
	waitFor(t, func() bool { return l.Snapshot().Applied >= id })
	if s := l.Snapshot(); s.Status != Crashed || !strings.HasPrefix(s.Err, "shy\n") || len(s.Settings) == 0 {
		t.Errorf("%v, %q", s.Status, s.Err)
	}
	id, _ = l.Restart(nil)
	waitFor(t, func() bool { return l.Snapshot().Applied >= id })
	if s := l.Snapshot(); s.Status != Paused {
		t.Errorf("it does not start again: %v, %s", s.Status, s.Err)
	}
}

// waitFor waits for what must happen.
func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("it does not happen")
		}
	}
}
