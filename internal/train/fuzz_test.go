package train

import (
	"errors"
	"opttui/internal/usage"
	"testing"
)

// FuzzSpec: whatever a person writes is either run or refused in words, never a panic.
func FuzzSpec(f *testing.F) {
	f.Add("beale", "adam", "cosine", "torch", "beta1", "0.5", 1, 0.1)
	f.Add("iris", "sam", "plateau", "", "base", "adam", 64, 0.0)
	f.Add("quadratic", "momentum", "constant", "lecture", "problem.condition", "1e99", -1, 1e300)
	f.Add("rosenbrock", "lbfgs", "step", "x", "schedule.warmup", "NaN", 0, -1.0)
	f.Fuzz(func(t *testing.T, problem, optimizer, schedule, convention, key, value string, batch int, noise float64) {
		r, err := New(Spec{
			Problem: problem, Optimizer: optimizer, Schedule: schedule, Convention: convention,
			Batch: batch, Noise: noise, Set: map[string]string{key: value},
		})
		var bad *usage.Error
		if err != nil {
			if !errors.As(err, &bad) {
				t.Fatalf("%v is not written for people", err)
			}
			return
		}
		r.Advance(3)
		for _, op := range []Op{OpSet, OpTurn, OpScale, OpOptimizer, OpSchedule, OpConvention, Op(key)} {
			err := r.Apply(Command{Op: op, Key: key, Value: value, Notches: batch % 100, Factor: noise, Set: map[string]string{key: value}})
			if err != nil && !errors.As(err, &bad) {
				t.Fatalf("%v is not written for people", err)
			}
			r.Advance(2)
		}
		r.Snapshot()
	})
}
