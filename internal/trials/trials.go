// Package trials runs a training program many times with different settings: each trial is a process of its own, put
// through the user's own scheduler if need be. What came out is kept in a file, so that a search which was broken off
// goes on where it was.
package trials

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"opttui/internal/attach"
	"opttui/internal/monitor"
	"opttui/internal/protocol"
	"opttui/internal/usage"
)

// Options say how trials are run.
type Options struct {
	Command []string      // the program and its arguments, with {lr}, {steps}, {seed} and other settings where they go
	Launch  []string      // what is put in front of it: a scheduler's command; nil for nothing
	Loss    string        // which number is minimised; "" is the one that looks most like a training loss
	Timeout time.Duration // for one trial; 0 is as long as it takes
	Retries int           // how often one that fails without a loss is tried again
	Journal string        // file of what came out; "" keeps nothing
	Fresh   bool          // forget what is in the journal
	Seeds   int           // how many seeds there will be; more than 1 need a place in the command
	Note    func(string)  // is told what is worth knowing, from any goroutine; nil for nobody
}

// Runner runs trials. It is a lrfinder.Program; its methods may be called from any goroutine.
type Runner struct {
	o       Options
	journal *journal

	ran, known atomic.Int64
	noted      sync.Map
}

// New checks what can be checked before anything runs: that all settings have a place in the command. Errors are
// *usage.Error, but for a journal that cannot be read.
func New(o Options, settings []string) (*Runner, error) {
	if len(o.Command) == 0 {
		return nil, usage.Errorf("there is no program to try: write it after --, as in -- python3 train.py --lr {lr} --steps {steps}")
	}
	for _, name := range settings {
		if name == "steps" || name == "seed" {
			return nil, usage.Errorf("{%s} is no setting to vary: --%s says what stands there", name, map[string]string{"steps": "steps", "seed": "seeds"}[name])
		}
		if err := o.place(name); err != nil {
			return nil, err
		}
	}
	if o.Seeds > 1 {
		if err := o.place("seed"); err != nil {
			return nil, err
		}
	}
	for _, arg := range o.Command {
		for _, name := range placeholders(arg) {
			if name != "steps" && name != "seed" && !slices.Contains(settings, name) {
				return nil, usage.Errorf("the command has {%s}, for which there is no value: settings are %s", name, strings.Join(append(slices.Clone(settings), "steps", "seed"), ", "))
			}
		}
	}
	r := &Runner{o: o}
	var err error
	if r.journal, err = openJournal(o); err != nil {
		return nil, err
	}
	if n := len(r.journal.known); n > 0 {
		r.note("%d trials are known from before, in %s: --fresh tries them again", n, o.Journal)
	}
	return r, nil
}

// place refuses a command that has no place for a value.
func (o *Options) place(name string) error {
	if slices.ContainsFunc(o.Command, func(arg string) bool { return strings.Contains(arg, "{"+name+"}") }) {
		return nil
	}
	return usage.Errorf("the command has no {%s}, so trials would not differ by it: write it where the value goes, as in -- %s --%[1]s {%[1]s}", name, strings.Join(o.Command, " "))
}

// placeholders are the names in braces in an argument: words, so that JSON and formats stay what they are.
func placeholders(arg string) (names []string) {
	for {
		_, after, ok := strings.Cut(arg, "{")
		if !ok {
			return names
		}
		name, rest, ok := strings.Cut(after, "}")
		if ok && name != "" && !strings.ContainsFunc(name, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' || r == '.')
		}) && !(name[0] >= '0' && name[0] <= '9') {
			names = append(names, name)
			arg = rest
			continue
		}
		arg = after
	}
}

// Close closes the journal.
func (r *Runner) Close() error { return r.journal.close() }

// Ran is how many trials were run, and how many were known from before.
func (r *Runner) Ran() (ran, known int) { return int(r.ran.Load()), int(r.known.Load()) }

func (r *Runner) note(format string, args ...any) {
	if r.o.Note != nil {
		r.o.Note(fmt.Sprintf(format, args...))
	}
}

// noteOnce is note, once for each format.
func (r *Runner) noteOnce(format string, args ...any) {
	if _, said := r.noted.LoadOrStore(format, true); !said {
		r.note(format, args...)
	}
}

// Train implements lrfinder.Program. The program is ended once it has told its loss for so many steps.
func (r *Runner) Train(ctx context.Context, set map[string]string, seed, steps int) ([]float64, bool, error) {
	key := keyOf(set, seed, steps)
	if known, ok := r.journal.get(key); ok {
		r.known.Add(1)
		return known.Loss, known.Diverged, nil
	}
	for attempt := 0; ; attempt++ {
		out := r.once(ctx, set, seed, steps)
		if ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		if out.err == nil {
			r.ran.Add(1)
			return out.loss, out.diverged, r.journal.put(entry{Key: key, Loss: out.loss, Diverged: out.diverged, Seconds: out.took.Seconds(), Exit: out.exit, Late: out.late})
		}
		if !out.again || attempt == r.o.Retries {
			return nil, false, fmt.Errorf("the trial with %s failed: %w", describe(set), out.err)
		}
		r.note("the trial with %s failed and is tried again: %v", describe(set), out.err)
	}
}

func describe(set map[string]string) string {
	var parts []string
	for k, v := range set {
		parts = append(parts, k+" "+v)
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// outcome is how one process went.
type outcome struct {
	loss     []float64
	diverged bool
	exit     int
	took     time.Duration
	late     bool  // it was ended for its time
	err      error // there is no loss
	again    bool  // it may go better another time
}

// once runs one process.
func (r *Runner) once(ctx context.Context, set map[string]string, seed, steps int) outcome {
	folder, err := os.MkdirTemp("", "opttui-trial-")
	if err != nil {
		return outcome{err: err}
	}
	defer os.RemoveAll(folder)
	c := collector{name: r.o.Loss, named: r.o.Loss != "", most: steps, enough: make(chan struct{})}
	args := slices.Clone(r.o.Launch)
	for _, arg := range r.o.Command {
		args = append(args, fill(arg, set, seed, steps))
	}
	began := time.Now()
	child, err := attach.Start(attach.Options{Args: args, Output: folder, Heard: c.take, Mute: len(r.o.Launch) > 0})
	if err != nil {
		return outcome{err: err}
	}
	defer child.Close()
	var late <-chan time.Time
	if r.o.Timeout > 0 {
		t := time.NewTimer(r.o.Timeout)
		defer t.Stop()
		late = t.C
	}
	timedOut := false
	select {
	case <-child.Done():
	case <-c.enough:
	case <-late:
		timedOut = true
	case <-ctx.Done():
	}
	exit := end(child)
	out := outcome{took: time.Since(began), exit: exit}
	c.mu.Lock()
	defer c.mu.Unlock()
	out.loss, out.diverged = c.loss, c.bad
	switch {
	case timedOut && len(c.loss) == 0 && !c.bad:
		out.err, out.again = fmt.Errorf("it told no loss within %s", r.o.Timeout), true
	case timedOut:
		out.took, out.late = r.o.Timeout, true
		r.noteOnce("some trials were ended after %s, before they had told %d losses: they are judged by what they did", r.o.Timeout, steps)
	case len(c.loss) == 0 && !c.bad:
		out.err, out.again = errors.New(r.why(child, exit, &c)), true
	case len(c.loss) < c.most && !c.bad && attach.Killed(exit):
		out.err, out.again = fmt.Errorf("it was killed (exit code %d) after %d losses", exit, len(c.loss)), true
	case len(c.loss) < c.most && !c.bad && exit != 0:
		// Many programs end with an error of their own when their loss is not finite.
		out.diverged = true
		r.noteOnce("some trials ended with an error in the midst, one of them with exit code %d after %d losses: they count as diverged", exit, len(c.loss))
	case len(c.loss) < c.most && !c.bad:
		r.noteOnce("some trials told fewer than the %d losses that were asked for, one of them %d: they are judged by what they told", c.most, len(c.loss))
	}
	return out
}

// why says why there is no loss.
func (r *Runner) why(child *attach.Child, exit int, c *collector) string {
	var b strings.Builder
	if exit != 0 {
		fmt.Fprintf(&b, "it ended with exit code %d and told no loss", exit)
	} else {
		b.WriteString("it told no loss")
	}
	switch {
	case r.o.Loss != "" && len(c.names) > 0:
		fmt.Fprintf(&b, " named %q, but %s", r.o.Loss, strings.Join(c.names, ", "))
	case exit == 0:
		b.WriteString(": it can do so by the client of opttui, or by printing lines like {\"step\": 1, \"loss\": 0.5}")
	}
	lines := child.Run.Lines(4, 0)
	for _, l := range lines {
		b.WriteString("\n  " + l.Text)
	}
	return b.String()
}

// patience is how long a program has to end after each request.
const patience = 2 * time.Second

// end ends the program, and returns its exit code; 0 where it was ended.
func end(child *attach.Child) int {
	select {
	case <-child.Done():
		return child.Exit()
	default:
	}
	for {
		child.Stop() // ever less politely
		select {
		case <-child.Done():
			return 0
		case <-time.After(patience):
		}
	}
}

// fill puts the settings into an argument.
func fill(arg string, set map[string]string, seed, steps int) string {
	pairs := []string{"{steps}", strconv.Itoa(steps), "{seed}", strconv.Itoa(seed)}
	for k, v := range set {
		pairs = append(pairs, "{"+k+"}", v)
	}
	return strings.NewReplacer(pairs...).Replace(arg)
}

// collector keeps the losses.
type collector struct {
	name   string
	named  bool // by the person
	most   int
	enough chan struct{}

	mu    sync.Mutex
	loss  []float64
	bad   bool
	over  bool
	names []string // of numbers that are not the loss
}

// choose begins anew with a number that looks more like the loss than the one so far: many programs validate before they
// train.
func (c *collector) choose(values []protocol.Value) {
	best := monitor.LossName(append([]protocol.Value{{Name: c.name}}, values...))
	if best != "" && best != c.name {
		c.name, c.loss = best, nil
	}
}

func (c *collector) take(m *protocol.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over || m.Type != protocol.Metrics {
		return
	}
	values := m.Values
	if !c.named {
		c.choose(values)
	}
	i := slices.IndexFunc(values, func(v protocol.Value) bool { return v.Name == c.name })
	if i < 0 {
		for _, v := range values {
			if len(c.names) < 20 && !slices.Contains(c.names, v.Name) {
				c.names = append(c.names, strings.Clone(v.Name))
			}
		}
		return
	}
	v := values[i].V
	if c.bad = math.IsNaN(v) || math.IsInf(v, 0); !c.bad {
		c.loss = append(c.loss, v)
	}
	if c.bad || len(c.loss) == c.most {
		c.over = true
		close(c.enough)
	}
}
