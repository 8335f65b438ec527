package plot

import (
	"math"
	"sync"

	"charm.land/lipgloss/v2"
	"github.com/NimbleMarkets/ntcharts/v2/canvas"
	"github.com/NimbleMarkets/ntcharts/v2/linechart"
)

// axesKey is everything that the picture of the axes depends on; while it stays the same, so does the picture.
type axesKey struct {
	w, h           int
	x, y           span
	xLabel, yLabel string
	ascii          bool
	axis, label    Color
	grid           Color
}

// axes is the frame of a chart and where in it the curves go.
type axes struct {
	key        axesKey
	pic        *Canvas
	x, y, w, h int // the area for curves within pic
}

const (
	minAxesW, minAxesH = 14, 5 // smaller charts have no axes
	maxAxes            = 1000  // nor do absurdly large ones: ntcharts styles every cell on its own
)

// newAxes draws axes, ticks and labels. It is the only place that calls ntcharts, whose charts hang on values that are
// not finite and panic on small canvases: sizes are checked here, and it gets ranges that snap has cleaned, and no
// values at all.
func newAxes(k axesKey) *axes {
	a := &axes{key: k, pic: NewCanvas(k.w, k.h), w: max(k.w, 0), h: max(k.h, 0)}
	yt := k.y.ticks(min((k.h-2)/2, 12), false)
	width := 0
	for _, t := range yt {
		width = max(width, len(t.label))
	}
	if k.w < minAxesW || k.h < minAxesH || k.w > maxAxes || k.h > maxAxes || width > k.w/2 {
		return a
	}
	gw, gh := k.w-width-1, k.h-2
	xt := k.x.ticks(max(gw/11, 1), true)
	xLabels := placeX(k, xt, gw)
	yLabels := make([]string, gh+1) // by rows above the axis
	for _, t := range yt {
		if f := k.y.frac(t.v); f >= -1e-9 && f <= 1+1e-9 {
			if f < 1e-9 {
				yLabels[0] = t.label
			} else if i := gh - dotRow(f, gh)/4; yLabels[i] == "" {
				yLabels[i] = t.label
			}
		}
	}
	style := func(c Color) lipgloss.Style {
		if c == 0 {
			return lipgloss.NewStyle()
		}
		return lipgloss.NewStyle().Foreground(c)
	}
	paper := sheet(k.w, k.h)
	defer sheets.Put(paper)
	lc := linechart.New(1, 1, 0, 1, 0, 1,
		linechart.WithXYSteps(1, 1), linechart.WithStyles(style(k.axis), style(k.label), lipgloss.NewStyle()),
		linechart.WithXLabelFormatter(func(i int, _ float64) string { return at(xLabels, i) }),
		linechart.WithYLabelFormatter(func(i int, _ float64) string { return at(yLabels, i) }))
	lc.Canvas = *paper
	lc.UpdateGraphSizes()
	if lc.GraphWidth() != gw || lc.GraphHeight() != gh {
		return a
	}
	a.x, a.y, a.w, a.h = width+1, 0, gw, gh
	a.frame(func(x, y int) { paper.SetCell(canvas.Point{X: x, Y: y}, canvas.Cell{}) })
	lc.DrawXYAxisAndLabel()
	a.copyCells(paper)
	a.decorate(xt, yt)
	return a
}

func at(s []string, i int) string {
	if i < 0 || i >= len(s) {
		return ""
	}
	return s[i]
}

// dotRow is the row of dots, from above, of a fraction of the height of h cells.
func dotRow(f float64, h int) int { return min(max(int(0.5+(1-f)*float64(4*h-1)), 0), 4*h-1) }

// dotCol is the column of dots of a fraction of the width of w cells.
func dotCol(f float64, w int) int { return min(max(int(0.5+f*float64(2*w-1)), 0), 2*w-1) }

// placeX returns the label that starts at each column, counted from the y-axis, without overlaps. ntcharts writes a
// label from the column it asks for; starting it earlier centres it below its tick.
func placeX(k axesKey, ticks []tick, gw int) []string {
	out := make([]string, gw+1)
	limit := gw + 1
	if n := len(k.xLabel); n > 0 && n < gw/2 {
		limit -= n + 1
	}
	free := 0
	for _, t := range ticks {
		f := k.x.frac(t.v)
		if !(f >= -1e-9 && f <= 1+1e-9) {
			continue
		}
		start := dotCol(f, gw)/2 + 1 - len(t.label)/2
		if limit == gw+1 {
			start = min(start, limit-len(t.label))
		}
		if start = max(start, 0); start < free || start+len(t.label) > limit || start >= gw {
			continue
		}
		out[start] = t.label
		free = start + len(t.label) + 2
	}
	return out
}

// sheets are canvases of ntcharts to use again: their cells are large.
var sheets sync.Pool

// sheet returns one of w×h cells with anything on it.
func sheet(w, h int) *canvas.Model {
	if m, ok := sheets.Get().(*canvas.Model); ok && m.Width() == w && m.Height() == h {
		return m
	}
	m := canvas.New(w, h)
	return &m
}

// frame calls f for all cells but those between the axes.
func (a *axes) frame(f func(x, y int)) {
	for y := range a.pic.H {
		end := a.x
		if y >= a.h {
			end = a.pic.W
		}
		for x := range end {
			f(x, y)
		}
	}
}

// copyCells copies the axes.
func (a *axes) copyCells(m *canvas.Model) {
	a.frame(func(x, y int) {
		cell := m.Cell(canvas.Point{X: x, Y: y})
		if cell.Rune == 0 {
			return
		}
		c := Cell{R: cell.Rune}
		if a.key.axis != 0 { // a foreground that was not set is not the zero Color
			if fg, ok := cell.Style.GetForeground().(Color); ok {
				c.FG = fg
			}
		}
		a.pic.Set(x, y, c)
	})
}

// decorate adds what ntcharts does not draw: tick marks, a faint grid, the names of the axes.
func (a *axes) decorate(xt, yt []tick) {
	k := a.key
	grid := NewRaster(a.w, a.h)
	for _, t := range yt {
		if f := k.y.frac(t.v); f > 1e-9 && f <= 1+1e-9 {
			row := dotRow(f, a.h)
			a.pic.At(a.x-1, row/4).R = '┤'
			for x := 3; x < 2*a.w; x += 4 {
				grid.Dot(x, row, k.grid)
			}
		}
	}
	for _, t := range xt {
		if f := k.x.frac(t.v); f > 1e-9 && f <= 1+1e-9 {
			a.pic.At(a.x+dotCol(f, a.w)/2, a.h).R = '┬'
		}
	}
	if n := len([]rune(k.xLabel)); n > 0 && n < a.w/2 {
		a.pic.Text(k.w-n, k.h-1, k.xLabel, k.label, 0)
	}
	if !k.ascii {
		grid.Blit(a.pic, a.x, a.y, Soft)
	} else {
		swap := map[rune]rune{'┤': '+', '┬': '+', '│': '|', '─': '-', '└': '+'}
		for i := range a.pic.Cells {
			if r, ok := swap[a.pic.Cells[i].R]; ok {
				a.pic.Cells[i].R = r
			}
		}
	}
	if k.yLabel != "" {
		a.pic.Text(a.x, 0, " "+k.yLabel, k.label, 0)
	}
}

// same reports whether the axes can be used again. NaN never equals itself, so a span with it never matches.
func (a *axes) same(k axesKey) bool { return a != nil && a.key == k && !math.IsNaN(k.x.lo+k.y.lo) }
