package train

import "math"

// maxBuckets bounds a history: twice as many as a very wide screen has columns of dots, so that even right
// after a compaction no detail is lost that could be shown.
const maxBuckets = 2048

// Bucket summarises the losses of consecutive steps.
type Bucket struct {
	Min, Max, Mean float64 // over the finite losses; Min > Max when there was none
	Bad            int     // losses that were not finite
	Marks                  // where on each horizontal axis its last step is
}

// Marks are the positions of a step on the horizontal axes other than the step itself.
type Marks struct {
	Gradients float64 // gradient evaluations so far
	Cost      float64 // evaluations of all kinds so far, in the cost of a gradient: f + ∇ + 2·Hv + n·H
	Epoch     float64 // passes over the data so far
	Seconds   float64 // running time so far
}

func emptyBucket() Bucket { return Bucket{Min: math.Inf(1), Max: math.Inf(-1)} }

func (b *Bucket) merge(c Bucket, nb, nc float64) {
	wb, wc := nb-float64(b.Bad), nc-float64(c.Bad)
	if wb+wc > 0 {
		b.Mean = (b.Mean*wb + c.Mean*wc) / (wb + wc)
	}
	b.Min, b.Max = math.Min(b.Min, c.Min), math.Max(b.Max, c.Max)
	b.Bad += c.Bad
	b.Marks = c.Marks
}

// History is an append-only record of one loss a step in bounded memory: when it is full, neighbouring
// buckets are merged and each then stands for twice as many steps. Finished buckets are never written again,
// so that a View shares them with the writer without a lock or a copy.
type History struct {
	done   []Bucket
	stride int     // steps a bucket
	n      int     // steps in the open bucket
	sum    float64 // of the open bucket's finite losses
	open   Bucket
}

// NewHistory returns an empty history.
func NewHistory() *History {
	return &History{done: make([]Bucket, 0, maxBuckets), stride: 1, open: emptyBucket()}
}

// Add appends the loss of the next step and reports whether it completed a bucket, which the
// caller then closes by Stamp.
func (h *History) Add(loss float64) bool {
	if loss-loss == 0 { // finite
		h.sum += loss
		if loss < h.open.Min {
			h.open.Min = loss
		}
		if loss > h.open.Max {
			h.open.Max = loss
		}
	} else {
		h.open.Bad++
	}
	h.n++
	return h.n == h.stride
}

// Stamp closes the open bucket, whose last step is at the given positions.
func (h *History) Stamp(at Marks) {
	h.done = append(h.done, h.closed(at))
	h.open, h.n, h.sum = emptyBucket(), 0, 0
	if len(h.done) == maxBuckets {
		h.compact()
	}
}

func (h *History) closed(at Marks) Bucket {
	b := h.open
	if good := h.n - b.Bad; good > 0 {
		b.Mean = h.sum / float64(good)
	}
	b.Marks = at
	return b
}

func (h *History) compact() {
	half := make([]Bucket, 0, maxBuckets)
	s := float64(h.stride)
	for i := 0; i+1 < len(h.done); i += 2 {
		b := h.done[i]
		b.merge(h.done[i+1], s, s)
		half = append(half, b)
	}
	h.done = half
	h.stride *= 2
}

// View returns what has been recorded, the open bucket included, for reading by other goroutines.
func (h *History) View(at Marks) HistoryView {
	v := HistoryView{Buckets: h.done, Stride: h.stride}
	if h.n > 0 {
		v.Open, v.OpenSteps = h.closed(at), h.n
	}
	return v
}

// Before returns a history that goes on after the last bucket for which the positions are kept: what a program forgets that
// goes back to an earlier step.
func (h *History) Before(keep func(Marks) bool) *History {
	n := len(h.done)
	for n > 0 && !keep(h.done[n-1].Marks) {
		n--
	}
	return &History{done: append(make([]Bucket, 0, maxBuckets), h.done[:n]...), stride: h.stride, open: emptyBucket()}
}

func (h *History) clone() *History {
	c := *h
	// The spare capacity must not be shared: both would write the next bucket there.
	c.done = append(make([]Bucket, 0, maxBuckets), h.done...)
	return &c
}

// frozen is the history as it is now, in shared memory: whoever goes on from it clones it first.
func (h *History) frozen() *History {
	c := *h
	c.done = h.done[:len(h.done):len(h.done)]
	return &c
}

// HistoryView is a history at one moment. It never changes.
type HistoryView struct {
	Buckets   []Bucket
	Stride    int    // steps in each of Buckets
	Open      Bucket // the steps since
	OpenSteps int
}

// Len returns the number of buckets, the open one included.
func (v HistoryView) Len() int {
	if v.OpenSteps > 0 {
		return len(v.Buckets) + 1
	}
	return len(v.Buckets)
}

// At returns bucket i and the last step it covers.
func (v HistoryView) At(i int) (b Bucket, lastStep int) {
	if i < len(v.Buckets) {
		return v.Buckets[i], (i+1)*v.Stride - 1
	}
	return v.Open, len(v.Buckets)*v.Stride + v.OpenSteps - 1
}
