//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// client is one person at a terminal.
type client struct {
	glass *glass
	ssh   *gossh.Client
	sess  *gossh.Session
	in    io.WriteCloser
	ended chan struct{} // closed when the output has ended

	mu       sync.Mutex
	count    bool            // frames and keys count
	frame    int             // bytes of the one that has begun
	frames   []int           // bytes of those that are complete
	awaited  string          // the text that the last key is to bring; "" for none
	pressed  time.Time       // when that was
	delays   []time.Duration // from keys to what they bring
	unheeded int             // keys whose effect was not seen before the next one
}

// The question for synchronized output (DEC's private mode 2026), the answer that the terminal has it, and the ends of a frame.
var (
	question   = []byte("\x1b[?2026$p")
	answer     = "\x1b[?2026;2$y"
	frameBegin = []byte("\x1b[?2026h")
	frameEnd   = []byte("\x1b[?2026l")
)

// connect begins a session on a terminal of w×h cells with true colour that can tell where a frame ends.
func connect(address string, w, h int) (*client, error) {
	config := &gossh.ClientConfig{User: "load", HostKeyCallback: gossh.InsecureIgnoreHostKey(), Timeout: time.Minute} // of this process's own server
	conn, err := gossh.Dial("tcp", address, config)
	if err != nil {
		return nil, err
	}
	c := &client{glass: newGlass(w, h), ssh: conn, ended: make(chan struct{})}
	if c.sess, err = conn.NewSession(); err != nil {
		return nil, err
	}
	if err := c.sess.Setenv("COLORTERM", "truecolor"); err != nil {
		return nil, err
	}
	if err := c.sess.RequestPty("xterm-256color", h, w, gossh.TerminalModes{}); err != nil {
		return nil, err
	}
	if c.in, err = c.sess.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.sess.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.sess.Shell(); err != nil {
		return nil, err
	}
	go c.read(out)
	return c, nil
}

// read takes the output until it ends.
func (c *client) read(out io.Reader) {
	defer close(c.ended)
	b := make([]byte, 64<<10)
	for {
		n, err := out.Read(b)
		if n > 0 {
			c.take(b[:n], time.Now())
		}
		if err != nil {
			return
		}
	}
}

// take takes a piece of output that came at a time. A sequence that two pieces share is taken for no end of a frame, which
// happens to one frame in thousands.
func (c *client) take(b []byte, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if bytes.Contains(b, question) {
		_, _ = io.WriteString(c.in, answer)
	}
	for len(b) > 0 {
		if i := bytes.Index(b, frameBegin); i == 0 {
			c.frame = 0
		}
		end := bytes.Index(b, frameEnd)
		if end < 0 {
			c.frame += len(b)
			_, _ = c.glass.Write(b)
			return
		}
		end += len(frameEnd)
		_, _ = c.glass.Write(b[:end])
		c.complete(c.frame+end, at)
		c.frame, b = 0, b[end:]
	}
}

// complete counts a frame, and looks whether it shows what the last key is to bring.
func (c *client) complete(bytes int, at time.Time) {
	if c.count {
		c.frames = append(c.frames, bytes)
	}
	if c.awaited != "" && c.glass.shows(c.awaited) {
		if c.count {
			c.delays = append(c.delays, at.Sub(c.pressed))
		}
		c.awaited = ""
	}
}

// ready waits for the first whole screen.
func (c *client) ready() error {
	for range 600 {
		c.mu.Lock()
		there := c.glass.shows("─ log ─") && len(c.glass.row(0)) > 0
		c.mu.Unlock()
		if there {
			return nil
		}
		select {
		case <-c.ended:
			return fmt.Errorf("a session ended at once")
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("a session shows no lab after a minute")
}

// press presses l, which changes the loss between logarithmic and linear, and the panel's title with it.
func (c *client) press() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.awaited != "" && c.count {
		c.unheeded++
	}
	c.awaited = "─ linear ─"
	if c.glass.shows(c.awaited) {
		c.awaited = "─ log ─"
	}
	c.pressed = time.Now()
	_, err := io.WriteString(c.in, "l")
	return err
}

// play presses a key every second until stop is closed, at moments that differ from client to client.
func (c *client) play(stop <-chan struct{}) error {
	next := time.NewTimer(rand.N(time.Second))
	defer next.Stop()
	for {
		select {
		case <-stop:
			return nil
		case <-c.ended:
			return io.EOF
		case <-next.C:
		}
		if err := c.press(); err != nil {
			return err
		}
		next.Reset(time.Second)
	}
}

// counting begins or ends to count.
func (c *client) counting(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count = on
}

// leave quits and waits for the end.
func (c *client) leave() {
	_, _ = io.WriteString(c.in, "q")
	select {
	case <-c.ended:
	case <-time.After(10 * time.Second):
	}
	_ = c.ssh.Close()
}
