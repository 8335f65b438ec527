package ui

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"opttui/internal/plot"
	"opttui/internal/problems"
	"opttui/internal/train"
)

// staging is a way to a screen that others look at.
type staging struct {
	name, problem string
	keys          []string
	wants         string
}

var staged = []staging{
	{"a race", "beale", []string{"h", "g", "]"}, "untouched since"},
	{"help", "beale", []string{"?"}, "pause or go on"},
	{"a list", "beale", []string{"o"}, "filter:"},
	{"a prompt", "beale", []string{"="}, "enter sets it"},
	{"a formula of one variable", "beale", []string{"F", "x", "*", "x"}, "formula ──"},
	{"a formula of two", "beale", []string{"F", "x", "*", "y"}, "formula ──"},
	{"the finder", "beale", []string{"f"}, "ε* "},
	{"the time line", "beale", []string{"t", "left"}, "time"},
	{"futures", "beale", []string{"u", "b", "]"}, "branched off"},
	{"a function of one variable", "parabola", nil, "function ──"},
	{"a model", "iris/softmax", nil, "accuracy"},
	{"a plane", "iris/softmax", []string{"v"}, "principal components"},
	{"the lecture", "beale", []string{"d"}, "1/22"},
}

// stageOf opens a screen in that state.
func stageOf(t *testing.T, i int, w, h int) *Model {
	t.Helper()
	x := staged[i]
	m := open(t, w, h, Options{Runs: DefaultRuns(problems.Ref{Name: x.problem}, 1), Paused: true})
	advance(t, m, 20)
	m.View() // says where the picture is
	press(t, m, x.keys...)
	if m.finder != nil {
		found(t, m)
	}
	if m.world.picture.plane() {
		surveyed(t, m)
	}
	if !m.paused {
		press(t, m, "space")
	}
	settle(t, m)
	return m
}

// body is a frame without its last line, the keys.
func body(content string) []string {
	lines := strings.Split(content, "\n")
	return lines[:len(lines)-1]
}

// A mirror shows what the screen itself shows, at any size and in any colours, but for the keys.
func TestMirrorShowsTheScreen(t *testing.T) {
	for i, x := range staged {
		t.Run(x.name, func(t *testing.T) {
			m := stageOf(t, i, 130, 45)
			wants(t, m, x.wants)
			for _, k := range []Terminal{
				{130, 45, colorprofile.TrueColor, false}, {130, 45, colorprofile.ANSI, false},
				{130, 45, colorprofile.ASCII, true}, {100, 50, colorprofile.TrueColor, true}, {80, 24, colorprofile.TrueColor, false},
				{50, 20, colorprofile.ANSI256, false}, {20, 5, colorprofile.TrueColor, false}, {0, 0, colorprofile.TrueColor, false},
			} {
				got := body(textOf(m.Reflect(NewMirror(k.Alike()), Gaze{}).Canvas))
				m.Update(tea.WindowSizeMsg{Width: k.W, Height: k.H})
				m.setMode(k.Profile)
				m.light = k.Light
				m.View()
				settle(t, m)
				if m.world.picture.plane() && len(got) > 5 && k.W != 130 {
					continue // the model computes another one for another size
				}
				// A chart that grows into a size and one that is new to it may choose other ticks.
				m.chart.Reset()
				m.accuracy.Reset()
				m.losses.Reset()
				m.box = boxPens{}
				want := body(textOf(m.Frame()))
				for y := range want {
					if got[y] != want[y] && k.H > 5 {
						t.Fatalf("%+v, line %d:\n%s\n%s", k, y, ansi.Strip(got[y]), ansi.Strip(want[y]))
					}
				}
			}
		})
	}
}

// fingerprint is of all that a model and its pictures consist of, memory that is kept for later included. What belongs to
// other packages, the runs above all, is left out, and so is the cache of paths on a plane, which is the same at any size.
func fingerprint(m *Model) uint64 {
	h := fnv.New64a()
	seen := map[any]bool{}
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if v.IsNil() || seen[[2]any{v.Pointer(), v.Type()}] {
				return
			}
			seen[[2]any{v.Pointer(), v.Type()}] = true
			fmt.Fprint(h, "*")
			walk(v.Elem())
		case reflect.Interface:
			if !v.IsNil() {
				walk(v.Elem())
			}
		case reflect.Struct:
			pkg := v.Type().PkgPath()
			if pkg != "" && !strings.HasSuffix(pkg, "internal/ui") && !strings.HasSuffix(pkg, "internal/plot") {
				return
			}
			for i := range v.NumField() {
				if v.Type().Field(i).Name != "flat" {
					walk(v.Field(i))
				}
			}
		case reflect.Slice:
			fmt.Fprint(h, v.Len(), v.Cap())
			all := v.Slice(0, v.Cap())
			for i := range all.Len() {
				walk(all.Index(i))
			}
		case reflect.Array:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Float64:
			fmt.Fprint(h, math.Float64bits(v.Float()))
		case reflect.Func, reflect.Chan, reflect.Map, reflect.UnsafePointer:
		default:
			io.WriteString(h, fmt.Sprint(v))
		}
	}
	walk(reflect.ValueOf(m))
	return h.Sum64()
}

// Drawing for others writes to nothing that the screen draws with.
func TestMirrorLeavesTheModelAlone(t *testing.T) {
	for i, x := range staged {
		t.Run(x.name, func(t *testing.T) {
			m := stageOf(t, i, 120, 40)
			m.Frame()
			before := fingerprint(m)
			if before != fingerprint(m) {
				t.Fatal("a fingerprint depends on something else")
			}
			small := NewMirror(Terminal{80, 24, colorprofile.ANSI, true})
			for _, r := range []*Mirror{NewMirror(Terminal{120, 40, colorprofile.TrueColor, false}), small, NewMirror(Terminal{200, 70, colorprofile.ASCII, false}), small} {
				for _, g := range []Gaze{{}, {Rows: 3, Box: 5}, {Rows: -3, Box: -100}, {Help: true, Box: 2}, {Note: "a note"}} {
					m.Reflect(r, g)
				}
			}
			if fingerprint(m) != before {
				t.Error("the model is another one")
			}
			frame := textOf(m.screen)
			if again := textOf(m.Frame()); again != frame {
				t.Error("the screen is another one")
			}
		})
	}
}

func reflected(m *Model, w, h int, g Gaze) (string, Sight) {
	s := m.Reflect(NewMirror(Terminal{W: w, H: h, Profile: colorprofile.TrueColor}), g)
	return ansi.Strip(textOf(s.Canvas)), s
}

func TestGazeScrolls(t *testing.T) {
	m := open(t, 160, 50, Options{Paused: true})
	text, _ := reflected(m, 80, 24, Gaze{})
	if !strings.Contains(text, "learning rate") || strings.Contains(text, "convention") {
		t.Errorf("not the top of the settings:\n%s", text)
	}
	text, s := reflected(m, 80, 24, Gaze{Rows: 100})
	if strings.Contains(text, "learning rate") || !strings.Contains(text, "convention") || s.Rows >= 20 || s.Rows < 1 {
		t.Errorf("not the end of the settings, %d rows down:\n%s", s.Rows, text)
	}
	if _, s = reflected(m, 80, 24, Gaze{Rows: -5}); s.Rows != 0 {
		t.Errorf("%d rows above the top", s.Rows)
	}
	if _, s = reflected(m, 80, 24, Gaze{Box: 7}); s.Box != 0 || s.Opened {
		t.Errorf("something is open: %+v", s)
	}
	press(t, m, "?")
	if text, s = reflected(m, 80, 24, Gaze{Box: 10000}); !s.Opened || s.Box < 10 || s.Box > 100 || !strings.Contains(text, "moving average") {
		t.Errorf("not the end of the help:\n%s", text)
	}
	m.help.top = 5
	if text, s = reflected(m, 80, 24, Gaze{Box: -10000}); s.Box != -5 || !strings.Contains(text, "pause or go on") {
		t.Errorf("not the top of the help, at %d:\n%s", s.Box, text)
	}
	press(t, m, "esc", "o")
	if text, s = reflected(m, 80, 24, Gaze{Box: 10000}); !s.Opened || !strings.Contains(text, "newton_cg") {
		t.Errorf("not the end of the list:\n%s", text)
	}
	if text, s = reflected(m, 80, 24, Gaze{Help: true}); !s.Opened || s.Box != 0 || !strings.Contains(text, "pgup, pgdown, the wheel") || strings.Contains(text, "filter:") {
		t.Errorf("not the keys of those who look on:\n%s", text)
	}
}

// Lists of runs that are longer than their panel scroll, too.
func TestGazeScrollsRuns(t *testing.T) {
	var runs []train.Spec
	for range MaxRuns {
		runs = append(runs, Start(problems.Ref{Name: "beale"}, "sgd", 1))
	}
	m := open(t, 160, 50, Options{Runs: runs, Paused: true})
	if text, _ := reflected(m, 80, 24, Gaze{}); !strings.Contains(text, "1 sgd") || strings.Contains(text, "9 sgd") {
		t.Errorf("not the first runs:\n%s", text)
	}
	if text, _ := reflected(m, 80, 24, Gaze{Rows: 100}); strings.Contains(text, "1 sgd") || !strings.Contains(text, "9 sgd") {
		t.Errorf("not the last runs:\n%s", text)
	}
}

// A plane fills its panel on a terminal that is larger than the one that it was computed for.
func TestMirrorOfAPlane(t *testing.T) {
	i := slices.IndexFunc(staged, func(x staging) bool { return x.name == "a plane" })
	m := stageOf(t, i, 100, 30)
	r := NewMirror(Terminal{200, 60, colorprofile.TrueColor, false})
	m.Reflect(r, Gaze{})
	in := r.pens.scape
	if in.w < 100 || in.h < 30 {
		t.Fatalf("the plane has %d×%d cells", in.w, in.h)
	}
	for _, at := range [][2]int{{in.x, in.y}, {in.x + in.w - 1, in.y + in.h - 1}} {
		if r.screen.At(at[0], at[1]).BG == 0 {
			t.Errorf("nothing is drawn at %v", at)
		}
	}
}

// What a mirror has to compute can be computed before, while the model is used.
func TestMirrorIsPrepared(t *testing.T) {
	m := open(t, 120, 40, Options{Paused: true})
	k := Terminal{200, 60, colorprofile.TrueColor, false}
	r := NewMirror(k)
	work := m.Prepare(r)
	if work == nil {
		t.Fatal("there is no landscape to compute")
	}
	work()
	values := &r.field
	if m.Prepare(r) != nil {
		t.Error("it is computed again")
	}
	want := textOf(m.Reflect(NewMirror(k), Gaze{}).Canvas)
	if textOf(m.Reflect(r, Gaze{}).Canvas) != want || values.W == 0 {
		t.Error("what has been prepared is another picture")
	}
	press(t, m, "z")
	if m.Prepare(r) == nil {
		t.Error("the picture of before is kept")
	}
	if m = stageOf(t, slices.IndexFunc(staged, func(x staging) bool { return x.name == "a model" }), 120, 40); m.Prepare(r) != nil {
		t.Error("a model has no landscape")
	}
}

// A plane is computed for those who look on, also where the screen itself is too small for it.
func TestPlaneForThoseWhoLookOn(t *testing.T) {
	m := open(t, 60, 15, Options{Runs: DefaultRuns(problems.Ref{Name: "iris/softmax"}, 1), Paused: true})
	m.Watched(1)
	advance(t, m, 20)
	press(t, m, "v")
	surveyed(t, m)
	if text, _ := reflected(m, 120, 40, Gaze{}); !strings.Contains(text, "outside") {
		t.Errorf("there is no plane:\n%s", text)
	}
	checkFrame(t, m)
}

// The bar has the ways out at any width, and as much of a note as fits.
func TestGazeBar(t *testing.T) {
	m := open(t, 120, 40, Options{Paused: true})
	for w := minWidth; w < 130; w += 3 {
		text, _ := reflected(m, w, 30, Gaze{Note: "the driver is away for a very long time"})
		lines := strings.Split(text, "\n")
		bar := lines[len(lines)-1]
		if !strings.Contains(bar, "the driver") || !strings.Contains(bar, "? keys") || !strings.Contains(bar, "q leave") {
			t.Errorf("%d columns: %q", w, bar)
		}
		if full := strings.Contains(bar, "very long time") && strings.Contains(bar, "b branch"); full != (w >= 82) {
			t.Errorf("%d columns: %q", w, bar)
		}
	}
}

func TestAudienceIsCounted(t *testing.T) {
	for _, at := range [][2]int{{160, 45}, {80, 24}, {50, 15}} {
		m := open(t, at[0], at[1], Options{Paused: true})
		m.Changed()
		m.Watched(12)
		if !m.Changed() {
			t.Error("the count is not drawn")
		}
		wants(t, m, "12 watch")
		m.Watched(12)
		if m.Changed() {
			t.Error("what is the same is drawn again")
		}
		m.Watched(1)
		wants(t, m, "1 watches")
		if text, _ := reflected(m, 80, 24, Gaze{}); strings.Contains(text, "watches") {
			t.Error("those who look on are counted for themselves")
		}
	}
}

// copied waits for a copy of the selected run.
func copied(t *testing.T, m *Model) *Branch {
	t.Helper()
	b := m.Branch()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if here, ever := b.Come(); here {
			return b
		} else if !ever || time.Now().After(end) {
			t.Fatal("the copy does not come")
		}
	}
}

// A branch that is taken to another screen is the run as it is, bit for bit, and neither changes the other from then on.
func TestBranchForAnotherScreen(t *testing.T) {
	m := open(t, 120, 40, Options{Paused: true})
	press(t, m, "2", "]", "k", "l", "z")
	advance(t, m, 30)
	before := *m.lane().snap
	b := copied(t, m)
	hash, again := b.run.Hash(), copied(t, m).run.Hash()
	if hash != again {
		t.Fatal("two copies differ")
	}
	if now := m.lane().live.Snapshot(); now.Applied != before.Applied || now.Refused != "" || now.Step != before.Step {
		t.Errorf("the run tells of the copy: %d messages, not %d, %q", now.Applied, before.Applied, now.Refused)
	}
	replay, err := train.Replay(b.run.Spec(), b.run.Journal(), b.run.Step())
	if err != nil || replay.Hash() != hash {
		t.Fatalf("another run than its journal makes: %v", err)
	}
	own, err := New(context.Background(), Options{Branch: b, Guest: &Guest{Home: true}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(own.Close)
	own.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	settle(t, own)
	wants(t, own, "branched off the lecture's run 2 at step 30", "q or esc leads back", "q back", "linear", "by gradient")
	if s := own.lane().snap; s.Step != 30 || !slices.Equal(s.X, before.X) || len(own.lanes) != 1 || own.world.view != m.world.view {
		t.Errorf("at step %d, %v", s.Step, s.X)
	}
	advance(t, own, 7)
	advance(t, m, 7)
	if !slices.Equal(own.lane().snap.X, m.lane().snap.X) {
		t.Error("they go on in different ways by themselves")
	}
	press(t, own, "[", "[")
	advance(t, own, 7)
	if hash := copied(t, m).run.Hash(); hash == copied(t, own).run.Hash() || m.lane().snap.Step != 37 || own.lane().snap.Step != 44 {
		t.Error("they do not go their own ways")
	}
	for _, k := range []string{"q", "esc"} {
		if cmd := own.key(keyMsg(k)); cmd == nil || cmd() != tea.Quit() {
			t.Errorf("%s does not lead back", k)
		}
		own.key(keyMsg("o"))
		if cmd := own.key(keyMsg(k)); k == "esc" && (cmd != nil || own.picker != nil) {
			t.Errorf("%s does not close the list", k)
		}
		own.picker = nil
	}
}

// Where the run is gone, nobody waits for a copy of it.
func TestBranchOfARunThatIsGone(t *testing.T) {
	m := open(t, 120, 40, Options{Paused: true})
	live := m.lane().live
	live.Stop()
	if _, ever := m.Branch().Come(); ever {
		t.Error("it is waited for")
	}
}

// A run on its way to another step is not asked for copies, which would take the room that its person's keys need.
func TestNoBranchOnTheWay(t *testing.T) {
	m := open(t, 120, 40, Options{Paused: true})
	advance(t, m, 3)
	there := *m.lane().snap
	way := there
	way.Seeking = &train.Seeking{Target: 1}
	m.lane().snap = &way
	if m.Branch() != nil {
		t.Error("a copy is asked for")
	}
	m.lane().snap = &there
	if m.Branch() == nil {
		t.Error("no copy is to be had after the arrival")
	}
}

func TestGoOn(t *testing.T) {
	m := open(t, 120, 40, Options{Paused: true})
	if m.GoOn(); m.Paused() {
		t.Error("it rests")
	}
	until(t, m, "steps", func(s *train.Snapshot) bool { return s.Step > 3 })
	m.GoOn()
	if m.Paused() {
		t.Error("it rests now")
	}
}

// textOf is what a canvas shows.
func textOf(c *plot.Canvas) string { return strings.Join(c.Rows(), "\n") }
