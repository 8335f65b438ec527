package ui

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"pgregory.net/rapid"

	"opttui/internal/monitor"
	"opttui/internal/protocol"
)

// theirs is a program that takes what it is told at once.
type theirs struct {
	run    *monitor.Run
	did    []string
	sticky bool // it does not answer
}

func (c *theirs) Set(name string, v float64) error {
	c.did = append(c.did, fmt.Sprintf("%s %g", name, v))
	if name == "wd" {
		return errors.New("wd stays")
	}
	id := uint64(len(c.did))
	c.run.Asked(id, name, v)
	if !c.sticky {
		c.run.Applied(id, name, v, math.NaN(), time.Time{})
	}
	return nil
}
func (c *theirs) Pause()            { c.did = append(c.did, "pause"); c.run.Become(monitor.Paused) }
func (c *theirs) Resume()           { c.did = append(c.did, "resume"); c.run.Become(monitor.Running) }
func (c *theirs) Checkpoint() error { c.did = append(c.did, "checkpoint"); return nil }
func (c *theirs) Stop()             { c.did = append(c.did, "stop") }

var monitorBegan = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// trained is a run that has logged a falling loss for some steps.
func trained(name string, steps int, slower float64) *monitor.Run {
	r := monitor.NewRun(name, monitorBegan)
	one, log := protocol.Number(1), "log"
	zero := protocol.Number(0)
	r.Offer(name, []protocol.Tunable{
		{Name: "lr", Value: 0.1, Min: &zero, Max: &one, Scale: log, Doc: "the step size"}, {Name: "wd", Value: 0}, {Name: "batch", Value: 32, Integer: true, Choices: []protocol.Number{16, 32, 64}},
	})
	for k := range steps {
		more(r, k, slower)
	}
	for i := range 12 {
		r.Print(fmt.Sprintf("epoch %d done", i), i == 10)
	}
	return r
}

func more(r *monitor.Run, k int, slower float64) {
	loss := 2 * math.Exp(-float64(k)/(40*slower)) * (1 + 0.1*math.Sin(float64(7*k)))
	values := []protocol.Value{{Name: "loss", V: loss}, {Name: "lr", V: 0.1}, {Name: "epoch", V: float64(k) / 20}}
	if k%10 == 0 {
		values = append(values, protocol.Value{Name: "val_loss", V: loss + 0.1}, protocol.Value{Name: "val_acc", V: 1 - loss/2.5})
	}
	r.Log(float64(k), values, monitorBegan.Add(time.Duration(k)*time.Second))
}

func openMonitor(t testing.TB, w, h int, o MonitorOptions) *Monitor {
	t.Helper()
	m := NewMonitor(t.Context(), o)
	t.Cleanup(m.Close)
	m.Update(tea.ColorProfileMsg{Profile: colorprofile.TrueColor})
	m.Update(tea.WindowSizeMsg{Width: w, Height: h})
	return m
}

// steered is the screen of one program with a control.
func steered(t testing.TB, w, h int) (*Monitor, *theirs) {
	c := &theirs{run: trained("digits mlp", 200, 1)}
	return openMonitor(t, w, h, MonitorOptions{
		Title: "python3 train.py", Runs: func() []*monitor.Run { return []*monitor.Run{c.run} }, Control: c, Output: "/var/x",
	}), c
}

func pressMonitor(m *Monitor, keys ...string) string {
	for _, k := range keys {
		m.Update(keyMsg(k))
		m.Update(tickMsg{})
	}
	return monitorText(m)
}

func monitorText(m *Monitor) string {
	var b strings.Builder
	c := m.Canvas()
	for y := range c.H {
		for x := range c.W {
			b.WriteRune(max(c.At(x, y).R, ' '))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestMonitorTunes(t *testing.T) {
	m, c := steered(t, 120, 40)
	for _, step := range []struct {
		keys []string
		did  string
		sees string
	}{
		{[]string{"]"}, "lr 0.2", "lr 0.200 at step 199"},
		{[]string{"["}, "lr 0.1", "lr 0.100 at step 199"},
		{[]string{"right"}, "lr 0.16", "lr 0.160"},
		{[]string{"=", "0", ".", "0", "1", "enter"}, "lr 0.01", "lr 0.0100 at step 199"},
		{[]string{"down", "right"}, "wd ", "wd stays"},
		{[]string{"down", "right"}, "batch 64", "batch 64 at step"},
		{[]string{"space"}, "pause", "‖ paused"},
		{[]string{"space"}, "resume", "▶ running"},
		{[]string{"C"}, "checkpoint", ""},
		{[]string{"X"}, "stop", ""},
	} {
		text := pressMonitor(m, step.keys...)
		if got := c.did[len(c.did)-1]; !strings.HasPrefix(got, step.did) {
			t.Errorf("%v: %q, not %q", step.keys, got, step.did)
		}
		if !strings.Contains(text, step.sees) {
			t.Errorf("%v: there is no %q:\n%s", step.keys, step.sees, text)
		}
	}
	n := len(c.did)
	if text := pressMonitor(m, "up", "up", "=", "7", "enter"); !strings.Contains(text, "allowed is") || len(c.did) != n {
		t.Errorf("a rate of 7 is taken:\n%s", text)
	}
}

// A change that the program has not taken yet is seen as such, and the next notch goes on from it.
func TestMonitorShowsWhatIsAsked(t *testing.T) {
	m, c := steered(t, 120, 40)
	c.sticky = true
	if text := pressMonitor(m, "]"); !strings.Contains(text, "0.100 → 0.200") {
		t.Errorf("\n%s", text)
	}
	pressMonitor(m, "]")
	if got := c.did[len(c.did)-1]; got != "lr 0.4" {
		t.Errorf("after two: %s", got)
	}
	c.run.Refused(2, "no more")
	if text := pressMonitor(m, "k", "k", "k"); !strings.Contains(text, "‖") && strings.Contains(text, "→ 0.400") {
		t.Errorf("\n%s", text)
	}
}

// The second chart goes through all numbers, the axes and scales change, and the output scrolls and stays where it is read.
func TestMonitorLooks(t *testing.T) {
	m, c := steered(t, 80, 24)
	if text := monitorText(m); !strings.Contains(text, "val_acc ── v: another") {
		t.Errorf("\n%s", text)
	}
	seen := map[string]bool{}
	for range 5 {
		pressMonitor(m, "v")
		seen[m.second()] = true
	}
	if len(seen) != 5 {
		t.Errorf("v shows %v", seen)
	}
	if text := pressMonitor(m, "k"); !strings.Contains(text, "by epoch") && !strings.Contains(text, "epoch") {
		t.Errorf("\n%s", text)
	}
	pressMonitor(m, "pgup")
	before := monitorText(m)
	if !strings.Contains(before, "lines below") || strings.Contains(before, "epoch 11 done") {
		t.Errorf("\n%s", before)
	}
	for range 20 {
		c.run.Print("more", false)
	}
	if text := pressMonitor(m, "l", "l"); strings.Contains(text, "more") {
		t.Errorf("what is read does not stay:\n%s", text)
	}
	if text := pressMonitor(m, "end"); !strings.Contains(text, "more") {
		t.Errorf("\n%s", text)
	}
	if text := pressMonitor(m, "?"); !strings.Contains(text, "SIGKILL") {
		t.Errorf("\n%s", text)
	}
}

// Several runs are watched, appear as they come, and are not steered.
func TestMonitorWatches(t *testing.T) {
	var runs []*monitor.Run
	m := openMonitor(t, 120, 40, MonitorOptions{Title: "runs/", Runs: func() []*monitor.Run { return runs }})
	if text := monitorText(m); !strings.Contains(text, "waiting for the first numbers") {
		t.Errorf("\n%s", text)
	}
	runs = append(runs, trained("runs/a", 100, 1), trained("runs/b", 50, 2))
	m.Update(tickMsg{})
	text := pressMonitor(m, "tab")
	for _, want := range []string{"runs/a", "runs/b", "step 49", "▶ running"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q:\n%s", want, text)
		}
	}
	if text := pressMonitor(m, "]"); !strings.Contains(text, "only watched") {
		t.Errorf("\n%s", text)
	}
	if text := pressMonitor(m, "1"); !strings.Contains(text, "step 99") {
		t.Errorf("\n%s", text)
	}
	if text := pressMonitor(m, "7"); !strings.Contains(text, "there are 2 runs") {
		t.Errorf("\n%s", text)
	}
}

// The advice on a program that diverges is to lower its rate, and A does that.
func TestMonitorAdvises(t *testing.T) {
	m, c := steered(t, 120, 40)
	w := m.runs[0]
	begin := time.Now()
	for k := range 400 {
		c.run.Log(float64(200+k), []protocol.Value{{Name: "loss", V: 0.02 * math.Exp(float64(k)/20)}}, monitorBegan.Add(time.Hour))
		w.view = c.run.View()
		w.advice = w.watcher.SeeProgram(begin.Add(time.Duration(k)*50*time.Millisecond), w.view.Snapshot(), w.heldOut())
	}
	if w.advice == nil {
		t.Fatal("there is no advice on a loss that rises and rises")
	}
	m.dirty, m.status = true, ""
	text := monitorText(m)
	if !strings.Contains(text, "A: ε ÷") {
		t.Errorf("%+v\n%s", w.advice, text)
	}
	pressMonitor(m, "A")
	if got := c.did[len(c.did)-1]; !strings.HasPrefix(got, "lr 0.0") {
		t.Errorf("A does %s", got)
	}
}

func TestMonitorExports(t *testing.T) {
	t.Chdir(t.TempDir())
	m, c := steered(t, 120, 40)
	pressMonitor(m, "]")
	more(c.run, 200, 1)
	pressMonitor(m, "[", "[")
	for _, name := range []string{"numbers", "changes", "schedule"} {
		keys := append([]string{"E"}, strings.Split(name, "")...)
		if text := pressMonitor(m, append(keys, "enter")...); !strings.Contains(text, "written: opttui-"+name) {
			t.Errorf("\n%s", text)
		}
	}
	files, err := os.ReadDir(".")
	if err != nil || len(files) != 4 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"csv": "loss,0,1,2,2,2,0", "json": "[\n  [0, 0.1],\n  [199, 0.2],\n  [200, 0.05]\n]", "py": "LambdaLR", "jsonl": `{"step":199,"name":"lr","value":0.2,`}
		if ending := f.Name()[strings.LastIndexByte(f.Name(), '.')+1:]; !strings.Contains(string(text), want[ending]) {
			t.Errorf("%s:\n%.600s", f.Name(), text)
		}
	}
}

func TestGoldenMonitor(t *testing.T) {
	for _, size := range []struct{ w, h int }{{60, 16}, {80, 24}, {160, 45}} {
		t.Run(fmt.Sprintf("%dx%d", size.w, size.h), func(t *testing.T) {
			m, _ := steered(t, size.w, size.h)
			golden.RequireEqual(t, []byte(pressMonitor(m, "]")))
		})
	}
}

// Any keys, sizes and numbers: no panic, and no frame that does not fit.
func TestAnythingInAMonitor(t *testing.T) {
	var keys []string
	for _, b := range monitorBindings {
		keys = append(keys, b.keys...)
	}
	keys = append(keys, "esc", "enter", "backspace", "j", "é", "0")
	t.Chdir(t.TempDir())
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		c := &theirs{run: monitor.NewRun("x", monitorBegan)}
		runs := []*monitor.Run{c.run}
		o := MonitorOptions{Title: "漢字", Runs: func() []*monitor.Run { return runs }, ASCII: rapid.Bool().Draw(t, "ascii")}
		if rapid.Bool().Draw(t, "steered") {
			o.Control = c
		}
		m := NewMonitor(outer.Context(), o)
		defer m.Close()
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			switch rapid.IntRange(0, 7).Draw(t, "kind") {
			case 0:
				m.Update(tea.WindowSizeMsg{Width: rapid.IntRange(0, 200).Draw(t, "w"), Height: rapid.IntRange(0, 60).Draw(t, "h")})
			case 1:
				var values []protocol.Value
				for range rapid.IntRange(0, 4).Draw(t, "n") {
					values = append(values, protocol.Value{
						Name: rapid.SampledFrom([]string{"loss", "val_loss", "lr", "epoch", "x"}).Draw(t, "name"),
						V:    rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), 0, -1, 1e300})).Draw(t, "v"),
					})
				}
				runs[0].Log(rapid.OneOf(rapid.Float64(), rapid.Just(math.NaN()), rapid.Float64Range(0, 100)).Draw(t, "step"), values, monitorBegan)
			case 2:
				runs[0].Offer("n", []protocol.Tunable{{Name: "lr", Value: protocol.Number(rapid.Float64().Draw(t, "lr")), Scale: "log"}, {Name: "漢"}})
			case 3:
				runs[0].Print(rapid.SampledFrom([]string{"a", "漢字", "\t\x1b[2J", strings.Repeat("x", 3000)}).Draw(t, "line"), false)
			case 4:
				runs = append(runs[:len(runs):len(runs)], monitor.NewRun("more", monitorBegan))
			default:
				k := rapid.SampledFrom(keys).Draw(t, "key")
				m.Update(keyMsg(k))
			}
			m.Update(tickMsg{})
			canvas := m.Canvas()
			for _, row := range canvas.Rows() {
				if w := ansi.StringWidth(row); w > m.w {
					t.Fatalf("a row of %d cells on %d", w, m.w)
				}
			}
		}
	})
}
