package ui

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"opttui/internal/plot"
	"opttui/internal/train"
)

// Branch is a copy of the selected run of a screen, to go on with on another one.
type Branch struct {
	live   *train.Live // that is copied
	answer chan *train.Run
	run    *train.Run // when it has come

	from   lane
	number int
	like   look
}

// look is how runs are shown and how fast they go.
type look struct {
	speed   float64
	paused  bool
	xaxis   axis
	linear  bool
	alpha   int
	picture picture
	view    plot.View
}

// Branch asks for a copy of the selected run as it is now. Nothing of that shows on this screen. It returns nil where the run
// is too busy: on its way to another step it has room for no more messages than a person sends, and those are for whoever
// drives it.
func (m *Model) Branch() *Branch {
	l := m.lane()
	if l.snap.Seeking != nil {
		return nil
	}
	b := &Branch{live: l.live, answer: make(chan *train.Run, 1), number: m.sel + 1}
	b.from = lane{name: l.name, named: l.named}
	b.like = look{m.speed, m.paused, m.xaxis, m.linear, m.alpha, m.world.picture, m.world.view}
	if !l.live.Copy(b.answer) {
		return nil
	}
	return b
}

// Come reports whether the copy is there, and whether it will ever be.
func (b *Branch) Come() (here, ever bool) {
	select {
	case b.run = <-b.answer:
	default:
	}
	select {
	case <-b.live.Stopped():
		return b.run != nil, b.run != nil
	default:
		return b.run != nil, true
	}
}

// adopt begins with a copied run, shown as it was where it comes from.
func (m *Model) adopt(b *Branch) {
	m.speed, m.paused = b.like.speed, b.like.paused
	m.xaxis, m.linear, m.alpha = b.like.xaxis, b.like.linear, b.like.alpha
	step := b.run.Step()
	m.show(train.LaunchRun(m.ctx, b.run, m.speed, m.paused, m.options...))
	l := m.lane()
	l.name, l.named = b.from.name, b.from.named
	l.origin = fmt.Sprintf("branched off the lecture's run %d at step %s", b.number, grouped(step))
	m.keep(l.snap.Spec.Ref())
	m.world.reset(l.snap)
	if p := b.like.picture; slices.Contains(m.world.pictures(), p) {
		m.world.picture = p
		m.world.home()
		if !p.plane() { // a plane is another one here, with other coordinates
			m.world.view = b.like.view
		}
	}
	m.say("your own branch of run %d at step %s; q or esc leads back to the lecture", b.number, grouped(step))
}

// escape is the key esc where nothing is open: runs on a long way stay where they are; else it leads back to where the
// person came from.
func (m *Model) escape() tea.Cmd {
	if m.guest != nil && m.guest.Home && !slices.ContainsFunc(m.lanes, func(l *lane) bool { return l.snap.Seeking != nil }) {
		return tea.Quit
	}
	m.halt()
	return nil
}
