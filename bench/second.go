package main

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/optimize"

	"opttui/internal/optim"
	"opttui/internal/problems"
)

// reached is the value at which Rosenbrock's function counts as solved.
const reached = 1e-10

// solving is the way from Rosenbrock's start to its minimum.
func solving(rule string, n int) work {
	titles := map[string]string{"bfgs": "BFGS", "lbfgs": "L-BFGS"}
	scipy := map[string]string{"bfgs": "BFGS", "lbfgs": "L-BFGS-B"}
	return work{
		heading: "Quasi-Newton rules, rosenbrock to 10⁻¹⁰", name: fmt.Sprintf("%s, n = %d", titles[rule], n), unit: "solution",
		mine: solution(func() (float64, error) { return solve(rule, n, math.MaxInt) }),
		rivals: []rival{
			{name: "SciPy", goal: goal("%s %d SciPy", rule, n), ask: "solve",
				args: map[string]any{"method": scipy[rule], "n": n, "target": reached, "iterations": math.MaxInt32}},
			{name: "gonum", goal: goal("%s %d gonum", rule, n), mine: new(solution(func() (float64, error) {
				return gonumSolve(rule, n, 0)
			}))},
		},
		most: reached,
	}
}

// bfgsIterations are the first iterations of BFGS, whose n×n matrix they are about.
func bfgsIterations(n int) work {
	const count = 60
	return work{
		heading: "Quasi-Newton rules, rosenbrock to 10⁻¹⁰", name: fmt.Sprintf("BFGS, n = %d, %d iterations", n, count), unit: "time",
		mine: solution(func() (float64, error) { return solve("bfgs", n, count) }),
		rivals: []rival{
			{name: "SciPy", ask: "solve", args: map[string]any{"method": "BFGS", "n": n, "target": reached, "iterations": count}},
			{name: "gonum", goal: goal("bfgs %d gonum", n), mine: new(solution(func() (float64, error) { return gonumSolve("bfgs", n, count) }))},
		},
		most: math.Inf(1),
	}
}

func solution(once func() (float64, error)) mine {
	return mine{
		begin: func() (func(int) error, error) {
			return func(count int) error {
				for range count {
					if _, err := once(); err != nil {
						return err
					}
				}
				return nil
			}, nil
		},
		check: once,
	}
}

// rosenbrock is the chained function of n variables.
func rosenbrock(n int) (problems.Problem, error) {
	spec, err := problems.Find("rosenbrock")
	if err != nil {
		return nil, err
	}
	p := spec.New()
	for _, k := range p.Knobs() {
		if k.Key == "dim" {
			return p, k.Set(float64(n))
		}
	}
	return nil, fmt.Errorf("rosenbrock has no dimension")
}

// objective is a problem for a rule that needs no more than gradients.
type objective struct{ problems.Problem }

func (objective) Has(optim.Capability) bool       { return false }
func (objective) Hessian(x, h []float64)          {}
func (objective) HessVec(x, v, hv []float64)      {}
func (objective) Residuals() int                  { return 0 }
func (objective) Residual(x, r []float64) float64 { return 0 }
func (objective) Jacobian(x, j []float64)         {}

// solve takes the program's rule to the minimum, or so many steps.
func solve(rule string, n, steps int) (float64, error) {
	p, err := rosenbrock(n)
	if err != nil {
		return 0, err
	}
	spec, _ := optim.Lookup(rule)
	o := spec.New(optim.Lecture)
	o.Init(optim.Layout{Dim: n})
	point := &optim.Point{X: p.Start(0), G: make([]float64, n), LR: 1}
	point.F = p.Gradient(point.X, point.G)
	for k := 0; k < steps && point.F > reached; k++ {
		point.Fresh = false
		if err := o.Step(objective{p}, point); err != nil {
			return point.F, err
		}
	}
	return point.F, nil
}

// there ends gonum's search where the value is reached.
type there struct{}

func (there) Init(int) {}
func (there) Converged(l *optimize.Location) optimize.Status {
	if l.F <= reached {
		return optimize.FunctionThreshold
	}
	return optimize.NotTerminated
}

// gonumSolve is solve with gonum's rule; no steps are no limit.
func gonumSolve(rule string, n, steps int) (float64, error) {
	p, err := rosenbrock(n)
	if err != nil {
		return 0, err
	}
	methods := map[string]optimize.Method{"bfgs": &optimize.BFGS{}, "lbfgs": &optimize.LBFGS{Store: 10}}
	r, err := optimize.Minimize(
		optimize.Problem{Func: p.Value, Grad: func(g, x []float64) { p.Gradient(x, g) }},
		p.Start(0),
		&optimize.Settings{GradientThreshold: 1e-300, Converger: there{}, MajorIterations: steps},
		methods[rule])
	if err != nil {
		return 0, err
	}
	return r.F, nil
}
