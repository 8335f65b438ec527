// Growth measures how the cost of a step grows with the number of parameters, and that of a sweep with its trials and the
// processors, and draws both.
//
//	go run ./bench/growth -dir docs
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"

	"opttui/internal/lrfinder"
	"opttui/internal/optim"
	"opttui/internal/plot"
	"opttui/internal/train"
)

func main() {
	dir := flag.String("dir", "docs", "`folder` that the pictures go to")
	flag.Parse()
	if err := measure(*dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func measure(dir string) error {
	steps, err := stepsByParameters()
	if err != nil {
		return err
	}
	if err := draw(filepath.Join(dir, "step-parameters.svg"), "An update of all parameters", "log10 of parameters", "ns", true, steps); err != nil {
		return err
	}
	sweeps, err := sweepsByTrials()
	if err != nil {
		return err
	}
	return draw(filepath.Join(dir, "sweep-trials.svg"), "A sweep on digits/mlp, trials of 100 steps", "trials", "ms", false, sweeps)
}

// best is the shortest of several times that f takes.
func best(rounds int, f func()) float64 {
	least := math.Inf(1)
	for range rounds {
		began := time.Now()
		f()
		least = min(least, time.Since(began).Seconds())
	}
	return least
}

// stepsByParameters times the update of n parameters by some rules, which is what a step costs beside the function's own
// evaluation.
func stepsByParameters() ([]plot.Series, error) {
	var all []plot.Series
	for i, name := range []string{"sgd", "momentum", "adam"} {
		spec, ok := optim.Lookup(name)
		if !ok {
			return nil, fmt.Errorf("there is no optimizer %s", name)
		}
		s := plot.Series{Name: name, Color: plot.RunColorLight(i), Marker: plot.RunMarker(i)}
		for exponent := 1.0; exponent <= 7; exponent += 0.5 {
			n := int(math.Round(math.Pow(10, exponent)))
			rule := spec.New(optim.Torch)
			rule.Init(optim.Layout{Dim: n})
			p := &optim.Point{X: slices.Repeat([]float64{1}, n), G: slices.Repeat([]float64{0.5}, n), LR: 1e-3}
			times := max(1, 1_000_000/n)
			took := best(5, func() {
				for range times {
					_ = rule.Step(still{}, p)
				}
			}) / float64(times) * 1e9
			fmt.Printf("%-9s n = %-9d %12.1f ns, %.3f ns a parameter\n", name, n, took, took/float64(n))
			s.Points = append(s.Points, plot.Value(exponent, took))
		}
		all = append(all, s)
	}
	return all, nil
}

// sweepsByTrials times sweeps of ever more cells, on one processor and on all.
func sweepsByTrials() ([]plot.Series, error) {
	var all []plot.Series
	for i, workers := range []int{1, runtime.NumCPU()} {
		s := plot.Series{Name: strconv.Itoa(workers) + " at a time", Color: plot.RunColorLight(i), Marker: plot.RunMarker(i)}
		for _, n := range []int{4, 8, 16, 32, 64, 128} {
			rates := lrfinder.Axis{Key: "lr"}
			for k := range n {
				rates.Values = append(rates.Values, fmt.Sprint(1e-4*float64(k+1)))
			}
			took := math.Inf(1)
			for range 3 {
				sweep, err := lrfinder.NewSweep(train.Spec{Problem: "digits/mlp", Optimizer: "adam", Batch: 64}, []lrfinder.Axis{rates},
					lrfinder.Options{Iterations: 100, Seeds: 1, Workers: workers})
				if err != nil {
					return nil, err
				}
				var failed error
				took = min(took, 1e3*best(1, func() { failed = sweep.Run(context.Background()) }))
				if failed != nil {
					return nil, failed
				}
			}
			fmt.Printf("%d trials, %d at a time: %.1f ms\n", n, workers, took)
			s.Points = append(s.Points, plot.Value(float64(n), took))
		}
		all = append(all, s)
	}
	return all, nil
}

// still is a function whose gradient is known already.
type still struct{ optim.Objective }

func draw(path, title, x, y string, logarithmic bool, series []plot.Series) error {
	c := plot.Chart{Series: series, Log: logarithmic, Legend: true, XLabel: x, YLabel: y}
	var b bytes.Buffer
	if err := plot.ExportCurves(&b, "svg", title, &c); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}
