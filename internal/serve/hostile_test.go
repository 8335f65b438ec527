package serve

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	gossh "golang.org/x/crypto/ssh"
)

func TestEnormousTerminals(t *testing.T) {
	fresh, made := toys(false)
	h, began := begin(t, Config{New: fresh}), time.Now()
	c := h.connect(t).shell("xterm", 5000, 5000)
	lab := get(t, made)
	until(t, "a terminal of 5000×5000 is not clamped", func() bool { return lab.size() == size{mostWidth, mostHeight} })
	c.sess.WindowChange(24, 80)
	until(t, "the size does not change", func() bool { return lab.size() == size{80, 24} })
	for range 5000 {
		if err := c.sess.WindowChange(4000, 4000); err != nil {
			t.Fatal(err)
		}
	}
	c.sess.WindowChange(30, 100)
	until(t, "the last size does not come", func() bool { return lab.size() == size{100, 30} })
	c.sess.WindowChange(0, 0)
	until(t, "a terminal without a size is not taken for the usual one", func() bool { return lab.size() == size{80, 24} })
	lab.mu.Lock()
	defer lab.mu.Unlock()
	if n, most := len(lab.sizes), 10+int(time.Since(began)/resizeTime); n > most {
		t.Errorf("%d changes of size were drawn, in a time for %d", n, most)
	}
	for _, s := range lab.sizes {
		if s.Width > mostWidth || s.Height > mostHeight {
			t.Errorf("a size of %v", s)
		}
	}
}

func TestOneSessionAConnection(t *testing.T) {
	fresh, made := toys(false)
	h := begin(t, Config{New: fresh})
	c := h.connect(t).shell("xterm", 80, 24)
	for range 200 {
		if _, err := c.ssh.NewSession(); err == nil {
			t.Fatal("there is another session")
		}
	}
	c.press("k")
	lab := get(t, made)
	until(t, "the key is not heard", func() bool { return lab.has("k") })
	if len(made) > 0 {
		t.Errorf("%d labs more", len(made))
	}
}

func TestEnvironmentIsDropped(t *testing.T) {
	fresh, made := toys(false)
	h := begin(t, Config{New: fresh})
	c := h.connect(t).session()
	big := strings.Repeat("x", 30_000)
	for i := range 300 {
		if c.sess.Setenv(fmt.Sprint("V", i), big) == nil {
			t.Fatal("a variable is taken")
		}
	}
	for name, value := range map[string]string{"COLORTERM": big, "LD_PRELOAD": "x.so", "TMUX": "x", "TERM": "kitty", "HOME": "/"} {
		if c.sess.Setenv(name, value) == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if err := c.sess.Setenv("COLORTERM", "truecolor"); err != nil {
		t.Error(err)
	}
	c.shell("xterm", 80, 24)
	lab := get(t, made)
	want := []string{"TERM=xterm", "COLORTERM=truecolor"}
	until(t, "the environment is another one", func() bool {
		lab.mu.Lock()
		defer lab.mu.Unlock()
		return slices.Equal(lab.env, want)
	})
}

func TestNothingButATerminal(t *testing.T) {
	fresh, made := toys(false)
	h := begin(t, Config{New: fresh})

	c := h.connect(t).session()
	if err := c.sess.RequestSubsystem("sftp"); err == nil {
		t.Error("there is sftp")
	}
	for _, request := range []string{"auth-agent-req@openssh.com", "x11-req", "signal", "break", "tcpip-forward"} {
		if ok, err := c.sess.SendRequest(request, true, nil); ok || err != nil {
			t.Errorf("%s: %v, %v", request, ok, err)
		}
	}
	if err := c.sess.Start("cat /etc/passwd"); err != nil {
		t.Fatal(err)
	}
	c.see("neither commands nor files")
	if code := c.ended(); code != 1 {
		t.Errorf("a command ends with %d", code)
	}

	c = h.connect(t).session()
	if err := c.sess.Shell(); err != nil {
		t.Fatal(err)
	}
	c.see("opttui needs a terminal")
	c.ended()
	c = h.connect(t).shell("dumb", 80, 24)
	c.see("can move its cursor")
	c.ended()

	c = h.connect(t)
	if l, err := c.ssh.Listen("tcp", "127.0.0.1:0"); err == nil {
		l.Close()
		t.Error("it forwards from the server")
	}
	if conn, err := c.ssh.Dial("tcp", h.address); err == nil {
		conn.Close()
		t.Error("it forwards to the server")
	}
	for _, kind := range []string{"direct-streamlocal@openssh.com", "tun@openssh.com", "x11", "auth-agent@openssh.com"} {
		if _, _, err := c.ssh.OpenChannel(kind, nil); err == nil {
			t.Errorf("there are channels of kind %s", kind)
		}
	}
	if len(made) > 0 {
		t.Error("somebody saw a lab")
	}
}

// A client that has had its sentence and does not go is shown the door.
func TestWhoDoesNotGo(t *testing.T) {
	fresh, _ := toys(false)
	h := begin(t, Config{New: fresh, Limits: Limits{Grace: time.Millisecond}})
	c := h.connect(t)
	ch, reqs, err := c.ssh.OpenChannel("session", nil)
	if err != nil {
		t.Fatal(err)
	}
	go gossh.DiscardRequests(reqs)
	if ok, err := ch.SendRequest("shell", true, nil); !ok || err != nil {
		t.Fatal(ok, err)
	}
	h.empty(t) // though the client closes nothing
}

func TestCapsBeforeTheHandshake(t *testing.T) {
	for _, x := range []struct {
		name   string
		limits Limits
		fit    int
		again  bool // when one leaves
		why    string
	}{
		{"at once", Limits{Connections: 3}, 3, true, "too many at once"},
		{"at once from one address", Limits{PerAddress: 2}, 2, true, "too many at once from one address"},
		{"a second", Limits{PerSecond: 1e-9, PerAddress: 4}, 4, false, "too many a second from one address"},
	} {
		t.Run(x.name, func(t *testing.T) {
			h := begin(t, Config{Limits: x.limits})
			var first *client
			for i := range x.fit {
				c := h.connect(t)
				if i == 0 {
					first = c
				}
			}
			if _, err := h.dial(t); err == nil {
				t.Error("there is room for one more")
			}
			if !strings.Contains(h.log.String(), x.why) {
				t.Errorf("the log does not say why: %s", h.log)
			}
			if x.again {
				first.ssh.Close()
				until(t, "nobody gets the free place", func() bool {
					_, err := h.dial(t)
					return err == nil
				})
			}
		})
	}
}

func TestWhoSaysNothing(t *testing.T) {
	h := begin(t, Config{Limits: Limits{Arrival: 100 * time.Millisecond}})
	silent, err := net.Dial("tcp", h.address)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if _, err := io.ReadAll(silent); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Error(err)
	}
	if c, err := h.dial(t); err == nil { // else it was too slow, and cut off even before
		_ = c.ssh.Wait() // no session
	}
	if c, err := h.dial(t); err == nil {
		_, _ = c.ssh.NewSession() // nothing in it
		_ = c.ssh.Wait()
	}
	h.empty(t)
}

// A handshake that is begun and not ended takes a place for a shorter time than one that is.
func TestHalfOpenHandshake(t *testing.T) {
	h := begin(t, Config{Limits: Limits{Handshake: 100 * time.Millisecond, Arrival: time.Hour}})
	for _, said := range []string{"", "SSH-2.0-half\r\n"} {
		half, err := net.Dial("tcp", h.address)
		if err != nil {
			t.Fatal(err)
		}
		defer half.Close()
		if _, err := io.WriteString(half, said); err != nil {
			t.Fatal(err)
		}
	}
	h.empty(t)
}

// What clients say does not get into the log as it is, nor where they come from.
func TestLogHygiene(t *testing.T) {
	fresh, _ := toys(false)
	h := begin(t, Config{New: fresh})
	for _, term := range []string{"x\x1b]0;evil\x07", "a\nb", "../../etc/passwd", strings.Repeat("x", 5000), "юникод"} {
		c := h.connect(t).shell(term, 80, 24)
		c.see("keys")
		c.press("q")
		c.ended()
	}
	log := h.log.String()
	if i := strings.IndexFunc(log, func(r rune) bool { return r != '\n' && unicode.IsControl(r) }); i >= 0 {
		t.Errorf("a control character in %q", log[:i+1])
	}
	for _, no := range []string{"evil", "passwd", "xxxx", "127.0.0.1", "root"} {
		if strings.Contains(log, no) {
			t.Errorf("%q is in the log", no)
		}
	}
	if n := strings.Count(log, "term=vt100"); n != 5 {
		t.Errorf("%d terminals of no name", n)
	}
}

func TestOrigins(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7":            "192.0.2.7/32",
		"::ffff:192.0.2.7":     "192.0.2.7/32",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::1": "2001:db8:1:2::/64",
		"fe80::1%eth0":         "fe80::/64",
	} {
		ip := netip.MustParseAddr(address)
		if got := originOf(net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, 1))).String(); got != want {
			t.Errorf("%s is counted at %s, not %s", address, got, want)
		}
	}
}

// Whoever comes from everywhere cannot make the table of addresses grow without bounds.
func TestOriginsAreForgotten(t *testing.T) {
	g := newGate(Limits{PerSecond: 1e9}.withDefaults(false), nil)
	for i := range 3 * mostOrigins {
		from := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 32)
		v := &visitor{}
		if why := g.enter(v, from); why != "" {
			t.Fatal(why)
		}
		v.late.Stop()
		g.leave(v, from)
	}
	if n := len(g.origins); n > mostOrigins {
		t.Errorf("%d addresses are remembered", n)
	}
}
