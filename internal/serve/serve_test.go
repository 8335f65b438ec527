package serve

import (
	"context"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"opttui/internal/ui"
)

const (
	entered  = "\x1b[?1049h" // the alternate screen begins
	restored = "\x1b[?1049l" // and is left
)

// leftAsFound asserts that the terminal is not left in the alternate screen. Where the end comes by the clock, a slow machine
// may not have got there.
func (c *client) leftAsFound() {
	c.t.Helper()
	if out := c.out.String(); strings.Count(out, entered) != strings.Count(out, restored) {
		c.t.Errorf("the alternate screen is not left in %.2000q", out)
	}
}

func TestLabAtOnce(t *testing.T) {
	h := begin(t, Config{})
	c := h.connect(t).shell("xterm-256color", 120, 36)
	c.see("landscape")
	c.see("momentum")
	c.out.clear()
	if err := c.sess.WindowChange(24, 80); err != nil {
		t.Fatal(err)
	}
	c.see("landscape") // all is drawn again, at another size
	c.press("E")
	c.see("nothing is written here")
	c.press("q")
	if code := c.ended(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, end := range []string{restored, "\x1b[?25h", "\x1b[?1002l"} {
		if !strings.Contains(c.out.String(), end) {
			t.Errorf("the end does not restore the terminal by %q", end)
		}
	}
	c.ssh.Close()
	h.empty(t)
}

func TestColoursOfTheClient(t *testing.T) {
	for _, x := range []struct {
		name, term  string
		env         map[string]string
		want, never string // regular expressions
	}{
		{"true colour", "xterm-256color", map[string]string{"COLORTERM": "truecolor"}, `8;2;`, `8;5;`},
		{"256", "xterm-256color", nil, `8;5;`, `8;2;`},
		{"16", "xterm", nil, `\x1b\[3[0-7]m`, `8;[52];`},
		{"none", "xterm-256color", map[string]string{"NO_COLOR": "yes", "COLORTERM": "truecolor"}, `quit`, `8;[52];|\x1b\[(\d+;)*[34][0-7]m`},
	} {
		t.Run(x.name, func(t *testing.T) {
			h := begin(t, Config{})
			c := h.connect(t).session()
			for name, value := range x.env {
				if err := c.sess.Setenv(name, value); err != nil {
					t.Fatal(err)
				}
			}
			c.shell(x.term, 100, 30)
			c.see("quit")
			c.press("q")
			c.ended()
			out := c.out.String()
			if !regexp.MustCompile(x.want).MatchString(out) {
				t.Errorf("there is no %q", x.want)
			}
			if found := regexp.MustCompile(x.never).FindString(out); found != "" {
				t.Errorf("there is %q", found)
			}
		})
	}
}

// However a client goes, its lab is closed and its connection gone.
func TestWaysToGo(t *testing.T) {
	short := Limits{Grace: 20 * time.Millisecond}
	for _, x := range []struct {
		name string
		go_  func(c *client)
	}{
		{"q", func(c *client) { c.press("q") }},
		{"ctrl-c", func(c *client) { c.press("\x03") }},
		{"the client is killed", func(c *client) { c.wire.Close() }},
		{"the connection is closed properly", func(c *client) { c.ssh.Close() }},
		{"the session is closed, the connection stays", func(c *client) { c.sess.Close() }},
		{"q, with more keys behind it than anybody reads", func(c *client) { c.press("kkkq" + strings.Repeat("k", 2000)) }},
		{"the input ends", func(c *client) { c.in.(io.Closer).Close() }},
	} {
		t.Run(x.name, func(t *testing.T) {
			fresh, made := toys(true)
			h := begin(t, Config{New: fresh, Limits: short})
			c := h.connect(t).shell("xterm", 80, 24)
			c.see("tick")
			x.go_(c)
			get(t, get(t, made).closed)
			h.empty(t)
		})
	}
}

// A client that was stopped reads nothing: what is written to it waits, and so does all that waits for that.
func TestStoppedClient(t *testing.T) {
	fresh, made := toys(true)
	wide := func(ctx context.Context, o ui.Options) (Lab, error) {
		l, err := fresh(ctx, o)
		l.(*toy).wide = true
		return l, err
	}
	h := begin(t, Config{New: wide, Limits: Limits{Idle: 2 * time.Second, Grace: 20 * time.Millisecond}})
	c := h.connect(t).session()
	if err := c.sess.Setenv("COLORTERM", "truecolor"); err != nil {
		t.Fatal(err)
	}
	c.sess.Stdout = nil
	if _, err := c.sess.StdoutPipe(); err != nil { // from which nobody reads
		t.Fatal(err)
	}
	c.shell("xterm", mostWidth, mostHeight)
	get(t, get(t, made).closed)
	h.empty(t)
}

func TestIdleByKeysNotByFrames(t *testing.T) {
	fresh, made := toys(true)
	h := begin(t, Config{New: fresh, Limits: Limits{Idle: time.Second}})
	c := h.connect(t).shell("xterm", 80, 24)
	go func() { // what terminals say by themselves does not count
		for range time.Tick(10 * time.Millisecond) {
			if _, err := io.WriteString(c.in, "\x1b[?2026;2$y"); err != nil {
				return
			}
		}
	}()
	c.see("no key was pressed for 1s: good-bye")
	c.ended()
	c.leftAsFound()
	get(t, get(t, made).closed)
}

func TestKeysKeepAVisitAlive(t *testing.T) {
	fresh, made := toys(false)
	h := begin(t, Config{New: fresh, Limits: Limits{Idle: time.Hour, Rest: time.Hour}})
	h.connect(t).shell("xterm", 80, 24).press("k")
	get(t, made)
	var v *visit
	until(t, "the key does not come", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		for v = range h.visits {
			return v.lab.(*toy).has("k")
		}
		return false
	})
	if !v.idle.Stop() || !v.rest.Stop() {
		t.Error("nothing waits for the person to fall asleep")
	}
}

func TestRestsWithoutKeys(t *testing.T) {
	fresh, _ := toys(false)
	h := begin(t, Config{New: fresh, Limits: Limits{Rest: time.Millisecond}})
	h.connect(t).shell("xterm", 80, 24).see("rest")
}

func TestLongestVisit(t *testing.T) {
	fresh, _ := toys(true)
	h := begin(t, Config{New: fresh, Limits: Limits{Longest: time.Second}})
	c := h.connect(t).shell("xterm", 80, 24)
	c.see("a visit may take 1s: good-bye")
	c.ended()
	c.leftAsFound()
}

func TestShutdownDrains(t *testing.T) {
	fresh, made := toys(true)
	h := begin(t, Config{New: fresh})
	c := h.connect(t).shell("xterm", 80, 24)
	waiting := h.connect(t) // has no session
	c.see("tick")
	go func() { // as clients do
		_ = c.sess.Wait()
		c.ssh.Close()
	}()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	h.Shutdown(ctx)
	if ctx.Err() != nil {
		t.Error("it takes too long")
	}
	c.see("the server is being stopped: good-bye")
	c.see(restored)
	get(t, get(t, made).closed)
	if err := waiting.ssh.Wait(); err == nil {
		t.Error("a connection without a session stays")
	}
}

// A client that stays though its session is over does not keep the server from ending.
func TestShutdownCutsOff(t *testing.T) {
	fresh, made := toys(true)
	h := begin(t, Config{New: fresh, Limits: Limits{Grace: time.Millisecond}})
	c := h.connect(t).shell("xterm", 80, 24)
	c.see("tick")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	h.Shutdown(ctx)
	if ctx.Err() != nil {
		t.Error("it takes too long")
	}
	get(t, get(t, made).closed)
	h.empty(t)
}

// A panic ends one session, with a message, and no other.
func TestPanicsStayAtHome(t *testing.T) {
	fresh, made := toys(false)
	h := begin(t, Config{New: fresh})
	other := h.connect(t).shell("xterm", 80, 24)
	other.see("keys")
	lab := get(t, made)
	for _, key := range []string{"U", "V", "C"} {
		c := h.connect(t).shell("xterm", 80, 24)
		c.see("keys")
		c.press(key)
		c.see("a defect of the program, sorry")
		c.see(restored)
		if code := c.ended(); code != 1 {
			t.Errorf("%s: exit code %d", key, code)
		}
	}
	other.press("k")
	until(t, "the key is not heard", func() bool { return lab.has("k") })
	other.see("k>")
	if log := h.log.String(); strings.Contains(log, "\x1b") || !strings.Contains(log, "in update") || !strings.Contains(log, "in a command") {
		t.Errorf("the log: %q", log)
	}
}

func TestVisitorsShareAPace(t *testing.T) {
	fresh, made := toys(false)
	h := begin(t, Config{New: fresh})
	for range 2 {
		h.connect(t).shell("xterm", 80, 24).see("keys")
		if lab := get(t, made); lab.options.Guest.Pace != &h.pace {
			t.Error("a visitor has a pace of their own")
		}
	}
}

func TestKeysDecideWhoComesIn(t *testing.T) {
	mine, other := newKey(t), newKey(t)
	fresh, _ := toys(false)
	h := begin(t, Config{New: fresh, Keys: keysOf(mine)})
	h.connect(t, gossh.PublicKeys(other, mine)).shell("xterm", 80, 24).see("keys")
	for name, auth := range map[string][]gossh.AuthMethod{
		"nothing": nil, "another key": {gossh.PublicKeys(other)}, "a password": {gossh.Password("root")},
	} {
		if _, err := h.dial(t, auth...); err == nil {
			t.Errorf("%s lets somebody in", name)
		}
	}
}
