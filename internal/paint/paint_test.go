package paint

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"go.uber.org/goleak"

	"opttui/internal/plot"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wire is a terminal that keeps what is written. While it is held, writing waits.
type wire struct {
	held sync.Mutex

	mu  sync.Mutex
	all bytes.Buffer
}

func (w *wire) Write(p []byte) (int, error) {
	w.held.Lock()
	defer w.held.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.Write(p)
}

// taken is what was written since the last call.
func (w *wire) taken() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.all.Reset()
	return w.all.String()
}

func page(text string) *plot.Canvas {
	c := plot.NewCanvas(20, 2)
	c.Text(0, 0, text, 0, 0)
	return c
}

// write is what Bubble Tea writes.
func write(t *testing.T, s *Screen, text string) {
	t.Helper()
	if n, err := s.Write([]byte(text)); n != len(text) || err != nil {
		t.Errorf("%d bytes of %q are written: %v", n, text, err)
	}
}

func TestScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wire
		s := NewScreen(&w)
		expect := func(want string) {
			t.Helper()
			synctest.Wait()
			if got := w.taken(); got != want {
				t.Errorf("%q is written, want %q", got, want)
			}
		}
		paint := func(text string, late bool) {
			t.Helper()
			if s.Paint(page(text)) != late {
				t.Errorf("painting %q: late %v", text, !late)
			}
		}
		paint("a", true) // nobody knows the terminal
		s.Profile(colorprofile.TrueColor)
		paint("b", true) // the screen is not there
		expect("")
		write(t, s, "modes"+string(enter))
		expect("modes" + string(enter) + "\x1b[1Hb\x1b[K\x1b[2H\x1b[K")
		paint("b", false)
		expect("")
		paint("c", false)
		expect("\x1b[1Hc")
		write(t, s, "title")
		expect("title\x1b[1Hc\x1b[K\x1b[2H\x1b[K")
		s.Whole()
		paint("d", false)
		expect(ansi.SetModeSynchronizedOutput + "\x1b[1Hd" + ansi.ResetModeSynchronizedOutput)
		write(t, s, string(leave))
		expect(string(leave))
		paint("e", true)
		expect("")
	})
}

// A terminal that takes nothing holds up neither the program nor what comes after: the frame that is on its way is the last
// but one, whatever was to be painted meanwhile.
func TestSlowTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wire
		s := NewScreen(&w)
		s.Profile(colorprofile.TrueColor)
		write(t, s, string(enter))
		w.held.Lock()
		s.Paint(page("a"))
		for _, text := range []string{"b", "c", "d"} {
			if !s.Paint(page(text)) {
				t.Errorf("%q does not wait", text)
			}
		}
		w.held.Unlock()
		synctest.Wait()
		w.taken()
		s.Paint(page("d"))
		synctest.Wait()
		if got := w.taken(); got != "\x1b[1Hd" {
			t.Errorf("%q is written", got)
		}
	})
}

// A frame that was painted before Bubble Tea left the screen does not come after it.
func TestNothingAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wire
		s := NewScreen(&w)
		s.Profile(colorprofile.TrueColor)
		write(t, s, string(enter))
		s.writing.Lock() // Bubble Tea is about to write
		s.Paint(page("a"))
		s.follow(leave)
		s.writing.Unlock()
		synctest.Wait()
		if got := w.taken(); strings.Contains(got, "a") {
			t.Errorf("%q is written", got)
		}
	})
}

// counter is a model that shows how many messages it had.
type counter struct{ messages, drawn int }

func (c *counter) Init() tea.Cmd { return nil }

func (c *counter) Update(tea.Msg) (tea.Model, tea.Cmd) { c.messages++; return c, nil }

func (c *counter) View() tea.View { return c.Window() }

func (c *counter) Window() tea.View { return tea.View{AltScreen: true, WindowTitle: "counter"} }

func (c *counter) Canvas() *plot.Canvas {
	c.drawn++
	return page(strings.Repeat("x", c.messages%20))
}

// Of many messages the first is shown at once and the last as soon as there is time for another frame.
func TestFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wire
		s := NewScreen(&w)
		write(t, s, string(enter))
		c := &counter{}
		m := On(s, c)
		if v := m.View(); v.WindowTitle != "counter" || !v.AltScreen || strings.TrimSpace(v.Content) != "" || v.Content == "" {
			t.Errorf("Bubble Tea shows %+v", v)
		}
		m.Update(tea.ColorProfileMsg{Profile: colorprofile.TrueColor})
		synctest.Wait()
		if got := w.taken(); !strings.Contains(got, "x") {
			t.Errorf("the first message shows %q", got)
		}
		drawn := c.drawn
		var later tea.Cmd
		for range 10 {
			if _, cmd := m.Update(tea.KeyPressMsg{}); cmd != nil {
				if later != nil {
					t.Error("more than one look is asked for")
				}
				later = cmd
			}
		}
		synctest.Wait()
		if got := w.taken(); got != "" || c.drawn != drawn {
			t.Errorf("%q is written too soon", got)
		}
		begin := time.Now()
		_, cmd := m.Update(later())
		if waited := time.Since(begin); waited > Gap {
			t.Errorf("the last message is shown after %v", waited)
		}
		synctest.Wait()
		if got := w.taken(); !strings.Contains(got, "xxxxxxxxxx") || cmd != nil {
			t.Errorf("the last message shows %q", got)
		}
	})
}

// What something else has written over is painted anew by ctrl-l.
func TestPaintedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wire
		s := NewScreen(&w)
		s.Profile(colorprofile.TrueColor)
		write(t, s, string(enter))
		c := &counter{}
		m := On(s, c)
		m.Update(struct{}{})
		time.Sleep(2 * Gap)
		synctest.Wait()
		w.taken()
		m.Update(tea.KeyPressMsg{Code: 'l', Mod: tea.ModCtrl})
		synctest.Wait()
		if got := w.taken(); !strings.Contains(got, "xx\x1b[K\x1b[2H\x1b[K") {
			t.Errorf("ctrl-l writes %q", got)
		}
	})
}
