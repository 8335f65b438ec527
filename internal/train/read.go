package train

import (
	"maps"
	"slices"

	"opttui/internal/knob"
	"opttui/internal/optim"
	"opttui/internal/problems"
)

// What a run tells its owner between two steps. Unlike a Snapshot, looking at numbers allocates nothing.

// Dim returns the number of parameters.
func (r *Run) Dim() int { return len(r.point.X) }

// X returns the first coordinates of θ, at most 32 of them, in the run's own memory: the next step changes them.
func (r *Run) X() []float64 { return r.point.X[:min(len(r.point.X), maxShown)] }

// Loss returns f on this step's minibatch, without the noise.
func (r *Run) Loss() float64 { return r.loss }

// LR returns the learning rate ε_k of the coming step. It means nothing where HasRate is false.
func (r *Run) LR() float64 { return r.lr }

// HasRate tells whether the rule has a learning rate.
func (r *Run) HasRate() bool {
	_, ok := knob.Find(r.opt.Knobs(), "lr")
	return ok
}

// GradNorm returns the length of the gradient as the rule sees it, noise included.
func (r *Run) GradNorm() float64 { return norm(r.point.G) }

// Warning says what is unwise about the run, "" when nothing is.
func (r *Run) Warning() string { return unwise(r.optSpec, r.stochastic()) }

func unwise(o optim.Spec, stochastic bool) string {
	if !o.SameFunction || !stochastic {
		return ""
	}
	return o.Title + " on noise or minibatches compares f and ∇f of different steps, and does poorly: use all samples and no noise, or a first-order rule"
}

// Epoch returns how many times the data have been passed over, 0 where there are none.
func (r *Run) Epoch() float64 { return r.epoch() }

// SamplesUsed returns how many training samples the steps have used, 0 where there are none.
func (r *Run) SamplesUsed() int { return r.used }

// LastScore returns the latest judgement of a model, and whether there is one.
func (r *Run) LastScore() (ScorePoint, bool) {
	if len(r.scores) == 0 {
		return ScorePoint{}, false
	}
	return r.scores[len(r.scores)-1], true
}

// Scored tells whether the problem is a model, which can be judged.
func (r *Run) Scored() bool { return r.scored != nil }

// Judge scores a model where it stands now.
func (r *Run) Judge() problems.Score { return r.scored.Score(r.point.X) }

// Settings lists the settings that the spec's run has, with the values they begin with.
func (s Spec) Settings() ([]Setting, error) {
	s.Start = nil // its length depends on settings
	r, err := New(s)
	if err != nil {
		return nil, err
	}
	return r.settings(), nil
}

// Applicable returns the part of set whose keys are settings of the spec's run: what a race whose runs differ
// sets in this one. A choice may bring other settings with it, so keys that are not found are tried again
// after the others. Values are not judged here: New does that.
func (s Spec) Applicable(set map[string]string) (map[string]string, error) {
	s.Start = nil // its length depends on settings
	r, err := New(s)
	if err != nil {
		return nil, err
	}
	found := make(map[string]string)
	for {
		before := len(found)
		for _, key := range slices.Sorted(maps.Keys(set)) {
			i := slices.IndexFunc(r.settings(), func(t Setting) bool { return key == t.Key() || key == t.Knob.Key })
			if _, done := found[key]; done || i < 0 {
				continue
			}
			found[key] = set[key]
			_ = r.settings()[i].Knob.SetText(set[key])
		}
		if len(found) == before {
			return found, nil
		}
	}
}
