package main

import (
	"fmt"
	"math"

	"opttui/internal/knob"
	"opttui/internal/optim"
	"opttui/internal/train"
)

// rates are learning rates at which the rules get on with the functions of two variables.
var rates = map[string]float64{"sgd": 1e-3, "momentum": 1e-4, "adam": 1e-2}

// checkedSteps is after how many steps values are compared.
const (
	checkedSteps   = 50
	checkedUpdates = 5
	arrivedSteps   = 1_000_000
)

// planeSteps are steps on a function of two variables with everything that the program does around them.
func planeSteps(problem, rule string) work {
	lr := rates[rule]
	start := []float64{1, 1.5}
	spec := train.Spec{
		Problem: problem, Optimizer: rule, Convention: "torch", Start: start,
		Set: map[string]string{"lr": fmt.Sprint(lr)},
	}
	return work{
		heading: "A step in two dimensions, with the loss recorded", name: problem + ", " + rule, unit: "step",
		mine: steps(spec),
		rivals: []rival{{
			name: "PyTorch", goal: goal("%s %s", problem, rule), ask: "plane_steps",
			args: map[string]any{"problem": problem, "rule": rule, "lr": lr, "start": start, "steps": checkedSteps},
		}},
		same: 1e-9,
	}
}

// steps are those of a run, checked by the loss after some of them.
func steps(spec train.Spec) mine {
	return mine{
		begin: func() (func(int) error, error) {
			run, err := train.New(spec)
			return func(count int) error { run.Advance(count); return run.Err() }, err
		},
		check: func() (float64, error) { return lossAfter(spec, checkedSteps) },
	}
}

// lossAfter is the loss after some steps of a new run.
func lossAfter(spec train.Spec, steps int) (float64, error) {
	run, err := train.New(spec)
	if err != nil {
		return 0, err
	}
	run.Advance(steps)
	return run.Loss(), run.Err()
}

// parameters are n of them with a gradient that stays, and a rule to move them.
func parameters(rule string, n int, lr float64) (optim.Optimizer, *optim.Point, error) {
	spec, ok := optim.Lookup(rule)
	if !ok {
		return nil, nil, fmt.Errorf("there is no rule %s", rule)
	}
	o := spec.New(optim.Torch)
	o.Init(optim.Layout{Dim: n})
	p := &optim.Point{X: make([]float64, n), G: make([]float64, n), LR: lr}
	for i := range p.X {
		p.X[i], p.G[i] = 1+float64(i%7), float64(i%13-6)/10
	}
	if k, ok := knob.Find(o.Knobs(), "lr"); ok {
		return o, p, k.Set(lr)
	}
	return o, p, nil
}

// repeated is a rule's step, so many times.
func repeated(o optim.Optimizer, p *optim.Point) func(count int) error {
	return func(count int) error {
		for range count {
			if err := o.Step(nil, p); err != nil {
				return err
			}
		}
		return nil
	}
}

// updates are those of n parameters, checked by what some of them make of the second.
func updates(rule string, n int, lr float64) mine {
	return mine{
		begin: func() (func(int) error, error) {
			o, p, err := parameters(rule, n, lr)
			return repeated(o, p), err
		},
		check: func() (float64, error) {
			o, p, err := parameters(rule, n, lr)
			if err == nil {
				err = repeated(o, p)(checkedUpdates)
			}
			return p.X[1], err
		},
	}
}

// update is a rule's update alone, as in the step of a large network.
func update(rule string, n int) work {
	const lr = 1e-3
	return work{
		heading: "The update of n parameters alone, float64", name: fmt.Sprintf("%s, n = %s", rule, power(n)), unit: "update", wide: true,
		mine: updates(rule, n, lr),
		rivals: []rival{{
			name: "PyTorch", goal: goal("update %d", n), ask: "update",
			args: map[string]any{"rule": rule, "n": n, "lr": lr, "steps": checkedUpdates},
		}},
		same: 1e-9,
	}
}

// copying compares an update with a plain copy of as many parameters, by the bytes that both have to move: seven numbers a
// parameter (θ, s and r read and written, g read) and two.
func copying(n int) work {
	const updated, copied = 7, 2
	return work{
		heading: "The update of n parameters alone, float64", name: fmt.Sprintf("adam, n = %s, bytes a second", power(n)), unit: "update", wide: true,
		mine: updates("adam", n, 1e-3),
		rivals: []rival{{
			name: "a copy of memory", goal: 0.95, scale: float64(updated) / copied,
			mine: &mine{
				begin: func() (func(int) error, error) {
					from, to := make([]float64, n), make([]float64, n)
					for i := range from {
						from[i] = float64(i)
					}
					return func(count int) error {
						for range count {
							copy(to, from)
						}
						return nil
					}, nil
				},
				check: func() (float64, error) { return 0, nil },
			},
		}},
		most: math.Inf(1),
	}
}

// converged compares a run of Adam that has long arrived with one that is on its way for ever.
func converged() work {
	at := func(lr string) mine {
		return steps(train.Spec{Problem: "beale", Optimizer: "adam", Convention: "torch", Set: map[string]string{"lr": lr}})
	}
	arrived, onItsWay := at("0.01"), at("1e-9")
	begin := arrived.begin
	arrived.begin = func() (func(int) error, error) {
		run, err := begin()
		if err == nil {
			err = run(arrivedSteps)
		}
		return run, err
	}
	return work{
		heading: "After convergence", name: fmt.Sprintf("a step of Adam on beale after %d", arrivedSteps), unit: "step",
		mine:   arrived,
		rivals: []rival{{name: "on its way", goal: 0.95, mine: &onItsWay}},
		most:   math.Inf(1),
	}
}

// dead compares the update of parameters whose gradients have died away with that of others.
func dead(n int) work {
	const lr = 1e-3
	alive := updates("adam", n, lr)
	gone := alive
	gone.begin = func() (func(int) error, error) {
		o, p, err := parameters("adam", n, lr)
		if err != nil {
			return nil, err
		}
		run := repeated(o, p)
		if err := run(checkedUpdates); err != nil {
			return nil, err
		}
		clear(p.G)
		return run, run(arrivedSteps)
	}
	return work{
		heading: "After convergence", name: fmt.Sprintf("adam, n = %s, without gradients for %d updates", power(n), arrivedSteps), unit: "update",
		mine:   gone,
		rivals: []rival{{name: "with gradients", goal: 0.95, mine: &alive}},
		most:   math.Inf(1),
	}
}

func power(n int) string {
	const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹"
	return "10" + string([]rune(digits)[int(math.Round(math.Log10(float64(n))))])
}
