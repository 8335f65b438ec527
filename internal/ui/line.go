package ui

import (
	"fmt"
	"math"

	"opttui/internal/optim"
	"opttui/internal/plot"
	"opttui/internal/problems"
	"opttui/internal/train"
)

// drawLine is the picture of a function of one variable: the function, for the selected run its tangent and the
// parabola that Newton's method sees, and the steps of all runs.
func (m *Model) drawLine(p pane) {
	in := p.inner()
	v := m.world.view
	s := m.lane().snap
	zero := seeksZero(m.lane())
	sees := "tangent and Newton's parabola"
	if zero {
		sees = "the tangents to zero"
	}
	title := fmt.Sprintf("function ── x ∈ [%s, %s]", edge(v.X0, v.X1), edge(v.X1, v.X0))
	if len(s.X) == 1 {
		title += fmt.Sprintf(" ── %s at x %s", sees, value(s.X[0]))
	}
	m.frameOf(p, title)
	c := &m.accuracy // the panel shows either scores or a function, never both
	m.blank(c)
	c.XRange = [2]float64{v.X0, v.X1}
	f := func(x float64) float64 { return m.world.problem.Value([]float64{x}) }
	curve := func(f func(x float64) float64) []plot.Point {
		n := 2 * max(in.w, 1)
		points := make([]plot.Point, 0, n+1)
		for i := range n + 1 {
			x := v.X0 + (v.X1-v.X0)*float64(i)/float64(n)
			points = append(points, plot.Value(x, f(x)))
		}
		return points
	}
	function := curve(f)
	c.YRange = heights(function, zero)
	if len(s.X) == 1 && s.X[0] >= v.X0 && s.X[0] <= v.X1 {
		x0, g, h := s.X[0], make([]float64, 1), make([]float64, 1)
		f0 := m.world.problem.Gradient(s.X, g)
		if q, ok := problems.HessianOf(m.world.problem); ok && !zero {
			q.Hessian(s.X, h)
			c.Series = append(c.Series, plot.Series{Color: plot.Mix(m.tint(m.lane()), m.dim(), 0.75), Points: curve(func(x float64) float64 {
				return f0 + g[0]*(x-x0) + h[0]*(x-x0)*(x-x0)/2
			})})
		}
		c.Series = append(c.Series, plot.Series{Color: m.dim(), Points: curve(func(x float64) float64 { return f0 + g[0]*(x-x0) })})
	}
	if zero {
		c.Series = append(c.Series, plot.Series{Color: m.dim(), Points: []plot.Point{plot.Value(v.X0, 0), plot.Value(v.X1, 0)}})
	}
	c.Series = append(c.Series, plot.Series{Points: function})
	c.Draw(m.screen, in.x, in.y, in.w, in.h)
	x, y, w, h, area := c.Area()
	m.scape = rect{x, y, w, h}
	m.drawSteps(&plot.Overlay{C: m.screen, OX: x, OY: y, W: w, H: h, View: area, Mode: m.mode}, f)
}

// heights is the range of the vertical axis: all of the function, and zero where that is looked for.
func heights(function []plot.Point, zero bool) [2]float64 {
	least, most := math.Inf(1), math.Inf(-1)
	for _, q := range function {
		if q.Mid-q.Mid == 0 {
			least, most = math.Min(least, q.Mid), math.Max(most, q.Mid)
		}
	}
	if zero {
		least, most = math.Min(least, 0), math.Max(most, 0)
	}
	margin := 0.08 * (most - least)
	if !(margin > 0) || math.IsInf(margin, 1) { // flat, or nowhere finite
		return [2]float64{}
	}
	return [2]float64{least - margin, most + margin}
}

// seeksZero tells whether the run looks for a zero of the value instead of a minimum.
func seeksZero(l *lane) bool {
	mode, ok := l.snap.Setting("optimizer.mode")
	return ok && mode.Knob.Text(mode.Value) == optim.ZeroMode
}

// lastSteps is how many steps get dots or tangents of their own: more would hide the function.
const lastSteps = 10

// drawSteps draws where the runs of a function of one variable have been, as chords from point to point, and where
// they are. A run that looks for a zero goes down its tangent to the axis, and from there back to the function.
func (m *Model) drawSteps(o *plot.Overlay, f func(x float64) float64) {
	if o.W < 1 || o.H < 1 {
		return
	}
	for _, l := range m.backToFront() {
		s := l.snap
		if len(s.X) != 1 {
			continue // the run is changing to this problem just now
		}
		corners := s.Path
		if n := len(corners); n > 0 && corners[n-1].X != s.X[0] {
			corners = append(corners[:n:n], train.XY{X: s.X[0], Y: f(s.X[0])})
		}
		if seeksZero(l) {
			corners = zigzag(corners[max(0, len(corners)-lastSteps):])
		}
		o.Path(len(corners), func(i int) (x, y float64) { return corners[i].X, corners[i].Y }, m.tint(l), true)
		for _, q := range s.Path[max(0, len(s.Path)-lastSteps):] {
			o.Marker(q.X, q.Y, m.small(), m.tint(l))
		}
	}
	for _, l := range m.backToFront() {
		if x := l.snap.X; len(x) == 1 {
			o.Marker(x[0], f(x[0]), l.marker, m.tint(l))
		}
	}
}

// zigzag goes from each point of the function to where its tangent meets zero, which is below or above the next one.
func zigzag(corners []train.XY) []train.XY {
	var out []train.XY
	for i, q := range corners {
		if i > 0 {
			out = append(out, train.XY{X: q.X})
		}
		out = append(out, q)
	}
	return out
}

// small marks one of many points.
func (m *Model) small() rune {
	if m.ascii {
		return '.'
	}
	return '·'
}
