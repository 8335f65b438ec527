package optim_test

import (
	"math"
	"slices"
	"testing"

	"opttui/internal/optim"
)

// denormal finds a denormal number.
func denormal(v []float64) (float64, bool) {
	i := slices.IndexFunc(v, func(a float64) bool { return a != 0 && math.Abs(a) < 0x1p-1022 })
	if i < 0 {
		return 0, false
	}
	return v[i], true
}

// TestNothingTinyIsRemembered: when the gradient has died away, so does what a rule remembers of it: to zero, not to the
// denormal numbers, with which processors are slow.
func TestNothingTinyIsRemembered(t *testing.T) {
	both(t, func(t *testing.T, spec optim.Spec, c optim.Convention) {
		for _, n := range []int{6, 33} { // below and above where loops in assembly begin
			o, p := stepper(spec, c, n)
			turnOn(o.Knobs())
			for _, k := range o.Knobs() {
				switch k.Key {
				case "beta1", "beta2", "rho", "momentum": // so that they forget before the test is over
					_ = k.Set(0.8)
				case "weight_decay":
					_ = k.Set(0)
				}
			}
			obj := &plain{f: bowl}
			for range 20 {
				p.F = bowl(p.X, p.G)
				if err := o.Step(obj, p); err != nil {
					t.Fatal(err)
				}
			}
			flat := &plain{f: func(_, g []float64) float64 { clear(g); return 0 }}
			for k := range 8000 {
				clear(p.G)
				if err := o.Step(flat, p); err != nil {
					t.Fatal(err)
				}
				for _, s := range o.Slots() {
					if v, ok := denormal(s.V); ok {
						t.Fatalf("n = %d, %d steps after the last gradient, %s: %g", n, k, s.Kind, v)
					}
				}
			}
		}
	})
}

// TestParametersDoNotSinkAway: the minimum of a bowl is at zero, which parameters reach before they are denormal.
func TestParametersDoNotSinkAway(t *testing.T) {
	both(t, func(t *testing.T, spec optim.Spec, c optim.Convention) {
		for _, n := range []int{6, 33} {
			o, p := stepper(spec, c, n)
			if spec.Unit == optim.PerGradient {
				p.LR = 0.3
			}
			obj := &plain{f: bowl}
			for k := range 4000 {
				p.F = bowl(p.X, p.G)
				if err := o.Step(obj, p); err != nil {
					t.Fatal(err)
				}
				if v, ok := denormal(p.X); ok {
					t.Fatalf("n = %d, step %d: %g", n, k, v)
				}
			}
		}
	})
}
