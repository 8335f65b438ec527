package problems

import (
	"math"
	"slices"
	"testing"

	"opttui/internal/dataset"
	"opttui/internal/knob"
)

// precise sets the precision of a network's layers.
func precise(t *testing.T, p Problem, name string) {
	t.Helper()
	k, ok := knob.Find(p.Knobs(), "precision")
	if !ok {
		t.Fatal("no knob precision")
	}
	if err := k.SetText(name); err != nil {
		t.Fatal(err)
	}
}

// TestSinglePrecision: everything that a network computes in float32 is near what it computes in float64, and not the same,
// with each activation and loss, for whole chunks of samples and parts of them.
func TestSinglePrecision(t *testing.T) {
	for name, make := range map[string]func(act Activation) Problem{
		"classes":     func(act Activation) Problem { return MLP(dataset.Open("digits"), []int{24, 12}, act) },
		"a number":    func(act Activation) Problem { return MLP(dataset.Open("diabetes"), []int{20}, act) },
		"autoencoder": func(act Activation) Problem { return Autoencoder(dataset.Open("wine"), []int{7}, act) },
	} {
		for act, activation := range activations {
			t.Run(name+"/"+activation, func(t *testing.T) {
				double, single := make(Activation(act)), make(Activation(act))
				precise(t, single, "float32")
				for name, want := range numbersOf(double) {
					got := numbersOf(single)[name]
					if slices.Equal(got, want) {
						t.Errorf("%s is the same in both precisions", name)
					}
					if !slices.Equal(got, numbersOf(single.Clone())[name]) {
						t.Errorf("%s of a clone differs", name)
					}
					if off := distance(got, want); !(off < 1e-5) {
						t.Errorf("%s is off by %.1e of its length", name, off)
					}
				}
				precise(t, single, "float64")
				if got, want := numbersOf(single)["gradient"], numbersOf(double)["gradient"]; !slices.Equal(got, want) {
					t.Error("turned back to float64 the gradient is another one")
				}
			})
		}
	}
}

// numbersOf are results of a network at its start, by name.
func numbersOf(p Problem) map[string][]float64 {
	x, v := p.Start(1), direction(p.Dim(), 2)
	g, part, hv := make([]float64, p.Dim()), make([]float64, p.Dim()), make([]float64, p.Dim())
	batch := []int{3, 1, 4, 1, 5, 9, 2, 6}
	f := p.Gradient(x, g)
	p.(Sampled).GradientOn(batch, x, part)
	p.(HessianVector).HessVec(x, v, hv)
	all := map[string][]float64{"value": {f, p.Value(x)}, "gradient": g, "gradient of a minibatch": part, "product with the Hessian": hv}
	if s, ok := p.(LeastSquares); ok {
		r, j := make([]float64, s.Residuals()), make([]float64, s.Residuals()*p.Dim())
		s.Residual(x, r)
		s.Jacobian(x, j)
		all["residuals"], all["Jacobian"] = r, j
	}
	return all
}

// distance is ‖a − b‖ / ‖b‖.
func distance(a, b []float64) float64 {
	diff, length := 0.0, 0.0
	for i := range b {
		diff += (a[i] - b[i]) * (a[i] - b[i])
		length += b[i] * b[i]
	}
	return math.Sqrt(diff / length)
}

// TestNetworksDoNotAllocate in steps after the first.
func TestNetworksDoNotAllocate(t *testing.T) {
	for _, name := range precisions {
		p := MLP(dataset.Open("digits"), []int{24, 12}, Tanh)
		precise(t, p, name)
		x, v, g := p.Start(1), direction(p.Dim(), 2), make([]float64, p.Dim())
		batch := make([]int, 100)
		if n := testing.AllocsPerRun(3, func() {
			p.Value(x)
			p.(Sampled).GradientOn(batch, x, g)
			p.(SampledHessianVector).HessVecOn(batch, x, v, g)
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
