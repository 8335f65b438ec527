package main

import (
	"fmt"
	"math"
)

// side is one program at a piece of work.
type side interface {
	// seconds does the work so many times and tells how much processor time that took.
	seconds(count int) (float64, error)
	// value is what the work has come to, by which the same work is recognised.
	value() (float64, error)
	close()
}

// work is what is compared.
type work struct {
	heading, name, unit string
	mine                mine
	rivals              []rival
	// same tells how far the values may be apart, relative to them; where it is 0 all have to be at most most.
	same, most float64
	wide       bool // the goals hold where there is AVX-512
}

// rival is another program at the same work, and how many times faster than it this one is to be.
type rival struct {
	name  string
	goal  float64 // 0 for none
	scale float64 // work of one unit of this program's in units of the rival's; 0 is 1
	mine  *mine   // nil for the Python process, which is asked with:
	ask   string
	args  map[string]any
}

// mine is a piece of work in this process.
type mine struct {
	begin func() (run func(count int) error, err error) // makes what the work needs
	check func() (float64, error)
}

// local is such work with what it needs.
type local struct {
	run   func(count int) error
	check func() (float64, error)
}

func (m mine) prepare() (side, error) {
	run, err := m.begin()
	return local{run, m.check}, err
}

func (l local) seconds(count int) (float64, error) {
	begin := processorTime()
	err := l.run(count)
	return processorTime() - begin, err
}

func (l local) value() (float64, error) { return l.check() }
func (local) close()                    {}

// sides are this program, and then the rivals in their order.
func (w work) sides(p *peer) ([]side, error) {
	own, err := w.mine.prepare()
	if err != nil {
		return nil, err
	}
	sides := []side{own}
	for _, r := range w.rivals {
		var s side
		if r.mine != nil {
			s, err = r.mine.prepare()
		} else {
			s, err = p.prepare(r.ask, r.args)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		sides = append(sides, s)
	}
	return sides, nil
}

// agree tells whether all have done the same.
func (w work) agree(values []float64) error {
	for i, v := range values {
		name := "this program"
		if i > 0 {
			name = w.rivals[i-1].name
		}
		switch {
		case w.same == 0 && !(v <= w.most):
			return fmt.Errorf("%s ended at %g, not at %g", name, v, w.most)
		case w.same > 0 && !(math.Abs(v-values[0]) <= w.same*math.Abs(values[0])):
			return fmt.Errorf("%s came to %.17g, this program to %.17g", name, v, values[0])
		}
	}
	return nil
}
