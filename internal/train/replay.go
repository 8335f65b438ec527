package train

import (
	"math"

	"opttui/internal/usage"
)

// Replay makes a run from its spec and journal and takes it to the given step, commands at that step included: the
// same run, bit for bit.
func Replay(spec Spec, journal []Entry, step int) (*Run, error) {
	r, err := New(spec)
	if err != nil {
		return nil, err
	}
	if _, err := r.follow(journal, step, math.MaxInt); err != nil {
		return nil, err
	}
	return r, nil
}

// follow takes the run at most n steps along a journal, whose first entries it has carried out already, towards the
// given step. It returns how many steps it took: less than n when it has arrived, with the commands at that step
// carried out, or when the run is over.
func (r *Run) follow(journal []Entry, step, n int) (took int, err error) {
	for {
		next := step
		due := len(r.journal) < len(journal) && journal[len(r.journal)].Step <= step
		if due {
			e := journal[len(r.journal)]
			if e.Step < r.step {
				return took, usage.Errorf("the journal is not in order: step %d after step %d", e.Step, r.step)
			}
			if e.Step == r.step {
				if err := r.repeat(e); err != nil {
					return took, err
				}
				continue
			}
			next = e.Step
		}
		want := min(next-r.step, n-took)
		if want <= 0 {
			return took, nil
		}
		got := r.Advance(want)
		took += got
		if got < want {
			if due {
				err = usage.Errorf("the journal has a command at step %d, but the run is over at step %d", next, r.step)
			}
			return took, err
		}
	}
}

// repeat carries out a journaled command at its step.
func (r *Run) repeat(e Entry) error {
	if e.Stopped {
		r.Advance(1) // fails again, as it did then
	}
	return r.Apply(e.Command)
}
