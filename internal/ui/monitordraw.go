package ui

import (
	"fmt"
	"math"
	"slices"
	"time"

	"opttui/internal/advice"
	"opttui/internal/knob"
	"opttui/internal/monitor"
	"opttui/internal/plot"
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
		m.drawTooSmall()
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
	return m.onGround(plot.RunColor(i), plot.RunColorLight(i))
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
