package ui

import (
	"fmt"
	"math"
	"slices"
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
	for i, line := range m.gaugeLines(in.w, in.h) {
		if i >= in.h {
			return
		}
		x := in.x + 1
		for k, part := range line {
			text := m.line(part.text)
			if k > 0 && part.name { // of another quantity
				x++
			}
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
	name  bool // of what follows
}

// name is the name of a quantity.
func (m *Model) name(text string) part { return part{text, m.dim(), m.faint(), true} }

// gaugeLines are the lines of the panel for so many columns and rows, the most wanted first.
func (m *Model) gaugeLines(room, rows int) [][]part {
	s, r := m.lane().snap, m.report()
	name := m.name
	plain := func(t string) part { return part{text: t} }
	if r == nil {
		return [][]part{{name("the curvature is being measured …")}, nil, nil, m.gradientLine(nil)}
	}
	curve := []part{name("λ"), plain(eigenText(r)), name("κ"), plain(value(r.Condition))}
	if r.Class != curvature.Unknown {
		curve = append(curve, m.classPart(r))
	}
	curve = append(curve, name("gᵀHg/gᵀg"), plain(value(r.Along)))
	change := []part{name("Δf predicted"), plain(signed(r.Last.Predicted)), name("actual"), plain(signed(r.Last.Actual))}
	split := []part{name("   by gradient"), plain(signed(r.Last.Gradient)), name("curvature"), plain(signed(r.Last.Curvature))}
	if s.Stochastic {
		split = append(split, name("noise"), plain(signed(r.Last.Noise)))
	}
	if room >= 80 {
		change, split = append(change, split...), nil
	}
	lines := [][]part{m.rateLine(r), curve, change, m.gradientLine(r)}
	if split != nil && rows > len(lines) {
		lines = slices.Insert(lines, 3, split)
	}
	return lines
}

// rateLine is the bar of the learning rate against its limit.
func (m *Model) rateLine(r *curvature.Report) []part {
	s := m.lane().snap
	name := m.name
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
		{text: value(share) + " of " + value(r.Limit.LR)}, {text: word, color: color, attr: plot.Bold}, name(r.Limit.Formula)}
}

// classPart is the kind of critical point that is near, as the signs of the eigenvalues say.
func (m *Model) classPart(r *curvature.Report) part {
	text := string(r.Class)
	switch {
	case r.Critical:
		return part{text: "at a " + text, color: m.accent(), attr: plot.Bold}
	case !math.IsNaN(r.Distance) && !math.IsInf(r.Distance, 0):
		text += ", " + value(r.Distance) + " away"
	}
	return part{text: text}
}

// gradientLine is what is known without the Hessian.
func (m *Model) gradientLine(r *curvature.Report) []part {
	s := m.lane().snap
	name := m.name
	line := []part{name("‖g‖"), {text: value(s.GradNorm)}}
	if r != nil && !math.IsNaN(r.Ratio) {
		line = append(line, name("‖Δθ‖/‖θ‖"), part{text: value(r.Ratio)})
	}
	return append(line, name(evaluations(s.Counts)))
}

// eigenText writes the eigenvalues: both of two, else the ends. What may as well be zero, as far as it has been computed, is
// called that.
func eigenText(r *curvature.Report) string {
	write := func(v float64) string {
		if math.Abs(v) <= r.Error {
			return "≈ 0"
		}
		return value(v)
	}
	switch n := len(r.Values); {
	case n == 0:
		return "–"
	case n == 1:
		return write(r.Values[0])
	case n == 2 && r.Exact:
		return write(r.Values[0]) + " " + write(r.Values[1])
	default:
		return write(r.Values[0]) + " … " + write(r.Values[n-1])
	}
}

// signed writes a change with its sign.
func signed(v float64) string {
	if v > 0 {
		return "+" + value(v)
	}
	return strings.Replace(value(v), "-", "−", 1)
}
