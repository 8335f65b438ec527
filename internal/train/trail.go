package train

import "slices"

// Bounds of what a trail keeps: points, and numbers in all of them.
const (
	maxTrail        = 256
	minTrail        = 4
	maxTrailNumbers = 1 << 21
)

// Trail keeps the parameters of a run of many dimensions at evenly spaced steps in bounded memory. When it is full,
// every other point goes and from then on half as many are kept.
type Trail struct {
	points [][]float64 // none is ever written again
	stride int
	most   int
}

// NewTrail returns an empty trail of points with n numbers.
func NewTrail(n int) *Trail {
	most := min(max(maxTrailNumbers/n, minTrail), maxTrail)
	return &Trail{stride: 1, most: most, points: make([][]float64, 0, most)}
}

// Add keeps a copy of the parameters after so many steps, if they are due.
func (t *Trail) Add(step int, x []float64) {
	if step%t.stride != 0 {
		return
	}
	t.points = append(t.points, slices.Clone(x))
	if len(t.points) < t.most {
		return
	}
	half := make([][]float64, 0, t.most) // new memory: readers may still hold the old
	for i := 0; i < len(t.points); i += 2 {
		half = append(half, t.points[i])
	}
	t.points, t.stride = half, 2*t.stride
}

// View returns the kept points for reading by other goroutines.
func (t *Trail) View() [][]float64 { return t.points }

func (t *Trail) clone() *Trail {
	c := *t
	c.points = append(make([][]float64, 0, t.most), t.points...)
	return &c
}

// frozen is the trail as it is now, in shared memory: whoever goes on from it clones it first.
func (t *Trail) frozen() *Trail {
	c := *t
	c.points = t.points[:len(t.points):len(t.points)]
	return &c
}
