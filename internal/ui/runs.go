package ui

import (
	"fmt"
	"strings"

	"opttui/internal/optim"
	"opttui/internal/plot"
	"opttui/internal/train"
)

// drawRuns lists the runs of the race.
func (m *Model) drawRuns(p pane) {
	in := p.inner()
	m.frameOf(p, "runs")
	first := m.firstRun(in.h)
	if len(m.lanes) > in.h {
		m.frameOf(p, fmt.Sprintf("runs ── %d to %d of %d", first+1, min(first+in.h, len(m.lanes)), len(m.lanes)))
	}
	for i := first; i < len(m.lanes) && i-first < in.h; i++ {
		l, y := m.lanes[i], in.y+i-first
		s := l.snap
		attr := plot.Attr(0)
		if i == m.sel {
			attr = plot.Bold
			m.screen.Text(in.x, y, string(m.cursor()), m.accent(), plot.Bold)
		}
		m.screen.Text(in.x+2, y, string(l.marker), m.tint(l), plot.Bold)
		names := 11
		if in.w >= 70 {
			names = 17
		}
		line := fmt.Sprintf("%d %s", i+1, pad(l.label(), names))
		switch { // what drives the rule: its rate, or the quantity inside it that takes the rate's place
		case s.Optimizer.Unit != optim.NoRate:
			line += fmt.Sprintf(" ε %-8s", value(s.LR))
		case len(s.Readings) > 0:
			line += fmt.Sprintf(" %s %-8s", s.Readings[0].Symbol, value(s.Readings[0].Value))
		default:
			line += pad("", 11)
		}
		if sc, ok := s.Score(); ok && in.w < 55 { // no room for all: the loss on held-out data matters most
			line = fmt.Sprintf("%d %s loss %-6s held out %s", i+1, pad(l.label(), 8), value(s.Loss), value(sc.TestLoss))
		} else {
			line += fmt.Sprintf(" loss %-9s", value(s.Loss))
		}
		room := in.w - 4
		word, bad := trouble(s)
		if bad {
			room -= width(word)
		}
		for _, more := range m.runDetails(s) {
			if width(line)+1+width(more) > room {
				break
			}
			line += " " + more
		}
		m.screen.Text(in.x+4, y, clip(strings.TrimRight(line, " "), room), 0, attr)
		if bad {
			m.screen.Text(in.x+in.w-width(word), y, word, m.warn(), plot.Bold)
		}
	}
	rest := rect{in.x + 2, in.y + len(m.lanes) + 1, in.w - 2, in.h - len(m.lanes) - 1}
	if m.gauges.shown && m.lay.gauges.h == 0 { // no room for a panel of their own
		m.drawGaugeLines(rect{in.x + 1, in.y + len(m.lanes), in.w - 1, in.h - len(m.lanes)})
		return
	}
	m.drawDetails(rest)
}

// firstRun is the first run of the list that is shown in so many rows.
func (m *Model) firstRun(rows int) int { return max(0, m.sel-rows+1) }

// runAt is the run whose line in the list is at a place of the screen.
func (m *Model) runAt(x, y int) (int, bool) {
	in := m.lay.runs.inner()
	i := m.firstRun(in.h) + y - in.y
	return i, in.contains(x, y) && i < len(m.lanes)
}

// drawDetails fills the room under the runs with what is known of the selected one.
func (m *Model) drawDetails(r rect) {
	s := m.lane().snap
	const label = 13
	type detail struct{ name, text string }
	lines := []detail{{"update", s.Optimizer.FormulaIn(s.Convention)}}
	for _, g := range s.Readings {
		lines = append(lines, detail{g.Symbol, value(g.Value) + " " + g.Name})
	}
	if text := throughput(s); text != "" {
		lines = append(lines, detail{"throughput", text})
	}
	lines = append(lines,
		detail{"schedule", s.Schedule.Formula},
		detail{"parameters θ", parameters(s)},
		detail{"evaluations", evaluations(s.Counts)},
		detail{"problem", s.Problem.Formula},
	)
	for i, l := range lines {
		if i >= r.h {
			return
		}
		m.screen.Text(r.x, r.y+i, l.name, m.dim(), m.faint())
		m.screen.Text(r.x+label, r.y+i, clip(m.line(l.text), r.w-label), m.dim(), m.faint())
	}
}

// throughput is how many training samples a second the run uses, "" where there are none or it rests.
func throughput(s *train.Snapshot) string {
	if s.Samples == 0 || s.Speed == 0 || s.Status != train.Running {
		return ""
	}
	return si(s.Speed*float64(s.Used)) + " samples/s"
}

// parameters writes where the run is, or how large θ is where it is long.
func parameters(s *train.Snapshot) string {
	if s.Dim > 3 {
		return fmt.Sprintf("%s of them", grouped(s.Dim))
	}
	var b strings.Builder
	for _, x := range s.X {
		fmt.Fprintf(&b, "%-11s ", value(x))
	}
	return b.String()
}

// runDetails are further facts of a run, the most wanted first; as many as fit are shown.
func (m *Model) runDetails(s *train.Snapshot) []string {
	var d []string
	if sc, ok := s.Score(); ok {
		d = append(d, fmt.Sprintf("held out %s %-7s", value(sc.TestLoss), m.score(sc.TestAccuracy)))
	}
	d = append(d, fmt.Sprintf("‖g‖ %-8s", value(s.GradNorm)))
	if s.Samples > 0 {
		d = append(d, fmt.Sprintf("epoch %-6.1f", s.Epoch))
	}
	d = append(d, "step "+grouped(s.Step))
	return d
}

// trouble is the word for a run that does not go on.
func trouble(s *train.Snapshot) (string, bool) {
	switch s.Status {
	case train.Diverged, train.Stopped, train.Crashed:
		return " " + string(s.Status) + " ", true
	default:
		return "", false
	}
}

func (m *Model) cursor() rune {
	if m.ascii {
		return '>'
	}
	return '›'
}

// evaluations writes how often a rule has asked for what.
func evaluations(c train.Counts) string {
	text := fmt.Sprintf("f %s · ∇ %s · H %s", grouped(c.Value), grouped(c.Gradient), grouped(c.Hessian))
	if c.HessVec > 0 {
		text += " · Hv " + grouped(c.HessVec)
	}
	return text
}
