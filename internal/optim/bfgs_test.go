package optim

import (
	"math"
	"slices"
	"testing"

	"opttui/internal/kernel"
	"opttui/internal/knob"
)

// slopes is f = Σ cosh(xᵢ)·(i+1), which needs no more than gradients.
type slopes struct{ Objective }

func (slopes) Gradient(x, g []float64) (f float64) {
	for i, v := range x {
		f += float64(i+1) * math.Cosh(v)
		g[i] = float64(i+1) * math.Sinh(v)
	}
	return f
}

// steppedBFGS is the rule after some steps.
func steppedBFGS(t *testing.T, n, steps int) (*bfgs, *Point) {
	t.Helper()
	o := &bfgs{}
	knob.Reset(o.Knobs())
	o.Init(Layout{Dim: n})
	p := &Point{X: make([]float64, n), G: make([]float64, n)}
	for i := range p.X {
		p.X[i] = 1 + float64(i%3)
	}
	p.F = slopes{}.Gradient(p.X, p.G)
	for range steps {
		if err := o.Step(slopes{}, p); err != nil {
			t.Fatal(err)
		}
	}
	return o, p
}

// TestBFGSDirection: the direction that the last update has left is −Bg, and another gradient gets its own.
func TestBFGSDirection(t *testing.T) {
	for _, n := range []int{3, 40} {
		o, p := steppedBFGS(t, n, 5)
		other := slices.Clone(p.G)
		other[n-1] += 1
		for _, g := range [][]float64{p.G, other} {
			want, got := make([]float64, n), make([]float64, n)
			o.b.Times(g, want)
			o.direction(g, got)
			kernel.Axpy(got, 1, want)
			if !(kernel.Norm(got) <= 1e-12*kernel.Norm(want)) {
				t.Errorf("n = %d: the direction is %g off −Bg = −%g", n, kernel.Norm(got), want)
			}
		}
	}
}

// TestBFGSClone: a copy keeps what it has, whatever becomes of the original.
func TestBFGSClone(t *testing.T) {
	o, p := steppedBFGS(t, 20, 5)
	c := o.Clone().(*bfgs)
	ahead, next := slices.Clone(o.ahead), slices.Clone(o.next)
	if err := o.Step(slopes{}, p); err != nil {
		t.Fatal(err)
	}
	if slices.Equal(o.ahead, ahead) {
		t.Fatal("the original has not moved")
	}
	if !slices.Equal(c.ahead, ahead) || !slices.Equal(c.next, next) {
		t.Error("the copy has moved with the original")
	}
}
