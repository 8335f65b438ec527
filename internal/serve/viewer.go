package serve

import (
	"context"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"opttui/internal/plot"
	"opttui/internal/ui"
)

// viewer is somebody who looks on in a lecture, and may go on with a branch of their own meanwhile.
type viewer struct {
	lecture *lecture
	visit   *visit
	ctx     context.Context
	counted bool      // among those who look on
	due     time.Time // the next beat

	terminal ui.Terminal
	held     ui.Terminal // of whose mirror
	gaze     ui.Gaze
	title    string             // of the window
	opened   bool               // there is something over the screen that scrolls
	told     map[string]tea.Msg // of the terminal, for a lab that begins later

	asked   *ui.Branch // that is to come
	until   time.Time  // how long it is waited for
	next    time.Time  // the next one may be asked for
	own     Lab        // nil in the lecture
	closing sync.WaitGroup
}

const (
	branchWait = 10 * time.Second // for a copy of a run, which may be on its way to another step
	branchTime = 2 * time.Second  // between two branches of a viewer: each is a copy of the run
)

func (l *lecture) viewer(ctx context.Context, v *visit) *viewer {
	_, _, env, _ := v.visitor.door.seen()
	w := &viewer{lecture: l, visit: v, ctx: ctx, told: map[string]tea.Msg{}}
	w.terminal.Profile = colorprofile.Env(env)
	v.asleep = func() { v.program.Send(back{why: "no key was pressed for " + span(l.server.limits.Idle)}) }
	return w
}

// beat lets the viewer look for something new after the time that the pace gives.
func (w *viewer) beat() tea.Cmd {
	every := w.lecture.server.pace.Interval()
	w.due = time.Now().Add(every)
	return beatAfter(every)
}

// back is a message that leads back to the lecture.
type back struct {
	from Lab // nil for whichever there is
	why  string
}

// fromOwn is a message for a lab of the viewer's own, which may be gone by then.
type fromOwn struct {
	lab Lab
	msg tea.Msg
}

// Init implements tea.Model.
func (w *viewer) Init() tea.Cmd {
	w.look(true)
	return tea.Batch(w.beat(), tea.RequestBackgroundColor)
}

// Update implements tea.Model.
func (w *viewer) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case beat:
		now := time.Now()
		w.lecture.server.pace.Tick(now, now.Sub(w.due))
		return w, tea.Batch(w.beat(), w.receive())
	case back:
		w.home(msg)
	case fromOwn:
		if msg.lab == w.own {
			return w, w.pass(msg.msg)
		}
	case tea.WindowSizeMsg:
		w.terminal.W, w.terminal.H = msg.Width, msg.Height
		return w, w.learn("size", msg)
	case tea.ColorProfileMsg:
		w.terminal.Profile = msg.Profile
		return w, w.learn("colours", msg)
	case tea.BackgroundColorMsg:
		w.terminal.Light = !msg.IsDark()
		return w, w.learn("background", msg)
	case tea.KeyPressMsg:
		if msg.String() == "ctrl+c" {
			return w, tea.Quit
		}
		if w.own == nil {
			return w, w.key(msg.String())
		}
		return w, w.pass(msg)
	case tea.MouseWheelMsg:
		if w.own == nil {
			w.scroll(map[tea.MouseButton]int{tea.MouseWheelDown: 3, tea.MouseWheelUp: -3}[msg.Button]) // nothing for a sideways wheel
			return w, nil
		}
		return w, w.pass(msg)
	default:
		return w, w.pass(msg)
	}
	return w, nil
}

// learn remembers what the terminal is like.
func (w *viewer) learn(what string, msg tea.Msg) tea.Cmd {
	w.told[what] = msg
	if now := w.terminal.Alike(); now != w.held {
		w.lecture.hold(now)
		w.lecture.release(w.held)
		w.held = now
	}
	return w.pass(msg)
}

// pass hands a message to the viewer's own lab, where there is one: nothing reaches the lecture's.
func (w *viewer) pass(msg tea.Msg) tea.Cmd {
	if w.own == nil {
		return nil
	}
	_, cmd := w.own.Update(msg)
	return w.homeward(w.own, cmd)
}

// homeward is a command of a viewer's own lab, whose end is the way back, and whose messages are for that lab alone.
func (w *viewer) homeward(lab Lab, cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg {
		switch msg := cmd().(type) {
		case nil:
			return nil
		case tea.QuitMsg:
			return back{from: lab}
		case tea.BatchMsg:
			for i := range msg {
				msg[i] = w.homeward(lab, msg[i])
			}
			return msg
		default:
			return fromOwn{lab, msg}
		}
	}
}

// key is what the keys of those do who look on.
func (w *viewer) key(k string) tea.Cmd {
	w.gaze.Note = ""
	switch k {
	case "q":
		return tea.Quit
	case "?":
		w.gaze.Help, w.gaze.Box = !w.gaze.Help, 0
	case "esc":
		w.gaze.Help = false
	case "up":
		w.scroll(-1)
	case "down":
		w.scroll(1)
	case "pgup":
		w.scroll(-10)
	case "pgdown":
		w.scroll(10)
	case "home":
		w.gaze.Rows, w.gaze.Box = 0, 0
	case "b":
		w.ask()
	default:
		w.gaze.Note = "your keys change nothing here"
	}
	return nil
}

func (w *viewer) scroll(lines int) {
	if w.opened {
		w.gaze.Box += lines
	} else {
		w.gaze.Rows += lines
	}
}

// ask asks for a branch of the run that is selected.
func (w *viewer) ask() {
	now := time.Now()
	switch {
	case w.asked != nil:
		return
	case now.Before(w.next):
		w.gaze.Note = "one moment: press b again"
		return
	}
	if w.asked = w.lecture.branch(); w.asked == nil {
		w.gaze.Note = "the run is busy: press b again"
		return
	}
	w.gaze.Note = "branching off …"
	w.next, w.until = now.Add(branchTime), now.Add(branchWait)
}

// receive opens the branch that was asked for when it has come.
func (w *viewer) receive() tea.Cmd {
	if w.asked == nil {
		return nil
	}
	here, ever := w.asked.Come()
	switch {
	case here:
		return w.open()
	case !ever || time.Now().After(w.until):
		w.asked = nil
		w.gaze.Note = "the run is not to be had now: press b again"
	}
	return nil
}

// open shows the branch that has come as a lab of the viewer's own.
func (w *viewer) open() tea.Cmd {
	o := w.lecture.server.guestOptions()
	o.Branch, o.Guest.Home = w.asked, true
	w.asked, w.gaze.Note = nil, ""
	lab, err := w.lecture.server.config.New(w.ctx, o)
	if err != nil {
		w.lecture.server.log.Error("no lab for a branch", "error", err)
		w.gaze.Note = "there is no branch, sorry"
		return nil
	}
	w.own = lab
	w.visit.awake() // the key may have been pressed a while ago
	w.look(false)
	all := []tea.Cmd{w.homeward(lab, lab.Init())}
	for _, msg := range w.told {
		all = append(all, w.pass(msg))
	}
	return tea.Batch(all...)
}

// home leads back from the branch, which is given up.
func (w *viewer) home(b back) {
	if w.own == nil || b.from != nil && b.from != w.own {
		return
	}
	w.closing.Go(w.own.Close)
	w.own, w.gaze.Note = nil, b.why
	w.look(true)
}

// look begins or ends that the viewer looks on.
func (w *viewer) look(on bool) {
	if on != w.counted {
		w.counted = on
		w.lecture.count(map[bool]int{true: 1, false: -1}[on])
	}
}

// Canvas implements paint.Model.
func (w *viewer) Canvas() *plot.Canvas {
	switch {
	case w.own != nil:
		return w.own.Canvas()
	case w.held.W == 0:
		return &plot.Canvas{}
	}
	sight := w.lecture.look(w.held, w.gaze)
	w.gaze.Rows, w.gaze.Box, w.opened, w.title = sight.Rows, sight.Box, sight.Opened, sight.Title
	return sight.Canvas
}

// Window implements paint.Model.
func (w *viewer) Window() tea.View {
	if w.own != nil {
		return w.own.Window()
	}
	return tea.View{AltScreen: true, MouseMode: tea.MouseModeCellMotion, WindowTitle: w.title} // the mouse for its wheel
}

// View implements tea.Model.
func (w *viewer) View() tea.View { return w.Window() }

// Close implements Lab.
func (w *viewer) Close() {
	if w.own != nil {
		w.own.Close()
	}
	w.look(false)
	w.lecture.release(w.held)
	w.closing.Wait()
}
