package knob_test

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"opttui/internal/knob"
)

// knobs are of the kinds that rules and schedules have.
func knobs() []knob.Knob {
	return []knob.Knob{
		{Key: "lr", Default: 1e-2, Max: 1e6, Scale: knob.Log},
		{Key: "d0", Default: 1e-6, Min: 1e-12, Max: 1e3, Scale: knob.Log},
		{Key: "beta", Default: 0.9, Max: math.Nextafter(1, 0), Scale: knob.LogOneMinus},
		{Key: "gamma", Default: 0.95, Max: 1, Scale: knob.LogOneMinus},
		{Key: "t_max", Default: 1000, Min: 1, Max: 1e9, Scale: knob.Log, Integer: true, Unit: "steps"},
		{Key: "warmup", Max: 1e9, Scale: knob.Log, Integer: true, Unit: "steps"},
		{Key: "eta_minus", Default: 0.5, Max: 1},
		{Key: "eta_plus", Default: 1.2, Min: 1, Max: 5},
		{Key: "history", Default: 10, Min: 1, Max: 100, Integer: true},
		{Key: "weight", Default: 1, Min: -1e9, Max: 1e9, Scale: knob.SymLog},
		{Key: "offset", Min: -0.3, Max: 20, Scale: knob.SymLog},
		knob.Enum("form", "", "", 0, "velocity", "accumulate", "ewma"),
		knob.Switch("amsgrad", "", "", false),
	}
}

// allowed draws a value that the knob takes.
func allowed(k knob.Knob) *rapid.Generator[float64] {
	if k.Integer {
		return rapid.Map(rapid.Int64Range(int64(k.Min), int64(k.Max)), func(i int64) float64 { return float64(i) })
	}
	small := rapid.Map(rapid.Float64Range(0, 1), func(u float64) float64 { // as likely in each decade
		return k.Min + (k.Max-k.Min)*math.Pow(10, -18*u)
	})
	return rapid.OneOf(rapid.Float64Range(k.Min, k.Max), small, rapid.Just(k.Min), rapid.Just(k.Max))
}

func draw(t *rapid.T) (knob.Knob, float64) {
	all := knobs()
	k := all[rapid.IntRange(0, len(all)-1).Draw(t, "knob")]
	return k, allowed(k).Draw(t, "value")
}

// TestTextParses: a value that is written is read back bit for bit.
func TestTextParses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, v := draw(t)
		text := k.Text(v)
		for _, s := range []string{text, " " + text + "\t", strings.ToUpper(text)} {
			if got, err := k.Parse(s); err != nil || got != v {
				t.Fatalf("%s: %v is written %q and read %v, %v", k.Key, v, s, got, err)
			}
		}
	})
}

// TestSetRefuses: nothing out of range gets through, and a refused value changes nothing.
func TestSetRefuses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, v := draw(t)
		field := k.Default
		k = k.Bind(&field)
		x := rapid.OneOf(rapid.Just(v), rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1)})).Draw(t, "x")
		err := k.Set(x)
		in := x >= k.Min && x <= k.Max && (!k.Integer || x == math.Trunc(x))
		if in != (err == nil) {
			t.Fatalf("%s: Set(%v): %v", k.Key, x, err)
		}
		want := k.Default
		if in {
			want = x
		}
		if field != want || k.Value() != want {
			t.Fatalf("%s: is %v after Set(%v), want %v", k.Key, field, x, want)
		}
	})
}

// TestTurned: turning stays in range, goes the way it is turned, moves unless at an end, and comes back.
func TestTurned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, v := draw(t)
		n := rapid.IntRange(-30, 30).Draw(t, "notches")
		w := k.Turned(v, n)
		if err := k.Check(w); err != nil {
			t.Fatalf("%s: %v turned by %d: %v", k.Key, v, n, err)
		}
		if k.Scale == knob.Choice { // goes round
			if back := k.Turned(w, -n); back != v {
				t.Fatalf("%s: %v turned by %d and back: %v", k.Key, v, n, back)
			}
			return
		}
		if n == 0 && w != v || n > 0 && w < v || n < 0 && w > v {
			t.Fatalf("%s: %v turned by %d: %v", k.Key, v, n, w)
		}
		if n == 1 || n == -1 {
			atEnd := w == k.Max || w == k.Min || k.Scale == knob.LogOneMinus && 1-w < 1.01e-6
			if w == v && !atEnd {
				t.Fatalf("%s: %v does not turn by %d", k.Key, v, n)
			}
			if back := k.Turned(w, -n); !atEnd && !closeTo(k, v, back) {
				t.Fatalf("%s: %v turned by %d: %v, and back: %v", k.Key, v, n, w, back)
			}
		}
		if more := k.Turned(v, n+1); more < w {
			t.Fatalf("%s: %v turned by %d: %v, by one more: %v", k.Key, v, n, w, more)
		}
	})
}

// closeTo tells whether a knob that was turned one notch and back is within about a notch of where it was.
func closeTo(k knob.Knob, v, back float64) bool {
	switch k.Scale {
	case knob.Log:
		return back <= 1.7*v && v <= 1.7*back || k.Integer && math.Abs(back-v) <= 1 || v <= 1e-11
	case knob.LogOneMinus:
		return 1-back <= 1.7*(1-v) && 1-v <= 1.7*(1-back) || 1-v < 2e-6
	case knob.SymLog:
		a, b := math.Abs(v), math.Abs(back)
		return math.Abs(back-v) <= 1e-3 || v*back > 0 && b <= 1.7*a && a <= 1.7*b
	default:
		return math.Abs(back-v) <= 1.01*math.Max((k.Max-k.Min)/20, 1)
	}
}

// TestTurnedVeryFar: no number of notches is too many.
func TestTurnedVeryFar(t *testing.T) {
	for _, k := range knobs() {
		if k.Scale == knob.Choice {
			continue
		}
		for n, want := range map[int]float64{1e6: k.Max, -1e6: k.Min} {
			got := k.Turned(k.Turned(k.Default, 1), n)
			if k.Scale == knob.LogOneMinus && n > 0 {
				want = 1 - 1e-6
			}
			if got != want {
				t.Errorf("%s: turned by %d: %v, want %v", k.Key, n, got, want)
			}
		}
	}
}

// TestNotches: turning walks through readable numbers, up and down alike.
func TestNotches(t *testing.T) {
	for _, c := range []struct {
		key  string
		up   []float64
		full bool // the same downwards
	}{
		{"lr", []float64{0.01, 0.016, 0.025, 0.04, 0.063, 0.1, 0.16}, true},
		{"lr", []float64{0, 1e-12, 1.6e-12}, true},
		{"beta", []float64{0, 0.37, 0.6, 0.75, 0.84, 0.9, 0.937, 0.96, 0.975, 0.984, 0.99}, true},
		{"t_max", []float64{100, 160, 250, 400, 630, 1000}, true},
		{"warmup", []float64{0, 1, 2, 3, 4, 6}, true},
		{"history", []float64{10, 15, 20}, true},
		{"eta_minus", []float64{0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4}, true},
		{"eta_plus", []float64{1, 1.2, 1.4, 1.6}, true},
		{"lr", []float64{0.0123, 0.016}, false},
		{"weight", []float64{-2.5e-3, -1.6e-3, -1e-3, 0, 1e-3, 1.6e-3, 2.5e-3}, true},
		{"weight", []float64{-1.6, -1, -0.63}, true},
		{"weight", []float64{0.63, 1, 1.6, 2.5}, true},
		{"weight", []float64{-1.3, -1, -0.63}, false},
		{"weight", []float64{-4e-4, 0}, false},
		{"weight", []float64{4e-4, 1e-3}, false},
		{"weight", []float64{6.3e8, 1e9, 1e9}, false},
		{"offset", []float64{-0.3, -0.25, -0.16}, true},
	} {
		k, ok := knob.Find(knobs(), c.key)
		if !ok {
			t.Fatal(c.key)
		}
		for i := 1; i < len(c.up); i++ {
			lo, hi := c.up[i-1], c.up[i]
			if got := k.Turned(lo, 1); got != hi {
				t.Errorf("%s: above %g comes %g, want %g", k.Key, lo, got, hi)
			}
			if got := k.Turned(hi, -1); c.full && got != lo {
				t.Errorf("%s: below %g comes %g, want %g", k.Key, hi, got, lo)
			}
		}
	}
}

func TestFormat(t *testing.T) {
	all := knobs()
	lr, beta, steps, form := all[0], all[2], all[4], all[11]
	for _, c := range []struct {
		k    knob.Knob
		v    float64
		want string
	}{
		{lr, 0, "0"},
		{lr, 0.01, "0.0100"},
		{lr, 0.0123456, "0.0123"},
		{lr, 0.001, "1.00e-3"},
		{lr, 0.00996, "0.0100"},
		{lr, 0.1, "0.100"},
		{lr, 0.9996, "1.00"},
		{lr, 1, "1.00"},
		{lr, 9.999, "10.0"},
		{lr, 12.34, "12.3"},
		{lr, 99.96, "100"},
		{lr, 1234.5, "1234"},
		{lr, 9999.6, "1.00e4"},
		{lr, -0.5, "-0.500"},
		{lr, 1e-300, "1.00e-300"},
		{beta, 0.5, "0.500"},
		{beta, 0.9, "0.900"},
		{beta, 0.95, "0.950"},
		{beta, 0.99, "0.990"},
		{beta, 0.984, "0.984"},
		{beta, 0.999, "0.9990"},
		{beta, 0.9995, "0.99950"},
		{beta, 0, "0"},
		{steps, 1000, "1000"},
		{form, 2, "ewma"},
		{all[12], 1, "true"},
	} {
		if got := c.k.Format(c.v); got != c.want {
			t.Errorf("%s: %g is shown as %q, want %q", c.k.Key, c.v, got, c.want)
		}
	}
	if got := knob.Sig3(math.NaN()); got != "NaN" {
		t.Errorf("NaN is shown as %q", got)
	}
}

func TestParse(t *testing.T) {
	all := knobs()
	lr, steps, form, ams := all[0], all[4], all[11], all[12]
	for _, c := range []struct {
		k    knob.Knob
		text string
		want float64
	}{
		{lr, "1e-3", 1e-3}, {lr, " 0.5 ", 0.5}, {lr, "3", 3},
		{steps, "100", 100}, {steps, "1e3", 1000},
		{form, "ewma", 2}, {form, "Accumulate", 1},
		{ams, "true", 1}, {ams, "on", 1}, {ams, "Yes", 1}, {ams, "1", 1}, {ams, "false", 0}, {ams, "off", 0}, {ams, "0", 0},
	} {
		if got, err := c.k.Parse(c.text); err != nil || got != c.want {
			t.Errorf("%s: %q is read as %v, %v", c.k.Key, c.text, got, err)
		}
	}
	for _, c := range []struct {
		k            knob.Knob
		text, report string
	}{
		{lr, "fast", `lr cannot be "fast": allowed is a number from 0 to 1e+06`},
		{lr, "", `lr cannot be ""`},
		{lr, "-1", "lr cannot be -1"},
		{lr, "nan", "lr cannot be NaN"},
		{lr, "inf", "lr cannot be +Inf"},
		{steps, "1.5", "t_max cannot be 1.5: allowed is a whole number from 1 to 1e+09 steps"},
		{form, "nesterov", `form cannot be "nesterov": allowed is velocity, accumulate, ewma`},
		{form, "1", `form cannot be "1"`},
		{ams, "2", `amsgrad cannot be "2": allowed is false, true`},
	} {
		if _, err := c.k.Parse(c.text); err == nil || !strings.HasPrefix(err.Error(), c.report) {
			t.Errorf("%s: %q: %v, want %s", c.k.Key, c.text, err, c.report)
		}
	}
}

// TestFraction: sliders go from 0 to 1, the way the values go.
func TestFraction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, v := draw(t)
		w := allowed(k).Draw(t, "other")
		a, b := k.Fraction(math.Min(v, w)), k.Fraction(math.Max(v, w))
		if !(a >= 0 && a <= b && b <= 1) {
			t.Fatalf("%s: %v lies at %v, %v at %v", k.Key, math.Min(v, w), a, math.Max(v, w), b)
		}
	})
}

// TestFractionOfEitherSign: 0 is in the middle of a slider that goes as far below as above, to ±1e4, and decades have one width.
func TestFractionOfEitherSign(t *testing.T) {
	k, ok := knob.Find(knobs(), "weight")
	if !ok {
		t.Fatal("weight")
	}
	for v, want := range map[float64]float64{-1e9: 0, -1e4: 0, 0: 0.5, 1e4: 1, 1e9: 1, 1: 0.5 + 1.5/7, 1e3: 0.5 + 3/7., -1: 0.5 - 1.5/7} {
		if got := k.Fraction(v); math.Abs(got-want) > 1e-4 {
			t.Errorf("%v lies at %v, want %v", v, got, want)
		}
	}
	if got := k.Scale.String(); got != "symlog" {
		t.Errorf("the scale is called %q", got)
	}
}

func TestReset(t *testing.T) {
	a, b := 5.0, 7.0
	all := []knob.Knob{
		knob.Knob{Key: "a", Default: 1}.Bind(&a),
		knob.Knob{Key: "b", Default: 2}.Bind(&b),
	}
	knob.Reset(all)
	if a != 1 || b != 2 {
		t.Errorf("after Reset a = %g, b = %g", a, b)
	}
	if _, ok := knob.Find(all, "c"); ok {
		t.Error("finds a knob that is not there")
	}
}
