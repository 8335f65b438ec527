package train

import (
	"math"
	"slices"
	"sort"
)

// DefaultBudget is how many bytes of checkpoints a run keeps where nothing else is asked for.
const DefaultBudget = 8 << 20

// maxRungs bounds the number of checkpoints of one run.
const maxRungs = 256

// ladder is a run's checkpoints in the order of their steps, dense near now and sparse far from it: the gap that a
// lost checkpoint would leave, as a share of its distance from now, is what it is worth. So the steps that going back
// by d has to compute again are a small share of d, however long the run is.
type ladder struct {
	rungs  []*checkpoint
	budget int // bytes, for checkpoints and for the records that no run uses any more
}

// add keeps a checkpoint of the run as it is now, and lets go of the least valuable ones until the budget is kept.
func (l *ladder) add(r *Run) {
	c := r.checkpoint()
	i := sort.Search(len(l.rungs), func(i int) bool { return l.rungs[i].run.step >= r.step })
	if i < len(l.rungs) && l.rungs[i].run.step == r.step {
		l.rungs[i] = c
	} else {
		l.rungs = slices.Insert(l.rungs, i, c)
	}
	for len(l.rungs) > maxRungs || l.bytes(r) > l.budget && len(l.rungs) > 0 {
		l.drop(r.step)
	}
}

// drop lets go of the checkpoint that is worth least at the given step. That of step 0 goes last: without it a problem
// would have to be made anew, with its data.
func (l *ladder) drop(now int) {
	worst, least := 0, math.Inf(1)
	for i, c := range l.rungs {
		if c.run.step == 0 {
			continue
		}
		before, after := 0, max(now, c.run.step)
		if i > 0 {
			before = l.rungs[i-1].run.step
		}
		if i+1 < len(l.rungs) {
			after = l.rungs[i+1].run.step
		}
		distance := max(now-c.run.step, c.run.step-now)
		if worth := float64(after-before) / float64(distance+1); worth < least {
			worst, least = i, worth
		}
	}
	l.rungs = slices.Delete(l.rungs, worst, worst+1)
}

// below returns the last checkpoint that is not after the given step, nil where there is none.
func (l *ladder) below(step int) *checkpoint {
	i := sort.Search(len(l.rungs), func(i int) bool { return l.rungs[i].run.step > step })
	if i == 0 {
		return nil
	}
	return l.rungs[i-1]
}

// cut forgets what lies after the given step.
func (l *ladder) cut(step int) {
	i := sort.Search(len(l.rungs), func(i int) bool { return l.rungs[i].run.step > step })
	clear(l.rungs[i:])
	l.rungs = l.rungs[:i]
}

// bytes is the memory that the checkpoints hold beside what the run itself does.
func (l *ladder) bytes(r *Run) (n int) {
	seen := make(records)
	seen.add(r)
	for _, c := range slices.Backward(l.rungs) { // of shared arrays the later run has seen more
		n += c.own + seen.add(&c.run)
	}
	return n
}
