package opttui

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"opttui/internal/leak"

	"opttui/internal/protocol"
)

func TestMain(m *testing.M) { leak.Main(m) }

// server is what opttui is to a program.
type server struct {
	*testing.T
	conn net.Conn
	in   *protocol.Reader
}

// connect returns a server and a run that talks with it.
func connect(t *testing.T) (*server, *Run) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(Environment, path)
	run := Connect("test")
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(); run.Close(); l.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	s := &server{t, conn, protocol.NewReader(conn)}
	if m := s.until("hello", func(*protocol.Message) bool { return true }); m.Name != "test" || m.Version != protocol.Version {
		t.Errorf("%+v", m)
	}
	return s, run
}

// until returns the next message for which something holds.
func (s *server) until(kind string, holds func(*protocol.Message) bool) *protocol.Message {
	s.Helper()
	for {
		m, err := s.in.Next()
		if err != nil {
			s.Fatalf("no %s: %v", kind, err)
		}
		if m.Type == kind && holds(m) {
			return m
		}
	}
}

func (s *server) state(want string) *protocol.Message {
	s.Helper()
	return s.until("state", func(m *protocol.Message) bool { return m.State == want })
}

func (s *server) answer(id uint64) *protocol.Message {
	s.Helper()
	for {
		m, err := s.in.Next()
		if err != nil {
			s.Fatalf("no answer %d: %v", id, err)
		}
		if m.ID == id && (m.Type == "applied" || m.Type == "refused") {
			return m
		}
	}
}

func (s *server) send(text string, args ...any) {
	if _, err := fmt.Fprintf(s.conn, text+"\n", args...); err != nil {
		s.Error(err)
	}
}

// asked waits until commands have come to the run.
func asked(run *Run, n int) {
	run.link.mu.Lock()
	defer run.link.mu.Unlock()
	for len(run.link.asked) < n && !run.link.gone {
		run.link.changed.Wait()
	}
}

func TestWithoutServer(t *testing.T) {
	for _, path := range []string{"", "/nowhere", strings.Repeat("x", 500)} {
		t.Setenv(Environment, path)
		run := Connect("")
		lr := run.Tune("lr", 0.5, Options{})
		run.Log(1, Metrics{"loss": 1})
		run.OnCheckpoint(func() (string, error) { return "", nil })
		if run.Connected() || run.Stopping() || lr.Value() != 0.5 || lr.Set(2) != nil || lr.Value() != 2 {
			t.Errorf("%q: %v", path, lr.Value())
		}
		run.Close()
	}
}

// On another machine numbers are printed.
func TestPrinting(t *testing.T) {
	t.Setenv(Environment, "")
	t.Setenv(Printing, "stdout")
	run := Connect("")
	defer run.Close()
	if run.print != os.Stdout || !run.Connected() {
		t.Fatal("it does not print")
	}
	var out strings.Builder
	run.print = &out
	run.Tune("lr", 0.1, Options{})
	run.Log(3, Metrics{"loss": 0.5, "bad": math.NaN()})
	if got, want := out.String(), `{"type":"metrics","step":3,"bad":"NaN","loss":0.5,"lr":0.1}`+"\n"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}

func TestTold(t *testing.T) {
	s, run := connect(t)
	run.Tune("lr", 0.1, Options{Max: 10, Scale: "log", Doc: "how fast"})
	other := run.Tune("n", 2, Options{Integer: true, Choices: []float64{1, 2}})
	run.Tune("lr", 0.2, Options{Min: -1, Max: 1})
	got := s.until("hello", func(m *protocol.Message) bool { return len(m.Tunables) == 2 && m.Tunables[1].Value == 0.2 }).Tunables
	low, high := protocol.Number(-1), protocol.Number(1)
	want := []protocol.Tunable{{Name: "n", Value: 2, Integer: true, Choices: protocol.Choices{1, 2}}, {Name: "lr", Value: 0.2, Min: &low, Max: &high}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	run.Log(7, Metrics{"b": 1e-300, "a \"é": math.NaN(), "up": math.Inf(1), "down": math.Inf(-1), "step": 9, "type": 9})
	if err := other.Set(1); err != nil {
		t.Fatal(err)
	}
	run.Log(8, Metrics{"lr": 5})
	m := s.until("metrics", func(*protocol.Message) bool { return true })
	values := []protocol.Value{{Name: `a "é`, V: math.NaN()}, {Name: "b", V: 1e-300}, {Name: "down", V: math.Inf(-1)}, {Name: "up", V: math.Inf(1)}, {Name: "lr", V: 0.2}}
	if diff := cmp.Diff(values, m.Values, cmpopts.EquateNaNs()); diff != "" || m.Step != 7 {
		t.Errorf("step %v\n%s", m.Step, diff)
	}
	m = s.until("metrics", func(*protocol.Message) bool { return true })
	if diff := cmp.Diff([]protocol.Value{{Name: "lr", V: 5}, {Name: "n", V: 1}}, m.Values); diff != "" {
		t.Error(diff)
	}
}

func TestTuned(t *testing.T) {
	s, run := connect(t)
	lr := run.Tune("lr", 0.1, Options{Max: 10})
	run.Tune("n", 2, Options{Integer: true})
	run.Tune("c", 2, Options{Choices: []float64{1, 2}})
	elsewhere := 1.0
	run.TuneFunc("f", func() float64 { return elsewhere }, func(v float64) error {
		switch v {
		case 13:
			return errors.New("unlucky")
		case 14:
			panic("oh")
		}
		elsewhere = min(v, 20)
		run.Log(100, nil) // as functions may
		return nil
	}, Options{})
	for i, c := range []struct {
		name, value, says string
		want              float64
	}{
		{"lr", "0.5", "", 0.5}, {"lr", "11", "at most 10", 0}, {"lr", "-1", "at least 0", 0}, {"lr", `"NaN"`, "no finite", 0}, {"lr", "null", "no number", 0},
		{"n", "2.5", "whole", 0}, {"n", "3", "", 3}, {"c", "3", "one of", 0}, {"c", "1", "", 1}, {"x", "3", "no x to tune", 0},
		{"f", "13", "unlucky", 0}, {"f", "14", "panics: oh", 0}, {"f", "1e9", "", 20},
	} {
		s.send(`{"type":"set","id":%d,"name":%q,"value":%s}`, i+1, c.name, c.value)
		asked(run, 1)
		run.Log(i, nil)
		m := s.answer(uint64(i + 1))
		if c.says == "" && (m.Type != "applied" || m.V != c.want || m.Step != float64(i+1)) || c.says != "" && !strings.Contains(m.Why, c.says) {
			t.Errorf("%s = %s: %+v", c.name, c.value, m)
		}
	}
	if lr.Value() != 0.5 || elsewhere != 20 {
		t.Errorf("%v, %v", lr.Value(), elsewhere)
	}
}

func TestSteered(t *testing.T) {
	s, run := connect(t)
	run.Tune("lr", 0.1, Options{})
	run.TuneFunc("logs", func() float64 { return 1 }, func(float64) error { run.Log(50, nil); return nil }, Options{})
	s.send(`{"type":"pause"}` + "\n" + `{"type":"pause"}`)
	asked(run, 2)
	done := make(chan bool)
	go func() { run.Log(3, nil); done <- true }()
	s.state("paused")
	go func() { run.Log(4, nil); done <- true }() // rests, too
	s.until("metrics", func(m *protocol.Message) bool { return m.Step == 4 })
	s.send(`{"type":"set","id":1,"name":"lr","value":2}`)
	if m := s.answer(1); m.Step != 4 {
		t.Errorf("%+v", m)
	}
	s.send(`{"type":"set","id":2,"name":"logs","value":2}`)
	s.answer(2) // what logs from within a command does not wait for its end
	s.send(`{"type":"checkpoint"}`)
	if m := s.answer(0); !strings.Contains(m.Why, "no OnCheckpoint") {
		t.Errorf("%+v", m)
	}
	select {
	case <-done:
		t.Error("it does not rest")
	default:
	}
	s.send(`{"type":"resume"}`)
	<-done
	<-done
	s.state("running")
	path, fails := "model.gob", error(nil)
	run.OnCheckpoint(func() (string, error) {
		if path == "" {
			panic("the disk")
		}
		return path, fails
	})
	checkpoint := func() { s.send(`{"type":"checkpoint"}`); asked(run, 1); run.Log(5, nil) }
	if checkpoint(); s.state("saved").Text != path {
		t.Error("the path is not told")
	}
	fails = errors.New("it is full")
	if checkpoint(); s.answer(0).Why != "it is full" {
		t.Error("the error is not told")
	}
	path = ""
	if checkpoint(); s.answer(0).Why != "it panics: the disk" {
		t.Error("the panic is not told")
	}
	s.send(`{"type":"pause"}` + "\n" + `{"type":"stop"}`)
	asked(run, 2)
	run.Log(6, nil)
	s.state("stopped")
	if !run.Stopping() || !run.Connected() {
		t.Error("it does not stop")
	}
	run.Log(7, Metrics{"last": 1})
	s.until("metrics", func(m *protocol.Message) bool { return m.Step == 7 })
}

// When opttui goes away, a run that rests goes on, and the others do, too.
func TestServerDies(t *testing.T) {
	s, run := connect(t)
	s.send(`{"type":"pause"}`)
	asked(run, 1)
	done := make(chan bool)
	go func() { run.Log(3, nil); done <- true }()
	s.state("paused")
	s.conn.Close()
	<-done
	run.link.both.Wait()
	run.Log(4, Metrics{"loss": 1})
	if run.Connected() || run.Stopping() {
		t.Error("it does not know")
	}
	// So it does when it is closed.
	s, run = connect(t)
	s.send(`{"type":"pause"}`)
	asked(run, 1)
	go func() { run.Log(3, nil); done <- true }()
	s.state("paused")
	run.Close()
	<-done
}

// What opttui does not read costs no more than the bounds, and no time; answers and the newest numbers arrive.
func TestServerDoesNotRead(t *testing.T) {
	s, run := connect(t)
	run.Tune("x", 1, Options{})
	const steps = 30_000
	for i := range steps {
		run.Log(i, Metrics{"loss": 0.5, "accuracy": 0.25})
	}
	run.link.mu.Lock()
	size := run.link.size
	run.link.mu.Unlock()
	if size > maxWaiting || size < maxWaiting/2 {
		t.Errorf("%d bytes wait", size)
	}
	var both sync.WaitGroup
	both.Go(func() {
		for i := range 1000 {
			s.send(`{"type":"set","id":%d,"name":"x","value":%d}`, i+1, i)
		}
	})
	var ids []uint64
	both.Go(func() {
		last := -1.0
		for len(ids) < 1000 || last < steps-1 {
			m, err := s.in.Next()
			if err != nil {
				t.Error(err)
				return
			}
			if m.Type == "applied" {
				ids = append(ids, m.ID)
			} else if m.Type == "metrics" {
				if m.Step < last {
					t.Errorf("step %v after %v", m.Step, last)
				}
				last = m.Step
			}
		}
	})
	over := make(chan bool)
	go func() { both.Wait(); close(over) }()
	for waiting := true; waiting; {
		select {
		case <-over:
			waiting = false
		default:
			run.Log(steps, nil)
			runtime.Gosched()
		}
	}
	if !slices.IsSorted(ids) || len(ids) != 1000 {
		t.Errorf("%d answers", len(ids))
	}
}

func TestGarbage(t *testing.T) {
	s, run := connect(t)
	run.Tune("x", 1, Options{})
	s.send("%s", bytes.Join([][]byte{
		nil, {0, 0xff}, []byte("{"), []byte("null"), []byte("[1]"), []byte(`{"type":5}`), []byte(`{"type":"dance"}`), []byte(`{"type":"set","id":-1}`),
		[]byte(`{"type":"set","id":1,"name":"x","value":[1]}`), bytes.Repeat([]byte("["), 1000), bytes.Repeat([]byte("y"), 1<<20),
	}, []byte("\n")))
	s.send(`{"type":"set","id":77,"name":"x","value":5}`)
	asked(run, 1)
	over := make(chan bool)
	go func() { s.answer(77); close(over) }()
	for waiting := true; waiting; {
		select {
		case <-over:
			waiting = false
		default:
			run.Log(1, nil)
			runtime.Gosched()
		}
	}
}

func TestGoroutines(t *testing.T) {
	s, run := connect(t)
	x := run.Tune("x", 0, Options{})
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 200 {
				run.Log(i, Metrics{fmt.Sprint("t", g): float64(i) + 0*x.Value()})
			}
		})
	}
	next := make(map[string]float64)
	for n := 0; n < 8*200; {
		m := s.until("metrics", func(m *protocol.Message) bool { return len(m.Values) > 0 })
		v := m.Values[0]
		if n++; v.V != next[v.Name] {
			t.Fatalf("%v, not %v", v, next[v.Name])
		}
		next[v.Name]++
	}
	all.Wait()
}

// The last numbers arrive before the connection ends.
func TestClose(t *testing.T) {
	s, run := connect(t)
	for i := range 100 {
		run.Log(i, nil)
	}
	var flood sync.WaitGroup
	flood.Go(func() {
		for range 1000 { // what comes meanwhile changes nothing
			if _, err := fmt.Fprintln(s.conn, `{"type":"pause"}`); err != nil {
				return
			}
		}
	})
	run.Close()
	flood.Wait()
	run.Close()
	run.Log(100, nil)
	s.until("metrics", func(m *protocol.Message) bool { return m.Step == 99 })
	if m, err := s.in.Next(); err == nil {
		t.Errorf("more comes: %+v", m)
	}
}

func BenchmarkLogAlone(b *testing.B) {
	run := &Run{}
	for b.Loop() {
		run.Log(1, Metrics{"loss": 0.5, "accuracy": 0.25})
	}
}
