package ui

import (
	"context"
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"

	"opttui/internal/optim"
	"opttui/internal/problems"
	"opttui/internal/train"
	"opttui/internal/usage"
)

// Guest says that the person works on somebody else's machine, which is shared. A guest's screen reads and writes no
// file, keeps no journal, starts no program, and takes only problems of a size that leaves room for others.
type Guest struct {
	Turns *train.Turns // in which the runs compute; nil for whenever they like
	Pace  *Pace        // of all who share the machine; nil for one's own
}

// What a guest may have.
const (
	guestDim    = 1000 // variables of a function that exists in any dimension, or of a formula
	guestUnits  = 256  // the numbers after a model's colon, added up
	guestMatrix = 500  // parameters of a rule that keeps a matrix of that many rows and columns
)

const noFiles = "nothing is written here: this opttui runs on another machine than yours"

// receive prepares the screen for a guest, who may be nil.
func (m *Model) receive(g *Guest) {
	if m.guest = g; g == nil {
		return
	}
	m.journal = nil
	if g.Pace != nil {
		m.pace = g.Pace
	}
	if g.Turns != nil {
		m.options = append(m.options, train.Within(g.Turns))
	}
}

// workers is how many trials a search may have at a time, 0 for as many as there are processors.
func (g *Guest) workers() int {
	if g == nil {
		return 0
	}
	return 1
}

// turns are those in which a guest computes, nil for whenever they like.
func (g *Guest) turns() *train.Turns {
	if g == nil {
		return nil
	}
	return g.Turns
}

// share is how a search or a survey takes turns with everything else, nil for whenever it likes.
func (g *Guest) share() func(context.Context) (next func() bool, end func()) {
	if g.turns() == nil {
		return nil
	}
	return g.Turns.Share
}

// fits returns why a problem is too large for a guest, nil where it is not. It makes no instance of a model, which might
// take the memory that it is to save.
func (g *Guest) fits(ref problems.Ref) error {
	switch {
	case g == nil:
		return nil
	case ref.File != nil:
		return usage.Errorf("no files are read here: this opttui runs on another machine than yours")
	case ref.Formula != nil:
		spec, err := ref.Formula.Spec()
		if err != nil {
			return err
		}
		if n := spec.New().Dim(); n > guestDim {
			return usage.Errorf("a formula may have %d variables here, not %d: others compute on this machine, too", guestDim, n)
		}
		return nil
	}
	_, sizes, _ := strings.Cut(ref.Name, ":")
	sum := 0
	for text := range strings.SplitSeq(sizes, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil { // no number at all: whoever makes the model says so
			continue
		}
		sum += max(min(n, guestUnits+1), 0)
	}
	if sum > guestUnits {
		return usage.Errorf("the sizes of a model may add up to %d here: others compute on this machine, too", guestUnits)
	}
	return nil
}

// allows returns why a guest may not give a setting of the problem a value, nil where that is allowed.
func (g *Guest) allows(key string, v float64) error {
	if g != nil && key == "dim" && v > guestDim {
		return usage.Errorf("dim may be %d at the most here: others compute on this machine, too", guestDim)
	}
	return nil
}

// capabilities are what the rules can be offered of a problem.
func (m *Model) capabilities(p problems.Problem) optim.Capability {
	have := train.Capabilities(p)
	if m.guest != nil && p.Dim() > guestMatrix {
		have &^= optim.CanDense
	}
	return have
}

// Rest is a message that pauses the runs of a person who seems to be away.
type Rest struct{}

func (m *Model) restAll() {
	if m.paused {
		return
	}
	m.togglePause()
	m.say("paused, since no key was pressed for a while: space goes on")
}

// beside does work in a goroutine of its own. A panic in it is raised again where the screen is drawn, where it ends this
// screen and restores the terminal.
func (m *Model) beside(work func()) {
	m.background.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				why := fmt.Sprintf("%v\n%s", p, debug.Stack())
				m.panicked.CompareAndSwap(nil, &why)
			}
		}()
		work()
	})
}

// raise raises a panic of what goes on beside the screen.
func (m *Model) raise() {
	if why := m.panicked.Load(); why != nil {
		panic(*why)
	}
}
