package ui

import (
	"strings"
	"testing"
	"time"

	"opttui/internal/problems"
	"opttui/internal/train"
)

// searched waits until a search is over.
func searched(t *testing.T, m *Model, s *search, over func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
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

// A run goes on untouched while its rate is looked for, and leaving ends the search within a frame.
func TestFinderLeavesTheRunAlone(t *testing.T) {
	end := func(look bool) []float64 {
		m := open(t, 120, 40, Options{Runs: []train.Spec{Start(problems.Ref{Name: "iris/mlp:4"}, "adam", 3)}, Paused: true})
		if look {
			press(t, m, "f")
		}
		advance(t, m, 80)
		if look {
			begin := time.Now()
			press(t, m, "esc")
			if took := time.Since(begin); m.finder != nil || took > time.Second {
				t.Errorf("it took %v to leave", took)
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

func TestFinderNeedsARate(t *testing.T) {
	m := open(t, 120, 40, Options{Runs: []train.Spec{Start(problems.Ref{Name: "beale"}, "newton", 1)}, Paused: true})
	press(t, m, "f")
	if m.finder != nil || !strings.Contains(m.status, "no learning rate") {
		t.Errorf("status %q", m.status)
	}
}
