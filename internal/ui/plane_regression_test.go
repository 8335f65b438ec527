package ui

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"opttui/internal/problems"
	"opttui/internal/train"
)

func inDimensions(n string) Options {
	s := train.Spec{Problem: "rosenbrock", Optimizer: "sgd", Set: map[string]string{"dim": n, "optimizer.lr": "0.0001"}}
	return Options{Runs: []train.Spec{s}, Paused: true}
}

// Coordinates that were chosen in more dimensions do not outlive them.
func TestAxesInFewerDimensions(t *testing.T) {
	m := open(t, 120, 40, inDimensions("10"))
	press(t, m, "v", "v")
	surveyed(t, m)
	press(t, m, "V")
	typed(t, m, "9,10")
	press(t, m, "enter")
	surveyed(t, m)
	for m.tuneRows()[m.tune].setting.Key() != "problem.dim" {
		press(t, m, "down")
	}
	press(t, m, "=")
	typed(t, m, "5")
	press(t, m, "enter")
	surveyed(t, m)
	press(t, m, "v", "v")
	surveyed(t, m)
	wants(t, m, "parameters 1 and 2")
}

// A drag that began on another problem's plane moves nothing.
func TestDragWhileTheProblemChanges(t *testing.T) {
	m := open(t, 120, 40, inDimensions("10"))
	screen(m)
	surveyed(t, m)
	in := m.scape
	m.Update(tea.MouseClickMsg{X: in.x + 5, Y: in.y + 5, Button: tea.MouseLeft})
	m.world.reset(m.lane().snap) // as for another problem, of which nothing is shown yet
	m.Update(tea.MouseMotionMsg{X: in.x + 8, Y: in.y + 6, Button: tea.MouseLeft})
	screen(m)
}

// A run whose parameters are no numbers any more has a plane through where it was before, or none; the survey is not
// begun again and again.
func TestPlaneOfARunThatLeftAllNumbers(t *testing.T) {
	s := train.Spec{Optimizer: "sgd", Start: []float64{0, 1, 1}, Set: map[string]string{"optimizer.lr": "0.1"}}.
		On(problems.Ref{Name: problems.OwnFormula, Formula: &problems.Formula{Text: "x^0.5+y^2+z^2"}})
	m := open(t, 120, 40, Options{Runs: []train.Spec{s}, Paused: true})
	press(t, m, "N", "v", "v", "Z")
	begun, last := 0, m.world.plane.work
	for range 60 {
		time.Sleep(2 * time.Millisecond)
		m.Update(tickMsg{})
		m.View()
		if m.world.plane.work != last {
			begun, last = begun+1, m.world.plane.work
		}
	}
	if begun > 2 {
		t.Errorf("%d surveys were begun in 60 frames", begun)
	}
	checkFrame(t, m)
}

// A click where a larger screen had its landscape does nothing on a small one.
func TestClickOnATinyScreen(t *testing.T) {
	m := open(t, 120, 40, Options{Paused: true})
	advance(t, m, 20)
	screen(m)
	m.Update(tea.WindowSizeMsg{Width: 60, Height: 20})
	screen(m)
	at := tea.Mouse{X: 20, Y: 8, Button: tea.MouseLeft}
	m.Update(tea.MouseClickMsg(at))
	m.Update(tea.MouseReleaseMsg(at))
	settle(t, m)
	if s := m.lane().snap; s.Step != 20 {
		t.Errorf("the run is at step %d after a click: %s", s.Step, m.status)
	}
}

// Minima are known in the usual dimension; in another one none are drawn.
func TestMinimaOfOtherDimensions(t *testing.T) {
	s := train.Spec{Problem: "penalty_1", Optimizer: "adam", Set: map[string]string{"dim": "2"}}
	m := open(t, 120, 40, Options{Runs: []train.Spec{s}, Paused: true})
	if strings.ContainsRune(screen(m), '◆') {
		t.Error("a minimum of more variables is drawn in two")
	}
	m = open(t, 120, 40, Options{Paused: true})
	if !strings.ContainsRune(screen(m), '◆') {
		t.Error("the minimum of Beale's function is not drawn")
	}
}

// The picture for slides waits for the plane.
func TestPictureOfAPlane(t *testing.T) {
	var out bytes.Buffer
	if err := Picture(context.Background(), &out, inDimensions("4"), Shot{What: "screen", Format: "svg", W: 120, H: 36, Steps: 20}); err != nil {
		t.Fatal(err)
	}
	if svg := out.String(); strings.Contains(svg, "computing") || !strings.Contains(svg, "principal") {
		t.Error("the picture was made before its plane")
	}
}

// All runs of a race have one dimension: a rule that could not follow keeps all of them.
func TestRaceKeepsOneDimension(t *testing.T) {
	o := inDimensions("10")
	o.Runs = append(o.Runs, o.Runs[0].Clone())
	o.Runs[1].Optimizer, o.Runs[1].Set = "newton", map[string]string{"dim": "10"}
	m := open(t, 120, 40, o)
	for m.tuneRows()[m.tune].setting.Key() != "problem.dim" {
		press(t, m, "down")
	}
	press(t, m, "=")
	typed(t, m, "2000")
	press(t, m, "enter")
	if a, b := m.lanes[0].snap.Dim, m.lanes[1].snap.Dim; a != 10 || b != 10 || !m.refused {
		t.Errorf("dimensions %d and %d: %s", a, b, m.status)
	}
}
