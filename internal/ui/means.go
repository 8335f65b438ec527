package ui

import (
	"fmt"

	"opttui/internal/ewma"
	"opttui/internal/plot"
	"opttui/internal/recipe"
)

// addMeans gives the chart the raw losses of the selected run and several averages of them, lists these in the first
// rows of the panel, and returns the room that is left.
func (m *Model) addMeans(in rect) rect {
	h := m.lane().snap.History
	m.chart.Series = append(m.chart.Series, plot.Series{Points: m.rawLosses(h), Color: m.tint(m.lane()), Faint: true})
	for i, s := range m.means {
		c := &lane{color: plot.RunColor(i + 1), dark: plot.RunColorLight(i + 1)}
		marker := plot.RunMarker(i + 1)
		if m.ascii {
			marker = plot.RunMarkerASCII(i + 1)
		}
		m.chart.Series = append(m.chart.Series, plot.Series{Name: meanName(s), Points: m.average(h, s), Color: m.tint(c), Marker: marker})
	}
	rows := 0
	for rest := m.chart.Series[1:]; len(rest) > 0 && rows < in.h/2; rows++ {
		n := 1
		for used := legendWidth(rest[0]); n < len(rest); n++ {
			if used += 2 + legendWidth(rest[n]); used > in.w-2 {
				break
			}
		}
		plot.DrawLegend(m.screen, in.x+1, in.y+rows, in.w-1, rest[:n])
		rest = rest[n:]
	}
	return rect{in.x, in.y + rows, in.w, in.h - rows}
}

func legendWidth(s plot.Series) int { return 2 + width(s.Name) }

// meanName says how far an average looks back, and how it begins where that is not the usual way.
func meanName(s recipe.Smoothing) string {
	name := fmt.Sprintf("α %g ≈ %.0f", s.Alpha, ewma.Window(s.Alpha))
	switch s.Start {
	case recipe.StartZero:
		name += " not corrected"
	case recipe.StartFirst:
		name += " from the first"
	}
	return name
}
