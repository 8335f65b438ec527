package ui

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"opttui/internal/knob"
	"opttui/internal/lrfinder"
	"opttui/internal/report"
	"opttui/internal/train"
)

// sweepBox is a heat map of the loss after trials over the learning rate and another setting, which fills while they run.
type sweepBox struct {
	search
	axes   [2]lrfinder.Axis  // the other setting, and the learning rate
	trials []*lrfinder.Trial // of each cell, the rate running fastest; nil where there is none yet
	best   int               // −1 before the end
	grid   *lrfinder.Grid    // as it began; nil before that

	at    int // the cell under the cursor
	moved bool
}

// sweepRates is how many learning rates a sweep has: three a decade, two decades to either side of the present one.
const sweepRates = 13

// pickSweep asks for the setting to try beside the learning rate.
func (m *Model) pickSweep() {
	s := m.lane().snap
	lr, ok := s.Setting("optimizer.lr")
	if !ok || !(lr.Value > 0) {
		m.refuse("%s has no learning rate to sweep over", s.Optimizer.Name)
		return
	}
	all := []choice{{name: "optimizer", title: "rules beside one another"}}
	for _, set := range s.Settings {
		if set.Key() != "optimizer.lr" && set.Part != "schedule" && set.Knob.Key != "switch_warmup" && len(sweepValues(set)) > 1 {
			all = append(all, choice{name: set.Knob.Key, title: set.Knob.Doc, detail: []string{strings.Join(sweepValues(set), "  ")}})
		}
	}
	m.open("sweep over the learning rate and …", all, "", func(c choice) { m.sweep(c.name) })
}

// sweepValues are the values of a setting that a sweep tries.
func sweepValues(set train.Setting) []string {
	k := set.Knob
	var values []float64
	switch {
	case k.Restart:
	case k.Stops != nil:
		values = k.Stops
	case k.Scale == knob.Choice:
		return k.Choices
	case k.Scale == knob.LogOneMinus:
		values = []float64{0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999}
	case k.Scale == knob.Log && k.Min == 0 && k.Default == 0:
		values = []float64{0, 1e-4, 1e-3, 1e-2, 0.1, 1}
	case k.Scale == knob.Log:
		for _, f := range []float64{0.01, 0.1, 1, 10, 100} {
			values = append(values, f*set.Value)
		}
	default:
		for n := -2; n <= 2; n++ {
			values = append(values, k.Turned(set.Value, n))
		}
	}
	var out []string
	for _, v := range values {
		if k.Check(v) == nil && !slices.Contains(out, k.Text(v)) {
			out = append(out, k.Text(v))
		}
	}
	return out
}

// sweptRules are the rules that are tried beside one another, and the run's own.
var sweptRules = []string{"sgd", "momentum", "nesterov", "rmsprop", "adam", "lion"}

func (m *Model) sweep(key string) {
	l := m.lane()
	s := l.snap
	lr, _ := s.Setting("optimizer.lr")
	other := lrfinder.Axis{Key: key, Values: sweptRules}
	if key != "optimizer" {
		i := slices.IndexFunc(s.Settings, func(t train.Setting) bool { return t.Knob.Key == key && t.Key() != "optimizer.lr" })
		other.Values = sweepValues(s.Settings[i])
		if key != "batch" && key != "noise" {
			other.Key = s.Settings[i].Key()
		}
	} else if !slices.Contains(sweptRules, s.Optimizer.Name) {
		other.Values = append(slices.Clone(sweptRules), s.Optimizer.Name)
	}
	rates := lrfinder.Axis{Key: "optimizer.lr"}
	for i := range sweepRates {
		rates.Values = append(rates.Values, fmt.Sprintf("%.3g", lr.Value*math.Pow(10, float64(i-sweepRates/2)/3)))
	}
	ctx, stop := context.WithCancel(m.ctx)
	b := &sweepBox{search: search{lane: l, stop: stop, guest: m.guest}, axes: [2]lrfinder.Axis{other, rates}, best: -1}
	b.trials = make([]*lrfinder.Trial, len(other.Values)*sweepRates)
	m.sweeping = b
	spec := s.Spec.Clone()
	m.beside(func() { b.run(ctx, spec) })
}

func (b *sweepBox) run(ctx context.Context, spec train.Spec) {
	var s *lrfinder.Sweep
	take := func() {
		for i, c := range s.Cells {
			if c.Trial != nil && b.trials[i] == nil {
				seen := *c.Trial // its status may change until the end
				b.trials[i] = &seen
			}
		}
	}
	s, err := lrfinder.NewSweep(spec, b.axes[:], lrfinder.Options{Workers: b.guest.workers(), Share: b.guest.share(), Progress: func(p lrfinder.Progress) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.progress, b.news = p, true
		take()
	}})
	if err == nil {
		began := s.Grid
		began.Cells = slices.Clone(s.Cells)
		b.mu.Lock()
		b.grid = &began
		b.mu.Unlock()
		err = s.Run(ctx)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.news = true
	if b.err = err; err == nil {
		clear(b.trials)
		take()
		b.best = s.Best
	}
}

// cursor is the cell that is looked at: the best so far until it is moved.
func (b *sweepBox) cursor() int {
	if b.moved {
		return b.at
	}
	best := 0
	for i, t := range b.trials {
		if t != nil && t.Status != lrfinder.Diverged && (b.trials[best] == nil || t.Loss < b.trials[best].Loss) {
			best = i
		}
	}
	return best
}

func (b *sweepBox) key(m *Model, msg tea.KeyPressMsg) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at, n := b.cursor(), len(b.trials)
	switch msg.String() {
	case "esc", "w":
		b.stop()
		m.sweeping = nil
		return
	case "enter":
		b.apply(m, at)
		return
	case "E":
		b.export(m)
		return
	case "left":
		at--
	case "right":
		at++
	case "up":
		at += sweepRates
	case "down":
		at -= sweepRates
	default:
		m.refuse("arrows look at a cell, enter takes its settings, E writes files, esc leaves")
		return
	}
	if at >= 0 && at < n {
		b.at, b.moved = at, true
	}
}

// export writes the cells that are there as a table and as a picture.
func (b *sweepBox) export(m *Model) {
	if b.grid == nil {
		m.refuse("there is nothing to write yet")
		return
	}
	s := *b.grid
	s.Best, s.Cells = b.best, slices.Clone(s.Cells)
	for i, t := range b.trials {
		s.Cells[i].Trial = t
	}
	problem := b.lane.snap.Spec.Problem
	m.save("sweep-"+problem,
		artefact{"csv", func(w io.Writer) error { return report.SweepCSV(w, &s) }},
		artefact{"svg", func(w io.Writer) error { return report.SweepPicture(w, "svg", problem, &s) }})
}

// values are what a cell has for the two settings.
func (b *sweepBox) values(i int) (other, rate string) {
	return b.axes[0].Values[i/sweepRates], b.axes[1].Values[i%sweepRates]
}

// apply gives the run the settings of a cell.
func (b *sweepBox) apply(m *Model, i int) {
	b.stop()
	m.sweeping = nil
	s := b.lane.snap
	lr, ok := s.Setting("optimizer.lr")
	if !ok || !slices.Contains(m.lanes, b.lane) {
		m.refuse("the run is not there any more, or has no learning rate now")
		return
	}
	other, rate := b.values(i)
	back := []train.Command{{Op: train.OpSet, Key: "optimizer.lr", Value: number(lr.Value)}}
	var todo []train.Command
	switch key := b.axes[0].Key; key {
	case "optimizer":
		back = []train.Command{{Op: train.OpOptimizer, Value: s.Optimizer.Name, Set: map[string]string{"lr": number(lr.Value)}}}
		todo = append(todo, train.Command{Op: train.OpOptimizer, Value: other})
	default:
		if key == "batch" || key == "noise" {
			key = "run." + key
		}
		if old, ok := s.Setting(key); ok {
			back = append(back, train.Command{Op: train.OpSet, Key: key, Value: old.Knob.Text(old.Value)})
		}
		todo = append(todo, train.Command{Op: train.OpSet, Key: key, Value: other})
	}
	todo = append(todo, train.Command{Op: train.OpSet, Key: "optimizer.lr", Value: rate})
	m.undo = &undo{b.lane, back}
	m.give(b.lane, todo)
}
