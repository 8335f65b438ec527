package serve

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	gossh "golang.org/x/crypto/ssh"

	"opttui/internal/leak"
	"opttui/internal/plot"
	"opttui/internal/problems"
	"opttui/internal/ui"
)

// Whatever the tests do to a server, nothing of it is left.
func TestMain(m *testing.M) { leak.Main(m) }

// patience is how long a test waits for what must happen before it fails.
const patience = time.Minute

// toy is a lab that shows what it is told. Every key is shown at once, and some do more.
type toy struct {
	options ui.Options
	keys    string
	sizes   []tea.WindowSizeMsg
	env     []string
	ticks   int
	animate bool
	wide    bool // each frame is about a megabyte
	closed  chan struct{}
	views   atomic.Int64 // how often it was drawn

	mu sync.Mutex // guards sizes and env, at which tests look
}

type frame struct{}

func (l *toy) Init() tea.Cmd {
	if l.animate {
		return func() tea.Msg { return frame{} }
	}
	return nil
}

// has reports whether the lab was told of keys.
func (l *toy) has(keys string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.keys, keys)
}

// size is the latest that the lab was told.
func (l *toy) size() (at size) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.sizes); n > 0 {
		at = size{l.sizes[n-1].Width, l.sizes[n-1].Height}
	}
	return at
}

func (l *toy) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch msg := msg.(type) {
	case frame:
		l.ticks++
		return l, tea.Tick(time.Millisecond, func(time.Time) tea.Msg { return frame{} })
	case tea.WindowSizeMsg:
		l.sizes = append(l.sizes, msg)
	case tea.EnvMsg:
		l.env = msg
	case ui.Rest:
		l.keys += "rest"
	case tea.KeyPressMsg:
		l.keys += msg.String()
		switch msg.String() {
		case "q", "ctrl+c":
			return l, tea.Quit
		case "U":
			panic("in update\x1b[31m")
		case "C":
			return l, func() tea.Msg { panic("in a command") }
		}
	}
	return l, nil
}

func (l *toy) View() tea.View { return l.Window() }

func (l *toy) Window() tea.View { return tea.View{AltScreen: true} }

func (l *toy) Canvas() *plot.Canvas {
	l.views.Add(1)
	if strings.HasSuffix(l.keys, "V") {
		panic("in view")
	}
	if l.wide {
		return l.carpet()
	}
	c := plot.NewCanvas(80, 24)
	c.Text(0, 0, fmt.Sprintf("keys<%s> tick %d", l.keys, l.ticks), 0, 0)
	return c
}

// carpet has another colour in each cell, and other ones in each frame.
func (l *toy) carpet() *plot.Canvas {
	c := plot.NewCanvas(mostWidth, mostHeight)
	for y := range c.H {
		for x := range c.W {
			c.Set(x, y, plot.Cell{R: '#', FG: plot.RGB(uint8(x), uint8(y), uint8(l.ticks))})
		}
	}
	return c
}

func (l *toy) Close() { close(l.closed) }

// toys makes labs and hands them to the test.
func toys(animate bool) (func(context.Context, ui.Options) (Lab, error), <-chan *toy) {
	made := make(chan *toy, 300)
	return func(_ context.Context, o ui.Options) (Lab, error) {
		l := &toy{options: o, animate: animate, closed: make(chan struct{})}
		made <- l
		return l, nil
	}, made
}

// hub is a server under test.
type hub struct {
	*Server
	address string
	log     *lines
	host    gossh.Signer
}

// lines is a log that may be written from anywhere.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newKey(t *testing.T) gossh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := gossh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// begin serves on a free port of the loopback until the test ends.
func begin(t *testing.T, c Config) *hub {
	t.Helper()
	if c.Limits.PerAddress == 0 {
		c.Limits.PerAddress = 50
	}
	if c.Limits.PerSecond == 0 {
		c.Limits.PerSecond = 1e6
	}
	// Nobody is cut off for being slow where that is not what is tested.
	c.Limits.Handshake = cmp.Or(c.Limits.Handshake, patience)
	c.Limits.Arrival = cmp.Or(c.Limits.Arrival, 2*patience)
	c.Limits.Grace = cmp.Or(c.Limits.Grace, patience)
	h := &hub{log: &lines{}, host: newKey(t)}
	c.HostKey, c.Log = h.host, slog.New(slog.NewTextHandler(h.log, nil))
	if c.Options.Runs == nil {
		c.Options.Runs = ui.DefaultRuns(problems.Ref{Name: "beale"}, 0)
	}
	var err error
	if h.Server, err = New(c); err != nil {
		t.Fatal(err)
	}
	l, err := Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	h.address = l.Addr().String()
	served := make(chan error, 1)
	go func() { served <- h.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		h.Shutdown(ctx)
		if err := <-served; err != nil {
			t.Error(err)
		}
		if ctx.Err() != nil {
			t.Error("somebody would not leave")
		}
	})
	return h
}

// client is a connection with at most one session.
type client struct {
	t    *testing.T
	wire net.Conn
	ssh  *gossh.Client
	sess *gossh.Session
	in   io.Writer
	out  *output
}

// dial connects. The error is that of the handshake.
func (h *hub) dial(t *testing.T, auth ...gossh.AuthMethod) (*client, error) {
	t.Helper()
	wire, err := net.Dial("tcp", h.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { wire.Close() })
	conn, chans, reqs, err := gossh.NewClientConn(wire, h.address, &gossh.ClientConfig{
		User: "root", Auth: auth, HostKeyCallback: gossh.FixedHostKey(h.host.PublicKey()),
	})
	if err != nil {
		return nil, err
	}
	c := &client{t: t, wire: wire, ssh: gossh.NewClient(conn, chans, reqs)}
	t.Cleanup(func() { c.ssh.Close() })
	return c, nil
}

// connect is dial where it must succeed.
func (h *hub) connect(t *testing.T, auth ...gossh.AuthMethod) *client {
	t.Helper()
	c, err := h.dial(t, auth...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// session opens a session without asking for anything in it.
func (c *client) session() *client {
	c.t.Helper()
	var err error
	if c.sess, err = c.ssh.NewSession(); err != nil {
		c.t.Fatal(err)
	}
	c.out = &output{}
	c.out.changed.L = &c.out.mu
	c.sess.Stdout, c.sess.Stderr = c.out, c.out
	if c.in, err = c.sess.StdinPipe(); err != nil {
		c.t.Fatal(err)
	}
	return c
}

// shell asks for a terminal and the lab in it.
func (c *client) shell(term string, w, h int) *client {
	c.t.Helper()
	if c.sess == nil {
		c.session()
	}
	if err := c.sess.RequestPty(term, h, w, gossh.TerminalModes{}); err != nil {
		c.t.Fatal(err)
	}
	if err := c.sess.Shell(); err != nil {
		c.t.Fatal(err)
	}
	return c
}

func (c *client) press(keys string) {
	c.t.Helper()
	if _, err := io.WriteString(c.in, keys); err != nil {
		c.t.Fatal(err)
	}
}

// see waits until the output has some text.
func (c *client) see(text string) {
	c.t.Helper()
	if !c.out.wait(text) {
		c.t.Fatalf("there is no %q in %.2000q", text, c.out)
	}
}

// ended waits for the end of the session and returns its exit code, −1 where none came.
func (c *client) ended() int {
	c.t.Helper()
	done := make(chan error, 1)
	go func() { done <- c.sess.Wait() }()
	select {
	case err := <-done:
		if err == nil {
			return 0
		}
		if e, ok := err.(*gossh.ExitError); ok {
			return e.ExitStatus()
		}
		return -1
	case <-time.After(patience):
		c.t.Fatalf("the session does not end: %.2000q", c.out)
		return 0
	}
}

// output is what a session has printed.
type output struct {
	mu      sync.Mutex
	changed sync.Cond
	b       bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.changed.Broadcast()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// wait waits for some text, in what was printed since the last call of clear.
func (o *output) wait(text string) bool {
	return o.until(func() bool { return strings.Contains(o.b.String(), text) })
}

// grow waits for so many bytes.
func (o *output) grow(n int) bool { return o.until(func() bool { return o.b.Len() >= n }) }

func (o *output) until(holds func() bool) bool {
	late := false
	alarm := time.AfterFunc(patience, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		late = true
		o.changed.Broadcast()
	})
	defer alarm.Stop()
	o.mu.Lock()
	defer o.mu.Unlock()
	for !holds() {
		if late {
			return false
		}
		o.changed.Wait()
	}
	return true
}

func (o *output) clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.b.Reset()
}

// get receives from a channel.
func get[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatal("it does not happen")
		panic("unreachable")
	}
}

// until waits for a condition that nobody tells of.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal(what)
		}
	}
}

// empty waits until nobody is connected any more.
func (h *hub) empty(t *testing.T) {
	t.Helper()
	until(t, "a connection stays", func() bool {
		h.gate.mu.Lock()
		defer h.gate.mu.Unlock()
		return len(h.gate.inside) == 0 && h.here.Load() == 0
	})
}
