package ui

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"opttui/internal/leak"
	"opttui/internal/plot"
	"opttui/internal/problems"
	"opttui/internal/train"
)

func TestMain(m *testing.M) { leak.Main(m) }

// fataler is what the helpers need of *testing.T and *rapid.T.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func open(t *testing.T, w, h int, o Options) *Model {
	t.Helper()
	if o.Runs == nil {
		o.Runs = DefaultRuns(problems.Ref{Name: "beale"}, 7)
	}
	m, err := New(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	m.Update(tea.WindowSizeMsg{Width: w, Height: h})
	return m
}

// patience is how long a test waits for what must happen before it fails.
const patience = time.Minute

// press sends keys by name and waits until their effect can be seen.
func press(t fataler, m *Model, keys ...string) {
	t.Helper()
	for _, k := range keys {
		m.Update(keyMsg(k))
		settle(t, m)
	}
}

// keyMsg makes the message of a key, by the names that the key table uses.
func keyMsg(name string) tea.KeyPressMsg {
	var k tea.KeyPressMsg
	base := name
	if s, ok := strings.CutPrefix(base, "shift+"); ok && len(base) > 1 {
		k.Mod, base = tea.ModShift, s
	}
	if s, ok := strings.CutPrefix(base, "ctrl+"); ok {
		k.Mod, base = tea.ModCtrl, s
	}
	special := map[string]rune{
		"space": tea.KeySpace, "up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight,
		"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "backspace": tea.KeyBackspace,
		"home": tea.KeyHome, "end": tea.KeyEnd, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
	}
	if code, ok := special[base]; ok {
		k.Code = code
		if base == "space" {
			k.Text = " "
		}
		return k
	}
	r := []rune(base)[0]
	k.Code = r
	if k.Mod == 0 {
		k.Text = base
	}
	return k
}

func settle(t fataler, m *Model) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		m.Update(tickMsg{})
		if m.Settled() {
			return
		}
	}
	t.Fatalf("the runs do not answer")
}

// until waits for a condition on the snapshot of the selected run.
func until(t fataler, m *Model, what string, ok func(*train.Snapshot) bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		m.Update(tickMsg{})
		if ok(m.lane().snap) {
			return
		}
	}
	t.Fatalf("no %s", what)
}

// advance takes n steps in all runs of a paused model.
func advance(t fataler, m *Model, n int) {
	t.Helper()
	want := m.lane().snap.Step + n
	m.single(n)
	until(t, m, fmt.Sprint("step ", want), func(*train.Snapshot) bool {
		return !slices.ContainsFunc(m.lanes, func(l *lane) bool { return l.snap.Step < want })
	})
	settle(t, m)
}

func screen(m *Model) string {
	m.dirty = true
	return ansi.Strip(m.View().Content)
}

func wants(t *testing.T, m *Model, texts ...string) {
	t.Helper()
	got := screen(m)
	for _, w := range texts {
		if !strings.Contains(got, w) {
			t.Errorf("the screen lacks %q:\n%s", w, got)
		}
	}
}

// checkFrame checks that the frame fits the screen exactly.
func checkFrame(t fataler, m *Model) {
	t.Helper()
	m.dirty = true
	content := m.View().Content
	if m.w == 0 || m.h == 0 {
		return
	}
	lines := strings.Split(content, "\n")
	if len(lines) > m.h {
		t.Fatalf("%d lines on a screen of %d×%d", len(lines), m.w, m.h)
	}
	for i, l := range lines {
		if n := ansi.StringWidth(l); n > m.w {
			t.Fatalf("line %d is %d columns wide on a screen of %d×%d: %q", i, n, m.w, m.h, ansi.Strip(l))
		}
	}
}

func TestGoldenFrames(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {40, 12}} {
		for _, c := range []struct {
			name string
			o    Options
			mode colorprofile.Profile
			keys []string
		}{
			{name: "beale"},
			{name: "digits", o: Options{Runs: DefaultRuns(problems.Ref{Name: "digits"}, 7)}},
			{name: "line", o: Options{Runs: DefaultRuns(problems.Ref{Name: "wavy"}, 7)}},
			{name: "mono", mode: colorprofile.ASCII},
			{name: "ascii", o: Options{ASCII: true}},
			{name: "help", keys: []string{"?"}},
			{name: "picker", keys: []string{"o", "a", "d"}},
			{name: "plane", o: Options{Runs: DefaultRuns(problems.Ref{Name: "iris/mlp:4"}, 7)}, keys: []string{"v"}},
			{name: "planeascii", o: Options{Runs: DefaultRuns(problems.Ref{Name: "iris/mlp:4"}, 7), ASCII: true}, keys: []string{"v", "v"}},
			{name: "formula", keys: []string{"F", "x", "^", "2", "-", "y", "*"}},
			{name: "finder", keys: []string{"f"}},
			{name: "sweep", keys: []string{"w", "m", "o", "m", "enter"}},
			{name: "changed", keys: []string{"]", "S", "c", "o", "s", "enter"}},
		} {
			t.Run(fmt.Sprintf("%s/%dx%d", c.name, size[0], size[1]), func(t *testing.T) {
				c.o.Paused = true
				m := open(t, size[0], size[1], c.o)
				if c.mode != 0 {
					m.Update(tea.ColorProfileMsg{Profile: c.mode})
				}
				advance(t, m, 120)
				press(t, m, c.keys...)
				if c.name == "changed" {
					advance(t, m, 60)
				}
				if m.finder != nil {
					found(t, m)
				}
				if m.sweeping != nil {
					swept(t, m)
				}
				if m.world.picture.plane() && size[1] >= narrowHeight {
					surveyed(t, m)
				}
				golden.RequireEqual(t, []byte(trimLines(screen(m))))
			})
		}
	}
}

// trimLines cuts trailing blanks, which editors like to cut too.
func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

// With --ascii nothing but ASCII may reach the terminal, and everything that the screen says must be readable there.
func TestASCIIOnly(t *testing.T) {
	for _, p := range []string{"ravine", "digits", "goldstein_price"} {
		m := open(t, 120, 40, Options{Runs: DefaultRuns(problems.Ref{Name: p}, 7), ASCII: true, Paused: true})
		for _, keys := range [][]string{{}, {"?"}, {"esc", "o"}, {"esc", "S"}, {"esc", "p"}, {"esc", "down"}, {"="}} {
			press(t, m, keys...)
			for _, r := range screen(m) {
				if r > 0x7e {
					t.Fatalf("%q is on the screen", r)
				}
			}
		}
	}
	for i, l := range []string{"o", "S", "p"} {
		m := open(t, 120, 40, Options{Paused: true})
		press(t, m, l)
		for _, c := range m.picker.all {
			for _, d := range append(c.detail, c.title) {
				for _, r := range oneLine(d) {
					if asciiRune(r) == '?' && r != '?' && (r < 0x300 || r >= 0x370) {
						t.Errorf("picker %d: %q of %q has no ASCII", i, r, d)
					}
				}
			}
		}
	}
}

func TestEveryKeyOfTheTable(t *testing.T) {
	m := open(t, 120, 40, Options{Paused: true})
	seen := map[string]bool{}
	for _, b := range bindings {
		for _, k := range b.keys {
			if seen[k] {
				t.Errorf("%q stands twice in the key table", k)
			}
			seen[k] = true
			if k == "q" || k == "ctrl+c" {
				continue
			}
			if got := keyMsg(k).String(); got != k {
				t.Errorf("the key %q is called %q by Bubble Tea", k, got)
			}
			press(t, m, k)
			if strings.Contains(m.status, "does nothing here") {
				t.Errorf("%q: %s", k, m.status)
			}
			press(t, m, "esc")
			m.help = nil
			checkFrame(t, m)
		}
		if (b.bar != "") != slices.Contains(barOrder, b.show) {
			t.Errorf("%s: the table and barOrder disagree on whether it belongs into the bar", b.show)
		}
		if b.help == "" || b.show == "" {
			t.Errorf("%v has no help", b.keys)
		}
	}
	press(t, m, "j")
	wants(t, m, "j does nothing here: ? shows all keys")
}

func TestTuning(t *testing.T) {
	m := open(t, 120, 40, Options{Paused: true})
	press(t, m, "]")
	wants(t, m, "5.00e-3", "ε 5.00e-3 at step 0")
	press(t, m, "[", "[")
	wants(t, m, "1.25e-3")
	press(t, m, "down")
	if k := m.tuneRows()[m.tune].setting.Key(); k != "optimizer.momentum" {
		t.Fatalf("↓ selects %s", k)
	}
	press(t, m, "right")
	set, _ := m.lane().snap.Setting("optimizer.momentum")
	if set.Value <= 0.9 {
		t.Errorf("→ leaves momentum at %g", set.Value)
	}
	press(t, m, "=", "2", "enter")
	wants(t, m, "momentum cannot be 2: allowed is a number from 0 to")
	press(t, m, "backspace", "0", ".", "5", "enter")
	if set, _ = m.lane().snap.Setting("optimizer.momentum"); set.Value != 0.5 {
		t.Errorf("typed 0.5, got %g", set.Value)
	}
	press(t, m, "m")
	if m.lane().snap.Batch != 8 {
		t.Errorf("m gives minibatch %d", m.lane().snap.Batch)
	}
	press(t, m, "c")
	wants(t, m, "torch")
	press(t, m, "S", "s", "t", "e", "p", "enter")
	wants(t, m, "gamma", "step size")
	if n := len(m.lane().snap.Journal); n != 8 {
		t.Errorf("%d changes are journaled, 8 were made", n)
	}
}

func TestNoiseAndProblemKnobsConcernAllRuns(t *testing.T) {
	m := open(t, 120, 40, Options{Runs: DefaultRuns(problems.Ref{Name: "quadratic"}, 1), Paused: true})
	for i, r := range m.tuneRows() {
		if r.setting.Key() == "problem.condition" || r.setting.Key() == "run.noise" {
			m.tune = i
			press(t, m, "right")
		}
	}
	for i, l := range m.lanes {
		c, _ := l.snap.Setting("problem.condition")
		if c.Value == 100 || l.snap.Noise == 0 {
			t.Errorf("run %d has condition %g and noise %g", i+1, c.Value, l.snap.Noise)
		}
	}
	if m.world.problem.Value([]float64{0, 1}) == 50 {
		t.Error("the landscape still shows condition 100")
	}
}

func TestSwitchingTellsWhatBecameOfTheState(t *testing.T) {
	m := open(t, 120, 40, Options{Paused: true})
	advance(t, m, 10)
	x := m.lane().snap.X
	press(t, m, "o", "n", "e", "s", "t", "enter")
	wants(t, m, "nesterov, kept at step 10")
	press(t, m, "o", "r", "m", "s", "enter")
	wants(t, m, "rmsprop, cold, ε 0.0630 at step 10")
	if s := m.lane().snap; s.Step != 10 || s.X[0] != x[0] {
		t.Errorf("a switch moved θ or the step: %v, step %d", s.X, s.Step)
	}
}

func TestRaceOfRuns(t *testing.T) {
	m := open(t, 120, 40, Options{Paused: true})
	press(t, m, "a", "s", "g", "d", "enter")
	if len(m.lanes) != 3 || m.sel != 2 || m.lane().snap.Optimizer.Name != "sgd" {
		t.Fatalf("%d runs, selected %d", len(m.lanes), m.sel)
	}
	press(t, m, "1", "x")
	if len(m.lanes) != 2 || m.lanes[0].snap.Optimizer.Name != "adam" {
		t.Fatalf("x removed the wrong run")
	}
	press(t, m, "9")
	wants(t, m, "there are 2 runs: a adds one")
	press(t, m, "x", "x")
	wants(t, m, "this is the only run")
	for range MaxRuns - 1 {
		press(t, m, "a", "enter")
	}
	press(t, m, "a")
	wants(t, m, "a race has 9 runs at the most")
	colors := map[plot.Color]bool{}
	for _, l := range m.lanes {
		colors[l.color] = true
	}
	if len(colors) != MaxRuns {
		t.Errorf("%d runs have %d colours", MaxRuns, len(colors))
	}
	checkFrame(t, m)
}

func TestMouse(t *testing.T) {
	m := open(t, 120, 40, Options{Paused: true})
	screen(m)
	in := m.lay.landscape.inner()
	before := m.world.view
	at := tea.Mouse{X: in.x + in.w/4, Y: in.y + in.h/4, Button: tea.MouseLeft}
	want, wantY := before.FromCell(at.X-in.x, at.Y-in.y, in.w, in.h)
	m.Update(tea.MouseClickMsg(at))
	m.Update(tea.MouseReleaseMsg(at))
	settle(t, m)
	for i, l := range m.lanes {
		if l.snap.Start[0] != want || l.snap.Start[1] != wantY {
			t.Errorf("run %d starts at %v, clicked was %g, %g", i+1, l.snap.Start, want, wantY)
		}
	}
	m.Update(tea.MouseClickMsg(at))
	at.X += 5
	m.Update(tea.MouseMotionMsg(at))
	m.Update(tea.MouseReleaseMsg(at))
	settle(t, m)
	if m.world.view.X0 >= before.X0 || m.lane().snap.Start[0] != want {
		t.Errorf("a drag to the right shows %+v, before %+v, start %v", m.world.view, before, m.lane().snap.Start)
	}
	panned := m.world.view
	m.Update(tea.MouseWheelMsg(tea.Mouse{X: at.X, Y: at.Y, Button: tea.MouseWheelUp}))
	if v := m.world.view; v.X1-v.X0 >= panned.X1-panned.X0 {
		t.Error("the wheel does not zoom")
	}
	press(t, m, "home")
	if m.world.view != before {
		t.Errorf("home shows %+v", m.world.view)
	}
}

func TestProblemPickerMovesAllRuns(t *testing.T) {
	m := open(t, 120, 40, Options{Paused: true})
	press(t, m, "p", "r", "o", "s", "enter")
	until(t, m, "Rosenbrock", func(s *train.Snapshot) bool { return s.Problem.Name == "rosenbrock" })
	settle(t, m)
	wants(t, m, "Rosenbrock")
	press(t, m, "p", "d", "i", "g", "enter")
	until(t, m, "digits", func(s *train.Snapshot) bool { return s.Problem.Name == "digits" })
	settle(t, m)
	wants(t, m, "accuracy", "held out")
	press(t, m, "z")
	wants(t, m, "there is no landscape to move in")
}

func TestDivergedRunSaysSo(t *testing.T) {
	run := Start(problems.Ref{Name: "rosenbrock"}, "sgd", 1)
	run.Set["optimizer.lr"] = "1"
	m := open(t, 120, 40, Options{Runs: []train.Spec{run}, Rate: train.Unlimited})
	until(t, m, "divergence", func(s *train.Snapshot) bool { return s.Status == train.Diverged })
	settle(t, m)
	wants(t, m, "diverged at step", "A: back to step 0, ε ÷")
	checkFrame(t, m)
}

// A function of one variable is drawn with its tangent and Newton's parabola; Newton goes to the maximum near by.
func TestOneVariable(t *testing.T) {
	run := Start(problems.Ref{Name: "double_well"}, "newton", 1)
	m := open(t, 120, 40, Options{Runs: []train.Spec{run}, Paused: true})
	wants(t, m, "function", "x ∈ [-2.00, 2.00]", "1-D")
	advance(t, m, 20)
	if x := m.lane().snap.X[0]; x*x > 1e-12 {
		t.Errorf("Newton ends at %g, the maximum is at 0", x)
	}
	checkFrame(t, m)
	press(t, m, "z")
	wants(t, m, "x ∈ [-1.60, 1.60]")
	press(t, m, "shift+right", "home")
	wants(t, m, "x ∈ [-2.00, 2.00]")
}

// The lecture's warning: quasi-Newton rules on noise.
func TestWarningOnNoise(t *testing.T) {
	run := Start(problems.Ref{Name: "rosenbrock"}, "lbfgs", 1)
	run.Noise = 0.5
	m := open(t, 120, 40, Options{Runs: []train.Spec{run}, Paused: true})
	wants(t, m, "L-BFGS on noise or minibatches")
	press(t, m, "m", "m", "m", "m", "m", "m")
	if press(t, m, "esc"); m.lane().snap.Batch != 0 || strings.Contains(screen(m), "on noise") {
		t.Errorf("with all samples, m = %d, it still warns", m.lane().snap.Batch)
	}
}

func TestReadmeHasTheKeyTable(t *testing.T) { hasTable(t, "../../README.md", KeyTable()) }

func TestAttachPageHasTheKeyTable(t *testing.T) {
	hasTable(t, "../../docs/attach.md", MonitorKeyTable())
}

// hasTable checks the key table of a page, or writes it there.
func hasTable(t *testing.T, path, table string) {
	t.Helper()
	const begin, end = "<!-- keys:begin -->\n", "<!-- keys:end -->"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no %q … %q", path, begin, end)
	}
	want := head + begin + table + end + tail
	if want == string(text) {
		return
	}
	// The flag belongs to package golden.
	if f := flag.Lookup("update"); f != nil && f.Value.String() == "true" {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("the key list of %s is not that of the program: go test ./internal/ui -update", path)
}
