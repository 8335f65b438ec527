package plot

import (
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/charmbracelet/colorprofile"
)

// Painter writes what makes a terminal show one canvas after another: only the cells that differ, with the shortest ways
// between them. The zero Painter is for a terminal without any styles; Profile says more.
type Painter struct {
	w, h    int
	cells   []Cell // of the latest canvas, as drawn
	known   bool   // the terminal shows them
	profile colorprofile.Profile
	colors  map[Color]Color // reduced ones; nil for a terminal that has them all

	pen  pen
	x, y int // of the cursor
}

// Profile says what the terminal can show. All is painted again at the next call of Paint.
func (p *Painter) Profile(profile colorprofile.Profile) {
	p.profile, p.colors, p.known = profile, nil, false
	if profile < colorprofile.TrueColor {
		p.colors = map[Color]Color{}
	}
}

// Paint appends what turns the latest canvas on the terminal into c.
func (p *Painter) Paint(b []byte, c *Canvas) []byte {
	if c.W != p.w || c.H != p.h {
		p.w, p.h, p.known = c.W, c.H, false
		p.cells = make([]Cell, len(c.Cells))
	}
	return p.paint(b, c.Cells)
}

// Forget says that the terminal may show anything.
func (p *Painter) Forget() { p.known = false }

// Again appends what makes any terminal show the latest canvas.
func (p *Painter) Again(b []byte) []byte {
	p.known = false
	return p.paint(b, p.cells)
}

func (p *Painter) paint(b []byte, cells []Cell) []byte {
	p.x, p.y = -1, -1
	for y := range p.h {
		old, row := p.cells[y*p.w:(y+1)*p.w], cells[y*p.w:(y+1)*p.w]
		if p.known && slices.Equal(old, row) {
			continue
		}
		b = p.row(b, y, old, row)
		copy(old, row)
	}
	p.known = true
	return p.pen.rest(b)
}

// row appends what turns one row of the terminal into another.
func (p *Painter) row(b []byte, y int, old, row []Cell) []byte {
	blank := len(row) // where nothing but blanks of the terminal's own colour follow
	for blank > 0 && p.look(row[blank-1]) == (Cell{R: ' '}) {
		blank--
	}
	for x := range row {
		if p.known && row[x] == old[x] {
			continue
		}
		cell := p.look(row[x])
		if p.known && cell == p.look(old[x]) {
			continue
		}
		b = p.move(b, x, y, row)
		if x >= blank && len(row)-x > len("\x1b[K") {
			return append(p.pen.take(b, Cell{R: ' '}), "\x1b[K"...)
		}
		b = p.pen.write(b, cell)
		p.x++
	}
	return b
}

// move appends the shortest way of the cursor to a cell of a row: to write what is there anyhow, or to jump.
func (p *Painter) move(b []byte, x, y int, row []Cell) []byte {
	gap := x - p.x
	switch {
	case p.y != y || gap < 0:
		b = append(b, "\x1b["...)
		b = strconv.AppendInt(b, int64(y+1), 10)
		if x > 0 {
			b = append(b, ';')
			b = strconv.AppendInt(b, int64(x+1), 10)
		}
		b = append(b, 'H')
	case gap == 0:
	case p.cheap(row[p.x:x]):
		for _, cell := range row[p.x:x] {
			b = p.pen.write(b, p.look(cell))
		}
	default:
		b = append(b, "\x1b["...)
		if gap > 1 {
			b = strconv.AppendInt(b, int64(gap), 10)
		}
		b = append(b, 'C')
	}
	p.x, p.y = x, y
	return b
}

// cheap reports whether writing the cells takes no more bytes than a jump over them.
func (p *Painter) cheap(cells []Cell) bool {
	room := len("\x1b[2C")
	for _, cell := range cells {
		cell = p.look(cell)
		if room -= utf8.RuneLen(cell.R); room < 0 || !p.pen.suits(cell) {
			return false
		}
	}
	return true
}

// look is the cell as this terminal shows it.
func (p *Painter) look(c Cell) Cell {
	c = look(c)
	if p.profile <= colorprofile.NoTTY {
		return Cell{R: c.R}
	}
	if p.colors != nil {
		c.FG, c.BG = p.reduced(c.FG), p.reduced(c.BG)
	}
	return c
}

// reduced is the nearest colour that the terminal has.
func (p *Painter) reduced(c Color) Color {
	if c == 0 {
		return 0
	}
	r, found := p.colors[c]
	if !found {
		r = reduce(c, p.profile)
		p.colors[c] = r
	}
	return r
}
