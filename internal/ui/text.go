package ui

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"opttui/internal/knob"
	"opttui/internal/plot"
)

// grouped writes a whole number with a thin gap between thousands: 48 210.
func grouped(n int) string {
	s := strconv.Itoa(n)
	neg := ""
	if n < 0 {
		neg, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return neg + s
}

// si writes a large quantity in three digits with its prefix: 1.24 M.
func si(v float64) string {
	switch {
	case v >= 1e9:
		return knob.Sig3(v/1e9) + " G"
	case v >= 1e6:
		return knob.Sig3(v/1e6) + " M"
	case v >= 1e4:
		return knob.Sig3(v/1e3) + " k"
	default:
		return fmt.Sprintf("%.0f", v)
	}
}

// number writes a value exactly.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// value writes a measured number for the screen.
func value(v float64) string {
	if math.IsNaN(v) {
		return "–" // there is none
	}
	return knob.Sig3(v)
}

func percent(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*v)
}

func speedName(s float64) string {
	if math.IsInf(s, 1) {
		return "unlimited"
	}
	if s == 1 {
		return "1 step/s"
	}
	if s != math.Trunc(s) {
		return knob.Sig3(s) + " steps/s"
	}
	return grouped(int(s)) + " steps/s"
}

// clip cuts s to n columns; what is cut ends in an ellipsis. Only narrow runes are used on this screen.
func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	if n <= 0 {
		return ""
	}
	return string(r[:n-1]) + "…"
}

// pad fills s with blanks to n columns, or clips it.
func pad(s string, n int) string {
	r := []rune(s)
	if len(r) > n {
		return clip(s, n)
	}
	for len(r) < n {
		r = append(r, ' ')
	}
	return string(r)
}

func width(s string) int { return len([]rune(s)) }

// oneLine prepares a formula for a line of cells: blanks are folded, and the hatted letters that exist only as
// two code points become single ones that look alike.
func oneLine(formula string) string {
	return hats.Replace(strings.Join(strings.Fields(formula), " "))
}

var hats = strings.NewReplacer("r\u0302", "ȓ", "m\u0302", "ṁ", "v\u0302", "ṽ")

// line is oneLine, in ASCII words where the terminal has nothing else.
func (b *board) line(text string) string {
	text = oneLine(text)
	if b.ascii {
		text = words.Replace(text)
	}
	return text
}

// words are signs that one column of ASCII cannot stand for.
var words = strings.NewReplacer("²", "^2", "³", "^3", "⁴", "^4", "⁶", "^6", "ᵗ", "^t", "ᵀ", "'", "⁻¹", "^-1",
	"←", "<-", "√", "sqrt", "∇", "grad ", "∈", "in", "Σ", "sum ", "Π", "prod ", "π", "pi", "≤", "<=", "≥", ">=", "⊙", "*",
	"α", "alpha", "β", "beta", "ρ", "rho", "δ", "delta", "ε", "eps", "θ", "theta", "λ", "lambda", "µ", "mu", "σ", "sigma", "±", "+-")

// edge writes the end of an interval; what is only rounding beside the other end is zero.
func edge(v, other float64) string {
	if math.Abs(v) < 1e-9*math.Abs(other) {
		v = 0
	}
	if d := math.Abs(v - other); d > 0 && d < 1e-2*math.Abs(v) { // zoomed in: as many digits as tell the ends apart
		return strconv.FormatFloat(v, 'g', 3+int(math.Ceil(-math.Log10(d/math.Abs(v)))), 64)
	}
	return value(v)
}

// signs are the runes beyond letters that the screen uses, with what stands for them in one column of ASCII.
var signs = func() map[rune]rune {
	m := map[rune]rune{}
	to := []rune(`-|.|>i*-<>|^v~/*V/V>--SP''""<>8/'+.[]S+`)
	for i, r := range []rune("─│·‖▶∈×−←→↔↑↓≈÷⊙√⁄∇›–—ΣΠ‘’“”≤≥∞╱′⊗…⌊⌋§±") {
		m[r] = to[i]
	}
	for i, r := range []rune("αβγδεζηθικλμνξοπρςστυφχψωΔϱ") {
		m[r] = rune("abgdezhtiklmnxoprsstufcywDr"[i])
	}
	return m
}()

// asciiRune returns a likeness of r in ASCII; what has none is a question mark. Letters with accents, superscripts
// and fractions are taken apart by Unicode's compatibility decomposition, of which the first part stays.
func asciiRune(r rune) rune {
	if r < 0x7f {
		return r
	}
	if a, ok := signs[r]; ok {
		return a
	}
	if parts := []rune(norm.NFKD.String(string(r))); parts[0] != r {
		return asciiRune(parts[0])
	}
	return '?'
}

// toASCII leaves only ASCII on the canvas.
func toASCII(c *plot.Canvas) {
	for i := range c.Cells {
		c.Cells[i].R = asciiRune(c.Cells[i].R)
	}
}
