package plot

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
)

// screen returns what a canvas shows, without colours and without blanks at the ends.
func screen(c *Canvas) string {
	var b strings.Builder
	for y := range c.H {
		var row strings.Builder
		for x := range c.W {
			if r := c.At(x, y).R; r != 0 {
				row.WriteRune(r)
			} else {
				row.WriteByte(' ')
			}
		}
		b.WriteString(strings.TrimRight(row.String(), " ") + "\n")
	}
	return b.String()
}

func drawn(ch *Chart, w, h int) string {
	c := NewCanvas(w, h)
	ch.Draw(c, 0, 0, w, h)
	return screen(c)
}

// curve is a series of these values at 0, 1, 2, …
func curve(ys ...float64) []Series {
	s := Series{Name: "run", Marker: '●', Color: RunColor(0)}
	for i, y := range ys {
		s.Points = append(s.Points, Value(float64(i), y))
	}
	return []Series{s}
}

func TestChartLabels(t *testing.T) {
	for _, tt := range []struct {
		name  string
		chart Chart
		want  []string
		scale string
	}{
		{"decades", Chart{Log: true, Series: curve(100, 1, 1e-4)}, []string{"100┤", "1┤", "0.01┤", "1e-4└"}, "log"},
		{"linear", Chart{Series: curve(0, 5, 10)}, []string{"10┤", "8┤", "0└"}, "linear"},
		{"within a decade", Chart{Log: true, Series: curve(2.1, 2.2, 2.3)}, []string{"2.3┤", "2.2┤", "2.1└"}, "log"},
		{"below zero", Chart{Log: true, Series: curve(1, -10, -1000)}, []string{"1┤", "0┤", "-10┤", "-1000└"}, "symlog"},
		{"zero is no sign", Chart{Log: true, Series: curve(1, 1e-3, 0)}, []string{"1┤", "1e-3└"}, "log"},
		{"rounding is no sign", Chart{Log: true, Series: curve(1, 1e-3, -1e-17)}, []string{"1e-3└"}, "log"},
		{"all negative", Chart{Log: true, Series: curve(-1, -2, -3)}, []string{"-1"}, "symlog"},
		{"large numbers", Chart{Series: []Series{{Points: []Point{Value(0, 1e7), Value(2.5e6, 3e7)}}}}, []string{"3.0e7┤", "1M", "2M"}, "linear"},
		{"empty", Chart{Log: true}, []string{"1┤", "0.1└"}, "log"},
		{"one point", Chart{Log: true, Series: curve(3)}, []string{"┤", "└", "●"}, "log"},
		{"marks", Chart{Series: curve(1, 2, 3, 4), Marks: []Mark{{X: 1, Text: "ε÷2"}, {X: 2, Text: "adam"}}}, []string{"▾ε÷2", "▾adam"}, "linear"},
		{"not finite", Chart{Log: true, Series: curve(1, 2, math.NaN(), math.NaN(), 1, math.Inf(1))}, []string{"✕"}, "log"},
		{"never finite", Chart{Log: true, Series: curve(math.NaN())}, []string{"✕"}, "log"},
		{"legend", Chart{Series: curve(0, 1), Legend: true}, []string{"● run"}, "linear"},
		{"labels", Chart{Series: curve(0, 1), XLabel: "step", YLabel: "loss"}, []string{"step", "loss"}, "linear"},
		{"ascii", Chart{Series: curve(0, 1, math.NaN()), Mode: ASCII}, []string{"+----", "*", "x", "1+"}, "linear"},
		{"fixed", Chart{Series: curve(0, 1), YRange: [2]float64{-3, 3}, XRange: [2]float64{0, 7}}, []string{"3┤", "-3└"}, "linear"},
	} {
		got := drawn(&tt.chart, 60, 14)
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", tt.name, want, got)
			}
		}
		if s := tt.chart.Scale(); s != tt.scale {
			t.Errorf("%s: scale %s, want %s", tt.name, s, tt.scale)
		}
		if tt.chart.Mode == ASCII {
			for _, r := range got {
				if r > 0x7e && r != '●' {
					t.Errorf("%q is not ASCII", r)
				}
			}
		}
	}
}

// The peak of one step among thousands must not be lost between the columns.
func TestChartKeepsPeaks(t *testing.T) {
	ys := make([]float64, 100000)
	ys[43210] = 8
	got := drawn(&Chart{Series: curve(ys...)}, 60, 14)
	if !strings.ContainsAny(strings.Split(got, "\n")[4], "⡇⢸") {
		t.Errorf("the peak is missing:\n%s", got)
	}
}

func TestChartAxesAreStill(t *testing.T) {
	ch := &Chart{Log: true, Series: []Series{{}}}
	c := NewCanvas(80, 20)
	changes, last := 0, axesKey{}
	for i := range 2000 {
		ch.Series[0].Points = append(ch.Series[0].Points, Value(float64(i), math.Exp(-float64(i)/100)*(1+0.3*math.Sin(float64(i)))))
		c.Clear()
		ch.Draw(c, 0, 0, 80, 20)
		if ch.ax.key != last {
			changes++
			last = ch.ax.key
		}
	}
	if changes > 60 {
		t.Errorf("the axes changed %d times in 2000 frames", changes)
	}
	ch.Series[0].Points = ch.Series[0].Points[:100] // rewound
	ch.Draw(c, 0, 0, 80, 20)
	if ch.ax.key.x.hi > 200 || ch.ax.key.y.lo < 0.01 {
		t.Errorf("the axes do not follow a rewind: %+v", ch.ax.key)
	}
}

func TestChartXAt(t *testing.T) {
	ch := &Chart{Series: curve(make([]float64, 1001)...)}
	drawn(ch, 80, 20)
	if _, ok := ch.XAt(0); ok {
		t.Error("the labels are not a place on the axis")
	}
	a, _ := ch.XAt(ch.ox)
	b, ok := ch.XAt(79)
	if !ok || math.Abs(a) > 10 || math.Abs(b-1000) > 20 {
		t.Errorf("%v … %v", a, b)
	}
}

// tryChart draws all kinds of charts of the points at a size.
func tryChart(t *testing.T, pts []Point, w, h int) {
	c := NewCanvas(w, h)
	for _, log := range []bool{false, true} {
		for _, mode := range []Mode{Colour, Mono, ASCII} {
			ch := &Chart{Log: log, Mode: mode, XLabel: "step", YLabel: "loss", Legend: true,
				Series: []Series{{Points: pts, Faint: true}, {Name: "run", Points: pts, Marker: '●'}, {Name: "none"}}}
			for _, p := range pts[:min(len(pts), 5)] {
				ch.Marks = append(ch.Marks, Mark{X: p.X, Text: "ε÷2"})
			}
			for range 2 { // the second time with what it remembers
				ch.Draw(c, 0, 0, w, h)
				ch.Draw(c, -1, 1, w, h)
				ch.XAt(w / 2)
			}
			if len(pts) > 1 {
				ch.XRange, ch.YRange = [2]float64{pts[0].X, pts[1].X}, [2]float64{pts[0].Lo, pts[1].Hi}
				ch.Draw(c, 0, 0, w, h)
			}
			checkRows(t, c)
		}
	}
}

func TestChartIsSafe(t *testing.T) {
	ends(t, func() {
		var all []Point
		for i, y := range hostile {
			for j, z := range hostile {
				all = append(all, Point{float64(i + j), y, z, (y + z) / 2}, Point{y, z, z, z})
			}
		}
		for _, s := range hostileSizes {
			tryChart(t, nil, s[0], s[1])
			tryChart(t, all, s[0], s[1])
		}
		for _, y := range hostile {
			for _, z := range hostile {
				tryChart(t, []Point{Value(y, z)}, 40, 10)
				tryChart(t, []Point{Value(0, y), Value(1, z)}, 30, 9)
				tryChart(t, []Point{Value(y, 1), Value(z, 2)}, 30, 9)
			}
		}
	})
}

func FuzzChart(f *testing.F) {
	seed := make([]byte, 0, 64)
	for _, v := range []float64{1, math.NaN(), 1e300, -1e300, 0, 1e-300, math.Inf(1), 5} {
		seed = binary.LittleEndian.AppendUint64(seed, math.Float64bits(v))
	}
	f.Add(seed, 40, 10)
	f.Add(seed[:8], 1, 1)
	f.Add([]byte{}, 14, 5)
	f.Fuzz(func(t *testing.T, data []byte, w, h int) {
		if w > 200 || h > 80 || len(data) > 4096 {
			return
		}
		var pts []Point
		for len(data) >= 16 {
			x, y := math.Float64frombits(binary.LittleEndian.Uint64(data)), math.Float64frombits(binary.LittleEndian.Uint64(data[8:]))
			pts = append(pts, Point{x, y, y * 2, y})
			data = data[8:]
		}
		ends(t, func() { tryChart(t, pts, w, h) })
	})
}

func FuzzAxes(f *testing.F) {
	f.Add(0.0, 1.0, 1e-3, 10.0, 60, 20, uint8(1))
	f.Add(-1e300, 1e300, 5e-324, math.MaxFloat64, 14, 5, uint8(0))
	f.Add(1.0, 1.0, -3.0, 3.0, 100, 9, uint8(2))
	f.Fuzz(func(t *testing.T, x0, x1, y0, y1 float64, w, h int, kind uint8) {
		if w > 300 || h > 100 || !finite(x0) || !finite(x1) || !finite(y0) || !finite(y1) {
			return
		}
		ends(t, func() {
			k := scaleKind(kind % 3)
			x := snapX(clamp(min(x0, x1), -huge, huge), clamp(max(x0, x1), -huge, huge), 5, span{})
			y := snap(k, min(y0, y1), max(y0, y1), math.Pow(10, float64(kind)-100), 5, span{})
			for _, s := range []span{x, y} {
				if !(s.hi > s.lo) || !finite(s.hi) || !finite(s.lo) {
					t.Fatalf("snap gave %+v", s)
				}
				if a, b := s.frac(s.lo), s.frac(s.hi); math.Abs(a) > 1e-6 || math.Abs(b-1) > 1e-6 {
					t.Fatalf("%+v: ends at %v, %v", s, a, b)
				}
				if ts := s.ticks(6, true); len(ts) > 40 {
					t.Fatalf("%+v: %d ticks", s, len(ts))
				}
			}
			a := newAxes(axesKey{w: w, h: h, x: x, y: y, xLabel: "step"})
			checkRows(t, a.pic)
			if a.w < 0 || a.h < 0 || a.x+a.w > max(w, 0) || a.y+a.h > max(h, 0) {
				t.Fatalf("curves at %d, %d, %d×%d of %d×%d", a.x, a.y, a.w, a.h, w, h)
			}
		})
	})
}

func TestNumber(t *testing.T) {
	for _, tt := range []struct {
		v, step float64
		si      bool
		want    string
	}{
		{0, 1, true, "0"}, {1500, 500, true, "1.5k"}, {2e6, 1e6, true, "2M"}, {20000, 10000, true, "20k"}, {0.25, 0.05, false, "0.25"},
		{1e-5, 1e-5, false, "1e-5"}, {1.5e-5, 5e-6, false, "1.5e-5"}, {-3, 1, false, "-3"}, {3e7, 1e7, false, "3e7"}, {1e300, 1e299, true, "1.0e300"}, {1234, 0, false, "1234"},
	} {
		if got := Number(tt.v, tt.step, tt.si); got != tt.want {
			t.Errorf("Number(%v, %v) = %q, want %q", tt.v, tt.step, got, tt.want)
		}
	}
	for _, a := range hostile {
		for _, b := range hostile {
			if s := Number(a, b, true); len(s) > 40 {
				t.Errorf("Number(%v, %v) = %q", a, b, s)
			}
		}
	}
}

func TestSparkline(t *testing.T) {
	for _, tt := range []struct {
		v    []float64
		w    int
		want string
	}{
		{[]float64{0, 1, 2, 3, 4, 5, 6, 7}, 8, "▁▂▃▄▅▆▇█"}, {[]float64{1, 2, 3}, 2, "▁█"}, {[]float64{3}, 3, "▁  "}, {nil, 2, "  "},
		{[]float64{0, math.NaN(), 1}, 3, "▁✕█"}, {[]float64{-math.MaxFloat64, math.MaxFloat64}, 2, "▁█"}, {[]float64{1}, -1, ""},
	} {
		if got := Sparkline(tt.v, tt.w); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.v, got, tt.want)
		}
	}
	if got := SparklineASCII([]float64{0, math.Inf(1), 1}, 3); got != "_x#" {
		t.Errorf("%q", got)
	}
}
