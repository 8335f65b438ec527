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
