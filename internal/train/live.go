package train

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"opttui/internal/kernel"
)

// Unlimited is the rate of a run that goes as fast as it can.
var Unlimited = math.Inf(1)

const (
	batchTime   = time.Millisecond     // how long a run computes before it looks into its mailbox
	publishTime = 5 * time.Millisecond // how old a snapshot may get while nothing but steps happen
)

// Live is a run in a goroutine of its own. All methods may be called from any goroutine.
type Live struct {
	mail chan message
	snap atomic.Pointer[Snapshot]
	sent atomic.Uint64
	stop context.CancelFunc
	done chan struct{}

	turns   *Turns      // nil for a run that shares with nobody
	watched atomic.Bool // the last step before a snapshot is marked, for a Probe

	// Owned by the goroutine.
	run     *Run
	rate    float64
	paused  bool
	singles int // steps still to take while paused
	crashed string
	applied uint64
	refused string
	seq     uint64
	pub     time.Time
	pace    pace
	meter   meter
	clock   time.Time // when seconds were last added to the run
	theta   theta
	life    int // counts restarts

	ladder   ladder
	unkept   time.Duration // computing time since the last checkpoint
	keepCost time.Duration // what that took
	future   *future       // recorded, ahead of the run; nil at the furthest step
	branches branches
	seek     *Seeking  // nil where the run is where it should be
	waiting  []message // for the arrival
	leader   *Live     // nil for a run with a rate of its own
}

// Option is a choice about a Live that most callers leave alone.
type Option func(*Live)

// Budget bounds the memory for checkpoints, in bytes.
func Budget(bytes int) Option { return func(l *Live) { l.ladder.budget = bytes } }

// Launch starts a run in a goroutine. It ends when ctx does or Stop is called.
func Launch(ctx context.Context, spec Spec, rate float64, paused bool, options ...Option) (*Live, error) {
	run, err := New(spec)
	if err != nil {
		return nil, err
	}
	return LaunchRun(ctx, run, rate, paused, options...), nil
}

// LaunchRun starts a run that has been made already.
func LaunchRun(ctx context.Context, run *Run, rate float64, paused bool, options ...Option) *Live {
	ctx, stop := context.WithCancel(ctx)
	l := &Live{
		mail: make(chan message, mailboxSize), stop: stop, done: make(chan struct{}),
		run: run, rate: rate, paused: paused, ladder: ladder{budget: DefaultBudget},
	}
	for _, o := range options {
		o(l)
	}
	l.ladder.add(run)
	l.publish(time.Now())
	go l.loop(ctx)
	return l
}

// LaunchReplay starts a run that goes at once, recomputing, to the given step of its journal, as by GoTo. Then it
// pauses.
func LaunchReplay(ctx context.Context, spec Spec, journal []Entry, step int, rate float64, options ...Option) (*Live, error) {
	run, err := New(spec)
	if err != nil {
		return nil, err
	}
	ahead := &future{end: step, journal: slices.Clone(journal)}
	if n := len(journal); n > 0 {
		ahead.end = max(step, journal[n-1].Step)
	}
	replay := func(l *Live) { l.future, l.seek = ahead, &Seeking{Target: step} }
	return LaunchRun(ctx, run, rate, true, append(options[:len(options):len(options)], replay)...), nil
}

// Stop ends the goroutine and waits for it.
func (l *Live) Stop() {
	l.stop()
	<-l.done
}

// Stopped is closed when the goroutine has ended.
func (l *Live) Stopped() <-chan struct{} { return l.done }

// Snapshot returns the latest snapshot. It is never nil.
func (l *Live) Snapshot() *Snapshot { return l.snap.Load() }

// Do sends a command to the run. It returns the message's number, which Snapshot.Applied reaches when the
// command has taken effect, and false when the mailbox is full and nothing was sent.
func (l *Live) Do(c Command) (uint64, bool) { return l.send(message{command: &c}) }

// Pause stops taking steps, or goes on.
func (l *Live) Pause(paused bool) (uint64, bool) {
	when := steers
	if paused {
		when = rests
	}
	return l.send(message{when: when, control: func(l *Live) error {
		l.paused = paused
		l.singles = 0
		return nil
	}})
}

// Single pauses and takes n steps. Commands that are sent after it take effect when these have been taken.
func (l *Live) Single(n int) (uint64, bool) {
	return l.send(message{when: steers, control: func(l *Live) error {
		l.paused = true
		l.singles += n
		return nil
	}})
}

// SetRate sets how many steps a second are wanted; Unlimited is as many as there can be.
func (l *Live) SetRate(rate float64) (uint64, bool) {
	return l.send(message{when: steers, control: func(l *Live) error {
		l.rate = rate
		return nil
	}})
}

// Restart begins again at step 0 with the settings of this moment, which edit may change.
func (l *Live) Restart(edit func(*Spec)) (uint64, bool) {
	return l.send(message{when: ends, control: func(l *Live) error {
		spec := l.run.Now()
		if edit != nil {
			edit(&spec)
		}
		run, err := New(spec)
		if err != nil {
			return err
		}
		l.run, l.crashed, l.singles = run, "", 0
		l.life++
		l.future, l.branches, l.ladder.rungs = nil, branches{}, nil
		l.ladder.add(run)
		return nil
	}})
}

// Replace puts another run in this one's place.
func (l *Live) Replace(spec Spec) (uint64, bool) {
	return l.Restart(func(s *Spec) { *s = spec })
}

// Watch lets the run remember, from now on, where the step before each look into the mailbox began, so that a Probe knows
// its last step. It costs a copy of the parameters for about a millisecond of steps.
func (l *Live) Watch(on bool) { l.watched.Store(on) }

// Probe asks for a copy of the run, which is sent to probe; that must have room for it, and is closed after it. It never
// comes where the run is stopped before.
func (l *Live) Probe(probe chan<- *Probe) (uint64, bool) {
	return l.send(message{when: steers, probe: probe})
}

// loop is the goroutine: look into the mailbox, take steps for about a millisecond, publish.
func (l *Live) loop(ctx context.Context) {
	defer close(l.done)
	timer := time.NewTimer(longest)
	defer timer.Stop()
	l.clock = time.Now()
	for {
		if !l.turns.take(ctx, l) {
			return
		}
		end := l.turns.begun()
		kernel.Enter()
		wait, idle := l.turn()
		kernel.Leave()
		end()
		if ctx.Err() != nil {
			return
		}
		if wait <= 0 && !idle {
			// Let others have the processor between two batches: with more unlimited runs than cores a key
			// would else wait for the scheduler's time slices.
			runtime.Gosched()
			select {
			case m := <-l.mail:
				l.take(m)
			default:
			}
			continue
		}
		if idle {
			wait = longest
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case m := <-l.mail:
			l.take(m)
		case <-timer.C:
		}
	}
}

// command changes the run. What was recorded ahead of it will not be.
func (l *Live) command(c Command) error {
	l.pace.size = 0 // steps may be slower now
	if err := l.run.Apply(c); err != nil {
		return err
	}
	l.fade()
	return nil
}

func (l *Live) handle(m message) {
	defer l.rescue()
	if m.copy != nil {
		m.copy <- l.run.Clone()
		return
	}
	l.applied = m.id // also when it panics: nobody is to wait for ever
	var err error
	switch {
	case m.probe != nil:
		defer close(m.probe) // also when it panics
		m.probe <- l.run.Probe()
	case m.command != nil:
		err = l.command(*m.command)
	default:
		err = m.control(l)
		l.pace, l.meter = pace{}, meter{}
	}
	if err != nil {
		l.refused = err.Error()
	}
}

// turn takes as many steps as are due and returns how long nothing will be due, or that nothing will be due
// before a message comes.
func (l *Live) turn() (wait time.Duration, idle bool) {
	defer l.rescue()
	if len(l.waiting) > 0 && l.ready(l.waiting[0]) {
		l.drain()
		l.publish(time.Now())
	}
	if l.crashed != "" || l.seek == nil && (l.run.Over() || l.paused && l.singles == 0) {
		return 0, true
	}
	now := time.Now()
	if l.seek != nil {
		took := l.seekOn(l.pace.chunk())
		l.account(took, now, time.Now())
		return 0, false
	}
	var took int
	switch {
	case l.paused:
		took = l.advance(min(l.singles, l.pace.chunk()))
		l.singles -= took
	case l.leader != nil:
		due, until := l.lag()
		if due == 0 {
			if l.snap.Load().Step != l.run.step { // it may rest here for long
				l.publish(now)
			}
			return until, false
		}
		took = l.advance(min(due, l.pace.chunk()))
	case math.IsInf(l.rate, 1):
		took = l.advance(l.pace.chunk())
	default:
		due, until := l.pace.due(now, l.rate)
		if due == 0 {
			return until, false
		}
		took = l.advance(min(due, l.pace.chunk()))
		l.pace.paid(took)
	}
	end := time.Now()
	l.meter.count(took, end)
	l.run.seconds += end.Sub(l.clock).Seconds()
	l.account(took, now, end)
	return 0, false
}

// account is what follows on steps: it learns how long they take, keeps a checkpoint and publishes where it is time.
func (l *Live) account(took int, begin, end time.Time) {
	l.pace.learn(took, end.Sub(begin))
	l.clock = end
	l.keep(end.Sub(begin))
	if end.Sub(l.pub) >= publishTime || l.run.Over() || l.paused && l.seek == nil || l.rate < 1/publishTime.Seconds() {
		l.publish(end)
	}
}

const (
	keepTime  = 10 * time.Millisecond // computing time between two checkpoints
	keepShare = 50                    // at least, as a multiple of what a checkpoint takes
)

// keep makes a checkpoint when enough has been computed since the last one.
func (l *Live) keep(computed time.Duration) {
	l.unkept += computed
	if l.unkept < max(keepTime, keepShare*l.keepCost) || l.run.Over() {
		return
	}
	begin := time.Now()
	l.ladder.add(l.run)
	l.unkept, l.keepCost = 0, time.Since(begin)
}

// advance takes up to n steps and returns how many it took. Of a watched run the last is marked.
func (l *Live) advance(n int) (took int) {
	n = l.along(n)
	defer l.arrive()
	if !l.watched.Load() {
		return l.run.Advance(n)
	}
	took = l.run.Advance(n - 1)
	if took == n-1 {
		l.run.Mark()
		took += l.run.Advance(1)
	}
	return took
}

// snapshot takes a picture of the run. Where even that panics, it is the last one again, of a crashed run.
func (l *Live) snapshot() (s *Snapshot) {
	defer func() {
		if p := recover(); p != nil {
			l.crash(p)
			s = new(Snapshot)
			if last := l.snap.Load(); last != nil {
				*s = *last
			}
		}
	}()
	return l.run.Snapshot()
}

// publish puts out a new snapshot.
func (l *Live) publish(now time.Time) {
	if last := l.snap.Load(); last != nil {
		defer l.rescueLast(last)
	}
	s := l.snapshot()
	l.seq++
	s.Seq, s.Applied, s.Refused = l.seq, l.applied, l.refused
	s.Rate, s.Speed = l.rate, l.meter.speed
	s.Life, s.Seeking, s.Ahead, s.Branches = l.life, l.seek, l.ahead(), l.branches.list
	if s.Trail != nil {
		resting := l.paused || l.run.Over() || l.crashed != ""
		s.Theta = l.theta.of(l.run, now, resting)
	}
	switch {
	case l.crashed != "":
		s.Status, s.Err = Crashed, l.crashed
	case l.run.Err() != nil:
		s.Status = Stopped
	case l.run.Diverged():
		s.Status = Diverged
	case l.paused:
		s.Status = Paused
	default:
		s.Status = Running
	}
	l.pub = now
	l.snap.Store(s)
}

// theta is the copy of all parameters that snapshots carry. Copying those of a large model for every snapshot would
// cost more than its steps.
type theta struct {
	run  *Run
	step int
	at   time.Time
	x    []float64
}

const (
	smallModel = 1024                   // parameters up to which every snapshot has them exactly
	thetaTime  = 100 * time.Millisecond // how old those of larger ones may get
)

// of returns the parameters of the run, exactly while it rests.
func (t *theta) of(r *Run, now time.Time, resting bool) []float64 {
	x := r.point.X
	if t.run != r || t.step != r.step && (resting || len(x) <= smallModel || now.Sub(t.at) >= thetaTime) {
		*t = theta{run: r, step: r.step, at: now, x: slices.Clone(x)}
	}
	return t.x
}
