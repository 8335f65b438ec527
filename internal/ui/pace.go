package ui

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
)

// SlowestFPS is how many times a second a screen looks at its runs at the least.
const SlowestFPS = 8

const (
	paceTime = 250 * time.Millisecond // between two changes of the pace
	tooLate  = 12 * time.Millisecond  // what ticks come after their time, on average, where there are too many of them
	inTime   = 5 * time.Millisecond   // and where there may be more
)

// Pace is how often screens look at their runs: FPS times a second where the machine has time for that, and less often, down
// to SlowestFPS, the later their ticks come. Screens that share a machine share a pace. The zero Pace is the fastest; its
// methods may be called from any goroutine.
type Pace struct {
	interval atomic.Int64 // beyond the shortest, in nanoseconds

	mu    sync.Mutex
	since time.Time     // the last change
	late  time.Duration // since then, in all
	ticks int
}

// Interval is the time between two looks.
func (p *Pace) Interval() time.Duration { return time.Second/FPS + time.Duration(p.interval.Load()) }

// Tick counts a tick that comes so late.
func (p *Pace) Tick(now time.Time, late time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.late += max(late, 0)
	p.ticks++
	if now.Sub(p.since) < paceTime {
		return
	}
	every := p.Interval()
	switch mean := p.late / time.Duration(p.ticks); {
	case mean > tooLate:
		every += every / 4
	case mean < inTime:
		every -= every / 16
	}
	every = min(max(every, time.Second/FPS), time.Second/SlowestFPS)
	p.interval.Store(int64(every - time.Second/FPS))
	p.since, p.late, p.ticks = now, 0, 0
}

// tickMsg asks for the next frame.
type tickMsg time.Time

func (m *Model) tick() tea.Cmd {
	every := m.pace.Interval()
	m.due = time.Now().Add(every)
	return tea.Tick(every, func(t time.Time) tea.Msg { return tickMsg(t) })
}

// glanceTime is how soon after a key the runs are looked at: most have taken a command by then.
const glanceTime = 8 * time.Millisecond

// glanceMsg asks for a look at the runs before the next tick.
type glanceMsg struct{}

// glance is that message after a key whose command the runs have not answered yet, if the next tick is not soon. What a
// key does is seen at once, also where ticks are rare.
func (m *Model) glance() tea.Cmd {
	waits := func(l *lane) bool { return l.snap.Applied < l.sent }
	if m.glancing || time.Until(m.due) < 2*glanceTime || !slices.ContainsFunc(m.lanes, waits) {
		return nil
	}
	m.glancing = true
	return tea.Tick(glanceTime, func(time.Time) tea.Msg { return glanceMsg{} })
}
