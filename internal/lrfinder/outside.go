package lrfinder

import (
	"cmp"
	"context"
	"math"
	"strconv"

	"opttui/internal/usage"

	"gonum.org/v1/gonum/floats"
)

// Program is a training program that this project did not write.
type Program interface {
	// Train lets it begin with the settings and a seed and returns the losses of so many steps, each before the step, as
	// far as they were finite. Diverged tells that they then were not. What is the
	// same was trained before and need not be again. Several goroutines call it at once. The error is one after which
	// trying other settings makes no sense: there is no such program, or it fails without a loss.
	Train(ctx context.Context, set map[string]string, seed, steps int) (losses []float64, diverged bool, err error)
}

// NewOutside returns a finder for the learning rate of a program, which is set as "lr". Seeds are 1 where nobody says
// otherwise: a trial may take long. Errors are *usage.Error.
func NewOutside(p Program, o Options) (*Finder, error) {
	if o.Lo == 0 {
		o.Lo, o.Hi = 1e-6, 1 // every decade is dear: beyond it nobody trains
	}
	if o.Lo < leastLR || o.Hi > mostLR || o.Hi <= o.Lo {
		return nil, usage.Errorf("the rates to try must be between %g and %g", leastLR, mostLR)
	}
	o.Seeds = cmp.Or(o.Seeds, 1)
	o.BestWithin, o.EdgeWithin = cmp.Or(o.BestWithin, 1.2), cmp.Or(o.EdgeWithin, 1.1) // trials are dear, and their losses noisy
	f := &Finder{Options: o.withDefaults(), cache: make(map[trialKey]*Trial)}
	f.source = &outside{program: p, lowest: f.Lo, iterations: f.Iterations, tail: f.Tail}
	f.pool.workers = f.Workers
	return f, nil
}

// outside are trials of a program.
type outside struct {
	program    Program
	lowest     float64 // rate of the trials of which the first loss is that of the start
	iterations int
	tail       int
}

func (o *outside) train(set map[string]string, seed, steps int, b brake) (curve, error) {
	losses, diverged, err := o.program.Train(b.ctx, set, seed, steps)
	if err != nil {
		return curve{}, err
	}
	c := curve{loss: losses, bad: diverged || len(losses) == 0, score: inf}
	if c.bad {
		if len(losses) == 0 {
			c.loss = []float64{math.NaN()}
		}
		return c, nil
	}
	// The loss over all data is not known: the mean of the last minibatches' stands for it, of twice as many as where it
	// is. A moving average would remember a start from which the loss falls by many decades.
	end := losses[max(1, len(losses)-2*o.tail):]
	if len(losses) == 1 {
		end = losses
	}
	c.score = floats.Sum(end) / float64(len(end))
	return c, nil
}

func (o *outside) run(lr float64, seed, steps int, b brake) (curve, error) {
	return o.train(map[string]string{"lr": strconv.FormatFloat(lr, 'g', 6, 64)}, seed, steps, b)
}

// baseline is the first loss of the trial at the lowest rate, which is one of the grid.
func (o *outside) baseline(seed int, b brake) ([]float64, error) {
	c, err := o.run(o.lowest, seed, o.iterations, b)
	return c.loss[:min(1, len(c.loss))], err
}

func (o *outside) startScore(baselines [][]float64) float64 {
	var first []float64
	for _, l := range baselines {
		first = append(first, l[0])
	}
	return median(first)
}

func (o *outside) rangeTest(float64, float64, float64, brake) *RangeTest { return nil }

func (o *outside) limit() Limit {
	return Limit{LR: math.NaN(), LambdaMax: math.NaN(), Why: "the curvature of another program's loss is not known"}
}

func (o *outside) momentum() float64 { return 0.9 } // as most have: it only makes the judgement of instability slower
func (o *outside) stuck() bool       { return false }
func (o *outside) samples() int      { return 0 }
