package ui

import (
	"fmt"
	"slices"
	"strings"

	"opttui/internal/optim"
	"opttui/internal/plot"
	"opttui/internal/train"
)

// listed is a line of the list of runs: a run, or what belongs to the run above it.
type listed struct {
	lane int
	sign rune   // of what belongs to a run; 0 for the run itself
	text string // of that
}

// shownBranches is how many futures that were given up the list has of the selected run.
const shownBranches = 3

// lastBranches are those.
func lastBranches(s *train.Snapshot) []train.Branch {
	return s.Branches[max(0, len(s.Branches)-shownBranches):]
}

// listRuns are the lines of the list: the runs with their ghosts and, of the selected one, what lies ahead and the tree of
// its last branches.
func (m *Model) listRuns() []listed {
	var rows []listed
	for i, l := range m.lanes {
		s := l.snap
		rows = append(rows, listed{lane: i})
		if l.origin != "" {
			rows = append(rows, listed{i, '└', l.origin})
		}
		if s.Seeking != nil {
			rows = append(rows, listed{i, '…', fmt.Sprintf("going to step %s, at %s · esc stays", grouped(s.Seeking.Target), grouped(s.Step))})
		}
		if g := l.ghost; g != nil {
			rows = append(rows, listed{i, g.marker, m.bought(l)})
		}
		if i != m.sel {
			continue
		}
		if a := s.Ahead; a != nil {
			rows = append(rows, listed{i, '→', fmt.Sprintf("ahead to step %s  loss %s", grouped(a.End), value(a.Loss))})
		}
		for _, b := range lastBranches(s) {
			rows = append(rows, listed{i, '├', fmt.Sprintf("%sleft at %s, went to %s  loss %s", strings.Repeat("  ", depth(s.Branches, b)), grouped(b.Fork), grouped(b.End), value(b.Loss))})
		}
	}
	if len(rows) > m.lay.runs.inner().h { // what belongs to the other runs gives way
		rows = slices.DeleteFunc(rows, func(r listed) bool { return r.sign != 0 && r.lane != m.sel })
	}
	return rows
}

// depth is how many branches a branch forks from, one after the other.
func depth(all []train.Branch, b train.Branch) (n int) {
	for b.Parent != 0 && n < len(all) {
		i := slices.IndexFunc(all, func(p train.Branch) bool { return p.ID == b.Parent })
		if i < 0 {
			return n
		}
		b = all[i]
		n++
	}
	return n
}

// drawRuns lists the runs of the race.
func (m *Model) drawRuns(p pane) {
	in := p.inner()
	m.frameOf(p, "runs")
	rows := m.listRuns()
	first := m.firstRow(rows, in.h)
	if len(rows) > in.h {
		m.frameOf(p, fmt.Sprintf("runs ── %d of %d", m.sel+1, len(m.lanes)))
	}
	ranks := m.ranks()
	for i, row := range rows[first:min(first+in.h, len(rows))] {
		if row.sign == 0 {
			m.drawRun(rect{in.x, in.y + i, in.w, 1}, row.lane, ranks)
			continue
		}
		m.screen.Text(in.x+4, in.y+i, string(row.sign), m.tint(m.lanes[row.lane]), m.faint())
		m.screen.Text(in.x+6, in.y+i, clip(row.text, in.w-6), m.dim(), m.faint())
	}
	if m.gauges.shown && m.lay.gauges.h == 0 { // no room for a panel of their own
		m.drawGaugeLines(rect{in.x + 1, in.y + len(rows), in.w - 1, in.h - len(rows)})
		return
	}
	m.drawDetails(rect{in.x + 2, in.y + len(rows) + 1, in.w - 2, in.h - len(rows) - 1})
}

// drawRun is the line of a run.
func (m *Model) drawRun(in rect, i int, ranks []int) {
	l := m.lanes[i]
	s := l.snap
	attr := plot.Attr(0)
	if i == m.sel {
		attr = plot.Bold
		m.screen.Text(in.x, in.y, string(m.cursor()), m.accent(), plot.Bold)
	}
	m.screen.Text(in.x+2, in.y, string(l.marker), m.tint(l), plot.Bold)
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
		line = fmt.Sprintf("%d %s %s held out %s", i+1, pad(l.label(), 8), lossText(s, 6), value(sc.TestLoss))
	} else {
		line += " " + lossText(s, 9)
	}
	room := in.w - 4
	word, bad := trouble(s)
	if bad {
		room -= width(word)
	}
	details := m.runDetails(s)
	if ranks != nil {
		details = append([]string{pad(ordinal(ranks[i]), 4)}, details...)
	}
	for _, more := range details {
		if width(line)+1+width(more) > room {
			break
		}
		line += " " + more
	}
	m.screen.Text(in.x+4, in.y, clip(strings.TrimRight(line, " "), room), 0, attr)
	if bad {
		m.screen.Text(in.x+in.w-width(word), in.y, word, m.warn(), plot.Bold)
	}
}

// lossText is the loss, or about what it is where each step sees another function: by that the runs are ranked.
func lossText(s *train.Snapshot, columns int) string {
	if s.Stochastic {
		return "loss≈" + pad(value(lossOf(s, s.Step)), columns)
	}
	return "loss " + pad(value(s.Loss), columns)
}

// firstRow is the first line of the list that is shown in so many rows.
func (m *Model) firstRow(rows []listed, room int) int {
	at := slices.IndexFunc(rows, func(r listed) bool { return r.lane == m.sel })
	return max(0, at-room+1)
}

// runAt is the run whose line in the list is at a place of the screen.
func (m *Model) runAt(x, y int) (int, bool) {
	in := m.lay.runs.inner()
	rows := m.listRuns()
	i := m.firstRow(rows, in.h) + y - in.y
	if !in.contains(x, y) || i >= len(rows) {
		return 0, false
	}
	return rows[i].lane, true
}

// drawDetails fills the room under the runs with what is known of the selected one.
func (m *Model) drawDetails(r rect) {
	s := m.lane().snap
	const label = 13
	type detail struct{ name, text string }
	var lines []detail
	for i, text := range wrap(m.line(s.Optimizer.FormulaIn(s.Convention)), r.w-label) {
		lines = append(lines, detail{map[bool]string{true: "update"}[i == 0], text})
	}
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

func (b *board) cursor() rune {
	if b.ascii {
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
