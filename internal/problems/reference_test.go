package problems

import (
	"math"
	"slices"
	"strconv"
	"testing"

	"opttui/internal/dataset"
	"opttui/internal/knob"
	"opttui/internal/reftest"
)

// near compares with a tolerance relative to the largest of the numbers wanted.
func near(got, want []float64, tol float64) bool {
	scale := 1e-300
	for _, w := range want {
		scale = math.Max(scale, math.Abs(w))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tol*scale) {
			return false
		}
	}
	return len(got) == len(want)
}

func TestReferenceDerivatives(t *testing.T) {
	var rows []struct {
		ID, Problem string
		X, Gradient []float64
		Loss        float64
		Hessian     [][]float64
		GDSteps     []struct {
			Epsilon, Tol float64
			ActualLoss   float64 `json:"actual_loss"`
		} `json:"gd_steps"`
	}
	reftest.Read(t, "hessian.json", &rows)
	seen := map[string]int{}
	for _, r := range rows {
		name := r.Problem
		if name == "quadratic_k100" {
			name = "quadratic"
		}
		s, err := Find(name)
		if err != nil {
			t.Errorf("%s: no such problem", r.ID)
			continue
		}
		seen[name]++
		p := s.New()
		knob.Reset(p.Knobs())
		g, h := make([]float64, 2), make([]float64, 4)
		if f := p.Gradient(r.X, g); !near([]float64{f}, []float64{r.Loss}, 1e-10) {
			t.Errorf("%s: f = %v, want %v", r.ID, f, r.Loss)
		}
		if !near(g, r.Gradient, 1e-10) {
			t.Errorf("%s: gradient = %v, want %v", r.ID, g, r.Gradient)
		}
		p.(Hessianer).Hessian(r.X, h)
		if want := append(r.Hessian[0], r.Hessian[1]...); !near(h, want, 1e-10) {
			t.Errorf("%s: Hessian = %v, want %v", r.ID, h, want)
		}
		for _, step := range r.GDSteps {
			x := []float64{r.X[0] - step.Epsilon*g[0], r.X[1] - step.Epsilon*g[1]}
			if f := p.Value(x); math.Abs(f-step.ActualLoss) > step.Tol {
				t.Errorf("%s: f after a step of %v = %v, want %v", r.ID, step.Epsilon, f, step.ActualLoss)
			}
		}
	}
	for _, s := range All() {
		if len(s.Domain) == 2 && seen[s.Name] == 0 && !slices.Contains(noReference, s.Name) { // the functions of one variable were added here
			t.Errorf("%s: no reference", s.Name)
		}
	}
}

// noReference are functions of two variables that the reference does not have: see TestOtherDimensions.
var noReference = []string{"brown_badly_scaled", "freudenstein_roth", "powell_badly_scaled", "random_field"}

type weights struct {
	W [][]float64
	B []float64 `json:"b"`
}

func (w weights) flat() (x []float64) {
	for _, row := range w.W {
		x = append(x, row...)
	}
	return append(x, w.B...)
}

func TestReferenceSoftmax(t *testing.T) {
	var rows []struct {
		ID, Dataset       string
		Weights, Gradient weights
		Loss, Accuracy    float64
		Training          []struct {
			Optimizer           string
			Params              struct{ LR, Beta1, Beta2, Eps float64 }
			Loss, Accuracy, Tol map[string]float64
		}
	}
	var data map[string]struct {
		Classes int
		X       [][]float64
		Y       []int `json:"y"`
	}
	reftest.Read(t, "softmax.json", &rows)
	reftest.Read(t, "ml_data.json", &data)
	if len(rows) != 2 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, r := range rows {
		src := data[r.Dataset]
		d := &dataset.Dataset{Features: make([]string, len(src.X[0])), Classes: make([]string, src.Classes)}
		for i, x := range src.X {
			d.Train.X, d.Train.Y = append(d.Train.X, x...), append(d.Train.Y, src.Y[i])
		}
		if r.Dataset == "digits" {
			d.Scale(1. / 16)
		}
		p := Softmax(d)
		x, g := r.Weights.flat(), make([]float64, p.Dim())
		if f := p.Gradient(x, g); !near([]float64{f}, []float64{r.Loss}, 1e-12) {
			t.Errorf("%s: loss %v, want %v", r.ID, f, r.Loss)
		}
		if !near(g, r.Gradient.flat(), 1e-12) {
			t.Errorf("%s: gradient %v, want %v", r.ID, g, r.Gradient.flat())
		}
		sc := p.(Scored).Score(x)
		if sc.TrainAccuracy != r.Accuracy || !math.IsNaN(sc.TestAccuracy) || !math.IsNaN(sc.TestLoss) {
			t.Errorf("%s: score %+v, want accuracy %v and none held out", r.ID, sc, r.Accuracy)
		}
		for _, tr := range r.Training {
			x := r.Weights.flat()
			m, v := make([]float64, len(x)), make([]float64, len(x))
			compared := 0
			for k := range 51 {
				if want, ok := tr.Loss[strconv.Itoa(k)]; ok {
					compared++
					key := strconv.Itoa(k)
					if f := p.Value(x); math.Abs(f-want) > tr.Tol[key] {
						t.Errorf("%s: %s step %d: loss %v, want %v", r.ID, tr.Optimizer, k, f, want)
					}
					if a := p.(Scored).Score(x).TrainAccuracy; a != tr.Accuracy[key] {
						t.Errorf("%s: %s step %d: accuracy %v, want %v", r.ID, tr.Optimizer, k, a, tr.Accuracy[key])
					}
				}
				p.Gradient(x, g)
				for i := range x {
					if tr.Optimizer == "sgd" {
						x[i] -= tr.Params.LR * g[i]
						continue
					}
					c := tr.Params // Adam
					m[i] = c.Beta1*m[i] + (1-c.Beta1)*g[i]
					v[i] = c.Beta2*v[i] + (1-c.Beta2)*g[i]*g[i]
					a := m[i] / (1 - math.Pow(c.Beta1, float64(k+1)))
					b := v[i] / (1 - math.Pow(c.Beta2, float64(k+1)))
					x[i] -= c.LR * a / (math.Sqrt(b) + c.Eps)
				}
			}
			if compared != 3 {
				t.Errorf("%s: %s: compared %d steps", r.ID, tr.Optimizer, compared)
			}
		}
	}
}
