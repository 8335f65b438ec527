package ui

import (
	"fmt"
	"math"
	"strings"

	tea "charm.land/bubbletea/v2"

	"opttui/internal/plot"
	"opttui/internal/problems"
	"opttui/internal/train"
)

// zoomStep is the factor of one zoom key or notch of the wheel.
const zoomStep = 1.25

// world is the landscape that the runs of a race share, and what part of it is seen.
type world struct {
	spec    problems.Spec
	problem problems.Problem // the screen's own instance
	knobs   string           // its knobs' values, to see when they have changed
	view    plot.View
	field   plot.Field
	drawn   fieldKey
}

// fieldKey tells for what the field was computed.
type fieldKey struct {
	name, knobs string
	view        plot.View
	w, h        int
}

// flat reports whether there is a landscape to draw: a function of two variables.
func (w *world) flat() bool { return w.spec.Domain != nil && w.problem.Dim() == 2 }

// line reports whether the problem is a function of one variable.
func (w *world) line() bool { return w.spec.Domain != nil && w.problem.Dim() == 1 }

// reset takes the problem of the snapshot and shows all of it.
func (w *world) reset(s *train.Snapshot) {
	w.spec, w.problem, w.knobs = s.Problem, s.Problem.New(), ""
	w.home()
	w.follow(s)
}

// home shows the usual part of the landscape.
func (w *world) home() { w.view = w.whole() }

// whole is the usual part of the landscape.
func (w *world) whole() plot.View {
	box := w.spec.Shown()
	switch {
	case w.flat():
		return plot.View{X0: box[0][0], X1: box[0][1], Y0: box[1][0], Y1: box[1][1]}
	case w.line():
		return plot.View{X0: box[0][0], X1: box[0][1], Y1: 1} // the heights follow the function
	default:
		return plot.View{}
	}
}

// follow takes over the problem and its knobs from the snapshot and reports whether anything changed.
func (w *world) follow(s *train.Snapshot) bool {
	if s.Problem.Name != w.spec.Name {
		w.reset(s)
		return true
	}
	var b strings.Builder
	for _, k := range s.Settings {
		if k.Part == "problem" {
			fmt.Fprintf(&b, "%s=%v ", k.Knob.Key, k.Value)
		}
	}
	if b.String() == w.knobs {
		return false
	}
	w.knobs = b.String()
	for _, k := range w.problem.Knobs() {
		if set, ok := s.Setting("problem." + k.Key); ok {
			_ = k.Set(set.Value) // it was checked when the run took it
		}
	}
	return true
}

// fieldFor returns the landscape for a picture of w×h cells, computed again only when something changed.
func (w *world) fieldFor(cols, rows int) *plot.Field {
	key := fieldKey{w.spec.Name, w.knobs, w.view, cols, rows}
	if key != w.drawn {
		w.drawn = key
		low := math.NaN()
		if len(w.spec.Minima) > 0 && w.spec.Minima[0].Global {
			low = w.spec.Minima[0].F
		}
		x := make([]float64, 2)
		w.field.Compute(func(a, b float64) float64 {
			x[0], x[1] = a, b
			return w.problem.Value(x)
		}, w.view, cols, rows, low)
	}
	return &w.field
}

func (m *Model) zoom(factor float64) {
	if !m.hasLandscape() {
		return
	}
	x, y := m.world.view.Center()
	if s := m.lane().snap; len(s.X) == 2 && factor < 1 && s.Status != train.Diverged {
		if !m.world.view.Contains(s.X[0], s.X[1]) { // bring the run into the picture first
			v := m.world.view
			m.world.view = v.Pan((s.X[0]-x)/(v.X1-v.X0), (s.X[1]-y)/(v.Y1-v.Y0))
		}
		x, y = s.X[0], s.X[1]
	}
	m.zoomAt(factor, x, y)
}

// Limits of the width of the picture, as shares of the usual one.
const minZoom, maxZoom = 1e-9, 1e3

func (m *Model) zoomAt(factor, x, y float64) {
	home := m.world.whole()
	z := m.world.view.Zoom(factor, x, y)
	share := (z.X1 - z.X0) / (home.X1 - home.X0)
	if z == m.world.view || share < minZoom || share > maxZoom {
		m.refuse("that is as far as it goes: home shows the whole landscape")
		return
	}
	m.world.view = z
}

func (m *Model) pan(key string) {
	if !m.hasLandscape() {
		return
	}
	const part = 0.1
	switch strings.TrimPrefix(key, "shift+") {
	case "left":
		m.world.view = m.world.view.Pan(-part, 0)
	case "right":
		m.world.view = m.world.view.Pan(part, 0)
	case "up":
		m.world.view = m.world.view.Pan(0, part)
	case "down":
		m.world.view = m.world.view.Pan(0, -part)
	}
}

// hasLandscape says so when there is nothing to zoom and pan.
func (m *Model) hasLandscape() bool {
	ok := m.world.flat() || m.world.line()
	if !ok {
		m.refuse("%s is %s: there is no landscape to move in", m.world.spec.Title, dimension(m.lane().snap.Dim))
	}
	return ok
}

// busy reports whether something is open over the screen that has the keys.
func (m *Model) busy() bool { return m.help != nil || m.picker != nil || m.prompt != nil }

// drag follows the mouse from press to release, to tell a click from a drag.
type drag struct {
	on    bool
	moved bool
	x, y  int
}

// mouse: the wheel zooms around the pointer, a drag pans, a click starts all runs again from there.
func (m *Model) mouse(msg tea.MouseMsg) {
	at := msg.Mouse()
	in := m.lay.landscape.inner()
	inside := m.world.flat() && in.contains(at.X, at.Y) && !m.busy()
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
			x, y := m.world.view.FromCell(at.X-in.x, at.Y-in.y, in.w, in.h)
			m.zoomAt(f, x, y)
		}
	case tea.MouseClickMsg:
		if at.Button == tea.MouseLeft && inside {
			m.drag = drag{on: true, x: at.X, y: at.Y}
		}
		if i, ok := m.runAt(at.X, at.Y); ok && at.Button == tea.MouseLeft && !m.busy() {
			m.selectRun(i)
		}
	case tea.MouseMotionMsg:
		if m.drag.on && (at.X != m.drag.x || at.Y != m.drag.y) {
			m.world.view = m.world.view.Pan(
				-float64(at.X-m.drag.x)/float64(in.w), float64(at.Y-m.drag.y)/float64(in.h))
			m.drag = drag{on: true, moved: true, x: at.X, y: at.Y}
		}
	case tea.MouseReleaseMsg:
		d := m.drag
		m.drag = drag{}
		if d.on && !d.moved && inside {
			x, y := m.world.view.FromCell(at.X-in.x, at.Y-in.y, in.w, in.h)
			m.startFrom(x, y)
		}
	}
}

func (m *Model) startFrom(x, y float64) {
	if !m.restartAll(func(s *train.Spec) { s.Start = []float64{x, y} }) {
		return
	}
	m.say("all runs start again from x %s, y %s", value(x), value(y))
}
