package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"opttui/internal/attach"
	"opttui/internal/journal"
	"opttui/internal/monitor"
	"opttui/internal/protocol"
	"opttui/internal/ui"
	"opttui/internal/usage"
)

// attachment are the flags of opttui attach.
type attachment struct {
	headless, end bool
	format        string
	at            []string
	ascii         bool
	command       []string
}

func attachCommand() *cobra.Command {
	var a attachment
	cmd := &cobra.Command{
		Use:   "attach [flags] -- program [arguments]",
		Short: "Start a training program of your own, watch it and tune it",
		Long: `Start a training program of your own, and watch and tune it while it trains: its curves, its hyperparameters, what it
prints. The same keys change them as those of opttui's own runs.

A program says what it has by the client for Python (clients/python/opttui.py) or Go (clients/go), or by the protocol of
docs/protocol.md over the socket that the variable OPTTUI_SOCKET names. One that does neither is watched by the lines of
JSON with numbers that it prints, and by its other output.

The program does not need opttui: when that ends, by q or by a crash, it goes on, and its output goes where the screen
said; --stop ends it, too. opttui's exit code is the program's where it has ended before.`,
		Example: `  opttui attach -- python3 train.py --epochs 20
  opttui attach --headless --at 50:lr=1e-4 --at 80:momentum=0.99 --format jsonl -- python3 train.py > run.jsonl`,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	fs := cmd.Flags()
	fs.BoolVar(&a.headless, "headless", false, "no screen: print what the program tells")
	fs.StringVar(&a.format, "format", "jsonl", "`name` of the form of --headless: jsonl or csv")
	fs.StringArrayVar(&a.at, "at", nil, "`step:name=value` to set from that step on, or step:stop, step:checkpoint; needs --headless; may be repeated")
	fs.BoolVar(&a.end, "stop", false, "end the program when opttui ends, instead of letting it go on")
	fs.BoolVar(&a.ascii, "ascii", false, "draw with ASCII characters only")
	complete(cmd, "format", func() []string { return []string{"jsonl", "csv"} })
	completeNothing(cmd, "at")
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if at := cmd.ArgsLenAtDash(); at >= 0 {
			a.command, args = args[at:], args[:at]
		}
		switch {
		case len(args) > 0:
			return usage.Errorf("the program stands after --, as in opttui attach -- %s", strings.Join(args, " "))
		case len(a.command) == 0:
			return usage.Errorf("there is no program to start: write it after --, as in opttui attach -- python3 train.py")
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case !slices.Contains([]string{"jsonl", "csv"}, a.format):
			return usage.Errorf("format cannot be %q: allowed are jsonl and csv", a.format)
		case len(a.at) > 0 && !a.headless:
			return usage.Errorf("--at needs --headless: on the screen, keys do that")
		case a.headless:
			return a.print(cmd.OutOrStdout(), cmd.ErrOrStderr())
		default:
			return a.show(cmd)
		}
	}
	return cmd
}

// show runs the program under the screen.
func (a *attachment) show(cmd *cobra.Command) error {
	if why := noScreen(cmd.OutOrStdout()); why != "" {
		return &exitError{exitUsage, fmt.Errorf("%s, so there is no screen to draw on: --headless does without one", why)}
	}
	output, err := outputFolder()
	if err != nil {
		return err
	}
	child, err := attach.Start(attach.Options{Args: a.command, Output: output})
	if err != nil {
		_ = os.RemoveAll(output) // nothing has printed
		return err
	}
	m := ui.NewMonitor(cmd.Context(), ui.MonitorOptions{
		Title: strings.Join(a.command, " "), Runs: func() []*monitor.Run { return []*monitor.Run{child.Run} },
		Control: child, Output: output, ASCII: a.ascii,
	})
	defer m.Close()
	err = show(m, os.Stdout, cmd.ErrOrStderr())
	return a.part(child, output, cmd.ErrOrStderr(), err)
}

// part says what becomes of the program once the screen is gone.
func (a *attachment) part(child *attach.Child, output string, stderr io.Writer, err error) error {
	select {
	case <-child.Done():
	default:
		if !a.end {
			child.Close()
			fmt.Fprintf(stderr, "opttui: the program goes on as process %d; what it prints goes to %s\n", child.PID(), output)
			return err
		}
		for over := false; !over; {
			child.Stop() // ever less politely
			select {
			case <-child.Done():
				over = true
			case <-time.After(partTime):
			}
		}
	}
	child.Close()
	if code := child.Exit(); err == nil && code != 0 && !a.end {
		for _, l := range child.Run.Lines(5, 0) {
			fmt.Fprintln(stderr, l.Text)
		}
		return &exitError{code, fmt.Errorf("the program ended with exit code %d; what it printed is in %s", code, output)}
	}
	return err
}

// partTime is how long a program has to end before it is asked less politely.
const partTime = 5 * time.Second

// outputFolder makes a folder for what a program prints. It stays: the program may outlive this one.
func outputFolder() (string, error) {
	dir, err := journal.Dir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "attached")
	pruneOutputs(dir, time.Now())
	dir = filepath.Join(dir, time.Now().Format("20060102-150405")+fmt.Sprintf("-%d", os.Getpid()))
	return dir, os.MkdirAll(dir, 0o700)
}

// outputAge is how long a program's output is kept after it was last written to.
const outputAge = 30 * 24 * time.Hour

// pruneOutputs removes old output. What cannot be seen or removed stays.
func pruneOutputs(dir string, now time.Time) {
	folders, _ := os.ReadDir(dir)
	for _, f := range folders {
		path := filepath.Join(dir, f.Name())
		old := func(e os.DirEntry) bool {
			info, err := e.Info()
			return err == nil && now.Sub(info.ModTime()) > outputAge
		}
		files, err := os.ReadDir(path)
		if err == nil && old(f) && !slices.ContainsFunc(files, func(e os.DirEntry) bool { return !old(e) }) {
			_ = os.RemoveAll(path)
		}
	}
}

// order is something to do at a step.
type order struct {
	step  float64
	name  string // of the tunable, or "stop" or "checkpoint" without a value
	value float64
	text  string // as it was written
}

// parseOrders reads the --at flags, and sorts them by their steps.
func parseOrders(texts []string) ([]order, error) {
	var orders []order
	for _, text := range texts {
		o := order{text: text}
		at, what, ok := strings.Cut(text, ":")
		step, err := strconv.ParseFloat(at, 64)
		if !ok || err != nil || !(step >= 0) {
			return nil, usage.Errorf("--at cannot be %q: write step:name=value, as in 50:lr=1e-4", text)
		}
		o.step = step
		name, value, set := strings.Cut(what, "=")
		o.name = strings.TrimSpace(name)
		if set {
			if o.value, err = strconv.ParseFloat(strings.TrimSpace(value), 64); err != nil || o.name == "" {
				return nil, usage.Errorf("--at cannot be %q: %q is not a number", text, value)
			}
		} else if o.name != protocol.Stop && o.name != protocol.Checkpoint {
			return nil, usage.Errorf("--at cannot be %q: write step:name=value, step:stop or step:checkpoint", text)
		}
		orders = append(orders, o)
	}
	slices.SortStableFunc(orders, func(a, b order) int {
		switch {
		case a.step < b.step:
			return -1
		case a.step > b.step:
			return 1
		}
		return 0
	})
	return orders, nil
}

// scribe writes down what a program tells, where there is no screen.
type scribe struct {
	mu      sync.Mutex
	child   *attach.Child
	orders  []order // to come
	out     *bufio.Writer
	table   *csv.Writer // on out; nil for JSON
	columns []string
	notes   io.Writer
	gone    chan struct{} // closed when nobody reads out any more
	left    bool          // it is
}

// print runs the program without a screen. What it prints itself goes to the standard error, by a file: it can go on
// printing when nobody reads any more. Nor is there then anything left to do here.
func (a *attachment) print(stdout, stderr io.Writer) error {
	orders, err := parseOrders(a.at)
	if err != nil {
		return err
	}
	output, err := os.MkdirTemp("", "opttui-output-")
	if err != nil {
		return err
	}
	h := &scribe{orders: orders, out: bufio.NewWriter(stdout), notes: stderr, gone: make(chan struct{})}
	if a.format == "csv" {
		h.table = csv.NewWriter(h.out)
	}
	signals, stop := catchSignals()
	defer stop()
	pipe := make(chan os.Signal, 1) // caught, and not ignored as the program would then, too
	signal.Notify(pipe, syscall.SIGPIPE)
	defer signal.Stop(pipe)
	h.mu.Lock() // what it says at once is heard when there is somebody to answer
	h.child, err = attach.Start(attach.Options{Args: a.command, Output: output, Heard: h.heard, Echo: stderr})
	h.mu.Unlock()
	if err != nil {
		_ = os.RemoveAll(output)
		return err
	}
	defer h.child.Close()
	for {
		select {
		case s := <-signals:
			_ = h.child.Signal(s)
		case <-h.gone:
			err := a.part(h.child, output, stderr, nil)
			if a.end {
				_ = os.RemoveAll(output)
			}
			return err
		case <-h.child.Done():
			h.mu.Lock()
			defer h.mu.Unlock()
			_ = os.RemoveAll(output) // it has ended, and all of it has been printed
			for _, o := range h.orders {
				fmt.Fprintf(h.notes, "opttui: %s never came to it\n", o.text)
			}
			if err := h.out.Flush(); err != nil {
				return err
			}
			if code := h.child.Exit(); code != 0 {
				return &exitError{code: code}
			}
			return nil
		}
	}
}

// heard prints a message, and does what is to be done at its step.
func (h *scribe) heard(m *protocol.Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.table != nil {
		h.row(m)
	} else {
		h.line(m)
	}
	// Somebody follows it. That it cannot be written for another reason is told at the end.
	if err := h.out.Flush(); errors.Is(err, syscall.EPIPE) && !h.left {
		h.left = true
		close(h.gone)
	}
	for len(h.orders) > 0 && m.Type == protocol.Metrics && m.Step >= h.orders[0].step {
		o := h.orders[0]
		h.orders = h.orders[1:]
		if err := h.do(o); err != nil {
			fmt.Fprintf(h.notes, "opttui: %s: %v\n", o.text, err)
		}
	}
}

func (h *scribe) do(o order) error {
	switch o.name {
	case protocol.Stop:
		h.child.Stop()
		return nil
	case protocol.Checkpoint:
		return h.child.Checkpoint()
	}
	return h.child.Set(o.name, o.value)
}

// line writes a message as the program might have sent it.
func (h *scribe) line(m *protocol.Message) {
	var b []byte
	field := func(name string, v any) {
		text, err := json.Marshal(v)
		if err != nil {
			return // cannot be: they are texts and numbers
		}
		if b = append(b, ','); len(b) == 1 {
			b[0] = '{'
		}
		b = append(append(strconv.AppendQuote(b, name), ':'), text...)
	}
	field("type", m.Type)
	if m.Step == m.Step {
		field("step", protocol.Number(m.Step))
	}
	switch m.Type {
	case protocol.Hello:
		field("name", m.Name)
		field("tunables", m.Tunables)
	case protocol.Metrics:
		for _, v := range m.Values {
			field(v.Name, protocol.Number(v.V))
		}
	case protocol.Applied:
		field("id", m.ID)
		field("name", m.Name)
		field("value", protocol.Number(m.V))
	case protocol.Refused:
		field("id", m.ID)
		field("why", m.Why)
	case protocol.State:
		field("state", m.State)
		if m.Text != "" {
			field("text", m.Text)
		}
	}
	_, _ = h.out.Write(append(b, '}', '\n'))
}

// row writes numbers as a row of a table, whose columns are those of the first. What was applied is told beside it.
func (h *scribe) row(m *protocol.Message) {
	switch m.Type {
	case protocol.Applied:
		fmt.Fprintf(h.notes, "opttui: %s is %g from step %g on\n", m.Name, m.V, m.Step)
	case protocol.Refused:
		fmt.Fprintf(h.notes, "opttui: the program refuses: %s\n", m.Why)
	}
	if m.Type != protocol.Metrics {
		return
	}
	if h.columns == nil {
		h.columns = []string{"step"}
		for _, v := range m.Values {
			h.columns = append(h.columns, strings.Clone(v.Name))
		}
		_ = h.table.Write(h.columns)
	}
	cells := []string{strconv.FormatFloat(m.Step, 'g', -1, 64)}
	for _, name := range h.columns[1:] {
		cell := ""
		if i := slices.IndexFunc(m.Values, func(v protocol.Value) bool { return v.Name == name }); i >= 0 {
			cell = strconv.FormatFloat(m.Values[i].V, 'g', -1, 64)
		}
		cells = append(cells, cell)
	}
	_ = h.table.Write(cells)
	h.table.Flush()
}
