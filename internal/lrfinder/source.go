package lrfinder

import (
	"math"

	"opttui/internal/train"
)

// source is what trials are made of: runs of this program, or those of another. Its methods may be called by several
// goroutines at once, but for rangeTest. Seeds are counted from 0, the run's own.
type source interface {
	// baseline are the losses at θ₀, on the minibatches of the coming steps; one where they are always the same or not
	// known.
	baseline(seed int, b brake) ([]float64, error)
	// startScore is the score of a trial that does not move.
	startScore(baselines [][]float64) float64
	// run takes a number of steps at a rate.
	run(lr float64, seed, steps int, b brake) (curve, error)
	// rangeTest is nil where it cannot be made.
	rangeTest(lo, hi, excess float64, b brake) *RangeTest
	limit() Limit
	// momentum is how much of the last step or gradient the rule keeps.
	momentum() float64
	// stuck tells that no rate moves the run.
	stuck() bool
	// samples is how many the loss over all data would cover.
	samples() int
}

// runs are trials of a run of this program.
type runs struct {
	base       *train.Trial // at rest; trials are copies
	seed       uint64       // the run's own
	flat       bool         // the gradient is zero where it starts
	score      scorer
	iterations int
}

// trial returns a fresh copy of the base at the rate, with the noise and minibatches of one of the seeds.
func (r *runs) trial(lr float64, seed int) *train.Trial {
	t := r.base.Clone()
	if err := t.SetRate(lr); err != nil {
		panic(err) // cannot be: rates are kept within what all rules allow
	}
	t.Reseed(r.seed + uint64(seed))
	return t
}

func (r *runs) baseline(seed int, b brake) ([]float64, error) {
	t := r.base.Clone()
	t.Reseed(r.seed + uint64(seed))
	return baseline(t, r.iterations, b), nil
}

func (r *runs) startScore(loss [][]float64) float64 {
	if r.score.full {
		return r.base.FullLoss()
	}
	var scores []float64
	for _, l := range loss {
		s := smoothed(l[1:], 0.9)
		scores = append(scores, s[len(s)-1])
	}
	return median(scores)
}

func (r *runs) run(lr float64, seed, steps int, b brake) (curve, error) {
	return r.score.run(r.trial(lr, seed), steps, b), nil
}

func (r *runs) rangeTest(lo, hi, excess float64, b brake) *RangeTest {
	return rangeTest(r.trial(lo, 0), lo, hi, r.iterations, excess, b)
}

func (r *runs) limit() Limit { return limitOf(r.base) }

func (r *runs) momentum() float64 {
	_, knobs := r.base.Rule()
	a, _ := valueOf(knobs, "momentum")
	b, _ := valueOf(knobs, "beta1")
	return math.Min(math.Max(a, b), 0.999)
}

func (r *runs) stuck() bool  { return r.flat }
func (r *runs) samples() int { return r.base.Samples() }
