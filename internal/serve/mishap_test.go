package serve

import (
	"context"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

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

// wire is a connection that tells when it is closed.
type wire struct {
	net.Conn
	closed chan struct{}
}

func (w wire) Close() error { close(w.closed); return nil }

// asked is what is at its other end: a client that answers, or does not any more.
type asked struct {
	gossh.Conn
	answers bool
	wire    wire
}

func (a asked) SendRequest(string, bool, []byte) (bool, []byte, error) {
	if !a.answers {
		<-a.wire.closed
	}
	return false, nil, nil
}

// Whoever answers may stay for as long as they like, and whoever does not is cut off after twice the time.
func TestWhoAnswersMayStay(t *testing.T) {
	for _, answers := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			w := wire{closed: make(chan struct{})}
			v := &visit{server: &Server{limits: Limits{Answer: time.Minute}}, visitor: &visitor{Conn: w, late: time.NewTimer(time.Hour), leave: func() {}}}
			go v.attend(ctx, asked{answers: answers, wire: w})
			select {
			case <-w.closed:
				if answers {
					t.Error("somebody who answers is cut off")
				}
			case <-time.After(2*time.Minute + time.Second):
				if !answers {
					t.Error("somebody who does not answer stays")
					close(w.closed)
				}
			}
			cancel()
			synctest.Wait()
		})
	}
}

// A client that does not answer any more loses its place, as nobody has to press keys here.
func TestDeadClientsAreCutOff(t *testing.T) {
	g := gather(t, Config{Limits: Limits{Answer: time.Second}})
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
	if code := dead.session().shell("xterm", 82, 24).ended(); code != -1 {
		t.Errorf("exit code %d", code)
	}
	g.empty(t)
}

func TestLectureNeedsADriver(t *testing.T) {
	for name, keys := range map[string]*Keys{"no keys": nil, "viewers alone": keysOf(newKey(t))} {
		_, err := New(Config{HostKey: newKey(t), Lecture: true, Keys: keys})
		t.Run(name, func(t *testing.T) { wantUsage(t, `role="driver"`)(nil, err) })
	}
}
