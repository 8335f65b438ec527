package ui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"opttui/internal/problems"
	"opttui/internal/train"
)

func TestRegressionRemoveThenValue(t *testing.T) {
	for _, k := range []string{"=", "right"} {
		func() {
			defer func() {
				if p := recover(); p != nil {
					t.Error(k, p)
				}
			}()
			m := open(t, 120, 40, Options{Paused: true})
			press(t, m, "2", "up")
			m.Update(keyMsg("x"))
			m.Update(keyMsg(k))
		}()
	}
}

func TestRegressionStatusHidesDivergence(t *testing.T) {
	m := open(t, 120, 40, Options{Runs: []train.Spec{Start(problems.Ref{Name: "rosenbrock"}, "sgd", 1)}, Rate: train.Unlimited})
	press(t, m, "=", "1", "enter")
	until(t, m, "divergence", func(s *train.Snapshot) bool { return s.Status == train.Diverged })
	if settle(t, m); !strings.Contains(screen(m), "diverged at step") {
		t.Errorf("status %q", m.status)
	}
}

func TestRegressionProblemKeepsNoise(t *testing.T) {
	r := Start(problems.Ref{Name: "beale"}, "momentum", 1)
	r.Noise = 0.5
	m := open(t, 120, 40, Options{Runs: []train.Spec{r}, Paused: true})
	press(t, m, "p", "r", "o", "s", "enter")
	if m.lane().snap.Noise != 0.5 {
		t.Errorf("noise %g", m.lane().snap.Noise)
	}
}

func TestRegressionAddedRunStartsLevelAfterR(t *testing.T) {
	m := open(t, 120, 40, Options{Runs: []train.Spec{Start(problems.Ref{Name: "iris/mlp"}, "sgd", 1)}, Paused: true})
	press(t, m, "a", "enter", "R")
	if a, b := m.lanes[0].snap, m.lanes[1].snap; a.Loss != b.Loss {
		t.Errorf("losses at step 0: %g and %g", a.Loss, b.Loss)
	}
}

func TestRegressionQuickKeys(t *testing.T) {
	m := open(t, 120, 40, Options{Paused: true})
	m.Update(keyMsg("c"))
	m.Update(keyMsg("c"))
	settle(t, m)
	if c := m.lane().snap.Convention.String(); c != "lecture" {
		t.Errorf("c c makes %s", c)
	}
}

func TestRegressionBusyIsTold(t *testing.T) {
	m := open(t, 120, 40, Options{Paused: true})
	block := make(chan struct{})
	defer close(block)
	m.lanes[0].live.Restart(func(*train.Spec) { <-block })
	for {
		if _, ok := m.lanes[0].live.Pause(true); !ok {
			break
		}
	}
	m.Update(keyMsg("r"))
	if !m.refused {
		t.Errorf("status %q", m.status)
	}
}

func TestRegressionPromptKeepsItsRun(t *testing.T) {
	m := open(t, 120, 40, Options{Paused: true})
	screen(m)
	press(t, m, "=", "0", ".", "0", "7")
	in := m.lay.runs.inner()
	at := tea.Mouse{X: in.x + 5, Y: in.y + 1, Button: tea.MouseLeft}
	m.Update(tea.MouseClickMsg(at))
	m.Update(tea.MouseReleaseMsg(at))
	press(t, m, "enter")
	a, _ := m.lanes[0].snap.Setting("optimizer.lr")
	b, _ := m.lanes[1].snap.Setting("optimizer.lr")
	if a.Value != 0.07 {
		t.Errorf("asked for run 1, typed 0.07: run 1 has %g, run 2 has %g", a.Value, b.Value)
	}
}
