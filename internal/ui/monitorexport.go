package ui

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"opttui/internal/export"
	"opttui/internal/monitor"
	"opttui/internal/optim"
	"opttui/internal/protocol"
)

// monitorExports are the kinds of files that E writes of an outside run.
var monitorExports = []struct {
	name, title string
	files       func(v *monitor.View) ([]artefact, error)
}{
	{"numbers", "everything that the selected run has logged, as a table: a row for each number and step, or stretch of steps", numbersFile},
	{"changes", "what was tuned and at which step the program took it, as lines of JSON", changesFile},
	{"schedule", "the learning rate as it was tuned: points as JSON, and Python code for PyTorch and Optax", monitorSchedule},
}

// pickExport asks what to write.
func (m *Monitor) pickExport() {
	w := m.selected()
	if w == nil {
		m.refuse("there is no run yet")
		return
	}
	var all []choice
	for _, e := range monitorExports {
		if e.name != "numbers" && m.o.Control == nil {
			continue // nothing was tuned here
		}
		all = append(all, choice{name: e.name, title: e.title})
	}
	m.open("write to the folder where opttui was started", all, "", func(c choice) {
		for _, e := range monitorExports {
			if e.name != c.name {
				continue
			}
			files, err := e.files(w.view)
			var written []string
			if err == nil {
				name := fmt.Sprintf("opttui-%s-%s-%s", e.name, fileName(filepath.Base(w.view.Name)), time.Now().Format("20060102-150405"))
				written, err = writeAll(name, files)
			}
			if err != nil {
				m.refuse("not written: %v", err)
				return
			}
			m.say("written: %s", strings.Join(written, ", "))
		}
	})
}

func numbersFile(v *monitor.View) ([]artefact, error) {
	return []artefact{{"csv", func(w io.Writer) error {
		out := csv.NewWriter(w)
		_ = out.Write([]string{"name", "step", "values", "mean", "min", "max", "seconds"})
		for _, s := range v.Series {
			before := -1
			for i := range s.History.Len() {
				b, last := s.History.At(i)
				row := []string{s.Name, number(b.Gradients), fmt.Sprint(last - before), "", "", "", number(b.Seconds)}
				if before = last; b.Min <= b.Max {
					row[3], row[4], row[5] = number(b.Mean), number(b.Min), number(b.Max)
				}
				_ = out.Write(row)
			}
		}
		out.Flush()
		return out.Error()
	}}}, nil
}

func changesFile(v *monitor.View) ([]artefact, error) {
	return []artefact{{"jsonl", func(w io.Writer) error {
		out := json.NewEncoder(w)
		for _, c := range v.Changes {
			err := out.Encode(struct {
				Step  protocol.Number `json:"step"`
				Name  string          `json:"name"`
				Value protocol.Number `json:"value"`
				Time  time.Time       `json:"time"`
			}{protocol.Number(c.Step), c.Name, protocol.Number(c.V), c.At})
			if err != nil {
				return err
			}
		}
		return nil
	}}}, nil
}

// monitorSchedule is the rate that the program began with, and those that it was given.
func monitorSchedule(v *monitor.View) ([]artefact, error) {
	t, ok := v.Rate()
	if !ok {
		return nil, fmt.Errorf("the program offers no learning rate to tune")
	}
	points := []optim.RatePoint{{Step: 0, Rate: t.Knob.Default}}
	for _, c := range v.Changes {
		if c.Name != t.Knob.Key || c.Step-c.Step != 0 {
			continue
		}
		p := optim.RatePoint{Step: int(c.Step), Rate: c.V}
		if last := &points[len(points)-1]; last.Step >= p.Step {
			last.Rate = p.Rate
			continue
		}
		points = append(points, p)
	}
	return []artefact{
		{"json", func(w io.Writer) error { return export.Rates(w, points) }},
		{"py", func(w io.Writer) error { return export.Python(w, v.Name, points, true) }},
	}, nil
}
