package ui

import (
	"context"
	"math"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"opttui/internal/advice"
	"opttui/internal/monitor"
	"opttui/internal/plot"
	"opttui/internal/train"
)

// Control steers a training program. Its methods return at once.
type Control interface {
	Set(name string, v float64) error
	Pause()
	Resume()
	Checkpoint() error
	Stop()
}

// MonitorOptions say what is watched.
type MonitorOptions struct {
	Title   string
	Runs    func() []*monitor.Run // what there is by now: it only ever gets longer
	Notices func() []string       // what else there is to tell, the latest last; nil for nothing
	Control Control               // of the first run; nil where runs are only watched
	Output  string                // where what the program prints goes, told when it is asked for; "" for nowhere
	ASCII   bool
}

// Monitor is the screen of training programs that this project did not write: their curves, what can be tuned in them and
// what they print. It is used by Bubble Tea's one goroutine.
type Monitor struct {
	board
	o    MonitorOptions
	ctx  context.Context
	stop context.CancelFunc

	runs     []*watched
	sel      int
	tune     int    // selected tunable
	number   string // what the second chart shows, "" for the first that is no loss
	scroll   int    // lines of the output below the ones that are shown
	xaxis    axis
	linear   bool
	alpha    int // index into alphas
	curves   [2]plot.Chart
	panes    monitorLayout
	stopping int // how often x was pressed

	noticed int // how many notices have been told
}

// watched is a run on the screen.
type watched struct {
	run     *monitor.Run
	view    *monitor.View
	watcher advice.Watcher
	advice  *advice.Advice
}

// NewMonitor returns the screen for runs, of which there may be none yet.
func NewMonitor(ctx context.Context, o MonitorOptions) *Monitor {
	ctx, stop := context.WithCancel(ctx)
	m := &Monitor{
		board: board{ascii: o.ASCII, screen: plot.NewCanvas(0, 0), dirty: true},
		o:     o, ctx: ctx, stop: stop,
	}
	m.setMode(0)
	m.pull()
	return m
}

// Close ends what the screen does beside itself. The programs go on.
func (m *Monitor) Close() { m.stop() }

func (m *Monitor) tick() tea.Cmd {
	return tea.Tick(time.Second/FPS, func(t time.Time) tea.Msg { return tickMsg(t) })
}

// Init implements tea.Model.
func (m *Monitor) Init() tea.Cmd { return tea.Batch(m.tick(), tea.RequestBackgroundColor) }

// Update implements tea.Model.
func (m *Monitor) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if m.learn(msg) {
		return m, nil
	}
	switch msg := msg.(type) {
	case tickMsg:
		m.pull()
		return m, m.tick()
	case tea.KeyPressMsg:
		m.dirty = true
		return m, m.key(msg)
	case tea.PasteMsg:
		if m.prompt != nil {
			m.prompt.input, _ = m.prompt.input.Update(msg)
		}
	case tea.MouseWheelMsg:
		m.wheel(msg)
	default:
		return m, nil
	}
	m.dirty = true
	return m, nil
}

// pull takes over what is new.
func (m *Monitor) pull() {
	all := m.o.Runs()
	for _, r := range all[len(m.runs):] {
		m.runs = append(m.runs, &watched{run: r, view: &monitor.View{Step: math.NaN()}})
		m.dirty = true
	}
	for i, w := range m.runs {
		if w.run.Seq() == w.view.Seq && w.view.Seq > 0 {
			continue
		}
		before := w.view
		w.view = w.run.View()
		if m.scroll > 0 && i == m.sel { // what is being read stays where it is
			m.scroll += w.view.Lines - before.Lines
		}
		m.dirty = true
		m.watch(w)
		if w.view.Said != before.Said && i == m.sel {
			m.status, m.refused, m.said = w.view.Said, w.view.Bad, time.Now()
		}
	}
	m.notice()
	if w := m.selected(); w != nil {
		m.tune = min(m.tune, max(0, len(w.view.Tunables)-1))
	}
}

// notice tells the latest of the new notices.
func (m *Monitor) notice() {
	if m.o.Notices == nil {
		return
	}
	if all := m.o.Notices(); len(all) > m.noticed {
		m.noticed = len(all)
		m.say("%s", all[len(all)-1])
	}
}

// watch lets the watcher of a run see it as it is now.
func (m *Monitor) watch(w *watched) {
	if s := w.view.Snapshot(); s != nil {
		w.advice = w.watcher.SeeProgram(time.Now(), s, w.heldOut())
	}
}

// heldOut is the history of the loss on held-out data, the zero one where there is none.
func (w *watched) heldOut() train.HistoryView {
	if i := w.view.Held(); i >= 0 {
		return w.view.Series[i].History
	}
	return train.HistoryView{}
}

// selected is the selected run, nil where there is none yet.
func (m *Monitor) selected() *watched {
	if len(m.runs) == 0 {
		return nil
	}
	return m.runs[m.sel]
}

// Canvas returns the screen as it is to be seen now. It is drawn again only when something has changed.
func (m *Monitor) Canvas() *plot.Canvas {
	if m.dirty {
		m.redraw(m.draw)
	}
	return m.screen
}

// Window is the view with nothing in it.
func (m *Monitor) Window() tea.View {
	return window(m.o.Title)
}

// View implements tea.Model.
func (m *Monitor) View() tea.View {
	return filled(m.Window(), m.Canvas())
}

// numbers lists the names of what the runs log, those of the selected one first.
func (m *Monitor) numbers() []string {
	var names []string
	add := func(w *watched) {
		for _, s := range w.view.Series {
			if !slices.Contains(names, s.Name) {
				names = append(names, s.Name)
			}
		}
	}
	if w := m.selected(); w != nil {
		add(w)
	}
	for _, w := range m.runs {
		if len(names) < monitor.MaxSeries {
			add(w)
		}
	}
	return names
}

// second is the number that the second chart shows, "" for none.
func (m *Monitor) second() string {
	names := m.numbers()
	if slices.Contains(names, m.number) {
		return m.number
	}
	w := m.selected()
	if w == nil || w.view.Loss() < 0 {
		return ""
	}
	loss := w.view.Series[w.view.Loss()].Name
	for _, wanted := range []func(string) bool{
		func(n string) bool { return n != loss && !monitor.IsLoss(n) && monitor.Held(n) },
		func(n string) bool { return n != loss && !monitor.IsLoss(n) && !monitor.IsClock(n) },
		func(n string) bool { return n != loss },
	} {
		if i := slices.IndexFunc(names, wanted); i >= 0 {
			return names[i]
		}
	}
	return ""
}
