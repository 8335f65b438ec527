package lrfinder

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"opttui/internal/optim"
	"opttui/internal/problems"
	"opttui/internal/train"
	"opttui/internal/usage"
)

// RaceOptions bound a race.
type RaceOptions struct {
	Steps      int            // what each rule may evaluate, in gradients on the spec's minibatch [500]
	Gradients  float64        // the same in gradients over all data, where it is not 0
	Seeds      int            // seeds of noise, minibatches and initial weights [3, 1 where nothing is random]
	Optimizers []string       // rules that race, each at the rate that is found for it [those of Racers]
	Workers    int            // runs at a time [one a processor]
	Progress   func(Progress) // is told of every finished piece of work, by one goroutine at a time
}

// Racer is a rule with its settings in a race, and what came out. Figures that are not known are NaN.
type Racer struct {
	Name      string // "adam, default ε", "momentum + cosine"
	Optimizer string
	Spec      train.Spec // of its first run; the others have the seeds after that
	Full      bool       // each step sees all data, where the others see minibatches
	LR        float64    // NaN where the rule has none to choose
	Tuned     bool       // the rate is looked for
	Trials    int        // runs that it took to find the rate
	Search    float64    // and their cost, as Cost

	Start      float64 // median loss over all data at θ₀
	Loss       float64 // median over the seeds of the loss over all data at the end; +Inf where most have diverged
	Lo, Hi     float64 // least and greatest over the seeds
	Score      *problems.Score
	Cost       float64 // median evaluations, in gradients on the spec's minibatch
	Solved     float64 // median cost of coming as close to the best loss as counts as being there; NaN where it did not
	Steps      int     // of the first seed
	Note       string  // what ended it early
	Fails      string  // why it is not ranked, "" where it is
	Bottomless bool    // since its loss falls without bound

	runs []raced
}

// Raced tells whether it has been run.
func (r *Racer) Raced() bool { return r.runs != nil }

// Ranked tells whether it has a loss to be compared.
func (r *Racer) Ranked() bool { return r.Raced() && r.Fails == "" }

// Race lets rules run on one problem for the same cost each. It belongs to one goroutine.
type Race struct {
	RaceOptions
	Spec   train.Spec
	Racers []*Racer // the best first, once Run has returned
	Budget float64  // what each may evaluate, in gradients on the spec's minibatch
	// Best is the lowest loss of all, and Start the loss at the start.
	Best, Start float64
	// Measure names what scores of held-out data call accuracy, "" where there are none.
	Measure string
	// Interrupted tells that it was ended before all had run.
	Interrupted bool

	unit float64 // samples of the spec's minibatch, 1 where there are none
	pool pool
	done int
	left int // guess of the steps to come
}

// Fell tells whether the best loss is one that a rule has come down to: not above that at the start.
func (r *Race) Fell() bool { return r.Racers[0].Loss <= r.Racers[0].Start }

// Answered tells whether a rule can be said to be the best.
func (r *Race) Answered() bool {
	return r.Racers[0].Ranked() && r.Fell() && !slices.ContainsFunc(r.Racers, func(e *Racer) bool { return e.Bottomless })
}

// The defaults, and how the finder's seeds are kept apart from those of the race: a rate is not to be judged by the
// minibatches that it was chosen for.
const (
	usualBudget    = 500
	raceSeeds      = 3
	finderSeedFrom = 1000
)

// NewRace prepares a race of rules on the problem of the spec, from its start, with its minibatch, noise and settings as
// far as a rule has them. The spec's own optimizer and schedule do not matter. Errors are *usage.Error, but for files that
// cannot be read.
func NewRace(spec train.Spec, o RaceOptions) (*Race, error) {
	for _, key := range []string{"lr", "optimizer.lr"} {
		if _, given := spec.Set[key]; given {
			return nil, usage.Errorf("each rule races at its own learning rate, which is looked for: lr cannot be given")
		}
	}
	r := &Race{RaceOptions: o, Spec: spec, Best: math.NaN(), Start: math.NaN()}
	r.pool.workers = Options{Workers: o.Workers}.withDefaults().Workers
	plain := spec.Clone()
	plain.Optimizer, plain.Schedule, plain.Set = "sgd", "", nil
	set, err := plain.Applicable(spec.Set)
	if err != nil {
		return nil, err
	}
	plain.Set = set
	run, err := train.New(plain)
	if err != nil {
		return nil, err
	}
	t := run.Trial()
	r.unit = float64(max(t.BatchLen(), 1))
	r.Start = t.FullLoss()
	if p, ok := t.Problem().(problems.Scored); ok {
		r.Measure = p.Measure()
	}
	r.Budget = float64(cmp.Or(o.Steps, usualBudget))
	if o.Gradients > 0 {
		r.Budget = math.Max(o.Gradients*float64(max(t.Samples(), 1))/r.unit, 1)
	}
	if r.Seeds == 0 {
		if r.Seeds = 1; t.Stochastic() || startsDiffer(t) {
			r.Seeds = raceSeeds
		}
	}
	if err := r.enter(t); err != nil {
		return nil, err
	}
	return r, nil
}

// enter lines the racers up.
func (r *Race) enter(t *train.Trial) error {
	field := usualField()
	if len(r.Optimizers) > 0 {
		field = nil
		for _, name := range r.Optimizers {
			if _, ok := optim.Lookup(name); !ok {
				return usage.Unknown("optimizer", name, train.OptimizerNames())
			}
			field = append(field, Racer{Name: name, Optimizer: name, Tuned: true})
		}
	}
	have := train.Capabilities(t.Problem())
	for _, e := range field {
		rule, _ := optim.Lookup(e.Optimizer)
		e.LR, e.Start, e.Loss, e.Lo, e.Hi, e.Cost, e.Solved = math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN()
		schedule := e.Spec.Schedule
		e.Spec = r.Spec.Clone()
		e.Spec.Optimizer, e.Spec.Schedule, e.Spec.Set = e.Optimizer, cmp.Or(schedule, r.Spec.Schedule), nil
		set, err := e.Spec.Applicable(r.Spec.Set)
		if err != nil && rule.Offered(have) == nil {
			return err
		}
		e.Spec.Set = set
		if e.Spec.Set == nil {
			e.Spec.Set = map[string]string{}
		}
		r.admit(&e, rule, t, have)
		r.Racers = append(r.Racers, &e)
	}
	return nil
}

// admit says how a racer runs, or why it does not.
func (r *Race) admit(e *Racer, rule optim.Spec, t *train.Trial, have optim.Capability) {
	if err := rule.Offered(have); err != nil {
		e.Fails = err.Error()
		return
	}
	if rule.SameFunction && t.Stochastic() {
		if r.Spec.Noise > 0 {
			e.Fails = "it compares f and ∇f of different steps, and with noise each step sees another function"
			return
		}
		e.Full, e.Spec.Batch = true, 0
	}
	if e.Spec.Schedule == "cosine" {
		if _, given := e.Spec.Set["t_max"]; !given {
			e.Spec.Set["t_max"] = strconv.Itoa(max(r.steps(), 1))
		}
	}
	run, err := train.New(e.Spec)
	if err != nil {
		e.Fails = err.Error()
		return
	}
	has := run.HasRate() && rule.Unit != optim.NoRate
	e.Tuned = e.Tuned && has
	if _, knobs := run.Trial().Rule(); has {
		e.LR, _ = valueOf(knobs, "lr")
	}
	if e.Tuned {
		e.LR = math.NaN() // until it is found
	}
}

// steps is how many steps of one gradient each the budget pays for.
func (r *Race) steps() int { return int(r.Budget) }

// usualField are the rules that a lecture would advise to try: Adam as it is, what may beat it when tuned, and the
// methods of second order where the function is the same in every step.
func usualField() []Racer {
	return []Racer{
		{Name: "adam, default ε", Optimizer: "adam"},
		{Name: "lbfgs", Optimizer: "lbfgs"},
		{Name: "newton_cg", Optimizer: "newton_cg"},
		{Name: "lm", Optimizer: "lm"},
		{Name: "adam", Optimizer: "adam", Tuned: true},
		{Name: "momentum + cosine", Optimizer: "momentum", Tuned: true, Spec: train.Spec{Schedule: "cosine"}},
		{Name: "nesterov", Optimizer: "nesterov", Tuned: true},
		{Name: "rmsprop", Optimizer: "rmsprop", Tuned: true},
	}
}

// UsualRules are the rules that race where nobody chooses, and can on every problem.
func UsualRules() []string { return []string{"adam", "momentum", "nesterov", "rmsprop", "lbfgs"} }

// Run carries the race out, until it is done or ctx is over. What was found until then is ranked. The error is of a defect
// in a run.
func (r *Race) Run(ctx context.Context) error {
	var tuned, others []*Racer
	for _, e := range r.Racers {
		switch {
		case e.Fails != "":
		case e.Tuned:
			tuned = append(tuned, e)
		default:
			others = append(others, e)
		}
	}
	perRacer := r.steps() * r.Seeds
	r.left = len(others)*perRacer + len(tuned)*(5*perRacer+40*r.iterations()*r.finderSeeds())
	defer r.rank()
	if err := r.run(ctx, others, "untuned rules"); err != nil {
		return r.ended(ctx, err)
	}
	for i, e := range tuned {
		r.left = (len(tuned) - i) * (5*perRacer + 40*r.iterations()*r.finderSeeds())
		if err := r.tune(ctx, e); err != nil {
			return r.ended(ctx, err)
		}
		if e.Fails != "" {
			continue
		}
		if err := r.run(ctx, []*Racer{e}, e.Name+": race"); err != nil {
			return r.ended(ctx, err)
		}
	}
	return nil
}

// ended is the error of a race that did not get to its end: none where it was stopped.
func (r *Race) ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		r.Interrupted = true
		return nil
	}
	return err
}

// iterations is after how many steps the finder compares rates; its check, ten times as long, is then as long as the race.
func (r *Race) iterations() int { return min(max(r.steps()/10, 10), 100) }

func (r *Race) finderSeeds() int { return min(r.Seeds, 3) }

// tune looks for the learning rate of a racer.
func (r *Race) tune(ctx context.Context, e *Racer) error {
	spec := e.Spec.Clone()
	spec.Seed += finderSeedFrom
	o := Options{Iterations: r.iterations(), Seeds: r.finderSeeds(), PerDecade: 2, Workers: r.Workers}
	before, left := r.done, r.left
	o.Progress = func(p Progress) {
		r.done = before + p.Done
		r.report(e.Name+": "+p.Phase, max(left-p.Done, p.Total-p.Done))
	}
	f, err := New(spec, o)
	if err != nil {
		e.Fails = err.Error()
		return nil
	}
	res, err := f.Find(ctx)
	if err != nil {
		return err
	}
	perStep := 1.0
	if e.Full {
		perStep = float64(f.source.samples()) / r.unit
	}
	e.Trials, e.Search = len(f.cache)*f.Seeds, float64(f.plan.done)*perStep
	switch {
	case res.Interrupted != "":
		return ctx.Err()
	case !res.Answered():
		e.Fails = "no learning rate was found: " + res.Reason
	default:
		e.LR = res.Chosen
		delete(e.Spec.Set, "lr")
		e.Spec.Set["optimizer.lr"] = fmt.Sprint(res.Chosen)
	}
	return nil
}

func (r *Race) report(phase string, left int) {
	if r.Progress != nil {
		r.Progress(Progress{Phase: phase, Done: r.done, Total: r.done + max(left, 1)})
	}
}

// run lets the racers run with all seeds.
func (r *Race) run(ctx context.Context, racers []*Racer, phase string) error {
	all := make([][]raced, len(racers))
	left := make([]int, len(racers))
	for i := range racers {
		all[i], left[i] = make([]raced, r.Seeds), r.Seeds
	}
	return r.pool.each(ctx, len(racers)*r.Seeds, func(j int, b brake) error {
		i, seed := j%len(racers), j/len(racers)
		spec := racers[i].Spec.Clone()
		spec.Seed += uint64(seed)
		run, err := train.New(spec)
		if err != nil {
			panic(err) // cannot be: it was made before
		}
		all[i][seed] = r.drive(run.Trial(), b)
		return nil
	}, func(j int) {
		r.done, r.left = r.done+r.steps(), max(r.left-r.steps(), 0)
		r.report(phase, r.left)
		i := j % len(racers)
		if left[i]--; left[i] == 0 {
			racers[i].runs = all[i]
		}
	})
}

// rank sums the runs up and orders the racers: those who are there by what it cost them, then the others by their losses,
// then those who failed.
func (r *Race) rank() {
	r.Best = math.Inf(1)
	for _, e := range r.Racers {
		for _, run := range e.runs {
			r.Best = math.Min(r.Best, run.loss)
		}
	}
	for _, e := range r.Racers {
		if e.Raced() {
			e.sum(r.Best, r.Budget)
		}
	}
	class := func(e *Racer) int {
		switch {
		case !e.Ranked():
			return 2
		case e.Solved == e.Solved:
			return 0
		default:
			return 1
		}
	}
	slices.SortStableFunc(r.Racers, func(a, b *Racer) int {
		if c := cmp.Compare(class(a), class(b)); c != 0 || class(a) == 2 {
			return c
		}
		if class(a) == 0 {
			return cmp.Or(cmp.Compare(a.Solved, b.Solved), cmp.Compare(a.Loss, b.Loss))
		}
		return cmp.Compare(a.Loss, b.Loss)
	})
}
