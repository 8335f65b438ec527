//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/creack/pty"

	"opttui/bench/watch"
)

// The terminal that everything is measured on.
const width, height = 200, 60

// lastWord stands at the end of a frame.
const lastWord = "quit"

// session is the program on a terminal.
type session struct {
	cmd    *exec.Cmd
	keys   *os.File
	frames *watch.Frames
	began  time.Time
}

// build builds the program and returns its size in bytes.
func build(file string, flags ...string) (int64, error) {
	out, err := exec.Command("go", append(append([]string{"build"}, flags...), "-o", file, "./cmd/opttui")...).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%w: %s", err, out)
	}
	info, err := os.Stat(file)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// start starts the program.
func (b bench) start(args ...string) (*session, error) {
	s := &session{cmd: exec.Command(b.program, args...)}
	s.cmd.Env = []string{"TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8", "HOME=" + b.dir, "XDG_STATE_HOME=" + filepath.Join(b.dir, "state")}
	s.began = time.Now()
	terminal, err := pty.StartWithSize(s.cmd, &pty.Winsize{Cols: width, Rows: height})
	if err != nil {
		return nil, err
	}
	s.keys = terminal
	s.frames = watch.NewFrames(width, height, terminal)
	s.frames.Find(lastWord)
	go s.frames.Read(terminal)
	return s, nil
}

// press sends keys.
func (s *session) press(keys string) { _, _ = s.keys.WriteString(keys) }

// ready waits until the whole screen is there.
func (s *session) ready() error {
	if !s.frames.Wait(lastWord, time.Minute) {
		return fmt.Errorf("%s: there is no screen", strings.Join(s.cmd.Args, " "))
	}
	return nil
}

// quit ends the program.
func (s *session) quit() {
	s.press("q")
	done := time.AfterFunc(10*time.Second, func() { _ = s.cmd.Process.Kill() })
	_ = s.cmd.Wait()
	done.Stop()
	_ = s.keys.Close()
}

// cost is what frames cost.
type cost struct {
	frames     int
	cpu        float64 // ms of processors a frame, that of the runs included
	bytes, p95 int     // a frame, median
	fps        float64
	longest    time.Duration // between two frames
	late       int           // frames that come more than half a frame's time after theirs
}

// frameTime is the time of a frame at 30 a second.
const frameTime = time.Second / 30

// watch counts frames for a time.
func (s *session) watch(span time.Duration) (c cost, err error) {
	pid := s.cmd.Process.Pid
	before, err := watch.ProcessorTime(pid)
	if err != nil {
		return c, err
	}
	s.frames.Count(true)
	began := time.Now()
	time.Sleep(span)
	s.frames.Count(false)
	took := time.Since(began)
	after, err := watch.ProcessorTime(pid)
	if err != nil {
		return c, err
	}
	frames := s.frames.Counted()
	if len(frames) < 2 {
		return c, fmt.Errorf("%s: %d frames in %v", strings.Join(s.cmd.Args, " "), len(frames), took)
	}
	sizes := make([]int, len(frames))
	for i, f := range frames {
		sizes[i] = f.Bytes
		if i > 0 {
			gap := f.At.Sub(frames[i-1].At)
			c.longest = max(c.longest, gap)
			if gap > frameTime*3/2 {
				c.late++
			}
		}
	}
	c.frames = len(frames)
	c.cpu = (after - before).Seconds() * 1e3 / float64(len(frames))
	c.bytes, c.p95 = watch.Quantile(sizes, 0.5), watch.Quantile(sizes, 0.95)
	c.fps = float64(len(frames)) / took.Seconds()
	return c, nil
}

var stepInTitle = regexp.MustCompile(`step ([0-9   ]+) [·.]`)

// step reads the step of the selected run from the title.
func (s *session) step() (n float64) {
	s.frames.Look(func(g *watch.Glass) {
		if m := stepInTitle.FindStringSubmatch(g.Row(0)); m != nil {
			digits := strings.Map(func(r rune) rune {
				if r < '0' || r > '9' {
					return -1
				}
				return r
			}, m[1])
			n, _ = strconv.ParseFloat(digits, 64)
		}
	})
	return n
}
