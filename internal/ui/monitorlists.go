package ui

import (
	"fmt"
	"math"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"opttui/internal/knob"
	"opttui/internal/monitor"
	"opttui/internal/plot"
)

// The lists of a Monitor: numbers, runs, what can be tuned, what was printed.

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
