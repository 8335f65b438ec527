package advice

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"opttui/internal/curvature"
	"opttui/internal/train"
)

// stage is a run that somebody looks on: thirty times a second, with so many steps in between and a report at every third
// look, as on a screen.
type stage struct {
	*train.Run
	Watcher
	measurer curvature.Measurer
	report   *curvature.Report
	now      time.Time
	looks    int
	stride   int
	seen     map[Kind]int // looks at which each advice was shown
	first    map[Kind]*Advice
}

func onStage(t testing.TB, spec train.Spec) *stage {
	t.Helper()
	run, err := train.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	return &stage{Run: run, now: time.Unix(0, 0), stride: 3, seen: map[Kind]int{}, first: map[Kind]*Advice{}}
}

// play takes steps and looks on, until an advice of the kind comes where one is given.
func (s *stage) play(steps int, until Kind) *Advice {
	for end := s.Step() + steps; ; {
		if s.looks%3 == 0 {
			s.report = s.measurer.Measure(s.Probe())
		}
		a := s.See(s.now, s.Snapshot(), s.report)
		s.looks++
		s.now = s.now.Add(time.Second / 30)
		if a != nil {
			s.seen[a.Kind]++
			if s.first[a.Kind] == nil {
				s.first[a.Kind] = a
			}
			if a.Kind == until {
				return a
			}
		}
		if s.Over() || s.Step() >= end {
			return nil
		}
		s.Advance(s.stride - 1)
		s.Mark()
		s.Advance(1)
	}
}

func spec(problem, optimizer string, lr float64, more ...string) train.Spec {
	s := train.Spec{Problem: problem, Optimizer: optimizer, Batch: 1, Set: map[string]string{}}
	if lr > 0 {
		s.Set["lr"] = fmt.Sprint(lr)
	}
	for i := 0; i+1 < len(more); i += 2 {
		s.Set[more[i]] = more[i+1]
	}
	return s
}

func noisy(s train.Spec, sigma float64) train.Spec { s.Noise = sigma; return s }
func batch(s train.Spec, m int) train.Spec         { s.Batch = m; return s }
func from(s train.Spec, x ...float64) train.Spec   { s.Start = x; return s }
func suggested(s train.Spec) train.Spec {
	s.Set = maps.Clone(s.Set)
	for k, v := range s.SuggestedRates() {
		s.Set[k] = fmt.Sprint(v)
	}
	return s
}

func TestLook(t *testing.T) {
	for _, c := range []struct {
		name  string
		spec  train.Spec
		steps int
	}{
		{"diverged", spec("quadratic", "sgd", 0.05), 400},
		{"diverged rosen", spec("rosenbrock", "sgd", 0.01), 400},
		{"osc", spec("quadratic", "sgd", 0.0201), 400},
		{"osc rosen", spec("rosenbrock", "sgd", 0.003), 400},
		{"osc rmsprop", spec("quadratic", "rmsprop", 0.1), 400},
		{"osc adam", spec("ravine", "adam", 1), 400},
		{"slow", spec("ravine", "sgd", 1e-3), 400},
		{"slow mom", spec("rosenbrock", "momentum", 1e-5), 800},
		{"slow adam", spec("rosenbrock", "adam", 1e-4), 800},
		{"slow digits", batch(spec("digits", "sgd", 1e-3), 64), 1200},
		{"adagrad", spec("rosenbrock", "adagrad", 0.05), 2000},
		{"adagrad ravine", spec("quadratic", "adagrad", 0.05), 2000},
		{"saddle", from(spec("saddle", "sgd", 0.1), 1, 0), 600},
		{"saddle newton", spec("saddle", "newton", 0), 100},
		{"saddle newton himmel", from(spec("himmelblau", "newton", 0), 0, 0), 100},
		{"monkey", spec("monkey_saddle", "sgd", 0.02), 600},
		{"overshoot", spec("quadratic", "momentum", 0.005, "momentum", "0.99"), 800},
		{"overshoot rosen", spec("rosenbrock", "momentum", 0.0005, "momentum", "0.99"), 800},
		{"lbfgs noise", noisy(spec("rosenbrock", "lbfgs", 0), 1), 600},
		{"bfgs noise", noisy(spec("beale", "bfgs", 0), 1), 600},
		{"lbfgs digits", batch(spec("digits", "lbfgs", 0), 16), 600},
		{"floor", noisy(spec("ravine", "sgd", 0.1), 3), 2000},
		{"floor digits", batch(spec("digits", "sgd", 0.5), 8), 2000},
		{"plateau", from(spec("easom", "sgd", 0.2), -2, -2), 600},
		{"converged", spec("ravine", "sgd", 0.2), 600},
	} {
		s := onStage(t, c.spec)
		s.play(c.steps, "")
		t.Logf("== %s: loss %v", c.name, s.Loss())
		for k, n := range s.seen {
			a := s.first[k]
			t.Logf("   %s ×%d: %s  [%s] {%s} back %d", k, n, a.Text, a.Does, a.Evidence, a.Back)
		}
	}
}
