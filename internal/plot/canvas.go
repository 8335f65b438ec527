// Package plot makes pictures from numbers: a canvas of terminal cells, braille rasters, heat maps with
// iso-lines, loss charts, and their export as SVG and PNG. It knows nothing of runs, optimizers or screens.
package plot

import (
	"slices"
	"unicode/utf8"
)

// Attr is a set of text attributes of a cell.
type Attr uint8

const (
	Bold Attr = 1 << iota
	Faint
	Underline
	Reverse
	// Soft is never shown. It marks braille dots that are decoration (iso-lines, the raw curve, a grid): a line
	// drawn later takes the cell over instead of merging its dots with them, which keeps important lines fine.
	Soft Attr = 1 << 7

	shown = Bold | Faint | Underline | Reverse
)

// Cell is one column of one row of the terminal. The zero Cell is a blank in the terminal's own colours.
type Cell struct {
	R      rune
	FG, BG Color
	A      Attr
}

// Canvas is a rectangle of cells, row by row. The zero Canvas is empty; Resize makes it larger.
type Canvas struct {
	W, H  int
	Cells []Cell

	old  []Cell // as they were at the last call of Rows
	rows []string
	buf  []byte
}

// maxSide bounds a canvas: no terminal is larger, and a wrong number must not take all the memory.
const maxSide = 4096

// NewCanvas returns a blank canvas; sizes below zero count as zero.
func NewCanvas(w, h int) *Canvas {
	c := new(Canvas)
	c.Resize(w, h)
	return c
}

// Resize changes the size and blanks the canvas. Memory is reused where it suffices.
func (c *Canvas) Resize(w, h int) {
	w, h = min(max(w, 0), maxSide), min(max(h, 0), maxSide)
	if w != c.W || h != c.H {
		c.W, c.H = w, h
		c.Cells = slices.Grow(c.Cells[:0], w*h)[:w*h]
		c.old, c.rows = nil, nil
	}
	c.Clear()
}

// Clear blanks all cells.
func (c *Canvas) Clear() { clear(c.Cells) }

// Set writes a cell; outside of the canvas it does nothing.
func (c *Canvas) Set(x, y int, cell Cell) {
	if uint(x) < uint(c.W) && uint(y) < uint(c.H) {
		c.Cells[y*c.W+x] = cell
	}
}

// At returns the cell at x, y for reading and writing. Outside of the canvas it is a cell that belongs to nothing.
func (c *Canvas) At(x, y int) *Cell {
	if uint(x) < uint(c.W) && uint(y) < uint(c.H) {
		return &c.Cells[y*c.W+x]
	}
	return new(Cell)
}

// Fill writes the cell to all of a rectangle.
func (c *Canvas) Fill(x, y, w, h int, cell Cell) {
	x0, x1, y0, y1 := max(x, 0), min(x+w, c.W), max(y, 0), min(y+h, c.H)
	for j := y0; j < y1; j++ {
		for i := x0; i < x1; i++ {
			c.Cells[j*c.W+i] = cell
		}
	}
}

// Copy writes all of src with its upper left corner at x, y.
func (c *Canvas) Copy(src *Canvas, x, y int) {
	x0, x1 := max(-x, 0), min(src.W, c.W-x)
	if x0 >= x1 {
		return
	}
	for j := max(-y, 0); j < src.H && y+j < c.H; j++ {
		copy(c.Cells[(y+j)*c.W+x+x0:], src.Cells[j*src.W+x0:j*src.W+x1])
	}
}

// Text writes s from x, y on, keeps the background, and returns the number of columns that s takes, also where
// it is clipped. Combining marks are left out, and a rune that is not exactly one column wide is replaced by '?', so
// that columns can be counted.
func (c *Canvas) Text(x, y int, s string, fg Color, a Attr) int {
	n := 0
	for _, r := range s {
		if r >= 0x300 && r < 0x370 {
			continue
		}
		if !Narrow(r) {
			r = '?'
		}
		if p := x + n; uint(p) < uint(c.W) && uint(y) < uint(c.H) {
			cell := &c.Cells[y*c.W+p]
			cell.R, cell.FG, cell.A = r, fg, a
		}
		n++
	}
	return n
}

// Rows returns each row as a string of exactly W columns. A row whose cells have not changed since the last
// call is the very same string, so that callers may compare cheaply. The slice belongs to the canvas.
func (c *Canvas) Rows() []string {
	if len(c.old) != len(c.Cells) || len(c.rows) != c.H {
		c.old = make([]Cell, len(c.Cells))
		c.rows = make([]string, c.H)
	}
	for y := range c.rows {
		row, old := c.Cells[y*c.W:(y+1)*c.W], c.old[y*c.W:(y+1)*c.W]
		if c.rows[y] != "" && slices.Equal(row, old) {
			continue
		}
		copy(old, row)
		c.buf = appendRow(c.buf[:0], row)
		c.rows[y] = string(c.buf)
	}
	return c.rows
}

// appendRow appends the row with as few bytes of styling as it needs.
func appendRow(b []byte, row []Cell) []byte {
	var pen pen
	for _, cell := range row {
		b = pen.write(b, look(cell))
	}
	return pen.rest(b)
}

// Narrow reports whether r is known to take one column and to join with no neighbour. It is a list of blocks, not
// a table lookup of Unicode properties, since it is asked for every cell of every frame.
func Narrow(r rune) bool {
	switch {
	case r < 0x7f:
		return r >= 0x20
	case r < 0x300:
		return r >= 0xa0 && r != 0xad && r != 0xa9 && r != 0xae // © and ® may turn into emoji
	case r < 0x2000:
		return r >= 0x370 && r < 0x530 && (r < 0x483 || r > 0x489) ||
			r >= 0x1d00 && r < 0x1dc0 || r >= 0x1e00
	case r < 0x2100:
		return r >= 0x2010 && r < 0x2028 || r >= 0x2030 && r < 0x2060 && r != 0x203c && r != 0x2049 ||
			r >= 0x2070 && r < 0x20c1
	case r < 0x2300:
		return true
	case r < 0x2500:
		return r < 0x231a || r > 0x231b && r < 0x23e9 && r != 0x2329 && r != 0x232a || r >= 0x2400 && r < 0x2427
	case r < 0x2600: // box drawing, blocks, geometric shapes
		return r != 0x25fd && r != 0x25fe
	case r < 0x2700: // the stars, chess and music that terminals agree upon
		return r == 0x2605 || r == 0x2606 || r >= 0x2654 && r < 0x2670
	case r < 0x2800: // dingbats without those that have an emoji form
		return r >= 0x2715 && r < 0x271d || r >= 0x2720 && r < 0x2728 || r >= 0x2729 && r < 0x2733 ||
			r >= 0x2776 && r < 0x2795 || r >= 0x27c0
	case r < 0x2900: // braille
		return true
	}
	return r < 0x2b00 && r != 0x2934 && r != 0x2935 || r >= 0x2b1d && r < 0x2b50 ||
		r >= 0x1d400 && r < 0x1d800 || r == utf8.RuneError || r >= 0x1fb00 && r < 0x1fbca
}
