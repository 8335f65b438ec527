package main

import "fmt"

// works is everything that is compared.
func works(p plan) []work {
	var all []work
	for _, problem := range []string{"beale", "rosenbrock"} {
		for _, rule := range []string{"sgd", "momentum", "adam"} {
			all = append(all, planeSteps(problem, rule))
		}
	}
	for _, s := range []sizes{{64, 128, 10, 64}, {784, 256, 10, 128}} {
		for _, rule := range []string{"adam", "sgd"} {
			for _, precision := range []string{"float64", "float32"} {
				all = append(all, networkSteps(p, s, rule, precision))
			}
		}
	}
	all = append(all, rangeTests(p, sizes{64, 128, 10, 64}))
	for _, n := range []int{1e3, 1e5, 1e6, 1e7} {
		if n < 1e7 || !p.quick {
			all = append(all, update("adam", n))
		}
	}
	if !p.quick {
		all = append(all, copying(1e7))
	}
	all = append(all, converged(), dead(1e3))
	for _, n := range []int{2, 1000} {
		all = append(all, solving("lbfgs", n))
	}
	return append(all, solving("bfgs", 2), bfgsIterations(1000), contour())
}

// goals are how many times as fast as a peer each piece of work is to be.
var goals = map[string]float64{
	"rosenbrock sgd": 8000, "rosenbrock adam": 4000, "beale adam": 5000,
	"adam 64 float64": 4.5, "adam 64 float32": 7.5, "adam 784 float64": 1.3, "adam 784 float32": 1.8,
	"update 1000": 16, "update 100000": 4, "update 1000000": 4, "update 10000000": 6,
	"lbfgs 2 SciPy": 70, "lbfgs 1000 SciPy": 6, "lbfgs 2 gonum": 14, "lbfgs 1000 gonum": 2,
	"bfgs 1000 gonum": 5,
}

func goal(format string, a ...any) float64 { return goals[fmt.Sprintf(format, a...)] }
