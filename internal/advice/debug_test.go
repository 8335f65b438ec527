package advice

import (
	"testing"
	"time"
)

func TestDebug(t *testing.T) {
	for _, c := range []struct {
		s *stage
		n int
	}{{onStage(t, spec("rosenbrock", "sgd", 0.003)), 400}, {onStage(t, noisy(spec("ravine", "sgd", 0.1), 3)), 1800}} {
		for i := 0; i < 14; i++ {
			c.s.play(c.n/14, "")
			sn := c.s.Snapshot()
			m := window
			if sn.Stochastic {
				m = noisyWindow
			}
			tr := trendOf(sn.History, 0, m)
			lo, hi := (&evidence{&c.s.Watcher, sn, c.s.report, tr}).shares()
			t.Logf("%d %+v share %v %v..%v", c.s.Step(), tr, c.s.report.Limit.Share, lo, hi)
		}
		t.Log(c.s.seen)
	}
	_ = time.Now
}
