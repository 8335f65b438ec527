package plane

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"

	"opttui/internal/knob"
	"opttui/internal/leak"
	"opttui/internal/problems"
)

func TestMain(m *testing.M) { leak.Main(m) }

func vector(rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return x
}

// TestProject: what At makes Project finds, and what is left of any other point is orthogonal to the plane.
func TestProject(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		n := rapid.IntRange(2, 40).Draw(t, "n")
		planes := []*Plane{
			Random(vector(rng, n), nil, rng.Uint64()),
			Coordinates(vector(rng, n), n-1, 0),
			Principal(vector(rng, n), [][]float64{vector(rng, n), vector(rng, n), vector(rng, n)}),
		}
		for _, p := range planes {
			x, a, b := make([]float64, n), rng.NormFloat64(), rng.NormFloat64()
			p.At(a, b, x)
			a1, b1, out := p.Project(x)
			if math.Abs(a1-a)+math.Abs(b1-b) > 1e-6 || out > 1e-6 {
				t.Fatalf("%v, %v comes back as %v, %v at the distance %v", a, b, a1, b1, out)
			}
			y := vector(rng, n)
			a, b, out = p.Project(y)
			p.At(a, b, x)
			floats.Sub(y, x)
			if d := floats.Norm(y, 2); math.Abs(d-out) > 1e-6*(1+d) || math.Abs(floats.Dot(y, p.U)) > 1e-6*(1+p.uu) || math.Abs(floats.Dot(y, p.V)) > 1e-6*(1+p.vv) {
				t.Fatalf("the rest %v is not orthogonal to the plane, or not %v long", y, out)
			}
		}
	})
}

// TestPrincipal compares with the principal components of gonum/stat, of the displacements and their negatives, whose
// mean is zero.
func TestPrincipal(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	const n, k = 7, 12
	origin := vector(rng, n)
	var path [][]float64
	both := mat.NewDense(2*k, n, nil)
	for i := range k {
		x := vector(rng, n)
		x[3] += 5 * rng.NormFloat64()
		x[1] *= 3
		floats.Add(x, origin)
		path = append(path, x)
		for j := range n {
			both.Set(i, j, x[j]-origin[j])
			both.Set(k+i, j, origin[j]-x[j])
		}
	}
	var pc stat.PC
	if !pc.PrincipalComponents(both, nil) {
		t.Fatal("gonum finds none")
	}
	var vectors mat.Dense
	pc.VectorsTo(&vectors)
	p := Principal(origin, path)
	for c, d := range [][]float64{p.U, p.V} {
		want := mat.Col(nil, c, &vectors)
		if dot := math.Abs(floats.Dot(d, want)); math.Abs(dot-1) > 1e-10 {
			t.Errorf("component %d is %v, gonum's %v", c+1, d, want)
		}
	}
	vars := pc.VarsTo(nil)
	if share := 1 - (vars[0]+vars[1])/floats.Sum(vars); math.Abs(p.Outside(path)-share) > 1e-10 {
		t.Errorf("%v of the path is outside, gonum leaves %v of the variance", p.Outside(path), share)
	}
	if p.Note != "" {
		t.Errorf("a path with many directions has the note %q", p.Note)
	}
}

func TestPathsWithoutTwoDirections(t *testing.T) {
	origin := []float64{1, 2, 3}
	for _, path := range [][][]float64{nil, {origin}, {{2, 2, 3}, {3, 2, 3}}, {{math.NaN(), 0, 0}}, {{math.Inf(1), 0, 0}, {1, 2, 4}}} {
		p := Principal(origin, path)
		if p.Note == "" || math.Abs(p.uu-1)+math.Abs(p.vv-1)+math.Abs(p.uv) > 1e-12 {
			t.Errorf("path %v: directions %v and %v, note %q", path, p.U, p.V, p.Note)
		}
		if r := p.Fit(path); !(r.X1 > r.X0 && r.Y1 > r.Y0) {
			t.Errorf("path %v: nothing fits it: %+v", path, r)
		}
	}
	if out := Principal(origin, nil).Outside(nil); out != 0 {
		t.Errorf("%v of no path is outside", out)
	}
}

// TestFilters: every filter of a random direction is as long as that of the weights.
func TestFilters(t *testing.T) {
	s, err := problems.Find("digits/mlp:16")
	if err != nil {
		t.Fatal(err)
	}
	problem := s.New()
	x := problem.Start(1)
	blocks := problem.(problems.Blocked).Blocks()
	p := Random(x, blocks, 5)
	if slices.Equal(p.U, p.V) || slices.Equal(p.U, Random(x, blocks, 6).U) || !slices.Equal(p.V, Random(x, blocks, 5).V) {
		t.Error("the directions are not a function of the seed")
	}
	for _, b := range blocks {
		for c := range b.Cols {
			length := func(v []float64) float64 {
				sum := 0.0
				for r := range b.Rows {
					sum += v[b.Offset+r*b.Cols+c] * v[b.Offset+r*b.Cols+c]
				}
				return math.Sqrt(sum)
			}
			if b.Rows > 1 && (math.Abs(length(p.U)-length(x)) > 1e-12 || math.Abs(length(p.V)-length(x)) > 1e-12) {
				t.Fatalf("%s, unit %d: directions of length %v and %v, weights of %v", b.Name, c, length(p.U), length(p.V), length(x))
			}
			if b.Rows == 1 && length(p.U) != 0 {
				t.Fatalf("%s is zero, but not its direction", b.Name)
			}
		}
	}
	if p := Random(make([]float64, 5), nil, 1); !(p.uu > 0.99 && p.uu < 1.01) {
		t.Errorf("at zero a direction has length %v", math.Sqrt(p.uu))
	}
}

// quadratic is a problem whose values on any plane are known.
type quadratic struct{ n, slow int }

func (q quadratic) Dim() int                        { return q.n }
func (q quadratic) Start(uint64) []float64          { return make([]float64, q.n) }
func (q quadratic) Knobs() []knob.Knob              { return nil }
func (q quadratic) Clone() problems.Problem         { return q }
func (q quadratic) Gradient(x, g []float64) float64 { copy(g, x); return q.Value(x) }
func (q quadratic) Value(x []float64) float64 {
	if q.slow > 0 {
		time.Sleep(time.Duration(q.slow) * time.Millisecond)
	}
	return floats.Dot(x, x) / 2
}

func complete(t testing.TB, s *Survey) *Grid {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if g := s.Grid(); g != nil && g.Complete {
			return g
		}
	}
	t.Fatal("the survey is never complete")
	return nil
}

// TestSurvey: the values are those of the function, on any number of processors and for any size.
func TestSurvey(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	p := Random(vector(rng, 6), nil, 3)
	r := Rect{-1, 2, -3, 1}
	for _, size := range [][2]int{{40, 30}, {1, 1}, {17, 5}, {0, 0}, {3, 0}} {
		var first []float64
		for _, processors := range []int{1, 2} {
			before := runtime.GOMAXPROCS(processors)
			s := Start(context.Background(), NewLoss(quadratic{n: 6}), p, r, size[0], size[1], 0, nil)
			g := complete(t, s)
			s.Stop()
			runtime.GOMAXPROCS(before)
			if len(g.Values) != size[0]*size[1] || g.Done != 1 || s.Err() != nil {
				t.Fatalf("%v: %d values, %v done, error %v", size, len(g.Values), g.Done, s.Err())
			}
			if first = append(first, g.Values...); !slices.Equal(first[:len(g.Values)], g.Values) {
				t.Errorf("%v: other values on %d processors", size, processors)
			}
			x := make([]float64, 6)
			for k, v := range g.Values {
				i, j := k%size[0], k/size[0]
				p.At(-1+3*(float64(i)+0.5)/float64(size[0]), 1-4*(float64(j)+0.5)/float64(size[1]), x)
				if want := floats.Dot(x, x) / 2; math.Abs(v-want) > 1e-12*(1+want) {
					t.Fatalf("%v: the value at %d, %d is %v, want %v", size, i, j, v, want)
				}
			}
		}
	}
}

// TestCoarseFirst: the first picture comes after a small part of the work, and is near the last one. By the clock of the
// bubble only evaluations take time.
func TestCoarseFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Coordinates(make([]float64, 3), 0, 1)
		s := Start(t.Context(), NewLoss(quadratic{n: 3, slow: 1}), p, Rect{-1, 1, -1, 1}, 64, 64, 2, nil)
		defer s.Stop()
		var g *Grid
		for g = s.Grid(); g == nil; g = s.Grid() {
			time.Sleep(100 * time.Microsecond)
		}
		if g.Complete || g.Done != 1./256 {
			t.Fatalf("the first picture is there after %v of the work", g.Done)
		}
		for k, v := range g.Values {
			x, y := -1+2*(float64(k%64)+0.5)/64, 1-2*(float64(k/64)+0.5)/64
			if want := (x*x + y*y) / 2; max(x, -y) < 0.5 && math.Abs(v-want) > 0.3 { // beyond its last points it is flat
				t.Fatalf("coarse value %v at %v, %v, want about %v", v, x, y, want)
			}
		}
	})
}

// TestStop: a survey that is no longer wanted ends within an evaluation, by Stop and by its context.
func TestStop(t *testing.T) {
	for _, after := range []time.Duration{0, 5 * time.Millisecond, 102 * time.Millisecond} {
		for _, stop := range []func(s *Survey, cancel func()){
			func(s *Survey, _ func()) { s.Stop() },
			func(s *Survey, cancel func()) { cancel(); <-s.done },
		} {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				p := Coordinates(make([]float64, 3), 0, 1)
				s := Start(ctx, NewLoss(quadratic{n: 3, slow: 5}), p, Rect{-1, 1, -1, 1}, 200, 200, 2, nil)
				time.Sleep(after)
				begin := time.Now()
				stop(s, cancel)
				if took := time.Since(begin); took > 5*time.Millisecond {
					t.Errorf("it took %v to stop after %v", took, after)
				}
				if g := s.Grid(); g != nil && g.Complete {
					t.Error("200×200 slow points were complete at once")
				}
			})
		}
	}
}

type broken struct{ quadratic }

func (b broken) Clone() problems.Problem   { return b }
func (b broken) Value(x []float64) float64 { panic("no value") }

func TestPanicIsAnError(t *testing.T) {
	s := Start(context.Background(), NewLoss(broken{quadratic{n: 3}}), Coordinates(make([]float64, 3), 0, 1), Rect{-1, 1, -1, 1}, 8, 8, 0, nil)
	<-s.done
	if s.Err() == nil {
		t.Error("a panic is not told")
	}
}

// many is a problem with more samples than a picture is made from.
type many struct{ quadratic }

func (m many) Clone() problems.Problem                        { return m }
func (m many) Samples() int                                   { return 5000 }
func (m many) ValueOn(batch []int, x []float64) float64       { return float64(len(batch)) }
func (m many) GradientOn(batch []int, x, g []float64) float64 { return 0 }

func TestManySamples(t *testing.T) {
	l := NewLoss(many{quadratic{n: 2}})
	if used, all := l.Samples(); used != someSamples || all != 5000 || l.Clone().Value([]float64{1, 2}) != someSamples {
		t.Errorf("the loss is on %d of %d samples", used, all)
	}
	if used, all := NewLoss(quadratic{n: 2}).Samples(); used != 0 || all != 0 {
		t.Errorf("%d of %d samples where there are none", used, all)
	}
}

func BenchmarkSurvey(b *testing.B) {
	s, err := problems.Find("digits/mlp:32")
	if err != nil {
		b.Fatal(err)
	}
	problem := s.New()
	x := problem.Start(1)
	p := Random(x, problem.(problems.Blocked).Blocks(), 1)
	for _, processors := range []int{1, 2} {
		b.Run(map[int]string{1: "one", 2: "two"}[processors], func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
			for b.Loop() {
				s := Start(context.Background(), NewLoss(problem), p, Rect{-1, 1, -1, 1}, 20, 10, 0, nil)
				<-s.done
			}
		})
	}
}

// TestShare: the survey asks for a turn before every point, and gives the last one up.
func TestShare(t *testing.T) {
	var asked, begun, ended atomic.Int64
	s := Start(t.Context(), NewLoss(quadratic{n: 3}), Coordinates(make([]float64, 3), 0, 1), Rect{-1, 1, -1, 1}, 12, 10, 1,
		func(ctx context.Context) (func() bool, func()) {
			begun.Add(1)
			return func() bool { asked.Add(1); return ctx.Err() == nil }, func() { ended.Add(1) }
		})
	<-s.done
	if g := s.Grid(); g == nil || !g.Complete {
		t.Fatal("it is not complete")
	}
	if asked.Load() < 120 || begun.Load() == 0 || begun.Load() != ended.Load() {
		t.Errorf("%d turns for 120 points; %d begun, %d ended", asked.Load(), begun.Load(), ended.Load())
	}
}
