package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/ssh"
	"charm.land/wish/v2"
	"github.com/charmbracelet/colorprofile"

	"opttui/internal/paint"
	"opttui/internal/ui"
)

// visit is one session.
type visit struct {
	server  *Server
	visitor *visitor
	program *tea.Program
	lab     Lab
	frames  paint.Frames
	window  tea.View // as last shown

	idle, rest *time.Timer
	why        atomic.Pointer[string] // it ends, nil where the person ends it
	crashed    atomic.Bool
}

// guestMemory is how much each of a visitor's runs may use for going back in time.
const guestMemory = 1 << 20

// receive is the middleware that shows the lab. Wish's own for Bubble Tea goes round in circles when the client's
// connection is closed while its session goes on, takes windows of any size, and lets nobody in between.
func (s *Server) receive(next ssh.Handler) ssh.Handler {
	return func(sess ssh.Session) {
		v := visitorOf(sess.Context())
		if !v.late.Stop() {
			return // it is too late
		}
		// Most clients go by themselves when their session is over.
		defer func() { time.AfterFunc(s.limits.Grace, func() { v.Close() }) }()
		pty, term, _, _ := v.door.seen()
		switch {
		case sess.RawCommand() != "":
			wish.Fatalln(sess, "opttui serves its screen, and neither commands nor files: connect with ssh and without a command")
		case !pty:
			wish.Fatalln(sess, "opttui needs a terminal: connect from one, with ssh -t")
		case term == "" || term == "dumb":
			wish.Fatalln(sess, "opttui needs a terminal that can move its cursor: TERM is "+term)
		default:
			s.show(sess, v)
			next(sess)
		}
	}
}

// show runs a visitor's lab until it ends, and says why where it is not the person who ended it.
func (s *Server) show(sess ssh.Session, from *visitor) {
	_, term, env, at := from.door.seen()
	ctx, cancel := context.WithCancel(sess.Context())
	defer cancel()
	v := &visit{server: s, visitor: from, frames: paint.Frames{Screen: paint.NewScreen(sess)}}
	o := s.config.Options
	o.Memory = guestMemory
	o.Guest = &ui.Guest{Turns: s.turns.Party(), Pace: &s.pace}
	var err error
	if v.lab, err = s.config.New(ctx, o); err != nil {
		s.log.Error("no lab", "error", err)
		wish.Fatalln(sess, "opttui could not start, sorry")
		return
	}
	defer v.lab.Close()
	silent, loud := io.Pipe()
	defer loud.Close()
	v.program = tea.NewProgram(v,
		tea.WithInput(silent), tea.WithOutput(v.frames.Screen),
		tea.WithEnvironment(env), tea.WithColorProfile(colorprofile.Env(env)), tea.WithWindowSize(at.w, at.h),
		tea.WithContext(ctx), tea.WithoutSignalHandler(), tea.WithFPS(15)) // how soon the terminal is set up: frames are painted beside that
	if !s.begin(v) {
		return
	}
	defer s.over(v)
	v.listen(ctx, sess, term)
	began := time.Now()
	s.log.Info("begins", "visitor", from.name, "term", term, "size", fmt.Sprintf("%dx%d", at.w, at.h), "here", s.here.Load())
	why := v.run(ctx)
	switch {
	case ctx.Err() != nil:
		why = "the connection was lost"
	case why == "":
		why = "the person left"
	default:
		_, _ = io.WriteString(sess, "opttui: "+why+"\n")
	}
	s.log.Info("ends", "visitor", from.name, "why", why, "after", time.Since(began).Round(time.Second), "here", s.here.Load()-1)
	if v.crashed.Load() {
		_ = sess.Exit(1)
	}
}

// run is the program from its first frame to its last. It returns why it ended, "" where the person or the connection
// ended it.
func (v *visit) run(ctx context.Context) string {
	l := v.server.limits
	v.idle = time.AfterFunc(l.Idle, func() { v.end("no key was pressed for " + span(l.Idle) + ": good-bye") })
	v.rest = time.AfterFunc(l.Rest, func() { v.program.Send(ui.Rest{}) })
	longest := time.AfterFunc(l.Longest, func() { v.end("a visit may take " + span(l.Longest) + ": good-bye, and come again") })
	defer v.idle.Stop()
	defer v.rest.Stop()
	defer longest.Stop()

	over := make(chan struct{})
	resized := make(chan struct{})
	go func() {
		defer close(resized)
		v.resizes(ctx, over)
	}()
	_, err := v.program.Run()
	close(over)
	<-resized
	if errors.Is(err, tea.ErrProgramPanic) {
		v.fail("in Bubble Tea")
	}
	if why := v.why.Load(); why != nil {
		return *why
	}
	return ""
}

// resizeTime is the least time between two changes of size: each draws everything again.
const resizeTime = 50 * time.Millisecond

// resizes passes on the sizes of the terminal.
func (v *visit) resizes(ctx context.Context, over <-chan struct{}) {
	for {
		select {
		case to := <-v.visitor.door.sizes:
			v.program.Send(tea.WindowSizeMsg{Width: to.w, Height: to.h})
		case <-ctx.Done():
			return
		case <-over:
			return
		}
		select {
		case <-time.After(resizeTime):
		case <-over:
			return
		}
	}
}

// end ends the visit and says why. A terminal that takes nothing any more is cut off after a while.
func (v *visit) end(why string) {
	if !v.why.CompareAndSwap(nil, &why) {
		return
	}
	go v.program.Quit()
	time.AfterFunc(v.server.limits.Grace, func() { v.visitor.Close() })
}

// fail ends the visit for a defect of the program, which is logged.
func (v *visit) fail(defect any) {
	v.crashed.Store(true)
	v.server.log.Error("crashed", "visitor", v.visitor.name, "panic", fmt.Sprint(defect), "stack", string(debug.Stack()))
	v.end("this is a defect of the program, sorry: your session has ended, others go on")
}

// Init implements tea.Model.
func (v *visit) Init() (cmd tea.Cmd) {
	defer v.rescue(&cmd)
	return v.guarded(v.lab.Init())
}

// Update implements tea.Model: the lab's, within bounds.
func (v *visit) Update(msg tea.Msg) (same tea.Model, cmd tea.Cmd) {
	same = v // also where the lab panics
	defer v.rescue(&cmd)
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg, tea.MouseClickMsg, tea.MouseWheelMsg: // not what terminals say by themselves
		v.idle.Reset(v.server.limits.Idle)
		v.rest.Reset(v.server.limits.Rest)
	}
	_, cmd = v.lab.Update(msg)
	if !v.crashed.Load() {
		cmd = tea.Batch(cmd, v.frames.After(msg, v.lab))
	}
	return same, v.guarded(cmd)
}

// View implements tea.Model: the window, whose content is painted beside it.
func (v *visit) View() (last tea.View) {
	defer func() { last = paint.Blank(v.window) }() // also where the lab panics
	defer v.rescue(nil)
	if !v.crashed.Load() {
		v.window = v.lab.Window()
	}
	return last
}

// rescue turns a panic into the end of this visit.
func (v *visit) rescue(cmd *tea.Cmd) {
	p := recover()
	if p == nil {
		return
	}
	v.fail(p)
	if cmd != nil {
		*cmd = tea.Quit
	}
}

// guarded is a command whose panic ends this visit. Bubble Tea would print it as it is, past the log.
func (v *visit) guarded(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer func() {
			if p := recover(); p != nil {
				v.fail(p)
			}
		}()
		msg = cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i := range batch {
				batch[i] = v.guarded(batch[i])
			}
		}
		return msg
	}
}
