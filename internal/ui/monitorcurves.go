package ui

import (
	"fmt"
	"math"

	"opttui/internal/ewma"
	"opttui/internal/monitor"
	"opttui/internal/plot"
	"opttui/internal/train"
)

// The charts of a Monitor.

// drawFirst draws the losses: of one run that on training data and those on others, of several only the former.
func (m *Monitor) drawFirst(p pane) {
	ch := &m.curves[0]
	m.blank(ch)
	ch.Log, ch.Legend = !m.linear, len(m.runs) == 1
	name, most := "loss", 0.0
	for i := range m.runs {
		w := m.runs[(m.sel+1+i)%len(m.runs)] // the selected one last, on top of the others
		at := (m.sel + 1 + i) % len(m.runs)
		loss := w.view.Loss()
		if loss < 0 {
			continue
		}
		for j, s := range w.view.Series {
			if j != loss && (len(m.runs) > 1 || !monitor.IsLoss(s.Name)) {
				continue
			}
			color := at
			if len(m.runs) == 1 {
				color = len(ch.Series)
			}
			alpha := m.smoothing(s)
			most = max(most, alpha)
			m.addSeries(ch, s, alpha, m.colorOf(color), m.markerOf(color))
			if j == loss && at == m.sel {
				name = s.Name
			}
		}
	}
	scale, smooth := "log", "not smoothed"
	if m.linear {
		scale = "linear"
	}
	if most > 0 {
		smooth = fmt.Sprintf("α %g ≈ %.0f points", most, ewma.Window(most))
	}
	m.frameOf(p, fmt.Sprintf("%s ── %s ── %s ── by %s", name, scale, smooth, axisNames[m.xaxis]))
	in := p.inner()
	if len(ch.Series) == 0 {
		m.waiting(in)
		return
	}
	m.addChanges(ch, in.w)
	ch.Draw(m.screen, in.x, in.y, in.w, in.h)
}

// waiting says what is missing where there are no curves yet.
func (m *Monitor) waiting(in rect) {
	text := "waiting for the first numbers"
	if w := m.selected(); w != nil && (w.view.Status == monitor.Ended || w.view.Status == monitor.Failed) {
		text = "it has told no numbers: docs/protocol.md says how"
	}
	m.screen.Text(in.x+1, in.y+in.h/2, clip(text, in.w-2), m.dim(), m.faint())
}

// drawSecond draws another number of all runs.
func (m *Monitor) drawSecond(p pane) {
	name := m.second()
	ch := &m.curves[1]
	m.blank(ch)
	ch.Log = false
	for i := range m.runs {
		at := (m.sel + 1 + i) % len(m.runs)
		v := m.runs[at].view
		if j := v.Find(name); j >= 0 {
			m.addSeries(ch, v.Series[j], 0, m.colorOf(at), m.markerOf(at))
		}
	}
	title := "number"
	if name != "" {
		title = name + " ── v: another"
	}
	m.frameOf(p, title)
	if len(ch.Series) > 0 {
		in := p.inner()
		m.addChanges(ch, in.w)
		ch.Draw(m.screen, in.x, in.y, in.w, in.h)
	}
}

// smoothing is the rate of the average of a loss: those on training data are of minibatches, more often than not.
func (m *Monitor) smoothing(s monitor.Series) float64 {
	if a := alphas[m.alpha]; !math.IsNaN(a) {
		return a
	}
	if monitor.Held(s.Name) || s.Count < 50 {
		return 0
	}
	return autoAlpha
}

// addSeries adds a number to a chart: its values and, where it is smoothed, these faintly below their average.
func (m *Monitor) addSeries(ch *plot.Chart, s monitor.Series, alpha float64, color plot.Color, marker rune) {
	h := s.History
	raw := make([]plot.Point, 0, h.Len())
	mean := make([]plot.Point, 0, h.Len())
	a := ewma.Average{Alpha: math.Pow(alpha, float64(h.Stride))}
	for i := range h.Len() {
		b, _ := h.At(i)
		x := m.position(b)
		if x-x != 0 {
			continue // it has no place on this axis
		}
		mid := b.Mean
		if b.Bad > 0 {
			mid = math.NaN()
		}
		raw = append(raw, plot.Point{X: x, Lo: b.Min, Hi: b.Max, Mid: mid})
		if alpha > 0 && b.Min <= b.Max {
			a.Add(b.Mean)
			mean = append(mean, plot.Value(x, a.Corrected()))
		}
	}
	if alpha == 0 {
		ch.Series = append(ch.Series, plot.Series{Name: s.Name, Points: raw, Color: color, Marker: marker})
		return
	}
	ch.Series = append(ch.Series, plot.Series{Points: raw, Color: color, Faint: true},
		plot.Series{Name: s.Name, Points: mean, Color: color, Marker: marker})
}

func (m *Monitor) position(b train.Bucket) float64 {
	switch m.xaxis {
	case byEpoch:
		return b.Epoch
	case bySeconds:
		return b.Seconds
	default:
		return b.Gradients // the program's steps
	}
}

// addChanges marks where the program has taken what was tuned.
func (m *Monitor) addChanges(ch *plot.Chart, columns int) {
	for i, w := range m.runs {
		all := w.view.Changes
		for j, c := range all {
			if j+1 < len(all) && all[j+1].Name == c.Name && (all[j+1].Step-c.Step)*float64(columns) < 2*w.view.Step {
				continue // the next change of the same number stands in the same place and says where it ended
			}
			if x, ok := m.placeOf(w.view, c.Step); ok {
				ch.Marks = append(ch.Marks, plot.Mark{X: x, Text: c.Note, Color: m.colorOf(i)})
			}
		}
	}
}

// placeOf finds a step on the horizontal axis.
func (m *Monitor) placeOf(v *monitor.View, step float64) (x float64, ok bool) {
	if m.xaxis == bySteps {
		return step, step-step == 0
	}
	loss := v.Loss()
	if loss < 0 {
		return 0, false
	}
	h := v.Series[loss].History
	for i := range h.Len() {
		if b, _ := h.At(i); b.Gradients >= step {
			x = m.position(b)
			return x, x-x == 0
		}
	}
	return 0, false
}
