// Package attach starts a training program of the user's own and talks with it: its numbers come in, what is to be tuned
// goes out. The program is its own: it needs nothing of this process, and goes on when this one ends.
package attach

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"opttui/internal/monitor"
	"opttui/internal/protocol"
	"opttui/internal/tail"
	"opttui/internal/usage"
)

// Options say what is started.
type Options struct {
	Args []string // the program and its arguments
	Env  []string // variables besides those of this process
	// Output is the folder where the program's own output goes, to the files out.log and err.log, which are followed: it
	// needs nobody who reads it.
	Output string
	Echo   io.Writer // is written the lines of both, too; nil for nothing
	// Heard is told of all messages as they come, after Run; one call at a time. The message is overwritten by the next.
	// nil for nobody.
	Heard func(m *protocol.Message)
	// Mute gives the program no socket: it talks by what it prints.
	Mute bool
}

// Child is a program that has been started. Its methods may be called from any goroutine.
type Child struct {
	Run *monitor.Run

	cmd    *exec.Cmd
	heard  func(*protocol.Message)
	folder string // of the socket
	output string
	echo   io.Writer
	done   chan struct{} // closed when the program has ended and its output has been read
	ended  chan struct{} // closed when it has ended

	closing    chan struct{}
	knocked    chan struct{} // closed when all connections from before the program's end have been taken, or no more are
	close      sync.Once
	background sync.WaitGroup

	ids     atomic.Uint64
	asked   atomic.Int32 // how often it was told to stop
	hearing sync.Mutex
	mu      sync.Mutex
	talks   map[*talk]bool
	spoke   bool // it has said something over the socket
	strange bool // in another version of the protocol
	stopped bool // by a signal, for want of an ear
}

// Start starts the program. The error is a *usage.Error where there is no such program.
func Start(o Options) (*Child, error) {
	if len(o.Args) == 0 {
		return nil, usage.Errorf("there is no program to start: write it after --, as in opttui attach -- python3 train.py")
	}
	path, err := exec.LookPath(o.Args[0])
	if err != nil && !errors.Is(err, exec.ErrDot) {
		return nil, usage.Errorf("%q cannot be started: %v", o.Args[0], errors.Unwrap(err))
	}
	folder, err := os.MkdirTemp("", "opttui-")
	if err != nil {
		return nil, err
	}
	c := &Child{
		Run:    monitor.NewRun(nameOf(o.Args), time.Now()),
		folder: folder, output: o.Output, echo: o.Echo, heard: o.Heard,
		done: make(chan struct{}), ended: make(chan struct{}), closing: make(chan struct{}), knocked: make(chan struct{}),
		talks: make(map[*talk]bool),
	}
	if err := c.start(path, o); err != nil {
		_ = os.RemoveAll(folder)
		return nil, err
	}
	return c, nil
}

// nameOf is what a program is called that does not say: its script, the first of its words that is a file.
func nameOf(args []string) string {
	i := 1 + slices.IndexFunc(args[1:], func(a string) bool {
		s, err := os.Stat(a)
		return err == nil && s.Mode().IsRegular()
	})
	return filepath.Base(args[i])
}

func (c *Child) start(path string, o Options) error {
	l, err := listen(c.socket())
	if err != nil {
		return err
	}
	c.cmd = exec.Command(path, o.Args[1:]...)
	c.cmd.Env = os.Environ()
	if o.Mute {
		c.cmd.Env = append(c.cmd.Env, protocol.Environment+"=", protocol.Printing+"=stdout")
	} else {
		c.cmd.Env = append(c.cmd.Env, protocol.Environment+"="+c.socket())
	}
	if os.Getenv("PYTHONUNBUFFERED") == "" { // what it prints is to be seen when it prints it
		c.cmd.Env = append(c.cmd.Env, "PYTHONUNBUFFERED=1")
	}
	c.cmd.Env = append(c.cmd.Env, o.Env...)
	alone(c.cmd)
	files, err := c.outputs()
	if err == nil {
		err = c.cmd.Start()
	}
	for _, f := range files {
		_ = f.Close() // the program has its own
	}
	if err != nil {
		_ = l.Close()
		return fmt.Errorf("%s cannot be started: %w", o.Args[0], err)
	}
	read := make(chan struct{})
	c.background.Go(func() { c.accept(l) })
	c.background.Go(func() { defer close(read); c.follow() })
	go func() { // it may outlive this process: nobody waits for it but this
		_ = c.cmd.Wait()
		close(c.ended)
		<-read
		c.drain()
		c.tellEnd()
		close(c.done)
	}()
	return nil
}

// socket is its path.
func (c *Child) socket() string { return filepath.Join(c.folder, "socket") }

// outputs says where the program's output goes, and returns files that are to be closed once it has begun.
func (c *Child) outputs() ([]*os.File, error) {
	var files []*os.File
	for _, name := range outputNames {
		f, err := os.OpenFile(filepath.Join(c.output, name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return files, err
		}
		files = append(files, f)
	}
	c.cmd.Stdout, c.cmd.Stderr = files[0], files[1]
	return files, nil
}

var outputNames = [2]string{"out.log", "err.log"}

// PID is the number of the process, and of its group.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Done is closed when the program has ended, and all that it said has been taken in.
func (c *Child) Done() <-chan struct{} { return c.done }

// Exit is the code that tells how the program ended, as shells write it: 128 and more for a signal. It means something once
// Done is closed.
func (c *Child) Exit() int { return exitCode(c.cmd.ProcessState) }

// tellEnd says how it ended.
func (c *Child) tellEnd() {
	code := c.Exit()
	switch asked := c.asked.Load() > 0; {
	case asked && (code == 0 || code > 128):
		c.Run.Become(monitor.Ended)
		c.Run.Tell(false, "the program has ended, as it was told to")
	case code == 0:
		c.Run.Become(monitor.Ended)
		c.Run.Tell(false, "the program has ended by itself")
	case code > 128:
		c.Run.Become(monitor.Failed)
		c.Run.Tell(true, "the program was ended by a signal: %s", signalName(code-128))
	default:
		c.Run.Become(monitor.Failed)
		c.Run.Tell(true, "the program ended with exit code %d: its last lines may tell why", code)
	}
}

// Close stops listening to the program, which goes on: also where a signal has stopped it, since nobody else would let it.
func (c *Child) Close() {
	c.mu.Lock()
	held := c.stopped && !closed(c.ended)
	c.stopped = false
	c.mu.Unlock()
	if held {
		_ = c.signal(sigCont)
	}
	c.close.Do(func() { close(c.closing) })
	c.background.Wait()
	_ = os.RemoveAll(c.folder)
}

// pollTime is how often the program's output is looked at.
const pollTime = 40 * time.Millisecond

// maxLine bounds a line of the output, in bytes: what is longer is cut.
const maxLine = 64 << 10

// follow takes in what the program prints, until it has ended or nobody wants to know any more.
func (c *Child) follow() {
	var readers [len(outputNames)]*printed
	for i, name := range outputNames {
		p := &printed{child: c, file: tail.New(filepath.Join(c.output, name)), loud: i == 1, lines: tail.Lines{Most: maxLine}}
		p.object = protocol.NewReader(nil)
		defer p.file.Close()
		readers[i] = p
	}
	tick := time.NewTicker(pollTime)
	defer tick.Stop()
	for over := false; ; {
		for _, p := range readers {
			p.poll(over)
		}
		if over {
			return
		}
		select {
		case <-tick.C:
		case <-c.ended:
			over = true
		case <-c.closing:
			return
		}
	}
}

// printed is one of the two files with output.
type printed struct {
	child  *Child
	file   *tail.Follower
	lines  tail.Lines
	loud   bool
	object *protocol.Reader
}

// poll takes in what is new, all of it where the program is over.
func (p *printed) poll(over bool) {
	for {
		n, err := p.file.Poll(4<<20, p.take, p.lines.Drop)
		if err != nil || n == 0 || !over {
			break
		}
	}
	if over && p.lines.Pending() {
		p.lines.Flush(p.line)
	}
	text, _ := p.lines.Part()
	p.child.Run.Printing(string(text), p.loud)
}

// take takes in a piece of the output.
func (p *printed) take(b []byte) {
	for piece := range slices.Chunk(b, maxLine/2) { // what is written over must not make a line too long
		p.lines.Add(piece, p.line)
		p.lines.Overwrite()
	}
}

// line takes in a line. Numbers in JSON count as if they had come over the socket, as long as nothing does.
func (p *printed) line(text []byte, _ bool) {
	p.child.Run.Print(string(text), p.loud)
	if p.child.echo != nil {
		fmt.Fprintf(p.child.echo, "%s\n", text)
	}
	if len(text) == 0 || text[0] != '{' || p.loud || p.child.talking() {
		return
	}
	if m, err := p.object.Object(text); err == nil {
		p.child.Run.Log(m.Step, m.Values, time.Now())
		p.child.tell(m)
	}
}

// tell tells whoever wants to hear it.
func (c *Child) tell(m *protocol.Message) {
	if c.heard == nil {
		return
	}
	c.hearing.Lock()
	defer c.hearing.Unlock()
	c.heard(m)
}

// Set asks the program to give a tunable a value. The answer comes in Run. The error is a *usage.Error where the value is
// out of bounds, or nobody listens.
func (c *Child) Set(name string, v float64) error {
	t, ok := c.Run.View().Tunable(name)
	if !ok {
		return usage.Errorf("the program has no %s to tune", name)
	}
	if err := t.Knob.Check(v); err != nil {
		return usage.From(err)
	}
	n := protocol.Number(v)
	id := c.ids.Add(1)
	c.Run.Asked(id, name, v)
	if c.send(protocol.Command{Type: protocol.Set, ID: id, Name: name, Value: &n}) == 0 {
		c.Run.Refused(id, "it does not listen")
		return usage.Errorf("the program does not listen")
	}
	return nil
}

// Pause lets the program rest after its next step. One that does not talk is stopped by a signal where it is.
func (c *Child) Pause() {
	if c.over() {
		return
	}
	if c.send(protocol.Command{Type: protocol.Pause}) == 0 {
		c.hold(true)
	}
}

// Resume lets the program go on.
func (c *Child) Resume() {
	c.mu.Lock()
	held := c.stopped
	c.mu.Unlock()
	if held {
		c.hold(false)
		return
	}
	c.send(protocol.Command{Type: protocol.Resume})
}

// hold stops the program, or lets it go on, by a signal.
func (c *Child) hold(stop bool) {
	c.mu.Lock()
	c.stopped = stop
	c.mu.Unlock()
	if err := c.signal(map[bool]os.Signal{true: sigStop, false: sigCont}[stop]); err != nil {
		c.Run.Tell(true, "it cannot be stopped: %v", err)
		return
	}
	if stop {
		c.Run.Become(monitor.Paused)
		c.Run.Tell(false, "the program does not talk: it was stopped where it is, by a signal")
	} else {
		c.Run.Become(monitor.Running)
		c.Run.Tell(false, "it goes on")
	}
}

// Checkpoint asks the program to write one. The error is a *usage.Error where nobody listens.
func (c *Child) Checkpoint() error {
	if c.send(protocol.Command{Type: protocol.Checkpoint}) == 0 {
		return usage.Errorf("the program does not listen, so it writes no checkpoint")
	}
	return nil
}

// over tells that the program has ended, and says so where somebody wants something of it.
func (c *Child) over() bool {
	over := closed(c.ended)
	if over {
		c.Run.Tell(false, "the program has ended")
	}
	return over
}

// Stop ends the program: politely at first, or by SIGTERM where it does not listen; by SIGTERM at the second time; by
// SIGKILL after that.
func (c *Child) Stop() {
	if c.over() {
		return
	}
	switch n := c.asked.Add(1); {
	case n == 1 && c.send(protocol.Command{Type: protocol.Stop}) > 0:
		c.Run.Tell(false, "the program was asked to stop; once more sends SIGTERM")
	case n <= 2:
		c.asked.Store(2)
		c.Run.Tell(false, "SIGTERM was sent; once more sends SIGKILL")
		_ = c.Signal(sigTerm)
	default:
		c.Run.Tell(false, "SIGKILL was sent")
		_ = c.signal(os.Kill)
	}
}

// Signal passes a signal on to the program and its children.
func (c *Child) Signal(s os.Signal) error {
	err := c.signal(s)
	c.mu.Lock()
	held := c.stopped
	c.mu.Unlock()
	if held { // it takes no other signal while it is stopped
		_ = c.signal(sigCont)
	}
	return err
}

// at is a step, or NaN.
func at(step float64) string {
	if math.IsNaN(step) {
		return ""
	}
	return fmt.Sprintf(" at step %.0f", step)
}
