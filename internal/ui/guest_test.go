package ui

import (
	"os"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"opttui/internal/journal"
	"opttui/internal/problems"
	"opttui/internal/train"
)

// guestIn opens a guest's screen in an empty folder.
func guestIn(t *testing.T, g *Guest, ref problems.Ref) *Model {
	t.Helper()
	t.Chdir(t.TempDir())
	return open(t, 120, 36, Options{Runs: []train.Spec{Start(ref, "sgd", 1)}, Guest: g, Paused: true})
}

// nothingWritten checks that the folder has stayed empty.
func nothingWritten(t *testing.T) {
	t.Helper()
	if files, err := os.ReadDir("."); err != nil || len(files) > 0 {
		t.Errorf("%v was written, %v", files, err)
	}
}

func TestGuestWritesNothing(t *testing.T) {
	m := guestIn(t, &Guest{}, problems.Ref{Name: "beale"})
	press(t, m, "E")
	if m.picker != nil || !m.refused || m.status != noFiles {
		t.Errorf("E says %q", m.status)
	}
	m.save("anything", artefact{ending: "txt"})
	settle(t, m)
	if m.status != noFiles {
		t.Errorf("to write says %q", m.status)
	}
	nothingWritten(t)
}

func TestGuestKeepsNoJournal(t *testing.T) {
	s := journal.Create(t.TempDir(), "test")
	defer s.Close()
	if open(t, 120, 36, Options{Record: s}).journal == nil {
		t.Error("an owner has none either")
	}
	if open(t, 120, 36, Options{Guest: &Guest{}, Record: s}).journal != nil {
		t.Error("a guest has a journal")
	}
}

// ctrl-v in a text field would start a program that reads the clipboard of the server.
func TestGuestReadsNoClipboard(t *testing.T) {
	for _, g := range []*Guest{nil, {}} {
		in := guestIn(t, g, problems.Ref{Name: "beale"}).newInput(10)
		in.Focus()
		_, cmd := in.Update(tea.KeyPressMsg{Code: 'v', Mod: tea.ModCtrl})
		if pastes := cmd != nil; pastes != (g == nil) {
			t.Errorf("ctrl-v of guest %v reads the clipboard: %v", g, pastes)
		}
	}
}

func TestGuestProblemsAreBounded(t *testing.T) {
	ref := problems.Ref{Name: "rosenbrock"}
	owner, m := guestIn(t, nil, ref), guestIn(t, &Guest{}, ref)
	dim, ok := m.lane().snap.Setting("problem.dim")
	if !ok {
		t.Fatal("rosenbrock has no dim")
	}
	for _, x := range []struct {
		m     *Model
		dim   float64
		taken bool
	}{{m, guestDim + 1, false}, {m, guestDim, true}, {owner, guestDim + 1, true}} {
		x.m.set(dim, x.dim)
		settle(t, x.m)
		if taken := float64(x.m.lane().snap.Dim) == x.dim; taken != x.taken {
			t.Errorf("dim %g: %d, %q", x.dim, x.m.lane().snap.Dim, x.m.status)
		}
	}
	for _, c := range m.optimizers() {
		if c.name == "bfgs" && c.why == "" {
			t.Error("a rule with a matrix is offered for 1000 variables")
		}
	}
	for name, fits := range map[string]bool{
		"digits/mlp:128,128": true, "digits/mlp:200,57": false, "digits/mlp:4096,4096": false,
		"digits/mlp:99999999999999999999": true, // no number at all: the model refuses it itself
		"digits/mlp:-5,257":               false, "digits": true,
	} {
		if err := m.guest.fits(problems.Ref{Name: name}); (err == nil) != fits {
			t.Errorf("%s: %v", name, err)
		}
		if err := owner.guest.fits(problems.Ref{Name: name}); err != nil {
			t.Errorf("%s does not fit its owner: %v", name, err)
		}
	}
	for text, fits := range map[string]bool{"sum(i, 1, 1000, x[i]^2)": true, "sum(i, 1, 1001, x[i]^2)": false} {
		ref := problems.Ref{Name: problems.OwnFormula, Formula: &problems.Formula{Text: text}}
		if err := m.guest.fits(ref); (err == nil) != fits {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// What is typed goes the same way.
func TestGuestTypesALargeModel(t *testing.T) {
	m := guestIn(t, &Guest{}, problems.Ref{Name: "beale"})
	press(t, m, "p")
	m.paste("digits/mlp:4096,4096")
	press(t, m, "enter")
	if !strings.Contains(m.status, "may add up to") {
		t.Errorf("it says %q", m.status)
	}
	press(t, m, "esc", "F")
	m.paste("sum(i, 1, 2000, x[i]^2)")
	press(t, m, "enter")
	if !strings.Contains(m.status, "1000 variables") || m.lane().snap.Problem.Name != "beale" {
		t.Errorf("it says %q", m.status)
	}
}

func TestGuestRestsAndComputesInTurns(t *testing.T) {
	var pace Pace
	m := guestIn(t, &Guest{Turns: train.NewTurns(1), Pace: &pace}, problems.Ref{Name: "beale"})
	if m.pace != &pace {
		t.Error("it has another pace than those who share the machine")
	}
	press(t, m, "space", "n", "space")
	m.Update(Rest{})
	settle(t, m)
	if !m.paused || m.lane().snap.Status != train.Paused {
		t.Error("it does not rest")
	}
	m.Update(Rest{})
	if !m.paused {
		t.Error("it wakes up by itself")
	}
}

// What panics beside the screen does so where somebody can restore the terminal.
func TestPanicBeside(t *testing.T) {
	m := open(t, 80, 24, Options{})
	m.beside(func() { panic("beside") })
	m.background.Wait()
	defer func() {
		if p, _ := recover().(string); !strings.HasPrefix(p, "beside\n") {
			t.Errorf("it panics with %q", p)
		}
	}()
	m.Update(tickMsg{})
}

// A visitor does not suspend the server.
func TestGuestSuspendsNothing(t *testing.T) {
	m := open(t, 80, 24, Options{Guest: &Guest{}})
	if _, cmd := m.Update(keyMsg("ctrl+z")); cmd != nil || !m.refused {
		t.Errorf("%v, %q", cmd, m.status)
	}
	if cmd := open(t, 80, 24, Options{}).key(keyMsg("ctrl+z")); cmd == nil || cmd() != tea.Suspend() {
		t.Error("the owner of the machine does not suspend")
	}
}
