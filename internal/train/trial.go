package train

import (
	"math"

	"opttui/internal/knob"
	"opttui/internal/optim"
	"opttui/internal/problems"
	"opttui/internal/usage"
)

// Trial is a copy of a run for trying something out: it takes the steps that the run would take, with another learning
// rate or other noise, and keeps nothing of them. The run is never touched. Like a Run it belongs to one goroutine, but
// several goroutines may Clone one that rests.
type Trial struct{ run *Run }

// Trial returns a copy for trying something out, from where the run is now.
func (r *Run) Trial() *Trial { return bare(r.Clone()) }

// Clone returns an independent trial that goes on as this one would.
func (t *Trial) Clone() *Trial { return bare(t.run.Clone()) }

// bare takes from a run what only the screen wants. Its history is one bucket that never closes.
func bare(r *Run) *Trial {
	r.history = &History{stride: math.MaxInt, open: emptyBucket()}
	r.path, r.trail, r.scored, r.scores = nil, nil, nil, nil
	return &Trial{r}
}

// SetRate gives the rule another base learning rate ε₀. At the start of a run everything is as if the run had begun with
// it, the defaults that a schedule takes from ε₀ included; later it is as if a person had turned the knob. The error is
// a *usage.Error.
func (t *Trial) SetRate(lr float64) error {
	r := t.run
	k, ok := knob.Find(r.opt.Knobs(), "lr")
	if !ok {
		return usage.Errorf("%s has no learning rate", r.optSpec.Name)
	}
	if err := k.Set(lr); err != nil {
		return usage.From(err)
	}
	r.refresh()
	if r.step == 0 && len(r.journal) == 0 {
		r.sched = newSchedule(r.schedSpec, r.base)
		if err := r.setFromSpec(partSchedule); err != nil {
			return err
		}
		r.opt.Init(r.layout)
		r.refresh()
	}
	return nil
}

// Reseed draws noise and minibatches from another seed, beginning with those of the coming step. θ stays.
func (t *Trial) Reseed(seed uint64) {
	r := t.run
	if seed == r.sampler.seed {
		return
	}
	r.sampler.seed, r.sampler.orderEpoch = seed, -1
	r.evaluate()
}

// Step takes one step and tells whether it could: not when the loss is not finite or the rule cannot go on.
func (t *Trial) Step() bool { return t.run.Advance(1) == 1 }

// StepAt takes one step at the learning rate lr, whatever the schedule says.
func (t *Trial) StepAt(lr float64) bool {
	t.run.lr = lr
	return t.Step()
}

// Look goes on to the next step's minibatch and noise without moving θ.
func (t *Trial) Look() {
	r := t.run
	r.step++
	r.used += r.batchLen()
	r.evaluate()
}

// Loss returns f on the coming step's minibatch, without the noise.
func (t *Trial) Loss() float64 { return t.run.loss }

// FullLoss returns f over all data.
func (t *Trial) FullLoss() float64 {
	if t.Minibatches() {
		return t.run.problem.Value(t.run.point.X)
	}
	return t.run.loss
}

// Minibatches tells whether each step sees only part of the data.
func (t *Trial) Minibatches() bool { return t.run.obj.batch != nil }

// BatchLen is how many samples the coming step uses, 0 where the problem has none.
func (t *Trial) BatchLen() int { return t.run.batchLen() }

// Samples is the number of training samples, 0 where the problem has none.
func (t *Trial) Samples() int { return len(t.run.sampler.order) }

// Stochastic tells whether each step sees another function than the one before.
func (t *Trial) Stochastic() bool { return t.run.stochastic() }

// Cost is what the rule has evaluated so far in the cost of a gradient on one step's minibatch: f + ∇ + 2·Hv + n·H.
func (t *Trial) Cost() float64 { return t.run.obj.counts.cost(len(t.run.point.X)) }

// Diverged tells whether the loss has stopped being finite.
func (t *Trial) Diverged() bool { return t.run.bad }

// Err returns why the rule cannot go on, nil while it can.
func (t *Trial) Err() error { return t.run.err }

// Theta returns all parameters θ, in the trial's own memory: the next step changes them.
func (t *Trial) Theta() []float64 { return t.run.point.X }

// Problem returns the trial's own instance of the problem, for looking at it while the trial rests.
func (t *Trial) Problem() problems.Problem { return t.run.problem }

// Rule returns what the rule is, and its hyperparameters.
func (t *Trial) Rule() (optim.Spec, []knob.Knob) { return t.run.optSpec, t.run.opt.Knobs() }

// Spec starts a run with the settings that the trial has now.
func (t *Trial) Spec() Spec { return t.run.Now() }
