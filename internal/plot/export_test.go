package plot

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// checkPicture asserts that the bytes are a whole picture of the format.
func checkPicture(t *testing.T, format string, data []byte) {
	t.Helper()
	if format == "png" {
		if _, err := png.Decode(bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
		return
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, bad := range []string{"NaN", "Inf"} {
		if bytes.Contains(data, []byte(bad)) {
			t.Errorf("the picture contains %s", bad)
		}
	}
}

func TestExport(t *testing.T) {
	var wild [][2]float64
	for _, x := range hostile {
		for _, y := range hostile {
			wild = append(wild, [2]float64{x, y}, [2]float64{0, 0})
		}
	}
	hole := func(x, y float64) float64 { return math.Sqrt(x) + y*y }
	bad := curve(1, 2, math.NaN(), math.Inf(1), 0, -5, 1e300)
	bad[0].Faint = true
	ends(t, func() {
		for _, format := range []string{"svg", "png"} {
			for _, l := range []Landscape{
				{Field: NewField(beale, View{-4.5, 4.5, -4.5, 4.5}, 60, 40, 0), Title: "Beale <&>", XLabel: "x", YLabel: "y",
					Paths: []ExportPath{{"SGD", wild, RunColor(0)}, {"", nil, 0}, {"one", wild[:1], RunColor(1)}}, Minima: [][2]float64{{3, 0.5}}, Start: wild},
				{Field: NewField(hole, View{-1, 1, -1, 1}, 1, 1, 0)},
				{Field: NewField(hole, View{-1, 1, -1, 1}, 30, 2, math.NaN())},
			} {
				var b bytes.Buffer
				if err := ExportLandscape(&b, format, l); err != nil {
					t.Fatal(err)
				}
				checkPicture(t, format, b.Bytes())
			}
			for _, ch := range []*Chart{
				{Log: true, Series: wave(200), XLabel: "step", Marks: []Mark{{X: 20, Text: "ε÷2", Color: RunColor(0)}, {X: math.NaN(), Text: "?"}}},
				{Log: true, Series: bad}, {Series: bad}, {Log: true}, {Series: curve(1)},
			} {
				before := *ch
				var b bytes.Buffer
				if err := ExportCurves(&b, format, "Runs", ch); err != nil {
					t.Fatal(err)
				}
				checkPicture(t, format, b.Bytes())
				if ch.x != before.x || ch.y != before.y {
					t.Error("the export has changed the screen's ranges")
				}
			}
		}
	})
	var b bytes.Buffer
	if err := ExportLandscape(&b, "svg", Landscape{}); err == nil {
		t.Error("an empty landscape is no error")
	}
	if err := ExportCurves(&b, "bmp", "", &Chart{}); err == nil {
		t.Error("an unknown format is no error")
	}
}

func TestScreenSVG(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, s := range hostileSizes {
		c := randomCanvas(r, s[0], s[1])
		if c.W > 30 {
			for i := range 0x180 {
				c.Set(i%30, i/30, Cell{R: rune(0x2500 + i)})
			}
		}
		for _, o := range []ScreenOptions{{}, {Title: "a <b> & c"}, {FG: RGB(0, 0, 0), BG: RGB(255, 255, 255)}} {
			var b bytes.Buffer
			if err := ScreenSVG(&b, c, o); err != nil {
				t.Fatal(err)
			}
			checkPicture(t, "svg", b.Bytes())
		}
	}
}

func TestScreenSVGShapes(t *testing.T) {
	red := RGB(255, 0, 0)
	for _, tt := range []struct {
		cell Cell
		want string
	}{
		{Cell{R: ' ', BG: red}, `fill="#ff0000" d="M0 0h4v8h-4z"`},
		{Cell{R: '▀', FG: red}, `fill="#ff0000" d="M0 0h4v4h-4z"`},
		{Cell{R: '▄', FG: red}, `fill="#ff0000" d="M0 4h4v4h-4z"`},
		{Cell{R: '▂', FG: red}, `fill="#ff0000" d="M0 6h4v2h-4z"`},
		{Cell{R: '▌', FG: red}, `fill="#ff0000" d="M0 0h2v8h-2z"`},
		{Cell{R: '▐', FG: red}, `fill="#ff0000" d="M2 0h2v8h-2z"`},
		{Cell{R: '▗', FG: red}, `fill="#ff0000" d="M2 4h2v4h-2z"`},
		{Cell{R: '▒', FG: red, BG: RGB(0, 0, 1)}, `fill="#800001"`},
		{Cell{R: 'x', FG: red, A: Reverse}, `fill="#ff0000" d="M0 0h4v8h-4z"`},
		{Cell{R: '⢁', FG: red}, `stroke="#ff0000" d="M1 1h0M3 7h0"`},
		{Cell{R: '│', FG: red}, `stroke="#ff0000" d="M2 0v8"`},
		{Cell{R: '╭', FG: red}, `d="M4 4q-2,0,-2,2v2"`},
		{Cell{R: '■', FG: red}, `fill="#ff0000" d="M0.2 2.2h3.6v3.6h-3.6z"`},
		{Cell{R: '<', FG: red, A: Bold}, `fill="#ff0000" font-weight="bold">&lt;</text>`},
	} {
		c := NewCanvas(1, 1)
		c.Set(0, 0, tt.cell)
		var b strings.Builder
		if err := ScreenSVG(&b, c, ScreenOptions{}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), tt.want) {
			t.Errorf("%q: no %s in\n%s", tt.cell.R, tt.want, b.String())
		}
	}
}

func TestFromANSI(t *testing.T) {
	c := FromANSI("a\x1b[1;31mb\x1b[0m\x1b[38;5;196mc\x1b[m\r\n\x1b[7;48;2;1;2;3m界\x1b[m!", 0, 0)
	if c.W != 3 || c.H != 2 {
		t.Fatalf("%d×%d", c.W, c.H)
	}
	for i, want := range []Cell{{R: 'a'}, {R: 'b', FG: basic[1], A: Bold}, {R: 'c', FG: RGB(255, 0, 0)}} {
		if c.Cells[i] != want {
			t.Errorf("cell %d: %+v, want %+v", i, c.Cells[i], want)
		}
	}
	if got := *c.At(0, 1); got != (Cell{R: '界', BG: RGB(1, 2, 3), A: Reverse}) || c.At(2, 1).R != '!' {
		t.Errorf("%+v %+v", got, c.At(2, 1))
	}
	if c := FromANSI("", 0, 0); c.W != 0 {
		t.Errorf("%d×%d", c.W, c.H)
	}
	if c := FromANSI("abc\ndef", 2, 1); screen(c) != "ab\n" {
		t.Errorf("%q", screen(c))
	}
}
