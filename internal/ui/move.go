package ui

import (
	"math"
	"strings"

	tea "charm.land/bubbletea/v2"

	"opttui/internal/plot"
	"opttui/internal/train"
)

// zoomStep is the factor of one zoom key or notch of the wheel.
const zoomStep = 1.25

// place is where a run is in the picture; ok is false where it is nowhere in it.
func (m *Model) place(l *lane) (x, y float64, ok bool) {
	s := l.snap
	switch p := m.world.picture; {
	case p == pictureLandscape && len(s.X) == 2:
		return s.X[0], s.X[1], true
	case p == pictureLine && len(s.X) == 1:
		return s.X[0], 0.5, true
	case p.plane():
		return m.world.plane.place(l)
	default:
		return 0, 0, false
	}
}

// seen is the part of the plane that the picture shows.
func (m *Model) seen() plot.View {
	if m.world.picture.plane() {
		return m.world.plane.shown.view
	}
	return m.world.view
}

// wanted is the part that is to be shown next: that of a plane is not there before its first points are computed.
func (m *Model) wanted() plot.View {
	if m.world.picture.plane() && m.world.plane.fitted {
		return m.world.plane.shown.view
	}
	return m.world.view
}

// look shows another part of it.
func (m *Model) look(v plot.View) {
	if !v.Valid() {
		return
	}
	m.world.view = v
	m.world.plane.fitted = false
}

func (m *Model) zoom(factor float64) {
	if !m.hasLandscape() {
		return
	}
	v := m.wanted()
	x, y := v.Center()
	if px, py, ok := m.place(m.lane()); ok && factor < 1 && m.lane().snap.Status != train.Diverged {
		if !v.Contains(px, py) { // bring the run into the picture first
			v = v.Pan((px-x)/(v.X1-v.X0), (py-y)/(v.Y1-v.Y0))
		}
		x, y = px, py
	}
	m.zoomAt(v, factor, x, y)
}

// Limits of the width of the picture, as shares of the usual one.
const minZoom, maxZoom = 1e-9, 1e3

func (m *Model) zoomAt(v plot.View, factor, x, y float64) {
	home := m.world.whole()
	if m.world.picture.plane() {
		home = m.world.plane.shown.fit
	}
	z := v.Zoom(factor, x, y)
	if m.world.picture == pictureLine {
		z.Y0, z.Y1 = v.Y0, v.Y1
	}
	share := (z.X1 - z.X0) / (home.X1 - home.X0)
	if z == v || !(share >= minZoom && share <= maxZoom) {
		m.refuse("that is as far as it goes: home shows the whole landscape")
		return
	}
	m.look(z)
}

func (m *Model) pan(key string) {
	if !m.hasLandscape() {
		return
	}
	const part = 0.1
	v := m.wanted()
	switch strings.TrimPrefix(key, "shift+") {
	case "left":
		v = v.Pan(-part, 0)
	case "right":
		v = v.Pan(part, 0)
	case "up":
		v = v.Pan(0, part)
	case "down":
		v = v.Pan(0, -part)
	}
	m.look(v)
}

// moves reports whether there is a landscape to move in.
func (m *Model) moves() bool {
	p := m.world.picture
	return p == pictureLandscape || p == pictureLine || p.plane() && m.world.plane.shown != nil
}

// hasLandscape says so when there is nothing to zoom and pan.
func (m *Model) hasLandscape() bool {
	if !m.moves() {
		m.refuse("there is no landscape to move in: v shows another picture of %s", m.world.spec.Title)
	}
	return m.moves()
}

// busy reports whether something is open over the screen that has the keys.
func (m *Model) busy() bool {
	return m.help != nil || m.picker != nil || m.prompt != nil || m.formula != nil || m.finder != nil || m.sweeping != nil
}

// drag follows the mouse from press to release, to tell a click from a drag.
type drag struct {
	on    bool
	moved bool
	x, y  int
}

// mouse: the wheel zooms around the pointer, a drag pans, a click starts all runs again from there.
func (m *Model) mouse(msg tea.MouseMsg) {
	at := msg.Mouse()
	in := m.scape
	inside := m.moves() && in.contains(at.X, at.Y) && !m.busy()
	switch msg.(type) {
	case tea.MouseWheelMsg:
		if m.help != nil {
			m.help.scroll(map[bool]int{true: 3, false: -3}[at.Button == tea.MouseWheelDown])
			return
		}
		if inside {
			f := zoomStep
			if at.Button == tea.MouseWheelUp {
				f = 1 / zoomStep
			}
			v := m.wanted()
			x, y := v.FromCell(at.X-in.x, at.Y-in.y, in.w, in.h)
			m.zoomAt(v, f, x, y)
		}
	case tea.MouseClickMsg:
		if at.Button == tea.MouseLeft && inside {
			m.drag = drag{on: true, x: at.X, y: at.Y}
		}
		if i, ok := m.runAt(at.X, at.Y); ok && at.Button == tea.MouseLeft && !m.busy() {
			m.selectRun(i)
		}
	case tea.MouseMotionMsg:
		if m.drag.on && m.moves() && !m.busy() && (at.X != m.drag.x || at.Y != m.drag.y) {
			right, up := -float64(at.X-m.drag.x)/float64(in.w), float64(at.Y-m.drag.y)/float64(in.h)
			if m.world.picture == pictureLine {
				up = 0
			}
			m.look(m.wanted().Pan(right, up))
			m.drag = drag{on: true, moved: true, x: at.X, y: at.Y}
		}
	case tea.MouseReleaseMsg:
		d := m.drag
		m.drag = drag{}
		if d.on && !d.moved && inside {
			m.startFrom(m.seen().FromCell(at.X-in.x, at.Y-in.y, in.w, in.h))
		}
	}
}

// startFrom starts all runs again from a point of the picture.
func (m *Model) startFrom(x, y float64) {
	start, where := []float64{x, y}, "x "+value(x)+", y "+value(y)
	switch {
	case m.world.picture == pictureLine:
		start, where = start[:1], "x "+value(x)
	case m.world.picture.plane():
		start = m.world.plane.at(x, y)
		where = "the point " + value(x) + ", " + value(y) + " of the plane"
	}
	for _, v := range start {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return
		}
	}
	if m.restartAll(func(s *train.Spec) { s.Start = start }) {
		m.say("all runs start again from %s", where)
	}
}
