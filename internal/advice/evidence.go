package advice

import (
	"fmt"
	"math"
	"strconv"

	"opttui/internal/curvature"
	"opttui/internal/optim"
	"opttui/internal/train"
)

// evidence is all that is known at one look.
type evidence struct {
	*Watcher
	s *train.Snapshot
	r *curvature.Report // nil where there is none
	t trend
}

// judges are the reasons for an advice, those that matter most first.
var judges = []func(*evidence) *Advice{
	(*evidence).diverged, (*evidence).diverging, (*evidence).converged, (*evidence).onNoise, (*evidence).saddle,
	(*evidence).oscillating, (*evidence).overshoot, (*evidence).decayed, (*evidence).noiseFloor, (*evidence).plateau,
	(*evidence).tooSlow,
}

// judge returns the first advice that there is a reason for.
func (w *Watcher) judge(s *train.Snapshot, r *curvature.Report) *Advice {
	most := window
	if s.Stochastic {
		most = noisyWindow
	}
	w.evidence = evidence{w, s, r, trendOf(s.History, w.since, most)}
	all := judges
	if w.outside {
		all = programJudges
	}
	for _, f := range all {
		if a := f(&w.evidence); a != nil {
			if len(a.Commands) > 0 {
				a.Key = Key
			}
			return a
		}
	}
	return nil
}

// value returns a setting's value, and whether there is one.
func (e *evidence) value(key string) (float64, bool) {
	s, ok := e.s.Setting(key)
	return s.Value, ok
}

// hasRate tells whether the rule has a learning rate that means something.
func (e *evidence) hasRate() bool {
	_, ok := e.value(rateKey)
	return ok && e.s.Optimizer.Unit != optim.NoRate
}

// onSchedule tells whether somebody wants the rate to be lower than it is set.
func (e *evidence) onSchedule() bool {
	base, ok := e.value(rateKey)
	return ok && e.s.LR < 0.9*base
}

// momentum returns the rule's α, 0 where it has none.
func (e *evidence) momentum() float64 {
	a, _ := e.value("optimizer.momentum")
	return a
}

// share is the learning rate by its limit in the latest report, NaN where that is not known.
func (e *evidence) share() float64 {
	if e.r == nil {
		return math.NaN()
	}
	return e.r.Limit.Share
}

// shares is the least and the greatest share in what is remembered, NaN where there are fewer than two reports.
func (e *evidence) shares() (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	steps, last := 0, -1
	for i := range e.n {
		l := e.at(i)
		if l.share != l.share || l.reported == last {
			continue
		}
		lo, hi, last = math.Min(lo, l.share), math.Max(hi, l.share), l.reported
		steps++
	}
	if steps < 2 {
		return math.NaN(), math.NaN()
	}
	return lo, hi
}

// limit is the rate's limit in words.
func (e *evidence) limit() string {
	l := e.r.Limit
	return fmt.Sprintf("its limit %s = %s", l.Formula, number(l.LR))
}

// stepLength is how long the last step was that was measured, in the root mean square of the coordinates. Without a report
// it is how far θ has moved between the oldest look and the newest by the steps between, which is less where a run turns
// back.
func (e *evidence) stepLength() float64 {
	if e.r != nil {
		theta := e.s.X
		if e.s.Theta != nil {
			theta = e.s.Theta
		}
		if l := e.r.Ratio * norm(theta) / math.Sqrt(float64(len(theta))); len(theta) == e.s.Dim && l-l == 0 {
			return l
		}
	}
	if e.n < 2 || e.s.Stochastic {
		return math.NaN()
	}
	a, b := e.at(e.n-1), e.at(0)
	sum := 0.0
	for i := range b.x {
		d := b.x[i] - a.x[i]
		sum += d * d
	}
	return math.Sqrt(sum/float64(len(b.x))) / float64(b.step-a.step)
}

func norm(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum)
}

const rateKey = "optimizer.lr"

// divide are the commands that make ε smaller.
func divide(by float64) []train.Command {
	return []train.Command{{Op: train.OpScale, Key: rateKey, Factor: 1 / by}}
}

// set is the command that sets a knob.
func set(key string, v float64) train.Command {
	return train.Command{Op: train.OpSet, Key: key, Value: strconv.FormatFloat(v, 'g', -1, 64)}
}

// adam are the commands that switch to Adam at a rate that is usual on the problem.
func (e *evidence) adam() (c []train.Command, lr float64) {
	lr = 1e-3 // its default
	if box := e.s.Problem.Shown(); box != nil {
		lr = train.StepLength(e.s.Problem)
	}
	return []train.Command{{Op: train.OpOptimizer, Value: "adam", Set: map[string]string{"lr": strconv.FormatFloat(lr, 'g', -1, 64)}}}, lr
}

// number writes a figure with two significant digits, "0.40".
func number(v float64) string {
	a := math.Abs(v)
	switch {
	case v-v != 0 || a == 0 || a < 1e-3 || a >= 1e4:
		return strconv.FormatFloat(v, 'g', 2, 64)
	case a >= 10:
		return strconv.FormatFloat(v, 'f', 0, 64)
	default:
		return strconv.FormatFloat(v, 'f', 1-int(math.Floor(math.Log10(a))), 64)
	}
}

// percent writes a share, "3.1 %".
func percent(v float64) string { return number(100*v) + " %" }

// powerOfTwo is the smallest power of two from 2 on that is at least v.
func powerOfTwo(v float64) float64 {
	p := 2.0
	for p < v && p < 1<<20 {
		p *= 2
	}
	return p
}

// times writes a factor, in which what it is above 1 matters: "1.02", "14".
func times(v float64) string {
	if v < 10 {
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return number(v)
}
