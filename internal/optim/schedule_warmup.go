package optim

import "opttui/internal/knob"

// Warmup is a linear warm-up in front of any schedule: (k+1)/w of its first rate in step k < w. The schedule's
// own clock starts at step w. It has the schedule's knobs, and the length of the warm-up as one more, unless
// the schedule has a warm-up itself.
type Warmup struct {
	Schedule
	steps float64
}

// WithWarmup puts a warm-up of the given number of steps in front of the schedule.
func WithWarmup(s Schedule, steps int) *Warmup { return &Warmup{Schedule: s, steps: float64(steps)} }

// Rate returns ε_k.
func (w *Warmup) Rate(k int, base float64) float64 {
	if t := float64(k + 1); t < w.steps {
		return w.Schedule.Rate(0, base) * t / w.steps
	}
	return w.Schedule.Rate(max(0, k-int(w.steps)), base)
}

// Constant tells whether every rate is the base rate.
func (w *Warmup) Constant() bool {
	_, ok := w.Schedule.(*constant)
	return ok && w.steps == 0
}

// Observe passes the loss on to a schedule that looks at it.
func (w *Warmup) Observe(loss float64) {
	if o, ok := w.Schedule.(Observer); ok {
		o.Observe(loss)
	}
}

// Knobs are the schedule's and the length of the warm-up.
func (w *Warmup) Knobs() []knob.Knob {
	knobs := w.Schedule.Knobs()
	if _, has := knob.Find(knobs, "warmup"); has {
		return knobs
	}
	return append(knobs, stepsKnob(&w.steps, "warmup", "w", "length of a linear warm-up in front of the schedule", 0, 0))
}

// Clone returns an independent copy.
func (w *Warmup) Clone() Schedule { return &Warmup{Schedule: w.Schedule.Clone(), steps: w.steps} }
