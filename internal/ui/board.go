package ui

import (
	"fmt"
	"strings"
	"time"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"opttui/internal/plot"
)

// board is what all screens have: a canvas, how to draw on it for what the terminal can show, and the line in which the
// person is answered and asked.
type board struct {
	w, h   int
	mode   plot.Mode
	light  bool // the terminal's background is light
	ascii  bool
	plain  bool // the terminal has no colours
	screen *plot.Canvas
	dirty  bool // something has changed since it was drawn

	guest   *Guest // nil for the owner of the machine
	prompt  *prompt
	picker  *picker
	help    *help
	status  string // what the last key did or why it was refused
	refused bool
	said    time.Time // when

	gaze *gaze // of somebody who looks on; nil for the person whose screen it is
}

// learn takes in what the terminal says of itself, and reports whether the message was about that.
func (b *board) learn(msg tea.Msg) bool {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		b.resize(msg.Width, msg.Height)
	case tea.ColorProfileMsg:
		b.setMode(msg.Profile)
	case tea.BackgroundColorMsg:
		b.light = !msg.IsDark()
	default:
		return false
	}
	b.dirty = true
	return true
}

// drawTooSmall is all there is room for on a terminal that is too small.
func (b *board) drawTooSmall() {
	b.screen.Text(0, 0, fmt.Sprintf("%d×%d needed, this is %d×%d", minWidth, minHeight, b.w, b.h), 0, 0)
}

// setMode chooses how to draw for what the terminal can show.
func (b *board) setMode(p colorprofile.Profile) {
	b.plain = p <= colorprofile.ASCII
	switch {
	case b.ascii:
		b.mode = plot.ASCII
	case p <= colorprofile.ANSI: // sixteen colours make no heat map, but they do tell runs apart
		b.mode = plot.Mono
	default:
		b.mode = plot.Colour
	}
}

func (b *board) resize(w, h int) {
	b.w, b.h = max(w, 0), max(h, 0)
	b.screen.Resize(b.w, b.h)
}

// redraw draws all of the screen.
func (b *board) redraw(draw func()) {
	b.dirty = false
	b.screen.Resize(b.w, b.h)
	draw()
	if b.ascii {
		toASCII(b.screen)
	}
}

// window is a view with nothing in it.
func window(title string) tea.View {
	return tea.View{AltScreen: true, MouseMode: tea.MouseModeCellMotion, WindowTitle: "opttui · " + title}
}

// filled is a view with what is on the canvas.
func filled(v tea.View, c *plot.Canvas) tea.View {
	v.Content = strings.Join(c.Rows(), "\n")
	return v
}

// say puts a message into the status line, where it stays until the next key.
func (b *board) say(format string, args ...any) {
	b.status, b.refused, b.said = fmt.Sprintf(format, args...), false, time.Now()
	b.dirty = true
}

// refuse says why something was not done.
func (b *board) refuse(format string, args ...any) {
	b.status, b.refused = fmt.Sprintf(format, args...), true
	b.dirty = true
}

// markerOf is the sign of the run with a colour.
func (b *board) markerOf(i int) rune {
	if b.ascii {
		return plot.RunMarkerASCII(i)
	}
	return plot.RunMarker(i)
}

// blank empties a chart for the next frame; it keeps its axes.
func (b *board) blank(c *plot.Chart) {
	c.Series, c.Marks = c.Series[:0], c.Marks[:0]
	c.XRange, c.YRange = [2]float64{}, [2]float64{}
	c.Mode = b.mode
	c.Light = b.light
}

// ask opens a prompt in place of the status line.
func (b *board) ask(label, hint string, take func(text string) error) tea.Cmd {
	in := b.newInput(40)
	cmd := in.Focus()
	b.prompt = &prompt{label: label, hint: hint, input: in, take: take}
	return cmd
}

// newInput is a text field for so many characters.
func (b *board) newInput(limit int) textinput.Model {
	in := textinput.New()
	in.Prompt = ""
	in.CharLimit = limit
	in.KeyMap.Paste.SetEnabled(b.guest == nil) // it starts a program that reads the clipboard of this machine
	return in
}
