package serve

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
	gossh "golang.org/x/crypto/ssh"

	"opttui/internal/plot"
	"opttui/internal/ui"
)

// seat is the lab of a lecture as its driver has it.
type seat struct {
	lecture *lecture
	visit   *visit
	screen  plot.Canvas // as last drawn
	window  tea.View    // as last shown
	version uint64      // of the screen
}

// beat is a message that lets a program look for something new.
type beat struct{}

func beatAfter(d time.Duration) tea.Cmd {
	return tea.Tick(d, func(time.Time) tea.Msg { return beat{} })
}

// Init implements tea.Model.
func (s *seat) Init() tea.Cmd {
	s.lecture.sit(s)
	return tea.Batch(beatAfter(time.Second/ui.FPS), tea.RequestBackgroundColor)
}

// Update implements tea.Model. What comes from a seat that somebody else has taken does nothing. While the driver is there,
// the runs go on without keys: people talk.
func (s *seat) Update(msg tea.Msg) (same tea.Model, cmd tea.Cmd) {
	switch msg.(type) {
	case beat:
		return s, beatAfter(time.Second / ui.FPS)
	case ui.Rest:
		return s, nil
	}
	l := s.lecture
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.rescue()
	if l.driver != s {
		return s, nil
	}
	_, cmd = l.lab.Update(msg)
	l.see()
	return s, cmd
}

// Canvas implements paint.Model. It is the seat's own: the lab may be drawn again meanwhile, for who has taken it over.
func (s *seat) Canvas() (last *plot.Canvas) {
	last = &s.screen // also where the lab panics
	l := s.lecture
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.rescue()
	if l.driver == s && s.version != l.version {
		s.version = l.version
		s.screen.Assign(l.lab.Frame())
	}
	return last
}

// Window implements paint.Model.
func (s *seat) Window() (last tea.View) {
	defer func() { last = s.window }() // also where the lab panics
	l := s.lecture
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.rescue()
	if l.driver == s {
		s.window = l.lab.Window()
	}
	return s.window
}

// View implements tea.Model.
func (s *seat) View() tea.View { return s.Window() }

// Close implements Lab. The lab stays.
func (s *seat) Close() {
	s.lecture.mu.Lock()
	defer s.lecture.mu.Unlock()
	s.lecture.stand(s)
}

// attend cuts a client off that does not answer any more. In a lecture nobody has to press keys, and a computer that sleeps
// would keep its place for hours.
func (v *visit) attend(ctx context.Context, conn gossh.Conn) {
	for {
		select {
		case <-time.After(v.server.limits.Answer):
		case <-ctx.Done():
			return
		}
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			_, _, _ = conn.SendRequest("keepalive@openssh.com", true, nil) // to which clients answer that they do not know it
		}()
		select {
		case <-answered:
		case <-time.After(v.server.limits.Answer):
			v.visitor.Close()
			return
		case <-ctx.Done():
			return
		}
	}
}
