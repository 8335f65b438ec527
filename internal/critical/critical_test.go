package critical

import (
	"context"
	"math"
	"reflect"
	"runtime"
	"testing"

	"opttui/internal/problems"
)

// field is a search in a random field of n variables.
func field(n, seed int) Search {
	return Search{Dim: n, Box: 10, Seed: uint64(seed), New: func() Function {
		return problems.RandomField(n, seed, 0).(Function)
	}}
}

func known(t *testing.T, name string) func() Function {
	s, err := problems.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return func() Function { return s.New().(Function) }
}

// TestKnownFunctions: all critical points of functions that are known for them, each once, and their kinds.
func TestKnownFunctions(t *testing.T) {
	for _, c := range []struct {
		name string
		box  float64
		want Kinds // counts only
	}{
		{"himmelblau", 5, Kinds{All: 9, Minima: 4, Saddles: 4, Maxima: 1}},
		{"six_hump_camel", 2, Kinds{All: 15, Minima: 6, Saddles: 7, Maxima: 2}},
		{"styblinski_tang", 4, Kinds{All: 9, Minima: 4, Saddles: 4, Maxima: 1}},
		{"three_hump_camel", 3, Kinds{All: 5, Minima: 3, Saddles: 2}},
		{"quadratic", 3, Kinds{All: 1, Minima: 1}},
		{"saddle", 3, Kinds{All: 1, Saddles: 1}},
	} {
		f := Search{Dim: 2, Box: c.box, Seed: 1, New: known(t, c.name)}.Look(context.Background(), 400)
		k := KindsOf(2, f.Points)
		if got := (Kinds{All: k.All, Minima: k.Minima, Saddles: k.Saddles, Maxima: k.Maxima}); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
		if f.Tries != 400 || f.Again+f.Lost+len(f.Points) != 400 {
			t.Errorf("%s: %d tries, %d again, %d lost, %d points", c.name, f.Tries, f.Again, f.Lost, len(f.Points))
		}
		g := make([]float64, 2)
		for _, p := range f.Points {
			if f := known(t, c.name)().Gradient(p.X, g); f != p.F || math.Hypot(g[0], g[1]) > 1e-6 {
				t.Errorf("%s: at %v f = %v (listed %v), g = %v", c.name, p.X, f, p.F, g)
			}
		}
	}
	// On the floor of a trough there is no telling which kind a point is of.
	f := Search{Dim: 2, Box: 1, Seed: 1, New: func() Function { return trough{} }}.Look(context.Background(), 20)
	if len(f.Points) != 0 || f.Lost != 20 {
		t.Errorf("trough: %+v", f)
	}
}

// trough is ½(x − y)².
type trough struct{}

func (trough) Gradient(x, g []float64) float64 {
	d := x[0] - x[1]
	g[0], g[1] = d, -d
	return d * d / 2
}

func (trough) Hessian(_, h []float64) { copy(h, []float64{1, -1, -1, 1}) }

// TestSameOnAllMachines: the number of processors changes nothing.
func TestSameOnAllMachines(t *testing.T) {
	for _, n := range []int{2, 80} { // 80: large enough for blocked linear algebra
		var first Found
		for i, procs := range []int{1, 2, 7} {
			before := runtime.GOMAXPROCS(procs)
			f := field(n, 3).Look(context.Background(), 12)
			runtime.GOMAXPROCS(before)
			if i == 0 {
				first = f
			} else if !reflect.DeepEqual(f, first) {
				t.Errorf("n = %d on %d processors: something else than on one", n, procs)
			}
		}
		if len(first.Points) == 0 {
			t.Errorf("n = %d: nothing was found", n)
		}
	}
}

// TestHighSaddlesGoDownEverywhere: where there are many dimensions, all that is found is saddles, and their index
// follows the value.
func TestHighSaddlesGoDownEverywhere(t *testing.T) {
	k := KindsOf(30, field(30, 1).Look(context.Background(), 60).Points)
	if k.Saddles != k.All || k.All < 20 || k.Correlation < 0.8 || !(k.ByValue[0] < k.ByValue[1] && k.ByValue[1] < k.ByValue[2]) {
		t.Errorf("%+v", k)
	}
}

func TestKindsOf(t *testing.T) {
	points := []Point{{F: 3, Negative: 2}, {F: -1, Negative: 0}, {F: 0, Negative: 1}}
	want := Kinds{All: 3, Minima: 1, Saddles: 1, Maxima: 1, Index: 0.5, ByValue: [3]float64{0, 0.5, 1}}
	got := KindsOf(2, points)
	want.Correlation = got.Correlation
	if got != want || math.Abs(got.Correlation-0.9607689228305228) > 1e-12 { // of (−1, 0, 3) and (0, ½, 1): 2/√(26/3 · ½)
		t.Errorf("%+v, want %+v", got, want)
	}
	if points[0].F != 3 {
		t.Error("the caller's points were sorted")
	}
	if none := KindsOf(2, nil); none.All != 0 || !math.IsNaN(none.Index) || !math.IsNaN(none.Correlation) {
		t.Errorf("of nothing: %+v", none)
	}
}

// TestCancelled: a search that is called off returns what it has.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if f := field(3, 1).Look(ctx, 100000); f.Tries > 100 {
		t.Errorf("%d tries after the end", f.Tries)
	}
}
