package plot

import (
	"math"
	"slices"
)

// Point is one value of a curve, or a bucket of several consecutive ones with their least, greatest and mean value.
// A Mid that is not finite says that at least one value was not; Lo and Hi may still bound the others.
type Point struct{ X, Lo, Hi, Mid float64 }

// Value returns the point of a single value.
func Value(x, y float64) Point { return Point{x, y, y, y} }

// Series is one curve, its points in ascending order of X. A faint one is drawn as a band from Lo to Hi, any other as
// a line through Mid.
type Series struct {
	Name   string
	Points []Point
	Color  Color
	Marker rune // at the last point; 0 for none
	Faint  bool
}

// Mark is an event on the horizontal axis: ▾ with a short text on the top row and a dotted line down from it.
type Mark struct {
	X     float64
	Text  string
	Color Color
	Rune  rune // instead of ▾
}

// Chart draws curves over axes whose ranges are round and change rarely. It remembers the ranges and the picture of the
// axes from one Draw to the next, so one Chart belongs to one place on the screen. It is drawn by one goroutine.
type Chart struct {
	Log            bool // a logarithmic vertical axis; symlog when values are negative
	Mode           Mode
	XLabel, YLabel string
	Series         []Series
	Marks          []Mark
	Legend         bool
	XRange, YRange [2]float64 // fixed ranges; zero for automatic ones

	Light bool // the terminal's background is

	x, y    span
	mx, my  mapper
	clipped bool // a logarithm could not show some values
	ax      *axes
	ras     Raster
	ox, oy  int // of the area for curves, at the last Draw
	corner  int // of the legend
	mids    []float64
}

// Scale says how the vertical axis was laid out by the last Draw: "linear", "log" or "symlog".
func (ch *Chart) Scale() string { return ch.y.kind.String() }

// Clipped reports whether, at the last Draw, values of zero or below were moved to the lower edge of a log axis.
func (ch *Chart) Clipped() bool { return ch.clipped }

// Reset forgets the ranges, for a new run that has nothing to do with the last one.
func (ch *Chart) Reset() { ch.x, ch.y = span{}, span{} }

// XAt returns the value of the horizontal axis at a column of the canvas, as of the last Draw; ok is false beside the curves.
func (ch *Chart) XAt(col int) (x float64, ok bool) {
	if ch.ax == nil || col < ch.ox || col >= ch.ox+ch.ax.w {
		return 0, false
	}
	f := (float64(2*(col-ch.ox)) + 0.5) / math.Max(float64(2*ch.ax.w-1), 1)
	return ch.x.lo + f*(ch.x.hi-ch.x.lo), true
}

// Area returns the cells that the curves of the last Draw are in, and the part of the plane they show where both axes
// are linear, for drawing over them.
func (ch *Chart) Area() (x, y, w, h int, v View) {
	if ch.ax == nil {
		return 0, 0, 0, 0, View{}
	}
	return ch.ox, ch.oy, ch.ax.w, ch.ax.h, View{ch.x.lo, ch.x.hi, ch.y.lo, ch.y.hi}
}

// Draw draws the chart in the w×h cells at ox, oy. What does not fit in is left out: the axes first, the curves last.
func (ch *Chart) Draw(c *Canvas, ox, oy, w, h int) {
	w, h = min(w, maxSide), min(h, maxSide)
	if w <= 0 || h <= 0 {
		return
	}
	top := 0
	if len(ch.Marks) > 0 && h > minAxesH {
		top = 1
	}
	ch.ranges(w, h-top)
	ch.mx, ch.my = ch.x.mapper(), ch.y.mapper()
	k := axesKey{w: w, h: h - top, x: ch.x, y: ch.y, xLabel: ch.XLabel, yLabel: ch.YLabel, ascii: ch.Mode == ASCII,
		axis: RGB(88, 91, 112), label: RGB(147, 153, 178), grid: ch.quiet()}
	if ch.Light {
		k.axis, k.label = RGB(150, 153, 165), RGB(84, 88, 104)
	}
	if !ch.ax.same(k) {
		ch.ax = newAxes(k)
	}
	c.Copy(ch.ax.pic, ox, oy+top)
	ch.ox, ch.oy = ox+ch.ax.x, oy+top+ch.ax.y
	ch.drawMarks(c, ox, oy, w, top)
	ch.clipped = false
	for _, faint := range [...]bool{true, false} {
		for i := range ch.Series {
			if s := &ch.Series[i]; s.Faint == faint {
				ch.drawSeries(c, s)
			}
		}
	}
	for i := range ch.Series {
		ch.drawPoints(c, &ch.Series[i])
	}
	if ch.Legend {
		ch.drawLegend(c)
	}
}

// quiet is the colour of the grid, into which faint curves and the lines of marks fade.
func (ch *Chart) quiet() Color {
	if ch.Light {
		return RGB(208, 211, 220)
	}
	return RGB(49, 50, 68)
}

func or(c, otherwise Color) Color {
	if c == 0 {
		return otherwise
	}
	return c
}

// ranges finds what to show: all finite values, unless the range is fixed.
func (ch *Chart) ranges(w, h int) {
	x0, x1 := math.Inf(1), math.Inf(-1)
	y0, y1, least := math.Inf(1), math.Inf(-1), math.Inf(1) // least of the positive ones
	see := func(v float64) {
		if finite(v) {
			y0, y1 = min(y0, v), max(y1, v)
			if v > 0 {
				least = min(least, v)
			}
		}
	}
	fixedX := finite(ch.XRange[0]) && finite(ch.XRange[1]) && ch.XRange[0] < ch.XRange[1]
	for i := range ch.Series {
		for _, p := range ch.Series[i].Points {
			if !finite(p.X) || fixedX && (p.X < ch.XRange[0] || p.X > ch.XRange[1]) {
				continue
			}
			x0, x1 = min(x0, p.X), max(x1, p.X)
			see(p.Mid)
			if ch.Series[i].Faint {
				see(p.Lo)
				see(p.Hi)
			}
		}
	}
	if x0 > x1 {
		x0, x1 = 0, 1
	}
	if y0 > y1 {
		y0, y1, least = 0.1, 1, 0.1
	}
	kind, lin := linear, 0.0
	if ch.Log && y1 > 0 {
		kind = logarithmic
	}
	if ch.Log && y0 < -1e-9*math.Abs(y1) {
		// A negative value that is not just the rounding of zero: only a scale that knows both signs is honest.
		kind = symlog
		lin = ch.turn(y0, y1)
	}
	if kind == logarithmic {
		y0 = least
		if y1/y0 > 1e24 {
			// Beyond what a curve can show besides anything else: keep what most values need.
			m := ch.median()
			y0, y1 = math.Max(y0, m*1e-24), math.Min(y1, m*1e16)
		}
	}
	if fixedX {
		ch.x = snapFixed(linear, ch.XRange, 0)
	} else {
		ch.x = snapX(clamp(x0, -huge, huge), clamp(x1, -huge, huge), max(w/12, 2), ch.x)
	}
	if r := ch.YRange; finite(r[0]) && finite(r[1]) && r[0] < r[1] && (kind != logarithmic || r[0] > 0) {
		ch.y = snapFixed(kind, r, lin)
	} else {
		ch.y = snap(kind, y0, y1, lin, max((h-2)/3, 2), ch.y)
	}
}

func snapFixed(kind scaleKind, r [2]float64, lin float64) span {
	s := span{kind: kind, lo: clamp(r[0], -huge, huge), hi: clamp(r[1], -huge, huge), lin: lin}
	if f := s.frac(s.hi); f == 1 {
		return s
	}
	return snap(kind, s.lo, s.hi, lin, 5, span{})
}

// turn returns the magnitude below which a symlog axis is linear: a power of ten a little below a typical value, at
// most ten decades below the largest.
func (ch *Chart) turn(lo, hi float64) float64 {
	top := math.Log10(math.Max(math.Abs(lo), math.Abs(hi)))
	e := math.Floor(top) - 3
	if m := ch.median(); m > 0 {
		e = clamp(math.Floor(math.Log10(m))-1, top-10, top)
	}
	if ch.y.kind == symlog { // it moves only when it must
		if old := math.Round(math.Log10(ch.y.lin)); math.Abs(old-e) <= 1.5 && old < top {
			e = old
		}
	}
	return math.Pow(10, clamp(math.Ceil(e), -290, 290))
}

// median returns the median magnitude of the values that are neither zero nor infinite.
func (ch *Chart) median() float64 {
	ch.mids = ch.mids[:0]
	for i := range ch.Series {
		pts := ch.Series[i].Points
		for j, step := 0, len(pts)/256+1; j < len(pts); j += step {
			if m := math.Abs(pts[j].Mid); finite(m) && m > 0 {
				ch.mids = append(ch.mids, m)
			}
		}
	}
	if len(ch.mids) == 0 {
		return 1
	}
	slices.Sort(ch.mids)
	return ch.mids[len(ch.mids)/2]
}

// dot maps a point to dots of the area for curves. What a logarithm cannot show lies on the lower edge.
func (ch *Chart) dot(x, y float64) (dx, dy float64) {
	return 0.5 + ch.mx.frac(x)*float64(2*ch.ax.w-1), ch.dotY(y)
}

func (ch *Chart) dotY(y float64) float64 {
	f := ch.my.frac(y)
	if f < 0 && ch.y.kind == logarithmic {
		f = 0
		ch.clipped = ch.clipped || y <= 0
	}
	return 0.5 + (1-f)*float64(4*ch.ax.h-1)
}

// column is what a curve does within one column of dots: all that can be seen of it, however many points there are.
type column struct {
	x           float64 // in dots
	first, last float64 // values in order
	lo, hi      float64
}

func (ch *Chart) drawSeries(c *Canvas, s *Series) {
	ch.ras.Resize(ch.ax.w, ch.ax.h)
	col := s.Color
	if s.Faint && col != 0 {
		col = Mix(col, ch.quiet(), 0.66)
	}
	px, py := math.NaN(), 0.0 // the end of the column before, if the curve goes on from there
	now := column{x: math.NaN()}
	flush := func() {
		if now.x != now.x {
			return
		}
		top, bottom := ch.dotY(now.hi), ch.dotY(now.lo)
		ch.ras.Line(now.x, top, now.x, bottom, col)
		if now.first == now.first {
			if px == px {
				ch.ras.Line(px, py, now.x, ch.dotY(now.first), col)
			}
			px, py = now.x, ch.dotY(now.last)
		}
		now.x = math.NaN()
	}
	for i := range s.Points {
		p := &s.Points[i]
		x := 0.5 + ch.mx.frac(p.X)*float64(2*ch.ax.w-1)
		good := finite(p.Mid)
		band := s.Faint && finite(p.Lo) && finite(p.Hi)
		if !finite(p.X) || !good {
			flush()
			px = math.NaN()
			if !band || !finite(p.X) {
				continue
			}
		}
		if now.x != now.x || math.Floor(x) != math.Floor(now.x) {
			flush()
			now = column{x, math.NaN(), math.NaN(), math.Inf(1), math.Inf(-1)}
		}
		if good {
			if now.first != now.first {
				now.first = p.Mid
			}
			now.last = p.Mid
			now.lo, now.hi = min(now.lo, p.Mid), max(now.hi, p.Mid)
		}
		if band {
			now.lo, now.hi = min(now.lo, p.Lo), max(now.hi, p.Hi)
		}
		if !good {
			flush()
		}
	}
	flush()
	switch {
	case ch.Mode == ASCII && s.Faint:
		ch.ras.BlitASCII(c, ch.ox, ch.oy, '.', Soft)
	case ch.Mode == ASCII:
		ch.ras.BlitASCII(c, ch.ox, ch.oy, '*', 0)
	case s.Faint:
		ch.ras.Blit(c, ch.ox, ch.oy, Soft)
	default:
		ch.ras.Blit(c, ch.ox, ch.oy, 0)
	}
}

// drawPoints marks the end of a curve, and ✕ wherever values began not to be finite.
func (ch *Chart) drawPoints(c *Canvas, s *Series) {
	cross := '✕'
	if ch.Mode == ASCII {
		cross = 'x'
	}
	lastY, bad, end := 0.0, false, -1
	for i, p := range s.Points {
		if !finite(p.X) {
			continue
		}
		if finite(p.Mid) {
			lastY, bad, end = p.Mid, false, i
			continue
		}
		if !bad {
			x, y := ch.dot(p.X, lastY)
			if end < 0 {
				y = 0 // nothing was ever finite: on the top, where infinity would be
			}
			ch.put(c, x, y, cross, s.Color)
		}
		bad = true
	}
	if end >= 0 && s.Marker != 0 && !s.Faint {
		x, y := ch.dot(s.Points[end].X, s.Points[end].Mid)
		if !bad {
			ch.put(c, x, y, s.Marker, s.Color)
		}
	}
}

// put writes a glyph at dots of the area for curves; a point above or below it is shown at the edge.
func (ch *Chart) put(c *Canvas, dx, dy float64, r rune, col Color) {
	if !(dx >= 0 && dx < float64(2*ch.ax.w)) || dy != dy {
		return
	}
	y := int(clamp(dy, 0, float64(4*ch.ax.h-1))) / 4
	cell := c.At(ch.ox+int(dx)/2, ch.oy+y)
	cell.R, cell.FG, cell.A = r, col, Bold
}
