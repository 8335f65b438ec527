package ui

import (
	"math"

	"opttui/internal/ewma"
	"opttui/internal/plot"
	"opttui/internal/train"
)

// What is drawn faintly beside the runs: their ghosts and, of the selected one, what lies ahead of it and the futures that
// were given up.

// futures are the paths that the selected run might have gone, from where each parts. project makes points of the picture
// of the parameters of many-dimensional problems.
func (m *Model) futures(project func(trail [][]float64) []train.XY) [][]train.XY {
	var paths [][]train.XY
	add := func(path []train.XY, trail [][]float64) {
		if path == nil && project != nil {
			path = project(trail)
		}
		if len(path) > 1 {
			paths = append(paths, path)
		}
	}
	s := m.lane().snap
	for _, b := range lastBranches(s) {
		add(b.Path, b.Trail)
	}
	if a := s.Ahead; a != nil {
		add(a.Path, a.Trail)
	}
	return paths
}

// drawFutures draws them on the picture, and the ghosts of all runs.
func (m *Model) drawFutures(o *plot.Overlay, project func([][]float64) []train.XY, of func(*lane) []train.XY) {
	faint := m.dim()
	if !m.plain {
		faint = plot.Mix(m.onHeat(m.lane()), plot.RGB(110, 110, 118), 0.7)
	}
	for _, path := range m.futures(project) {
		o.Path(len(path), func(i int) (x, y float64) { return path[i].X, path[i].Y }, faint, false)
	}
	for _, l := range m.backToFront() {
		if g := l.ghost; g != nil {
			m.drawGhost(o, l, of(&g.lane))
		}
	}
}

// addFutures gives the chart of losses the same.
func (m *Model) addFutures() {
	s := m.lane().snap
	color := m.tint(m.lane())
	for _, b := range lastBranches(s) {
		m.addFaint(color, len(b.Losses), 1, func(i int) (train.Bucket, int) { return b.Losses[i].Bucket, b.Losses[i].Step })
	}
	if a := s.Ahead; a != nil {
		h := a.History
		first := 0
		for first < h.Len() {
			if _, last := h.At(first); last >= s.Step {
				break
			}
			first++
		}
		m.addFaint(color, h.Len()-first, h.Stride, func(i int) (train.Bucket, int) { return h.At(first + i) })
	}
	for _, l := range m.lanes {
		if g := l.ghost; g != nil {
			h := g.snap.History
			m.addFaint(m.tint(l), h.Len(), h.Stride, h.At)
			if n := len(m.chart.Series); n > 0 {
				m.chart.Series[n-1].Marker = g.marker
			}
		}
	}
}

// addFaint adds the curve of n buckets, smoothed as the runs are.
func (m *Model) addFaint(color plot.Color, n, stride int, at func(i int) (train.Bucket, int)) {
	alpha := m.smoothing(m.lane().snap)
	avg := ewma.Average{Alpha: math.Pow(alpha, float64(stride))}
	points := m.points.take(max(n, 0))
	for i := range n {
		b, last := at(i)
		v := b.Mean
		switch {
		case b.Min > b.Max:
			v = math.NaN()
		case alpha > 0:
			avg.Add(b.Mean)
			v = avg.Corrected()
		}
		points = append(points, plot.Value(m.position(b, last), m.cut(v)))
	}
	m.chart.Series = append(m.chart.Series, plot.Series{Points: points, Color: color, Faint: true})
}
