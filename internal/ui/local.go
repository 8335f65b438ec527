package ui

import (
	"math"

	"opttui/internal/optim"
	"opttui/internal/plot"
)

// What h draws on the landscape around the selected run: how the function bends there, and what the rule makes of it.

// toggleLocal shows or hides it.
func (m *Model) toggleLocal() {
	m.gauges.shown = !m.gauges.shown
	switch {
	case !m.gauges.shown:
		m.say("the local parabola is hidden")
	case m.world.picture != pictureLandscape:
		m.say("the local parabola is drawn on landscapes; the gauges tell its figures")
	default:
		m.say("axes of the local parabola: solid curves up, dashed curves down, long is flat; dotted: the rates by coordinate")
	}
}

// drawLocal draws the axes of the local parabola (the eigenvectors of the Hessian, as long as 1/√|λ| in proportion, as the
// axes of an iso-line are), the rates of adaptive rules as an ellipse, and where Nesterov's rule looks ahead.
func (m *Model) drawLocal(o *plot.Overlay, l *lane) {
	s, r := l.snap, m.report()
	if !m.gauges.shown || r == nil || len(s.X) != 2 || m.gauges.stale(l) {
		return
	}
	size := 0.12 * math.Min(o.View.X1-o.View.X0, o.View.Y1-o.View.Y0)
	if scale := m.gauges.seen.scale; len(scale) == 2 {
		m.drawRatesEllipse(o, s.X, scale, 0.6*size)
	}
	if len(r.Values) == 2 && len(r.Vectors) == 2 {
		flattest := math.Min(math.Abs(r.Values[0]), math.Abs(r.Values[1]))
		for i, lambda := range r.Values {
			half := size
			if lambda != 0 {
				half = size * math.Max(math.Sqrt(flattest/math.Abs(lambda)), 0.12)
			}
			m.drawAxis(o, s.X, r.Vectors[i], half, lambda < 0)
		}
	}
	if momentum, ok := s.Setting("optimizer.momentum"); ok && s.Optimizer.Name == "nesterov" && s.Convention == optim.Lecture && len(s.Velocity) == 2 {
		a := momentum.Value
		o.Marker(s.X[0]+a*s.Velocity[0], s.X[1]+a*s.Velocity[1], '○', m.onHeat(l))
	}
}

// drawAxis draws a line through x along v, half as long to either side, dashed where the function curves down.
func (m *Model) drawAxis(o *plot.Overlay, x, v []float64, half float64, down bool) {
	const pieces = 24
	color := m.white()
	if down && !m.plain {
		color = m.warn()
	}
	o.Path(2*pieces+1, func(i int) (float64, float64) {
		if down && i%4 == 3 {
			return math.NaN(), math.NaN()
		}
		t := half * float64(i-pieces) / pieces
		return x[0] + t*v[0], x[1] + t*v[1]
	}, color, false)
}

// drawRatesEllipse draws what the rule multiplies the gradient with in each coordinate, the longer half-axis with the given length.
func (m *Model) drawRatesEllipse(o *plot.Overlay, x, scale []float64, half float64) {
	most := math.Max(scale[0], scale[1])
	if !(most > 0) || math.IsInf(most, 1) {
		return
	}
	const points = 96
	color := m.white()
	if !m.plain {
		color = plot.RGB(190, 160, 255)
	}
	o.Path(points+1, func(i int) (float64, float64) {
		if i%3 == 2 {
			return math.NaN(), math.NaN()
		}
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / points)
		return x[0] + half*scale[0]/most*cos, x[1] + half*scale[1]/most*sin
	}, color, false)
}
