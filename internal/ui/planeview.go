package ui

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"opttui/internal/plane"
	"opttui/internal/plot"
	"opttui/internal/train"
	"opttui/internal/usage"
)

// planeView is the loss on a plane through the selected run, as it is computed in the background. What is shown stays
// until the first points of what is wanted next are there.
type planeView struct {
	axes   [2]int // coordinates of pictureCoordinates
	seed   uint64 // directions of pictureRandom
	fitted bool   // the view follows the path

	want  planeKey
	began time.Time
	work  *explorer // on what is wanted
	shown *explored
	grid  *plane.Grid // of what is shown, as far as it is drawn in field
	field plot.Field
	size  [2]int // of the field, in cells

	judged []float64 // the parameters that have been found near enough
}

// planeKey tells for what an exploration was begun.
type planeKey struct {
	knobs   string
	picture picture
	axes    [2]int
	seed    uint64
	live    *train.Live
	w, h    int
	view    plot.View // zero where it follows the path
	dim     int
}

// samePlane tells whether only the part of the plane, its size or the function on it is another one.
func (k planeKey) samePlane(of planeKey) bool {
	k.view, k.w, k.h, k.knobs = of.view, of.w, of.h, of.knobs
	return k == of
}

// lastFinite is where the run is, or was last before it diverged; nil where it never was anywhere.
func lastFinite(s *train.Snapshot) []float64 {
	if allFinite(s.Theta) {
		return s.Theta
	}
	for _, x := range slices.Backward(s.Trail) {
		if allFinite(x) {
			return x
		}
	}
	return nil
}

// forget ends the work and shows nothing: the problem is another one.
func (v *planeView) forget() {
	if v.work != nil {
		v.work.stop()
	}
	*v = planeView{axes: [2]int{0, 1}, fitted: true}
}

// at returns the parameters at a point of the plane.
func (v *planeView) at(a, b float64) []float64 {
	x := make([]float64, len(v.shown.plane.Origin))
	v.shown.plane.At(a, b, x)
	return x
}

// place is where a run is on the plane.
func (v *planeView) place(l *lane) (a, b float64, ok bool) {
	if v.shown == nil || len(l.snap.Theta) != len(v.shown.plane.Origin) {
		return 0, 0, false
	}
	path := l.flatten(v.shown.plane)
	last := path[len(path)-1]
	return last.X, last.Y, true
}

// gap is how much the selected run's loss is above the plane, where it has been measured.
func (v *planeView) gap() *gap {
	if v.work == nil {
		return nil
	}
	return v.work.gap.Load()
}

// explore keeps the plane up to date with the selected run; it is called for every frame. Whatever changed makes it
// begin anew, and so does a run that has left the plane.
func (m *Model) explore() {
	v, s := &m.world.plane, m.lane().snap
	w, h := m.planePoints()
	if !m.world.picture.plane() || w < 1 || h < 1 {
		if v.work != nil {
			v.work.stop()
			v.work, v.want = nil, planeKey{}
		}
		return
	}
	if len(s.Theta) != m.world.problem.Dim() {
		return // the run is changing to this problem just now
	}
	want := planeKey{
		knobs: m.world.knobs, picture: m.world.picture, axes: v.axes, seed: v.seed, live: m.lane().live,
		w: w, h: h, dim: len(s.Theta),
	}
	if !v.fitted {
		want.view = m.world.view
	}
	if v.work == nil || want != v.want || m.outdated(s) {
		m.begin(want, s)
	}
	if v.work != nil {
		v.take(m)
		v.work.theta.Store(&s.Theta)
	}
}

// begin starts the exploration that is wanted. Where only the part of the plane is another one, the plane stays.
func (m *Model) begin(want planeKey, s *train.Snapshot) {
	v := &m.world.plane
	e := exploration{
		problem: m.world.problem.Clone(), picture: want.picture, axes: want.axes, seed: want.seed,
		origin: lastFinite(s), trail: s.Trail, view: want.view, w: want.w, h: want.h,
		guest: m.guest,
	}
	if e.origin == nil || max(want.axes[0], want.axes[1]) >= want.dim {
		return
	}
	for _, l := range m.lanes {
		if l.live != want.live && len(l.snap.Theta) == want.dim {
			e.others = append(e.others, l.snap.Trail...)
		}
	}
	if v.work != nil {
		v.work.stop()
		if want != v.want && want.samePlane(v.want) {
			e.plane = v.work.known()
		}
	}
	v.want, v.began = want, time.Now()
	v.work = explore(m.ctx, m.background, e)
}

// take shows what has been found, once there is something to see.
func (v *planeView) take(m *Model) {
	found := v.work.found.Load()
	if found == nil {
		return
	}
	grid := found.survey.Grid()
	if grid == nil || len(grid.Values) == 0 || grid == v.grid && v.size == [2]int{m.scape.w, m.scape.h} {
		return
	}
	m.dirty = true
	if v.grid != nil && &v.grid.Values[0] == &grid.Values[0] && v.size == [2]int{m.scape.w, m.scape.h} {
		v.grid = grid // it has come further, but shows nothing new yet
		return
	}
	if v.shown != found {
		for _, l := range m.lanes {
			l.flat = flatPath{}
		}
	}
	v.shown, v.grid, v.size = found, grid, [2]int{m.scape.w, m.scape.h}
	v.field.ComputeGrid(grid.Values, grid.NX, grid.NY, found.view, m.scape.w, m.scape.h, math.NaN())
}

// planeTime is how long a plane stays before it follows the run: a picture that changes all the time cannot be read.
const planeTime = time.Second

// surveying reports whether the plane through the run as it is now is still being computed.
func (m *Model) surveying() bool {
	v := &m.world.plane
	return m.world.picture.plane() && v.work != nil && v.work.problem() == nil && m.scape.w > 0 && m.scape.h > 0 &&
		(v.grid == nil || !v.grid.Complete || v.work.found.Load() != v.shown || v.gap() == nil || m.outdated(m.lane().snap))
}

// outdated reports whether the run has gone so far from a finished picture that it must be made anew.
func (m *Model) outdated(s *train.Snapshot) bool {
	v := &m.world.plane
	if v.grid == nil || !v.grid.Complete || !v.fitted || v.work.found.Load() != v.shown || time.Since(v.began) < planeTime {
		return false
	}
	origin := v.shown.plane.Origin
	if slices.Equal(origin, s.Theta) {
		return false
	}
	if m.paused || s.Status != train.Running {
		return allFinite(s.Theta)
	}
	if g := v.gap(); g != nil && math.Abs(g.above) > 0.02*math.Abs(g.loss) {
		return true
	}
	if v.judged != nil && &v.judged[0] == &s.Theta[0] {
		return false
	}
	v.judged = s.Theta
	a, b, outside := v.shown.plane.Project(s.Theta)
	return !v.shown.fit.Contains(a, b) || outside > 0.02*v.shown.plane.Width(plane.Rect(v.shown.fit))
}

func allFinite(x []float64) bool {
	return !slices.ContainsFunc(x, func(v float64) bool { return v-v != 0 })
}

// flatPath is a run's trail on the plane that is shown.
type flatPath struct {
	src   [][]float64
	theta []float64
	path  []train.XY // of src, then of theta
}

// flatten projects what has been added to the run's trail since the last frame.
func (l *lane) flatten(p *plane.Plane) []train.XY {
	src, f := l.snap.Trail, &l.flat
	n := len(f.src)
	if n > len(src) || n > 0 && (&f.src[0][0] != &src[0][0] || &f.src[n-1][0] != &src[n-1][0]) {
		*f, n = flatPath{}, 0 // thinned, or another run
	}
	if n == len(src) && f.theta != nil && &f.theta[0] == &l.snap.Theta[0] {
		return f.path
	}
	f.path = f.path[:n]
	for _, x := range append(src[n:len(src):len(src)], l.snap.Theta) {
		a, b, _ := p.Project(x)
		f.path = append(f.path, train.XY{X: a, Y: b})
	}
	f.src, f.theta = src, l.snap.Theta
	return f.path
}

// drawPlane is the loss on a plane with the paths of all runs over it.
func (m *Model) drawPlane(p pane) {
	in := p.inner()
	m.scape = planeRect(in)
	v := &m.world.plane
	names := map[picture]string{
		picturePrincipal:   "principal components of the path",
		pictureRandom:      fmt.Sprintf("random directions, seed %d", v.seed),
		pictureCoordinates: fmt.Sprintf("parameters %d and %d", v.axes[0]+1, v.axes[1]+1),
	}
	title := "plane ── " + names[m.world.picture]
	if v.shown == nil {
		m.frameOf(p, title)
		text, col := "computing the loss on a plane through the run …", m.dim()
		if v.work == nil {
			text = "the run has left all numbers: there is no plane through it"
		} else if err := v.work.problem(); err != nil {
			text, col = err.Error(), m.warn()
		}
		m.screen.Text(in.x+1, in.y+in.h/2, clip(text, in.w-2), col, 0)
		return
	}
	s, view := v.shown, v.shown.view
	title += fmt.Sprintf(" ── %s ∈ [%s, %s]  %s ∈ [%s, %s]", s.plane.LabelU, edge(view.X0, view.X1), edge(view.X1, view.X0),
		s.plane.LabelV, edge(view.Y0, view.Y1), edge(view.Y1, view.Y0))
	m.frameOf(p, title)
	if m.scape.w < 1 || m.scape.h < 1 {
		return
	}
	v.field.Draw(m.screen, m.scape.x, m.scape.y, m.mode)
	o := m.overlay(view)
	m.drawFutures(o, func(trail [][]float64) (path []train.XY) {
		for _, x := range trail {
			if len(x) == len(s.plane.Origin) {
				a, b, _ := s.plane.Project(x)
				path = append(path, train.XY{X: a, Y: b})
			}
		}
		return path
	}, func(l *lane) []train.XY {
		if len(l.snap.Theta) != len(s.plane.Origin) {
			return nil
		}
		return l.flatten(s.plane)
	})
	for _, l := range m.backToFront() {
		if len(l.snap.Theta) == len(s.plane.Origin) {
			m.drawPath(o, l, l.flatten(s.plane))
		}
	}
	if start := m.lane().snap.Start; len(start) == len(s.plane.Origin) {
		a, b, _ := s.plane.Project(start)
		m.drawStart(o, a, b)
	}
	m.drawPlaces(o)
	m.drawTrust(rect{in.x, in.y + in.h - 1, in.w, 1})
}

// planeRect is where the plane is drawn in its panel: the last row says how far to trust the picture.
func planeRect(in rect) rect { return rect{in.x, in.y, in.w, max(in.h-1, 0)} }

// drawTrust says how well the plane stands for the run, and how much of it has been computed.
func (m *Model) drawTrust(r rect) {
	v := &m.world.plane
	of := " of the path"
	if r.w < 60 {
		of = ""
	}
	parts := []string{"outside " + percent(v.shown.outside) + of}
	if g := v.gap(); g != nil {
		above := g.above
		if math.Abs(above) < 1e-9*math.Abs(g.loss) {
			above = 0 // rounding
		}
		parts = append(parts, "true − plane "+value(above))
	}
	if n, all := v.shown.survey.Samples(); n < all {
		parts = append(parts, fmt.Sprintf("on %s of %s samples", grouped(n), grouped(all)))
	}
	if note := v.shown.plane.Note; note != "" {
		parts = append(parts, note)
	}
	if err := v.shown.survey.Err(); err != nil {
		parts = []string{err.Error()}
	}
	tail := m.drawProgress(r)
	m.screen.Text(r.x+1, r.y, clip(m.line(strings.Join(parts, " · ")), r.w-2-tail), m.dim(), m.faint())
}

// drawProgress shows at the right how much of what is wanted has been computed, and returns how many columns that takes.
func (m *Model) drawProgress(r rect) int {
	v := &m.world.plane
	done := v.grid.Done
	if work := v.work; work != nil {
		if found := work.found.Load(); found != v.shown {
			done = 0
			if found != nil && found.survey.Grid() != nil {
				done = found.survey.Grid().Done
			}
		}
	}
	if done >= 1 {
		return 0
	}
	return m.drawShare(r, done)
}

// drawShare draws a progress bar at the right of r, and returns how many columns it takes.
func (m *Model) drawShare(r rect, done float64) int {
	text := fmt.Sprintf("%3.0f %%", 100*done)
	bar := min(12, r.w/5)
	x := r.x + r.w - bar - width(text) - 2
	full, empty := '▓', '░'
	if m.ascii {
		full, empty = '#', '.'
	}
	for i := range bar {
		c := empty
		if float64(i) < done*float64(bar) {
			c = full
		}
		m.screen.Set(x+i, r.y, plot.Cell{R: c, FG: m.accent()})
	}
	m.screen.Text(x+bar+1, r.y, text, m.accent(), 0)
	return bar + width(text) + 3
}

// nextPicture shows another picture of the problem.
func (m *Model) nextPicture() {
	w := &m.world
	all := w.pictures()
	if len(all) == 1 {
		m.refuse("%s has one picture only: models and functions of many variables have several", w.spec.Title)
		return
	}
	w.picture = all[(slices.Index(all, w.picture)+1)%len(all)]
	w.plane.shown, w.plane.grid = nil, nil // a plane of another kind has other coordinates
	w.home()
	m.say("%s", map[picture]string{
		pictureScores:      "how well the model does",
		picturePrincipal:   "the loss on the plane in which most of the path lies",
		pictureRandom:      "the loss on a plane of two random directions, as long as the weights; V draws others",
		pictureCoordinates: "the loss over two parameters, the others as they are now; V chooses which",
	}[w.picture])
}

// anotherPlane chooses another plane of the same kind.
func (m *Model) anotherPlane() tea.Cmd {
	v := &m.world.plane
	switch m.world.picture {
	case pictureCoordinates:
		n := m.world.problem.Dim()
		hint := fmt.Sprintf("now %d,%d · two numbers from 1 to %d", v.axes[0]+1, v.axes[1]+1, n)
		return m.ask("parameters", hint, func(text string) error {
			axes, err := parseAxes(text, m.world.problem.Dim())
			if err == nil {
				v.axes, v.fitted = axes, true
			}
			return err
		})
	case pictureRandom:
		v.seed++
		v.fitted = true
		m.say("other random directions: seed %d", v.seed)
	case picturePrincipal:
		v.want = planeKey{}
		v.fitted = true
		m.say("the plane of the path up to now")
	default:
		m.refuse("there is one landscape only: V chooses among planes of more parameters, which v shows")
	}
	return nil
}

func parseAxes(text string, n int) ([2]int, error) {
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	var axes [2]int
	ok := len(words) == 2
	for k := range min(len(words), 2) {
		i, err := strconv.Atoi(words[k])
		ok = ok && err == nil && i >= 1 && i <= n
		axes[k] = i - 1
	}
	if !ok || axes[0] == axes[1] {
		return axes, usage.Errorf("parameters cannot be %q: allowed are two different numbers from 1 to %d, as in 1,2", text, n)
	}
	return axes, nil
}
