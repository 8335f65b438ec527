package plot

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/colorprofile"
	"pgregory.net/rapid"
)

// tube is a terminal that knows what a Painter writes, and nothing else.
type tube struct {
	w, h, x, y int
	cells      []Cell
	pen        Cell
}

func newTube(w, h int) *tube {
	t := &tube{w: w, h: h, cells: make([]Cell, w*h)}
	for i := range t.cells {
		t.cells[i] = Cell{R: '#', BG: RGB(1, 2, 3)} // whatever was there before
	}
	return t
}

func (t *tube) write(tb *rapid.T, b []byte) {
	for len(b) > 0 {
		if !bytes.HasPrefix(b, []byte("\x1b[")) {
			r, n := utf8.DecodeRune(b)
			if t.x < 0 || t.x >= t.w {
				tb.Fatalf("%q is written at column %d of %d", r, t.x, t.w)
			}
			c := t.pen
			c.R = r
			t.cells[t.y*t.w+t.x] = look(c)
			if t.x++; t.x == t.w {
				t.x = -1 // terminals do not agree upon where it is now
			}
			b = b[n:]
			continue
		}
		end := bytes.IndexFunc(b[2:], func(r rune) bool { return r >= '@' && r <= '~' })
		t.control(tb, string(b[2:2+end]), b[2+end])
		b = b[end+3:]
	}
}

func (t *tube) control(tb *rapid.T, parameters string, final byte) {
	var n []int
	for p := range strings.SplitSeq(parameters, ";") {
		v, _ := strconv.Atoi(p)
		n = append(n, v)
	}
	switch final {
	case 'H':
		t.y, t.x = max(n[0], 1)-1, 0
		if len(n) > 1 {
			t.x = n[1] - 1
		}
	case 'C':
		if t.x < 0 {
			tb.Fatal("a relative move from nowhere")
		}
		t.x += max(n[0], 1)
	case 'K':
		for x := t.x; x < t.w; x++ {
			t.cells[t.y*t.w+x] = look(Cell{R: ' ', BG: t.pen.BG})
		}
	case 'm':
		t.style(tb, n)
	default:
		tb.Fatalf("%q is not known", final)
	}
}

func (t *tube) style(tb *rapid.T, n []int) {
	for len(n) > 0 {
		ground := &t.pen.FG
		if n[0]/10%2 == 0 && n[0] >= 40 {
			ground = &t.pen.BG
		}
		used := 1
		switch p := n[0]; {
		case p == 0:
			t.pen = Cell{}
		case p == 1:
			t.pen.A |= Bold
		case p == 2:
			t.pen.A |= Faint
		case p == 4:
			t.pen.A |= Underline
		case p == 7:
			t.pen.A |= Reverse
		case p == 22:
			t.pen.A &^= Bold | Faint
		case p == 24:
			t.pen.A &^= Underline
		case p == 27:
			t.pen.A &^= Reverse
		case p == 39 || p == 49:
			*ground = 0
		case p == 38 || p == 48:
			if n[1] == 2 {
				*ground, used = RGB(uint8(n[2]), uint8(n[3]), uint8(n[4])), 5
			} else {
				*ground, used = indexed|Color(n[2]), 3
			}
		case p >= 30 && p < 48:
			*ground = basics | Color(p%10)
		case p >= 90 && p < 98:
			t.pen.FG = basics | Color(p-90+8)
		case p >= 100 && p < 108:
			t.pen.BG = basics | Color(p-100+8)
		default:
			tb.Fatalf("style %d is not known", p)
		}
		n = n[used:]
	}
}

// kinds are those of the colours that terminals have; 0 is none but their own.
var kinds = map[colorprofile.Profile]Color{colorprofile.TrueColor: 1, colorprofile.ANSI256: indexed >> 24, colorprofile.ANSI: basics >> 24}

// Whatever canvases are painted one after the other, on whatever terminal: it shows them.
func TestPainterShowsCanvases(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		r := rand.New(rand.NewPCG(seed, 1))
		w, h := rapid.IntRange(1, 30).Draw(t, "w"), rapid.IntRange(1, 5).Draw(t, "h")
		profile := rapid.SampledFrom([]colorprofile.Profile{
			colorprofile.TrueColor, colorprofile.ANSI256, colorprofile.ANSI, colorprofile.ASCII, colorprofile.NoTTY,
		}).Draw(t, "profile")
		var p Painter
		p.Profile(profile)
		c, screen := NewCanvas(w, h), newTube(w, h)
		for range rapid.IntRange(1, 8).Draw(t, "frames") {
			for range r.IntN(w * h) {
				change(r, c)
			}
			if r.IntN(4) == 0 {
				screen = newTube(w, h)
				screen.write(t, p.Again(nil))
			}
			screen.write(t, p.Paint(nil, c))
			for i, got := range screen.cells {
				for _, color := range []Color{got.FG, got.BG} {
					if kind := color >> 24; color != 0 && kind != kinds[profile] {
						t.Fatalf("%v: a colour of kind %d", profile, kind)
					}
				}
				if want := p.look(c.Cells[i]); got != want {
					t.Fatalf("%v: cell %d, %d is %+v, want %+v", profile, i%w, i/w, got, want)
				}
			}
			if screen.pen != (Cell{}) {
				t.Fatalf("the terminal is left in the style %+v", screen.pen)
			}
			if again := p.Paint(nil, c); len(again) > 0 {
				t.Fatalf("the same canvas again writes %q", again)
			}
		}
	})
}

// change changes a part of a row.
func change(r *rand.Rand, c *Canvas) {
	runes := []rune{0, ' ', ' ', ' ', 'a', 'é', '▀', '⠿', '\x07', '漢'}
	colors := []Color{0, 0, RGB(255, 0, 0), RGB(10, 200, 30), RGB(250, 250, 250)}
	attrs := []Attr{0, 0, Bold, Faint, Bold | Faint, Underline, Reverse, Soft}
	cell := Cell{runes[r.IntN(len(runes))], colors[r.IntN(len(colors))], colors[r.IntN(len(colors))], attrs[r.IntN(len(attrs))]}
	c.Fill(r.IntN(c.W), r.IntN(c.H), 1+r.IntN(c.W), 1, cell)
}

// Cells that have not changed cost nothing, and the way to one that has is short.
func TestPainterIsBrief(t *testing.T) {
	var p Painter
	p.Profile(colorprofile.TrueColor)
	c := NewCanvas(80, 24)
	c.Text(0, 3, strings.Repeat("x", 80), RGB(9, 9, 9), 0)
	p.Paint(nil, c)
	for _, test := range []struct {
		x, y int
		text string
		want string
	}{
		{10, 5, "ab", "\x1b[6;11Hab"},
		{12, 5, "c", "\x1b[6;13Hc"},
		{0, 7, "left", "\x1b[8Hleft"},
		{40, 5, "", ""},
	} {
		c.Text(test.x, test.y, test.text, 0, 0)
		if got := string(p.Paint(nil, c)); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
	c.Text(1, 9, "1", 0, 0)
	c.Text(3, 9, "2", 0, 0)
	c.Text(30, 9, "3", 0, 0)
	if got, want := string(p.Paint(nil, c)), "\x1b[10;2H1 2\x1b[26C3"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	c.Fill(0, 9, 80, 1, Cell{})
	if got, want := string(p.Paint(nil, c)), "\x1b[10;2H\x1b[K"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func BenchmarkPainter(b *testing.B) {
	var p Painter
	p.Profile(colorprofile.TrueColor)
	c := NewCanvas(200, 60)
	f := NewField(func(x, y float64) float64 { return x*x + y*y }, View{-1, 1, -1, 1}, 200, 60, 0)
	f.Draw(c, 0, 0, Colour)
	var out []byte
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.Text(10, i%60, "something else", RGB(255, 255, 255), 0)
		out = p.Paint(out[:0], c)
	}
}
