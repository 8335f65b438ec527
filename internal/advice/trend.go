package advice

import (
	"math"

	"opttui/internal/train"
)

// trend is the course of the loss over the last buckets of a history.
type trend struct {
	n      int // buckets
	stride int // steps in each
	steps  int // that they cover

	full bool // there were as many as are wanted

	older, newer         float64 // means over the two halves
	sure                 float64 // standard deviation of their difference, by how far the means over blocks are apart
	olderFall, newerFall float64 // how far the loss fell within each, from one quarter of the window to the next
	rises, turns         int     // buckets above the one before, and changes of direction
	growing              int     // buckets at the end each of which is above the one before
	lo, hi               float64 // least and greatest loss
	swing                float64 // mean change from one bucket to the next, whatever its sign
	ratio                float64 // mean ratio of the greater to the lesser of two neighbours, NaN where the loss is not above 0
	bad                  bool    // some were not finite
	last                 float64

	// Of the whole run since the evidence began.
	lowest, highest, first float64
	lowestStep             int
}

// How many buckets are looked at: of a run without noise, and of one with, whose losses say something on average only.
const (
	window      = 64
	noisyWindow = 512
)

// trendOf looks at the last so many buckets of the view, of those that end at step since or later.
func trendOf(v train.HistoryView, since, most int) trend {
	t := trend{stride: v.Stride, lowest: math.Inf(1), highest: math.Inf(-1), lo: math.Inf(1), hi: math.Inf(-1)}
	from := v.Len()
	for i := v.Len() - 1; i >= 0; i-- {
		b, last := v.At(i)
		if last < since {
			break
		}
		from = i
		if b.Min < t.lowest {
			t.lowest, t.lowestStep = b.Min, last
		}
		t.highest, t.first = math.Max(t.highest, b.Max), b.Mean
	}
	end := v.Len()
	if v.OpenSteps > 0 {
		end-- // its mean is of fewer steps than the others'
	}
	from = max(from, end-most)
	t.full = end-from >= most
	t.n = max(end-from, 0)
	t.steps = t.n * v.Stride
	t.shape(v, from)
	return t
}

// shape fills in what is known of the n buckets from the given one.
func (t *trend) shape(v train.HistoryView, from int) {
	var quarter, count [4]float64
	before, direction := math.NaN(), 0.0
	for i := range t.n {
		b, _ := v.At(from + i)
		if b.Bad > 0 {
			t.bad = true
			continue
		}
		t.lo, t.hi, t.last = math.Min(t.lo, b.Min), math.Max(t.hi, b.Max), b.Mean
		quarter[4*i/t.n] += b.Mean
		count[4*i/t.n]++
		if d := b.Mean - before; d-d == 0 {
			t.step(d, b.Mean, before, &direction)
		}
		before = b.Mean
	}
	steps := float64(max(t.n-1, 1))
	t.swing /= steps
	t.ratio = math.Exp(t.ratio / steps)
	for i := range quarter {
		quarter[i] /= count[i]
	}
	t.older, t.newer = (quarter[0]+quarter[1])/2, (quarter[2]+quarter[3])/2
	t.olderFall, t.newerFall = quarter[0]-quarter[1], quarter[2]-quarter[3]
	t.sure = t.spread(v, from)
}

// blocks is into how many parts each half is divided. Neighbouring losses are alike, means of many are hardly so.
const blocks = 8

// spread estimates the standard deviation of the difference between the means over the halves: of the blocks of a half the
// mean has a variance of theirs by their number.
func (t *trend) spread(v train.HistoryView, from int) float64 {
	size := t.n / (2 * blocks)
	if size == 0 {
		return math.NaN()
	}
	variance := 0.0
	for half := range 2 {
		sum, squares := 0.0, 0.0
		for k := range blocks {
			mean := 0.0
			for i := range size {
				b, _ := v.At(from + (half*blocks+k)*size + i)
				mean += b.Mean / float64(size)
			}
			d := mean - t.last // near the mean, so that little is lost
			sum, squares = sum+d, squares+d*d
		}
		variance += math.Max(0, squares-sum*sum/blocks) / (blocks - 1) / blocks
	}
	return math.Sqrt(variance)
}

// step takes in one change d of the loss.
func (t *trend) step(d, loss, before float64, direction *float64) {
	t.swing += math.Abs(d)
	t.growing++
	if d > 0 {
		t.rises++
	} else {
		t.growing = 0
	}
	if d**direction < 0 {
		t.turns++
	}
	if d != 0 {
		*direction = d
	}
	if t.n <= window { // of noise it says nothing, and logarithms are dear
		t.ratio += math.Abs(math.Log(loss / before)) // NaN where one is below 0
	}
}

// span is the range of the losses of the run.
func (t *trend) span() float64 { return t.highest - t.lowest }

// fall is how far the mean over the newer half is below that over the older.
func (t *trend) fall() float64 { return t.older - t.newer }

// steady tells whether the loss goes down about as fast as it did, neither slower nor faster, and without a rise; among losses of many minibatches,
// whether it does so on average, beyond their noise.
func (t *trend) steady(noisy bool) bool {
	if !t.full || !(t.newerFall > steadyFall*t.olderFall) {
		return false
	}
	if noisy {
		return t.fall() > 4*t.sure
	}
	return t.rises == 0 && t.newerFall > 0 && t.newerFall < t.olderFall/steadyFall
}

// steadyFall is what share of the fall before it a fall must be: a loss that comes closer to its end by half in half a
// window is quick enough.
const steadyFall = 0.5
