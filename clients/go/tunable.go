package opttui

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
)

// Options say what values a tunable can have, and how it is turned.
type Options struct {
	Min, Max float64   // bounds, where Min is less than Max
	Scale    string    // "linear", "log", or "log1m" for rates of decay such as 0.999; "" is chosen by the name
	Integer  bool      // whole numbers only
	Choices  []float64 // the only values, where there are any
	Doc      string    // one sentence for the person
}

// Tunable is a number that can be changed while the program runs.
type Tunable struct {
	Name string
	Options
	get  func() float64
	set  func(float64) error
	own  bool          // its value is here, and cheap to read
	rate bool          // it is a learning rate
	told atomic.Uint64 // bits of what opttui has last heard
}

// Value is what it is now. It may be called from any goroutine where the tunable was made by Tune.
func (t *Tunable) Value() float64 { return t.get() }

// Set is a change by the program itself.
func (t *Tunable) Set(v float64) error { return t.set(v) }

// Tune makes a number tunable, with or without opttui, that is kept in the Tunable.
func (r *Run) Tune(name string, value float64, o Options) *Tunable {
	var bits atomic.Uint64
	bits.Store(math.Float64bits(value))
	get := func() float64 { return math.Float64frombits(bits.Load()) }
	set := func(v float64) error { bits.Store(math.Float64bits(v)); return nil }
	return r.add(&Tunable{Name: name, Options: o, get: get, set: set, own: true})
}

// TuneFunc makes a number tunable that is elsewhere: get reads it, and set, called from within Log, changes it. The person
// is told the error of set, or what it panics with.
func (r *Run) TuneFunc(name string, get func() float64, set func(float64) error, o Options) *Tunable {
	return r.add(&Tunable{Name: name, Options: o, get: get, set: set})
}

// add takes in a tunable in place of one of the same name.
func (r *Run) add(t *Tunable) *Tunable {
	t.rate = t.Name == "lr" || t.Name == "learning_rate" || strings.HasSuffix(t.Name, ".lr")
	r.mu.Lock()
	kept := slices.DeleteFunc(slices.Clone(r.tunables), func(u *Tunable) bool { return u.Name == t.Name })
	r.tunables = append(kept, t)
	r.mu.Unlock()
	if r.link.open() {
		r.hello()
	}
	return t
}

// check says why it cannot have a value.
func (t *Tunable) check(v float64) error {
	switch {
	case v-v != 0:
		return fmt.Errorf("%v is no finite number", v)
	case t.Min < t.Max && v < t.Min:
		return fmt.Errorf("%s is at least %v", t.Name, t.Min)
	case t.Min < t.Max && v > t.Max:
		return fmt.Errorf("%s is at most %v", t.Name, t.Max)
	case t.Integer && v != math.Trunc(v):
		return fmt.Errorf("%s is a whole number", t.Name)
	case len(t.Choices) > 0 && !slices.Contains(t.Choices, v):
		return fmt.Errorf("%s is one of %v", t.Name, t.Choices)
	}
	return nil
}
