package serve

import (
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	gossh "golang.org/x/crypto/ssh"

	"opttui/internal/ui"
)

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
		settled := false
		g.peek(func(s *spy) { settled, before = s.Settled(), textOf(s.Frame()) })
		return settled
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
		if textOf(s.Frame()) != before {
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

// Who scrolls through all there is leaves frames behind, but in bounds, also in the largest of terminals.
func TestFramesAreForgotten(t *testing.T) {
	g := gather(t, Config{})
	for at, looks := range map[ui.Terminal]int{{W: 40, H: 10}: 2 * mostSights, {W: mostWidth, H: mostHeight}: 10} {
		at = at.Alike()
		g.lesson.hold(at)
		defer g.lesson.release(at)
		for i := range looks {
			g.lesson.look(at, ui.Gaze{Rows: 10 * i})
			g.lesson.mu.Lock()
			n := len(g.lesson.mirrors[at].sights)
			g.lesson.mu.Unlock()
			if n > mostSights || n*at.W*at.H > mostSightCells {
				t.Fatalf("%d frames of %d×%d are remembered", n, at.W, at.H)
			}
		}
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
	c := g.connect(t, gossh.PublicKeys(g.student)).shell("xterm", 82, 24)
	c.see("a visit may take 1s: good-bye")
	c.ended()
	c.leftAsFound()
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
