package ui

import (
	"fmt"
	"math"

	"opttui/internal/ewma"
	"opttui/internal/plot"
	"opttui/internal/recipe"
	"opttui/internal/train"
)

// drawCurves is the loss of all runs.
func (m *Model) drawCurves(p pane) {
	in := p.inner()
	scale := "log"
	if m.linear {
		scale = "linear"
	}
	smooth, most := "not smoothed", 0.0
	for _, l := range m.lanes {
		most = max(most, m.smoothing(l.snap))
	}
	switch {
	case m.means != nil:
		smooth = fmt.Sprintf("run %d and its averages", m.sel+1)
	case most > 0:
		smooth = fmt.Sprintf("α %g ≈ %.0f points", most, ewma.Window(most))
	}
	m.frameOf(p, fmt.Sprintf("loss ── %s ── %s ── by %s", scale, smooth, axisNames[m.xaxis]))
	m.blank(&m.chart)
	m.points.free()
	m.chart.Log = !m.linear
	m.limit = m.lossLimit()
	if m.means != nil {
		in = m.addMeans(in)
	} else {
		m.addFutures()
		for _, l := range m.backToFront() {
			m.addCurve(l, m.smoothing(l.snap))
		}
	}
	m.addMarks(in.w)
	m.chart.Draw(m.screen, in.x, in.y, in.w, in.h)
}

// lossLimit is where curves leave the picture, so that a run that blows up does not flatten all others.
func (m *Model) lossLimit() float64 {
	first := 0.0
	for _, l := range m.lanes {
		if b, _ := l.snap.History.At(0); b.Min <= b.Max {
			first = max(first, math.Abs(b.Min), min(math.Abs(b.Max), 1e300))
		}
	}
	if m.linear {
		return 2 * max(first, 1e-12)
	}
	return 1e4 * max(first, 1e-3)
}

// smoothing is the rate α of the average that is drawn of a run's losses.
func (m *Model) smoothing(s *train.Snapshot) float64 {
	switch alpha := alphas[m.alpha]; {
	case !math.IsNaN(alpha):
		return alpha
	case s.Stochastic:
		return autoAlpha
	default:
		return 0
	}
}

// pointPool is the memory of curves, used again for each frame.
type pointPool struct {
	block []plot.Point
	used  int
}

// free says that no curve is needed any more.
func (p *pointPool) free() { p.used = 0 }

// take returns room for n points, without any.
func (p *pointPool) take(n int) []plot.Point {
	if p.used+n > len(p.block) {
		p.block, p.used = make([]plot.Point, max(2*n, 2*len(p.block))), 0
	}
	p.used += n
	return p.block[p.used-n : p.used-n : p.used]
}

// addCurve gives the chart the loss of one run: the raw values faintly and their moving average strongly.
func (m *Model) addCurve(l *lane, alpha float64) {
	h := l.snap.History
	if alpha == 0 {
		m.chart.Series = append(m.chart.Series, plot.Series{Points: m.rawLosses(h), Color: m.tint(l), Marker: l.marker})
		return
	}
	m.chart.Series = append(m.chart.Series,
		plot.Series{Points: m.rawLosses(h), Color: m.tint(l), Faint: true},
		plot.Series{Points: m.average(h, recipe.Smoothing{Alpha: alpha}), Color: m.tint(l), Marker: l.marker})
}

// rawLosses are those of a run.
func (m *Model) rawLosses(h train.HistoryView) []plot.Point {
	n := h.Len()
	raw := m.points.take(n)
	for i := range n {
		b, last := h.At(i)
		mid := b.Mean
		if b.Bad > 0 {
			mid = math.NaN() // the chart marks it
		}
		raw = append(raw, plot.Point{X: m.position(b, last), Lo: m.cut(b.Min), Hi: m.cut(b.Max), Mid: m.cut(mid)})
	}
	return raw
}

// average is a moving average of a run's losses.
func (m *Model) average(h train.HistoryView, s recipe.Smoothing) []plot.Point {
	n := h.Len()
	points := m.points.take(n)
	var avg ewma.Average
	if s.Start == recipe.StartFirst {
		avg.Start = ewma.First
	}
	for i := range n {
		b, last := h.At(i)
		if b.Min > b.Max {
			continue // none was finite
		}
		// A bucket stands for stride losses, so the average forgets αˢ of the past at each.
		avg.Alpha = math.Pow(s.Alpha, float64(h.Stride))
		avg.Add(b.Mean)
		v := avg.Corrected()
		if s.Start == recipe.StartZero {
			v = avg.Mean()
		}
		points = append(points, plot.Value(m.position(b, last), m.cut(v)))
	}
	return points
}

// cut keeps a loss in the picture.
func (m *Model) cut(v float64) float64 { return math.Min(math.Max(v, -m.limit), m.limit) }

// position is where a bucket stands on the horizontal axis.
func (m *Model) position(b train.Bucket, lastStep int) float64 {
	switch m.xaxis {
	case byGradients:
		return b.Gradients
	case byCost:
		return b.Cost
	case byEpoch:
		return b.Epoch
	case bySeconds:
		return b.Seconds
	default:
		return float64(lastStep)
	}
}

// addMarks marks where a key changed something.
func (m *Model) addMarks(columns int) {
	for _, l := range m.lanes {
		j := l.snap.Journal
		for i, e := range j {
			if i+1 < len(j) && sameKnob(e, j[i+1]) && (j[i+1].Step-e.Step)*columns < 2*l.snap.Step {
				continue // the next turn of the same knob stands in the same place and says where it ended
			}
			x, ok := m.stepPosition(l.snap, e.Step)
			if ok {
				m.chart.Marks = append(m.chart.Marks, plot.Mark{X: x, Text: e.Note, Color: m.tint(l)})
			}
		}
	}
}

func sameKnob(a, b train.Entry) bool {
	return a.Command.Op == train.OpSet && b.Command.Op == train.OpSet && a.Command.Key == b.Command.Key
}

// stepPosition finds a step on the horizontal axis.
func (m *Model) stepPosition(s *train.Snapshot, step int) (float64, bool) {
	if m.xaxis == bySteps {
		return float64(step), true
	}
	i := min(step/max(s.History.Stride, 1), s.History.Len()-1)
	if i < 0 {
		return 0, false
	}
	b, last := s.History.At(i)
	return m.position(b, last), true
}
