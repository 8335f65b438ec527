package monitor

import (
	"math"
	"slices"
	"strings"
	"time"

	"opttui/internal/knob"
	"opttui/internal/protocol"
)

// Tunable is a number of the program that can be changed while it runs.
type Tunable struct {
	Knob  knob.Knob // its bounds, and how it is turned and shown
	Value float64   // that the program last told
	Want  float64   // what the last command for it asked for

	asked    uint64 // number of that command while it has not been answered; 0 for none
	answered uint64 // number of the last command that was carried out
}

// Asked tells whether a change has been sent to the program that it has not answered yet.
func (t Tunable) Asked() bool { return t.asked != 0 }

// Now is what a tunable is, or is asked to be: what the next change goes by.
func (t Tunable) Now() float64 {
	if t.Asked() {
		return t.Want
	}
	return t.Value
}

// Offer takes in what can be tuned, in place of what could be before. A program that has begun to talk again is running.
func (r *Run) Offer(name string, all []protocol.Tunable) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	if name != "" {
		r.name = name
	}
	before := r.tunables
	r.tunables = nil
	for _, t := range all {
		if t.Name == "" || r.tunable(t.Name) != nil {
			continue
		}
		u := Tunable{Knob: knobOf(t), Value: float64(t.Value)}
		if i := slices.IndexFunc(before, func(b Tunable) bool { return b.Knob.Key == t.Name }); i >= 0 {
			u.Want, u.asked, u.answered = before[i].Want, before[i].asked, before[i].answered // the answer is still to come
		}
		r.tunables = append(r.tunables, u)
	}
	if r.status == Waiting || r.status == Alone {
		r.status = Running
	}
}

// knobOf is the knob of a tunable. Bounds that are missing are those of all numbers.
func knobOf(t protocol.Tunable) knob.Knob {
	k := knob.Knob{Key: t.Name, Doc: t.Doc, Default: float64(t.Value), Min: -math.MaxFloat64, Max: math.MaxFloat64, Integer: t.Integer}
	bound := func(p *protocol.Number, to *float64) {
		if p != nil && float64(*p)-float64(*p) == 0 {
			*to = float64(*p)
		}
	}
	bound(t.Min, &k.Min)
	bound(t.Max, &k.Max)
	if k.Min > k.Max {
		k.Min, k.Max = -math.MaxFloat64, math.MaxFloat64
	}
	for _, c := range t.Choices {
		if c-c == 0 {
			k.Stops = append(k.Stops, float64(c))
		}
	}
	if t.Scale == protocol.ScaleLog && t.Min == nil && t.Value >= 0 {
		k.Min = 0 // which the scale implies
	}
	bounded := k.Max < math.MaxFloat64 && k.Min > -math.MaxFloat64
	switch fraction := k.Min >= 0 && k.Max <= 1; {
	case t.Scale == protocol.ScaleLog && k.Min >= 0:
		k.Scale = knob.Log
	case fraction && (t.Scale == protocol.ScaleLogOneMinus || t.Scale == "" && decay(t.Name)):
		k.Scale = knob.LogOneMinus
	case !bounded:
		k.Scale = knob.SymLog // which needs no range
	}
	return k
}

// decay tells whether a name is usually that of a decay rate, which is turned by its distance from one.
func decay(name string) bool {
	return strings.Contains(name, "momentum") || strings.Contains(name, "beta")
}

// Asked remembers that a command has been sent.
func (r *Run) Asked(id uint64, name string, v float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t := r.tunable(name); t != nil {
		t.asked, t.Want = id, v
		r.seq++
	}
}

// Applied takes in that the program has carried out a command, or changed a number by itself where id is 0. A step that it
// does not tell is that of the last numbers. Where several processes of a program carry out the same command, the first to
// say so counts.
func (r *Run) Applied(id uint64, name string, v, step float64, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if step-step != 0 {
		step = r.step
	}
	note := name + " " + knob.Sig3(v)
	if t := r.tunable(name); t != nil {
		t.Value = v
		note = name + " " + t.Knob.Format(v)
		if t.asked <= id {
			t.asked = 0
		}
		if id != 0 && id == t.answered {
			return
		}
		if id != 0 {
			t.answered = id
		}
	}
	if len(r.changes) < MaxChanges {
		r.changes = append(r.changes, Change{Step: step, At: now, Name: name, V: v, Note: note})
	}
	if step-step == 0 {
		r.tell(false, "%s at step %.0f", note, step)
	} else {
		r.tell(false, "%s", note)
	}
}

// Refused takes in that the program has not carried out a command; id is 0 for those other than to tune.
func (r *Run) Refused(id uint64, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	what := "that"
	for i := range r.tunables {
		if t := &r.tunables[i]; t.asked == id && id != 0 {
			what = t.Knob.Key + " = " + t.Knob.Format(t.Want)
			t.asked = 0
		}
	}
	if why == "" {
		why = "it does not say why"
	}
	if id == 0 { // a command without a number
		r.tell(true, "the program refuses: %s", why)
		return
	}
	r.tell(true, "the program does not take %s: %s", what, why)
}

func (r *Run) tunable(name string) *Tunable {
	if i := slices.IndexFunc(r.tunables, func(t Tunable) bool { return t.Knob.Key == name }); i >= 0 {
		return &r.tunables[i]
	}
	return nil
}

// heard keeps a tunable up to date that the program logs, too: a schedule may change it. r.mu is held.
func (r *Run) heard(v protocol.Value) {
	if t := r.tunable(v.Name); t != nil && t.asked == 0 && v.V-v.V == 0 {
		t.Value = v.V
	}
}
