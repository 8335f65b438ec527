package ui

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"opttui/internal/curvature"
	"opttui/internal/optim"
	"opttui/internal/plot"
	"opttui/internal/train"
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
	if s.Status == train.Diverged {
		return [][]part{{name("the loss is not finite here: there is no curvature")}, nil, nil, m.gradientLine(nil)}
	}
	if r == nil {
		return [][]part{{name("the curvature is being measured …")}, nil, nil, m.gradientLine(nil)}
	}
	curve := []part{name("λ"), plain(eigenText(r)), name("κ"), plain(value(r.Condition))}
	if r.Class != curvature.Unknown {
		curve = append(curve, m.classPart(r))
	}
	change := []part{name("Δf predicted"), plain(signed(r.Last.Predicted)), name("actual"), plain(signed(r.Last.Actual))}
	split := []part{name("of it ∇"), plain(signed(r.Last.Gradient)), name("H"), plain(signed(r.Last.Curvature))}
	if s.Stochastic {
		split = append(split, name("noise"), plain(signed(r.Last.Noise)))
	}
	if room >= 80 {
		change, split = append(change, split...), nil
	}
	lines := [][]part{m.rateLine(r, room), curve, change, m.gradientLine(r)}
	if split != nil && rows > len(lines) {
		lines = slices.Insert(lines, 3, split)
	}
	return lines
}

// rateLine is the bar of the learning rate against its limit.
func (m *Model) rateLine(r *curvature.Report, room int) []part {
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
	case share > 1:
		word, color = "unstable", m.warn()
	case share > 0.95:
		word, color = "edge", m.accent()
	case r.Min() < -downward*r.Max():
		word = "stable across" // along what curves down nothing holds the run
	}
	bar := 10.0
	if room < 45 {
		bar = 6
	}
	full := int(math.Round(math.Min(share, 1) * bar))
	on, off := "▓", "░"
	if m.ascii {
		on, off = "#", "."
	}
	return []part{name("ε"), {text: value(s.LR)},
		{text: strings.Repeat(on, full) + strings.Repeat(off, int(bar)-full), color: color},
		{text: percentage(share) + " of " + value(r.Limit.LR)}, {text: word, color: color, attr: plot.Bold}, name(r.Limit.Formula)}
}

// downward is by what share of λmax a negative eigenvalue is more than a network's usual small ones.
const downward = 0.05

// percentage writes a share, in three digits.
func percentage(share float64) string {
	if share >= 10 {
		return value(share) + " ×"
	}
	return value(100*share) + " %"
}

// classPart is the kind of critical point that is near, as the signs of the eigenvalues say.
func (m *Model) classPart(r *curvature.Report) part {
	text := string(r.Class)
	switch {
	case r.Class == curvature.Degenerate && r.Critical:
		return part{text: "at a degenerate point", color: m.accent(), attr: plot.Bold}
	case r.Class == curvature.Degenerate:
		return part{text: "flat in a direction"}
	case r.Critical:
		return part{text: "at a " + text, color: m.accent(), attr: plot.Bold}
	case r.Distance < farAway: // false for NaN
		return part{text: "like a " + text + ", " + value(r.Distance) + " away"}
	}
	return part{text: "like a " + text}
}

// farAway is from where on a critical point, as the parabola has it, is nothing that a run is near to.
const farAway = 1e3

// gradientLine is what is known without the Hessian.
func (m *Model) gradientLine(r *curvature.Report) []part {
	s := m.lane().snap
	name := m.name
	line := []part{name("‖g‖"), {text: value(s.GradNorm)}}
	if r != nil {
		line = append(line, name("gᵀHg/gᵀg"), part{text: value(r.Along)}, name("‖Δθ‖/‖θ‖"), part{text: value(r.Ratio)})
	}
	return append(line, name(evaluations(s.Counts)))
}

// eigenText writes the eigenvalues: both of two, else the ends. What may as well be zero, as far as it has been computed, is
// called that.
func eigenText(r *curvature.Report) string {
	nothing := math.Max(r.Error, 1e-13*math.Max(math.Abs(r.Max()), math.Abs(r.Min())))
	write := func(v float64) string {
		if math.Abs(v) <= nothing {
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
