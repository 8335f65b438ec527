package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"opttui/internal/plot"
	"opttui/internal/recipe"
	"opttui/internal/train"
)

// Demo is a list of scenarios to show, with their captions.
type Demo struct {
	Scenarios []recipe.Scenario // at least one
	First     int               // index of the one to begin with
	Autoplay  bool              // go on by itself when a scenario has been seen
	Hold      time.Duration     // how long one is shown by autoplay; 0 is as long as the scenario's steps take
	Factor    float64           // of all speeds; 0 is 1
	Paused    bool              // begin paused
}

// demo is the Demo on the screen.
type demo struct {
	Demo
	on    bool
	at    int       // index of the scenario that is shown
	next  int       // … and of the one that has been asked for
	since time.Time // when it was first seen; zero before
}

// scenario is the one that is shown.
func (d *demo) scenario() *recipe.Recipe { return d.Scenarios[d.at].Recipe }

// present shows the first scenario of a demo at once. Errors are those of train.New.
func (m *Model) present(d Demo) error {
	m.demo = demo{Demo: d, at: d.First, next: d.First}
	r := m.demo.scenario()
	runs, err := prepare(r)
	if err != nil {
		return err
	}
	m.stage(r, runs)
	return nil
}

// prepare makes the runs of a recipe.
func prepare(r *recipe.Recipe) ([]*train.Run, error) {
	runs := make([]*train.Run, len(r.Runs))
	for i, spec := range r.Runs {
		var err error
		if runs[i], err = spec.Train(); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// toggleDemo opens the lecture where it was left, or leaves it.
func (m *Model) toggleDemo() {
	if m.demo.Scenarios == nil {
		m.demo.Scenarios = recipe.Lecture()
	}
	m.play(m.demo.next)
}

// play shows a scenario from its beginning.
func (m *Model) play(i int) {
	d := &m.demo
	if i < 0 || i >= len(d.Scenarios) {
		m.refuse("this is the %s scenario", map[bool]string{true: "first", false: "last"}[i < 0])
		return
	}
	d.next = i
	r := d.Scenarios[i].Recipe
	m.later("preparing "+r.Title, func() func() {
		runs, err := prepare(r)
		return func() {
			if err != nil {
				m.refuse("%v", err)
				d.since = time.Time{} // autoplay lets it be read
				return
			}
			d.at, m.status, m.refused = i, "", false
			m.stage(r, runs)
		}
	})
}

// leave ends the demo. The runs stay.
func (m *Model) leave() {
	m.demo.on = false
	if len(m.demo.Scenarios) == 1 {
		m.demo = demo{} // a recipe, not a demo to come back to
	}
	m.say("the demo is over: its runs stay, d goes back to it")
}

// key handles the keys of a demo that is on and reports whether it was one of them; all others work as ever.
func (d *demo) key(m *Model, k string) bool {
	if !d.on {
		return false
	}
	switch {
	case k == "esc" || k == "d":
		m.leave()
	case k == "enter":
		m.play(d.next)
	case k == "left" && len(d.Scenarios) > 1:
		m.play(d.next - 1)
	case k == "right" && len(d.Scenarios) > 1:
		m.play(d.next + 1)
	default:
		return false
	}
	return true
}

// stage puts the runs of a recipe in the place of all others and shows them as it says.
func (m *Model) stage(r *recipe.Recipe, runs []*train.Run) {
	m.closeSearches()
	for _, l := range m.lanes {
		m.banish(l)
		m.unrecord(l)
		m.beside(l.live.Stop) // a step of a large model may take long
	}
	v := r.View
	m.lanes, m.sel, m.tune, m.drag, m.undo, m.time = nil, 0, 0, drag{}, nil, nil
	m.paused, m.speed = v.Paused || m.demo.Paused, float64(v.Speed)
	m.demo.Paused = false
	if m.speed == 0 {
		m.speed = usualSpeed
	}
	if m.demo.Factor > 0 {
		m.speed *= m.demo.Factor
	}
	for i, run := range runs {
		m.show(train.LaunchRun(m.ctx, run, m.speed, m.paused, m.options...))
		m.lanes[i].name, m.lanes[i].named = r.Runs[i].Name, m.lanes[i].snap.Problem
	}
	m.keep(r.Runs[0].Ref())
	m.sel = max(v.Select-1, 0)
	m.demo.on = r.Title != "" || r.Caption != nil || r.Keys != nil
	m.demo.since = time.Time{}
	m.view(v)
}

// view shows what a recipe wants to have shown, as far as the problem has it.
func (m *Model) view(v recipe.View) {
	m.linear, m.means, m.alpha = v.Linear, v.Smoothings, 0
	if v.Smoothing != nil {
		m.alpha = 1 + slices.Index(recipe.Alphas, *v.Smoothing)
	}
	m.xaxis = axis(max(slices.Index(recipe.Axes, v.Axis), 0))
	m.chart.Reset()
	m.accuracy.Reset()
	m.losses.Reset()
	m.world.reset(m.lane().snap)
	if i := slices.Index(recipe.Pictures, v.Picture); i >= 0 && slices.Contains(m.world.pictures(), picture(i)) {
		m.world.picture = picture(i)
		m.world.home()
	}
	if len(v.Zoom) > 0 {
		z := m.world.view
		z.X0, z.X1 = v.Zoom[0][0], v.Zoom[0][1]
		if len(v.Zoom) > 1 {
			z.Y0, z.Y1 = v.Zoom[1][0], v.Zoom[1][1]
		}
		m.look(z)
	}
	m.dirty = true
}

// closeSearches closes what looks at runs that are going.
func (m *Model) closeSearches() {
	if m.finder != nil {
		m.finder.stop()
	}
	if m.sweeping != nil {
		m.sweeping.stop()
	}
	m.finder, m.sweeping, m.picker = nil, nil, nil
}

const (
	leastHold = 6 * time.Second  // of a scenario whose runs are soon over: its caption is to be read
	usualHold = 15 * time.Second // where a scenario does not say how many steps there are to see
)

// autoplay goes to the next scenario when the one that is shown has been seen, from the last to the first. A person who
// pauses, or has opened something, is not disturbed.
func (m *Model) autoplay(now time.Time) {
	d := &m.demo
	if !d.on || !d.Autoplay || m.paused || m.ready != nil || m.busy() {
		return
	}
	if d.since.IsZero() {
		d.since = now
		return
	}
	shown := now.Sub(d.since)
	steps := d.scenario().View.Steps
	switch {
	case d.Hold > 0:
		if shown < d.Hold {
			return
		}
	case shown < leastHold || steps == 0 && shown < usualHold:
		return
	case slices.ContainsFunc(m.lanes, func(l *lane) bool { return l.snap.Status == train.Running && l.snap.Step < steps }):
		return
	}
	m.play((d.next + 1) % len(d.Scenarios)) // that after one that could not be shown
}

// label is the run's name in lists.
func (l *lane) label() string {
	if l.name != "" && l.snap.Optimizer.Name == l.snap.Origin.Optimizer && sameProblem(l.snap.Problem, l.named) {
		return l.name
	}
	return l.snap.Optimizer.Name
}

// barWord is the word for a binding in the bar at the bottom.
func (m *Model) barWord(b binding) string {
	if m.demo.on && len(m.demo.Scenarios) > 1 && b.show == "← →" {
		return "scenario"
	}
	if b.show == "q" && m.guest != nil && m.guest.Home {
		return "back"
	}
	return b.bar
}

// drawCaption is the band under the panels: which scenario it is, what is to be seen, the keys to try.
func (m *Model) drawCaption(p pane) {
	if p.h == 0 {
		return
	}
	r := m.demo.scenario()
	title := r.Title
	if n := len(m.demo.Scenarios); n > 1 {
		title = fmt.Sprintf("%d/%d %s", m.demo.at+1, n, r.Title)
	}
	m.frameOf(p, title)
	m.drawWays(p, width(title)+6)
	in := p.inner()
	beside := m.lay.shape == wide
	room := in.w - 2
	if beside {
		room = recipe.Columns
	}
	lines := r.Caption
	if room < recipe.Columns {
		lines = wrap(strings.Join(lines, " "), room)
	}
	for i, line := range lines[:min(len(lines), recipe.MaxCaption)] {
		m.screen.Text(in.x+1, in.y+i, m.line(line), 0, 0)
	}
	switch {
	case beside:
		m.drawTries(rect{in.x + room + 3, in.y, in.w - room - 4, in.h}, r.Keys)
	case m.lay.shape == narrow:
		m.drawTryRow(rect{in.x + 1, in.y + recipe.MaxCaption, in.w - 2, 1}, r.Keys)
	}
}

// drawWays says at the right of the caption's title where its keys lead.
func (m *Model) drawWays(p pane, taken int) {
	ways := " − + tune · enter again · d leaves "
	if len(m.demo.Scenarios) > 1 {
		ways = " ← → scenario ·" + ways
	}
	if m.demo.Autoplay {
		ways = " autoplay ·" + ways
	}
	for width(ways)+taken > p.w-2 && ways != "" {
		_, ways, _ = strings.Cut(ways, "·")
	}
	if ways != "" {
		m.screen.Text(p.x+p.w-2-width(ways), p.y, ways, m.dim(), m.faint())
	}
}

// drawTries lists the keys to try, each on a line.
func (m *Model) drawTries(r rect, keys []recipe.Key) {
	w := 0
	for _, k := range keys {
		w = max(w, width(k.Key))
	}
	for i, k := range keys[:min(len(keys), max(r.h, 0))] {
		m.screen.Text(r.x, r.y+i, pad(k.Key, w), m.accent(), plot.Bold)
		m.screen.Text(r.x+w+1, r.y+i, clip(m.line(k.Text), r.w-w-1), m.dim(), m.faint())
	}
}

// drawTryRow writes as many of the keys to try as fit in one row.
func (m *Model) drawTryRow(r rect, keys []recipe.Key) {
	x := r.x + m.screen.Text(r.x, r.y, "try ", m.dim(), m.faint())
	for _, k := range keys {
		text := m.line(k.Text)
		if x+width(k.Key)+3+width(text) > r.x+r.w+1 {
			return
		}
		x += 1 + m.screen.Text(x+1, r.y, k.Key, m.accent(), plot.Bold)
		x += 1 + m.screen.Text(x+1, r.y, text, m.dim(), m.faint()) + 1
	}
}
