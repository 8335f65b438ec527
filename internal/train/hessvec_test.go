package train

import (
	"slices"
	"strings"
	"testing"

	"opttui/internal/optim"
	"opttui/internal/problems"
)

// curved is ½c‖x‖² with c = 3 on all samples and c = the sum of the indices on a batch.
type curved struct{ problems.Problem }

func (curved) Samples() int                                   { return 4 }
func (curved) ValueOn([]int, []float64) float64               { return 0 }
func (curved) GradientOn([]int, []float64, []float64) float64 { return 0 }
func (curved) HessVec(_, v, hv []float64)                     { scale(3, v, hv) }
func (curved) HessVecOn(batch []int, _, v, hv []float64) {
	c := 0
	for _, i := range batch {
		c += i
	}
	scale(float64(c), v, hv)
}

func scale(c float64, v, hv []float64) {
	for i := range v {
		hv[i] = c * v[i]
	}
}

// TestHessVecOnBatch: a rule sees the Hessian of its own minibatch, and each product is counted.
func TestHessVecOnBatch(t *testing.T) {
	o := objective{problem: curved{}}
	hv := make([]float64, 2)
	for _, c := range []struct {
		batch []int
		want  []float64
	}{{nil, []float64{3, -6}}, {[]int{2, 3}, []float64{5, -10}}} {
		o.batch = c.batch
		o.HessVec([]float64{0, 0}, []float64{1, -2}, hv)
		if !slices.Equal(hv, c.want) {
			t.Errorf("on %v: %v, want %v", c.batch, hv, c.want)
		}
	}
	if want := (Counts{HessVec: 2}); o.counts != want {
		t.Errorf("counts %+v, want %+v", o.counts, want)
	}
	if got := (Counts{Value: 1, Gradient: 10, Hessian: 100, HessVec: 1000}).cost(3); got != 1+10+300+2000 {
		t.Errorf("cost %v", got)
	}
}

// TestHessVecThroughHessian: a problem with nothing but its Hessian is asked for it once a step and point.
func TestHessVecThroughHessian(t *testing.T) {
	spec, err := problems.Find("beale")
	if err != nil {
		t.Fatal(err)
	}
	o := objective{problem: spec.New()}
	h, hv := make([]float64, 4), make([]float64, 2)
	for _, x := range [][]float64{{1, 1.5}, {2, -1}} {
		o.problem.(problems.Hessianer).Hessian(x, h)
		for _, v := range [][]float64{{1, 0}, {0, 1}, {3, -2}} {
			o.HessVec(x, v, hv)
			want := []float64{h[0]*v[0] + h[1]*v[1], h[2]*v[0] + h[3]*v[1]}
			if !slices.Equal(hv, want) {
				t.Errorf("at %v along %v: %v, want %v", x, v, hv, want)
			}
		}
	}
	if want := (Counts{Hessian: 2}); o.counts != want {
		t.Errorf("counts %+v, want %+v", o.counts, want)
	}
	// A knob of the problem that is turned in mid-run counts from the next step on.
	r := must(t, Spec{Problem: "quadratic", Optimizer: "newton_cg", Set: map[string]string{"rotation": "on"}})
	if err := r.Apply(Command{Op: OpSet, Key: "condition", Value: "7"}); err != nil {
		t.Fatal(err)
	}
	r.Advance(60)
	if r.loss > 1e-20 {
		t.Errorf("loss %v", r.loss)
	}
}

// TestLargeDimensions: rules that keep an n×n matrix are refused where it would not fit, the others run.
func TestLargeDimensions(t *testing.T) {
	spec := Spec{Problem: "quadratic", Set: map[string]string{"dim": "100000"}}
	for name, word := range map[string]string{
		"bfgs": "n×n matrix", "newton": "a Hessian", "damped_newton": "a Hessian", "lm": "neither",
		"newton_cg": "", "lbfgs": "", "cg": "", "sgd": "",
	} {
		spec.Optimizer = name
		r, err := New(spec)
		switch {
		case word == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case word == "":
			first := r.loss
			if r.Advance(3); !(r.loss < first) || r.Over() {
				t.Errorf("%s: from %v to %v (%v)", name, first, r.loss, r.err)
			}
		case err == nil || !strings.Contains(err.Error(), word):
			t.Errorf("%s: error %v, want one about %q", name, err, word)
		}
	}
	r := must(t, Spec{Problem: "quadratic", Optimizer: "sgd", Set: map[string]string{"dim": "100000"}})
	if err := r.Apply(Command{Op: OpOptimizer, Value: "bfgs"}); err == nil {
		t.Error("a run of 100 000 parameters switches to bfgs")
	}
	if c := Capabilities(r.problem); c != optim.CanHessVec {
		t.Errorf("100 000 parameters supply %s", c)
	}
}
