package ui

import (
	"fmt"
	"math"
	"slices"

	"opttui/internal/plot"
	"opttui/internal/train"
)

// Going back in time: u and U take the selected run some steps back, t opens a time line to go along. What lies ahead is
// drawn faintly; going on from there in another way makes a branch of it.

// rewind takes the selected run n steps back and pauses.
func (m *Model) rewind(n int) {
	l := m.lane()
	if l.snap.Step == 0 && l.snap.Seeking == nil {
		m.refuse("run %d is at its beginning", m.sel+1)
		return
	}
	m.pauseAll()
	id, ok := l.live.Rewind(n)
	if m.send(l, id, ok) {
		m.say("run %d: %d steps back; space goes on from there, t goes along its time, ahead is faint", m.sel+1, min(n, l.snap.Step))
	}
}

// halt is the key esc: runs that are on a long way to another step stay where they are.
func (m *Model) halt() {
	for _, l := range m.lanes {
		if l.snap.Seeking != nil {
			id, ok := l.live.Halt()
			m.send(l, id, ok)
		}
	}
}

// pauseAll rests all runs.
func (m *Model) pauseAll() {
	if !m.paused {
		m.togglePause()
	}
}

// back is the key u: what a finder or a sweep has set is taken back at once, else the run goes 10 steps back.
func (m *Model) back() {
	if m.undo != nil {
		m.takeBack()
		return
	}
	m.rewind(10)
}

// timeLine is open while a person goes along the time of a run.
type timeLine struct {
	lane *lane
	life int // of the run
	end  int // its last step
}

func (m *Model) openTime() {
	l := m.lane()
	end := l.snap.Step
	if a := l.snap.Ahead; a != nil {
		end = max(end, a.End)
	}
	if end == 0 {
		m.refuse("run %d is at its beginning", m.sel+1)
		return
	}
	m.pauseAll()
	m.time = &timeLine{lane: l, life: l.snap.Life, end: end}
}

// notch is how many steps an arrow goes.
func (t *timeLine) notch() int { return max(1, t.end/50) }

// key goes along the time line. Keys that it does not know close it and do what they always do.
func (t *timeLine) key(m *Model, k string) (done bool) {
	live := t.lane.live
	var id uint64
	var ok bool
	switch k {
	case "left":
		id, ok = live.Rewind(t.notch())
	case "right":
		id, ok = live.Forward(t.notch())
	case "down":
		id, ok = live.Rewind(1)
	case "up":
		id, ok = live.Forward(1)
	case "home":
		id, ok = live.GoTo(0)
	case "end":
		id, ok = live.GoTo(t.end)
	case "esc":
		id, ok = live.GoTo(t.end)
		m.time = nil
	case "t", "enter":
		m.time = nil
		return true
	default:
		m.time = nil
		return false
	}
	m.send(t.lane, id, ok)
	return true
}

// drawTime is the time line, in the place of the status.
func (m *Model) drawTime(r rect) {
	t := m.time
	s := t.lane.snap
	at := s.Step
	if s.Seeking != nil {
		at = s.Seeking.Target
	}
	x := r.x + 1
	x += m.screen.Text(x, r.y, "time ", m.accent(), plot.Bold)
	text := fmt.Sprintf("  step %s of %s · ← → by %s · ↑ ↓ one · enter stays here · esc to the end", grouped(at), grouped(t.end), grouped(t.notch()))
	bar := min(40, max(r.w-width(text)-8, 10))
	line, knob := '─', '●'
	for i := range bar {
		m.screen.Set(x+i, r.y, plot.Cell{R: line, FG: m.dim(), A: m.faint()})
	}
	m.screen.Set(x+int(math.Round(float64(at)/float64(max(t.end, 1))*float64(bar-1))), r.y, plot.Cell{R: knob, FG: m.tint(t.lane), A: plot.Bold})
	m.screen.Text(x+bar, r.y, clip(text, r.w-bar-7), 0, 0)
}

// branch begins another run from where the selected one is.
func (m *Model) branch() {
	if len(m.lanes) == MaxRuns {
		m.refuse("a race has %d runs at the most: x removes one", MaxRuns)
		return
	}
	from, number := m.lane(), m.sel+1
	answer := make(chan *train.Run, 1)
	id, ok := from.live.Branch(answer)
	if !m.send(from, id, ok) {
		return
	}
	m.await(from, answer, func(run *train.Run) {
		if len(m.lanes) == MaxRuns {
			return
		}
		step := run.Step()
		m.show(train.LaunchRun(m.ctx, run, m.speed, m.paused, m.options...))
		m.sel = len(m.lanes) - 1
		m.lane().name, m.lane().named = from.name, from.named
		m.lane().origin = fmt.Sprintf("branched off run %d at step %s", number, grouped(step))
		m.say("run %d branches off run %d at step %s: turn something", m.sel+1, number, grouped(step))
	})
}

// awaited is a copy of a run that has been asked for.
type awaited struct {
	from   *lane
	id     uint64
	answer <-chan *train.Run
	then   func(*train.Run)
}

// await does something with a copy of a run when it comes.
func (m *Model) await(from *lane, answer <-chan *train.Run, then func(*train.Run)) {
	m.awaiting = append(m.awaiting, awaited{from, from.sent, answer, then})
}

// collect takes the copies that have come. Those whose message was refused never come.
func (m *Model) collect() {
	var left []awaited
	for _, a := range m.awaiting {
		if !slices.Contains(m.lanes, a.from) {
			continue
		}
		applied := a.from.live.Snapshot().Applied
		select {
		case run := <-a.answer:
			a.then(run)
			m.dirty = true
		default:
			if applied < a.id {
				left = append(left, a)
			}
		}
	}
	m.awaiting = left
	if t := m.time; t != nil && (!slices.Contains(m.lanes, t.lane) || t.lane.live.Snapshot().Life != t.life) {
		m.time = nil
	}
}
