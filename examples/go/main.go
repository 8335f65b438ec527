// A Go program that opttui shows and tunes: stochastic gradient descent with momentum on a noisy line.
//
//	go build -o /tmp/line ./examples/go && opttui attach -- /tmp/line
//
// About a minute. Turn lr and momentum while it trains.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	opttui "opttui/clients/go"
)

func main() {
	steps := flag.Int("steps", 6000, "how many")
	rest := flag.Duration("rest", 10*time.Millisecond, "after each step")
	flag.Parse()

	run := opttui.Connect("line")
	defer run.Close()
	lr := run.Tune("lr", 0.001, opttui.Options{Max: 1, Scale: "log"})
	momentum := run.Tune("momentum", 0.5, opttui.Options{Max: 0.999, Scale: "log1m"})

	var theta, velocity [2]float64
	run.OnCheckpoint(func() (string, error) {
		text, err := json.Marshal(theta)
		if err != nil {
			return "", err
		}
		return "line.json", os.WriteFile("line.json", text, 0o644)
	})

	random := rand.New(rand.NewPCG(1, 2))
	for step := 0; step < *steps && !run.Stopping(); step++ {
		x := random.NormFloat64()
		y := 3*x - 1 + 0.1*random.NormFloat64()
		residual := theta[0]*x + theta[1] - y
		gradient := [2]float64{residual * x, residual}
		for i := range theta {
			velocity[i] = momentum.Value()*velocity[i] - lr.Value()*gradient[i]
			theta[i] += velocity[i]
		}
		run.Log(step, opttui.Metrics{"loss": residual * residual / 2, "slope": theta[0], "intercept": theta[1]})
		time.Sleep(*rest)
	}
	fmt.Printf("y = %.3f x %+.3f\n", theta[0], theta[1])
}
