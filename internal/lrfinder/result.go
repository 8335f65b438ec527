package lrfinder

import (
	"math"
	"slices"
)

// Status is how a trial ended.
type Status string

const (
	// OK: stable.
	OK Status = "ok"
	// Unstable: too many of its seeds were severely unstable.
	Unstable Status = "unstable"
	// Diverged: at least half of its seeds have diverged.
	Diverged Status = "diverged"
)

// Trial is one learning rate, tried with all seeds. It is never changed once it has been given away.
type Trial struct {
	LR     float64
	Steps  int
	Loss   float64 // the score: median over the seeds of the mean loss at the end; +Inf when most have diverged
	Lo, Hi float64 // least and greatest over the seeds
	Final  float64 // median over the seeds of the loss after the last step, NaN where it is not finite
	Status Status  // as far as the trials so far tell; in a Result it is final
	Severe int     // how many seeds were severely unstable

	diverged int
	curves   []curve
}

// Curves returns the losses after 0, 1, … steps for each seed, on the minibatch of each step. A curve is shorter where
// the loss stopped being finite.
func (t *Trial) Curves() [][]float64 {
	out := make([][]float64, len(t.curves))
	for s, c := range t.curves {
		out[s] = c.loss
	}
	return out
}

// newTrial puts the seeds of a rate together.
func newTrial(lr float64, steps int, curves []curve) *Trial {
	t := &Trial{LR: lr, Steps: steps, curves: curves, Status: OK}
	var scores, finals []float64
	for _, c := range curves {
		scores = append(scores, c.score)
		last := inf
		if !c.bad {
			last = c.loss[len(c.loss)-1]
		}
		finals = append(finals, last)
	}
	t.Loss, t.Lo, t.Hi = median(scores), slices.Min(scores), slices.Max(scores)
	if t.Final = median(finals); math.IsInf(t.Final, 0) {
		t.Final = math.NaN()
	}
	return t
}

// median returns the middle value, the mean of the two middle ones where their number is even.
func median(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	n := len(v)
	if n%2 == 1 || math.IsInf(v[n/2], 0) {
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}

// Verdict says whether the lecture's rule holds.
type Verdict int

const (
	// Untold: it was not checked, or no rate above ε* could be tried.
	Untold Verdict = iota
	// Holds: a rate above ε* is the best one in the longer run.
	Holds
	// Fails: ε* or a lower rate is.
	Fails
)

// Candidate is a rate that the check ran for longer.
type Candidate struct {
	Name string // "ε*/4", "ε*", "ε₀", "ε_edge/1.2"
	*Trial
}

// Result is what a search has found. Rates that are not known are NaN.
type Result struct {
	Best      float64 // ε*, the best rate after N iterations
	BestLoss  float64 // its score
	Edge      float64 // ε_edge, the lowest unstable rate above it
	Suggested float64 // ε₀, what the rule makes of the two
	Chosen    float64 // what to use: the winner of the check, ε₀ where there was none
	Rule      Verdict
	Limit     Limit // the edge as theory has it

	Iterations, Seeds int
	StartLoss         float64  // at θ₀, as the scores measure it
	Trials            []*Trial // of N iterations, by ascending rate
	Check             []Candidate
	Range             *RangeTest // nil where it was not reached

	Reason      string   // why there is no answer, "" where there is one
	Notes       []string // what else to know
	Interrupted string   // the phase in which the search was ended, "" when it was not
}

// Answered tells whether there is a rate to use.
func (r *Result) Answered() bool { return r.Chosen == r.Chosen }

func (r *Result) note(text string) { r.Notes = append(r.Notes, text) }
