package ui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"opttui/internal/problems"
	"opttui/internal/train"
)

// surveyed waits until the plane that is wanted is complete.
func surveyed(t *testing.T, m *Model) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		m.Update(tickMsg{})
		m.View()
		v := &m.world.plane
		if v.grid != nil && v.grid.Complete && v.work.found.Load() == v.shown && v.gap() != nil {
			return
		}
	}
	t.Fatalf("the plane is never complete:\n%s", screen(m))
}

// A model has four pictures; those on a plane say which, how much of the path is outside, and what the plane hides.
func TestPlanes(t *testing.T) {
	m := open(t, 120, 40, Options{Runs: DefaultRuns(problems.Ref{Name: "iris/mlp:4"}, 1), Paused: true})
	advance(t, m, 40)
	wants(t, m, "accuracy")
	press(t, m, "v")
	surveyed(t, m)
	wants(t, m, "plane", "principal components of the path", "PC 1 ∈", "of the path", "true − plane 0")
	checkFrame(t, m)
	share := m.world.plane.shown.outside
	if share <= 0 || share > 0.5 {
		t.Errorf("%v of a short, smooth path is outside the plane of its principal components", share)
	}
	press(t, m, "v")
	surveyed(t, m)
	wants(t, m, "random directions, seed 0", "α ∈")
	if out := m.world.plane.shown.outside; out < share {
		t.Errorf("%v of the path is outside two random directions, %v outside its principal components", out, share)
	}
	first := m.world.plane.shown.plane
	press(t, m, "V")
	surveyed(t, m)
	wants(t, m, "random directions, seed 1")
	if m.world.plane.shown.plane == first {
		t.Error("V draws no other directions")
	}
	press(t, m, "v")
	surveyed(t, m)
	wants(t, m, "parameters 1 and 2", "x1 ∈")
	press(t, m, "V")
	typed(t, m, "3,3")
	press(t, m, "enter")
	wants(t, m, `parameters cannot be "3,3": allowed are two different numbers from 1 to`)
	press(t, m, "esc", "V")
	typed(t, m, "5, 2")
	press(t, m, "enter")
	surveyed(t, m)
	wants(t, m, "parameters 5 and 2", "x5 ∈")
	checkFrame(t, m)
	press(t, m, "v")
	wants(t, m, "accuracy")
	if m.explore(); m.world.plane.work != nil {
		t.Error("the survey goes on though nobody looks at it")
	}
}

func typed(t fataler, m *Model, text string) {
	for _, r := range text {
		press(t, m, string(r))
	}
}

// The picture is of the plane through where the run is: it follows, and the run's loss is that of the plane there.
func TestPlaneFollowsTheRun(t *testing.T) {
	run := Start(problems.Ref{Name: "iris"}, "sgd", 1)
	m := open(t, 120, 40, Options{Runs: []train.Spec{run}, Paused: true})
	press(t, m, "v")
	surveyed(t, m)
	before := m.world.plane.shown
	advance(t, m, 50)
	until(t, m, "other plane", func(*train.Snapshot) bool { return m.world.plane.shown != before })
	surveyed(t, m)
	v, s := &m.world.plane, m.lane().snap
	if g := v.gap(); v.shown == before || g.above != 0 || g.loss != s.Loss {
		t.Errorf("the plane does not go through the run: gap %+v, loss %v", v.gap(), s.Loss)
	}
	if x, y, ok := m.place(m.lane()); !ok || !v.shown.view.Contains(x, y) {
		t.Errorf("the run is at %v, %v, outside %+v", x, y, v.shown.view)
	}
}

// Zooming keeps the plane and surveys a part of it; a click starts from there.
func TestPlaneIsMovedIn(t *testing.T) {
	m := open(t, 120, 40, Options{Runs: DefaultRuns(problems.Ref{Name: "iris"}, 1), Paused: true})
	advance(t, m, 30)
	press(t, m, "v")
	surveyed(t, m)
	before := m.world.plane.shown
	press(t, m, "z", "z", "shift+left")
	surveyed(t, m)
	v := &m.world.plane
	if v.shown.plane != before.plane || v.shown.view == before.view {
		t.Errorf("zoomed from %+v to %+v", before.view, v.shown.view)
	}
	press(t, m, "home")
	surveyed(t, m)
	if v.shown.view != before.view {
		t.Errorf("home shows %+v, not %+v", v.shown.view, before.view)
	}
	want := v.at(v.shown.view.FromCell(10, 5, m.scape.w, m.scape.h))
	at := tea.Mouse{X: m.scape.x + 10, Y: m.scape.y + 5, Button: tea.MouseLeft}
	m.Update(tea.MouseClickMsg(at))
	m.Update(tea.MouseReleaseMsg(at))
	settle(t, m)
	if s := m.lane().snap; s.Step != 0 || s.Theta[0] != want[0] || s.Theta[7] != want[7] {
		t.Errorf("a click starts from %v, want %v", s.Theta, want)
	}
	if !strings.Contains(m.status, "of the plane") {
		t.Errorf("status %q", m.status)
	}
}

// Looking on changes nothing: the run goes the same way with the plane shown and without.
func TestPlaneLeavesTheRunAlone(t *testing.T) {
	end := func(keys ...string) []float64 {
		m := open(t, 120, 40, Options{Runs: []train.Spec{Start(problems.Ref{Name: "iris/mlp:4"}, "adam", 3)}, Paused: true})
		press(t, m, keys...)
		m.View()
		m.Update(tickMsg{})
		advance(t, m, 60)
		return m.lane().snap.Theta
	}
	a, b := end(), end("v")
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("parameter %d is %v with the plane shown, %v without", i, b[i], a[i])
		}
	}
}
