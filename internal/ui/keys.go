package ui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"opttui/internal/train"
)

// binding is one line of the key table. Dispatch, the help screen, the bar at the bottom and the README's
// key list are all made from it.
type binding struct {
	keys []string // as Bubble Tea names them
	show string   // as people write them
	bar  string   // short word for the bar at the bottom, "" to leave it out
	help string
	do   func(m *Model, key string) tea.Cmd
}

// act makes a binding's function from one that looks at nothing but the model.
func act(f func(m *Model)) func(*Model, string) tea.Cmd {
	return func(m *Model, _ string) tea.Cmd { f(m); return nil }
}

// bindings is the key table, in the order of the help screen.
var bindings []binding

func init() { // not a literal: the help that it opens reads the table
	bindings = []binding{
		{[]string{"space"}, "space", "pause", "pause or go on", act((*Model).togglePause)},
		{[]string{"n"}, "n", "step", "one step", act(func(m *Model) { m.single(1) })},
		{[]string{"N"}, "N", "", "ten steps", act(func(m *Model) { m.single(10) })},
		{[]string{"<", ","}, "<", "", "slower: 1, 10, 60, 600, 6 000 steps/s, unlimited", act(func(m *Model) { m.changeSpeed(-1) })},
		{[]string{">", "."}, ">", "speed", "faster", act(func(m *Model) { m.changeSpeed(1) })},

		{[]string{"o"}, "o", "optimizer", "choose the optimizer of the selected run; θ and the step stay", act((*Model).pickOptimizer)},
		{[]string{"p"}, "p", "problem", "choose the problem", act((*Model).pickProblem)},
		{[]string{"F"}, "F", "formula", "a formula of your own as the problem, with a preview while you type", act((*Model).typeFormula)},
		{[]string{"S"}, "S", "schedule", "choose the learning-rate schedule of the selected run", act((*Model).pickSchedule)},
		{[]string{"up", "down"}, "↑ ↓", "", "choose a hyperparameter", func(m *Model, k string) tea.Cmd { m.moveTune(k); return nil }},
		{[]string{"left", "right"}, "← →", "tune", "turn it by one notch; in a demo, go to another scenario", func(m *Model, k string) tea.Cmd { m.turn(k); return nil }},
		{[]string{"-", "+"}, "− +", "", "turn it by one notch, also in a demo", func(m *Model, k string) tea.Cmd { m.turn(map[string]string{"-": "left", "+": "right"}[k]); return nil }},
		{[]string{"[", "]"}, "[ ]", "ε÷2 ×2", "halve, double the learning rate, whatever is selected", func(m *Model, k string) tea.Cmd { m.scaleRate(k); return nil }},
		{[]string{"="}, "=", "value", "type a value for the hyperparameter", func(m *Model, _ string) tea.Cmd { return m.askValue() }},
		{[]string{"m"}, "m", "", "minibatch size: 1, 8, 64, 128, 256, 512, all", act((*Model).nextBatch)},
		{[]string{"c"}, "c", "", "convention: lecture ↔ torch", act((*Model).toggleConvention)},

		{[]string{"f"}, "f", "find ε", "find the initial learning rate of the selected run; enter takes it", act((*Model).findRate)},
		{[]string{"w"}, "w", "", "sweep over the learning rate and another setting, as a heat map; enter takes a cell", act((*Model).pickSweep)},
		{[]string{"A"}, "A", "advice", "follow the advice in the line above the keys", act((*Model).heed)},
		{[]string{"g"}, "g", "ghosts", "let every change leave a ghost: the run as it would be without it", act((*Model).toggleGhosts)},
		{[]string{"b"}, "b", "branch", "begin another run from where the selected one is", act((*Model).branch)},
		{[]string{"u"}, "u", "back", "take back what the finder or a sweep has just set; else 10 steps back in time", act((*Model).back)},
		{[]string{"U"}, "U", "", "100 steps back", act(func(m *Model) { m.rewind(100) })},
		{[]string{"t"}, "t", "time", "go along the selected run's time with the arrows, and on from any step of it", act((*Model).openTime)},

		{[]string{"a"}, "a", "add run", "add a run to the race", act((*Model).addRun)},
		{[]string{"x"}, "x", "", "remove the selected run", act((*Model).removeRun)},
		{digits(), "1…9", "", "select a run", func(m *Model, k string) tea.Cmd { m.selectRun(int(k[0] - '1')); return nil }},
		{[]string{"tab"}, "tab", "", "select the next run", act(func(m *Model) { m.selectRun((m.sel + 1) % len(m.lanes)) })},
		{[]string{"r"}, "r", "restart", "restart all runs with the settings of now, same seed", act(func(m *Model) { m.restart(false) })},
		{[]string{"R"}, "R", "", "restart with a new seed", act(func(m *Model) { m.restart(true) })},

		{[]string{"E"}, "E", "export", "write files: recipe, history, curves, landscape, screen, the learning rate as a schedule", act((*Model).pickExport)},
		{[]string{"l"}, "l", "", "logarithmic or linear loss", act(func(m *Model) { m.linear = !m.linear })},
		{[]string{"e"}, "e", "", "smoothing of the curves: automatic, α 0, 0.5, 0.9, 0.98, 0.995", act((*Model).nextAlpha)},
		{[]string{"k"}, "k", "", "x-axis: step, ∇ evaluations, all evaluations, epoch, seconds", act((*Model).nextAxis)},
		{[]string{"v"}, "v", "view", "another picture: scores, or the loss on a plane through the run: principal, random, two parameters", act((*Model).nextPicture)},
		{[]string{"V"}, "V", "", "another plane: through the run as it is now, in other random directions, of other parameters", func(m *Model, _ string) tea.Cmd { return m.anotherPlane() }},
		{[]string{"h"}, "h", "bends", "draw how the landscape bends at the selected run: axes of the local parabola, rates by coordinate, look-ahead", act((*Model).toggleLocal)},
		{[]string{"z"}, "z", "zoom", "zoom into the landscape at the selected run; also the wheel", act(func(m *Model) { m.zoom(1 / zoomStep) })},
		{[]string{"Z"}, "Z", "", "zoom out", act(func(m *Model) { m.zoom(zoomStep) })},
		{[]string{"shift+left", "shift+right", "shift+up", "shift+down"}, "shift-arrows", "", "pan the landscape; also drag", func(m *Model, k string) tea.Cmd { m.pan(k); return nil }},
		{[]string{"home"}, "home", "", "the whole landscape again", act(func(m *Model) { m.world.home() })},
		{nil, "click", "", "on the landscape: start all runs again from there; on a run: select it", nil},

		{[]string{"d"}, "d", "", "the lecture as a demo, a scenario a topic: ← → go between them, enter shows one again, d or esc leaves", act((*Model).toggleDemo)},
		{[]string{"?"}, "?", "keys", "all keys", act(func(m *Model) { m.help = &help{} })},
		{[]string{"ctrl+l"}, "ctrl-l", "", "paint the screen anew, where something else has written over it", act(func(*Model) {})}, // see package paint
		{[]string{"ctrl+z"}, "ctrl-z", "", "suspend; fg goes on", (*Model).suspend},
		{[]string{"q", "ctrl+c"}, "q", "quit", "quit; also ctrl-c", func(*Model, string) tea.Cmd { return tea.Quit }},
	}
}

// legend explains what is drawn, below the keys on the help screen and in the README.
var legend = []struct{ show, help string }{
	{"● ▲ ■ …", "where the runs are, each with its path, older parts dimmer; dark is low, bright is high"},
	{"× ◆ ◇", "the start, global minima, local minima"},
	{"→", "in the run's colour where momentum takes it, in white −g; eight steps long"},
	{"solid, dashed", "with h: axes of the local parabola that curves up, down; long is flat"},
	{"dotted, ○", "with h: an adaptive rule's rates by coordinate; where Nesterov's rule looks ahead"},
	{"◌", "a ghost, and its path: the run as it would be without its last change"},
	{"faint", "what lies ahead of a run that was taken back, and futures that were given up (├)"},
	{"▾", "a key changed something here: to what"},
	{"outside", "how much of the path the plane does not show (of its squared distance from the run)"},
	{"true − plane", "the run's loss minus that at the nearest point of the plane"},
	{"✕", "a value was not finite"},
	{"bright, dim", "loss: its moving average and its raw values; accuracy: held out and training"},
}

func digits() []string {
	var d []string
	for i := 1; i <= MaxRuns; i++ {
		d = append(d, fmt.Sprint(i))
	}
	return d
}

// KeyTable returns the keys and what they do, as a Markdown table for the README.
func KeyTable() string {
	var b strings.Builder
	b.WriteString("| key | does |\n|---|---|\n")
	for _, k := range bindings {
		fmt.Fprintf(&b, "| %s | %s |\n", k.show, k.help)
	}
	b.WriteString("\n| sign | means |\n|---|---|\n")
	for _, l := range legend {
		fmt.Fprintf(&b, "| %s | %s |\n", l.show, l.help)
	}
	return b.String()
}

// key dispatches a key press: to what is open over the screen, or by the table.
func (m *Model) key(msg tea.KeyPressMsg) tea.Cmd {
	k := msg.String()
	if k == "ctrl+c" {
		return tea.Quit
	}
	m.status, m.refused = "", false
	switch {
	case m.help != nil:
		m.help.key(&m.board, k)
		return nil
	case m.picker != nil:
		return m.picker.key(&m.board, msg)
	case m.prompt != nil:
		return m.prompt.key(&m.board, msg)
	case m.formula != nil:
		return m.formula.key(m, msg)
	case m.finder != nil:
		m.finder.key(m, msg)
		return nil
	case m.sweeping != nil:
		m.sweeping.key(m, msg)
		return nil
	case m.time != nil && m.time.key(m, k):
		return nil
	}
	if m.demo.key(m, k) {
		return nil
	}
	for _, b := range bindings {
		if slices.Contains(b.keys, k) {
			return b.do(m, k)
		}
	}
	if k == "esc" {
		return m.escape()
	}
	m.refuse("%s does nothing here: ? shows all keys", k)
	return nil
}

func (m *Model) togglePause() {
	m.paused = !m.paused
	m.all(func(l *train.Live) (uint64, bool) { return l.Pause(m.paused) })
}

func (m *Model) single(n int) {
	m.paused = true
	m.all(func(l *train.Live) (uint64, bool) { return l.Single(n) })
}

// changeSpeed takes the next of the speeds in that direction.
func (m *Model) changeSpeed(direction int) {
	at, found := slices.BinarySearch(speeds, m.speed) // the first that is not slower
	switch {
	case direction < 0:
		at--
	case found:
		at++
	}
	if at < 0 || at >= len(speeds) {
		m.refuse("%s is the %s there is", speedName(m.speed), map[bool]string{true: "slowest", false: "fastest"}[at < 0])
		return
	}
	m.speed = speeds[at]
	if m.all(func(l *train.Live) (uint64, bool) { return l.SetRate(m.speed) }) {
		m.say("%s", speedName(m.speed))
	}
}

// suspend stops the program, which goes on with fg. A visitor's is the whole server.
func (m *Model) suspend(string) tea.Cmd {
	if m.guest != nil {
		m.refuse("this opttui cannot be suspended: it runs on another machine than yours")
		return nil
	}
	return tea.Suspend
}

func (m *Model) scaleRate(k string) {
	lr, ok := m.lane().snap.Setting("optimizer.lr")
	if !ok {
		m.refuse("%s has no learning rate", m.lane().snap.Optimizer.Name)
		return
	}
	if k == "]" && lr.Value >= lr.Knob.Max {
		m.refuse("lr is at its limit: allowed is %s", lr.Knob.Range())
		return
	}
	m.do(train.Command{Op: train.OpScale, Key: "optimizer.lr", Factor: map[string]float64{"[": 0.5, "]": 2}[k]})
}

func (m *Model) nextBatch() {
	m.do(train.Command{Op: train.OpTurn, Key: "run.batch", Notches: 1})
}

func (m *Model) toggleConvention() {
	m.do(train.Command{Op: train.OpConvention}) // the other one, whatever the run has by then
}

func (m *Model) selectRun(i int) {
	if i >= len(m.lanes) {
		m.refuse("there are %d runs: a adds one", len(m.lanes))
		return
	}
	m.sel = i
	m.tune = min(m.tune, len(m.tuneRows())-1)
}

func (m *Model) addRun() {
	if len(m.lanes) == MaxRuns {
		m.refuse("a race has %d runs at the most: x removes one", MaxRuns)
		return
	}
	m.pickRun()
}

func (m *Model) removeRun() {
	if len(m.lanes) == 1 {
		m.refuse("this is the only run: q quits")
		return
	}
	m.banish(m.lane())
	m.beside(m.lane().live.Stop) // a step of a large model may take long
	m.unrecord(m.lane())
	m.lanes = slices.Delete(m.lanes, m.sel, m.sel+1)
	m.selectRun(min(m.sel, len(m.lanes)-1))
}

func (m *Model) restart(newSeed bool) {
	seed := m.lane().snap.Seed
	if newSeed {
		seed++
	}
	if m.restartAll(func(s *train.Spec) { s.Seed = seed }) {
		m.say("all runs again from step 0, seed %d", seed)
	}
}

// restartAll begins all runs again with a changed spec.
func (m *Model) restartAll(edit func(*train.Spec)) bool {
	return m.all(func(l *train.Live) (uint64, bool) { return l.Restart(edit) })
}

func (m *Model) nextAlpha() {
	if m.means != nil {
		m.means = nil // back to one average for each run
		return
	}
	m.alpha = (m.alpha + 1) % len(alphas)
}

func (m *Model) nextAxis() {
	for {
		m.xaxis = (m.xaxis + 1) % axis(len(axisNames))
		if m.xaxis != byEpoch || m.lane().snap.Samples > 0 {
			return
		}
	}
}
