package ui

import (
	"strings"
	"testing"

	"opttui/internal/problems"
	"opttui/internal/train"
)

// A formula is typed: a mistake is marked below its place, a preview follows, enter moves all runs to it.
func TestFormulaIsTyped(t *testing.T) {
	m := open(t, 120, 40, Options{Paused: true})
	press(t, m, "F")
	wants(t, m, "formula ── enter starts it", "other names become settings")
	typed(t, m, "a*x^2+2y")
	row := lineWith(t, m, "^ ")
	above := lineBefore(t, m, "^ ")
	if at := strings.Index(row, "^"); !strings.HasPrefix(above[at:], "y") {
		t.Errorf("the mark is not below the mistake:\n%s\n%s", above, row)
	}
	press(t, m, "enter")
	if !m.refused || m.formula == nil {
		t.Error("a formula with a mistake is taken")
	}
	checkFrame(t, m)
	press(t, m, "backspace")
	typed(t, m, "*y^2")
	wants(t, m, "2 variables x, y, 1 parameter a")
	press(t, m, "tab")
	typed(t, m, "-3:1")
	press(t, m, "enter")
	wants(t, m, "f(x, y)", "x ∈ [-3.00, 1.00]")
	for i, l := range m.lanes {
		f := l.snap.Spec.Formula
		if f == nil || f.Text != "a*x^2+2*y^2" || len(f.Domain) != 1 || l.snap.Step != 0 {
			t.Errorf("run %d: %+v at step %d", i+1, f, l.snap.Step)
		}
	}
	// The parameter is a setting of all runs, and the landscape follows it.
	field := m.world.drawn
	for m.tuneRows()[m.tune].setting.Key() != "problem.a" {
		press(t, m, "down")
	}
	press(t, m, "right")
	screen(m)
	for i, l := range m.lanes {
		if a, ok := l.snap.Setting("problem.a"); !ok || a.Value <= 1 {
			t.Errorf("run %d has a = %v", i+1, a.Value)
		}
	}
	if m.world.drawn == field {
		t.Error("the landscape is that of the old parameter")
	}
	// Who edits the formula keeps its parameters.
	a, _ := m.lane().snap.Setting("problem.a")
	press(t, m, "F")
	typed(t, m, "+b")
	press(t, m, "enter")
	if now, _ := m.lane().snap.Setting("problem.a"); now.Value != a.Value {
		t.Errorf("a was %v, and is %v in the edited formula", a.Value, now.Value)
	}
	press(t, m, "F", "backspace", "backspace", "enter")
	// It stays in the list of problems, and in the box.
	press(t, m, "p")
	typed(t, m, "beale")
	press(t, m, "enter", "p")
	typed(t, m, "formula")
	press(t, m, "enter")
	wants(t, m, "f(x, y)")
	press(t, m, "F")
	wants(t, m, "a*x^2+2*y^2", "domain -3:1")
	press(t, m, "esc")
	if m.formula != nil {
		t.Error("esc does not close the box")
	}
}

func lineWith(t *testing.T, m *Model, part string) string {
	t.Helper()
	for _, l := range strings.Split(screen(m), "\n") {
		if strings.Contains(l, part) {
			return l
		}
	}
	t.Fatalf("no line has %q:\n%s", part, screen(m))
	return ""
}

func lineBefore(t *testing.T, m *Model, part string) string {
	t.Helper()
	before := ""
	for _, l := range strings.Split(screen(m), "\n") {
		if strings.Contains(l, part) {
			return before
		}
		before = l
	}
	t.Fatalf("no line has %q", part)
	return ""
}

// Formulas that differ in nothing but their text are different problems.
func TestAnotherFormula(t *testing.T) {
	one := Start(problems.Ref{Name: problems.OwnFormula, Formula: &problems.Formula{Text: "x^2+y^2"}}, "sgd", 1)
	m := open(t, 120, 40, Options{Runs: []train.Spec{one}, Paused: true})
	wants(t, m, "x^2 + y^2")
	m.setProblem(problems.Ref{Name: problems.OwnFormula, Formula: &problems.Formula{Text: "x^2-y^2"}})
	settle(t, m)
	if f := m.world.spec.Formula; !strings.Contains(f, "-") {
		t.Errorf("the landscape is still that of %s", f)
	}
}

// Every preview fits, whatever is typed: one, two and many variables, long ones, none.
func TestFormulaPreviews(t *testing.T) {
	for _, size := range [][2]int{{160, 45}, {80, 24}, {40, 10}} {
		m := open(t, size[0], size[1], Options{Paused: true})
		for _, text := range []string{"x^2", "x*y", "x1+x2+x3", strings.Repeat("x+", 150) + "y", "1/0*x", "ln(x)", "x^"} {
			press(t, m, "F")
			m.paste(text)
			checkFrame(t, m)
			press(t, m, "home")
			checkFrame(t, m)
			press(t, m, "esc")
		}
	}
}
