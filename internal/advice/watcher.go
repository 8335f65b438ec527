package advice

import (
	"math"
	"time"

	"opttui/internal/curvature"
	"opttui/internal/train"
)

// Watcher looks on at one run. It remembers a bounded number of looks, and an advice comes when its reason has been there
// for a while, and stays for a while, so that nothing flickers. The zero Watcher is ready. It belongs to one goroutine.
type Watcher struct {
	looks [memory]look // a ring
	n     int          // looks so far, of this evidence
	next  int

	since    int // step from which on there is evidence: the last change by a person
	commands int
	rule     string
	problem  string

	steepest float64 // greatest ‖∇f‖ of any look, since the run began
	step     int
	status   train.Status

	outside bool              // it looks at a program from outside
	held    train.HistoryView // its loss on held-out data

	evidence evidence // of the last look; here, so that looking allocates nothing

	candidate    Kind      // what the last looks would have said, "" for nothing
	heldSince    time.Time // since when
	heldFrom     int       // step at that time
	shown        *Advice
	shownSince   time.Time
	worded       time.Time // when its words last changed
	missingSince time.Time // since when there is no reason for what is shown; zero while there is
}

// memory is how many looks are remembered: about a second of a screen's.
const memory = 32

// look is what is remembered of a snapshot and its report.
type look struct {
	step     int
	x        []float64 // the first coordinates of θ, in the snapshot's memory
	grad     float64
	lr       float64
	reported int     // step of the report, −1 for none
	share    float64 // ε by its limit
	norm     float64 // ‖∇f‖ over all data
	least    float64 // λmin
	change   curvature.Change
}

// How long a reason must have been there, and how long an advice stays.
const (
	holdTime  = 500 * time.Millisecond
	holdSteps = 16
	stayTime  = time.Second
	longTime  = 4 * time.Second // after which a few steps are enough: of a run that is slow
	goneTime  = 3 * time.Second // without a reason: what comes and goes with the noise stays
)

// See takes in how the run is now, with the latest report on its curvature (nil where there is none), and returns the
// advice to show, nil for none. now need not be the time of day: a program without a screen may count steps.
func (w *Watcher) See(now time.Time, s *train.Snapshot, r *curvature.Report) *Advice {
	if w.changed(s) {
		w.forget(s)
	}
	if s.Step == w.step && s.Status == w.status && w.n > 0 && s.Status != train.Stopped && s.Status != train.Diverged {
		return w.shown // nothing has happened: it is paused
	}
	w.step, w.status = s.Step, s.Status
	if r != nil && (r.Step > s.Step || r.Step < w.since) {
		r = nil // of another run, or of before the change
	}
	w.remember(s, r)
	return w.decide(now, s, w.judge(s, r))
}

// changed tells whether something else runs than at the last look.
func (w *Watcher) changed(s *train.Snapshot) bool {
	return s.Step < w.step || len(s.Journal) != w.commands || s.Optimizer.Name != w.rule || s.Problem.Name != w.problem
}

// forget begins again: what was seen of a run before a change says nothing about it now.
func (w *Watcher) forget(s *train.Snapshot) {
	steepest := w.steepest
	if s.Step < w.step || s.Problem.Name != w.problem || w.rule == "" {
		steepest = 0
	}
	since := 0
	if n := len(s.Journal); n > 0 {
		since = s.Journal[n-1].Step
	}
	*w = Watcher{outside: w.outside, held: w.held, since: since, commands: len(s.Journal), rule: s.Optimizer.Name, problem: s.Problem.Name, steepest: steepest}
}

// remember adds a look, where there are some steps between it and the last.
func (w *Watcher) remember(s *train.Snapshot, r *curvature.Report) {
	if g := s.GradNorm; g > w.steepest && !math.IsInf(g, 1) {
		w.steepest = g
	}
	l := look{step: s.Step, x: s.X, grad: s.GradNorm, lr: s.LR, reported: -1, share: math.NaN(), norm: math.NaN(), least: math.NaN()}
	if r != nil {
		l.reported, l.share, l.norm, l.change = r.Step, r.Limit.Share, r.Norm, r.Last
		l.least = r.Min()
	}
	if w.n > 0 && w.at(0).step == s.Step {
		w.next = (w.next + memory - 1) % memory
		w.n--
	}
	w.looks[w.next] = l
	w.next = (w.next + 1) % memory
	w.n = min(w.n+1, memory)
}

// at returns a look by its age, 0 for the latest.
func (w *Watcher) at(age int) *look { return &w.looks[(w.next+2*memory-1-age)%memory] }

// decide lets an advice come and go.
func (w *Watcher) decide(now time.Time, s *train.Snapshot, a *Advice) *Advice {
	kind := Kind("")
	if a != nil {
		kind = a.Kind
	}
	if kind != w.candidate {
		w.candidate, w.heldSince, w.heldFrom = kind, now, s.Step
	}
	over := s.Status == train.Stopped || s.Status == train.Diverged || finished(s)
	reason := now.Sub(w.heldSince)
	held := kind != "" && (over || reason >= holdTime && s.Step-w.heldFrom >= holdSteps || reason >= longTime && s.Step > w.heldFrom)
	stays := w.shown != nil && now.Sub(w.shownSince) < stayTime
	switch {
	case w.shown != nil && kind == w.shown.Kind:
		w.missingSince = time.Time{}
		if now.Sub(w.worded) >= stayTime { // figures that change thirty times a second cannot be read
			w.shown, w.worded = a, now
		}
	case held && (!stays || a.Urgency == Failure):
		w.shown, w.shownSince, w.worded, w.missingSince = a, now, now, time.Time{}
	case w.shown != nil && w.missingSince.IsZero():
		w.missingSince = now
	case w.shown != nil && !stays && now.Sub(w.missingSince) >= goneTime:
		w.shown = nil
	}
	return w.shown
}

// finished tells whether the loss is not finite, which a Run without a goroutine around it does not call a status.
func finished(s *train.Snapshot) bool { return s.Loss-s.Loss != 0 || s.Err != "" }
