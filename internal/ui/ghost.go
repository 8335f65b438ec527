package ui

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"opttui/internal/plot"
	"opttui/internal/train"
)

// ghost is the run as it would be without the last change: it goes on beside the changed one, never further than that.
type ghost struct {
	lane
	step int // where the change was made
	life int // of the run that it belongs to
	born time.Time
}

// burst is for how long several changes are one: turning a knob takes several presses.
const burst = 1500 * time.Millisecond

// toggleGhosts lets changes leave ghosts, or none.
func (m *Model) toggleGhosts() {
	m.ghosts = !m.ghosts
	if m.ghosts {
		m.say("from now on every change leaves a ghost: the run as it would be without it")
		return
	}
	for _, l := range m.lanes {
		m.banish(l)
	}
	m.say("no ghosts")
}

// banish ends a run's ghost.
func (m *Model) banish(l *lane) {
	if g := l.ghost; g != nil {
		m.beside(g.live.Stop) // a step of a large model may take long
		l.ghost = nil
	}
}

// change sends a command to a run, and leaves its ghost where these are wanted.
func (m *Model) change(l *lane, c train.Command) {
	if c.Key == "optimizer.lr" && strings.Contains(l.name, "ε") {
		l.name = "" // it names another rate
	}
	haunted := slices.ContainsFunc(m.awaiting, func(a awaited) bool { return a.from == l }) ||
		l.ghost != nil && time.Since(l.ghost.born) < burst
	if !m.ghosts || haunted {
		id, ok := l.live.Do(c)
		m.send(l, id, ok)
		return
	}
	answer := make(chan *train.Run, 1)
	id, ok := l.live.Fork(c, answer)
	if !m.send(l, id, ok) {
		return
	}
	m.await(l, answer, func(run *train.Run) {
		m.banish(l)
		g := &ghost{step: run.Step(), life: l.live.Snapshot().Life, born: time.Now()}
		live := train.LaunchRun(m.ctx, run, train.Unlimited, true, append(m.options[:len(m.options):len(m.options)], train.Budget(0))...) // it never goes back
		live.Follow(l.live)
		live.Pause(false)
		g.lane = lane{live: live, snap: live.Snapshot(), color: l.color, dark: l.dark, marker: '◌', name: "ghost"}
		if m.ascii {
			g.marker = '"'
		}
		l.ghost = g
	})
}

// haunt takes over the latest snapshots of the ghosts, and ends those whose run has gone back to before them.
func (m *Model) haunt(l *lane) {
	g := l.ghost
	if g == nil {
		return
	}
	step := l.snap.Step
	if s := l.snap.Seeking; s != nil { // the way there begins at a checkpoint, which may lie before the change
		step = s.Target
	}
	if l.snap.Life != g.life || step < g.step {
		m.banish(l)
		m.dirty = true
		return
	}
	if s := g.live.Snapshot(); s.Seq != g.snap.Seq {
		g.snap, m.dirty = s, true
	}
}

// bought says in words what the change has brought: the run's loss by the ghost's at the last step that both have reached.
func (m *Model) bought(l *lane) string {
	g := l.ghost
	step := min(l.snap.Step, g.snap.Step)
	a, b := lossOf(l.snap, step), lossOf(g.snap, step)
	text := fmt.Sprintf("untouched since %s: %s", grouped(g.step), value(b))
	switch {
	case step == g.step:
	case a-a != 0 && b-b == 0:
		text += " · the change made it diverge"
	case a > 0 && b > 0:
		text += " · the run is " + times(a/b)
	case a-a == 0 && b-b == 0:
		text += " · the run is at " + signed(a-b)
	}
	return text
}

// times writes a ratio of losses for people.
func times(ratio float64) string {
	switch {
	case math.Abs(ratio-1) < 5e-4:
		return "the same"
	case ratio < 1:
		return value(1/ratio) + "× lower"
	default:
		return value(ratio) + "× higher"
	}
}

// recentSteps is over how many steps losses of runs with noise are averaged before they are compared.
const recentSteps = 50

// lossOf is the run's loss at a step or, where each step sees another function, its mean over the steps before it. It is
// not finite where the run has diverged.
func lossOf(s *train.Snapshot, step int) float64 {
	switch {
	case step == s.Step && (!s.Stochastic || s.Loss-s.Loss != 0):
		return s.Loss
	case s.Stochastic:
		return meanAt(s, step)
	default:
		b, _ := s.History.At(max(bucketAt(s, step), 0))
		return b.Mean
	}
}

// meanAt is the mean loss over the last steps up to the given one.
func meanAt(s *train.Snapshot, step int) float64 {
	h := s.History
	sum, n := 0.0, 0.0
	for i := bucketAt(s, step); i >= 0; i-- {
		b, last := h.At(i)
		if last <= step-recentSteps && n > 0 {
			break
		}
		sum, n = sum+b.Mean, n+1
	}
	return sum / n
}

// bucketAt is the bucket of the history that the given step belongs to.
func bucketAt(s *train.Snapshot, step int) int {
	return min(step/max(s.History.Stride, 1), s.History.Len()-1)
}

// drawGhost draws a ghost on the picture, faintly, and a line from it to the run that it belongs to.
func (m *Model) drawGhost(o *plot.Overlay, l *lane, path []train.XY) {
	faint := m.dim()
	if !m.plain {
		faint = plot.Mix(m.onHeat(l), plot.RGB(128, 128, 136), 0.6)
	}
	o.Path(len(path), func(i int) (x, y float64) { return path[i].X, path[i].Y }, faint, false)
	if n := len(path); n > 0 {
		o.Marker(path[n-1].X, path[n-1].Y, l.ghost.marker, faint)
	}
}
