package advice

import (
	"math"

	"opttui/internal/train"
)

// wave is how regularly a loss goes up and down.
type wave struct {
	peaks  int
	period float64 // mean steps between two
	decay  float64 // geometric mean of the height of a peak by the one before
	height float64 // of the last peak above the lowest loss since the first
	rises  float64 // share of the steps that went up
}

// waveSteps is how many buckets are looked at: periods of some 2π/√(ελ) steps must fit in several times.
const waveSteps = 256

// waveOf looks for peaks among the last buckets. Peaks are where the loss turns from rising for two buckets or more to
// falling; heights are above the lowest loss in between.
func waveOf(v train.HistoryView, since int) wave {
	n := v.Len()
	if v.OpenSteps > 0 {
		n--
	}
	from := n
	for from > max(0, n-waveSteps) {
		if _, last := v.At(from - 1); last < since {
			break
		}
		from--
	}
	low := math.Inf(1)
	for i := from; i < n; i++ {
		b, _ := v.At(i)
		low = math.Min(low, b.Min)
	}
	var (
		w              wave
		first, firstAt float64
		last, lastAt   float64
		ups, run       int
		before         = math.Inf(1)
	)
	for i := from; i < n; i++ {
		b, _ := v.At(i)
		switch {
		case b.Mean > before:
			ups++
			run++
		case run >= 2:
			last, lastAt = before-low, float64(i-1)
			if w.peaks == 0 {
				first, firstAt = last, lastAt
			}
			w.peaks++
			run = 0
		default:
			run = 0
		}
		before = b.Mean
	}
	if w.peaks > 1 {
		between := float64(w.peaks - 1)
		w.period = (lastAt - firstAt) / between * float64(v.Stride)
		w.decay = math.Pow(last/first, 1/between)
	}
	w.height, w.rises = last, float64(ups)/float64(max(n-from, 1))
	return w
}
