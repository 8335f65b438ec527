// Package opttui lets opttui show the training of a Go program, and tune it while it runs:
//
//	run := opttui.Connect("mlp")
//	defer run.Close()
//	lr := run.Tune("lr", 0.1, opttui.Options{Max: 10, Scale: "log"})
//	for step := 0; !run.Stopping(); step++ {
//		loss := train(lr.Value())
//		run.Log(step, opttui.Metrics{"loss": loss})
//	}
//
// and start it by
//
//	opttui attach -- ./program
//
// Without opttui nothing of this does anything. With it, training never waits for the screen: numbers that opttui does not
// read in time are dropped, oldest first, and when opttui goes away, training goes on. The package needs nothing but the
// standard library; copy its folder where it is needed. What is said is described in docs/protocol.md.
package opttui

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Version is the version of the protocol, Environment the variable with the path of the socket, and Printing the one that
// asks by "stdout" to print numbers, where there is no socket.
const (
	Version     = 1
	Environment = "OPTTUI_SOCKET"
	Printing    = "OPTTUI_METRICS"
)

// Metrics are numbers of one step.
type Metrics map[string]float64

// Run is a run as opttui sees it. Its methods may be called from any goroutine.
type Run struct {
	name     string
	link     *link     // nil where nobody listens
	print    io.Writer // for an opttui on another machine; nil for none
	stopping atomic.Bool

	mu         sync.Mutex
	tunables   []*Tunable
	checkpoint func() (string, error)
	serving    bool          // a goroutine carries out commands
	busy       bool          // it is at one now, not resting between them
	resumed    chan struct{} // closed when the run goes on; nil while it is not paused
}

// Connect returns the run of this process. It talks with the opttui that has started the program, or does nothing where
// there is none. A name of "" is that of the program's file. Where opttui has started the program on another machine,
// numbers are printed as lines of JSON, and nothing can be tuned.
func Connect(name string) *Run {
	r := &Run{name: name}
	if path := os.Getenv(Environment); path != "" {
		r.link = dial(path)
		r.hello()
	} else if os.Getenv(Printing) == "stdout" {
		r.print = os.Stdout
	}
	return r
}

// Connected tells whether opttui listens, on a socket or to what is printed.
func (r *Run) Connected() bool { return r.print != nil || r.link.open() }

// Stopping tells whether the person has asked for the end: leave the loop, save what is to be saved, and return.
func (r *Run) Stopping() bool { return r.stopping.Load() }

// OnCheckpoint sets what writes a checkpoint when the person asks for one. It is called from within Log; the path that it
// returns is shown.
func (r *Run) OnCheckpoint(f func() (path string, err error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checkpoint = f
}

// Close sends the last numbers, if opttui reads them soon, and ends the connection. Training may go on.
func (r *Run) Close() { r.link.close() }

// Log sends numbers, then carries out what the person has asked for since the last call. Call it after the step. When the
// person has paused the run, it returns when the run goes on, is to stop, or opttui is gone.
func (r *Run) Log(step int, metrics Metrics) {
	if r.print != nil {
		_, _ = r.print.Write(r.numbers(step, metrics))
		return
	}
	if !r.link.open() {
		return
	}
	r.link.put(r.numbers(step, metrics), false)
	r.serve(step)
}

// numbers is the message: those given, learning rates, and other tunables that have changed by themselves.
func (r *Run) numbers(step int, metrics Metrics) []byte {
	line := append([]byte(`{"type":"metrics","step":`), strconv.Itoa(step)...)
	for _, name := range slices.Sorted(maps.Keys(metrics)) {
		if name != "type" && name != "step" {
			line = appendField(line, name, metrics[name])
		}
	}
	for _, t := range r.all() {
		if _, given := metrics[t.Name]; given || !t.own {
			continue
		}
		if v := t.Value(); t.rate || math.Float64bits(v) != t.told.Load() {
			t.told.Store(math.Float64bits(v))
			line = appendField(line, t.Name, v)
		}
	}
	return append(line, "}\n"...)
}

func appendField(line []byte, name string, v float64) []byte {
	line = append(append(append(line, ','), quote(name)...), ':')
	return append(line, number(v)...)
}

// quote writes a text as JSON.
func quote(text string) []byte {
	out, err := json.Marshal(text)
	if err != nil {
		return []byte(`""`) // cannot be: any text can be written
	}
	return out
}

// number writes a number as JSON can have it: what is not finite is a word.
func number(v float64) json.RawMessage {
	switch {
	case math.IsNaN(v):
		return json.RawMessage(`"NaN"`)
	case math.IsInf(v, 1):
		return json.RawMessage(`"Infinity"`)
	case math.IsInf(v, -1):
		return json.RawMessage(`"-Infinity"`)
	}
	return strconv.AppendFloat(nil, v, 'g', -1, 64)
}

func (r *Run) all() []*Tunable {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tunables
}

// hello tells what can be tuned.
func (r *Run) hello() {
	type tunable struct {
		Name    string          `json:"name"`
		Value   json.RawMessage `json:"value"`
		Min     json.RawMessage `json:"min,omitempty"`
		Max     json.RawMessage `json:"max,omitempty"`
		Scale   string          `json:"scale,omitempty"`
		Integer bool            `json:"integer,omitempty"`
		Choices []float64       `json:"choices,omitempty"`
		Doc     string          `json:"doc,omitempty"`
	}
	list := []tunable{}
	all := r.all()
	for _, t := range all[:min(len(all), maxTunables)] {
		v := t.Value()
		t.told.Store(math.Float64bits(v))
		out := tunable{Name: t.Name, Value: number(v), Scale: t.Scale, Integer: t.Integer, Choices: t.Choices, Doc: t.Doc}
		if t.Min < t.Max {
			out.Min, out.Max = number(t.Min), number(t.Max)
		}
		list = append(list, out)
	}
	m := message{"type": "hello", "v": Version, "tunables": list}
	if r.name != "" {
		m["name"] = r.name
	}
	r.answer(m)
}

type message map[string]any

func (r *Run) answer(m message) {
	if line, err := json.Marshal(m); err == nil {
		r.link.put(append(line, '\n'), true)
	}
}

// serve carries out commands. One goroutine at a time does; while the run is paused the others wait for it.
func (r *Run) serve(step int) {
	r.mu.Lock()
	if r.serving {
		resumed := r.resumed
		wait := resumed != nil && !r.busy // who is called by a command must not wait for its end
		r.mu.Unlock()
		if wait {
			<-resumed
		}
		return
	}
	r.serving, r.busy = true, true
	r.mu.Unlock()
	defer r.goOn(true)
	for {
		for _, c := range r.link.commands() {
			r.obey(c, step)
		}
		r.mu.Lock()
		paused := r.resumed != nil && !r.Stopping()
		r.busy = !paused
		r.mu.Unlock()
		if !paused || !r.link.wait() {
			return
		}
		r.mu.Lock()
		r.busy = true
		r.mu.Unlock()
	}
}

// goOn ends a pause, and the serving where over is set. It tells whether there was a pause.
func (r *Run) goOn(over bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if over {
		r.serving, r.busy = false, false
	}
	if r.resumed == nil {
		return false
	}
	close(r.resumed)
	r.resumed = nil
	return true
}

// command is what is asked for.
type command struct {
	Type  string
	ID    uint64
	Name  string
	Value json.RawMessage
}

func (r *Run) obey(c command, step int) {
	switch c.Type {
	case "set":
		v, err := r.change(c)
		if err != nil {
			r.refuse(c.ID, err)
			return
		}
		r.answer(message{"type": "applied", "id": c.ID, "name": c.Name, "value": number(v), "step": step + 1})
	case "pause":
		r.mu.Lock()
		begins := r.resumed == nil && !r.Stopping()
		if begins {
			r.resumed = make(chan struct{})
		}
		r.mu.Unlock()
		if begins {
			r.tell("paused", step, "")
		}
	case "resume":
		if r.goOn(false) {
			r.tell("running", step, "")
		}
	case "checkpoint":
		if path, err := r.save(); err != nil {
			r.refuse(0, err)
		} else {
			r.tell("saved", step, path)
		}
	case "stop":
		if !r.stopping.Swap(true) {
			r.tell("stopped", step, "")
		}
	}
}

func (r *Run) tell(state string, step int, text string) {
	m := message{"type": "state", "state": state, "step": step}
	if text != "" {
		m["text"] = text
	}
	r.answer(m)
}

func (r *Run) refuse(id uint64, why error) {
	r.answer(message{"type": "refused", "id": id, "why": why.Error()})
}

// change carries out a set and returns what the number is then.
func (r *Run) change(c command) (v float64, err error) {
	i := slices.IndexFunc(r.all(), func(t *Tunable) bool { return t.Name == c.Name })
	if i < 0 {
		return 0, fmt.Errorf("there is no %s to tune", c.Name)
	}
	if v, err = strconv.ParseFloat(strings.Trim(string(c.Value), `"`), 64); err != nil {
		return 0, errors.New("the value is no number")
	}
	t := r.all()[i]
	if err := t.check(v); err != nil {
		return 0, err
	}
	defer recovered(&err)
	if err := t.set(v); err != nil {
		return 0, err
	}
	return t.Value(), nil
}

func (r *Run) save() (path string, err error) {
	r.mu.Lock()
	f := r.checkpoint
	r.mu.Unlock()
	if f == nil {
		return "", errors.New("the program has no OnCheckpoint")
	}
	defer recovered(&err)
	return f()
}

// recovered makes a panic of a function that was given to this package an error.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = cmp.Or[error](*err, fmt.Errorf("it panics: %v", p))
	}
}
