package ui

import (
	"cmp"
	"fmt"
	"math"
	"time"

	"github.com/charmbracelet/colorprofile"

	"opttui/internal/plot"
	"opttui/internal/train"
)

// A screen can be looked at from other terminals: a Mirror draws the same Model at another size and in other colours. What a
// Model shows is read then, and only what drawing itself writes to belongs to the mirror.

// pens are what drawing writes to.
type pens struct {
	chart            plot.Chart
	points           pointPool // of that chart
	accuracy, losses plot.Chart
	box              boxPens
	limit            float64 // losses are drawn between −limit and limit
	lay              layout
	scape            rect // where the landscape is drawn, or the function of one variable
}

// boxPens are those for what is open over the screen.
type boxPens struct {
	of           any
	chart, trial plot.Chart
	field        plot.Field
}

// boxed returns the pens for a box that is open: each begins with new ones.
func (m *Model) boxed(of any) *boxPens {
	if m.box.of != of {
		m.box = boxPens{of: of}
	}
	return &m.box
}

// Terminal is what pictures depend on.
type Terminal struct {
	W, H    int
	Profile colorprofile.Profile
	Light   bool // its background is
}

// Alike is the same for all terminals on which the same is drawn.
func (t Terminal) Alike() Terminal {
	t.W, t.H = max(t.W, 0), max(t.H, 0)
	switch {
	case t.Profile <= colorprofile.ASCII:
		t.Profile = colorprofile.ASCII
	case t.Profile > colorprofile.ANSI:
		t.Profile = colorprofile.TrueColor
	}
	return t
}

// Gaze says where somebody looks who can change nothing.
type Gaze struct {
	Rows int    // how far the lists of settings and runs are scrolled from where the model has them
	Box  int    // … and what is open over the screen
	Help bool   // the keys of those who look on are shown instead
	Note string // in the bar at the bottom
}

// gaze is a Gaze while a frame is drawn.
type gaze struct {
	Gaze
	rows, box int  // as far as there is something to scroll
	opened    bool // what can be scrolled is open over the screen
}

// Sight is what somebody sees who looks on.
type Sight struct {
	Canvas    *plot.Canvas // its own: nothing is drawn on it any more
	Title     string       // of the window
	Rows, Box int          // the Gaze's, as far as there is something to scroll
	Opened    bool         // something that can be scrolled is open over the screen: Box counts
}

// Mirror draws models for terminals of one kind. It is used by one goroutine at a time, and so is its model meanwhile.
type Mirror struct {
	terminal Terminal
	screen   *plot.Canvas
	pens     pens
	first    *train.Live // of the model's first run, as last drawn

	field plot.Field // of landscapes
	drawn fieldKey

	plane struct { // the picture of the loss on a plane
		field plot.Field
		of    *float64 // its first value
		size  [2]int
	}
}

// NewMirror returns a mirror for a kind of terminal.
func NewMirror(t Terminal) *Mirror {
	return &Mirror{terminal: t, screen: plot.NewCanvas(t.W, t.H)}
}

// Reflect draws the model in a mirror, for those who look on so. The model stays as it is.
func (m *Model) Reflect(r *Mirror, g Gaze) Sight {
	c := *m
	c.w, c.h, c.light = r.terminal.W, r.terminal.H, r.terminal.Light
	c.setMode(r.terminal.Profile)
	if r.first != c.lanes[0].live { // other runs, which have nothing to do with those before
		r.pens.chart.Reset()
		r.pens.accuracy.Reset()
		r.pens.losses.Reset()
		r.first = c.lanes[0].live
	}
	c.screen, c.pens = r.screen, r.pens
	c.world.field, c.world.drawn = r.field, r.drawn // prepared, but for what has changed since
	r.survey(&c)
	c.gaze = &gaze{Gaze: g}
	switch {
	case g.Help:
		c.shut()
		c.help = &help{top: g.Box, lines: gazeHelp}
	case m.help != nil:
		c.help = &help{top: m.help.top + g.Box}
	}
	c.render()
	if c.help != nil {
		c.gaze.opened, c.gaze.box = true, c.help.top
		if !g.Help {
			c.gaze.box -= m.help.top
		}
	}
	r.pens = c.pens
	r.field, r.drawn = c.world.field, c.world.drawn
	return Sight{c.screen.Clone(), c.Window().WindowTitle, c.gaze.rows, c.gaze.box, c.gaze.opened}
}

// Prepare returns what takes long before the model can be drawn in a mirror, nil for nothing. It needs the mirror, but the
// model may be used meanwhile.
func (m *Model) Prepare(r *Mirror) (work func()) {
	at := arrange(r.terminal.W, r.terminal.H, m.demo.on).landscape.inner()
	key := m.world.keyOf(at.w, at.h)
	if m.world.picture != pictureLandscape || at.w < 1 || at.h < 1 || key == r.drawn {
		return nil
	}
	w := m.world
	w.problem = w.problem.Clone()
	return func() {
		r.drawn = fieldKey{}
		w.compute(&r.field, at.w, at.h)
		r.drawn = key
	}
}

// survey makes the picture of the plane that the model shows.
func (r *Mirror) survey(c *Model) {
	v, p := &c.world.plane, &r.plane
	if v.grid == nil || !c.world.picture.plane() {
		return
	}
	at := planeRect(arrange(c.w, c.h, c.demo.on).landscape.inner())
	if size, of := [2]int{at.w, at.h}, &v.grid.Values[0]; p.of != of || p.size != size {
		p.of, p.size = of, size
		p.field.ComputeGrid(v.grid.Values, v.grid.NX, v.grid.NY, v.shown.view, at.w, at.h, math.NaN())
	}
	v.field = p.field
}

// shut hides what is open over the screen.
func (m *Model) shut() {
	m.help, m.picker, m.prompt, m.formula, m.finder, m.sweeping = nil, nil, nil, nil, nil, nil
}

// scrolled is the first of n lines of a list that is shown in so many rows, where first is that for the person whose screen
// it is.
func (b *board) scrolled(first, n, room int) int {
	if b.gaze == nil {
		return first
	}
	at := max(0, min(first+b.gaze.Rows, n-room))
	if moved := at - first; moved != 0 && moved*b.gaze.Rows > 0 && moved*moved > b.gaze.rows*b.gaze.rows {
		b.gaze.rows = moved
	}
	return at
}

// turned is scrolled for the list of what is open over the screen.
func (b *board) turned(first, n, room int) int {
	if b.gaze == nil {
		return first
	}
	at := max(0, min(first+b.gaze.Box, n-room))
	b.gaze.box, b.gaze.opened = at-first, true
	return at
}

// Watched tells how many people look on, whom the title counts.
func (m *Model) Watched(n int) {
	m.dirty = m.dirty || n != m.watching
	m.watching = n
}

// planePoints are those of a plane that is computed: as many as there are cells to show it in, here or for those who look on.
func (m *Model) planePoints() (w, h int) {
	if m.scape.w < 1 && m.watching > 0 {
		return 60, 20
	}
	return m.scape.w, m.scape.h
}

// audience is the part of the title that counts them, for the person whose screen it is.
func (m *Model) audience() string {
	switch {
	case m.watching == 0 || m.gaze != nil:
		return ""
	case m.watching == 1:
		return " · 1 watches"
	}
	return fmt.Sprintf(" · %d watch", m.watching)
}

// gazeKeys are the keys of those who look on, as the bar shows them.
var gazeKeys = []struct{ show, bar string }{{"b", "branch"}, {"↑ ↓", "scroll"}, {"?", "keys"}, {"q", "leave"}}

// gazeHelp says what they do.
var gazeHelp = []helpLine{
	{"", "the lecture's screen: your keys change nothing in it"},
	{},
	{"b", "a branch of the run as your own, from now on; q leads back"},
	{"↑ ↓", "scroll the lists, or what is open; pgup, pgdown, the wheel"},
	{"home", "look where the lecture looks again"},
	{"?", "these keys"},
	{"q", "leave; also ctrl-c"},
}

// drawGaze is the bar at the bottom for those who look on: the note, and as many keys as fit, the last ones first.
func (m *Model) drawGaze(r rect) {
	note := cmp.Or(m.gaze.Note, "lecture")
	first, room := len(gazeKeys), r.w-2
	for first > 0 {
		k := gazeKeys[first-1]
		need := width(k.show) + width(k.bar) + 3
		if first <= len(gazeKeys)-2 && room-need < width(note)+2 || room < need { // the last two come before the note
			break
		}
		first--
		room -= need
	}
	x := r.x + 1
	x += m.screen.Text(x, r.y, clip(note, room-2)+"  ", m.accent(), plot.Bold)
	for _, k := range gazeKeys[first:] {
		x += m.screen.Text(x, r.y, k.show, m.accent(), plot.Bold)
		x += m.screen.Text(x, r.y, " "+k.bar+"  ", m.dim(), m.faint())
	}
}

// Advance takes over what the runs have done since it was called last. It is for whoever has the model without a Bubble Tea
// program that goes on all the time.
func (m *Model) Advance(now time.Time) {
	m.raise()
	m.pull()
	m.autoplay(now)
}

// Changed reports whether there is something new to draw since it was called last.
func (m *Model) Changed() bool {
	changed := m.dirty
	m.dirty = false
	return changed
}

// Frame is Canvas where Changed is asked whether to draw.
func (m *Model) Frame() *plot.Canvas {
	m.dirty = true
	return m.Canvas()
}

// Paused reports whether the runs rest.
func (m *Model) Paused() bool { return m.paused }

// GoOn lets the runs go on where they rest.
func (m *Model) GoOn() {
	if m.paused {
		m.togglePause()
		m.dirty = true
	}
}
