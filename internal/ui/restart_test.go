package ui

import (
	"testing"

	"opttui/internal/problems"
	"opttui/internal/train"
)

// The dimension is turned like any other setting: all runs start again, and the picture is another one.
func TestDimensionIsTurned(t *testing.T) {
	m := open(t, 120, 40, Options{Runs: DefaultRuns(problems.Ref{Name: "quadratic"}, 1), Paused: true})
	advance(t, m, 10)
	wants(t, m, "landscape", "2-D")
	for m.tuneRows()[m.tune].setting.Key() != "problem.dim" {
		press(t, m, "down")
	}
	press(t, m, "=")
	typed(t, m, "30")
	press(t, m, "enter")
	surveyed(t, m)
	wants(t, m, "plane", "30 parameters", "dim 30: all runs start again")
	for i, l := range m.lanes {
		if l.snap.Dim != 30 || l.snap.Step != 0 {
			t.Errorf("run %d has %d parameters at step %d", i+1, l.snap.Dim, l.snap.Step)
		}
	}
	advance(t, m, 3)
	press(t, m, "left")
	until(t, m, "another dimension", func(s *train.Snapshot) bool { return s.Dim < 30 && s.Step == 0 })
	press(t, m, "=")
	typed(t, m, "1")
	press(t, m, "enter")
	wants(t, m, "dim cannot be 1: allowed is a whole number from 2 to 100000")
	press(t, m, "esc", "r")
	if d := m.lane().snap.Dim; d < 3 || d > 29 {
		t.Errorf("after a restart there are %d parameters", d)
	}
}
