//go:build unix

package main

import (
	"bytes"
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/creack/pty"

	"opttui/internal/plot"
)

// page is a screen that does one thing when it has begun.
type page struct{ begin func() tea.Msg }

func (p page) Init() tea.Cmd { return p.begin }

func (p page) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if s, ok := msg.(string); ok {
		panic(s)
	}
	return p, nil
}

func (p page) View() tea.View { return tea.NewView("page") }

func (p page) Window() tea.View { return tea.View{AltScreen: true} }

func (p page) Canvas() *plot.Canvas {
	c := plot.NewCanvas(80, 24)
	c.Text(0, 0, "page", 0, 0)
	return c
}

// wall is a terminal that tells when a page is on it.
type wall struct {
	bytes.Buffer
	drawn chan struct{} // closed then
}

func (w *wall) Write(p []byte) (int, error) {
	n, err := w.Buffer.Write(p)
	if text := w.String(); strings.Contains(text, enterAlt) && strings.Contains(text, "page") {
		select {
		case <-w.drawn:
		default:
			close(w.drawn)
		}
	}
	return n, err
}

// The sequences that enter and leave the alternate screen.
const enterAlt, leaveAlt = "\x1b[?1049h", "\x1b[?1049l"

func TestShow(t *testing.T) {
	kill := func(s syscall.Signal) func() tea.Msg {
		return func() tea.Msg {
			_ = syscall.Kill(syscall.Getpid(), s)
			return nil
		}
	}
	tests := []struct {
		name  string
		begin func() tea.Msg // with an error: when the page has been drawn
		code  int            // −1: no error
	}{
		{"quit", tea.Quit, -1},
		{"SIGTERM", kill(syscall.SIGTERM), 143},
		{"SIGHUP", kill(syscall.SIGHUP), 129},
		{"SIGINT", kill(syscall.SIGINT), 130},
		{"panic", func() tea.Msg { return "a defect" }, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			screen := &wall{drawn: make(chan struct{})}
			begin := func() tea.Msg {
				if test.code >= 0 { // else it quits before anything need be drawn
					<-screen.drawn
				}
				return test.begin()
			}
			var stderr bytes.Buffer
			err := show(page{begin}, screen, &stderr, tea.WithInput(nil), tea.WithWindowSize(80, 24))
			code := -1
			if exit := (*exitError)(nil); errors.As(err, &exit) {
				code = exit.code
			}
			if code != test.code {
				t.Errorf("exit code %d (%v), want %d", code, err, test.code)
			}
			drawn := screen.String()
			if strings.Contains(drawn, enterAlt) && strings.LastIndex(drawn, leaveAlt) < strings.LastIndex(drawn, enterAlt) {
				t.Errorf("the alternate screen is not left: %q", drawn)
			}
			if test.name != "quit" && !strings.Contains(drawn, enterAlt) {
				t.Errorf("nothing was drawn: %q", drawn)
			}
			if said := stderr.String(); (test.name == "panic") != strings.Contains(said, "defect of the program") {
				t.Errorf("stderr %q", said)
			}
		})
	}
}

// TestStalledTerminal: a terminal that takes no more output (ctrl-s, a dead connection) does not keep the
// program from ending.
func TestStalledTerminal(t *testing.T) {
	cmd := program(t, "--speed", "max")
	cmd.Env = append(cmd.Env, "TERM=xterm-256color")
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 200, Rows: 60})
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	// The program stands still in the midst of its first frame, which is larger than the buffer of a terminal.
	for title := []byte{}; !bytes.Contains(title, []byte("opttui")); {
		one := make([]byte, 1)
		if _, err := terminal.Read(one); err != nil {
			t.Fatal(err)
		}
		title = append(title, one...)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	watchdog := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer watchdog.Stop()
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 143 {
		t.Error(err)
	}
}
