package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"opttui/internal/recipe"
	"opttui/internal/train"
)

// opened shows a scenario of the lecture, paused.
func opened(t *testing.T, w, h int, name string, o Options) *Model {
	t.Helper()
	all := recipe.Lecture()
	at, err := recipe.Find(all, name)
	if err != nil {
		t.Fatal(err)
	}
	o.Demo = &Demo{Scenarios: all, First: at, Paused: true}
	o.Runs = []train.Spec{}
	return open(t, w, h, o)
}

func TestGoldenDemo(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 36}, {160, 45}, {60, 20}} {
		for _, c := range []struct {
			name, scenario string
			o              Options
			steps          int
		}{
			{name: "forms", scenario: "momentum-forms", steps: 80},
			{name: "ewma", scenario: "ewma", steps: 200},
			{name: "line", scenario: "newton-1d", steps: 2},
			{name: "ascii", scenario: "ewma", o: Options{ASCII: true}, steps: 200},
		} {
			t.Run(fmt.Sprintf("%s/%dx%d", c.name, size[0], size[1]), func(t *testing.T) {
				m := opened(t, size[0], size[1], c.scenario, c.o)
				advance(t, m, c.steps)
				m.status = ""
				checkFrame(t, m)
				golden.RequireEqual(t, []byte(trimLines(screen(m))))
			})
		}
	}
}

// Every scenario fits the screens, and is shown in full on those of 80 columns and more.
func TestEveryScenarioFits(t *testing.T) {
	for i, s := range recipe.Lecture() {
		for _, size := range [][2]int{{80, 24}, {120, 36}, {60, 20}} {
			m := opened(t, size[0], size[1], fmt.Sprint(i+1), Options{})
			checkFrame(t, m)
			if size[0] >= narrowWidth {
				wants(t, m, append([]string{fmt.Sprintf("%d/22 %s", i+1, s.Recipe.Title), s.Recipe.Keys[0].Text, s.Recipe.Keys[1].Text}, s.Recipe.Caption...)...)
			}
			m.Close()
		}
	}
}

// d opens the lecture, ← → go through it, esc leaves it and keeps the runs, d goes back to where it was.
func TestDemoKeys(t *testing.T) {
	m := open(t, 120, 36, Options{Paused: true})
	press(t, m, "d")
	wants(t, m, "1/22 The sign of the derivative", "from left", "← → scenario", "4 steps/s")
	if len(m.lanes) != 2 || m.lane().snap.Problem.Name != "parabola" {
		t.Fatalf("%d runs on %s", len(m.lanes), m.lane().snap.Problem.Name)
	}
	press(t, m, "left")
	wants(t, m, "this is the first scenario")
	press(t, m, "right", "right")
	wants(t, m, "3/22 Saddles", "loss ── linear")
	for range 4 {
		press(t, m, "right")
	}
	wants(t, m, "7/22 Moving averages", "α 0.98 ≈ 50 not corrected")
	press(t, m, "e")
	if m.means != nil || strings.Contains(screen(m), "not corrected") {
		t.Error("e leaves the averages")
	}
	press(t, m, "space", "]") // any other key works
	wants(t, m, "ε 0.100")
	press(t, m, "+")
	if lr, _ := m.lane().snap.Setting("optimizer.lr"); lr.Value <= 0.1 {
		t.Errorf("+ leaves ε at %g", lr.Value)
	}
	press(t, m, "enter")
	if lr, _ := m.lane().snap.Setting("optimizer.lr"); lr.Value != 0.05 || len(m.lane().snap.Journal) != 0 {
		t.Errorf("enter shows it with ε %g and %d changes", lr.Value, len(m.lane().snap.Journal))
	}
	live := m.lane().live
	press(t, m, "esc")
	if m.demo.on || m.lane().live != live || strings.Contains(screen(m), "7/22") {
		t.Error("esc does not leave it, or takes the runs along")
	}
	press(t, m, "right") // tunes again
	if lr, _ := m.lane().snap.Setting("optimizer.lr"); lr.Value <= 0.05 {
		t.Errorf("→ leaves ε at %g", lr.Value)
	}
	press(t, m, "d")
	wants(t, m, "7/22")
	press(t, m, "d")
	if m.demo.on {
		t.Error("d does not leave it")
	}
}

// A journal is carried out at its steps, in all runs.
func TestDemoReplaysJournals(t *testing.T) {
	m := opened(t, 120, 36, "momentum-forms", Options{})
	advance(t, m, 60)
	for i, l := range m.lanes {
		j := l.snap.Journal
		if len(j) != 2 || j[0].Step != 20 || j[1].Step != 50 {
			t.Errorf("run %d has the journal %+v", i+1, j)
		}
	}
	wants(t, m, "▾", "velocity", "accumulate", "ewma")
}

// A scenario that cannot be shown, as when its file has gone, is told once and passed over.
func TestAutoplayPassesOver(t *testing.T) {
	all := slices.Clone(recipe.Lecture()[:3])
	all[1] = recipe.Scenario{Name: "gone", Recipe: &recipe.Recipe{Title: "gone", Runs: []recipe.Run{{Spec: train.Spec{Problem: "gone", Optimizer: "sgd"}}}}}
	m := open(t, 120, 36, Options{Runs: []train.Spec{}, Demo: &Demo{Scenarios: all, Autoplay: true, Hold: time.Minute}})
	now := time.Unix(1000, 0)
	m.demo.since = now
	for i, want := range []struct {
		after   time.Duration
		at      int
		refused bool
	}{{time.Minute, 0, true}, {0, 0, true}, {59 * time.Second, 0, true}, {time.Second, 2, false}} {
		now = now.Add(want.after)
		m.Update(tickMsg(now))
		for m.ready != nil {
			m.pull()
		}
		if m.demo.at != want.at || m.refused != want.refused {
			t.Errorf("look %d: it is at %d, %q", i, m.demo.at, m.status)
		}
	}
}

// Autoplay goes on when the steps have been seen and the caption can have been read, or after the time it was given;
// not while a person has paused.
func TestAutoplay(t *testing.T) {
	all := recipe.Lecture()[5:8]
	m := open(t, 120, 36, Options{Runs: []train.Spec{}, Demo: &Demo{Scenarios: all, Autoplay: true}})
	now := time.Unix(1000, 0)
	after := func(d time.Duration) int {
		now = now.Add(d)
		m.Update(tickMsg(now))
		settle(t, m)
		return m.demo.at
	}
	press(t, m, ">", ">", ">", ">", ">", ">", ">")
	until(t, m, "steps", func(*train.Snapshot) bool {
		return !slices.ContainsFunc(m.lanes, func(l *lane) bool { return l.snap.Step < all[0].Recipe.View.Steps })
	})
	m.demo.since = now
	if at := after(leastHold / 2); at != 0 {
		t.Fatalf("after half the time it is at %d", at)
	}
	press(t, m, "space")
	if at := after(leastHold); at != 0 {
		t.Fatalf("paused it goes on to %d", at)
	}
	press(t, m, "space")
	if at := after(0); at != 1 {
		t.Fatalf("it stays at %d", at)
	}
	m.demo.Hold = time.Minute
	m.demo.since = now
	if at := after(59 * time.Second); at != 1 {
		t.Fatalf("before its time it is at %d", at)
	}
	after(2 * time.Second)
	m.demo.since = now
	if at := after(time.Minute); at != 0 {
		t.Fatalf("from the last it goes to %d", at)
	}
}
