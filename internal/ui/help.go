package ui

import (
	"fmt"

	"opttui/internal/plot"
)

// help is the list of all keys, over the screen. It scrolls where it does not fit.
type help struct {
	top   int
	lines []helpLine // nil for the list of all keys
}

func (h *help) key(b *board, k string) {
	switch k {
	case "up":
		h.scroll(-1)
	case "down":
		h.scroll(1)
	case "pgup":
		h.scroll(-10)
	case "pgdown":
		h.scroll(10)
	default:
		b.help = nil
	}
}

func (h *help) scroll(lines int) { h.top += lines }

func (h *help) draw(b *board) {
	w := min(b.w-2, 120)
	lines := h.lines
	if lines == nil {
		lines = helpLines()
	}
	height := min(b.h-2, len(lines)+2)
	box := pane{rect{(b.w - w) / 2, (b.h - height) / 2, w, height}, true}
	b.screen.Fill(box.x, box.y, box.w, box.h, plot.Cell{R: ' '})
	in := box.inner()
	h.top = max(0, min(h.top, len(lines)-in.h))
	title := "keys ── any other key closes this"
	if len(lines) > in.h {
		title = fmt.Sprintf("keys ── ↑ ↓ scroll (%d to %d of %d), any other key closes this", h.top+1, min(h.top+in.h, len(lines)), len(lines))
	}
	b.frameOf(box, title)
	for i := 0; i < in.h && h.top+i < len(lines); i++ {
		l := lines[h.top+i]
		b.screen.Text(in.x+1, in.y+i, pad(l.show, 13), b.accent(), plot.Bold)
		b.screen.Text(in.x+15, in.y+i, clip(l.help, in.w-16), 0, 0)
	}
}

type helpLine struct{ show, help string }

// helpLines are the keys and, below them, what the signs on the screen mean.
func helpLines() []helpLine {
	var lines []helpLine
	for _, b := range bindings {
		lines = append(lines, helpLine{b.show, b.help})
	}
	lines = append(lines, helpLine{})
	for _, l := range legend {
		lines = append(lines, helpLine(l))
	}
	return lines
}
