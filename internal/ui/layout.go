package ui

import (
	"charm.land/lipgloss/v2"

	"opttui/internal/plot"
)

// rect is a place on the screen, in cells.
type rect struct{ x, y, w, h int }

func (r rect) contains(x, y int) bool {
	return x >= r.x && x < r.x+r.w && y >= r.y && y < r.y+r.h
}

// pane is a panel's place: framed by a box, or under a rule where rows are dear.
type pane struct {
	rect
	boxed bool
}

// inner is where the panel's content goes.
func (p pane) inner() rect {
	switch {
	case p.w <= 0 || p.h <= 0:
		return rect{}
	case p.boxed:
		return rect{p.x + 1, p.y + 1, max(p.w-2, 0), max(p.h-2, 0)}
	default:
		return rect{p.x, p.y + 1, p.w, max(p.h-1, 0)}
	}
}

// shape is one of the screen's layouts.
type shape int

const (
	tooSmall shape = iota // one line that says which size is needed
	tiny                  // the curve, the status and the keys
	narrow                // landscape above curves, or beside them where rows are few
	wide                  // landscape left of curves
)

// Sizes at which the layouts change.
const (
	minWidth, minHeight = 40, 10
	narrowWidth         = 80
	narrowHeight        = 24
	wideWidth           = 120
	tallHeight          = 34 // rows from which landscape and curves can stand one above the other
)

// maxSettings is how many rows of settings and runs are shown at the most. The panels' sizes do not depend on how many
// there are, or the picture would jump with every switch.
const (
	maxSettings = 12
	gaugeRows   = 4  // lines of the gauges; one more where the curves keep enough
	leastCurves = 10 // rows that the curves need before the gauges get a panel
)

// layout is where everything stands on a screen of a given size.
type layout struct {
	shape                     shape
	title, status, keys       rect
	caption                   pane // of a demo; empty where there is none
	landscape, curves, gauges pane
	runs, tune                pane
}

// Rows of a caption: that of its title, and what it says at the most.
const (
	captionRows = 5 // title, three lines, the keys to try
	tinyCaption = 4 // title, three lines
	tinyRoom    = 16
)

// arrange divides a screen of w×h cells among the panels. A caption takes its rows from the lists, not from the pictures,
// as far as it can.
func arrange(w, h int, captioned bool) layout {
	l := layout{
		title:  rect{0, 0, w, 1},
		status: rect{0, h - 2, w, 1},
		keys:   rect{0, h - 1, w, 1},
	}
	// below gives the caption its rows above the status line.
	below := func(rows int, boxed bool) int {
		if !captioned {
			return 0
		}
		l.caption = pane{rect{0, h - 2 - rows, w, rows}, boxed}
		return rows
	}
	switch {
	case w < minWidth || h < minHeight:
		return l
	case w < narrowWidth || h < narrowHeight:
		l.shape = tiny
		rows := 0
		if h >= tinyRoom {
			rows = below(tinyCaption, false)
		}
		l.curves = pane{rect{0, 1, w, h - 3 - rows}, false}
	case w < wideWidth:
		l.shape = narrow
		band := below(captionRows, false)
		body := h - 3
		bottom := 1 + max(min(max(4, body/4), maxSettings)-band, 3)
		top := body - bottom - band
		left := w * 54 / 100
		if h < tallHeight {
			l.landscape = pane{rect{0, 1, left - 1, top}, false}
			l.curves = pane{rect{left, 1, w - left, top}, false}
		} else {
			scape := top * 11 / 20
			l.landscape = pane{rect{0, 1, w, scape}, false}
			l.curves = pane{rect{0, 1 + scape, w, top - scape}, false}
			l.gauge()
		}
		l.runs = pane{rect{0, 1 + top, left - 1, bottom}, false}
		l.tune = pane{rect{left, 1 + top, w - left, bottom}, false}
	default:
		l.shape = wide
		band := below(captionRows+1, true)
		body := h - 3
		bottom := 2 + max(min(maxSettings, max(4, body/3))-band, 4)
		top := body - bottom - band
		left := w * 55 / 100
		l.landscape = pane{rect{0, 1, left, top}, true}
		l.curves = pane{rect{left, 1, w - left, top}, true}
		l.gauge()
		l.runs = pane{rect{0, 1 + top, left, bottom}, true}
		l.tune = pane{rect{left, 1 + top, w - left, bottom}, true}
	}
	return l
}

// gauge takes the rows of the gauges from those of the curves, where these have enough.
func (l *layout) gauge() {
	c := &l.curves
	rows := gaugeRows + 1
	if c.boxed {
		rows++
	}
	if c.h-rows > leastCurves+2 {
		rows++
	}
	if c.h-rows < leastCurves {
		return
	}
	c.h -= rows
	l.gauges = pane{rect{c.x, c.y + c.h, c.w, rows}, c.boxed}
}

// frameOf draws a panel's box or rule with its title.
func (b *board) frameOf(p pane, title string) {
	if p.w < 4 || p.h < 1 {
		return
	}
	box := lipgloss.RoundedBorder()
	if b.ascii {
		box = lipgloss.ASCIIBorder()
	}
	line := []rune(box.Top)[0]
	c := b.screen
	edge := plot.Cell{R: line, FG: b.dim(), A: b.faint()}
	c.Fill(p.x, p.y, p.w, 1, edge)
	if p.boxed {
		side := plot.Cell{R: []rune(box.Left)[0], FG: b.dim(), A: b.faint()}
		c.Fill(p.x, p.y, 1, p.h, side)
		c.Fill(p.x+p.w-1, p.y, 1, p.h, side)
		c.Fill(p.x, p.y+p.h-1, p.w, 1, edge)
		for _, k := range []struct {
			x, y int
			s    string
		}{{p.x, p.y, box.TopLeft}, {p.x + p.w - 1, p.y, box.TopRight}, {p.x, p.y + p.h - 1, box.BottomLeft}, {p.x + p.w - 1, p.y + p.h - 1, box.BottomRight}} {
			c.Set(k.x, k.y, plot.Cell{R: []rune(k.s)[0], FG: b.dim(), A: b.faint()})
		}
	}
	if title != "" {
		// The first word is the panel's name, what follows explains it.
		t := clip(" "+title+" ", p.w-4)
		name, rest := t, ""
		for i, r := range t {
			if i > 0 && r == '─' {
				name, rest = t[:i], t[i:]
				break
			}
		}
		n := c.Text(p.x+2, p.y, name, b.accent(), plot.Bold)
		c.Text(p.x+2+n, p.y, rest, b.dim(), b.faint())
	}
}
