package curvature

import (
	"testing"

	"opttui/internal/train"
)

// TestEdgeOfStability: gradient descent on all data sharpens the loss until ε·λmax is at the limit, and stays there
// (Cohen et al. 2021, arXiv 2103.00065), here on a network with the mean squared error.
func TestEdgeOfStability(t *testing.T) {
	r := newRun(t, train.Spec{Problem: "diabetes/mlp", Optimizer: "sgd", Set: map[string]string{"lr": "0.14"}})
	var m Measurer
	first := m.Measure(r.Probe())
	if !(first.Limit.Share < 0.5) || first.Exact {
		t.Fatalf("it starts with %+v", first.Limit)
	}
	loss, above := first.Loss, 0
	for r.Step() < 5500 {
		r.Advance(250)
		rep := m.Measure(r.Probe())
		switch {
		case r.Step() < 2000: // on the way
		case !(rep.Limit.Share >= 0.9 && rep.Limit.Share <= 1.3):
			t.Errorf("step %d: %+v", rep.Step, rep.Limit)
		case rep.Limit.Share > 1:
			above++
		}
		if r.Step()%1500 == 0 { // the loss goes up and down, but falls in the long run
			if rep.Loss > 0.8*loss {
				t.Errorf("step %d: the loss goes from %v to %v", rep.Step, loss, rep.Loss)
			}
			loss = rep.Loss
		}
	}
	if above < 2 || above > 13 {
		t.Errorf("the limit is exceeded %d times of 15", above)
	}
}

// TestEdgeOnDigits: the run of docs/curvature.md comes to the edge.
func TestEdgeOnDigits(t *testing.T) {
	r := newRun(t, train.Spec{Problem: "digits/mlp:6,6,6", Optimizer: "sgd", Set: map[string]string{"lr": "0.15"}})
	var m Measurer
	if first := m.Measure(r.Probe()).Limit; !(first.Share < 0.2) {
		t.Errorf("it starts with %+v", first)
	}
	r.Advance(200)
	for r.Step() < 500 {
		r.Advance(100)
		if l := m.Measure(r.Probe()).Limit; !(l.Share > 0.8 && l.Share < 1.3) {
			t.Errorf("step %d: %+v", r.Step(), l)
		}
	}
}

// TestAdaptiveEdge: the adaptive rules and Nesterov's momentum come to the limits of the preconditioned Hessian just so
// (Cohen et al. 2022, arXiv 2207.14484).
func TestAdaptiveEdge(t *testing.T) {
	for rule, test := range map[string]struct {
		lr    string
		steps int
	}{
		"adagrad": {"0.1", 1500}, "nadam": {"0.002", 1500}, "nesterov": {"0.08", 3000}, "adam": {"0.005", 1500},
	} {
		r := newRun(t, train.Spec{Problem: "diabetes/mlp", Optimizer: rule, Set: map[string]string{"lr": test.lr}})
		var m Measurer
		r.Advance(10)
		if first := m.Measure(r.Probe()).Limit; !(first.Share < 0.8) {
			t.Errorf("%s starts with %+v", rule, first)
		}
		r.Advance(test.steps - 10)
		if last := m.Measure(r.Probe()).Limit; !(last.Share > 0.85 && last.Share < 1.3) {
			t.Errorf("%s ends with %+v", rule, last)
		}
	}
}
