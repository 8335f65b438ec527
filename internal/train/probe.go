package train

import (
	"slices"

	"opttui/internal/knob"
	"opttui/internal/optim"
	"opttui/internal/problems"
)

// Probe is a copy of everything that the curvature around a run depends on. It shares nothing with the run that is ever
// written, so whoever holds it may compute on it in a goroutine of its own.
type Probe struct {
	Step     int
	Spec     problems.Spec
	Problem  problems.Problem // an instance of the probe's own
	X        []float64        // θ, length n
	Gradient []float64        // at X, on the coming step's minibatch and with its noise: as the rule will see it
	LR       float64          // learning rate ε of the coming step
	Rule     optim.Spec
	Knobs    []knob.Knob // of the rule, each bound to a copy of its value
	// Scale is what the rule multiplies the gradient with in each coordinate, beside ε; nil where it does not.
	Scale      []float64
	Stochastic bool
	Last       *LastStep // nil where nobody had marked it, or at step 0
}

// LastStep is where a run's last step began.
type LastStep struct {
	X        []float64 // θ before it
	Gradient []float64 // at X, as the rule saw it
	LR       float64   // its learning rate
	step     int
}

// Mark remembers where the coming step begins, for a Probe after it.
func (r *Run) Mark() {
	if r.mark == nil {
		r.mark = &LastStep{}
	}
	m := r.mark
	m.X, m.Gradient = append(m.X[:0], r.point.X...), append(m.Gradient[:0], r.point.G...)
	m.LR, m.step = r.lr, r.step
}

// Probe returns a copy of the run for measuring its curvature.
func (r *Run) Probe() *Probe {
	p := &Probe{
		Step: r.step, Spec: r.pspec, Problem: r.problem.Clone(),
		X: slices.Clone(r.point.X), Gradient: slices.Clone(r.point.G), LR: r.lr,
		Rule: r.optSpec, Stochastic: r.stochastic(),
	}
	for _, k := range r.opt.Knobs() {
		v := k.Value()
		p.Knobs = append(p.Knobs, k.Bind(&v))
	}
	if o, ok := r.opt.(optim.Preconditioned); ok && r.step > 0 {
		p.Scale = make([]float64, len(p.X))
		if !o.Precondition(p.Scale) {
			p.Scale = nil
		}
	}
	if m := r.mark; m != nil && m.step == r.step-1 {
		p.Last = &LastStep{X: slices.Clone(m.X), Gradient: slices.Clone(m.Gradient), LR: m.LR, step: m.step}
	}
	return p
}
