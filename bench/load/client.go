//go:build linux

package main

import (
	"errors"
	"io"
	"math/rand/v2"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"opttui/bench/watch"
)

// client is one person at a terminal.
type client struct {
	ssh    *gossh.Client
	sess   *gossh.Session
	in     io.WriteCloser
	frames *watch.Frames
	ended  chan struct{} // closed when the output has ended

	// Guarded by frames.Look.
	glass    *watch.Glass
	count    bool            // keys count
	awaited  string          // the text that the last key is to bring; "" for none
	pressed  time.Time       // when that was
	delays   []time.Duration // from keys to what they bring
	unheeded int             // keys whose effect was not seen before the next one
}

// connect begins a session on a terminal of w×h cells with true colour.
func connect(address string, w, h int) (*client, error) {
	config := &gossh.ClientConfig{User: "load", HostKeyCallback: gossh.InsecureIgnoreHostKey(), Timeout: time.Minute} // of this process's own server
	conn, err := gossh.Dial("tcp", address, config)
	if err != nil {
		return nil, err
	}
	c := &client{ssh: conn, ended: make(chan struct{})}
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
	c.frames = watch.NewFrames(w, h, c.in)
	c.frames.Look(func(g *watch.Glass) { c.glass = g })
	c.frames.Each = c.look
	if err := c.sess.Shell(); err != nil {
		return nil, err
	}
	go func() {
		defer close(c.ended)
		c.frames.Read(out)
	}()
	return c, nil
}

// look looks after each frame whether it shows what the last key is to bring.
func (c *client) look(at time.Time) {
	if c.awaited == "" || !c.glass.Shows(c.awaited) {
		return
	}
	if c.count {
		c.delays = append(c.delays, at.Sub(c.pressed))
	}
	c.awaited = ""
}

// ready waits for the first whole screen.
func (c *client) ready() error {
	if !c.frames.Wait(logarithmic, time.Minute) {
		return errors.New("there is no lab after a minute")
	}
	return nil
}

// What l changes in the title of the panel of curves.
const logarithmic, linear = "─ log ─", "─ linear ─"

// press presses l, which changes the loss between logarithmic and linear.
func (c *client) press() (err error) {
	c.frames.Look(func(g *watch.Glass) {
		if c.awaited != "" && c.count {
			c.unheeded++
		}
		c.awaited = linear
		if g.Shows(linear) {
			c.awaited = logarithmic
		}
		c.pressed = time.Now()
	})
	_, err = io.WriteString(c.in, "l")
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
	c.frames.Count(on)
	c.frames.Look(func(*watch.Glass) { c.count = on })
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
