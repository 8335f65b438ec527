package lrfinder

import (
	"opttui/internal/ewma"
	"opttui/internal/train"
)

// curve is what one seed of one trial gave.
type curve struct {
	loss  []float64 // after 0, 1, … steps, on the minibatch of each; shorter where it stopped being finite
	bad   bool      // it stopped being finite
	score float64   // mean loss at the end, +Inf where bad
}

// scorer says how the end of a trial is judged.
type scorer struct {
	tail int
	full bool // by the loss over all data, rather than by those of the minibatches
}

// newScorer decides whether the loss over all data is dear: it is when that of the last steps would cover more samples
// than all minibatches of the trial.
func newScorer(t *train.Trial, o Options) scorer {
	s := scorer{tail: o.Tail, full: true}
	if t.Minibatches() {
		s.full = s.tail*t.Samples() <= o.Iterations*t.BatchLen()
	}
	return s
}

// run takes the steps and judges them: by the mean of the loss over all data after each of the last steps or, where that
// is dear, by the bias-corrected average of the minibatches' losses. It allocates nothing while it steps. A trial that
// ends because its rule gives up stays where it is.
func (s scorer) run(t *train.Trial, steps int, stop brake) curve {
	c := curve{loss: make([]float64, 1, steps+1), score: inf}
	c.loss[0] = t.Loss()
	average := ewma.Average{Alpha: 0.9}
	sum := 0.0
	for k := 1; k <= steps && !c.bad; k++ {
		if stop.on() {
			return c
		}
		t.Step()
		if c.bad = t.Diverged(); c.bad {
			return c
		}
		c.loss = append(c.loss, t.Loss())
		average.Add(t.Loss())
		if s.full && k > steps-s.tail {
			sum += t.FullLoss()
		}
	}
	if s.full {
		c.score = sum / float64(s.tail)
	} else {
		c.score = average.Corrected()
	}
	if c.bad = c.score-c.score != 0; c.bad {
		c.score = inf
	}
	return c
}

// baseline are the losses at θ₀ on the minibatches that the trials see: what is in a curve beside the steps.
func baseline(t *train.Trial, steps int, stop brake) []float64 {
	loss := make([]float64, 1, steps+1)
	loss[0] = t.Loss()
	if !t.Minibatches() {
		return loss // it stays so
	}
	for range steps {
		if stop.on() {
			return loss
		}
		t.Look()
		loss = append(loss, t.Loss())
	}
	return loss
}

// smoothed is the bias-corrected moving average of the losses.
func smoothed(loss []float64, alpha float64) []float64 {
	a := ewma.Average{Alpha: alpha}
	out := make([]float64, len(loss))
	for k, l := range loss {
		a.Add(l)
		out[k] = a.Corrected()
	}
	return out
}
