package serve

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"opttui/internal/plot"
	"opttui/internal/ui"
	"opttui/internal/usage"
)

// Stage is the lab of a lecture, which many look at.
type Stage interface {
	Lab
	Advance(now time.Time)                    // takes over what the runs have done
	Changed() bool                            // whether there is something new to draw since it was asked last
	Frame() *plot.Canvas                      // for the driver
	Prepare(r *ui.Mirror) (work func())       // what takes long before Reflect; nil for nothing
	Reflect(r *ui.Mirror, g ui.Gaze) ui.Sight // for others
	Watched(n int)                            // people look on
	Branch() *ui.Branch                       // of the selected run; nil where it is too busy
	Paused() bool
	GoOn()
}

// lecture is a lab that lives as long as the server. One person drives it at a time, from a seat; others look on, and each
// kind of terminal among theirs has a mirror.
type lecture struct {
	server *Server
	cancel context.CancelFunc
	fresh  func() (Stage, error)
	over   sync.WaitGroup // what goes on beside: the clock, labs that are being closed

	queue sync.Mutex // of viewers, so that the driver waits for one drawing at the most

	mu      sync.Mutex // guards the lab, and all that is below
	lab     Stage
	version uint64    // of what it shows
	driver  *seat     // nil where nobody drives
	left    time.Time // when the driver left; zero where that has been seen to
	resting bool      // the runs rest for want of a driver, and go on with the next
	note    string    // for viewers, of what happened
	viewers int
	mirrors map[ui.Terminal]*mirror
}

// mirror is what viewers with terminals of one kind share.
type mirror struct {
	of      *ui.Mirror
	users   int
	cells   int // of a frame
	version uint64
	began   time.Time            // to draw that version
	sights  map[ui.Gaze]ui.Sight // of it, or a little later
}

// What viewers of one kind have looked at is remembered up to so many places and so many cells: who scrolls leaves a frame
// behind at each line.
const (
	mostSights     = 64
	mostSightCells = 64 * 120 * 40 // 5 MB
)

// full reports whether another sight would be too many.
func (r *mirror) full() bool {
	n := len(r.sights)
	if n == 0 {
		return false
	}
	return n >= mostSights || (n+1)*r.cells > mostSightCells
}

// What viewers are told while nobody drives.
const (
	notBegun = "the lecture has not begun"
	away     = "the driver is away"
	anew     = "a defect: the lecture begins anew"
)

// teach begins the lecture of a server.
func (s *Server) teach() (*lecture, error) {
	if s.config.Keys == nil || s.config.Keys.driver == nil {
		return nil, usage.Errorf(`a lecture needs a driver: write role="driver" before a key, as in role="driver" ssh-ed25519 AAAA… name`)
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &lecture{server: s, cancel: cancel, note: notBegun, resting: true, mirrors: map[ui.Terminal]*mirror{}}
	l.fresh = func() (Stage, error) {
		o := s.guestOptions()
		o.Memory = 0 // there is one of it
		o.Paused = true
		return s.config.Stage(ctx, o)
	}
	var err error
	if l.lab, err = l.fresh(); err != nil {
		cancel()
		return nil, err
	}
	l.over.Go(func() { l.run(ctx) })
	return l, nil
}

// end ends the lecture when everybody has left.
func (l *lecture) end() {
	l.cancel()
	l.over.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lab.Close()
}

// run lets the lab go on, whoever is there.
func (l *lecture) run(ctx context.Context) {
	for {
		select {
		case now := <-time.After(l.pace()):
			l.advance(now)
		case <-ctx.Done():
			return
		}
	}
}

// pace is the time between two looks at the runs. The driver comes first: however many look on, the lab goes on as fast as
// for one person.
func (l *lecture) pace() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.driver != nil {
		return time.Second / ui.FPS
	}
	return l.server.pace.Interval()
}

func (l *lecture) advance(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.rescue()
	if !l.left.IsZero() && now.Sub(l.left) >= l.server.limits.Rest {
		l.left = time.Time{}
		if !l.lab.Paused() { // what its driver has paused stays so
			l.resting = true
			l.lab.Update(ui.Rest{})
		}
	}
	l.lab.Advance(now)
	l.see()
}

// see counts what is new to see.
func (l *lecture) see() {
	if l.lab.Changed() {
		l.version++
	}
}

// rescue puts a new lab in the place of one that has panicked, and ends the driver's session.
func (l *lecture) rescue() {
	p := recover()
	if p == nil {
		return
	}
	if s := l.driver; s != nil {
		s.visit.fail(p)
		l.stand(s)
	} else {
		l.server.log.Error("the lecture crashed", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	}
	lab, err := l.fresh()
	if err != nil {
		l.server.log.Error("no new lab", "error", err)
		return
	}
	l.over.Go(l.lab.Close)
	l.lab, l.resting, l.left, l.note = lab, true, time.Time{}, anew
	l.lab.Watched(l.viewers)
	l.version++
}

// sit gives the driver the lab, and says good-bye to who has driven it from another terminal.
func (l *lecture) sit(s *seat) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.rescue()
	if old := l.driver; old != nil {
		old.visit.end("you have taken the lecture over at another terminal: good-bye")
	}
	l.driver, l.left, l.note = s, time.Time{}, ""
	if l.resting {
		l.resting = false
		l.lab.GoOn()
	}
	l.version++
}

// stand leaves the lab as it is. It is called with mu held.
func (l *lecture) stand(s *seat) {
	if l.driver == s {
		l.driver, l.left, l.note = nil, time.Now(), away
		l.version++
	}
}

// look draws what viewers with one kind of terminal see who look at one place; or what was drawn of it. The driver can go on
// while a landscape is computed for them.
func (l *lecture) look(t ui.Terminal, g ui.Gaze) ui.Sight {
	l.queue.Lock()
	defer l.queue.Unlock()
	sight, work := l.glance(t, g, true)
	if work != nil {
		work()
		sight, _ = l.glance(t, g, false)
	}
	return sight
}

// glance is look, but for what may be left to do before.
func (l *lecture) glance(t ui.Terminal, g ui.Gaze, prepare bool) (sight ui.Sight, work func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.mirrors[t]
	// Viewers come at all times: half of their interval is between two drawings, or each of them would see a frame of their own.
	if r.version != l.version && time.Since(r.began) >= l.server.pace.Interval()/2 {
		clear(r.sights)
		r.version, r.began = l.version, time.Now()
	}
	if g.Note == "" {
		g.Note = l.note
	}
	if sight, ok := r.sights[g]; ok {
		return sight, nil
	}
	if prepare {
		if work = l.lab.Prepare(r.of); work != nil {
			return sight, work
		}
	}
	whole := r.of
	r.of = ui.NewMirror(t) // in the place of one in which drawing panics
	sight = l.lab.Reflect(whole, g)
	r.of = whole
	if r.full() {
		clear(r.sights)
	}
	r.sights[g] = sight
	return sight, nil
}

// hold makes a mirror for a kind of terminal, or shares it; release is called when it is not needed any more.
func (l *lecture) hold(t ui.Terminal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.mirrors[t]
	if r == nil {
		r = &mirror{of: ui.NewMirror(t), cells: t.W * t.H, sights: map[ui.Gaze]ui.Sight{}}
		l.mirrors[t] = r
	}
	r.users++
}

func (l *lecture) release(t ui.Terminal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.mirrors[t]; r != nil {
		if r.users--; r.users == 0 {
			delete(l.mirrors, t)
		}
	}
}

// count counts viewers in and out.
func (l *lecture) count(change int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.viewers += change
	l.lab.Watched(l.viewers)
	l.see()
}

// branch asks for a copy of the selected run; nil where that has too much to do.
func (l *lecture) branch() *ui.Branch {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lab.Branch()
}
