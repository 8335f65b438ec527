package attach

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"opttui/internal/leak"

	"opttui/internal/monitor"
	"opttui/internal/protocol"
	"opttui/internal/usage"
)

// TestMain is also the programs that the tests start.
func TestMain(m *testing.M) {
	if what := os.Getenv("ATTACH_TEST_PROGRAM"); what != "" {
		os.Exit(programs[what](os.Args[1:]))
	}
	leak.Main(m)
}

// programs are what a test starts, by name.
var programs = map[string]func(args []string) int{
	"trainer": trainer,
	"exit":    func([]string) int { fmt.Fprintln(os.Stderr, "it went wrong"); return 7 },
	"die":     func([]string) int { _ = syscall.Kill(os.Getpid(), syscall.SIGTERM); select {} },
	"printer": func([]string) int {
		fmt.Println("hello\tthere\x1b[31m")
		for i := range 5 {
			fmt.Printf("{\"step\": %d, \"loss\": %g, \"note\": \"x\"}\n", 10*i, 1/float64(i+1))
		}
		fmt.Print("no newline")
		return 0
	},
	"waiter":  func(args []string) int { waitForFile(args[0]); return 0 },
	"deaf":    func([]string) int { time.Sleep(time.Hour); return 0 },
	"hostile": hostile,
	"bar": func(args []string) int {
		fmt.Println("begins")
		for i := range 100_000 { // more than a line may be long
			fmt.Fprintf(os.Stderr, "\r%d %%", i)
		}
		waitForFile(args[0])
		fmt.Fprintln(os.Stderr, "\rdone")
		return 0
	},
	"old": func(args []string) int {
		fmt.Fprintln(dial(), `{"type":"hello","v":9}`)
		waitForFile(args[0])
		return 0
	},
	"leaver": func(args []string) int {
		c := dial()
		fmt.Fprintln(c, `{"type":"hello","v":1,"name":"leaver","tunables":[]}`)
		c.Close()
		waitForFile(args[0])
		return 0
	},
}

func dial() net.Conn {
	c, err := net.Dial("unix", os.Getenv(protocol.Environment))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	return c
}

func waitForFile(path string) {
	for {
		if _, err := os.Stat(path); err == nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// trainer trains until it is told to stop, as a client does.
func trainer([]string) int {
	c := dial()
	fmt.Fprintln(c, `{"type":"hello","v":1,"name":"mlp","tunables":[{"name":"lr","value":0.1,"min":0,"max":10,"scale":"log"},{"name":"wd","value":0}],"later":true}`)
	commands := make(chan protocol.Command, 10)
	go func() {
		in := bufio.NewScanner(c)
		for in.Scan() {
			var cmd protocol.Command
			if json.Unmarshal(in.Bytes(), &cmd) == nil {
				commands <- cmd
			}
		}
	}()
	lr, paused := 0.1, false
	for step := 0; ; {
		select {
		case cmd := <-commands:
			switch cmd.Type {
			case protocol.Set:
				if cmd.Name != "lr" {
					fmt.Fprintf(c, `{"type":"refused","id":%d,"why":"%s stays"}`+"\n", cmd.ID, cmd.Name)
					continue
				}
				lr = float64(*cmd.Value)
				fmt.Fprintf(c, `{"type":"applied","id":%d,"name":"lr","value":%g,"step":%d}`+"\n", cmd.ID, lr, step)
			case protocol.Pause, protocol.Resume:
				paused = cmd.Type == protocol.Pause
				fmt.Fprintf(c, `{"type":"state","state":"%s","step":%d}`+"\n", map[bool]string{true: "paused", false: "running"}[paused], step)
			case protocol.Checkpoint:
				fmt.Fprintf(c, `{"type":"state","state":"saved","step":%d,"text":"model.pt"}`+"\n", step)
			case protocol.Stop:
				return 0
			}
		default:
			if paused {
				time.Sleep(time.Millisecond)
				continue
			}
			fmt.Fprintf(c, `{"type":"metrics","step":%d,"loss":%g,"lr":%g,"epoch":%g}`+"\n", step, 1/float64(step+1), lr, float64(step)/10)
			step++
			time.Sleep(time.Millisecond)
		}
	}
}

// hostile sends what no program should.
func hostile([]string) int {
	c := dial()
	out := bufio.NewWriter(c)
	fmt.Fprintln(out, `{"type":"hello","v":1,"name":"`+strings.Repeat("x", 5000)+`\u001b[2J"}`)
	fmt.Fprintln(out, strings.Repeat("y", 10<<20)) // 10 MB
	out.WriteString(`{"type":"metrics","step":1`)
	for i := range 1_000_000 {
		fmt.Fprintf(out, `,"f%d":1`, i)
	}
	fmt.Fprintln(out, "}")
	out.Write([]byte{0, 1, 2, 0xff, '\n'})
	for s := range 20 {
		out.WriteString(`{"type":"metrics","step":2`)
		for i := range 1000 {
			fmt.Fprintf(out, `,"s%d_%d":NaN`, s, i)
		}
		fmt.Fprintln(out, "}")
	}
	fmt.Fprintln(out, `{"type":"dance"}`+"\n"+`{"type":"applied","id":99,"name":"nothing","value":null}`)
	fmt.Fprintln(out, `{"type":"metrics","step":3,"loss":0.5}`)
	out.Flush()
	return 0
}

func start(t *testing.T, what string, args ...string) *Child {
	t.Helper()
	c, err := Start(Options{Args: append([]string{os.Args[0]}, args...), Env: []string{"ATTACH_TEST_PROGRAM=" + what}, Output: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.signal(syscall.SIGKILL)
		<-c.Done()
		c.Close()
	})
	return c
}

// until waits for what must happen.
func until(t *testing.T, c *Child, what string, holds func(v *monitor.View) bool) *monitor.View {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		v := c.Run.View()
		if holds(v) {
			return v
		}
		select {
		case <-time.After(time.Millisecond):
		case <-deadline:
			t.Fatalf("%s: %s %q, %d series, %v", what, v.Status, v.Said, len(v.Series), c.Run.Lines(20, 0))
		}
	}
}

func ended(t *testing.T, c *Child) int {
	t.Helper()
	select {
	case <-c.Done():
		return c.Exit()
	case <-time.After(time.Minute):
		t.Fatal("it does not end")
		return 0
	}
}

func TestTrainer(t *testing.T) {
	c := start(t, "trainer")
	v := until(t, c, "numbers", func(v *monitor.View) bool { return v.Step > 5 && len(v.Tunables) == 2 })
	if v.Name != "mlp" || v.Status != monitor.Running || v.Series[v.Loss()].Name != "loss" {
		t.Errorf("%s %s", v.Name, v.Status)
	}
	if err := c.Set("lr", 0.05); err != nil {
		t.Fatal(err)
	}
	v = until(t, c, "the rate", func(v *monitor.View) bool { return len(v.Changes) == 1 })
	change := v.Changes[0]
	lr, _ := v.Tunable("lr")
	if change.Name != "lr" || change.V != 0.05 || change.Step < 5 || lr.Value != 0.05 || lr.Asked() {
		t.Errorf("%+v, %+v", change, lr)
	}
	// What the program then logs is at the new rate, from the step on that it told.
	until(t, c, "the logged rate", func(v *monitor.View) bool {
		s := v.Series[v.Find("lr")]
		return s.Step > change.Step+3 && s.Last == 0.05
	})
	if err := c.Set("wd", 1); err != nil {
		t.Fatal(err)
	}
	until(t, c, "a refusal", func(v *monitor.View) bool {
		return v.Bad && strings.Contains(v.Said, "does not take wd = 1.00: wd stays")
	})
	for _, bad := range []struct {
		name string
		v    float64
		says string
	}{{"lr", 11, "allowed is"}, {"beta", 1, "no beta to tune"}} {
		err := c.Set(bad.name, bad.v)
		var u *usage.Error
		if !errors.As(err, &u) || !strings.Contains(err.Error(), bad.says) {
			t.Errorf("%s = %v: %v", bad.name, bad.v, err)
		}
	}
	c.Pause()
	v = until(t, c, "a pause", func(v *monitor.View) bool { return v.Status == monitor.Paused })
	if err := c.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	until(t, c, "a checkpoint", func(v *monitor.View) bool { return strings.Contains(v.Said, "model.pt") })
	c.Resume()
	until(t, c, "more numbers", func(w *monitor.View) bool { return w.Status == monitor.Running && w.Step > v.Step+3 })
	c.Stop()
	if code := ended(t, c); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if v := c.Run.View(); v.Status != monitor.Ended {
		t.Errorf("%s, %s", v.Status, v.Said)
	}
}

func TestHowItEnds(t *testing.T) {
	c := start(t, "exit")
	if code := ended(t, c); code != 7 {
		t.Errorf("exit code %d", code)
	}
	v := c.Run.View()
	if v.Status != monitor.Failed || !strings.Contains(v.Said, "exit code 7") {
		t.Errorf("%s %q", v.Status, v.Said)
	}
	if l := c.Run.Lines(5, 0); len(l) != 1 || l[0].Text != "it went wrong" || !l[0].Loud {
		t.Errorf("%v", l)
	}
	if code := ended(t, start(t, "die")); code != 128+15 {
		t.Errorf("a signal gives %d", code)
	}
	c = start(t, "trainer")
	until(t, c, "numbers", func(v *monitor.View) bool { return v.Step > 1 })
	if err := c.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := ended(t, c); code != 130 {
		t.Errorf("SIGINT gives %d", code)
	}
}

// A program that knows nothing of the protocol is shown, too: its output, and numbers that it prints as JSON.
func TestPrinter(t *testing.T) {
	c := start(t, "printer")
	if ended(t, c) != 0 {
		t.Error("it fails")
	}
	v := c.Run.View()
	if len(v.Series) != 1 || v.Series[0].Last != 0.2 || v.Series[0].Step != 40 || v.Series[0].Count != 5 {
		t.Errorf("%+v", v.Series)
	}
	l := c.Run.Lines(100, 0)
	if len(l) != 7 || l[0].Text != "hello    there" || l[6].Text != "no newline" {
		t.Errorf("%v", l)
	}
}

// A program that does not talk is stopped by a signal, goes on, and ends by SIGTERM.
func TestDeaf(t *testing.T) {
	c := start(t, "deaf")
	state := func() string {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.PID()))
		if err != nil {
			t.Skip("there is no /proc")
		}
		return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))[0]
	}
	state()
	c.Pause()
	until(t, c, "a stopped process", func(v *monitor.View) bool { return v.Status == monitor.Paused && state() == "T" })
	c.Resume()
	until(t, c, "a process that goes on", func(v *monitor.View) bool { return v.Status == monitor.Running && state() != "T" })
	if err := c.Checkpoint(); err == nil {
		t.Error("it writes a checkpoint")
	}
	c.Pause()
	c.Stop()
	if code := ended(t, c); code != 128+15 {
		t.Errorf("exit code %d", code)
	}
}

// A program that a signal has stopped goes on when nobody listens any more.
func TestCloseWhileStopped(t *testing.T) {
	file := filepath.Join(t.TempDir(), "end")
	c := start(t, "waiter", file)
	c.Pause()
	if v := c.Run.View(); v.Status != monitor.Paused {
		t.Fatalf("%s %q", v.Status, v.Said)
	}
	c.Close()
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code := ended(t, c); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// A hostile program costs little and is told what is wrong.
func TestHostile(t *testing.T) {
	c := start(t, "hostile")
	if code := ended(t, c); code != 0 {
		t.Errorf("exit code %d", code)
	}
	v := c.Run.View()
	i := v.Find("loss")
	if len(v.Series) != monitor.MaxSeries || len(v.Name) > 300 || strings.Contains(v.Name, "\x1b") {
		t.Errorf("%d series, the name has %d bytes", len(v.Series), len(v.Name))
	}
	if i >= 0 {
		t.Error("there was room for one more series")
	}
	if v.Step != 3 {
		t.Errorf("the message after all that was not read: step %v", v.Step)
	}
}

func TestAnotherVersion(t *testing.T) {
	c := start(t, "old", filepath.Join(t.TempDir(), "never"))
	until(t, c, "a word on the version", func(v *monitor.View) bool { return v.Bad && strings.Contains(v.Said, "version 9") })
	c.silence() // the connection is over, which says less
	if v := c.Run.View(); !strings.Contains(v.Said, "version 9") || v.Status != monitor.Alone {
		t.Errorf("%s %q", v.Status, v.Said)
	}
}

// What a program says is taken in however soon it ends: before its connection has been looked at, for instance.
func TestDrain(t *testing.T) {
	c := &Child{
		Run: monitor.NewRun("quick", time.Now()), folder: t.TempDir(), talks: make(map[*talk]bool),
		done: make(chan struct{}), ended: make(chan struct{}), closing: make(chan struct{}), knocked: make(chan struct{}),
	}
	l, err := listen(c.socket())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		conn, err := net.Dial("unix", c.socket())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, `{"type":"metrics","step":1,"loss%d":3}`+"\n", i)
		_ = conn.Close()
	}
	close(c.ended)
	c.background.Go(func() { c.accept(l) })
	c.drain()
	if v := c.Run.View(); len(v.Series) != 5 {
		t.Errorf("%d of 5 connections were heard", len(v.Series))
	}
	close(c.done)
	c.Close()
}

func TestName(t *testing.T) {
	file := filepath.Join(t.TempDir(), "train.py")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{{[]string{"/bin/python3", "-u", file, "--lr", "0.1"}, "train.py"}, {[]string{"/bin/true"}, "true"}, {[]string{file, "/no/such"}, "train.py"}, {[]string{"python3", "-m", "x"}, "python3"}} {
		if got := nameOf(c.args); got != c.want {
			t.Errorf("%v is called %s", c.args, got)
		}
	}
}

// A program whose connection is gone goes on.
func TestLeaver(t *testing.T) {
	file := filepath.Join(t.TempDir(), "end")
	c := start(t, "leaver", file)
	until(t, c, "a word on it", func(v *monitor.View) bool { return v.Status == monitor.Alone })
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code := ended(t, c); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// When nobody listens any more, the program goes on.
func TestClose(t *testing.T) {
	file := filepath.Join(t.TempDir(), "end")
	c := start(t, "leaver", file)
	until(t, c, "a greeting", func(v *monitor.View) bool { return v.Name == "leaver" })
	c.Close()
	if c.send(protocol.Command{Type: protocol.Stop}) != 0 {
		t.Error("it still listens")
	}
	select {
	case <-c.Done():
		t.Error("it has ended")
	default:
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code := ended(t, c); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestStartRefuses(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{{nil, "after --"}, {[]string{"no-such-program"}, `"no-such-program" cannot be started`}} {
		_, err := Start(Options{Args: c.args})
		var u *usage.Error
		if !errors.As(err, &u) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v", c.args, err)
		}
	}
}

// A progress bar is seen while it is drawn, and only as it is last.
func TestProgressBar(t *testing.T) {
	file := filepath.Join(t.TempDir(), "end")
	c := start(t, "bar", file)
	until(t, c, "the bar", func(*monitor.View) bool {
		l := c.Run.Lines(5, 0)
		return len(l) == 2 && l[0].Text == "begins" && l[1] == monitor.Line{Text: "99999 %", Loud: true}
	})
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ended(t, c)
	if l := c.Run.Lines(5, 0); len(l) != 2 || l[1] != (monitor.Line{Text: "done", Loud: true}) {
		t.Errorf("%v", l)
	}
}

// What has ended is neither stopped nor paused, and says so; who was told to stop has not failed.
func TestAfterTheEnd(t *testing.T) {
	c := start(t, "deaf")
	c.Stop()
	if code := ended(t, c); code != 128+15 {
		t.Errorf("exit code %d", code)
	}
	if v := c.Run.View(); v.Status != monitor.Ended || v.Bad || !strings.Contains(v.Said, "as it was told to") {
		t.Errorf("%s: %q", v.Status, v.Said)
	}
	for name, do := range map[string]func(){"stop": c.Stop, "pause": c.Pause} {
		c.Run.Tell(false, "")
		if do(); c.Run.View().Said != "the program has ended" || c.Run.View().Status != monitor.Ended {
			t.Errorf("%s: %q", name, c.Run.View().Said)
		}
	}
}
