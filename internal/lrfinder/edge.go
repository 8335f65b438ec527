package lrfinder

import (
	"context"
	"fmt"
	"math"
	"slices"

	"opttui/internal/knob"
)

// horizon is for how many steps the edge is looked for. Near it, momentum takes some multiple of 1/(1−α) steps to show
// whether it settles.
func (f *Finder) horizon() int {
	settle := int(math.Round(10 / (1 - f.source.momentum())))
	return min(max(f.Iterations, settle), 10*f.Iterations)
}

// edge bisects for the lowest unstable rate above the best one, and makes the suggestion of the two.
func (f *Finder) edge(ctx context.Context) error {
	lo, hi, err := f.bracket(ctx)
	if err != nil {
		return err
	}
	switch {
	case hi != hi:
		top := f.res.Trials[len(f.res.Trials)-1].LR
		f.res.note(fmt.Sprintf("no rate up to %s is severely unstable, so there is no edge, and ε₀ is ε* itself", knob.Sig3(top)))
		return nil
	case lo != lo:
		f.res.note("every rate that was tried is severely unstable, so there is no edge, and ε₀ is ε* itself")
		return nil
	}
	for hi/lo > f.EdgeWithin {
		mid := math.Sqrt(lo * hi)
		bad, err := f.unstable(ctx, mid)
		if err != nil {
			return err
		}
		if bad[0] {
			hi = mid
		} else {
			lo = mid
		}
	}
	f.res.Edge = hi
	f.suggest()
	return nil
}

// bracket returns a stable rate and an unstable one next to it: from the best upward or, where that is unstable itself,
// downward. NaN stands for one that there is not.
func (f *Finder) bracket(ctx context.Context) (lo, hi float64, err error) {
	var up, down []float64 // from the best on
	for _, t := range f.res.Trials {
		if t.LR >= f.res.Best {
			up = append(up, t.LR)
		}
		if t.LR <= f.res.Best {
			down = append(down, t.LR)
		}
	}
	bad, err := f.unstable(ctx, up...)
	if err != nil {
		return 0, 0, err
	}
	switch at := slices.Index(bad, true); {
	case at > 0:
		return up[at-1], up[at], nil
	case at < 0:
		return up[len(up)-1], math.NaN(), nil
	}
	slices.Reverse(down)
	if bad, err = f.unstable(ctx, down...); err != nil {
		return 0, 0, err
	}
	if at := slices.Index(bad, false); at > 0 {
		return down[at], down[at-1], nil
	}
	return math.NaN(), down[0], nil
}

// unstable tells which of the rates are.
func (f *Finder) unstable(ctx context.Context, rates ...float64) ([]bool, error) {
	trials, err := f.evaluate(ctx, f.horizon(), rates...)
	if err != nil {
		return nil, err
	}
	bad := make([]bool, len(trials))
	for i, t := range trials {
		f.judge.verdict(t)
		bad[i] = t.Status != OK
	}
	return bad, nil
}

// The suggestion stays this factor below the edge, and where the best rate is nearer it is taken itself.
const margin = 1.5

// suggest makes ε₀ of ε* and the edge.
func (f *Finder) suggest() {
	r := f.res
	r.Suggested = math.Min(math.Sqrt(r.Best*r.Edge), r.Edge/margin)
	switch {
	case r.Edge <= r.Best:
		r.Suggested = r.Best
		r.note("the best rate is itself severely unstable: ε₀ is ε*, as nothing above it can be better")
	case r.Edge < margin*r.Best:
		r.Suggested = r.Best
		r.note(fmt.Sprintf("the edge is less than %g times ε*: there is no room for a higher rate, and ε₀ is ε* itself", margin))
	}
	r.Chosen = r.Suggested
}

// check runs a few rates for longer, under the run's own schedule, and chooses the best. The rule holds when that is
// above ε*. The suggested one stays unless the best is better in most seeds, and by more than rounding.
func (f *Finder) check(ctx context.Context) error {
	r := f.res
	if f.NoCheck {
		return nil
	}
	candidates := []Candidate{{"ε*/4", &Trial{LR: r.Best / 4}}, {"ε*", &Trial{LR: r.Best}}}
	if r.Edge == r.Edge {
		if r.Suggested != r.Best {
			candidates = append(candidates, Candidate{"ε₀", &Trial{LR: r.Suggested}})
		}
		if top := r.Edge / 1.2; top > r.Best && top != r.Suggested {
			candidates = append(candidates, Candidate{"ε_edge/1.2", &Trial{LR: top}})
		}
	}
	rates := make([]float64, len(candidates))
	for i, c := range candidates {
		rates[i] = c.LR
	}
	steps := f.CheckFactor * f.Iterations
	trials, err := f.evaluate(ctx, steps, rates...)
	if err != nil {
		return err
	}
	winner, best := slices.Index(rates, r.Suggested), 0
	for i, t := range trials {
		f.judge.verdict(t)
		candidates[i].Trial = t
		if t.Loss < trials[best].Loss {
			best = i
		}
	}
	if f.better(trials[best], trials[winner]) {
		winner = best
	}
	r.Check = candidates
	if math.IsInf(trials[winner].Loss, 1) {
		r.Chosen = math.NaN()
		r.Reason = fmt.Sprintf("all rates that were good for %d iterations diverge within %d", f.Iterations, steps)
		return nil
	}
	r.Chosen = rates[winner]
	r.Rule = f.rule(candidates)
	if winner == 0 {
		r.note("the lowest of the four did best, so a lower one still, or a schedule that lowers it, may do better")
	}
	return nil
}

// rule compares the best of the candidates above ε* with the best of the others. The rule holds when the former is
// better, and fails when the latter is.
func (f *Finder) rule(candidates []Candidate) Verdict {
	var above, below *Trial
	for _, c := range candidates {
		side := &below
		if c.LR > f.res.Best {
			side = &above
		}
		if *side == nil || c.Loss < (*side).Loss {
			*side = c.Trial
		}
	}
	switch {
	case above == nil && f.res.Chosen < f.res.Best:
		return Fails // there is no room above ε*, and below it there is a better one
	case above == nil:
		return Untold
	case f.better(above, below):
		return Holds
	case f.better(below, above):
		return Fails
	default:
		f.res.note("a rate above ε* and one below it do equally well")
		return Untold
	}
}

// better tells whether a beats b: its median score is lower by more than rounding, and so is its score in four of five
// seeds.
func (f *Finder) better(a, b *Trial) bool {
	slack := 1e-12 * math.Max(0, f.res.StartLoss-f.res.BestLoss)
	if !(a.Loss < b.Loss-slack) {
		return false
	}
	wins := 0
	for s := range a.curves {
		if a.curves[s].score < b.curves[s].score-slack {
			wins++
		}
	}
	return 5*wins >= 4*len(a.curves)
}
