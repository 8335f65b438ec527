package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"

	tea "charm.land/bubbletea/v2"

	"opttui/internal/lrfinder"
	"opttui/internal/problems"
	"opttui/internal/train"
)

// swept waits until all cells are there.
func swept(t *testing.T, m *Model) *sweepBox {
	t.Helper()
	b := m.sweeping
	searched(t, m, &b.search, func() bool { return b.best >= 0 })
	return b
}

// On a quadratic with λmax = 100 the rates up to 2/λmax are stable without momentum; the best cell is taken by enter and
// taken back by u.
func TestSweep(t *testing.T) {
	run := Start(problems.Ref{Name: "quadratic"}, "momentum", 1)
	run.Set["optimizer.lr"] = "0.01"
	m := open(t, 120, 40, Options{Runs: []train.Spec{run}, Paused: true})
	press(t, m, "w")
	typed(t, m, "momentum")
	press(t, m, "enter")
	b := swept(t, m)
	if b.err != nil {
		t.Fatal(b.err)
	}
	for k := range sweepRates { // the lowest row has no momentum
		rate := b.trials[k].LR
		if diverged := b.trials[k].Status == lrfinder.Diverged; diverged != (rate > 0.02) {
			t.Errorf("without momentum at rate %v: %s", rate, b.trials[k].Status)
		}
	}
	wants(t, m, "sweep", "learning rate × momentum", "0.999", "◆", "╱", "loss")
	checkFrame(t, m)
	t.Chdir(t.TempDir())
	press(t, m, "E")
	wants(t, m, "written: opttui-sweep-quadratic-", ".csv", ".svg")
	table, err := filepath.Glob("opttui-sweep-quadratic-*.csv")
	if err != nil || len(table) != 1 {
		t.Fatal(table, err)
	}
	if text, err := os.ReadFile(table[0]); err != nil || strings.Count(string(text), "\n") != 1+len(b.trials) ||
		!strings.HasPrefix(string(text), "optimizer.momentum,optimizer.lr,loss") || strings.Count(string(text), "diverged") == 0 {
		t.Errorf("the table of %d cells is %s (%v)", len(b.trials), text, err)
	}
	other, _ := b.values(b.best)
	rate := b.trials[b.best].LR
	press(t, m, "enter")
	s := m.lane().snap
	lr, _ := s.Setting("optimizer.lr")
	alpha, _ := s.Setting("optimizer.momentum")
	if lr.Value != rate || alpha.Knob.Text(alpha.Value) != other || len(s.Journal) != 2 || m.sweeping != nil {
		t.Errorf("rate %v, momentum %v, journal %v; the best cell has %v and %s", lr.Value, alpha.Value, s.Journal, rate, other)
	}
	press(t, m, "u")
	lr, _ = m.lane().snap.Setting("optimizer.lr")
	alpha, _ = m.lane().snap.Setting("optimizer.momentum")
	if lr.Value != 0.01 || alpha.Value != 0.9 {
		t.Errorf("u leaves rate %v and momentum %v", lr.Value, alpha.Value)
	}
}

// Every setting that is offered can be swept, on every size of the screen and without colour, and the cursor stays inside.
func TestSweepOfEverySetting(t *testing.T) {
	for _, problem := range []string{"ravine", "iris"} {
		m := open(t, 80, 24, Options{Runs: []train.Spec{Start(problems.Ref{Name: problem}, "adam", 1)}, Paused: true})
		press(t, m, "w")
		names := m.picker.all
		press(t, m, "esc")
		for i, c := range names {
			m.sweep(c.name)
			m.Update(tea.WindowSizeMsg{Width: 80 + 40*(i%2), Height: 24 + 12*(i%2)})
			m.Update(tea.ColorProfileMsg{Profile: []colorprofile.Profile{colorprofile.TrueColor, colorprofile.ASCII}[i%2]})
			for _, k := range []string{"left", "down", "down", "right", "up"} {
				press(t, m, k)
				checkFrame(t, m)
			}
			if b := swept(t, m); b.err != nil {
				t.Errorf("%s over %s: %v", problem, c.name, b.err)
			}
			checkFrame(t, m)
			press(t, m, "esc")
			if m.sweeping != nil {
				t.Fatal("esc does not leave")
			}
		}
	}
}

// The rule of a cell is taken over with its rate.
func TestSweepOverRules(t *testing.T) {
	m := open(t, 120, 40, Options{Runs: []train.Spec{Start(problems.Ref{Name: "beale"}, "sgd", 1)}, Paused: true})
	old, _ := m.lane().snap.Setting("optimizer.lr")
	m.sweep("optimizer")
	b := swept(t, m)
	press(t, m, "up")
	rule, _ := b.values(b.cursor())
	rate := b.trials[b.cursor()]
	press(t, m, "enter")
	if lr, _ := m.lane().snap.Setting("optimizer.lr"); m.lane().snap.Optimizer.Name != rule || lr.Value != rate.LR {
		t.Errorf("taken is %s at %v, the cell has %s at %v", m.lane().snap.Optimizer.Name, lr.Value, rule, rate.LR)
	}
	press(t, m, "u")
	if lr, _ := m.lane().snap.Setting("optimizer.lr"); m.lane().snap.Optimizer.Name != "sgd" || lr.Value != old.Value {
		t.Errorf("u goes back to %s at %v", m.lane().snap.Optimizer.Name, lr.Value)
	}
}
