package plane

import (
	"math/rand/v2"
	"slices"

	"opttui/internal/problems"
)

// A model with more training samples than manySamples is judged on someSamples of them: a picture needs thousands of
// losses.
const (
	manySamples = 2000
	someSamples = 1000
)

// Loss is the function that is surveyed: the problem's value, on a fixed part of the samples where there are many. It
// belongs to one goroutine.
type Loss struct {
	problem problems.Problem
	sampled problems.Sampled // nil: all samples, or none
	batch   []int
}

// NewLoss returns the loss of the problem, whose scratch memory it uses.
func NewLoss(p problems.Problem) *Loss {
	l := &Loss{problem: p}
	if s, ok := p.(problems.Sampled); ok && s.Samples() > manySamples {
		rng := rand.New(rand.NewPCG(1, 0x6c6f7373))
		l.sampled, l.batch = s, make([]int, someSamples)
		for i := range l.batch {
			l.batch[i] = rng.IntN(s.Samples())
		}
		slices.Sort(l.batch)
	}
	return l
}

// Clone returns the same function for another goroutine.
func (l *Loss) Clone() *Loss {
	c := *l
	c.problem = l.problem.Clone()
	if l.sampled != nil {
		c.sampled = c.problem.(problems.Sampled)
	}
	return &c
}

// Value returns the loss at x.
func (l *Loss) Value(x []float64) float64 {
	if l.sampled != nil {
		return l.sampled.ValueOn(l.batch, x)
	}
	return l.problem.Value(x)
}

// Samples returns on how many of the training samples the loss is taken, both 0 where there are none.
func (l *Loss) Samples() (used, all int) {
	s, ok := l.problem.(problems.Sampled)
	if !ok {
		return 0, 0
	}
	if l.sampled != nil {
		return len(l.batch), s.Samples()
	}
	return s.Samples(), s.Samples()
}
