package lrfinder

// plan knows how much work there is, in steps. What the later phases will need is a guess until they have begun.
type plan struct {
	names  []string
	steps  []int // of each phase
	phase  int
	booked int // steps of this phase that have been started
	done   int // steps that are finished, of all phases
}

// newPlan guesses the work of the phases of Find.
func (f *Finder) newPlan() plan {
	perRate := f.Seeds * f.Iterations
	p := plan{
		names: []string{"start", "grid", "best rate", "edge", "check"},
		steps: []int{0, len(f.rates()) * perRate, 9 * perRate, 6 * f.Seeds * f.horizon(), 4 * f.CheckFactor * perRate},
	}
	if f.NoCheck {
		p.steps[len(p.steps)-1] = 0
	}
	return p
}

func (p *plan) begin(phase int) { p.phase, p.booked = phase, 0 }

// start books work of the present phase.
func (p *plan) start(steps int) {
	p.booked += steps
	p.steps[p.phase] = max(p.steps[p.phase], p.booked)
}

// end closes the phase, for which no more work than was booked was needed.
func (p *plan) end() { p.steps[p.phase] = p.booked }

func (p *plan) name() string { return p.names[p.phase] }

func (p *plan) total() int {
	sum := 0
	for _, n := range p.steps {
		sum += n
	}
	return sum
}
