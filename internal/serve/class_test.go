package serve

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	gossh "golang.org/x/crypto/ssh"

	"opttui/internal/plot"
	"opttui/internal/problems"
	"opttui/internal/ui"
)

// spy is the lab of a lecture that counts what is done with it, and panics where it is told to.
type spy struct {
	*ui.Model
	closed chan struct{}

	mu      sync.Mutex
	keys    string // that have reached it
	frames  int    // that differ
	drawn   map[look]int
	panicAt int    // the width at which drawing for viewers panics
	trouble string // what panics next: "advance" or "frame"
}

// look is a frame for viewers.
type look struct {
	mirror *ui.Mirror
	gaze   ui.Gaze
	frame  int
}

func (s *spy) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		s.mu.Lock()
		s.keys += k.String() + " "
		s.mu.Unlock()
		if k.String() == "ctrl+u" {
			panic("in update\x1b[31m")
		}
	}
	return s.Model.Update(msg)
}

func (s *spy) Advance(now time.Time) {
	s.raise("advance")
	s.Model.Advance(now)
}

func (s *spy) Frame() *plot.Canvas {
	s.raise("frame")
	return s.Model.Frame()
}

func (s *spy) raise(where string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trouble == where {
		s.trouble = ""
		panic(where)
	}
}

func (s *spy) Changed() bool {
	changed := s.Model.Changed()
	s.mu.Lock()
	defer s.mu.Unlock()
	if changed {
		s.frames++
	}
	return changed
}

func (s *spy) Reflect(r *ui.Mirror, g ui.Gaze) ui.Sight {
	sight := s.Model.Reflect(r, g)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drawn[look{r, g, s.frames}]++
	if first, _, _ := strings.Cut(textOf(sight.Canvas), "\n"); s.panicAt > 0 && len([]rune(first)) > 0 && widthOf(textOf(sight.Canvas)) == s.panicAt {
		panic("in a mirror")
	}
	return sight
}

// widthOf is how many columns the last line has: it is text alone.
func widthOf(content string) int {
	lines := strings.Split(content, "\n")
	return len([]rune(stripped(lines[len(lines)-1])))
}

func (s *spy) Close() {
	s.Model.Close()
	close(s.closed)
}

func (s *spy) has(keys string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.keys, keys)
}

func (s *spy) stumble(where string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = where
}

// stripped is text without escape sequences.
func stripped(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\x1b' {
			b.WriteByte(s[i])
			continue
		}
		for i++; i < len(s) && (s[i] < '@' || s[i] > '~' || s[i] == '['); i++ {
		}
	}
	return b.String()
}

// shows waits until the screen has some text in it. The program sends what changes alone, so the terminal gets another size
// and back until everything has been drawn.
func (c *client) shows(text string) {
	c.t.Helper()
	last := ""
	i := 0
	until(c.t, "there is no "+text, func() bool {
		i++
		c.out.clear()
		if err := c.sess.WindowChange(c.h, c.w-i%2); err != nil {
			c.t.Fatalf("there is no %q, and the session has ended, in %.3000q", text, last)
		}
		for range 20 << min(i-1, 10) { // a slow machine is given time to draw everything
			time.Sleep(10 * time.Millisecond)
			last = stripped(c.out.String())
			if strings.Contains(last, text) {
				return true
			}
		}
		return false
	})
}

// esc is the key, which no other can be taken to belong to.
const esc = "\x1b[27u"

// class is a lecture under test.
type class struct {
	*hub
	stages          chan *spy
	driver, student gossh.Signer
}

// gather begins a lecture. Its race is paused, once the first driver has come, by the key p of that driver.
func gather(t *testing.T, c Config) *class {
	t.Helper()
	g := &class{stages: make(chan *spy, 10), driver: newKey(t), student: newKey(t)}
	c.Lecture = true
	c.Keys = keysOf(g.student)
	c.Keys.add(g.driver.PublicKey(), Driver, 7)
	if c.Limits.Grace == 0 {
		c.Limits.Grace = patience
	}
	c.Options.Runs = ui.DefaultRuns(problems.Ref{Name: "beale"}, 0)
	c.Stage = func(ctx context.Context, o ui.Options) (Stage, error) {
		m, err := ui.New(ctx, o)
		if err != nil {
			return nil, err
		}
		s := &spy{Model: m, closed: make(chan struct{}), drawn: map[look]int{}}
		g.stages <- s
		return s, nil
	}
	g.hub = begin(t, c)
	return g
}

// drive connects as the driver.
func (g *class) drive(t *testing.T, w, h int) *client {
	t.Helper()
	c := g.connect(t, gossh.PublicKeys(g.driver)).shell("xterm-256color", w, h)
	c.see("quit") // the first frame is drawn as a whole
	return c
}

// watch connects as a viewer.
func (g *class) watch(t *testing.T, w, h int) *client {
	t.Helper()
	c := g.connect(t, gossh.PublicKeys(g.student)).shell("xterm-256color", w, h)
	c.see("leave")
	return c
}

// asking is keyboard-interactive authentication that is never asked anything.
func asking(t *testing.T) gossh.AuthMethod {
	return gossh.KeyboardInteractive(func(_, _ string, questions []string, _ []bool) ([]string, error) {
		if len(questions) > 0 {
			t.Errorf("asked %q", questions)
		}
		return nil, nil
	})
}

// borrowed is somebody else's public key: it can be offered, but nothing can be signed by it.
type borrowed struct{ gossh.Signer }

func (borrowed) Sign(io.Reader, []byte) (*gossh.Signature, error) { return nil, errors.New("not mine") }

// textOf is what a canvas shows.
func textOf(c *plot.Canvas) string { return strings.Join(c.Rows(), "\n") }
