// Package watch looks at a program from outside: at the frames on its terminal, and at what it takes of the machine. It is
// for the measurements in this folder and no part of the program.
package watch

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Glass is the text on a terminal: enough of one for what opttui writes on the alternate screen. Styles are not kept.
type Glass struct {
	w, h int
	x, y int
	text []rune
	rest []byte // the first bytes of a sequence whose others are still to come
}

// NewGlass returns a blank one of w×h cells.
func NewGlass(w, h int) *Glass { return &Glass{w: w, h: h, text: make([]rune, w*h)} }

// Row is the text of a row.
func (g *Glass) Row(y int) string { return string(g.text[y*g.w : (y+1)*g.w]) }

// Shows reports whether the text stands in a row.
func (g *Glass) Shows(text string) bool {
	for y := range g.h {
		if strings.Contains(g.Row(y), text) {
			return true
		}
	}
	return false
}

// Write takes what the program writes.
func (g *Glass) Write(p []byte) (int, error) {
	b := append(g.rest, p...)
	for len(b) > 0 {
		n := g.take(b)
		if n == 0 {
			break
		}
		b = b[n:]
	}
	g.rest = append(g.rest[:0], b...)
	return len(p), nil
}

// take takes one sequence or character and returns its length, 0 where it is not complete.
func (g *Glass) take(b []byte) int {
	switch {
	case b[0] == '\x1b':
		return g.escape(b)
	case b[0] == '\r':
		g.x = 0
		return 1
	case b[0] < ' ':
		return 1
	case !utf8.FullRune(b):
		return 0
	}
	r, n := utf8.DecodeRune(b)
	if g.x < g.w && g.y < g.h {
		g.text[g.y*g.w+g.x] = r
	}
	g.x++
	return n
}

// escape takes a sequence that begins with ESC.
func (g *Glass) escape(b []byte) int {
	switch {
	case len(b) < 2:
		return 0
	case b[1] == ']': // a title, up to BEL or ST
		end := bytes.IndexAny(b, "\a\\")
		return end + 1
	case b[1] != '[':
		return 2
	}
	end := bytes.IndexFunc(b[2:], func(r rune) bool { return r >= '@' && r <= '~' })
	if end < 0 {
		return 0
	}
	g.control(string(b[2:2+end]), b[2+end])
	return end + 3
}

// control does what a CSI sequence says.
func (g *Glass) control(parameters string, final byte) {
	first, second, _ := strings.Cut(parameters, ";")
	number := func(s string) int { n, _ := strconv.Atoi(s); return max(n, 1) }
	switch final {
	case 'H':
		g.y, g.x = min(number(first), g.h)-1, min(number(second), g.w)-1
	case 'C':
		g.x = min(g.x+number(first), g.w-1)
	case 'K':
		clear(g.text[g.y*g.w+min(g.x, g.w) : (g.y+1)*g.w])
	case 'J':
		clear(g.text)
	}
}
