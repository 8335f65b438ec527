package lrfinder

import (
	"fmt"
	"math"

	"opttui/internal/problems"
	"opttui/internal/train"
)

// raced is what one run of a racer came to.
type raced struct {
	start, loss float64 // over all data, +Inf where it has diverged
	cost        float64 // in gradients on the race's minibatch
	steps       int
	score       *problems.Score
	diverged    bool
	rests       bool   // the rule had nothing left to do
	err         error  // why the rule gave up, where it did
	trace       []mark // the lowest losses so far, of runs that see the same function in each step
}

// mark is a loss and what it had cost to get there.
type mark struct{ cost, loss float64 }

// traceLength bounds a trace: the cost of being there is known to a thousandth of the budget.
const traceLength = 1000

// drive takes steps until the budget is spent. A step that would go beyond it is not taken: what it costs is known only
// afterwards, so θ is put back.
func (r *Race) drive(t *train.Trial, stop brake) raced {
	perGradient := 1.0
	if n := t.BatchLen(); n > 0 {
		perGradient = float64(n) / r.unit
	}
	out := raced{start: t.FullLoss()}
	exact := !t.Stochastic()
	before := append([]float64(nil), t.Theta()...)
	lowest := math.Inf(1)
	for !stop.on() {
		if exact && t.Loss() < lowest {
			lowest = t.Loss()
			if n := len(out.trace); n < 2 || out.cost-out.trace[n-2].cost > r.Budget/traceLength {
				out.trace = append(out.trace, mark{out.cost, lowest})
			} else {
				out.trace[n-1] = mark{out.cost, lowest}
			}
		}
		copy(before, t.Theta())
		if !t.Step() {
			out.diverged, out.err = t.Diverged(), t.Err()
			break
		}
		cost := t.Cost() * perGradient
		if cost > r.Budget {
			copy(t.Theta(), before)
			break
		}
		if cost <= out.cost {
			out.rests = true // a rule that asks for nothing stands where it is
			break
		}
		out.cost = cost
		out.steps++
	}
	out.loss = t.Problem().Value(t.Theta())
	out.diverged = out.diverged || out.loss-out.loss != 0
	if out.diverged {
		out.loss = math.Inf(1)
		return out
	}
	if p, ok := t.Problem().(problems.Scored); ok {
		s := p.Score(t.Theta())
		out.score = &s
	}
	return out
}

// there is how close to the best loss of all, as a share of the way to it from the start, counts as being there.
const there = 1e-9

// sum puts the runs of the seeds together.
func (e *Racer) sum(best, budget float64) {
	var starts, losses, costs, solved []float64
	var scores []problems.Score
	failed := 0
	for _, run := range e.runs {
		starts, losses, costs = append(starts, run.start), append(losses, run.loss), append(costs, run.cost)
		solved = append(solved, run.reached(best+there*math.Abs(run.start-best), budget))
		if run.score != nil {
			scores = append(scores, *run.score)
		}
		if run.diverged {
			failed++
		}
	}
	e.Start, e.Loss, e.Cost = median(starts), median(losses), median(costs)
	e.Lo, e.Hi = losses[0], losses[0]
	for _, l := range losses {
		e.Lo, e.Hi = math.Min(e.Lo, l), math.Max(e.Hi, l)
	}
	e.Steps = e.runs[0].steps
	if e.Solved = median(solved); math.IsInf(e.Solved, 0) {
		e.Solved = math.NaN()
	}
	first := e.runs[0]
	switch {
	case first.steps == 0 && !first.rests && first.err == nil && !first.diverged:
		e.Fails = "its first step costs more than all that may be spent"
	case 2*failed >= len(e.runs):
		e.Fails = fmt.Sprintf("diverged at step %d", e.Steps)
	case e.Loss < e.Start && bottomless(e.Start, []float64{e.Loss}):
		e.Bottomless = true
		e.Fails = fmt.Sprintf("its loss fell to %.3g by step %d, without bound", e.Loss, e.Steps)
	}
	switch {
	case first.err != nil:
		e.Note = fmt.Sprintf("ended at step %d: %v", e.Steps, first.err)
	case first.rests:
		e.Note = fmt.Sprintf("came to rest at step %d", e.Steps)
	}
	if len(scores) > 0 {
		e.Score = middle(scores)
	}
}

// reached is what it cost to come down to the loss, +Inf where it did not. Where that was in the last steps that could be paid,
// the lowest loss is one that was on its way down, and nobody was there.
func (r *raced) reached(loss, budget float64) float64 {
	if r.diverged || r.loss > loss || r.loss > r.start {
		return math.Inf(1)
	}
	for _, l := range r.trace {
		if l.loss <= loss && l.cost <= 0.95*budget {
			return l.cost
		}
	}
	return math.Inf(1)
}

// middle takes the median of each figure.
func middle(scores []problems.Score) *problems.Score {
	pick := func(f func(problems.Score) float64) float64 {
		var v []float64
		for _, s := range scores {
			v = append(v, f(s))
		}
		return median(v)
	}
	return &problems.Score{
		TrainLoss:     pick(func(s problems.Score) float64 { return s.TrainLoss }),
		TrainAccuracy: pick(func(s problems.Score) float64 { return s.TrainAccuracy }),
		TestLoss:      pick(func(s problems.Score) float64 { return s.TestLoss }),
		TestAccuracy:  pick(func(s problems.Score) float64 { return s.TestAccuracy }),
	}
}
