//go:build !race

// Nothing here is new to the race detector, which would only make it ten times as long.

package lrfinder

import (
	"context"
	"math"
	"opttui/internal/optim"
	"opttui/internal/problems"
	"opttui/internal/train"
	"testing"
)

// TestStable: over ten seeds the suggestion stays within a factor of 1.6 on a noisy quadratic and for a network on iris
// with minibatches. Other initial weights are another problem, on which another rate is good. Softmax regression on minibatches of iris has no sharp edge and a
// shallow minimum, and the factor is larger there.
func TestStable(t *testing.T) {
	for _, test := range []struct {
		train.Spec
		within float64
	}{
		{train.Spec{Problem: "quadratic", Optimizer: "sgd", Noise: 1, Batch: 1}, 1.6},
		{train.Spec{Problem: "quadratic", Optimizer: "momentum", Noise: 1, Batch: 1}, 1.6},
		{train.Spec{Problem: "quadratic", Optimizer: "nesterov", Noise: 1, Batch: 1}, 1.6},
		{train.Spec{Problem: "quadratic", Optimizer: "adam", Noise: 1, Batch: 1}, 1.6},
		{train.Spec{Problem: "quadratic", Optimizer: "sgd", Noise: 10, Batch: 1}, 1.6},
		{train.Spec{Problem: "iris/mlp", Optimizer: "sgd", Batch: 16, Start: startOf(t, "iris/mlp", 0)}, 1.6},
		{train.Spec{Problem: "iris/mlp", Optimizer: "sgd"}, 3},
		{train.Spec{Problem: "iris", Optimizer: "sgd", Batch: 16}, 2.5},
	} {
		s := test.Spec
		lo, hi := math.Inf(1), 0.0
		for seed := range 10 {
			s.Seed = uint64(100 * seed)
			r := find(t, s, Options{NoCheck: true})
			if !r.Answered() || r.Seeds > 1 != (s.Batch > 0) {
				t.Fatalf("%+v: %+v", s, r)
			}
			lo, hi = math.Min(lo, r.Suggested), math.Max(hi, r.Suggested)
		}
		if hi == lo || hi/lo > test.within {
			t.Errorf("%s on %s, batch %d: suggestions from %v to %v, a factor of %.2f", s.Optimizer, s.Problem, s.Batch, lo, hi, hi/lo)
		}
	}
}

// TestEverything: for every rule with a rate, on landscapes of all kinds, there is an answer or a reason, and an answer
// is the best of the check.
func TestEverything(t *testing.T) {
	for _, p := range problems.All() {
		if p.Domain == nil {
			continue
		}
		for _, o := range optim.All() {
			f, err := New(train.Spec{Problem: p.Name, Optimizer: o.Name}, Options{PerDecade: 2, CheckFactor: 2})
			if err != nil {
				continue // other tests say why
			}
			r, err := f.Find(context.Background())
			if err != nil {
				t.Fatalf("%s on %s: %v", o.Name, p.Name, err)
			}
			if r.Answered() == (r.Reason != "") {
				t.Errorf("%s on %s: chosen %v, reason %q", o.Name, p.Name, r.Chosen, r.Reason)
			}
			for _, c := range r.Check {
				if r.Answered() && c.Loss < lossAt(r, r.Chosen)-1e-12*(r.StartLoss-r.BestLoss) {
					t.Errorf("%s on %s: chosen is %v, though %s = %v has loss %v", o.Name, p.Name, r.Chosen, c.Name, c.LR, c.Loss)
				}
			}
		}
	}
}
