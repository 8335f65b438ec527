package ui

import (
	"fmt"
	"math"

	"opttui/internal/plot"
	"opttui/internal/train"
)

// drawLandscape is the heat map with the paths of all runs over it.
func (m *Model) drawLandscape(p pane) {
	in := p.inner()
	m.scape = in
	v := m.world.view
	m.frameOf(p, fmt.Sprintf("landscape ── x ∈ [%s, %s]  y ∈ [%s, %s]", edge(v.X0, v.X1), edge(v.X1, v.X0), edge(v.Y0, v.Y1), edge(v.Y1, v.Y0)))
	if in.w < 1 || in.h < 1 {
		return
	}
	m.world.fieldFor(in.w, in.h).Draw(m.screen, in.x, in.y, m.mode)
	o := m.overlay(v)
	m.drawFutures(o, nil, (*lane).walked)
	for _, l := range m.backToFront() {
		s := l.snap
		if len(s.X) != 2 {
			continue // the run is changing to this problem just now
		}
		m.drawPath(o, l, l.walked())
	}
	m.drawLocal(o, m.lane())
	m.drawArrows(o, m.lane())
	for _, k := range m.world.minima() {
		mark := '◇'
		if k.Global {
			mark = '◆'
		}
		if m.ascii {
			mark = '*'
		}
		o.Marker(k.X[0], k.X[1], mark, m.white())
	}
	if s := m.lane().snap; len(s.X) == 2 {
		m.drawStart(o, s.Start[0], s.Start[1])
	}
	m.drawPlaces(o)
}

// walked is the path of a run on a landscape, up to where it is. The next call changes it.
func (l *lane) walked() []train.XY {
	s := l.snap
	if len(s.X) != 2 {
		return nil
	}
	l.path = append(append(l.path[:0], s.Path...), train.XY{X: s.X[0], Y: s.X[1]})
	return l.path
}

// overlay draws over the picture, which shows the given part of the plane.
func (m *Model) overlay(v plot.View) *plot.Overlay {
	return &plot.Overlay{C: m.screen, OX: m.scape.x, OY: m.scape.y, W: m.scape.w, H: m.scape.h, View: v, Mode: m.mode}
}

func (m *Model) drawPath(o *plot.Overlay, l *lane, path []train.XY) {
	o.Path(len(path), func(i int) (x, y float64) { return path[i].X, path[i].Y }, m.onHeat(l), true)
}

func (m *Model) drawStart(o *plot.Overlay, x, y float64) {
	start := '×'
	if m.ascii {
		start = 'x'
	}
	o.Marker(x, y, start, m.white())
}

// drawPlaces marks where the runs are.
func (m *Model) drawPlaces(o *plot.Overlay) {
	for _, l := range m.backToFront() {
		if x, y, ok := m.place(l); ok {
			o.Marker(x, y, l.marker, m.onHeat(l))
		}
	}
}

// white is the colour of what belongs to no run.
func (m *Model) white() plot.Color {
	if m.plain {
		return 0
	}
	return plot.RGB(255, 255, 255)
}

// drawArrows shows where the selected run is pulled: −g in white, and in its own colour the velocity of rules that
// have one. They are as long as what they would move θ by in several steps, so they shrink as the run arrives.
func (m *Model) drawArrows(o *plot.Overlay, l *lane) {
	s := l.snap
	if len(s.Gradient) != 2 || s.Status == train.Diverged || o.W < 40 || o.H < 10 {
		return
	}
	white := plot.RGB(225, 225, 230)
	if m.plain {
		white = 0
	}
	draw := func(dx, dy float64, c plot.Color) {
		const steps = 8
		v := o.View
		cells := math.Hypot(dx/(v.X1-v.X0)*float64(o.W), dy/(v.Y1-v.Y0)*float64(2*o.H)) * steps
		if cells >= 1.5 {
			o.Arrow(s.X[0], s.X[1], dx, dy, math.Min(cells, float64(o.W)/12), c)
		}
	}
	if v := s.Velocity; len(v) == 2 {
		draw(v[0], v[1], m.onHeat(l))
	}
	draw(-s.LR*s.Gradient[0], -s.LR*s.Gradient[1], white)
}

// onHeat is the colour of a run on the heat map, which is dark on every terminal.
func (m *Model) onHeat(l *lane) plot.Color {
	switch {
	case m.plain:
		return 0
	case m.mode != plot.Colour: // no heat: the terminal's own background
		return m.tint(l)
	default:
		return l.color
	}
}
