package ui

import (
	"strings"
	"sync"
	"testing"
	"time"

	"opttui/internal/problems"
	"opttui/internal/train"
)

// searched waits until a search is over.
func searched(t *testing.T, m *Model, s *search, over func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		m.Update(tickMsg{})
		s.mu.Lock()
		done := s.err != nil || over()
		s.mu.Unlock()
		if done {
			return
		}
	}
	t.Fatalf("the search is never over:\n%s", screen(m))
}

// found waits for what the finder finds.
func found(t *testing.T, m *Model) *finderBox {
	t.Helper()
	b := m.finder
	searched(t, m, &b.search, func() bool { return b.result != nil })
	return b
}

// The finder shows what it tries, enter takes the rate, which is journaled, and u takes it back.
func TestFinder(t *testing.T) {
	run := Start(problems.Ref{Name: "quadratic"}, "sgd", 1)
	m := open(t, 120, 40, Options{Runs: []train.Spec{run}, Paused: true})
	advance(t, m, 5)
	old, _ := m.lane().snap.Setting("optimizer.lr")
	press(t, m, "f")
	b := found(t, m)
	checkFrame(t, m)
	// Of theory, 2/λmax is 0.02; what was found is within a twentieth of it.
	if q := b.result; q == nil || q.Edge < 0.019 || q.Edge > 0.021 {
		t.Fatalf("edge %+v, error %v", q, b.err)
	}
	wants(t, m, "learning rate of sgd", "does best after 100 iterations", "theory: stable below 0.0200", "enter takes")
	press(t, m, "enter")
	s := m.lane().snap
	now, _ := s.Setting("optimizer.lr")
	if now.Value != b.result.Chosen || len(s.Journal) != 1 || s.Step != 5 || m.finder != nil {
		t.Errorf("rate %v, chosen %v, journal %v at step %d", now.Value, b.result.Chosen, s.Journal, s.Step)
	}
	press(t, m, "u")
	if back, _ := m.lane().snap.Setting("optimizer.lr"); back.Value != old.Value {
		t.Errorf("u leaves %v, it was %v", back.Value, old.Value)
	}
	press(t, m, "u")
	if now := m.lane().snap; now.Step != 0 || now.Ahead == nil || len(now.Ahead.Journal) != 2 {
		t.Errorf("the second u leaves step %d, with %+v ahead", now.Step, now.Ahead)
	}
}

// The cursor goes from trial to trial, and enter takes the rate under it.
func TestFinderCursor(t *testing.T) {
	m := open(t, 80, 24, Options{Runs: []train.Spec{Start(problems.Ref{Name: "ravine"}, "adam", 1)}, Paused: true})
	press(t, m, "f")
	b := found(t, m)
	for range 200 {
		press(t, m, "left")
	}
	if b.cursor() != 0 {
		t.Errorf("left ends at trial %d", b.cursor())
	}
	press(t, m, "right", "right")
	checkFrame(t, m)
	want := b.trials[2].LR
	press(t, m, "enter")
	if now, _ := m.lane().snap.Setting("optimizer.lr"); now.Value != want {
		t.Errorf("taken is %v, the cursor was on %v", now.Value, want)
	}
}

// A run goes on untouched while its rate is looked for.
func TestFinderLeavesTheRunAlone(t *testing.T) {
	end := func(look bool) []float64 {
		m := open(t, 120, 40, Options{Runs: []train.Spec{Start(problems.Ref{Name: "iris/mlp:4"}, "adam", 3)}, Paused: true})
		if look {
			press(t, m, "f")
		}
		advance(t, m, 80)
		if look {
			press(t, m, "esc")
			if m.finder != nil {
				t.Error("esc does not leave")
			}
		}
		return m.lane().snap.Theta
	}
	a, b := end(false), end(true)
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("parameter %d is %v with a search, %v without", i, b[i], a[i])
		}
	}
}

// gated is a problem that nobody can compute while the gate is closed.
type gated struct {
	problems.Problem
	gate *sync.RWMutex
}

func (g gated) Gradient(x, grad []float64) float64 {
	g.gate.RLock()
	defer g.gate.RUnlock()
	return g.Problem.Gradient(x, grad)
}

func (g gated) Clone() problems.Problem { return gated{g.Problem.Clone(), g.gate} }

// Who leaves does not wait for the search, which ends before its next step.
func TestFinderIsLeftAtOnce(t *testing.T) {
	beale, err := problems.Find("beale")
	if err != nil {
		t.Fatal(err)
	}
	var gate sync.RWMutex
	for _, leave := range []string{"esc", "f"} {
		held := beale
		held.Name, held.Title, held.New = "held_for_test_"+leave, "held", func() problems.Problem { return gated{beale.New(), &gate} }
		problems.Register(held)
		m := open(t, 120, 40, Options{Runs: []train.Spec{Start(problems.Ref{Name: held.Name}, "sgd", 1)}, Paused: true})
		settle(t, m)
		gate.Lock()
		m.Update(keyMsg("f"))
		b := m.finder
		m.Update(keyMsg(leave)) // returns, though the search cannot
		gate.Unlock()
		if m.finder != nil {
			t.Errorf("%s does not leave", leave)
		}
		m.background.Wait()
		if len(b.trials) > 0 || b.result == nil || b.result.Interrupted == "" || b.err != nil {
			t.Errorf("%s: the search went on to %+v (%v)", leave, b.result, b.err)
		}
	}
}

func TestFinderNeedsARate(t *testing.T) {
	m := open(t, 120, 40, Options{Runs: []train.Spec{Start(problems.Ref{Name: "beale"}, "newton", 1)}, Paused: true})
	press(t, m, "f")
	if m.finder != nil || !strings.Contains(m.status, "no learning rate") {
		t.Errorf("status %q", m.status)
	}
}
