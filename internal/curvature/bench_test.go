package curvature

import (
	"context"
	"testing"
	"time"

	"opttui/internal/train"
)

// BenchmarkMeasure is one measurement after a step: cold, as the first one is, and warm, as those that follow.
func BenchmarkMeasure(b *testing.B) {
	for name, spec := range map[string]train.Spec{
		"rosenbrock":      {Problem: "rosenbrock", Optimizer: "adam"},
		"iris":            {Problem: "iris", Optimizer: "adam"},
		"digits_mlp":      {Problem: "digits/mlp", Optimizer: "sgd"},
		"digits_mlp_adam": {Problem: "digits/mlp", Optimizer: "adam", Batch: 64},
	} {
		r := newRun(b, spec)
		r.Advance(20)
		r.Mark()
		r.Advance(1)
		p := r.Probe()
		b.Run(name+"/cold", func(b *testing.B) {
			for b.Loop() {
				var m Measurer
				m.Measure(p)
			}
		})
		b.Run(name+"/warm", func(b *testing.B) {
			var m Measurer
			m.Measure(p)
			for b.Loop() {
				m.Measure(p)
			}
		})
	}
}

// BenchmarkWatch lets one unlimited run go unwatched and watched in turns, and tells which share of its steps a second it
// keeps while it is watched: marked and copied 20 times a second, or measured by another goroutine, either without rest or
// for a 20th of the time.
func BenchmarkWatch(b *testing.B) {
	for _, problem := range []string{"beale", "digits/mlp"} {
		spec := train.Spec{Problem: problem, Optimizer: "sgd", Batch: 32, Set: map[string]string{"lr": "1e-6"}}
		for name, look := range map[string]struct {
			window time.Duration
			after  func(p *train.Probe, m *Measurer) (rest time.Duration)
		}{
			"copied": {300 * time.Millisecond, func(*train.Probe, *Measurer) time.Duration { return 50 * time.Millisecond }},
			"measured without rest": {300 * time.Millisecond, func(p *train.Probe, m *Measurer) time.Duration {
				m.Measure(p)
				return 0
			}},
			"measured": {4 * time.Second, func(p *train.Probe, m *Measurer) time.Duration {
				begin := time.Now()
				m.Measure(p)
				return 19 * time.Since(begin)
			}},
		} {
			b.Run(problem+"/"+name, func(b *testing.B) {
				l, err := train.Launch(context.Background(), spec, train.Unlimited, false)
				if err != nil {
					b.Fatal(err)
				}
				defer l.Stop()
				var plain, watched float64
				for b.Loop() {
					plain += speed(l, look.window, func() time.Duration { return look.window })
					var m Measurer
					l.Watch(true)
					watched += speed(l, look.window, func() time.Duration {
						probes := make(chan *train.Probe, 1)
						l.Probe(probes)
						return look.after(<-probes, &m)
					})
					l.Watch(false)
				}
				b.ReportMetric(watched/plain, "kept")
			})
		}
	}
}

// speed is how many steps a second the run takes in a window of time, while look is called after every rest it asks for.
func speed(l *train.Live, window time.Duration, look func() time.Duration) float64 {
	from, begin := l.Snapshot().Step, time.Now()
	for time.Since(begin) < window {
		time.Sleep(min(look(), window-time.Since(begin)))
	}
	return float64(l.Snapshot().Step-from) / time.Since(begin).Seconds()
}
