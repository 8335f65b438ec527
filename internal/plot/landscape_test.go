package plot

import (
	"math"
	"testing"
)

func beale(x, y float64) float64 {
	a, b, c := 1.5-x+x*y, 2.25-x+x*y*y, 2.625-x+x*y*y*y
	return a*a + b*b + c*c
}

// lands are landscapes that each are difficult in their own way.
var lands = map[string]struct {
	f    func(x, y float64) float64
	v    View
	fmin float64
}{
	"beale":      {beale, View{-4.5, 4.5, -4.5, 4.5}, 0},
	"rosenbrock": {func(x, y float64) float64 { a, b := 1-x, y-x*x; return a*a + 100*b*b }, View{-2, 2, -1, 3}, 0},
	"rastrigin": {func(x, y float64) float64 {
		return 20 + x*x - 10*math.Cos(2*math.Pi*x) + y*y - 10*math.Cos(2*math.Pi*y)
	}, View{-5.12, 5.12, -5.12, 5.12}, 0},
	"easom": {func(x, y float64) float64 {
		return -math.Cos(x) * math.Cos(y) * math.Exp(-(x-math.Pi)*(x-math.Pi)-(y-math.Pi)*(y-math.Pi))
	}, View{-10, 10, -10, 10}, -1},
	"saddle": {func(x, y float64) float64 { return x*x - y*y }, View{-2, 2, -2, 2}, math.NaN()},
	"goldstein": {func(x, y float64) float64 {
		a, b := x+y+1, 2*x-3*y
		return (1 + a*a*(19-14*x+3*x*x-14*y+6*x*y+3*y*y)) * (30 + b*b*(18-32*x+12*x*x+48*y-36*x*y+27*y*y))
	}, View{-2, 2, -2, 2}, 3},
}

func TestFieldShowsStructure(t *testing.T) {
	for name, l := range lands {
		f := NewField(l.f, l.v, 100, 45, l.fmin)
		seen, lined := map[uint8]int{}, 0
		for _, v := range f.half {
			seen[v]++
		}
		for _, m := range f.iso {
			if m != 0 {
				lined++
			}
		}
		want := Levels - 2
		if name == "easom" { // a plateau, which is not to be the brightest level
			want = Levels / 2
		}
		if len(seen) < want {
			t.Errorf("%s: %d levels of heat", name, len(seen))
		}
		for v, n := range seen {
			if name != "easom" && n > len(f.half)/3 {
				t.Errorf("%s: level %d covers %d of %d", name, v, n, len(f.half))
			}
		}
		if share := float64(lined) / float64(len(f.iso)); share < 0.01 || share > 0.45 {
			t.Errorf("%s: iso-lines in %.0f%% of the cells", name, 100*share)
		}
		for _, u := range f.val {
			if !(u >= 0 && u <= 1) {
				t.Fatalf("%s: grade %v", name, u)
			}
		}
	}
}

// A higher value never looks lower, whatever the transformation.
func TestFieldKeepsOrder(t *testing.T) {
	for name, l := range lands {
		f := NewField(l.f, l.v, 30, 20, l.fmin)
		v := f.View
		at := func(i int) float64 {
			x, y := float64(i%60)+0.5, float64(i/60)+0.5
			return l.f(v.X0+x/60*(v.X1-v.X0), v.Y1-y/40*(v.Y1-v.Y0))
		}
		for i := 1; i < len(f.val); i++ {
			a, b := at(i-1), at(i)
			if a < b && f.val[i-1] > f.val[i]+1e-9 || a > b && f.val[i-1] < f.val[i]-1e-9 {
				t.Fatalf("%s: f %v and %v were graded %v and %v", name, a, b, f.val[i-1], f.val[i])
			}
		}
	}
}

func TestRoughLog(t *testing.T) {
	last := -1.0
	for v := 1.0; v < 1e12; v *= 1.0007 {
		got := roughLog(v)
		if math.Abs(got-math.Log(v)) > 2e-6 {
			t.Fatalf("log %v = %v", v, got)
		}
		if got <= last {
			t.Fatalf("not growing at %v", v)
		}
		last = got
	}
	if roughLog(1) != 0 {
		t.Error(roughLog(1))
	}
}

func TestFieldIsSafe(t *testing.T) {
	fields := map[string]func(x, y float64) float64{
		"flat": func(x, y float64) float64 { return 3 }, "zero": func(x, y float64) float64 { return 0 },
		"nan":  func(x, y float64) float64 { return math.NaN() },
		"inf":  func(x, y float64) float64 { return math.Inf(1) },
		"half": func(x, y float64) float64 { return math.Sqrt(x) },
		"pole": func(x, y float64) float64 { return 1 / x / y },
		"huge": func(x, y float64) float64 { return 1e300 * x * y },
		"max": func(x, y float64) float64 {
			return math.Copysign(math.MaxFloat64, x)
		},
		"tiny":  func(x, y float64) float64 { return 5e-324 * math.Round(10*x) },
		"noise": func(x, y float64) float64 { return 1e9 + 1e-8*math.Sin(1e6*x*y) },
		"cliff": func(x, y float64) float64 {
			if x > 0 {
				return 1e300
			}
			return x * x
		},
	}
	views := []View{{-1, 1, -1, 1}, {}, {1, 1, 1, 1}, {1, -1, 1, -1}, {-1e308, 1e308, -1e308, 1e308},
		{math.NaN(), 1, 0, 1}, {math.Inf(-1), math.Inf(1), 0, 1}, {1, 1 + 1e-16, 1, 1 + 1e-16}}
	ends(t, func() {
		var f Field
		for name, fn := range fields {
			for _, v := range views {
				for _, s := range hostileSizes {
					f.Compute(fn, v, s[0], s[1], hostile[(len(name)+s[0]+1)%len(hostile)])
					checkOverlay(t, &f, v, s[0], s[1])
				}
			}
		}
		for _, s := range hostileSizes {
			f.ComputeGrid([]float64{1, 2, math.NaN(), 4, 5, math.Inf(1)}, 3, 2, views[0], s[0], s[1], 0)
			checkOverlay(t, &f, views[0], s[0], s[1])
			f.ComputeGrid(nil, 3, 2, views[0], s[0], s[1], 0)
			f.ComputeGrid(nil, -1, 0, views[0], s[0], s[1], 0)
		}
	})
}

// checkOverlay draws all there is over the field, in all modes and partly beside the canvas.
func checkOverlay(t *testing.T, f *Field, v View, w, h int) {
	c := NewCanvas(w, h)
	for _, mode := range []Mode{Colour, Mono, ASCII} {
		for _, off := range []int{0, -2, 3} {
			f.Draw(c, off, off, mode)
			o := Overlay{C: c, OX: off, OY: off, W: w, H: h, View: v, Mode: mode}
			n := len(hostile)
			o.Path(n*n, func(i int) (x, y float64) { return hostile[i%n], hostile[i/n] }, RunColor(0), true)
			o.Path(1, func(int) (x, y float64) { return 0, 0 }, RunColor(1), true)
			o.Path(0, nil, RunColor(1), true)
			for i, x := range hostile {
				y := hostile[(i+5)%n]
				o.Marker(x, y, '●', RunColor(2))
				o.Arrow(0, 0, x, y, 4, RunColor(3))
				o.Arrow(x, y, 1, 1, x, RunColor(3))
			}
		}
		for _, cell := range c.Cells {
			if mode == ASCII && cell.R > 0x7e && cell.R != '●' {
				t.Fatalf("%q is not ASCII", cell.R)
			}
		}
		c.Clear()
	}
	f.Draw(c, 0, 0, Colour)
	checkRows(t, c)
}

func TestGridIsInterpolated(t *testing.T) {
	var f Field
	f.ComputeGrid([]float64{0, 1, 0, 1}, 2, 2, View{0, 1, 0, 1}, 20, 10, math.NaN())
	if f.Min != 0 || f.Max != 1 {
		t.Errorf("%v…%v", f.Min, f.Max)
	}
	for i := 1; i < 40; i++ {
		if f.val[i] < f.val[i-1] {
			t.Fatal("not rising from left to right")
		}
	}
}

func TestOverlayKeepsHeat(t *testing.T) {
	c := NewCanvas(20, 10)
	f := NewField(beale, View{-4.5, 4.5, -4.5, 4.5}, 20, 10, 0)
	f.Draw(c, 0, 0, Colour)
	o := Overlay{C: c, W: 20, H: 10, View: f.View}
	o.Path(2, func(i int) (x, y float64) { return -4 + 8*float64(i), 3 }, RunColor(0), false)
	n := 0
	for _, cell := range c.Cells {
		if cell.FG == RunColor(0) {
			n++
			if cell.BG == 0 {
				t.Fatal("the path has lost its background")
			}
		}
	}
	if n < 15 {
		t.Errorf("the path takes %d cells", n)
	}
	if !o.Marker(3, 0.5, '◆', RGB(255, 255, 255)) || o.Marker(30, 0.5, '◆', RGB(255, 255, 255)) {
		t.Error("a marker is shown exactly if it is in the view")
	}
}
