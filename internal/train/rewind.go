package train

import (
	"slices"
	"sort"
	"time"
)

// Ahead is the future that a run was taken back from, as far as it lies ahead. It never changes.
type Ahead struct {
	End     int         // the furthest step
	Loss    float64     // there; 0 where the run has not been there in this session
	Journal []Entry     // the commands ahead
	History HistoryView // from step 0 to the end
	Path    []XY
	Steps   []int // of each point of Path
	Trail   [][]float64
	Scores  []ScorePoint
}

// Seeking is where a run is going that recomputes its steps.
type Seeking struct{ From, Target int }

// future is the recorded line that a run was taken back on, from step 0 to its end.
type future struct {
	end     int
	journal []Entry
	head    *checkpoint // the run at the end; nil where it has not been there in this session
	history HistoryView
}

// Rewind goes n steps back, from where the run is or is going, and pauses. See GoTo.
func (l *Live) Rewind(n int) (uint64, bool) {
	return l.send(message{when: seeks, control: func(l *Live) error { return l.goTo(l.place() - n) }})
}

// Forward goes n steps ahead on the recorded future, from where the run is or is going, and pauses. See GoTo.
func (l *Live) Forward(n int) (uint64, bool) {
	return l.send(message{when: seeks, control: func(l *Live) error { return l.goTo(l.place() + n) }})
}

// GoTo pauses the run and takes it to where it was at the given step, the commands at that step included. Steps that lie
// before 0 or beyond the furthest recorded one mean these. What lies ahead is kept: going forward makes it again,
// until a command is given or a step is taken that the recorded future does not have; then it becomes a Branch.
//
// The message has taken effect when the run is on its way; Snapshot.Seeking tells until it has arrived. Meanwhile
// other messages wait for the arrival, but for Halt, Restart and Replace, which end the way where the run is then.
func (l *Live) GoTo(step int) (uint64, bool) {
	return l.send(message{when: seeks, control: func(l *Live) error { return l.goTo(step) }})
}

// Halt ends a GoTo where the run is on its way, and gives up single steps still to be taken.
func (l *Live) Halt() (uint64, bool) {
	return l.send(message{when: ends, control: func(*Live) error { return nil }})
}

// place is the step where the run is, or is going.
func (l *Live) place() int {
	if l.seek != nil {
		return l.seek.Target
	}
	return l.run.step
}

// goTo begins the way to a step: it goes to the nearest checkpoint below, and leaves the rest to seekOn.
func (l *Live) goTo(step int) error {
	l.paused, l.singles = true, 0
	step = max(step, 0)
	if l.future == nil {
		if step >= l.run.step {
			return nil
		}
		l.future = l.line()
	}
	step = min(step, l.future.end)
	from := l.run.step
	if l.seek != nil {
		from = l.seek.From
	}
	l.seek = &Seeking{From: from, Target: step}
	if h := l.future.head; h != nil && step == l.future.end {
		l.run, l.seek, l.future = h.restore(l.run), nil, nil
		return nil
	}
	c := l.ladder.below(step)
	behind := l.run.step <= step && l.crashed == "" // the run itself is on the way
	switch {
	case behind && (c == nil || c.run.step <= l.run.step):
	case c != nil:
		l.run, l.crashed = c.restore(l.run), ""
	default: // as after a Launch of a run that had begun before
		run, err := New(l.run.spec)
		if err != nil {
			l.seek = nil
			return err
		}
		l.run, l.crashed = run, ""
	}
	l.seekOn(0)
	return nil
}

// line is the run's recorded past, with its end where the run is now.
func (l *Live) line() *future {
	f := &future{end: l.run.step, journal: l.run.journal[:len(l.run.journal):len(l.run.journal)]}
	if l.crashed == "" {
		f.head = l.run.checkpoint()
		f.history = l.run.history.View(l.run.marks())
	}
	return f
}

// seekOn takes at most n steps towards the target, and then the messages that have waited for the arrival.
func (l *Live) seekOn(n int) (took int) {
	took, err := l.run.follow(l.future.journal, l.seek.Target, n)
	if s, ok := l.future.history.secondsAt(l.run.step); ok {
		l.run.seconds = s
	} else {
		l.run.seconds += time.Since(l.clock).Seconds()
	}
	if err != nil {
		l.refused = err.Error()
	}
	if err == nil && l.run.step < l.seek.Target && !l.run.Over() {
		return took
	}
	l.seek = nil
	l.arrive()
	return took
}

// arrive forgets a future that has become the present.
func (l *Live) arrive() {
	if f := l.future; f != nil && l.run.step >= f.end && len(l.run.journal) >= len(f.journal) {
		l.future = nil
	}
}

// along returns how many of n steps the run may take before it must look again: where commands lie ahead, a step that is
// not a GoTo leaves the recorded future; where none do, the future is what the run makes anyway.
func (l *Live) along(n int) int {
	f := l.future
	switch {
	case f == nil:
		return n
	case len(l.run.journal) < len(f.journal):
		l.fade()
		return n
	default:
		return min(n, f.end-l.run.step)
	}
}

// fade makes a branch of the future, which will not be.
func (l *Live) fade() {
	if l.future == nil {
		return
	}
	l.branches.fade(l.future, l.run.step)
	l.ladder.cut(l.run.step)
	l.future = nil
}

// ahead is what the screen may know of the future.
func (l *Live) ahead() *Ahead {
	f := l.future
	if f == nil {
		return nil
	}
	a := &Ahead{End: f.end, Journal: f.journal[min(len(l.run.journal), len(f.journal)):], History: f.history}
	if f.head == nil {
		return a
	}
	r, step := &f.head.run, l.run.step
	a.Loss = r.loss
	a.Path, a.Steps = r.pathAfter(step)
	a.Trail = r.trailAfter(step)
	i := sort.Search(len(r.scores), func(i int) bool { return r.scores[i].Step > step })
	a.Scores = r.scores[i:]
	return a
}

// pathAfter returns the corners of the path after the given step.
func (r *Run) pathAfter(step int) ([]XY, []int) {
	if r.path == nil {
		return nil, nil
	}
	i, found := slices.BinarySearch(r.path.steps, step)
	if found {
		i++
	}
	return r.path.kept[i:], r.path.steps[i:]
}

// trailAfter returns the points of the trail after the given step.
func (r *Run) trailAfter(step int) [][]float64 {
	if r.trail == nil {
		return nil
	}
	return r.trail.points[min(step/r.trail.stride+1, len(r.trail.points)):]
}

// secondsAt returns the running time at a step, false where the history does not reach it.
func (v HistoryView) secondsAt(step int) (float64, bool) {
	i := sort.Search(v.Len(), func(i int) bool { _, last := v.At(i); return last >= step })
	if i == v.Len() {
		return 0, false
	}
	b, _ := v.At(i)
	return b.Seconds, true
}
