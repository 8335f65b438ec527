package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"opttui/internal/dataset"
	"opttui/internal/optim"
	"opttui/internal/train"
)

// sizes are those of a network with one hidden layer, and of the batch that each step sees.
type sizes struct{ in, hidden, out, batch int }

func (s sizes) String() string {
	return fmt.Sprintf("%d-%d-%d, batch %d", s.in, s.hidden, s.out, s.batch)
}

// networkSteps are whole steps on a network of rectified units.
func networkSteps(p plan, s sizes, rule, precision string) work {
	const lr = 1e-3
	spec := networkSpec(p, s, rule, lr)
	spec.Set["precision"] = precision
	args := networkArgs(p, s)
	args["dtype"] = precision
	same := 1e-9
	if precision == "float32" {
		same = 1e-4
	}
	args["rule"], args["lr"], args["steps"] = rule, lr, checkedSteps
	return work{
		heading: "A step of a network", name: s.String() + ", " + rule + ", " + precision, unit: "step", wide: true,
		mine:   onFiles(p, s, steps(spec)),
		rivals: []rival{{name: "PyTorch", goal: goal("%s %d %s", rule, s.in, precision), ask: "network_steps", args: args}},
		same:   same,
	}
}

// rangeTests are learning-rate range tests of a network, each of 100 steps.
func rangeTests(p plan, s sizes) work {
	const low, high, count = 1e-6, 1.0, 100
	spec := networkSpec(p, s, "sgd", low)
	once := func(t *train.Trial) (float64, error) {
		t = t.Clone()
		for k := range count {
			t.StepAt(low * math.Pow(high/low, float64(k)/(count-1)))
		}
		return t.Loss(), t.Err()
	}
	args := networkArgs(p, s)
	args["low"], args["high"], args["steps"] = low, high, count
	return work{
		heading: "A learning-rate range test", name: s.String() + ", 100 steps, float64", unit: "test", wide: true,
		mine: onFiles(p, s, mine{
			begin: func() (func(int) error, error) {
				run, err := train.New(spec)
				if err != nil {
					return nil, err
				}
				t := run.Trial()
				return func(tests int) error {
					for range tests {
						if _, err := once(t); err != nil {
							return err
						}
					}
					return nil
				}, nil
			},
			check: func() (float64, error) {
				run, err := train.New(spec)
				if err != nil {
					return 0, err
				}
				return once(run.Trial())
			},
		}),
		rivals: []rival{{name: "PyTorch", ask: "range_test", args: args}},
		same:   1e-8,
	}
}

func networkSpec(p plan, s sizes, rule string, lr float64) train.Spec {
	return train.Spec{
		Problem: fmt.Sprintf("data/mlp:%d", s.hidden), Data: &dataset.File{Path: s.file(p, "csv"), As: dataset.AsClass},
		Optimizer: rule, Convention: optim.Torch.String(),
		Set: map[string]string{"activation": "relu", "lr": fmt.Sprint(lr)},
	}
}

// networkArgs are the network for the peers.
func networkArgs(p plan, s sizes) map[string]any {
	return map[string]any{
		"sizes": []int{s.in, s.hidden, s.out}, "dtype": "float64",
		"samples": s.file(p, "x"), "classes": s.file(p, "y"), "weights": s.file(p, "w"),
	}
}

func (s sizes) file(p plan, kind string) string {
	return filepath.Join(p.dir, fmt.Sprintf("%d.%s", s.in, kind))
}

// onFiles writes the network's files before the work begins.
func onFiles(p plan, s sizes, m mine) mine {
	begin := m.begin
	m.begin = func() (func(int) error, error) {
		if err := s.write(p); err != nil {
			return nil, err
		}
		return begin()
	}
	return m
}

// write makes a table whose training samples are one batch, and writes what the program makes of it for the peers: the
// standardised samples, their classes, and the weights that a run begins at.
func (s sizes) write(p plan) error {
	if err := os.WriteFile(s.file(p, "csv"), []byte(s.table()), 0o600); err != nil {
		return err
	}
	spec := networkSpec(p, s, "sgd", 1)
	d, err := dataset.Load(*spec.Data)
	if err != nil {
		return err
	}
	if d.Train.Len() != s.batch {
		return fmt.Errorf("%d samples to train on, not %d", d.Train.Len(), s.batch)
	}
	run, err := train.New(spec)
	if err != nil {
		return err
	}
	classes := make([]int64, s.batch)
	for i, y := range d.Train.Y {
		classes[i] = int64(y)
	}
	for kind, data := range map[string]any{"x": d.Train.X, "y": classes, "w": run.Trial().Theta()} {
		if err := writeRaw(s.file(p, kind), data); err != nil {
			return err
		}
	}
	return nil
}

// table is a CSV file of numbers that follow a rule, with classes of which a fifth can be held out evenly.
func (s sizes) table() string {
	var b strings.Builder
	for j := range s.in {
		fmt.Fprintf(&b, "x%d,", j)
	}
	b.WriteString("class\n")
	state := uint64(1)
	for class := range s.out {
		rows := 5 * s.batch / 64 // six classes of twice as many make 80 samples for 64
		if class < 6 {
			rows *= 2
		}
		for range rows {
			for range s.in {
				state = state*6364136223846793005 + 1442695040888963407 // Knuth's MMIX
				fmt.Fprintf(&b, "%g,", float64(state>>40)/(1<<24)+float64(class)/20)
			}
			fmt.Fprintf(&b, "c%d\n", class)
		}
	}
	return b.String()
}

func writeRaw(path string, data any) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return binary.Write(f, binary.LittleEndian, data)
}
