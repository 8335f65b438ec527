package ui

import (
	"fmt"
	"math"
	"strings"

	"opttui/internal/curvature"
	"opttui/internal/optim"
	"opttui/internal/plot"
)

// drawGauges is the panel of what is measured of the selected run.
func (m *Model) drawGauges(p pane) {
	if p.h == 0 {
		return
	}
	title := "gauges"
	if r := m.report(); r != nil && r.Step != m.lane().snap.Step {
		title += fmt.Sprintf(" ── curvature at step %s", grouped(r.Step))
	}
	m.frameOf(p, title)
	m.drawGaugeLines(p.inner())
}

// drawGaugeLines writes the gauges, as many lines as there is room for.
func (m *Model) drawGaugeLines(in rect) {
	for i, line := range m.gaugeLines(in.w) {
		if i >= in.h {
			return
		}
		x := in.x + 1
		for _, part := range line {
			text := m.line(part.text)
			if x+width(text) > in.x+in.w {
				text = clip(text, in.x+in.w-x)
			}
			x += m.screen.Text(x, in.y+i, text, part.color, part.attr)
			x++
		}
	}
}

// part is a piece of a line in one colour.
type part struct {
	text  string
	color plot.Color
	attr  plot.Attr
}

// gaugeLines are the lines of the panel, the most wanted first.
func (m *Model) gaugeLines(room int) [][]part {
	s, r := m.lane().snap, m.report()
	name := func(t string) part { return part{t, m.dim(), m.faint()} }
	plain := func(t string) part { return part{text: t} }
	if r == nil {
		return [][]part{{name("the curvature is being measured …")}, m.gradientLine(nil)}
	}
	curve := []part{name("λ"), plain(eigenText(r)), name("κ"), plain(value(r.Condition)), name("gᵀHg/gᵀg"), plain(value(r.Along))}
	if r.Class != curvature.Unknown {
		curve = append(curve, m.classPart(r))
	}
	change := []part{name("Δf predicted"), plain(signed(r.Last.Predicted)), name("actual"), plain(signed(r.Last.Actual))}
	if room >= 44 {
		sum := fmt.Sprintf("= %s gradient %s curvature", signed(r.Last.Gradient), signed(r.Last.Curvature))
		if s.Stochastic {
			sum += fmt.Sprintf(", noise %s", signed(r.Last.Noise))
		}
		change = []part{name("Δf"), plain(signed(r.Last.Actual)), name("predicted"), plain(signed(r.Last.Predicted)), name(sum)}
	}
	return [][]part{m.rateLine(r), curve, change, m.gradientLine(r)}
}

// rateLine is the bar of the learning rate against its limit.
func (m *Model) rateLine(r *curvature.Report) []part {
	s := m.lane().snap
	name := func(t string) part { return part{t, m.dim(), m.faint()} }
	if s.Optimizer.Unit == optim.NoRate || math.IsNaN(r.Limit.LR) {
		why := r.Limit.Why
		if why == "" {
			why = "no limit is known"
		}
		line := []part{name(why)}
		if s.Optimizer.Unit != optim.NoRate {
			line = append([]part{name("ε"), {text: value(s.LR)}}, line...)
		}
		return line
	}
	share := s.LR / r.Limit.LR
	word, color := "stable", plot.Color(0)
	switch {
	case share > 1.05:
		word, color = "unstable", m.warn()
	case share > 0.95:
		word, color = "edge", m.accent()
	}
	const bar = 10
	full := int(math.Round(math.Min(share, 1) * bar))
	on, off := "▓", "░"
	if m.ascii {
		on, off = "#", "."
	}
	return []part{name("ε"), {text: value(s.LR)},
		{text: strings.Repeat(on, full) + strings.Repeat(off, bar-full), color: color},
		{text: value(share)}, name("of " + r.Limit.Formula + " = " + value(r.Limit.LR)), {word, color, plot.Bold}}
}

// classPart is the kind of critical point that is near, as the signs of the eigenvalues say.
func (m *Model) classPart(r *curvature.Report) part {
	text := string(r.Class)
	switch {
	case r.Critical:
		return part{"at a " + text, m.accent(), plot.Bold}
	case !math.IsNaN(r.Distance) && !math.IsInf(r.Distance, 0):
		text += ", " + value(r.Distance) + " away"
	}
	return part{text: text}
}

// gradientLine is what is known without the Hessian.
func (m *Model) gradientLine(r *curvature.Report) []part {
	s := m.lane().snap
	name := func(t string) part { return part{t, m.dim(), m.faint()} }
	line := []part{name("‖g‖"), {text: value(s.GradNorm)}}
	if r != nil && !math.IsNaN(r.Ratio) {
		line = append(line, name("‖Δθ‖/‖θ‖"), part{text: value(r.Ratio)})
	}
	return append(line, name(evaluations(s.Counts)))
}

// eigenText writes the eigenvalues: both of two, else the ends.
func eigenText(r *curvature.Report) string {
	switch n := len(r.Values); {
	case n == 0:
		return "–"
	case n == 1:
		return value(r.Values[0])
	case n == 2:
		return value(r.Values[0]) + " " + value(r.Values[1])
	default:
		return value(r.Values[0]) + " … " + value(r.Values[n-1])
	}
}

// signed writes a change with its sign.
func signed(v float64) string {
	if v > 0 {
		return "+" + value(v)
	}
	return strings.Replace(value(v), "-", "−", 1)
}
