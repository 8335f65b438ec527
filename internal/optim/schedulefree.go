package optim

import (
	"math"
	"slices"

	"opttui/internal/knob"
)

// averaging is what the schedule-free rules share. θ is x, the running average of a fast iterate z; the
// gradient is taken between the two, at y = (1−β)z + βx.
type averaging struct {
	warmup  float64
	z, y    []float64
	t       int
	largest float64 // the largest ε so far: in the authors' code a falling ε does not weigh less
	sum     float64 // of the weights
}

func (a *averaging) start(n int) {
	*a = averaging{warmup: a.warmup, z: zeros(a.z, n), y: zeros(a.y, n)}
}

// Elsewhere: the gradient is taken at y.
func (a *averaging) Elsewhere() bool { return true }

// next counts a step and returns its learning rate after the warm-up and the weight c = ε²/Σε² of the new z
// in the average.
func (a *averaging) next(p *Point) (lr, c float64) {
	if a.t == 0 {
		copy(a.z, p.X)
	}
	a.t++
	lr = p.LR * a.share()
	a.largest = math.Max(a.largest, lr)
	a.sum += a.largest * a.largest
	if a.sum > 0 {
		c = a.largest * a.largest / a.sum
	}
	return lr, c
}

// share is how much of ε the warm-up gives to the last step.
func (a *averaging) share() float64 {
	if t := float64(a.t); t < a.warmup {
		return t / a.warmup
	}
	return 1
}

// between goes to y and takes the gradient there.
func (a *averaging) between(obj Objective, p *Point, beta float64) {
	for i, x := range p.X {
		a.y[i] = (1-beta)*a.z[i] + beta*x
	}
	obj.Gradient(a.y, p.G)
}

func (a *averaging) warmupKnob() knob.Knob {
	return stepsKnob(&a.warmup, "warmup", "w", "length of the linear warm-up of the learning rate", 0, 0)
}

func (a *averaging) clone() averaging {
	c := *a
	c.z, c.y = slices.Clone(a.z), slices.Clone(a.y)
	return c
}

func (a *averaging) Slots() []Slot { return []Slot{{Kind: Own("schedule-free", "z"), V: a.z}} }
