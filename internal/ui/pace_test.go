package ui

import (
	"runtime"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// ticks sends n ticks to the pace, each as late, at its own pace, and returns the time after them.
func ticks(p *Pace, now time.Time, n int, late time.Duration) time.Time {
	for range n {
		now = now.Add(p.Interval())
		p.Tick(now, late)
	}
	return now
}

func TestPaceFollowsTheLoad(t *testing.T) {
	var p Pace
	fastest, slowest := time.Second/FPS, time.Second/SlowestFPS
	if p.Interval() != fastest {
		t.Errorf("it begins with %v", p.Interval())
	}
	now := ticks(&p, time.Unix(0, 0), 100, tooLate+1)
	if p.Interval() != slowest {
		t.Errorf("%v where the machine is too busy", p.Interval())
	}
	now = ticks(&p, now, 100, (tooLate+inTime)/2)
	if p.Interval() != slowest {
		t.Errorf("%v where it is just busy enough", p.Interval())
	}
	ticks(&p, now, 1000, 0)
	if p.Interval() != fastest {
		t.Errorf("%v where it has time again", p.Interval())
	}
}

// One tick that is late does not change the pace among many that are not.
func TestPaceForgivesOne(t *testing.T) {
	var p Pace
	now := ticks(&p, time.Unix(0, 0), 20, 0)
	for range 20 {
		p.Tick(now, 0)
	}
	p.Tick(now.Add(paceTime), 10*tooLate)
	if p.Interval() != time.Second/FPS {
		t.Errorf("%v", p.Interval())
	}
}

// What a key does to a run is looked at soon, where the next tick is not.
func TestGlance(t *testing.T) {
	m := open(t, 120, 36, Options{Paused: true})
	m.due = time.Now().Add(time.Hour)
	_, cmd := m.Update(keyMsg("]"))
	if cmd == nil || !m.glancing {
		t.Fatal("nobody looks at the run")
	}
	if _, again := m.Update(keyMsg("]")); again != nil {
		t.Error("it is looked at twice")
	}
	for m.lane().live.Snapshot().Applied < m.lane().sent {
		runtime.Gosched()
	}
	if m.Update(cmd()); m.glancing || m.lane().snap.Applied < m.lane().sent {
		t.Error("the command has not been seen")
	}
	m.due = time.Now()
	if _, cmd := m.Update(keyMsg("]")); cmd != nil {
		t.Error("there is a glance besides a tick")
	}
}

func TestPaceStaysInBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p Pace
		now := time.Unix(0, 0)
		for range rapid.IntRange(1, 100).Draw(t, "ticks") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "step")))
			p.Tick(now, time.Duration(rapid.Int64Range(-1e9, 1e12).Draw(t, "late")))
			if d := p.Interval(); d < time.Second/FPS || d > time.Second/SlowestFPS {
				t.Fatalf("%v", d)
			}
		}
	})
}
