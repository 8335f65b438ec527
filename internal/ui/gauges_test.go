package ui

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"opttui/internal/problems"
	"opttui/internal/train"
)

// runOf is a run of one rule at one rate.
func runOf(problem, optimizer, lr string) train.Spec {
	return train.Spec{Problem: problem, Optimizer: optimizer, Seed: 7, Set: map[string]string{"lr": lr}}
}

// On the ravine of λ = 5 and 1 gradient descent is stable up to 0.4, the parabola foretells every step exactly, and a
// momentum of 0.9 raises the limit to 3.8/5.
func TestGauges(t *testing.T) {
	m := open(t, 160, 45, Options{Runs: []train.Spec{runOf("ravine", "sgd", "0.1"), runOf("ravine", "momentum", "0.1")}, Paused: true})
	advance(t, m, 1)
	wants(t, m, "gauges", "25.0 % of 0.400 stable", "2/λmax", "λ 5.00 1.00", "κ 5.00 like a minimum", "Δf predicted")
	r := m.report()
	if r == nil || math.Abs(r.Last.Predicted-r.Last.Actual) > 1e-12 || !(r.Last.Actual < 0) {
		t.Errorf("the last step: %+v", r)
	}
	press(t, m, "]", "]")
	wants(t, m, "100 % of 0.400 edge")
	press(t, m, "]")
	wants(t, m, "200 % of 0.400 unstable")
	press(t, m, "2")
	wants(t, m, "13.2 % of 0.760 stable", "(2+2α)/λmax")
}

// A frame in which h draws the local parabola differs, and again does not.
func TestLocalParabola(t *testing.T) {
	for _, mode := range []Options{{}, {ASCII: true}} {
		mode.Paused = true
		mode.Runs = []train.Spec{runOf("saddle", "adam", "0.1"), runOf("saddle", "nesterov", "0.1")}
		m := open(t, 120, 40, mode)
		advance(t, m, 3)
		press(t, m, "esc")
		before := screen(m)
		press(t, m, "h")
		wants(t, m, "dashed curves down")
		m.status = ""
		shown := screen(m)
		press(t, m, "h", "esc")
		if after := screen(m); after != before || shown == before {
			t.Errorf("h draws nothing, or twice h leaves something:\n%s\n%s", shown, after)
		}
		press(t, m, "2", "h")
		checkFrame(t, m)
	}
}

// At 80×24 there is no panel: the gauges stand below the runs.
func TestGaugesNarrow(t *testing.T) {
	m := open(t, 80, 24, Options{Runs: []train.Spec{runOf("ravine", "sgd", "0.1")}, Paused: true})
	advance(t, m, 1)
	if strings.Contains(screen(m), "of 0.400") {
		t.Error("gauges without being asked for")
	}
	press(t, m, "h")
	wants(t, m, "25.0 % of 0.400 stable")
}

// Rules without a limit say why, and a run that diverges has no figures.
func TestGaugesWithoutLimit(t *testing.T) {
	m := open(t, 160, 45, Options{Runs: []train.Spec{{Problem: "rosenbrock", Optimizer: "newton"}, runOf("rosenbrock", "sgd", "10")}, Paused: true})
	advance(t, m, 2)
	wants(t, m, "gauges", "Δf predicted")
	m.single(20)
	press(t, m, "2")
	until(t, m, "divergence", func(s *train.Snapshot) bool { return s.Status == train.Diverged })
	settle(t, m)
	checkFrame(t, m)
}

// BenchmarkWatching is what the gauges cost a run that goes as fast as it can: its steps a second with the curvature being
// measured and without, taken in turn.
func BenchmarkWatching(b *testing.B) {
	for _, problem := range []string{"rosenbrock", "digits/mlp"} {
		b.Run(problem, func(b *testing.B) {
			run := Start(problems.Ref{Name: problem}, "adam", 7)
			m, err := New(context.Background(), Options{Runs: []train.Spec{run}, Rate: train.Unlimited})
			if err != nil {
				b.Fatal(err)
			}
			defer m.Close()
			live := m.lane().live
			count := func(gauges bool) int {
				live.Watch(gauges)
				first := live.Snapshot().Step
				for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); time.Sleep(time.Second / FPS) {
					if gauges {
						m.gauge()
					}
				}
				return live.Snapshot().Step - first
			}
			// Each comes first as often as the other, and once against itself: what differs then is the machine's doing.
			steps := map[string]int{}
			for b.Loop() {
				steps["off"] += count(false)
				steps["on"] += count(true)
				steps["on"] += count(true)
				steps["off"] += count(false)
				steps["again"] += count(false) + count(false)
			}
			b.ReportMetric(float64(steps["on"])/float64(steps["off"]), "on/off")
			b.ReportMetric(float64(steps["again"])/float64(steps["off"]), "off/off")
		})
	}
}
