package ui

import (
	"fmt"
	"math"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"opttui/internal/plot"
	"opttui/internal/train"
)

// Canvas returns the screen as it is to be seen now. It is drawn again only when something has changed.
func (m *Model) Canvas() *plot.Canvas {
	if m.dirty {
		m.render()
	}
	return m.screen
}

func (m *Model) render() { m.redraw(m.draw) }

// Window is the view with nothing in it.
func (m *Model) Window() tea.View {
	return window(m.lane().snap.Problem.Title)
}

// View implements tea.Model.
func (m *Model) View() tea.View {
	return filled(m.Window(), m.Canvas())
}

// draw paints the whole screen onto the canvas.
func (m *Model) draw() {
	c := m.screen
	c.Clear()
	m.scape = rect{} // until a picture says where it is
	m.lay = arrange(m.w, m.h, m.demo.on)
	l := m.lay
	if l.shape == tooSmall {
		m.drawTooSmall()
		return
	}
	m.drawTitle(l.title)
	if l.shape != tiny {
		switch p := m.world.picture; {
		case p == pictureLandscape:
			m.drawLandscape(l.landscape)
		case p == pictureLine:
			m.drawLine(l.landscape)
		case p.plane():
			m.drawPlane(l.landscape)
		default:
			m.drawScores(l.landscape)
		}
		m.drawRuns(l.runs)
		m.drawTune(l.tune)
	}
	m.drawCurves(l.curves)
	m.drawGauges(l.gauges)
	m.drawCaption(l.caption)
	m.drawStatus(l.status)
	m.drawKeys(l.keys)
	switch {
	case m.help != nil:
		m.help.draw(&m.board)
	case m.picker != nil:
		m.picker.draw(&m.board)
	case m.formula != nil:
		m.formula.draw(m)
	case m.finder != nil:
		m.finder.draw(m)
	case m.sweeping != nil:
		m.sweeping.draw(m)
	}
}

// drawTitle is the line at the top: what runs, and how fast.
func (m *Model) drawTitle(r rect) {
	c, s := m.screen, m.lane().snap
	state := "▶ " + speedName(m.speed)
	if m.ascii {
		state = "> " + speedName(m.speed)
	}
	if m.paused {
		state = "‖ paused"
	} else if math.IsInf(m.speed, 1) && s.Speed > 0 {
		state = fmt.Sprintf("▶ %s steps/s", si(s.Speed))
	}
	if text := throughput(s); text != "" && m.lay.shape == wide {
		state += " · " + text
	}
	right := fmt.Sprintf("%s · step %s · seed %d", state, grouped(s.Step), s.Seed)
	if m.lay.shape == tiny {
		right = fmt.Sprintf("%s · step %s", state, grouped(s.Step))
	}
	right += m.audience() + "   ? keys "
	at := r.w - width(right)
	c.Text(at, r.y, right, m.dim(), m.faint())
	x := 1 + c.Text(1, r.y, "opttui", m.accent(), plot.Bold)
	title := s.Problem.Title
	if s.Spec.Formula != nil {
		title += " = " + m.line(s.Problem.Formula)
	}
	left := fmt.Sprintf(" · %s · %s · %s", title, dimension(s.Dim), s.Convention)
	c.Text(x, r.y, clip(left, at-x-1), 0, 0)
}

func dimension(n int) string {
	if n <= 3 {
		return fmt.Sprintf("%d-D", n)
	}
	return fmt.Sprintf("%d parameters", n)
}

// drawStatus is the line above the keys: the answer to the last key, or what is the matter.
func (m *Model) drawStatus(r rect) {
	if m.prompt != nil {
		m.prompt.draw(&m.board, r)
		return
	}
	if m.time != nil {
		m.drawTime(r)
		return
	}
	text, col, attr := m.status, plot.Color(0), plot.Attr(0)
	if m.refused {
		col, attr = m.warn(), plot.Bold
	}
	if text == "" || !m.refused && m.lane().advice != nil && time.Since(m.said) > answerTime {
		text, col = m.counsel()
	}
	m.screen.Text(r.x+1, r.y, clip(text, r.w-2), col, attr)
}

// answerTime is how long the answer to a key stands before advice.
const answerTime = 3 * time.Second

// counsel says what is the matter with a run, what the advice on the selected one is, else what its rule is about.
func (m *Model) counsel() (string, plot.Color) {
	if i := m.failing(); i >= 0 {
		s := m.lanes[i].snap
		switch s.Status {
		case train.Diverged:
			return fmt.Sprintf("run %d diverged at step %s: %d selects it, and A goes back and lowers ε", i+1, grouped(s.Step), i+1), m.warn()
		case train.Stopped:
			return fmt.Sprintf("run %d stopped at step %s: %s", i+1, grouped(s.Step), s.Err), m.warn()
		default:
			return fmt.Sprintf("run %d crashed, which is a defect of this program: %s. r restarts", i+1, firstLine(s.Err)), m.warn()
		}
	}
	s := m.lane().snap
	if text, color := m.advised(); text != "" {
		return text, color
	}
	switch {
	case s.Status == train.Stopped:
		return fmt.Sprintf("run %d stopped at step %s: %s", m.sel+1, grouped(s.Step), s.Err), m.warn()
	case s.Warning != "":
		return s.Warning, m.warn()
	}
	return fmt.Sprintf("%s: %s", s.Optimizer.Title, m.line(s.Optimizer.Advice)), m.dim()
}

// barOrder says which keys get into the bar first where not all fit: with help and quit in sight nobody is lost.
var barOrder = []string{"?", "q", "space", "o", "p", "← →", ">", "[ ]", "S", "a", "r", "n", "f", "A", "u", "b", "g", "t", "h", "E", "v", "z", "=", "F"}

// drawKeys is the bar at the bottom, made from the key table and in its order.
func (m *Model) drawKeys(r rect) {
	if m.gaze != nil {
		m.drawGaze(r)
		return
	}
	shown := map[string]bool{}
	room := r.w - 2
	for _, show := range barOrder {
		i := slices.IndexFunc(bindings, func(b binding) bool { return b.show == show })
		if need := width(show) + width(m.barWord(bindings[i])) + 3; need <= room {
			shown[show] = true
			room -= need
		}
	}
	x := r.x + 1
	for _, b := range bindings {
		if shown[b.show] {
			x += m.screen.Text(x, r.y, b.show, m.accent(), plot.Bold)
			x += m.screen.Text(x, r.y, " "+m.barWord(b)+"  ", m.dim(), m.faint())
		}
	}
}
