package ui

import (
	"fmt"
	"math"
	"strings"

	"opttui/internal/lrfinder"
	"opttui/internal/plot"
)

func (b *sweepBox) draw(m *Model) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w, h := min(m.w-2, 110), min(m.h-2, len(b.axes[0].Values)*2+18)
	box := pane{rect{(m.w - w) / 2, max(1, (m.h-h)/2), w, h}, true}
	m.screen.Fill(box.x, box.y, box.w, box.h, plot.Cell{R: ' '})
	name := strings.TrimPrefix(b.axes[0].Key, "optimizer.")
	m.frameOf(box, fmt.Sprintf("sweep ── learning rate × %s ── arrows look, enter takes the cell, E writes CSV and SVG, esc leaves", plain(name)))
	in := box.inner()
	rows := len(b.axes[0].Values)
	tall := 1
	if in.h >= 2*rows+10 {
		tall = 2
	}
	b.drawCells(m, in, tall)
	y := in.y + rows*tall + 1
	m.screen.Text(in.x+1, y, clip(b.words(), in.w-2), 0, 0)
	if b.err == nil && b.best < 0 {
		m.drawShare(rect{in.x, y, in.w, 1}, b.share())
	}
	if t := b.trials[b.cursor()]; t != nil && in.y+in.h-y-1 >= 4 {
		b.drawTrial(m, t, rect{in.x, y + 1, in.w, in.y + in.h - y - 1})
	}
}

// drawCells is the heat map: dark is low, hatched is diverged, dots are to come. Without colour digits stand for the heat,
// 0 for the lowest. The rates run to the right.
func (b *sweepBox) drawCells(m *Model, in rect, tall int) {
	const label = 11
	wide := (in.w - label - 1) / sweepRates
	if wide < 2 {
		return
	}
	lo, hi := b.extremes()
	rows := len(b.axes[0].Values)
	for i, t := range b.trials {
		j, k := i/sweepRates, i%sweepRates
		x, y := in.x+label+k*wide, in.y+(rows-1-j)*tall
		if k == 0 {
			m.screen.Text(in.x+1, y, clip(b.axes[0].Values[j], label-2), m.dim(), m.faint())
		}
		cell, text := plot.Cell{R: '·', FG: m.dim(), A: m.faint()}, ""
		switch {
		case t == nil:
		case t.Status == lrfinder.Diverged || t.Loss-t.Loss != 0:
			cell = plot.Cell{R: '╱', FG: m.warn(), A: m.faint()}
		default:
			cell = plot.Cell{R: ' '}
			heat := (math.Log(math.Max(t.Loss-lo, 0)+1e-3*(hi-lo)) - math.Log(1e-3*(hi-lo))) / math.Log(1001)
			switch {
			case m.mode == plot.Colour:
				cell.BG = plot.Heat(heat)
			case heat > 0: // false for NaN, where all are the same
				cell.R = '0' + rune(math.Min(heat*10, 9))
			default:
				cell.R = '0'
			}
			text = brief(t.Loss)
		}
		m.screen.Fill(x, y, wide-1, tall, cell)
		if text != "" && wide > longestBrief {
			m.write(x, y, text, cell.BG)
		}
		if i == b.best {
			m.write(x+wide-2, y+tall-1, "◆", cell.BG)
		}
		if i == b.cursor() {
			for c := range wide - 1 {
				for r := range tall {
					m.screen.At(x+c, y+r).A |= plot.Reverse
				}
			}
		}
		if j == 0 && k%3 == 0 {
			m.screen.Text(x, in.y+rows*tall, b.axes[1].Values[k], m.dim(), m.faint())
		}
	}
}

// write writes text over a cell of heat.
func (m *Model) write(x, y int, text string, heat plot.Color) {
	for i, r := range []rune(text) {
		c := plot.Cell{R: r, BG: heat}
		if heat != 0 {
			c.FG = m.white()
		}
		m.screen.Set(x+i, y, c)
	}
}

// extremes are the least and the greatest finite loss of stable cells.
func (b *sweepBox) extremes() (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, t := range b.trials {
		if t != nil && t.Status != lrfinder.Diverged && t.Loss-t.Loss == 0 {
			lo, hi = math.Min(lo, t.Loss), math.Max(hi, t.Loss)
		}
	}
	return lo, hi
}

// longestBrief is how many characters brief takes at the most.
const longestBrief = 6

// brief writes a loss in few characters: 3e-4.
func brief(v float64) string {
	if a := math.Abs(v); a >= 0.1 && a < 100 {
		return fmt.Sprintf("%.2g", v)
	}
	return strings.NewReplacer("e-0", "e-", "e+0", "e", "e+", "e").Replace(fmt.Sprintf("%.0e", v))
}

// words tell of the cell under the cursor.
func (b *sweepBox) words() string {
	if b.err != nil {
		return firstLine(b.err.Error())
	}
	i := b.cursor()
	other, rate := b.values(i)
	text := fmt.Sprintf("ε %s, %s %s: ", rate, strings.TrimPrefix(b.axes[0].Key, "optimizer."), other)
	switch t := b.trials[i]; {
	case t == nil:
		return text + "still to come"
	default:
		return text + fmt.Sprintf("loss %s, %s", value(t.Loss), t.Status)
	}
}
