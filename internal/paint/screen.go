// Package paint brings canvases onto a terminal that Bubble Tea has set up.
//
// Bubble Tea's own renderer takes a frame as one string, which it parses into cells and compares with those that are shown:
// at 200×60 that takes ten times as long as to draw the frame, and the cells keep old strings in memory. Here the cells are
// there already. So Bubble Tea does what it does best (keys, messages, modes of the terminal, and the way back out of them)
// with a window that has no content, and what is in the window is painted beside it.
package paint

import (
	"bytes"
	"io"
	"sync"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"opttui/internal/plot"
)

// Screen is a terminal for a program of Bubble Tea, which writes to it, and for the canvases of its model. All methods may
// be called from any goroutine.
type Screen struct {
	writing sync.Mutex // held while something is written to out
	out     io.Writer

	mu      sync.Mutex
	painter plot.Painter
	ready   bool   // it is known what the terminal can show
	on      bool   // the alternate screen is
	whole   bool   // the terminal shows a frame at once
	busy    bool   // a frame is on its way
	frame   []byte // that one
	other   int    // counts what Bubble Tea has written
}

// NewScreen returns the screen of a terminal.
func NewScreen(out io.Writer) *Screen { return &Screen{out: out} }

// Profile says what the terminal can show. Nothing is painted before that.
func (s *Screen) Profile(p colorprofile.Profile) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.painter.Profile(p)
	s.ready = true
}

// Whole says that the terminal can be told where a frame begins and ends (DEC's private mode 2026), so that none is seen
// half painted.
func (s *Screen) Whole() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.whole = true
}

// Again lets the next frame be painted whole: the terminal may show something else.
func (s *Screen) Again() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.painter.Forget()
}

// Paint shows the canvas. It does not wait for the terminal: it reports that it is late, and shows nothing, where the last
// frame is still on its way or the screen not there yet.
func (s *Screen) Paint(c *plot.Canvas) (late bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.busy || !s.ready:
		return true
	case !s.on: // it is shown as soon as the screen is there
		s.frame = s.painter.Paint(s.frame[:0], c)
		return true
	}
	frame := s.frame[:0]
	if s.whole {
		frame = append(frame, ansi.SetModeSynchronizedOutput...)
	}
	head := len(frame)
	frame = s.painter.Paint(frame, c)
	if s.frame = frame; len(frame) == head {
		return false
	}
	if s.whole {
		s.frame = append(frame, ansi.ResetModeSynchronizedOutput...)
	}
	s.busy = true
	go s.send(s.other)
	return false
}

// send writes the frame, unless Bubble Tea has written something since it was painted.
func (s *Screen) send(other int) {
	s.writing.Lock()
	s.mu.Lock()
	stale := other != s.other
	s.mu.Unlock()
	if !stale {
		_, _ = s.out.Write(s.frame) // Bubble Tea finds out by itself when the terminal has gone
	}
	s.writing.Unlock()
	s.mu.Lock()
	s.busy = false
	s.mu.Unlock()
}

// What Bubble Tea writes to come to the screen and to leave it.
var (
	enter = []byte(ansi.SetModeAltScreenSaveCursor)
	leave = []byte(ansi.ResetModeAltScreenSaveCursor)
)

// Write passes on what Bubble Tea writes. It may have blanked the screen with that, so the frame follows once more.
func (s *Screen) Write(p []byte) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	all := s.follow(p)
	n, err := s.out.Write(all)
	return min(n, len(p)), err
}

// follow returns what is to be written with p.
func (s *Screen) follow(p []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.other++
	if on, off := bytes.LastIndex(p, enter), bytes.LastIndex(p, leave); on != off {
		s.on = on > off
	}
	if !s.on || !s.ready {
		return p
	}
	return s.painter.Again(bytes.Clone(p))
}
