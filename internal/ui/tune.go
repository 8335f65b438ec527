package ui

import (
	"fmt"
	"math"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"opttui/internal/knob"
	"opttui/internal/plot"
	"opttui/internal/train"
)

// tuneRow is a line of the tune panel: a knob of the selected run, or one of the choices beside the knobs.
type tuneRow struct {
	label, symbol, text string
	fraction            float64 // of the slider; NaN draws none
	setting             train.Setting
	choice              string // "schedule" or "convention" for those, else ""
}

// tuneRows lists what can be turned: the rule's rate, the problem's settings, which are what it is about, the rest of the
// rule, the schedule and its settings, the minibatch and the noise, the convention.
func (m *Model) tuneRows() []tuneRow {
	s := m.lane().snap
	var rows, problem []tuneRow
	scheduled := false
	for _, set := range s.Settings {
		switch {
		case set.Part == "problem":
			problem = append(problem, rowOf(set))
			continue
		case set.Part != "optimizer" && !scheduled:
			rows = append(rows, tuneRow{label: "schedule", text: s.Schedule.Name, fraction: math.NaN(), choice: "schedule"})
			scheduled = true
		}
		rows = append(rows, rowOf(set))
	}
	rows = append(rows, tuneRow{label: "convention", text: s.Convention.String(), fraction: math.NaN(), choice: "convention"})
	at := 0
	if len(rows) > 0 && rows[0].setting.Key() == "optimizer.lr" {
		at = 1
	}
	return slices.Insert(rows, at, problem...)
}

func rowOf(set train.Setting) tuneRow {
	k := set.Knob
	r := tuneRow{label: plain(k.Key), symbol: k.Symbol, text: k.Format(set.Value), fraction: k.Fraction(set.Value), setting: set}
	if k.Scale == knob.Choice || k.Stops != nil {
		r.fraction = math.NaN() // no slider: there is nothing between
	}
	if set.Key() == "run.batch" {
		r.label = "minibatch"
	}
	return r
}

// plain writes a key in words.
func plain(key string) string {
	if key == "lr" {
		return "learning rate"
	}
	return strings.ReplaceAll(key, "_", " ")
}

// drawTune is the panel of the selected run's settings with the row that ←→ turn.
func (m *Model) drawTune(p pane) {
	in := p.inner()
	rows := m.tuneRows()
	title := "tune ── " + m.lane().snap.Optimizer.Name
	if len(rows) > in.h {
		title += fmt.Sprintf(" ── %d of %d", m.tune+1, len(rows))
	}
	m.frameOf(p, title)
	first := 0
	if m.tune >= in.h {
		first = m.tune - in.h + 1
	}
	const labelW, valueW = 19, 11
	for i := first; i < len(rows) && i-first < in.h; i++ {
		r, y := rows[i], in.y+i-first
		attr := plot.Attr(0)
		if i == m.tune {
			attr = plot.Bold
			m.screen.Text(in.x, y, string(m.cursor()), m.accent(), plot.Bold)
		}
		label := r.label
		if r.symbol != "" && r.symbol != r.label {
			label += " " + r.symbol
		}
		m.screen.Text(in.x+2, y, pad(label, labelW), 0, attr)
		m.screen.Text(in.x+2+labelW, y, clip(r.text, in.w-2-labelW), m.accent(), attr)
		if room := in.w - 2 - labelW - valueW - 1; room >= 6 && !math.IsNaN(r.fraction) {
			m.drawSlider(in.x+2+labelW+valueW, y, min(room, 40), r.fraction, i == m.tune)
		}
	}
}

func (b *board) drawSlider(x, y, w int, at float64, selected bool) {
	ends, line, grip := []rune("├┤"), '─', '●'
	if b.ascii {
		ends, line, grip = []rune("[]"), '-', 'O'
	}
	b.screen.Fill(x, y, w, 1, plot.Cell{R: line, FG: b.dim(), A: b.faint()})
	b.screen.Set(x, y, plot.Cell{R: ends[0], FG: b.dim(), A: b.faint()})
	b.screen.Set(x+w-1, y, plot.Cell{R: ends[1], FG: b.dim(), A: b.faint()})
	cell := plot.Cell{R: grip, FG: b.dim()}
	if selected {
		cell.FG, cell.A = b.accent(), plot.Bold
	}
	b.screen.Set(x+1+int(math.Round(at*float64(w-3))), y, cell)
}

func (m *Model) moveTune(key string) {
	n := len(m.tuneRows())
	step := 1
	if key == "up" {
		step = n - 1
	}
	m.tune = (m.tune + step) % n
	if r := m.tuneRows()[m.tune]; r.setting.Knob.Doc != "" {
		m.say("%s: %s", r.setting.Knob.Key, r.setting.Knob.Doc)
	}
}

// turn moves the selected knob by a notch, or goes to the next choice.
func (m *Model) turn(key string) {
	step := 1
	if key == "left" {
		step = -1
	}
	s := m.lane().snap
	switch r := m.tuneRows()[m.tune]; {
	case r.choice == "convention":
		m.toggleConvention()
	case r.choice == "schedule":
		names := train.ScheduleNames()
		i := slices.Index(names, s.Schedule.Name)
		m.do(train.Command{Op: train.OpSchedule, Value: names[(i+step+len(names))%len(names)]})
	default:
		v, k := r.setting.Value, r.setting.Knob
		switch turned := k.Turned(v, step); {
		case turned == v:
			m.refuse("%s is at its limit: allowed is %s", k.Key, k.Range())
			return
		case k.Restart:
			m.set(r.setting, turned)
			return
		}
		m.doFor(r.setting.Key(), train.Command{Op: train.OpTurn, Key: r.setting.Key(), Notches: step})
	}
}

// askValue lets a value be typed for the selected setting.
func (m *Model) askValue() tea.Cmd {
	r := m.tuneRows()[m.tune]
	if r.choice != "" {
		m.refuse("%s is a choice: ← → go through it", r.choice)
		return nil
	}
	key, k := r.setting.Key(), r.setting.Knob
	hint := fmt.Sprintf("now %s · %s", k.Text(r.setting.Value), k.Range())
	return m.ask(plain(k.Key), hint, func(text string) error {
		if key == "run.batch" && strings.EqualFold(text, "all") {
			text = "0"
		}
		v, err := k.Parse(text)
		if err == nil {
			m.set(r.setting, v)
		}
		return err
	})
}

// set gives a setting a value, by a restart of all runs where it cannot change in mid-run.
func (m *Model) set(t train.Setting, v float64) {
	text := t.Knob.Text(v)
	if !t.Knob.Restart {
		m.doFor(t.Key(), train.Command{Op: train.OpSet, Key: t.Key(), Value: text})
		return
	}
	if err := m.allOffered(t.Knob.Key, v); err != nil {
		m.refuse("%v", err)
		return
	}
	edit := func(s *train.Spec) {
		s.Set[t.Key()], s.Start = text, nil
	}
	if m.restartAll(edit) {
		m.say("%s %s: all runs start again", t.Knob.Key, t.Knob.Format(v))
	}
}

// allOffered returns why one of the rules could not run with another value of the problem's setting, nil if all can.
func (m *Model) allOffered(key string, v float64) error {
	if err := m.guest.allows(key, v); err != nil {
		return err
	}
	p := m.world.problem.Clone()
	if k, ok := knob.Find(p.Knobs(), key); !ok || k.Set(v) != nil {
		return nil // the runs refuse it themselves
	}
	have := m.capabilities(p)
	for _, l := range m.lanes {
		if err := l.snap.Optimizer.Offered(have); err != nil {
			return err
		}
	}
	return nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
