package ui

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"opttui/internal/advice"
	"opttui/internal/ewma"
	"opttui/internal/knob"
	"opttui/internal/monitor"
	"opttui/internal/plot"
	"opttui/internal/train"
)

// monitorLayout is where everything stands on the screen of outside runs. Numbers are those of the selected run; side is
// what can be tuned, or the list of runs where they are only watched.
type monitorLayout struct {
	shape                     shape
	title, status, keys       rect
	first, second, side, nums pane
	log                       pane
}

// logRows is how many lines of the output are shown at least.
const logRows = 5

// arrangeMonitor divides a screen among the panels.
func arrangeMonitor(w, h int, printed bool) monitorLayout {
	l := monitorLayout{title: rect{0, 0, w, 1}, status: rect{0, h - 2, w, 1}, keys: rect{0, h - 1, w, 1}}
	body := h - 3
	boxed, frame := w >= wideWidth, 1
	if boxed {
		frame = 2
	}
	rows := 0
	if printed {
		rows = max(body/4, logRows-1) + frame - 1
	}
	switch {
	case w < minWidth || h < minHeight:
		return l
	case w < narrowWidth || h < narrowHeight:
		l.shape = tiny
		l.first = pane{rect{0, 1, w, body}, false}
		return l
	case boxed:
		l.shape = wide
		l.log = pane{rect{0, 1 + body - rows, w, rows}, true}
		top, left := body-rows, w*62/100
		upper := top * 11 / 20
		l.first = pane{rect{0, 1, left, upper}, true}
		l.second = pane{rect{0, 1 + upper, left, top - upper}, true}
		l.side = pane{rect{left, 1, w - left, top / 2}, true}
		l.nums = pane{rect{left, 1 + top/2, w - left, top - top/2}, true}
	default:
		l.shape = narrow
		l.log = pane{rect{0, 1 + body - rows, w, rows}, false}
		top := body - rows
		lists := max(top*2/5, 5)
		left := w * 54 / 100
		l.first = pane{rect{0, 1, left - 1, top - lists}, false}
		l.second = pane{rect{left, 1, w - left, top - lists}, false}
		l.nums = pane{rect{0, 1 + top - lists, left - 1, lists}, false}
		l.side = pane{rect{left, 1 + top - lists, w - left, lists}, false}
	}
	return l
}

func (m *Monitor) draw() {
	c, w := m.screen, m.selected()
	c.Clear()
	m.panes = arrangeMonitor(m.w, m.h, w != nil && w.view.Lines > 0 || m.o.Control != nil)
	l := m.panes
	if l.shape == tooSmall {
		c.Text(0, 0, fmt.Sprintf("%d×%d needed, this is %d×%d", minWidth, minHeight, m.w, m.h), 0, 0)
		return
	}
	m.drawTitle(l.title)
	m.drawFirst(l.first)
	if l.shape != tiny {
		m.drawSecond(l.second)
		m.drawNumbers(l.nums)
		if m.o.Control != nil {
			m.drawTunables(l.side)
		} else {
			m.drawWatched(l.side)
		}
		m.drawLog(l.log)
	}
	m.drawStatus(l.status)
	m.drawKeys(l.keys)
	switch {
	case m.help != nil:
		m.help.draw(&m.board)
	case m.picker != nil:
		m.picker.draw(&m.board)
	}
}

// statusSigns go before what a run is doing.
var statusSigns = map[monitor.Status]string{
	monitor.Waiting: "…", monitor.Running: "▶", monitor.Paused: "‖", monitor.Ended: "·", monitor.Failed: "×", monitor.Alone: "·",
}

func (m *Monitor) drawTitle(r rect) {
	w := m.selected()
	right := "? keys "
	if w != nil {
		v := w.view
		right = fmt.Sprintf("%s %s · step %s   ? keys ", statusSigns[v.Status], v.Status, stepText(v.Step))
	}
	at := r.w - width(right)
	m.screen.Text(at, r.y, right, m.dim(), m.faint())
	x := 1 + m.screen.Text(1, r.y, "opttui", m.accent(), plot.Bold)
	left := " · " + m.o.Title
	if w != nil && m.o.Control != nil {
		left = " · " + w.view.Name + left
	}
	m.screen.Text(x, r.y, clip(left, at-x-1), 0, 0)
}

// stepText writes a step.
func stepText(step float64) string {
	switch {
	case math.IsNaN(step):
		return "–"
	case step == math.Trunc(step) && math.Abs(step) < 1e15:
		return grouped(int(step))
	default:
		return knob.Sig3(step)
	}
}

// colorOf is the colour of the i-th curve on this terminal.
func (m *Monitor) colorOf(i int) plot.Color {
	switch {
	case m.plain:
		return 0
	case m.light:
		return plot.RunColorLight(i)
	default:
		return plot.RunColor(i)
	}
}

// drawFirst draws the losses: of one run that on training data and those on others, of several only the former.
func (m *Monitor) drawFirst(p pane) {
	ch := &m.curves[0]
	m.blank(ch)
	ch.Log, ch.Legend = !m.linear, len(m.runs) == 1
	name, most := "loss", 0.0
	for i := range m.runs {
		w := m.runs[(m.sel+1+i)%len(m.runs)] // the selected one last, on top of the others
		at := (m.sel + 1 + i) % len(m.runs)
		loss := w.view.Loss()
		if loss < 0 {
			continue
		}
		for j, s := range w.view.Series {
			if j != loss && (len(m.runs) > 1 || !monitor.IsLoss(s.Name)) {
				continue
			}
			color := at
			if len(m.runs) == 1 {
				color = len(ch.Series)
			}
			alpha := m.smoothing(s)
			most = max(most, alpha)
			m.addSeries(ch, s, alpha, m.colorOf(color), m.markerOf(color))
			if j == loss && at == m.sel {
				name = s.Name
			}
		}
	}
	scale, smooth := "log", "not smoothed"
	if m.linear {
		scale = "linear"
	}
	if most > 0 {
		smooth = fmt.Sprintf("α %g ≈ %.0f points", most, ewma.Window(most))
	}
	m.frameOf(p, fmt.Sprintf("%s ── %s ── %s ── by %s", name, scale, smooth, axisNames[m.xaxis]))
	in := p.inner()
	if len(ch.Series) == 0 {
		m.waiting(in)
		return
	}
	m.addChanges(ch, in.w)
	ch.Draw(m.screen, in.x, in.y, in.w, in.h)
}

// waiting says what is missing where there are no curves yet.
func (m *Monitor) waiting(in rect) {
	text := "waiting for the first numbers"
	if w := m.selected(); w != nil && (w.view.Status == monitor.Ended || w.view.Status == monitor.Failed) {
		text = "it has told no numbers: docs/protocol.md says how"
	}
	m.screen.Text(in.x+1, in.y+in.h/2, clip(text, in.w-2), m.dim(), m.faint())
}

// drawSecond draws another number of all runs.
func (m *Monitor) drawSecond(p pane) {
	name := m.second()
	ch := &m.curves[1]
	m.blank(ch)
	ch.Log = false
	for i := range m.runs {
		at := (m.sel + 1 + i) % len(m.runs)
		v := m.runs[at].view
		if j := v.Find(name); j >= 0 {
			m.addSeries(ch, v.Series[j], 0, m.colorOf(at), m.markerOf(at))
		}
	}
	title := "number"
	if name != "" {
		title = name + " ── v: another"
	}
	m.frameOf(p, title)
	if len(ch.Series) > 0 {
		in := p.inner()
		m.addChanges(ch, in.w)
		ch.Draw(m.screen, in.x, in.y, in.w, in.h)
	}
}

// smoothing is the rate of the average of a loss: those on training data are of minibatches, more often than not.
func (m *Monitor) smoothing(s monitor.Series) float64 {
	if a := alphas[m.alpha]; !math.IsNaN(a) {
		return a
	}
	if monitor.Held(s.Name) || s.Count < 50 {
		return 0
	}
	return autoAlpha
}

// addSeries adds a number to a chart: its values and, where it is smoothed, these faintly below their average.
func (m *Monitor) addSeries(ch *plot.Chart, s monitor.Series, alpha float64, color plot.Color, marker rune) {
	h := s.History
	raw := make([]plot.Point, 0, h.Len())
	mean := make([]plot.Point, 0, h.Len())
	a := ewma.Average{Alpha: math.Pow(alpha, float64(h.Stride))}
	for i := range h.Len() {
		b, _ := h.At(i)
		x := m.position(b)
		if x-x != 0 {
			continue // it has no place on this axis
		}
		mid := b.Mean
		if b.Bad > 0 {
			mid = math.NaN()
		}
		raw = append(raw, plot.Point{X: x, Lo: b.Min, Hi: b.Max, Mid: mid})
		if alpha > 0 && b.Min <= b.Max {
			a.Add(b.Mean)
			mean = append(mean, plot.Value(x, a.Corrected()))
		}
	}
	if alpha == 0 {
		ch.Series = append(ch.Series, plot.Series{Name: s.Name, Points: raw, Color: color, Marker: marker})
		return
	}
	ch.Series = append(ch.Series, plot.Series{Points: raw, Color: color, Faint: true},
		plot.Series{Name: s.Name, Points: mean, Color: color, Marker: marker})
}

func (m *Monitor) position(b train.Bucket) float64 {
	switch m.xaxis {
	case byEpoch:
		return b.Epoch
	case bySeconds:
		return b.Seconds
	default:
		return b.Gradients // the program's steps
	}
}

// addChanges marks where the program has taken what was tuned.
func (m *Monitor) addChanges(ch *plot.Chart, columns int) {
	for i, w := range m.runs {
		all := w.view.Changes
		for j, c := range all {
			if j+1 < len(all) && all[j+1].Name == c.Name && (all[j+1].Step-c.Step)*float64(columns) < 2*w.view.Step {
				continue // the next change of the same number stands in the same place and says where it ended
			}
			if x, ok := m.placeOf(w.view, c.Step); ok {
				ch.Marks = append(ch.Marks, plot.Mark{X: x, Text: c.Note, Color: m.colorOf(i)})
			}
		}
	}
}

// placeOf finds a step on the horizontal axis.
func (m *Monitor) placeOf(v *monitor.View, step float64) (x float64, ok bool) {
	if m.xaxis == bySteps {
		return step, step-step == 0
	}
	loss := v.Loss()
	if loss < 0 {
		return 0, false
	}
	h := v.Series[loss].History
	for i := range h.Len() {
		if b, _ := h.At(i); b.Gradients >= step {
			x = m.position(b)
			return x, x-x == 0
		}
	}
	return 0, false
}

// drawNumbers lists the numbers of the selected run with their last values.
func (m *Monitor) drawNumbers(p pane) {
	m.frameOf(p, "numbers")
	w, in := m.selected(), p.inner()
	if w == nil {
		return
	}
	all := w.view.Series
	if len(all) > in.h {
		m.frameOf(p, fmt.Sprintf("numbers ── %d of %d", in.h, len(all)))
	}
	second := m.second()
	first := 0
	if at := w.view.Find(second); at >= in.h {
		first = at - in.h + 1
	}
	name := 8
	for _, s := range all {
		name = max(name, width(s.Name))
	}
	name = min(name, in.w/2)
	for i := first; i < len(all) && i-first < in.h; i++ {
		s, y, attr := all[i], in.y+i-first, plot.Attr(0)
		if s.Name == second {
			attr = plot.Bold
		}
		m.screen.Text(in.x+1, y, pad(s.Name, name), 0, attr)
		x := in.x + 2 + name
		x += m.screen.Text(x, y, pad(lastValue(s), 10), m.accent(), attr)
		m.screen.Text(x, y, clip(fmt.Sprintf("at %s", stepText(s.Step)), in.x+in.w-x), m.dim(), m.faint())
	}
}

func lastValue(s monitor.Series) string {
	if s.Last-s.Last != 0 {
		return fmt.Sprint(s.Last)
	}
	return knob.Sig3(s.Last)
}

// drawWatched lists the runs.
func (m *Monitor) drawWatched(p pane) {
	title := "runs"
	in := p.inner()
	if len(m.runs) > in.h {
		title = fmt.Sprintf("runs ── %d of %d", m.sel+1, len(m.runs))
	}
	m.frameOf(p, title)
	first := max(0, m.sel-in.h+1)
	for i := first; i < len(m.runs) && i-first < in.h; i++ {
		v, y, attr := m.runs[i].view, in.y+i-first, plot.Attr(0)
		if i == m.sel {
			attr = plot.Bold
			m.screen.Text(in.x, y, string(m.cursor()), m.accent(), plot.Bold)
		}
		x := in.x + 2
		x += m.screen.Text(x, y, string(m.markerOf(i))+" ", m.colorOf(i), attr)
		right := "–"
		if j := v.Loss(); j >= 0 {
			right = fmt.Sprintf("%s at %s", lastValue(v.Series[j]), stepText(v.Series[j].Step))
		}
		if v.Bad {
			right = "! " + right
		}
		room := max(in.x+in.w-x-width(right)-1, 0)
		m.screen.Text(x, y, pad(tailOf(v.Name, room), room), 0, attr)
		m.screen.Text(x+room+1, y, clip(right, in.w), m.accent(), attr)
	}
}

// tailOf keeps the end of a path that is too long: what tells runs apart is there.
func tailOf(s string, n int) string {
	r := []rune(s)
	if len(r) <= n || n < 2 {
		return clip(s, n)
	}
	return "…" + string(r[len(r)-n+1:])
}

// drawTunables lists what can be tuned. A value that was asked for and not taken yet stands beside the old one.
func (m *Monitor) drawTunables(p pane) {
	in := p.inner()
	all := m.runs[0].view.Tunables
	title := "tune"
	if len(all) > in.h {
		title += fmt.Sprintf(" ── %d of %d", m.tune+1, len(all))
	}
	m.frameOf(p, title)
	if len(all) == 0 {
		m.screen.Text(in.x+1, in.y, clip("nothing yet: clients/python/opttui.py, run.bind(optimizer)", in.w-2), m.dim(), m.faint())
		return
	}
	first := max(0, m.tune-in.h+1)
	const valueW = 11
	labelW := 17
	for _, t := range all {
		labelW = max(labelW, width(t.Knob.Key)+1)
	}
	labelW = min(labelW, max(17, in.w-2-valueW))
	for i := first; i < len(all) && i-first < in.h; i++ {
		t, y, attr := all[i], in.y+i-first, plot.Attr(0)
		if i == m.tune {
			attr = plot.Bold
			m.screen.Text(in.x, y, string(m.cursor()), m.accent(), plot.Bold)
		}
		m.screen.Text(in.x+2, y, pad(clip(t.Knob.Key, labelW-1), labelW), 0, attr)
		text, color := t.Knob.Format(t.Value), m.accent()
		if t.Asked() {
			text, color = text+" → "+t.Knob.Format(t.Want), m.warn()
		}
		m.screen.Text(in.x+2+labelW, y, clip(text, in.w-2-labelW), color, attr)
		room := in.w - 2 - labelW - valueW - 1
		if t.Knob.Max < math.MaxFloat64 && room >= 6 && !t.Asked() && t.Knob.Stops == nil {
			m.drawSlider(in.x+2+labelW+valueW, y, min(room, 40), t.Knob.Fraction(t.Value), i == m.tune)
		}
	}
}

// drawLog shows what the program has printed: the last lines, or those that the person has scrolled to.
func (m *Monitor) drawLog(p pane) {
	w := m.selected()
	if w == nil || p.h == 0 {
		return
	}
	in := p.inner()
	title := "output"
	if m.o.Output != "" {
		title += " ── " + m.o.Output
	}
	if m.scroll = min(m.scroll, max(w.view.Kept-in.h, 0)); m.scroll > 0 {
		title = fmt.Sprintf("output ── %s lines below: end goes there", grouped(m.scroll))
	}
	m.frameOf(p, title)
	lines := w.run.Lines(in.h, m.scroll)
	for i, l := range lines {
		color := plot.Color(0)
		if l.Loud {
			color = m.warn()
		}
		m.screen.Text(in.x+1, in.y+i, clip(narrowed(l.Text), in.w-2), color, 0)
	}
}

// narrowed replaces what takes two cells, or none, by something that takes one.
func narrowed(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x300 && ansi.StringWidth(string(r)) != 1 {
			return '·'
		}
		return r
	}, s)
}

func (m *Monitor) drawStatus(r rect) {
	if m.prompt != nil {
		m.prompt.draw(&m.board, r)
		return
	}
	text, color, attr := m.status, plot.Color(0), plot.Attr(0)
	if m.refused {
		color, attr = m.warn(), plot.Bold
	}
	w := m.selected()
	if w != nil && (text == "" || !m.refused && time.Since(m.said) > answerTime) {
		text, color, attr = m.counsel(w)
	}
	m.screen.Text(r.x+1, r.y, clip(text, r.w-2), color, attr)
}

// counsel is the advice on a run, else the last that there was to say of it.
func (m *Monitor) counsel(w *watched) (string, plot.Color, plot.Attr) {
	if a := w.advice; a != nil {
		color := m.accent()
		if a.Urgency > advice.Hint {
			color = m.warn()
		}
		text := m.line(a.Text)
		if _, ok := rateOf(a); ok && m.o.Control != nil {
			text += " · A: " + m.line(a.Does)
		}
		return text, color, 0
	}
	if w.view.Bad {
		return w.view.Said, m.warn(), 0
	}
	return w.view.Said, m.dim(), m.faint()
}

// drawKeys is the bar at the bottom: help and quit first, then as many as fit.
func (m *Monitor) drawKeys(r rect) {
	room := r.w - 2
	shown := map[string]bool{}
	order := slices.Clone(monitorBindings)
	slices.SortStableFunc(order, func(a, b monitorBinding) int { return vital(b) - vital(a) })
	for _, b := range order {
		if b.show == "tab" && len(m.runs) < 2 || b.show == "pgup pgdn" && m.panes.log.h == 0 {
			continue
		}
		if need := width(b.show) + width(b.bar) + 3; b.bar != "" && m.offered(b) && need <= room {
			shown[b.show] = true
			room -= need
		}
	}
	x := r.x + 1
	for _, b := range monitorBindings {
		if shown[b.show] {
			x += m.screen.Text(x, r.y, b.show, m.accent(), plot.Bold)
			x += m.screen.Text(x, r.y, " "+b.bar+"  ", m.dim(), m.faint())
		}
	}
}

// vital is 1 for the keys without which one is lost.
func vital(b monitorBinding) int {
	if b.show == "?" || b.show == "q" {
		return 1
	}
	return 0
}

func (m *Monitor) helpLines() []helpLine {
	var lines []helpLine
	for _, b := range monitorBindings {
		if m.offered(b) {
			lines = append(lines, helpLine{b.show, b.help})
		}
	}
	return lines
}
