package lrfinder

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

var inf = math.Inf(1)

// judge tells stable trials from others by their excess: how far the smoothed loss is above the best one that any trial
// has seen. Adding a constant to all losses changes nothing, so losses may be negative.
type judge struct {
	Options
	alpha float64
	seeds []level
}

// level is what the losses of one seed are measured by.
type level struct {
	start  float64 // mean loss at θ₀
	noise  float64 // how far the smoothed loss moves though θ does not
	best   float64 // lowest smoothed loss of any trial
	excess float64 // start − best
}

// newJudge measures the noise in the losses at θ₀, which are given for each seed.
func newJudge(o Options, alpha float64, baselines [][]float64) *judge {
	j := &judge{Options: o, alpha: alpha}
	for _, loss := range baselines {
		l := level{start: floats.Sum(loss) / float64(len(loss)), best: inf}
		if s := smoothed(loss, alpha); len(s) > o.Tail {
			s = s[o.Tail:] // before, it is hardly smoothed
			l.noise = slices.Max(s) - slices.Min(s)
		}
		j.seeds = append(j.seeds, l)
	}
	return j
}

// learn takes the best losses of the trials in. Only where all have been learned from do verdicts mean something.
func (j *judge) learn(t *Trial) {
	for s, c := range t.curves {
		l := &j.seeds[s]
		smooth := smoothed(c.loss, j.alpha)
		for _, v := range smooth[min(j.Tail, len(smooth)-1):] {
			if v < l.best { // which NaN is not: a trial may have no loss that is a number
				l.best = v
			}
		}
		l.excess = math.Max(0, l.start-l.best)
	}
}

// verdict sets the trial's status and counts its severe seeds.
func (j *judge) verdict(t *Trial) {
	t.Severe, t.diverged = 0, 0
	for s, c := range t.curves {
		diverged, severe := j.seed(j.seeds[s], c)
		if diverged {
			t.diverged++
		}
		if severe {
			t.Severe++
		}
	}
	n := float64(len(t.curves))
	switch {
	case 2*t.diverged >= len(t.curves):
		t.Status = Diverged
	case float64(t.Severe) >= j.SevereShare*n:
		t.Status = Unstable
	default:
		t.Status = OK
	}
}

// seed judges the trial of one seed. It has diverged when it is not finite or ends far above where it began; it is
// severely unstable when it has diverged, or when its excess has risen well above its lowest in the second half. What
// settles before that is the start: with momentum the loss rises and falls several times over even where it is stable.
func (j *judge) seed(l level, c curve) (diverged, severe bool) {
	if c.bad || bottomless(l.start, c.loss) {
		return true, true
	}
	smooth := smoothed(c.loss, j.alpha)
	floor := math.Max(l.noise, j.RiseFloor*l.excess)
	end := c.loss[max(0, len(c.loss)-j.Tail):] // the average remembers what is over
	if floats.Sum(end)/float64(len(end))-l.best-l.noise > j.Diverged*l.excess {
		return true, true
	}
	lowest, above := inf, 0
	for k, v := range smooth {
		e := math.Max(0, v-l.best)
		lowest = math.Min(lowest, e)
		if above++; e <= j.Rise*lowest+floor || 2*k < len(smooth) {
			above = 0
		}
		if above >= j.RiseSteps {
			return false, true
		}
	}
	return false, false
}

// bottomless tells whether a loss has fallen, or risen, so far that the function has no bottom, or no sense, there: by a
// million times its size at the start.
func bottomless(start float64, loss []float64) bool {
	return math.Abs(loss[len(loss)-1]-start) > 1e6*math.Max(1, math.Abs(start))
}
