package paint

import (
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"opttui/internal/plot"
)

// Model is a model of Bubble Tea that draws on a canvas.
type Model interface {
	tea.Model
	Canvas() *plot.Canvas // as it is to be seen now; the next call may change it
	Window() tea.View     // the view with nothing in it
}

// Gap is the least time between two frames: whoever holds a key sees no more of them than can be seen.
const Gap = time.Second / 60

// Frames paints what a model shows. It is used by Bubble Tea's one goroutine.
type Frames struct {
	Screen *Screen

	painted time.Time // when the last frame was drawn, whether or not it is another one
	owed    bool      // a look is on its way
}

// look is a message after which there is time for another frame.
type look struct{}

// After is to be called when the model has taken a message. It paints a frame, or returns what sends another message when
// there is time for one.
func (f *Frames) After(msg tea.Msg, m Model) tea.Cmd {
	switch msg := msg.(type) {
	case tea.ColorProfileMsg:
		f.Screen.Profile(msg.Profile)
	case tea.ModeReportMsg:
		if msg.Mode == ansi.ModeSynchronizedOutput && msg.Value == ansi.ModeReset {
			f.Screen.Whole()
		}
	case tea.KeyPressMsg:
		if msg.String() == "ctrl+l" { // something else has written to the terminal
			f.Screen.Again()
		}
	case look:
		f.owed = false
	}
	now := time.Now()
	wait := Gap - now.Sub(f.painted)
	if wait <= 0 {
		f.painted = now
		if !f.Screen.Paint(m.Canvas()) {
			return nil
		}
		wait = Gap
	}
	if f.owed {
		return nil
	}
	f.owed = true
	return tea.Tick(wait, func(time.Time) tea.Msg { return look{} })
}

// On returns the model as one whose frames are painted on the screen, which must be the program's output.
func On(s *Screen, m Model) tea.Model { return &painted{m, Frames{Screen: s}} }

// painted is a model on a screen.
type painted struct {
	Model
	frames Frames
}

// Update implements tea.Model.
func (p *painted) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	_, cmd := p.Model.Update(msg)
	return p, tea.Batch(cmd, p.frames.After(msg, p.Model))
}

// View implements tea.Model.
func (p *painted) View() tea.View { return Blank(p.Window()) }

// Blank is a window for Bubble Tea, whose content is painted beside it. Without any content at all Bubble Tea would clear the
// screen again and again.
func Blank(window tea.View) tea.View {
	window.Content = " "
	return window
}
