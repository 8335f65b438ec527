// Package export writes what a run has recorded for other programs: tables, TensorBoard's event files, and learning
// rates as files and as Python code.
package export

import (
	"bufio"
	"io"
	"strconv"
	"time"

	"opttui/internal/optim"
	"opttui/internal/train"
)

// History is what is exported of a run. A row stands for one bucket of its losses, one step in short runs.
type History struct {
	View    train.HistoryView
	Rates   []optim.RatePoint // the learning rate, as train.Rates has it; nil where there is none
	Started time.Time         // for TensorBoard's relative time
}

// row is one bucket. Steps is how many it stands for.
type row struct {
	train.Bucket
	step, steps int
	finite      bool // of the steps, at least one had a finite loss
	lr          float64
	hasRate     bool
}

// rows calls f with each row in the order of the steps.
func (h History) rows(f func(row) error) error {
	before, point := -1, 0
	for i := range h.View.Len() {
		b, step := h.View.At(i)
		r := row{Bucket: b, step: step, steps: step - before, finite: b.Min <= b.Max}
		if len(h.Rates) > 0 {
			for point+1 < len(h.Rates) && h.Rates[point+1].Step <= step {
				point++
			}
			r.lr, r.hasRate = h.Rates[point].Rate, true
		}
		if err := f(r); err != nil {
			return err
		}
		before = step
	}
	return nil
}

// column is a column of the tables.
type column struct {
	name  string
	value func(row) (v float64, ok bool)
}

func always(f func(row) float64) func(row) (float64, bool) {
	return func(r row) (float64, bool) { return f(r), true }
}

// columns are those beside the steps. The loss is that of minibatches where the run has them.
var columns = []column{
	{"loss", func(r row) (float64, bool) { return r.Mean, r.finite }},
	{"loss_min", func(r row) (float64, bool) { return r.Min, r.finite }},
	{"loss_max", func(r row) (float64, bool) { return r.Max, r.finite }},
	{"lr", func(r row) (float64, bool) { return r.lr, r.hasRate }},
	{"gradients", always(func(r row) float64 { return r.Gradients })},
	{"cost", always(func(r row) float64 { return r.Cost })},
	{"epoch", always(func(r row) float64 { return r.Epoch })},
	{"seconds", always(func(r row) float64 { return r.Seconds })},
}

// CSV writes a table with a header: step (the last of those that the row stands for), steps (how many), loss (the mean),
// loss_min and loss_max over them, the learning rate lr of the step, and where the step is on each other axis: gradients,
// cost, epoch, seconds. A cell is empty where there is nothing, as for a loss that was not finite.
func CSV(w io.Writer, h History) error {
	out := bufio.NewWriter(w)
	out.WriteString("step,steps")
	for _, c := range columns {
		out.WriteString("," + c.name)
	}
	out.WriteString("\n")
	var buf []byte
	_ = h.rows(func(r row) error {
		buf = strconv.AppendInt(buf[:0], int64(r.step), 10)
		buf = strconv.AppendInt(append(buf, ','), int64(r.steps), 10)
		for _, c := range columns {
			buf = append(buf, ',')
			if v, ok := c.value(r); ok {
				buf = strconv.AppendFloat(buf, v, 'g', -1, 64)
			}
		}
		_, err := out.Write(append(buf, '\n'))
		return err
	})
	return out.Flush() // it has the error of any write before
}

// JSONL writes the rows of CSV as JSON objects, one a line; what would be an empty cell is null.
func JSONL(w io.Writer, h History) error {
	out := bufio.NewWriter(w)
	var buf []byte
	_ = h.rows(func(r row) error {
		buf = strconv.AppendInt(append(buf[:0], `{"step":`...), int64(r.step), 10)
		buf = strconv.AppendInt(append(buf, `,"steps":`...), int64(r.steps), 10)
		for _, c := range columns {
			buf = append(append(append(buf, `,"`...), c.name...), `":`...)
			if v, ok := c.value(r); ok {
				buf = strconv.AppendFloat(buf, v, 'g', -1, 64)
			} else {
				buf = append(buf, "null"...)
			}
		}
		_, err := out.Write(append(buf, "}\n"...))
		return err
	})
	return out.Flush()
}
