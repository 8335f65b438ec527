package train

import (
	"math"
	"testing"
	"time"
)

// A fast run is not woken for each of its steps, and a slow one when its step is due.
func TestPaceWaits(t *testing.T) {
	for rate, want := range map[float64]time.Duration{1: time.Second, 10: time.Second / 10, 60: leastWait, 6000: leastWait} {
		var p pace
		now := time.Unix(1000, 0)
		steps, _ := p.due(now, rate)
		p.paid(steps)
		if _, until := p.due(now, rate); (until - want).Abs() > time.Microsecond {
			t.Errorf("at %g steps a second the wait is %v", rate, until)
		}
		if steps, _ := p.due(now.Add(leastWait), rate); float64(steps) != math.Floor(rate*leastWait.Seconds()) {
			t.Errorf("at %g steps a second %d are due after %v", rate, steps, leastWait)
		}
	}
}

// Rates of any size lead to a number of steps or a wait that is one.
func TestPaceOfExtremeRates(t *testing.T) {
	for _, rate := range []float64{math.SmallestNonzeroFloat64, 1e-12, 1, 1e19, math.MaxFloat64} {
		var p pace
		now := time.Unix(1000, 0)
		for _, after := range []time.Duration{0, time.Nanosecond, time.Millisecond, time.Second} {
			now = now.Add(after)
			steps, until := p.due(now, rate)
			if steps < 0 || until < 0 || steps == 0 && until == 0 {
				t.Errorf("rate %g, %v later: %d steps, wait %v", rate, after, steps, until)
			}
			p.paid(min(steps, p.chunk()))
		}
	}
}
