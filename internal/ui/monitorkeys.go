package ui

import (
	"fmt"
	"math"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"opttui/internal/advice"
	"opttui/internal/knob"
	"opttui/internal/train"
)

// monitorBinding is one line of the key table of a Monitor.
type monitorBinding struct {
	keys  []string
	show  string
	bar   string // short word for the bar at the bottom, "" to leave it out
	help  string
	steer bool // it means something only where the program can be steered
	do    func(m *Monitor, key string) tea.Cmd
}

func watchAct(f func(m *Monitor)) func(*Monitor, string) tea.Cmd {
	return func(m *Monitor, _ string) tea.Cmd { f(m); return nil }
}

var monitorBindings []monitorBinding

func init() { // not a literal: the help that it opens reads the table
	monitorBindings = []monitorBinding{
		{[]string{"space"}, "space", "pause", "let the program rest, or go on", true, watchAct((*Monitor).togglePause)},
		{[]string{"up", "down"}, "↑ ↓", "", "choose a number to tune", true, func(m *Monitor, k string) tea.Cmd { m.moveTune(k); return nil }},
		{[]string{"left", "-", "right", "+"}, "← →", "tune", "turn it by one notch; also − +", true, func(m *Monitor, k string) tea.Cmd { m.turn(k); return nil }},
		{[]string{"[", "]"}, "[ ]", "ε÷2 ×2", "halve, double the learning rate, whatever is selected", true, func(m *Monitor, k string) tea.Cmd { m.scaleRate(k); return nil }},
		{[]string{"="}, "=", "value", "type a value for it", true, func(m *Monitor, _ string) tea.Cmd { return m.askValue() }},
		{[]string{"A"}, "A", "advice", "follow the advice in the line above the keys", true, watchAct((*Monitor).heed)},
		{[]string{"C"}, "C", "checkpoint", "ask the program to write a checkpoint", true, watchAct((*Monitor).checkpoint)},
		{[]string{"X"}, "X", "stop", "ask the program to stop; again: SIGTERM; again: SIGKILL", true, watchAct((*Monitor).end)},
		{[]string{"v", "V"}, "v V", "number", "the next, the last of the numbers in the second chart", false, func(m *Monitor, k string) tea.Cmd { m.nextNumber(k); return nil }},
		{digits(), "1…9", "", "select a run", false, func(m *Monitor, k string) tea.Cmd { m.selectRun(int(k[0] - '1')); return nil }},
		{[]string{"tab"}, "tab", "next run", "select the next run", false, watchAct(func(m *Monitor) { m.selectRun((m.sel + 1) % max(len(m.runs), 1)) })},
		{[]string{"shift+tab"}, "shift-tab", "", "select the run before", false, watchAct(func(m *Monitor) { m.selectRun((m.sel + max(len(m.runs), 1) - 1) % max(len(m.runs), 1)) })},
		{[]string{"l"}, "l", "log", "logarithmic or linear loss", false, watchAct(func(m *Monitor) { m.linear = !m.linear })},
		{[]string{"e"}, "e", "smooth", "smoothing of the curves: automatic, α 0, 0.5, 0.9, 0.98, 0.995", false, watchAct(func(m *Monitor) { m.alpha = (m.alpha + 1) % len(alphas) })},
		{[]string{"k"}, "k", "x-axis", "x-axis: step, epoch, seconds", false, watchAct((*Monitor).nextAxis)},
		{[]string{"pgup", "pgdown", "end"}, "pgup pgdn", "output", "scroll what the program has printed; end goes to its end", false, func(m *Monitor, k string) tea.Cmd { m.scrollLog(k); return nil }},
		{[]string{"E"}, "E", "export", "write files: the numbers, the changes, the learning rate as a schedule and as Python", false, watchAct((*Monitor).pickExport)},
		{[]string{"?"}, "?", "keys", "all keys", false, watchAct(func(m *Monitor) { m.help = &help{lines: m.helpLines()} })},
		{[]string{"ctrl+l"}, "ctrl-l", "", "paint the screen anew, where something else has written over it", false, watchAct(func(*Monitor) {})}, // see package paint
		{[]string{"ctrl+z"}, "ctrl-z", "", "suspend; fg goes on", false, func(*Monitor, string) tea.Cmd { return tea.Suspend }},
		{[]string{"q", "ctrl+c"}, "q", "quit", "quit; the program goes on", false, func(*Monitor, string) tea.Cmd { return tea.Quit }},
	}
}

// MonitorKeyTable is KeyTable for opttui attach and watch.
func MonitorKeyTable() string {
	var b strings.Builder
	b.WriteString("| key | does |\n|---|---|\n")
	for _, k := range monitorBindings {
		fmt.Fprintf(&b, "| %s | %s |\n", k.show, k.help)
	}
	return b.String()
}

// offered tells whether a key means something here.
func (m *Monitor) offered(b monitorBinding) bool { return !b.steer || m.o.Control != nil }

func (m *Monitor) key(msg tea.KeyPressMsg) tea.Cmd {
	k := msg.String()
	if k == "ctrl+c" {
		return tea.Quit
	}
	switch {
	case m.help != nil:
		m.help.key(&m.board, k)
		return nil
	case m.prompt != nil:
		m.status, m.refused = "", false
		return m.prompt.key(&m.board, msg)
	case m.picker != nil:
		return m.picker.key(&m.board, msg)
	}
	m.status, m.refused = "", false
	for _, b := range monitorBindings {
		if !slices.Contains(b.keys, k) {
			continue
		}
		if !m.offered(b) {
			m.refuse("%s needs a program that opttui has started: these are only watched", b.show)
			return nil
		}
		if b.steer && len(m.runs) == 0 {
			return nil
		}
		return b.do(m, k)
	}
	if k != "esc" {
		m.refuse("%s does nothing here: ? shows all keys", k)
	}
	return nil
}

func (m *Monitor) togglePause() {
	if m.runs[0].view.Status == "paused" {
		m.o.Control.Resume()
		return
	}
	m.o.Control.Pause()
}

func (m *Monitor) checkpoint() {
	if err := m.o.Control.Checkpoint(); err != nil {
		m.refuse("%v", err)
	}
}

func (m *Monitor) end() {
	m.stopping++
	m.o.Control.Stop()
}

// tunable is the selected one, false where there is none.
func (m *Monitor) tunable() (k knob.Knob, v float64, ok bool) {
	all := m.runs[0].view.Tunables
	if len(all) == 0 {
		m.refuse("the program offers nothing to tune: see docs/protocol.md")
		return k, 0, false
	}
	t := all[m.tune]
	return t.Knob, t.Now(), true
}

func (m *Monitor) moveTune(key string) {
	k, _, ok := m.tunable()
	if !ok {
		return
	}
	n := len(m.runs[0].view.Tunables)
	step := 1
	if key == "up" {
		step = n - 1
	}
	m.tune = (m.tune + step) % n
	if k, _, _ = m.tunable(); k.Doc != "" {
		m.say("%s: %s", k.Key, k.Doc)
	}
}

func (m *Monitor) turn(key string) {
	k, v, ok := m.tunable()
	if !ok {
		return
	}
	step := 1
	if key == "left" || key == "-" {
		step = -1
	}
	turned := k.Turned(v, step)
	if turned == v {
		m.refuse("%s is at its limit: allowed is %s", k.Key, k.Range())
		return
	}
	m.set(k.Key, turned)
}

// scaleRate halves or doubles the learning rate.
func (m *Monitor) scaleRate(key string) {
	t, ok := m.runs[0].view.Rate()
	if !ok {
		m.refuse("the program offers no learning rate to tune")
		return
	}
	factor := 2.0
	if key == "[" {
		factor = 0.5
	}
	m.set(t.Knob.Key, min(max(t.Now()*factor, t.Knob.Min), t.Knob.Max))
}

func (m *Monitor) askValue() tea.Cmd {
	k, v, ok := m.tunable()
	if !ok {
		return nil
	}
	return m.ask(k.Key, fmt.Sprintf("now %s · %s", k.Text(v), rangeOf(k)), func(text string) error {
		v, err := k.Parse(text)
		if err == nil {
			m.set(k.Key, v)
		}
		return err
	})
}

// rangeOf says what a tunable may be.
func rangeOf(k knob.Knob) string {
	switch {
	case k.Stops != nil:
		var all []string
		for _, v := range k.Stops {
			all = append(all, k.Text(v))
		}
		return "one of " + strings.Join(all, ", ")
	case k.Max == math.MaxFloat64 && k.Min == -math.MaxFloat64:
		return "any number"
	default:
		return k.Range()
	}
}

// set asks the program for a value. It tells when it has taken it.
func (m *Monitor) set(name string, v float64) {
	if err := m.o.Control.Set(name, v); err != nil {
		m.refuse("%v", err)
	}
}

// heed follows the advice as far as it is about the learning rate: there is nothing else that is known of a program.
func (m *Monitor) heed() {
	w := m.runs[0]
	factor, ok := rateOf(w.advice)
	t, has := w.view.Rate()
	if !ok || !has {
		m.refuse("there is no advice to follow")
		return
	}
	w.advice, w.watcher = nil, advice.Watcher{}
	m.set(t.Knob.Key, min(max(t.Now()*factor, t.Knob.Min), t.Knob.Max))
}

// rateOf is by what an advice multiplies the learning rate, if that is all that it does.
func rateOf(a *advice.Advice) (factor float64, ok bool) {
	if a == nil || len(a.Commands) != 1 || a.Commands[0].Op != train.OpScale {
		return 0, false
	}
	return a.Commands[0].Factor, true
}

func (m *Monitor) selectRun(i int) {
	if i >= len(m.runs) {
		m.refuse("there are %d runs", len(m.runs))
		return
	}
	m.sel, m.scroll = i, 0
}

// nextNumber goes through the numbers of the second chart.
func (m *Monitor) nextNumber(key string) {
	names := m.numbers()
	if len(names) == 0 {
		m.refuse("nothing has been logged yet")
		return
	}
	step := 1
	if key == "V" {
		step = len(names) - 1
	}
	at := slices.Index(names, m.second())
	m.number = names[(max(at, 0)+step)%len(names)]
}

func (m *Monitor) nextAxis() {
	m.xaxis = map[axis]axis{bySteps: byEpoch, byEpoch: bySeconds, bySeconds: bySteps}[m.xaxis]
	if m.xaxis == byEpoch && !m.hasEpochs() {
		m.xaxis = bySeconds
	}
}

// hasEpochs tells whether the selected run logs its epoch.
func (m *Monitor) hasEpochs() bool {
	w := m.selected()
	return w != nil && w.view.Find("epoch") >= 0
}

func (m *Monitor) scrollLog(key string) {
	page := max(m.panes.log.inner().h-1, 1)
	w := m.selected()
	switch {
	case w == nil:
	case key == "end":
		m.scroll = 0
	case key == "pgup":
		m.scroll = min(m.scroll+page, max(w.view.Kept-m.panes.log.inner().h, 0))
	default:
		m.scroll = max(m.scroll-page, 0)
	}
}

func (m *Monitor) wheel(msg tea.MouseWheelMsg) {
	switch msg.Button {
	case tea.MouseWheelUp:
		m.scrollLog("pgup")
	case tea.MouseWheelDown:
		m.scrollLog("pgdown")
	}
}
