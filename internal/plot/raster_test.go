package plot

import (
	"math"
	"testing"
	"time"
)

// hostile are numbers at which pictures like to break.
var hostile = []float64{0, math.Copysign(0, -1), 1, -1, 0.5, 3, 7.999, 1e-300, 5e-324, 1e9, -1e9, 1e300, -1e300,
	math.MaxFloat64, -math.MaxFloat64, math.NaN(), math.Inf(1), math.Inf(-1)}

// patience is more than anything here takes, with the race detector on a busy machine.
const patience = 5 * time.Minute

// ends fails the test where f does not end: a hang must not stop the whole run of tests.
func ends(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("hangs")
	}
}

func TestLineIsSafe(t *testing.T) {
	ends(t, func() {
		for _, s := range [][2]int{{0, 0}, {1, 1}, {1, 0}, {3, 2}, {1, 100}} {
			r := NewRaster(s[0], s[1])
			for _, a := range hostile {
				for _, b := range hostile {
					for _, c := range hostile {
						for _, d := range hostile {
							r.Line(a, b, c, d, 1)
						}
					}
				}
			}
			r.VLine(0, math.MinInt, math.MaxInt, 1)
			r.Dot(math.MaxInt, math.MinInt, 1)
		}
	})
}

// A clipped line must show the very dots that the long line would.
func TestLineClips(t *testing.T) {
	for _, tt := range []struct{ x0, y0, x1, y1 float64 }{
		{-1e300, 6, 1e300, 6}, {5, -1e300, 5, 1e300}, {-100, -100, 100, 100}, {1e6, 6.5, -1e6, 6.5}, {5, 6, 5, 6},
	} {
		r := NewRaster(5, 3)
		r.Line(tt.x0, tt.y0, tt.x1, tt.y1, 1)
		n := 0
		for y := range 12 {
			for x := range 10 {
				if r.mask[y/4*5+x/2]&dotBit[y&3][x&1] == 0 {
					continue
				}
				n++
				switch {
				case tt.y0 == tt.y1 && y != 6, tt.x0 == tt.x1 && x != 5, tt.x0 == -100 && x != y:
					t.Errorf("%v: dot %d, %d", tt, x, y)
				}
			}
		}
		if n == 0 {
			t.Errorf("%v: nothing drawn", tt)
		}
	}
}

func TestBlit(t *testing.T) {
	bg, red, blue := RGB(10, 20, 30), RGB(255, 0, 0), RGB(0, 0, 255)
	c := NewCanvas(3, 1)
	c.Set(0, 0, Cell{R: '▀', FG: RGB(10, 10, 10), BG: RGB(30, 30, 30)})
	c.Set(1, 0, Cell{R: '⠁', FG: blue, BG: bg})
	c.Set(2, 0, Cell{R: '⠁', FG: blue, BG: bg, A: Soft})
	r := NewRaster(3, 1)
	for x := range 3 {
		r.Dot(2*x+1, 0, red)
	}
	r.Blit(c, 0, 0, 0)
	for x, want := range []Cell{{'⠈', red, RGB(20, 20, 20), 0}, {'⠉', red, bg, 0}, {'⠈', red, bg, 0}} {
		if got := *c.At(x, 0); got != want {
			t.Errorf("cell %d: %+v, want %+v", x, got, want)
		}
	}
	r.Clear()
	r.Dot(0, 1, blue)
	r.Blit(c, 0, 0, Soft)
	if got := c.At(0, 0).R; got != '⠈' {
		t.Errorf("decoration took over a line: %q", got)
	}
}

func TestView(t *testing.T) {
	v := View{-2, 2, -1, 3}
	for _, s := range [][2]int{{1, 1}, {3, 7}, {80, 24}} {
		for row := range s[1] {
			for col := range s[0] {
				x, y := v.FromCell(col, row, s[0], s[1])
				c, r, ok := v.ToCell(x, y, s[0], s[1])
				if c != col || r != row || !ok {
					t.Fatalf("%d,%d became %d,%d", col, row, c, r)
				}
			}
		}
	}
	if z := v.Zoom(0.5, 1, 1); z != (View{-0.5, 1.5, 0, 2}) {
		t.Error(z)
	}
	if p := v.Pan(0.25, -0.5); p != (View{-1, 3, -3, 1}) {
		t.Error(p)
	}
	for _, a := range hostile {
		for _, b := range hostile {
			if z := v.Zoom(a, b, b); !z.Valid() {
				t.Errorf("zoom by %v at %v gives %v", a, b, z)
			}
			if z := v.Pan(a, b); !z.Valid() {
				t.Errorf("pan by %v, %v gives %v", a, b, z)
			}
			if _, _, ok := v.ToCell(a, b, 5, 5); ok != v.Contains(a, b) {
				t.Errorf("%v, %v in view: %v", a, b, ok)
			}
		}
	}
	for range 2000 {
		v = v.Zoom(0.5, 0.3, 0.3)
	}
	if !v.Valid() {
		t.Error("zoomed into nothing")
	}
}
