package train

import (
	"math"
	"testing"
	"time"
)

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
