package ui

import "opttui/internal/plot"

// Colours of the text. The terminal's own foreground is used for what matters; on every terminal, light or dark,
// these read well.

func (b *board) accent() plot.Color { return b.shade("#00677d", "#7fd1de") }
func (b *board) dim() plot.Color    { return b.shade("#6b6f76", "#8a8f98") }
func (b *board) warn() plot.Color   { return b.shade("#b3261e", "#ff8a7a") }

// shade is the first colour on a light terminal, the second on a dark one, and none where there are no colours.
func (b *board) shade(light, dark string) plot.Color {
	switch {
	case b.plain:
		return 0
	case b.light:
		return plot.Hex(light)
	default:
		return plot.Hex(dark)
	}
}

// faint is the attribute of secondary text where there is no colour for it.
func (b *board) faint() plot.Attr {
	if b.plain {
		return plot.Faint
	}
	return 0
}

// tint is the colour of a run in text and curves.
func (m *Model) tint(l *lane) plot.Color { return m.onGround(l.color, l.dark) }

// onGround is the first of a run's two colours on a dark terminal, the second on a light one, and none where there are no
// colours.
func (b *board) onGround(onDark, onLight plot.Color) plot.Color {
	switch {
	case b.plain:
		return 0
	case b.light:
		return onLight
	default:
		return onDark
	}
}
