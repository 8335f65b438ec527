package advice

import (
	"fmt"
	"math"
	"time"

	"opttui/internal/train"
)

// What can be said of a program of which nothing is known but its losses: see SeeProgram.

// programJudges are the reasons for an advice on one, those that matter most first.
var programJudges = []func(*evidence) *Advice{
	(*evidence).programDiverged, (*evidence).risen, (*evidence).overfits, (*evidence).stalled,
}

// SeeProgram is See for a training program that is watched from outside: nothing is known of its rule and its curvature,
// and its losses are those of minibatches. Held is its loss on held-out data over the same steps, the zero view where it
// has none. An advice has no commands but a factor for its learning rate.
func (w *Watcher) SeeProgram(now time.Time, s *train.Snapshot, held train.HistoryView) *Advice {
	w.outside, w.held = true, held
	return w.See(now, s, nil)
}

// programDiverged: the loss is not finite. A program that goes on from there has to begin again.
func (e *evidence) programDiverged() *Advice {
	if e.s.Loss-e.s.Loss == 0 {
		return nil
	}
	return &Advice{
		Kind: Diverged, Urgency: Failure,
		Text:     fmt.Sprintf("the loss is not finite any more: go back to a checkpoint, with a lower learning rate; the lowest was %s", number(e.t.lowest)),
		Evidence: fmt.Sprintf("lowest loss %s, highest %s", number(e.t.lowest), number(e.t.highest)),
	}
}

// sureRise is how many standard deviations a mean has to have risen, of which the noise is known from the same losses only.
const sureRise = 4

// risen: the mean loss of the newer half of the window is above that of the older one by more than the noise, and by a
// good part of all that had been gained; or it has left all that it was.
func (e *evidence) risen() *Advice {
	t := &e.t
	rise := -t.fall()
	up := rise > sureRise*t.sure && rise > 0.1*(t.first-t.lowest)
	away := t.newer > 2*t.older && t.last-t.lowest > departed*(t.first-t.lowest) && t.last > 0.5*t.hi // whatever its noise is
	if t.n < 4*blocks || t.bad || !up && !away {
		return nil
	}
	a := &Advice{
		Kind: Diverging, Urgency: Problem,
		Evidence: fmt.Sprintf("mean loss %s ± %s, before that %s; lowest %s", number(t.newer), number(t.sure), number(t.older), number(t.lowest)),
	}
	e.lessRate(a, fmt.Sprintf("the mean loss has risen from %s to %s, beyond its noise", number(t.older), number(t.newer)))
	return a
}

// overfits: the loss on training data falls and that on held-out data rises, both beyond their noise.
func (e *evidence) overfits() *Advice {
	t := &e.t
	if e.held.Len() < 4*blocks || !(t.fall() > 2*t.sure) {
		return nil
	}
	h := trendOf(e.held, 0, window)
	if h.bad || !(-h.fall() > sureRise*h.sure) {
		return nil
	}
	return &Advice{
		Kind: Overfitting, Urgency: Hint,
		Text:     fmt.Sprintf("overfitting: the held-out loss has risen to %s from its lowest of %s, while that on training data falls", number(h.newer), number(h.lowest)),
		Evidence: fmt.Sprintf("held-out %s ± %s, before that %s; training %s, before that %s", number(h.newer), number(h.sure), number(h.older), number(t.newer), number(t.older)),
	}
}

// stalled: over the whole window the mean loss has neither fallen nor risen beyond its noise, though it had before.
func (e *evidence) stalled() *Advice {
	t := &e.t
	gained := t.first - t.newer
	if !t.full || t.bad || math.Abs(t.fall()) > 2*t.sure || !(gained > 10*t.sure) {
		return nil
	}
	a := &Advice{
		Kind: NoiseFloor, Urgency: Hint,
		Text:     fmt.Sprintf("no fall in %d steps beyond the noise of %s: noise or a plateau, a lower learning rate tells which", t.steps, number(t.sure)),
		Evidence: fmt.Sprintf("mean loss %s ± %s, before that %s", number(t.newer), number(t.sure), number(t.older)),
	}
	if e.hasRate() {
		a.Does, a.Commands = "ε ÷ 4", divide(4)
	}
	return a
}
