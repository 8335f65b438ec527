package train

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"opttui/internal/optim"
)

// sleeper takes a millisecond for a step.
type sleeper struct{ optim.Optimizer }

func (s sleeper) Step(f optim.Objective, p *optim.Point) error {
	time.Sleep(time.Millisecond)
	return s.Optimizer.Step(f, p)
}

// Two parties get the same, though one has five times as many runs, and so do the runs of a party. By the clock of the
// bubble only the steps take time, so that each turn is one step.
func TestTurnsAreFairAmongParties(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const turns = 6000
		ctx, stop := context.WithCancel(t.Context())
		all := NewTurns(1)
		launch := func(n int) (runs []*Live) {
			party := all.Party()
			for range n {
				run, err := New(Spec{Problem: "beale", Optimizer: "sgd", Set: map[string]string{"lr": "1e-6"}})
				if err != nil {
					t.Fatal(err)
				}
				run.opt = sleeper{run.opt}
				runs = append(runs, LaunchRun(ctx, run, Unlimited, false, Within(party)))
			}
			return runs
		}
		many, one := launch(5), launch(1)
		time.Sleep(turns*time.Millisecond - time.Millisecond/2)
		stop() // in the midst of the last turn
		for i, l := range append(many, one...) {
			l.Stop()
			want := turns / 2
			if i < len(many) {
				want /= len(many)
			}
			if l.run.step != want {
				t.Errorf("run %d took %d steps, not %d", i, l.run.step, want)
			}
		}
	})
}

// What computes beside a party's runs has its share of the party's turns, and no other party loses by it.
func TestShareTakesTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := NewTurns(1)
		ctx, stop := context.WithCancel(t.Context())
		var (
			pieces  [3]atomic.Int64
			workers sync.WaitGroup
		)
		party := all.Party()
		for i, turns := range []*Turns{party, party, all.Party()} {
			workers.Go(func() {
				next, end := turns.Share(ctx)
				defer end()
				for next() {
					time.Sleep(batchTime)
					pieces[i].Add(1)
				}
			})
		}
		time.Sleep(400*batchTime + batchTime/2)
		for i, want := range []int64{100, 100, 200} {
			if n := pieces[i].Load(); n != want {
				t.Errorf("search %d had %d turns, not %d", i, n, want)
			}
		}
		stop()
		workers.Wait()
		if all.inUse()+party.inUse() != 0 {
			t.Error("a turn is kept")
		}
	})
}

// Who waits for a turn answers messages, and gives up its place when it is stopped.
func TestWaitingForATurn(t *testing.T) {
	all := NewTurns(1)
	party := all.Party()
	all.queueUp() // somebody computes for ever
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
	if party.inUse() != 0 || all.inUse() != 1 {
		t.Errorf("%d turns of the party and %d of all are taken", party.inUse(), all.inUse())
	}
	all.pass()
	third := launch()
	defer third.Stop()
	waitFor(t, func() bool { return third.Snapshot().Step > 10 })
}

// inUse is how many turns are taken or waited for.
func (t *Turns) inUse() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.taken + len(t.queue)
}

// Who answers messages keeps its place: a person who holds a key would else hold up the own run.
func TestMessagesDoNotCostAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := NewTurns(1)
		all.queueUp() // somebody computes
		l := &Live{mail: make(chan message, 1), run: newRun(t)}
		var order []string
		wait := func(name string, l *Live) {
			if all.take(t.Context(), l) {
				order = append(order, name)
				all.pass()
			}
		}
		go wait("who answers", l)
		synctest.Wait()
		go wait("who came later", &Live{})
		synctest.Wait()
		l.Pause(true)
		synctest.Wait()
		if !l.paused {
			t.Error("no message is answered")
		}
		all.pass()
		synctest.Wait()
		if want := []string{"who answers", "who came later"}; !slices.Equal(order, want) {
			t.Errorf("%q", order)
		}
	})
}

// Whoever gives up waiting when the turn has just come gives the turn on.
func TestTurnThatComesTooLate(t *testing.T) {
	all := NewTurns(1)
	all.queueUp()
	first, second := all.queueUp(), all.queueUp()
	all.pass()
	all.leave(first)
	<-second
	all.pass()
	if all.inUse() != 0 {
		t.Error("a turn is lost")
	}
}

func newRun(t *testing.T) *Run {
	t.Helper()
	run, err := New(Spec{Problem: "beale", Optimizer: "sgd"})
	if err != nil {
		t.Fatal(err)
	}
	return run
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
	if slow.inUse() != 1 {
		t.Error("its own party does not wait")
	}
	end()
	l.Stop()
	if slow.inUse()+other.inUse()+all.inUse() != 0 {
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
	deadline := time.After(patience)
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
