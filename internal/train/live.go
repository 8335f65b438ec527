package train

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"
)

// Unlimited is the rate of a run that goes as fast as it can.
var Unlimited = math.Inf(1)

// mailboxSize bounds how many messages wait for a run; a person cannot press so many keys in a millisecond.
const mailboxSize = 256

const (
	batchTime   = time.Millisecond     // how long a run computes before it looks into its mailbox
	publishTime = 5 * time.Millisecond // how old a snapshot may get while nothing but steps happen
	speedTime   = 500 * time.Millisecond
)

// message asks the goroutine of a Live for something: a command or a control.
type message struct {
	id      uint64
	command *Command
	control func(*Live) error
	probe   chan<- *Probe // has room for one
}

// Live is a run in a goroutine of its own. All methods may be called from any goroutine.
type Live struct {
	mail chan message
	snap atomic.Pointer[Snapshot]
	sent atomic.Uint64
	stop context.CancelFunc
	done chan struct{}

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
}

// Launch starts a run in a goroutine. It ends when ctx does or Stop is called.
func Launch(ctx context.Context, spec Spec, rate float64, paused bool) (*Live, error) {
	run, err := New(spec)
	if err != nil {
		return nil, err
	}
	return launch(ctx, run, rate, paused), nil
}

// LaunchRun starts a run that has been made already.
func LaunchRun(ctx context.Context, run *Run, rate float64, paused bool) *Live {
	return launch(ctx, run, rate, paused)
}

func launch(ctx context.Context, run *Run, rate float64, paused bool) *Live {
	ctx, stop := context.WithCancel(ctx)
	l := &Live{
		mail: make(chan message, mailboxSize), stop: stop, done: make(chan struct{}),
		run: run, rate: rate, paused: paused,
	}
	l.publish(time.Now())
	go l.loop(ctx)
	return l
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
	return l.send(message{control: func(l *Live) error {
		l.paused = paused
		l.singles = 0
		return nil
	}})
}

// Single pauses and takes n steps.
func (l *Live) Single(n int) (uint64, bool) {
	return l.send(message{control: func(l *Live) error {
		l.paused = true
		l.singles += n
		return nil
	}})
}

// SetRate sets how many steps a second are wanted; Unlimited is as many as there can be.
func (l *Live) SetRate(rate float64) (uint64, bool) {
	return l.send(message{control: func(l *Live) error {
		l.rate = rate
		return nil
	}})
}

// Restart begins again at step 0 with the settings of this moment, which edit may change.
func (l *Live) Restart(edit func(*Spec)) (uint64, bool) {
	return l.send(message{control: func(l *Live) error {
		spec := l.run.Now()
		if edit != nil {
			edit(&spec)
		}
		run, err := New(spec)
		if err != nil {
			return err
		}
		l.run, l.crashed, l.singles = run, "", 0
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
func (l *Live) Probe(probe chan<- *Probe) (uint64, bool) { return l.send(message{probe: probe}) }

func (l *Live) send(m message) (uint64, bool) {
	// The number is taken first and given back on failure only by not being used: numbers may be skipped.
	m.id = l.sent.Add(1)
	select {
	case l.mail <- m:
		return m.id, true
	default:
		return m.id, false
	}
}

// loop is the goroutine: look into the mailbox, take steps for about a millisecond, publish.
func (l *Live) loop(ctx context.Context) {
	defer close(l.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	l.clock = time.Now()
	for {
		wait, idle := l.turn()
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
			wait = time.Hour
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

// take carries out one message and all that wait behind it.
func (l *Live) take(m message) {
	if m.probe == nil { // a person is to read why the last key was refused
		l.refused = ""
	}
	for {
		l.handle(m)
		select {
		case m = <-l.mail:
		default:
			l.clock = time.Now() // time spent idle is not running time
			l.publish(l.clock)
			return
		}
	}
}

func (l *Live) handle(m message) {
	defer l.rescue()
	l.applied = m.id // also when it panics: nobody is to wait for ever
	var err error
	switch {
	case m.probe != nil:
		defer close(m.probe) // also when it panics
		m.probe <- l.run.Probe()
	case m.command != nil:
		err = l.run.Apply(*m.command)
		l.pace.size = 0 // steps may be slower now
	default:
		err = m.control(l)
		l.pace, l.meter = pace{}, meter{}
	}
	if err != nil {
		l.refused = err.Error()
	}
}

// rescue turns a panic into a crashed run that can be seen and restarted.
func (l *Live) rescue() {
	if p := recover(); p != nil {
		l.crashed = fmt.Sprintf("%v\n%s", p, debug.Stack())
		l.publish(time.Now())
	}
}

// turn takes as many steps as are due and returns how long nothing will be due, or that nothing will be due
// before a message comes.
func (l *Live) turn() (wait time.Duration, idle bool) {
	defer l.rescue()
	if l.crashed != "" || l.run.Over() || (l.paused && l.singles == 0) {
		return 0, true
	}
	now := time.Now()
	var took int
	switch {
	case l.paused:
		took = l.advance(min(l.singles, l.pace.chunk()))
		l.singles -= took
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
	l.pace.learn(took, end.Sub(now))
	l.meter.count(took, end)
	l.run.seconds += end.Sub(l.clock).Seconds()
	l.clock = end
	if end.Sub(l.pub) >= publishTime || l.run.Over() || l.paused || l.rate < 1/publishTime.Seconds() {
		l.publish(end)
	}
	return 0, false
}

// advance takes up to n steps and returns how many it took. Of a watched run the last is marked.
func (l *Live) advance(n int) int {
	if !l.watched.Load() {
		return l.run.Advance(n)
	}
	took := l.run.Advance(n - 1)
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
			l.crashed = fmt.Sprintf("%v\n%s", p, debug.Stack())
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
	s := l.snapshot()
	l.seq++
	s.Seq, s.Applied, s.Refused = l.seq, l.applied, l.refused
	s.Rate, s.Speed = l.rate, l.meter.speed
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

// pace decides how many steps to take at a time.
type pace struct {
	begin time.Time // when the present rate began
	steps int       // taken since
	rate  float64
	size  float64 // steps that take about batchTime
}

// chunk is how many steps to take before looking at the mailbox and the clock again.
func (p *pace) chunk() int { return max(1, int(p.size)) }

// learn adjusts the chunk to the time that the last one took.
func (p *pace) learn(steps int, took time.Duration) {
	if steps == 0 || steps < p.chunk() {
		return
	}
	want := p.size * float64(batchTime) / float64(max(took, time.Microsecond))
	p.size = min(max(want, 1), max(2*p.size, 2), 1e6)
}

// maxDebt is how long a run that could not keep up tries to make up for; older debts are forgiven.
const maxDebt = 100 * time.Millisecond

// due returns how many steps are owed at this rate, or else how long until the next is.
func (p *pace) due(now time.Time, rate float64) (steps int, until time.Duration) {
	if p.rate != rate {
		// The first step is owed at once, so that even at one step a second a key shows its effect.
		p.begin, p.steps, p.rate = now, -1, rate
	}
	owed := now.Sub(p.begin).Seconds()*rate - float64(p.steps)
	if limit := max(1, rate*maxDebt.Seconds()); owed > 2*limit {
		p.begin, p.steps = now, -1
		owed = 1
	}
	if owed >= 1 {
		return int(owed), 0
	}
	return 0, time.Duration((1 - owed) / rate * float64(time.Second))
}

func (p *pace) paid(steps int) { p.steps += steps }

// meter measures steps a second over windows of half a second.
type meter struct {
	since time.Time
	steps int
	speed float64
}

func (m *meter) count(steps int, now time.Time) {
	if m.since.IsZero() {
		m.since = now
	}
	m.steps += steps
	if d := now.Sub(m.since); d >= speedTime {
		m.speed = float64(m.steps) / d.Seconds()
		m.since, m.steps = now, 0
	}
}
