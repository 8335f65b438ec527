package attach

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"opttui/internal/monitor"
	"opttui/internal/protocol"
)

const (
	maxTalks  = 16               // connections of one program: it may have several workers
	maxWaits  = 64               // commands that wait for a program which does not read
	writeTime = 10 * time.Second // that a program may take to read a command
)

// listen opens the socket, which others on the machine cannot reach: its folder is this user's alone.
func listen(path string) (net.Listener, error) {
	l, err := net.Listen("unix", path)
	if err != nil && len(path) > 100 {
		return nil, errors.Join(errors.New("the path of a socket may have 100 bytes: set TMPDIR to a shorter folder"), err)
	}
	return l, err
}

// talk is one connection.
type talk struct {
	child *Child
	conn  net.Conn
	out   chan []byte
}

// accept takes the program's connections until nobody wants them any more.
func (c *Child) accept(l net.Listener) {
	c.background.Go(func() {
		select {
		case <-c.closing:
		case <-c.done:
		}
		_ = l.Close()
		c.hangUp()
	})
	heard := sync.OnceFunc(func() { close(c.knocked) })
	defer heard()
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		if conn.RemoteAddr().String() == c.knockPath() {
			_ = conn.Close()
			heard()
			continue
		}
		t := &talk{child: c, conn: conn, out: make(chan []byte, maxWaits)}
		c.mu.Lock()
		full := len(c.talks) == maxTalks
		if !full {
			c.talks[t] = true
		}
		c.mu.Unlock()
		if full {
			_ = conn.Close()
			c.Run.Tell(true, "the program opens more than %d connections", maxTalks)
			continue
		}
		t.out <- protocol.Command{Type: protocol.Welcome, V: protocol.Version}.Line()
		var both sync.WaitGroup
		over := make(chan struct{})
		both.Go(func() { t.write(over) })
		both.Go(func() { defer close(over); t.read() })
		c.background.Go(func() {
			both.Wait()
			_ = conn.Close()
		})
		if c.isClosing() || c.isDone() { // it came between the closing of the socket and that of the connections
			_ = conn.Close()
		}
	}
}

func (c *Child) isClosing() bool { return closed(c.closing) }

func (c *Child) isDone() bool { return closed(c.done) }

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (c *Child) knockPath() string { return filepath.Join(c.folder, "knock") }

// knock connects to the own socket, once the program has ended. Connections are taken in the order in which they were
// made: with this one, all that the program has made have been.
func (c *Child) knock() {
	from := &net.UnixAddr{Name: c.knockPath(), Net: "unix"}
	conn, err := net.DialUnix("unix", from, &net.UnixAddr{Name: c.socket(), Net: "unix"})
	if err != nil {
		return
	}
	<-c.knocked
	_ = conn.Close()
}

// hangUp closes all connections.
func (c *Child) hangUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for t := range c.talks {
		_ = t.conn.Close()
	}
}

// talking tells whether the program has said something over the socket.
func (c *Child) talking() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spoke
}

// send sends a command over all connections and returns over how many it went.
func (c *Child) send(cmd protocol.Command) (n int) {
	line := cmd.Line()
	c.mu.Lock()
	defer c.mu.Unlock()
	for t := range c.talks {
		select {
		case t.out <- line:
			n++
		default:
			c.Run.Tell(true, "the program does not read its commands")
		}
	}
	return n
}

// write sends what is to be sent until the connection is over.
func (t *talk) write(over <-chan struct{}) {
	for {
		select {
		case line := <-t.out:
			_ = t.conn.SetWriteDeadline(time.Now().Add(writeTime))
			if _, err := t.conn.Write(line); err != nil {
				if errors.Is(err, os.ErrDeadlineExceeded) {
					t.child.Run.Tell(true, "the program does not read its commands: nothing more is sent")
				}
				return // what it has said can still be read
			}
		case <-over:
			return
		}
	}
}

// read takes in what the program says until the connection is over.
func (t *talk) read() {
	c := t.child
	defer func() {
		c.mu.Lock()
		delete(c.talks, t)
		c.mu.Unlock()
		c.silence()
	}()
	r := protocol.NewReader(t.conn)
	for {
		m, err := r.Next()
		var bad *protocol.Malformed
		switch {
		case errors.As(err, &bad):
			c.Run.Strange(bad.Why)
			continue
		case err != nil:
			return
		}
		if !c.take(m) {
			return
		}
	}
}

// drain waits for what a program that has ended has said before; for a child of its own that still has the connection
// only a moment.
func (c *Child) drain() {
	c.knock()
	late := time.After(endTime)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		c.mu.Lock()
		n := len(c.talks)
		c.mu.Unlock()
		if n == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			return
		case <-c.closing:
			return
		}
	}
}

// silence takes in that a connection is over: the last one, maybe.
func (c *Child) silence() {
	select {
	case <-c.ended:
	case <-c.closing:
	case <-time.After(endTime): // a program that ends closes its connection just before
		c.mu.Lock()
		talks := len(c.talks) > 0 || c.strange
		c.mu.Unlock()
		if talks {
			return
		}
		c.Run.Become(monitor.Alone)
		c.Run.Tell(true, "the program has closed its connection, and goes on by itself")
	}
}

// endTime is how long after its last word a program usually has ended.
const endTime = 300 * time.Millisecond

// take takes in a message, and reports whether to read on.
func (c *Child) take(m *protocol.Message) bool {
	c.mu.Lock()
	c.spoke = true
	c.mu.Unlock()
	now := time.Now()
	switch m.Type {
	case protocol.Hello:
		if m.Version != protocol.Version {
			c.mu.Lock()
			c.strange = true
			c.mu.Unlock()
			c.Run.Become(monitor.Alone)
			c.Run.Tell(true, "the program speaks version %d of the protocol, this opttui version %d: its numbers cannot be read", m.Version, protocol.Version)
			return false
		}
		c.Run.Offer(m.Name, m.Tunables)
		if m.More {
			c.Run.Tell(true, "the program offers more than %d numbers to tune: the rest is left out", protocol.MaxTunables)
		}
	case protocol.Metrics:
		c.Run.Log(m.Step, m.Values, now)
		if m.Dropped > 0 {
			c.Run.Strange(fmt.Sprintf("a message has more than %d numbers: the rest is left out", protocol.MaxFields))
		}
	case protocol.Applied:
		c.Run.Applied(m.ID, m.Name, m.V, m.Step, now)
	case protocol.Refused:
		c.Run.Refused(m.ID, m.Why)
	case protocol.State:
		c.state(m)
	}
	c.tell(m)
	return true
}

// state takes in what the program says that it is doing.
func (c *Child) state(m *protocol.Message) {
	text := ""
	if m.Text != "" {
		text = ": " + m.Text
	}
	switch m.State {
	case protocol.Running:
		c.Run.Become(monitor.Running)
		c.Run.Tell(false, "it goes on%s%s", at(m.Step), text)
	case protocol.Paused:
		c.Run.Become(monitor.Paused)
		c.Run.Tell(false, "it rests%s%s", at(m.Step), text)
	case protocol.Saved:
		c.Run.Tell(false, "a checkpoint was written%s%s", at(m.Step), text)
	case protocol.Stopped:
		c.Run.Tell(false, "it stops%s%s", at(m.Step), text)
	}
}
