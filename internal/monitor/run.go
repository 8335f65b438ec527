// Package monitor keeps what is known of training programs that this project did not write: their numbers, in bounded
// memory however long they train; what can be tuned in them; what was changed and at which step; and what they print.
package monitor

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"

	"opttui/internal/protocol"
	"opttui/internal/train"
)

// Bounds of what is kept of a run.
const (
	MaxSeries  = 256
	MaxChanges = 20_000
)

// Status is what a run is doing.
type Status string

const (
	Waiting Status = "waiting" // nothing has been heard of it yet
	Running Status = "running"
	Paused  Status = "paused"
	Ended   Status = "ended"  // by itself
	Failed  Status = "failed" // with an exit code, or by a signal
	Alone   Status = "alone"  // it goes on, but does not talk any more
)

// Change is something that was tuned, at the step at which the program took it.
type Change struct {
	Step float64
	At   time.Time
	Name string
	V    float64
	Note string // for the mark in the curves: "lr 1e-4"
}

// Run is what is known of one training program. Its methods may be called from any goroutine.
type Run struct {
	mu       sync.Mutex
	name     string
	seq      uint64 // grows with everything that can be seen
	status   Status
	said     string // the latest message for the person
	bad      bool   // it tells of something wrong
	started  time.Time
	last     time.Time // when the last numbers came
	step     float64
	series   []*series
	index    map[string]int
	tunables []Tunable
	changes  []Change
	log      ring
	missed   int // series beyond MaxSeries
	strange  int // lines that could not be read
}

// series is one number of a run over its steps.
type series struct {
	name    string
	history *train.History
	marks   train.Marks
	last    float64
	count   int
}

// NewRun returns a run of which nothing is known but what the person calls it.
func NewRun(name string, now time.Time) *Run {
	return &Run{name: name, status: Waiting, started: now, step: math.NaN(), index: make(map[string]int)}
}

// Began sets when the run began, where that is known only later: seconds are counted from there.
func (r *Run) Began(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.started = at
}

// Log takes in numbers at a step. Where the program tells no step (NaN), it is the one after the last. A number whose
// step is before its last one has gone back, to a checkpoint for instance: what it was from there on is forgotten.
func (r *Run) Log(step float64, values []protocol.Value, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if step-step != 0 {
		if step = r.step + 1; step-step != 0 {
			step = 0
		}
	}
	r.step, r.last = step, now
	if r.status == Waiting {
		r.status = Running
	}
	r.seq++
	marks := train.Marks{Gradients: step, Cost: step, Seconds: now.Sub(r.started).Seconds(), Epoch: math.NaN()}
	if i := slices.IndexFunc(values, func(v protocol.Value) bool { return v.Name == "epoch" }); i >= 0 {
		marks.Epoch = values[i].V
	}
	for _, v := range values {
		if s := r.of(v.Name); s != nil {
			s.add(v.V, marks)
		}
		r.heard(v)
	}
}

// of returns the series of a name, a new one where there is room, else nil.
func (r *Run) of(name string) *series {
	if i, ok := r.index[name]; ok {
		return r.series[i]
	}
	if len(r.series) == MaxSeries {
		if r.missed++; r.missed == 1 {
			r.tell(true, "the program logs more than %d numbers: %s and all others after it are left out", MaxSeries, name)
		}
		return nil
	}
	s := &series{name: strings.Clone(name), history: train.NewHistory()}
	r.index[s.name] = len(r.series)
	r.series = append(r.series, s)
	return s
}

func (s *series) add(v float64, at train.Marks) {
	if s.count > 0 && at.Gradients < s.marks.Gradients {
		s.history = s.history.Before(func(m train.Marks) bool { return m.Gradients < at.Gradients })
		s.count = 0
		if v := s.history.View(train.Marks{}); v.Len() > 0 {
			_, last := v.At(v.Len() - 1)
			s.count = last + 1
		}
	}
	s.count++
	s.last, s.marks = v, at
	if s.history.Add(v) {
		s.history.Stamp(at)
	}
}

// tell sets the message for the person.
func (r *Run) tell(bad bool, format string, args ...any) {
	r.seq++
	r.said, r.bad = fmt.Sprintf(format, args...), bad
}

// Tell is a message for the person, bad where something is wrong.
func (r *Run) Tell(bad bool, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tell(bad, format, args...)
}

// Strange takes in that a line could not be read. The first is told at once, more only by how many there are.
func (r *Run) Strange(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch r.strange++; {
	case r.strange == 1:
		r.tell(true, "%s", why)
	case r.strange&(r.strange-1) == 0: // powers of two: the last stays in sight, and a flood costs nothing
		r.tell(true, "%d lines so far could not be read; the last: %s", r.strange, why)
	}
}

// Become sets what the run is doing.
func (r *Run) Become(s Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	r.status = s
}

// Print takes in a line that the program has printed. Of one that was written over, as bars of progress are, the last counts.
func (r *Run) Print(line string, loud bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	r.log.add(lineOf(line, loud))
}

// Printing takes in what there is of a line that the program has begun: a progress bar, for instance. "" is nothing.
func (r *Run) Printing(begun string, loud bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := &r.log.begun[map[bool]int{true: 1}[loud]]
	if l := lineOf(begun, loud); l != *at {
		*at = l
		r.seq++
	}
}

// lineOf is a line as it is to be seen: what it was written over and its colours are left out.
func lineOf(line string, loud bool) Line {
	line = strings.TrimRight(line, "\r")
	if line = line[strings.LastIndexByte(line, '\r')+1:]; strings.ContainsRune(line, '\x1b') {
		line = ansi.Strip(line)
	}
	return Line{Text: protocol.Clean(strings.ReplaceAll(line, "\t", "    "), maxLine), Loud: loud}
}

// Seq grows whenever there is something new to see.
func (r *Run) Seq() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seq
}
