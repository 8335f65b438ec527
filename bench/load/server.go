//go:build linux

package main

import (
	"bufio"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"opttui/bench/watch"
	"opttui/internal/problems"
	"opttui/internal/serve"
	"opttui/internal/train"
	"opttui/internal/ui"
)

// facts are what a process knows about itself.
type facts struct {
	Goroutines int
	Heap       uint64 // bytes that live
}

// beServer is the server's process: it serves what `opttui serve` serves, prints its address, and facts about itself for each
// line that it reads.
func beServer(p plan) error {
	if p.profile != "" {
		f, err := os.Create(p.profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	key, err := gossh.NewSignerFromKey(private)
	if err != nil {
		return err
	}
	o := ui.Options{Runs: ui.DefaultRuns(problems.Ref{Name: "beale"}, 0)}
	if p.unlimited {
		o.Rate = train.Unlimited
	}
	s, err := serve.New(serve.Config{
		HostKey: key,
		Limits:  serve.Limits{Connections: p.sessions, PerAddress: p.sessions},
		Options: o,
	})
	if err != nil {
		return err
	}
	l, err := serve.Listen("127.0.0.1:0", false)
	if err != nil {
		return err
	}
	go func() {
		if err := s.Serve(l); err != nil {
			fatal(err)
		}
	}()
	fmt.Println(l.Addr())
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if lines.Text() == give {
			debug.FreeOSMemory() // what the runtime would do by and by
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if err := json.NewEncoder(os.Stdout).Encode(facts{runtime.NumGoroutine(), m.HeapAlloc}); err != nil {
			return err
		}
	}
	return lines.Err()
}

// server is the server's process, seen from outside.
type server struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	address string
}

func startServer(p plan) (*server, error) {
	cmd := exec.Command("/proc/self/exe", "-server", "-sessions", strconv.Itoa(p.sessions), "-profile", p.profile, fmt.Sprint("-unlimited=", p.unlimited))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{cmd: cmd, in: in, out: bufio.NewReader(out)}
	line, err := s.out.ReadString('\n')
	s.address = strings.TrimSpace(line)
	return s, err
}

// stop ends the server's process.
func (s *server) stop() error {
	s.in.Close()
	return s.cmd.Wait()
}

// What the server's process is told: to tell facts, and to give memory that it does not need back to the system before that.
const (
	tell = "tell"
	give = "give"
)

// state is what is known of the server at one moment.
type state struct {
	facts
	rss uint64        // bytes of memory
	cpu time.Duration // of processors, since it began
}

func (s *server) state(order string) (now state, err error) {
	if _, err := io.WriteString(s.in, order+"\n"); err != nil {
		return now, err
	}
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		return now, err
	}
	if err := json.Unmarshal(line, &now.facts); err != nil {
		return now, err
	}
	if now.rss, err = watch.ResidentMemory(s.cmd.Process.Pid); err != nil {
		return now, err
	}
	now.cpu, err = watch.ProcessorTime(s.cmd.Process.Pid)
	return now, err
}

// settled is the state as soon as it is as it was before, at the latest after a minute.
func (s *server) settled(before state) (now state, err error) {
	for range 120 {
		if now, err = s.state(give); err != nil || now.Goroutines <= before.Goroutines && now.Heap < before.Heap+mostLeft {
			return now, err
		}
		time.Sleep(500 * time.Millisecond)
	}
	return now, nil
}
