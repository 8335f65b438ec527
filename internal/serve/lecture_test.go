package serve

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	gossh "golang.org/x/crypto/ssh"

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

func (s *spy) Frame() tea.View {
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
	if first, _, _ := strings.Cut(sight.Content, "\n"); s.panicAt > 0 && len([]rune(first)) > 0 && widthOf(sight.Content) == s.panicAt {
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
		for range 20 {
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

func TestRolesComeFromKeys(t *testing.T) {
	stranger := newKey(t)
	for name, x := range map[string]struct {
		public bool
		auth   func(g *class) []gossh.AuthMethod
		want   string // the end of the bar; "" where nobody is let in
	}{
		"the driver": {false, func(g *class) []gossh.AuthMethod { return []gossh.AuthMethod{gossh.PublicKeys(g.driver)} }, "q quit"},
		"the driver of a public lecture": {true, func(g *class) []gossh.AuthMethod {
			return []gossh.AuthMethod{gossh.PublicKeys(stranger, g.driver), asking(t)}
		}, "q quit"},
		"a viewer":                   {false, func(g *class) []gossh.AuthMethod { return []gossh.AuthMethod{gossh.PublicKeys(g.student)} }, "q leave"},
		"a stranger":                 {false, func(*class) []gossh.AuthMethod { return []gossh.AuthMethod{gossh.PublicKeys(stranger), asking(t)} }, ""},
		"nobody":                     {false, func(*class) []gossh.AuthMethod { return nil }, ""},
		"a stranger, public":         {true, func(*class) []gossh.AuthMethod { return []gossh.AuthMethod{gossh.PublicKeys(stranger), asking(t)} }, "q leave"},
		"without a key, public":      {true, func(*class) []gossh.AuthMethod { return []gossh.AuthMethod{asking(t)} }, "q leave"},
		"without any method, public": {true, func(*class) []gossh.AuthMethod { return nil }, ""},
		"the driver's key only shown": {true, func(g *class) []gossh.AuthMethod {
			return []gossh.AuthMethod{gossh.PublicKeys(borrowed{g.driver}), asking(t)}
		}, "q leave"},
		"the driver's key shown, own used": {true, func(g *class) []gossh.AuthMethod {
			return []gossh.AuthMethod{gossh.PublicKeys(borrowed{g.driver}, g.student), asking(t)}
		}, "q leave"},
		"an agent full of keys": {true, func(g *class) []gossh.AuthMethod {
			return []gossh.AuthMethod{gossh.PublicKeys(many(t, 20)...), asking(t)}
		}, "q leave"},
	} {
		t.Run(name, func(t *testing.T) {
			g := gather(t, Config{Public: x.public})
			c, err := g.dial(t, x.auth(g)...)
			if x.want == "" {
				if err == nil {
					t.Error("somebody is let in")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			c.shell("xterm", 100, 30).shows(x.want)
		})
	}
}

func many(t *testing.T, n int) (keys []gossh.Signer) {
	for range n {
		keys = append(keys, newKey(t))
	}
	return keys
}

// Viewers see what the driver does, each at the size of their own terminal, and the driver sees how many they are.
func TestViewersSeeTheDriver(t *testing.T) {
	g := gather(t, Config{})
	small := g.watch(t, 82, 24)
	small.shows(notBegun)
	d := g.drive(t, 160, 45)
	large := g.watch(t, 200, 60)
	for _, c := range []*client{small, large} {
		c.shows("landscape")
		c.shows("momentum")
	}
	d.shows("2 watch")
	d.press("o")
	for _, c := range []*client{d, small, large} {
		c.shows("type to filter")
	}
	d.press("lbfgs")
	small.shows("Nocedal")
	d.press(esc)
	d.press(" ")
	small.shows("paused")
	small.w, small.h = 160, 45
	small.shows("parameters θ") // for which there is no room in 80 columns
	large.press("q")
	if code := large.ended(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	d.shows("1 watches")
}

// lab looks at the lecture's lab while nobody else does.
func (g *class) peek(f func(s *spy)) {
	l := g.lesson
	l.mu.Lock()
	defer l.mu.Unlock()
	f(l.lab.(*spy))
}

// No key of a viewer's reaches the lab, whatever it is, and nothing that they paste or point at.
func TestViewersChangeNothing(t *testing.T) {
	g := gather(t, Config{})
	d := g.drive(t, 120, 40)
	d.press(" ")
	d.shows("paused")
	c := g.watch(t, 120, 40)
	var before string
	until(t, "the lab does not come to rest", func() bool {
		g.peek(func(s *spy) {
			before = s.Frame().Content
		})
		time.Sleep(20 * time.Millisecond)
		again := ""
		g.peek(func(s *spy) { again = s.Frame().Content })
		return again == before
	})
	for k := rune(' '); k <= '~'; k++ {
		if !strings.ContainsRune("qb?", k) {
			c.press(string(k))
		}
	}
	c.press("\x1b[A\x1b[B\x1b[C\x1b[D\t\r\x15\x1b[200~pasted\x1b[201~\x1b[<0;30;10M\x1b[<0;30;10m\x1b[<64;30;10M")
	c.press("?")
	c.shows("your keys change nothing in it")
	g.peek(func(s *spy) {
		if s.keys != "space " {
			t.Errorf("the lab was told %q", s.keys)
		}
		if s.Frame().Content != before {
			t.Error("the driver's screen is another one")
		}
	})
}

func TestViewersScroll(t *testing.T) {
	g := gather(t, Config{})
	d := g.drive(t, 160, 50)
	c := g.watch(t, 82, 24)
	c.press("\x1b[6~") // page down
	c.shows("convention")
	d.press("?")
	c.shows("pause or go on")
	c.press("\x1b[6~\x1b[6~\x1b[6~\x1b[6~\x1b[6~\x1b[6~\x1b[6~")
	c.shows("moving average")
}

// Frames that are alike are drawn once, for however many.
func TestFramesAreShared(t *testing.T) {
	g := gather(t, Config{})
	d := g.drive(t, 120, 40)
	for range 6 {
		g.watch(t, 82, 24)
	}
	stage := get(t, g.stages)
	until(t, "nothing happens", func() bool {
		stage.mu.Lock()
		defer stage.mu.Unlock()
		return stage.frames > 20 && len(stage.drawn) > 10
	})
	d.press("q")
	d.ended()
	stage.mu.Lock()
	defer stage.mu.Unlock()
	mirrors := map[*ui.Mirror]bool{}
	for l, n := range stage.drawn {
		if n > 3 { // more than once where nothing but the bar changes, when somebody sits down or stands up
			t.Errorf("frame %d was drawn %d times", l.frame, n)
		}
		mirrors[l.mirror] = true
	}
	if len(mirrors) != 1 {
		t.Errorf("there are %d mirrors", len(mirrors))
	}
}

// Who connects with the driver's key takes the lecture over.
func TestTakingOver(t *testing.T) {
	g := gather(t, Config{})
	first := g.drive(t, 120, 40)
	viewer := g.watch(t, 82, 24)
	g.lesson.mu.Lock()
	old := g.lesson.driver
	g.lesson.mu.Unlock()
	second := g.drive(t, 100, 30)
	if old.Update(tea.KeyPressMsg{Code: 'o', Text: "o"}); get(t, g.stages).has("o") {
		t.Error("a key of the first driver reaches the lab")
	}
	first.see("taken the lecture over at another terminal")
	first.see(restored)
	if code := first.ended(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	second.press("?")
	viewer.shows("pause or go on")
	if strings.Contains(viewer.out.String(), away) {
		t.Error("the driver is said to be away")
	}
}

// The lab stays when the driver leaves: it rests, viewers look on, and it goes on with the driver.
func TestDriverLeavesAndReturns(t *testing.T) {
	g := gather(t, Config{Limits: Limits{Rest: time.Millisecond}})
	viewer := g.watch(t, 100, 30)
	viewer.shows("paused")
	d := g.drive(t, 120, 40)
	d.press("f") // something is open
	viewer.shows("learning rate of momentum")
	until(t, "no steps are taken", func() (on bool) { g.peek(func(s *spy) { on = !s.Paused() }); return on })
	d.wire.Close()
	viewer.shows(away)
	until(t, "the runs go on without a driver", func() (off bool) { g.peek(func(s *spy) { off = s.Paused() }); return off })
	viewer.out.clear()
	again := g.drive(t, 120, 40)
	again.shows("learning rate of momentum")
	g.peek(func(s *spy) {
		if s.Paused() {
			t.Error("it does not go on")
		}
	})
	again.press(esc)
	again.press(" ")
	viewer.shows("paused")
	again.press("q")
	if code := again.ended(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	g.drive(t, 120, 40).shows("paused") // as it was left
}

// The driver and viewers stay without keys.
func TestNobodySleepsInALecture(t *testing.T) {
	g := gather(t, Config{Limits: Limits{Idle: 20 * time.Millisecond, Rest: 10 * time.Millisecond}})
	d, c := g.drive(t, 120, 40), g.watch(t, 82, 24)
	var v []*visit
	g.Server.mu.Lock()
	for x := range g.visits {
		v = append(v, x)
	}
	g.Server.mu.Unlock()
	for _, x := range v { // as time does
		x.asleep()
	}
	d.press("?")
	c.shows("pause or go on")
	d.press(esc + " ")
	c.shows("paused")
}

func TestLongestVisitOfALecture(t *testing.T) {
	if l := (Limits{}).withDefaults(true); l.Longest != 3*time.Hour {
		t.Errorf("%v", l.Longest)
	}
	g := gather(t, Config{Limits: Limits{Longest: time.Second}})
	c := g.watch(t, 82, 24)
	c.see("a visit may take 1s: good-bye")
	c.ended()
}

// own is a viewer's own lab, which tells when it is closed.
type own struct {
	*ui.Model
	closed chan struct{}
}

func (o own) Close() {
	o.Model.Close()
	close(o.closed)
}

// What a branch that has been given up still says does nothing to the next one, and does not end it.
func TestMessagesOfAnEarlierBranch(t *testing.T) {
	first, second := &toy{}, &toy{}
	w := &viewer{own: second}
	key := tea.KeyPressMsg{Code: 'k', Text: "k"}
	w.Update(fromOwn{first, key})
	w.Update(back{from: first})
	if first.has("k") || second.has("k") || w.own != Lab(second) {
		t.Error("it is heard")
	}
	if w.Update(fromOwn{second, key}); !second.has("k") {
		t.Error("the present one is not heard")
	}
}

// b is a lab of the viewer's own, from the run as it is now; q leads back.
func TestBranchOfTheLecture(t *testing.T) {
	closed := make(chan struct{})
	g := gather(t, Config{New: func(ctx context.Context, o ui.Options) (Lab, error) {
		m, err := ui.New(ctx, o)
		return own{m, closed}, err
	}})
	d := g.drive(t, 120, 40)
	c, other := g.watch(t, 120, 40), g.watch(t, 82, 24)
	d.shows("2 watch")
	d.press(" ")
	c.shows("paused")
	c.press("b")
	c.shows("your own branch of run 1")
	d.shows("1 watches")
	g.peek(func(s *spy) { s.keys = "" })
	c.press("E")
	c.shows("nothing is written here")
	c.press("N]")
	c.press("o")
	c.shows("type to filter")
	c.press(esc)
	other.press("?")
	other.shows("your keys change nothing in it")
	if strings.Contains(other.out.String(), "type to filter") {
		t.Error("others see a branch")
	}
	g.peek(func(s *spy) {
		if s.keys != "" {
			t.Errorf("the lab was told %q", s.keys)
		}
	})
	c.out.clear()
	c.press("q")
	c.shows("leave")
	get(t, closed)
	d.out.clear()
	d.shows("2 watch")
	c.press("q")
	if code := c.ended(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// A branch in which nobody presses a key is given up, and leads back with a word on it; ctrl-c leaves altogether.
func TestBranchSleeps(t *testing.T) {
	g := gather(t, Config{Limits: Limits{Idle: 500 * time.Millisecond}})
	g.drive(t, 120, 40)
	c := g.watch(t, 120, 40)
	c.press("b")
	c.shows("no key was pressed for 500ms")
	c.press("?")
	c.shows("your keys change nothing in it")
	until(t, "there is no second branch", func() bool { // the first keys may be too soon: each branch is a copy of the run
		c.press("b")
		time.Sleep(50 * time.Millisecond)
		g.lesson.mu.Lock()
		defer g.lesson.mu.Unlock()
		return g.lesson.viewers == 0
	})
	c.press("\x03")
	if code := c.ended(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// A panic where a viewer's frame is drawn ends that viewer.
func TestPanicOfAViewer(t *testing.T) {
	g := gather(t, Config{})
	d, other := g.drive(t, 120, 40), g.watch(t, 82, 24)
	g.peek(func(s *spy) { s.panicAt = 91 })
	c := g.connect(t, gossh.PublicKeys(g.student)).shell("xterm", 91, 30)
	c.see("a defect of the program, sorry")
	if code := c.ended(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	d.press("?")
	other.shows("pause or go on")
	d.shows("pause or go on")
}

// A panic of the lecture's lab ends the driver's session with a message; the lecture begins anew, and viewers are told.
func TestPanicOfTheLecture(t *testing.T) {
	for name, stumble := range map[string]func(d *client, s *spy){
		"a key":   func(d *client, _ *spy) { d.press("\x15") },
		"a frame": func(d *client, s *spy) { s.stumble("frame"); d.press("?") },
		"beside":  func(_ *client, s *spy) { s.stumble("advance") },
	} {
		t.Run(name, func(t *testing.T) {
			g := gather(t, Config{})
			d, c := g.drive(t, 120, 40), g.watch(t, 82, 24)
			stage := get(t, g.stages)
			stumble(d, stage)
			d.see("a defect of the program, sorry")
			if code := d.ended(); code != 1 {
				t.Errorf("exit code %d", code)
			}
			c.shows(anew)
			get(t, stage.closed)
			again := g.drive(t, 120, 40)
			again.shows("1 watches")
			again.press("?")
			c.shows("pause or go on")
			if log := g.log.String(); strings.Contains(log, "\x1b") || strings.Count(log, "level=ERROR") != 1 {
				t.Errorf("the log: %q", log)
			}
		})
	}
}

// A panic with nobody at the wheel is logged, and begins anew, too.
func TestPanicWithoutADriver(t *testing.T) {
	g := gather(t, Config{})
	c := g.watch(t, 82, 24)
	get(t, g.stages).stumble("advance")
	c.shows(anew)
	g.drive(t, 120, 40).shows("1 watches")
}

// Where a class has taken all places, its driver gets in, and nobody else.
func TestDriverFindsAPlace(t *testing.T) {
	for name, l := range map[string]Limits{"in all": {Connections: 2}, "from one address": {PerAddress: 2}} {
		t.Run(name, func(t *testing.T) {
			g := gather(t, Config{Limits: l})
			g.watch(t, 82, 24)
			g.watch(t, 82, 24)
			c := g.connect(t, gossh.PublicKeys(g.student)).shell("xterm", 80, 24)
			c.see("all places are taken")
			if code := c.ended(); code != 1 {
				t.Errorf("exit code %d", code)
			}
			g.drive(t, 120, 40)
		})
	}
}

// A client that does not answer any more loses its place, as nobody has to press keys here.
func TestDeadClientsAreCutOff(t *testing.T) {
	g := gather(t, Config{Limits: Limits{Answer: 2 * time.Second}})
	alive := g.watch(t, 82, 24)
	d := g.drive(t, 120, 40)
	d.shows("1 watches")
	wire, err := net.Dial("tcp", g.address)
	if err != nil {
		t.Fatal(err)
	}
	conn, chans, _, err := gossh.NewClientConn(wire, g.address, &gossh.ClientConfig{
		Auth: []gossh.AuthMethod{gossh.PublicKeys(g.student)}, HostKeyCallback: gossh.FixedHostKey(g.host.PublicKey()),
	})
	if err != nil {
		t.Fatal(err)
	}
	none := make(chan *gossh.Request) // whatever is asked, it is not heard
	defer close(none)
	dead := &client{t: t, wire: wire, ssh: gossh.NewClient(conn, chans, none)}
	dead.session().shell("xterm", 82, 24).see("leave")
	if code := dead.ended(); code != -1 {
		t.Errorf("exit code %d", code)
	}
	d.shows("1 watches")
	alive.press("?")
	alive.shows("your keys change nothing in it")
}

func TestLectureNeedsADriver(t *testing.T) {
	for name, keys := range map[string]*Keys{"no keys": nil, "viewers alone": keysOf(newKey(t))} {
		_, err := New(Config{HostKey: newKey(t), Lecture: true, Keys: keys})
		t.Run(name, func(t *testing.T) { wantUsage(t, `role="driver"`)(nil, err) })
	}
}
