package ui

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"opttui/internal/curvature"
	"opttui/internal/train"
)

// gauges measure the curvature where the selected run is, one measurement at a time, in goroutines of their own.
type gauges struct {
	shown bool // the axes and rates are drawn on the picture

	measurer curvature.Measurer // used by one measurement after the other
	busy     atomic.Bool
	due      atomic.Int64 // when the next measurement may begin, in nanoseconds
	found    atomic.Pointer[measured]
	seen     *measured // by the last frame
}

// measured is what came out, and of what.
type measured struct {
	live   *train.Live
	asked  uint64 // number of the message: it shows all that was sent before
	report *curvature.Report
	scale  []float64 // what the rule multiplies the gradient with, by coordinate; nil where it does not
}

// gaugeTime is how often the curvature is measured at the most.
const gaugeTime = 100 * time.Millisecond

// rarest is how old a measurement gets at the most, before the next begins.
const rarest = 8 * time.Second

// gauge begins a measurement where one is due.
func (m *Model) gauge() {
	g, l := m.gauges, m.lane()
	if f := g.found.Load(); f != g.seen {
		g.seen, m.dirty = f, true
	}
	another := g.seen == nil || g.seen.live != l.live
	if g.busy.Load() || g.current(l) || !another && !resting(l.snap) && time.Now().UnixNano() < g.due.Load() {
		return
	}
	pause, turns := m.rest(), m.guest.turns()
	g.busy.Store(true)
	m.beside(func() { g.run(m.ctx, l.live, turns, pause) })
}

// rest is how many times as long as a measurement takes nothing is measured after it. Runs that go as fast as they can are
// to lose less than 3 %, also where two processors are two halves of one; so are the others where a guest measures.
func (m *Model) rest() time.Duration {
	if m.guest != nil || slices.ContainsFunc(m.lanes, func(l *lane) bool { return !resting(l.snap) && l.snap.Rate > slow }) {
		return 40
	}
	return 1
}

// slow is how many steps a second leave a processor idle most of the time.
const slow = 1000

func (g *gauges) run(ctx context.Context, live *train.Live, turns *train.Turns, pause time.Duration) {
	defer g.busy.Store(false)
	answer := make(chan *train.Probe, 1)
	id, ok := live.Probe(answer)
	if !ok {
		return
	}
	var probe *train.Probe
	select {
	case probe = <-answer:
	case <-live.Stopped():
	case <-ctx.Done():
	}
	g.measurer.Done = ctx.Done()
	begin := time.Now()
	f := &measured{live: live, asked: id}
	defer func() {
		if recover() != nil { // no gauge is worth the program
			f.report = nil
		}
		g.found.Store(f)
		end := time.Now()
		g.due.Store(end.Add(max(gaugeTime, min(pause*end.Sub(begin), rarest))).UnixNano())
	}()
	if probe != nil {
		_, end := turns.Share(ctx)
		defer end()
		f.scale = probe.Scale
		f.report = g.measurer.Measure(probe)
	}
}

// resting tells whether a run takes no steps.
func resting(s *train.Snapshot) bool { return s.Status != train.Running }

// current tells whether the last measurement shows the run as it is.
func (g *gauges) current(l *lane) bool {
	f := g.found.Load()
	return f != nil && f.live == l.live && f.asked > l.sent && (f.report == nil || f.report.Step == l.snap.Step)
}

// stale tells whether the last measurement is older than the last key.
func (g *gauges) stale(l *lane) bool {
	return g.seen == nil || g.seen.live != l.live || g.seen.asked <= l.sent
}

// settled tells whether a resting run has been measured as it is, and the last frame knows of it.
func (g *gauges) settled(l *lane) bool {
	return !g.busy.Load() && g.current(l) && g.found.Load() == g.seen
}

// report is the last measurement of the selected run, which may be some steps old; nil where there is none.
func (m *Model) report() *curvature.Report {
	l := m.lane()
	if f := m.gauges.seen; f != nil && f.live == l.live && f.report != nil && f.report.Step <= l.snap.Step {
		return f.report
	}
	return nil
}
