package plot

import (
	"strconv"
	"unicode/utf8"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// look is the cell as a terminal shows it: what cannot be seen of it is zero, so that cells that look alike are equal.
func look(c Cell) Cell {
	switch {
	case c.R == 0:
		c.R = ' '
	case c.R < 0x20 || c.R > 0x7e && !Narrow(c.R):
		c.R = '?'
	}
	c.A &= shown
	if c.plain() {
		c.FG, c.A = 0, 0
	}
	return c
}

// plain reports whether the cell is nothing but its background.
func (c *Cell) plain() bool { return c.R == ' ' && c.A&(Underline|Reverse) == 0 }

// pen writes cells one after the other with as few bytes of styling as they need: only changes are written, and a blank
// does not care for the colour of the text.
type pen struct {
	now Cell // the style that the terminal is in
}

// write appends a cell that look has seen.
func (p *pen) write(b []byte, cell Cell) []byte {
	b = p.take(b, cell)
	if cell.R < 0x80 {
		return append(b, byte(cell.R))
	}
	return utf8.AppendRune(b, cell.R)
}

// take appends what brings the terminal into the style of a cell.
func (p *pen) take(b []byte, cell Cell) []byte {
	if cell.plain() {
		cell.FG, cell.A = p.now.FG, p.now.A&^(Underline|Reverse)
	}
	if cell.FG == p.now.FG && cell.BG == p.now.BG && cell.A == p.now.A {
		return b
	}
	b = appendStyle(b, p.now, cell)
	p.now = cell
	return b
}

// suits reports whether the cell needs no change of style.
func (p *pen) suits(cell Cell) bool {
	if cell.plain() {
		return cell.BG == p.now.BG && p.now.A&(Underline|Reverse) == 0
	}
	return cell.FG == p.now.FG && cell.BG == p.now.BG && cell.A == p.now.A
}

// rest appends what leaves the terminal in its own style.
func (p *pen) rest(b []byte) []byte {
	if p.now.FG != 0 || p.now.BG != 0 || p.now.A != 0 {
		b = append(b, "\x1b[m"...)
	}
	p.now = Cell{}
	return b
}

// appendStyle appends the sequence that takes the terminal from one style to another.
func appendStyle(b []byte, from, to Cell) []byte {
	b = append(b, "\x1b["...)
	if to.FG == 0 && to.BG == 0 && to.A == 0 {
		return append(b, 'm')
	}
	if off := from.A &^ to.A; off != 0 {
		// 22 ends bold and faint together, so the one that stays has to be set again.
		if off&(Bold|Faint) != 0 {
			b = append(b, "22;"...)
			from.A &^= Bold | Faint
		}
		if off&Underline != 0 {
			b = append(b, "24;"...)
		}
		if off&Reverse != 0 {
			b = append(b, "27;"...)
		}
	}
	on := to.A &^ from.A
	if on&Bold != 0 {
		b = append(b, "1;"...)
	}
	if on&Faint != 0 {
		b = append(b, "2;"...)
	}
	if on&Underline != 0 {
		b = append(b, "4;"...)
	}
	if on&Reverse != 0 {
		b = append(b, "7;"...)
	}
	if to.FG != from.FG {
		b = appendColor(b, to.FG, '3')
	}
	if to.BG != from.BG {
		b = appendColor(b, to.BG, '4')
	}
	b[len(b)-1] = 'm'
	return b
}

// The kinds of colours that terminals without true colour have; their numbers are in the low byte.
const (
	indexed Color = 2 << 24 // one of 256
	basics  Color = 3 << 24 // one of 16
)

// appendColor appends the parameters of a colour, with a semicolon; the ground is 3 for the text and 4 for what is behind it.
func appendColor(b []byte, c Color, ground byte) []byte {
	switch c >> 24 << 24 {
	case 0:
		return append(b, ground, '9', ';')
	case basics:
		if c&15 > 7 { // bright: 9 and 10 instead of 3 and 4
			return append(strconv.AppendUint(b, uint64(10*(ground-'0'+6))+uint64(c&7), 10), ';')
		}
		return append(b, ground, '0'+byte(c&7), ';')
	case indexed:
		b = append(b, ground, '8', ';', '5', ';')
		return append(strconv.AppendUint(b, uint64(c&0xff), 10), ';')
	}
	b = append(b, ground, '8', ';', '2', ';')
	for shift := 16; shift >= 0; shift -= 8 {
		b = strconv.AppendUint(b, uint64(c>>shift&0xff), 10)
		b = append(b, ';')
	}
	return b
}

// reduce returns the nearest colour that a terminal of the profile has.
func reduce(c Color, profile colorprofile.Profile) Color {
	switch c := profile.Convert(c).(type) {
	case ansi.BasicColor:
		return basics | Color(c)
	case ansi.IndexedColor:
		return indexed | Color(c)
	case Color:
		return c
	default:
		return 0
	}
}
