package train

import (
	"math"
	"testing"
)

// TestConvergedRunsHaveNoDenormals: however long a run has been at its minimum, nothing of it is so small that processors
// are slow with it.
func TestConvergedRunsHaveNoDenormals(t *testing.T) {
	for _, spec := range []Spec{
		{Problem: "quadratic", Optimizer: "sgd", Set: map[string]string{"lr": "0.1"}},
		{Problem: "quadratic", Optimizer: "momentum", Set: map[string]string{"lr": "0.01"}},
		{Problem: "quadratic", Optimizer: "nesterov", Set: map[string]string{"lr": "0.01"}},
		{Problem: "quadratic", Optimizer: "rmsprop"},
		{Problem: "beale", Optimizer: "adam", Set: map[string]string{"lr": "0.01", "beta2": "0.99"}},
		{Problem: "rosenbrock", Optimizer: "adam", Convention: "torch", Set: map[string]string{"lr": "0.01", "beta2": "0.99"}},
	} {
		r, err := New(spec)
		if err != nil {
			t.Fatal(err)
		}
		r.Advance(100_000)
		held := append([]float64{r.loss}, r.point.X...)
		held = append(held, r.point.G...)
		for _, s := range r.opt.Slots() {
			held = append(held, s.V...)
		}
		for _, v := range held {
			if v != 0 && math.Abs(v) < 0x1p-1022 {
				t.Errorf("%s on %s: %g among %g", spec.Optimizer, spec.Problem, v, held)
				break
			}
		}
	}
}
