package problems

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// checkProduct compares Hv on a batch with differences of the gradient along v.
func checkProduct(p SampledHessianVector, batch []int, x, v []float64) error {
	hv, y := make([]float64, len(x)), make([]float64, len(x))
	p.HessVecOn(batch, x, v, hv)
	want := differentiate(len(x), func(t float64, g []float64) {
		floats.AddScaledTo(y, x, t, v)
		p.(Sampled).GradientOn(batch, y, g)
	})
	return agree("Hv", hv, want)
}

// checkSymmetry compares wᵀHv with vᵀHw.
func checkSymmetry(p SampledHessianVector, batch []int, x, v, w []float64) error {
	hv, hw := make([]float64, len(x)), make([]float64, len(x))
	p.HessVecOn(batch, x, v, hv)
	p.HessVecOn(batch, x, w, hw)
	a, b := floats.Dot(w, hv), floats.Dot(v, hw)
	if scale := floats.Norm(hv, 2) + floats.Norm(hw, 2); !(math.Abs(a-b) <= 1e-12*scale) {
		return fmt.Errorf("wᵀHv = %.17g, vᵀHw = %.17g", a, b)
	}
	return nil
}

// TestHessianProducts checks those of every model, at its start and elsewhere, on all samples and on minibatches.
func TestHessianProducts(t *testing.T) {
	for _, s := range modelSpecs() {
		p := s.New()
		hp, ok := p.(SampledHessianVector)
		if !ok {
			t.Errorf("%s has no Hessian–vector products", s.Name)
			continue
		}
		n := p.(Sampled).Samples()
		v, w := direction(p.Dim(), 2), direction(p.Dim(), 3)
		for i, x := range [][]float64{p.Start(1), someWeights(p)} {
			batches := [][]int{{n - 1}, {n / 3, 0, n / 2, n - 1}}
			if p.Dim() < 1000 || i == 0 {
				batches = append(batches, nil)
			}
			for _, batch := range batches {
				if err := checkProduct(hp, batch, x, v); err != nil {
					t.Errorf("%s, point %d, batch %v: %v", s.Name, i, batch, err)
				}
				if err := checkSymmetry(hp, batch, x, v, w); err != nil {
					t.Errorf("%s, point %d, batch %v: %v", s.Name, i, batch, err)
				}
			}
			whole, all, part := make([]float64, len(x)), make([]float64, len(x)), make([]float64, len(x))
			hp.HessVec(x, v, whole)
			if hp.HessVecOn(nil, x, v, all); !slices.Equal(all, whole) {
				t.Errorf("%s: no batch is not the whole", s.Name)
			}
			everything := make([]int, n) // in chunks that are gathered
			for k := range everything {
				everything[k] = n - 1 - k
			}
			if hp.HessVecOn(everything, x, v, part); !near(part, whole, 1e-12) {
				t.Errorf("%s: a batch of everything is not the whole", s.Name)
			}
			if p.Clone().(HessianVector).HessVec(x, v, all); !slices.Equal(all, whole) {
				t.Errorf("%s: a clone has other products", s.Name)
			}
		}
		x, hv, batch := p.Start(1), make([]float64, p.Dim()), []int{0, n - 1}
		if n := testing.AllocsPerRun(3, func() {
			hp.HessVec(x, v, hv)
			hp.HessVecOn(batch, x, v, hv)
		}); n != 0 {
			t.Errorf("%s: %v allocations", s.Name, n)
		}
	}
}

// wrongProduct spoils one entry a little.
type wrongProduct struct {
	SampledHessianVector
	Sampled
	at int
}

func (w wrongProduct) HessVecOn(batch []int, x, v, hv []float64) {
	w.SampledHessianVector.HessVecOn(batch, x, v, hv)
	hv[w.at] += 1e-5 * (1 + math.Abs(hv[w.at]))
}

// TestTheProductCheckerSeesErrors spoils products in every block of every model's parameters.
func TestTheProductCheckerSeesErrors(t *testing.T) {
	for _, s := range modelSpecs() {
		p := s.New()
		x, v := p.Start(1), direction(p.Dim(), 2)
		for _, b := range p.(Blocked).Blocks() {
			at := b.Offset + b.Rows*b.Cols/2
			if checkProduct(wrongProduct{p.(SampledHessianVector), p.(Sampled), at}, []int{0, 1}, x, v) == nil {
				t.Errorf("%s: a wrong Hv[%d] is not noticed", s.Name, at)
			}
		}
	}
}
