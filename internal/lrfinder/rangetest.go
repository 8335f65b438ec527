package lrfinder

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"opttui/internal/ewma"
	"opttui/internal/train"
)

// RangeTest is one run whose learning rate grows exponentially from step to step (Smith 2017, Cyclical learning rates
// for training neural networks, sec. 3.3), with the suggestions that fastai's lr_find makes of it. It is there for
// comparison. Suggestions that cannot be made are NaN.
type RangeTest struct {
	LR, Loss []float64 // of each step; the loss is after it, smoothed
	// Valley is in the second third of the longest fall; Slide where the curve has not yet become steep, looking back
	// from its end; Steep where it falls most steeply against log ε; Minimum a tenth of the rate of the lowest loss.
	Valley, Slide, Steep, Minimum float64
}

// The constants of fastai's lr_find.
const (
	fastaiSmoothing = 0.98
	fastaiDiverged  = 4
	fastaiSkipEnd   = 5
	slideWidth      = 15
	slideThreshold  = 0.005
)

// rangeTest runs t. fastai's ends when the smoothed loss is four times its best. Losses may be negative, so here it ends
// when the smoothed loss is four times the initial excess of the trials, as they know it, above its best.
func rangeTest(t *train.Trial, lo, hi float64, steps int, excess float64, stop brake) *RangeTest {
	r := &RangeTest{}
	smooth := ewma.Average{Alpha: fastaiSmoothing}
	best := inf
	for i := range steps {
		lr := lo * math.Pow(hi/lo, float64(i)/math.Max(1, float64(steps-1)))
		if stop.on() || !t.StepAt(lr) || t.Diverged() {
			break
		}
		smooth.Add(t.Loss())
		loss := smooth.Corrected()
		r.LR, r.Loss = append(r.LR, lr), append(r.Loss, loss)
		if best = math.Min(best, loss); loss-best > fastaiDiverged*excess {
			break
		}
	}
	r.suggest()
	return r
}

// suggest looks at the part of the curve that fastai does: without the first tenth and the last five steps.
func (r *RangeTest) suggest() {
	r.Valley, r.Slide, r.Steep, r.Minimum = math.NaN(), math.NaN(), math.NaN(), math.NaN()
	from, to := len(r.LR)/10, len(r.LR)-fastaiSkipEnd
	if to-from < 3 {
		return
	}
	lr, loss := r.LR[from:to], r.Loss[from:to]
	r.Valley = lr[valley(loss)]
	r.Slide = lr[slide(loss)]
	r.Steep = lr[steep(lr, loss)]
	r.Minimum = lr[floats.MinIdx(loss)] / 10
}

// valley finds the longest falling subsequence and returns a point halfway through the second third of it.
func valley(loss []float64) int {
	n := len(loss)
	start, end := 0, 0
	length := make([]int, n)
	for i := range length {
		length[i] = 1
	}
	for i := 1; i < n; i++ {
		for j := range i {
			if loss[i] < loss[j] && length[i] < length[j]+1 {
				length[i] = length[j] + 1
			}
			if length[end] < length[i] {
				end = i
				start = end - length[end] // −1 for a fall from the first point on, as fastai has it
			}
		}
	}
	section := float64(end-start) / 3
	return max(0, start+int(section)+int(section/2))
}

// slide moves an interval back from the end until the slopes at its two ends are alike, and returns its lower end.
func slide(loss []float64) int {
	slope := func(i int) float64 {
		lo, hi := max(0, i-1), min(len(loss)-1, i+1)
		return (loss[hi] - loss[lo]) / float64(hi-lo)
	}
	r := len(loss) - 1
	l := r - slideWidth
	at := max(0, l)
	for l >= 0 && math.Abs(slope(r)-slope(l)) > slideThreshold {
		at = l
		r--
		l--
	}
	return at
}

// steep returns where the loss falls most steeply against log ε.
func steep(lr, loss []float64) int {
	at, best := 0, inf
	for i := 1; i < len(lr); i++ {
		if s := (loss[i] - loss[i-1]) / math.Log(lr[i]/lr[i-1]); s < best {
			at, best = i-1, s
		}
	}
	return at
}
