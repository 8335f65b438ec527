package train

import (
	"slices"

	"opttui/internal/usage"
)

// Script gives the run commands that it carries out by itself when their steps come, those of the present step at
// once: the run goes on as the one whose journal they are, bit for bit. They are journaled like a person's, who may
// give others in between. The steps must be in order and not be over. A script that turns out to be impossible stops
// the run, and Err tells why.
func (r *Run) Script(entries []Entry) error {
	last := r.step
	for _, e := range entries {
		if e.Step < last {
			return usage.Errorf("the journal is not in order: step %d after step %d", e.Step, last)
		}
		last = e.Step
	}
	r.script = slices.Clone(entries)
	r.perform()
	return nil
}

// Scripted tells how many commands of the script are still to come.
func (r *Run) Scripted() int { return len(r.script) }

// perform carries out the commands of the script that are due. One that was given to a rule that had stopped waits
// until it has stopped again: the attempt counts evaluations and may have changed the rule's state.
func (r *Run) perform() {
	for len(r.script) > 0 && r.script[0].Step == r.step && (r.err != nil || !r.script[0].Stopped) {
		c := r.script[0].Command
		r.script = r.script[1:]
		if err := r.Apply(c); err != nil {
			r.script, r.err = nil, err
		}
	}
}
