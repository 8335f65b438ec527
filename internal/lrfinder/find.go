// Package lrfinder looks for the initial learning rate of a run, by the rule of Goodfellow, Bengio & Courville, Deep
// Learning, sec. 8.3.1: the best one, in total training time and final cost, is higher than the one that does best after
// the first 100 iterations or so, but not so high that it causes severe instability. It also checks whether that holds.
//
// The same trials of many settings serve sweeps over any of them.
package lrfinder

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"opttui/internal/knob"
	"opttui/internal/optim"
	"opttui/internal/train"
	"opttui/internal/usage"
)

// Finder searches the learning rate of one run. It belongs to one goroutine.
type Finder struct {
	Options
	source source
	pool   pool
	judge  *judge
	cache  map[trialKey]*Trial
	plan   plan
	res    *Result
}

type trialKey struct {
	lr    float64
	steps int
}

// New returns a finder for the run that the spec describes, from its start. Errors are *usage.Error, but for files that
// cannot be read.
func New(spec train.Spec, o Options) (*Finder, error) {
	run, err := train.New(spec)
	if err != nil {
		return nil, err
	}
	return On(run, o)
}

// On returns a finder for a run from where it is now: with its θ, the rule's state, its place in the schedule and in the
// data. The run is copied and not touched.
func On(run *train.Run, o Options) (*Finder, error) {
	if !run.HasRate() {
		rule := run.Spec().Optimizer
		if now := run.Now(); now.Optimizer != "" {
			rule = now.Optimizer
		}
		return nil, usage.Errorf("%s has no learning rate to look for: it finds the length of its steps itself. Rules with one are %s", rule, listOf(withRate()))
	}
	if run.Over() {
		return nil, usage.Errorf("the run is over: there are no more steps to try a learning rate on")
	}
	f := &Finder{Options: o.withDefaults(), cache: make(map[trialKey]*Trial)}
	base := run.Trial()
	if f.Seeds == 0 {
		f.Seeds = 1
		if base.Stochastic() {
			f.Seeds = usualSeeds
		}
	}
	f.pool.workers, f.pool.share = f.Workers, f.Share
	f.source = &runs{
		base: base, seed: run.Spec().Seed, flat: run.GradNorm() == 0, score: newScorer(base, f.Options), iterations: f.Iterations,
	}
	return f, nil
}

// withRate lists the rules that have a learning rate.
func withRate() []string {
	var names []string
	for _, s := range optim.All() {
		if _, ok := valueOf(s.New(optim.Lecture).Knobs(), "lr"); ok {
			names = append(names, s.Name)
		}
	}
	return names
}

// valueOf is the value of a hyperparameter, if the rule has it.
func valueOf(knobs []knob.Knob, key string) (float64, bool) {
	k, ok := knob.Find(knobs, key)
	if !ok {
		return 0, false
	}
	return k.Value(), true
}

// Find searches until it has an answer, or a reason why there is none, or ctx is over, within a few steps. What was found
// until then is always returned. The error is of a defect in a trial.
func (f *Finder) Find(ctx context.Context) (*Result, error) {
	nan := math.NaN()
	f.res = &Result{
		Best: nan, BestLoss: nan, Edge: nan, Suggested: nan, Chosen: nan, StartLoss: nan, Limit: f.source.limit(),
		Iterations: f.Iterations, Seeds: f.Seeds,
	}
	f.plan = f.newPlan()
	for i, phase := range []func(context.Context) error{f.start, f.grid, f.refine, f.edge, f.check} {
		f.plan.begin(i)
		err := phase(ctx)
		f.order()
		switch {
		case err != nil && ctx.Err() != nil:
			f.res.Interrupted = f.plan.name()
			return f.res, nil
		case err != nil:
			return f.res, err
		case f.res.Reason != "":
			return f.res, nil
		}
		f.plan.end()
	}
	f.report(nil) // all is done, whatever was planned
	return f.res, nil
}

// order lists the trials so far by their rates, and judges them by all that is known now.
func (f *Finder) order() {
	f.res.Trials = f.res.Trials[:0]
	for key, t := range f.cache {
		if key.steps == f.Iterations {
			f.judge.verdict(t)
			f.res.Trials = append(f.res.Trials, t)
		}
	}
	slices.SortFunc(f.res.Trials, func(a, b *Trial) int { return cmp.Compare(a.LR, b.LR) })
}

// start measures the losses at θ₀.
func (f *Finder) start(ctx context.Context) error {
	loss := make([][]float64, f.Seeds)
	err := f.pool.each(ctx, f.Seeds, func(i int, b brake) (err error) {
		loss[i], err = f.source.baseline(i, b)
		return err
	}, func(int) {})
	if err != nil {
		return err
	}
	f.judge = newJudge(f.Options, f.alpha(), loss)
	f.res.StartLoss = f.source.startScore(loss)
	return nil
}

// alpha is the decay rate of the average by which losses are judged. An oscillation of the underdamped heavy ball decays
// by α a step in the loss, so an average that is as slow does not rise with it.
func (f *Finder) alpha() float64 { return math.Max(cmp.Or(f.Smoothing, 0.9), f.source.momentum()) }

// evaluate tries rates for a number of steps with all seeds, and returns their trials in the same order. What has been
// tried is not tried again.
func (f *Finder) evaluate(ctx context.Context, steps int, rates ...float64) ([]*Trial, error) {
	var todo []float64
	for _, lr := range rates {
		if f.cache[trialKey{lr, steps}] == nil && !slices.Contains(todo, lr) {
			todo = append(todo, lr)
		}
	}
	curves := make([][]curve, len(todo))
	left := make([]int, len(todo))
	for i := range todo {
		curves[i], left[i] = make([]curve, f.Seeds), f.Seeds
	}
	f.plan.start(len(todo) * f.Seeds * steps)
	err := f.pool.each(ctx, len(todo)*f.Seeds, func(i int, b brake) (err error) {
		// Seed by seed, so that rates of much and of little work alternate.
		r, s := i%len(todo), i/len(todo)
		curves[r][s], err = f.source.run(todo[r], s, steps, b)
		return err
	}, func(i int) {
		r := i % len(todo)
		f.plan.done += steps
		if left[r]--; left[r] > 0 {
			f.report(nil)
			return
		}
		t := newTrial(todo[r], steps, curves[r])
		f.cache[trialKey{t.LR, steps}] = t
		if steps != f.Iterations {
			f.report(nil)
			return
		}
		f.judge.learn(t)
		seen := *t // the verdict may change as more is learned
		f.judge.verdict(&seen)
		f.report(&seen)
	})
	if err != nil {
		return nil, err
	}
	out := make([]*Trial, len(rates))
	for i, lr := range rates {
		out[i] = f.cache[trialKey{lr, steps}]
	}
	return out, nil
}

func (f *Finder) report(t *Trial) {
	if f.Progress != nil {
		f.Progress(Progress{Phase: f.plan.name(), Done: f.plan.done, Total: f.plan.total(), Trial: t})
	}
}

// listOf writes names as in a sentence.
func listOf(names []string) string {
	n := len(names)
	if n < 2 {
		return fmt.Sprint(names)
	}
	s := names[0]
	for _, name := range names[1 : n-1] {
		s += ", " + name
	}
	return s + " and " + names[n-1]
}
