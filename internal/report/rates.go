// Package report writes what a search for a learning rate or a sweep has found, for the screen and the command line alike.
package report

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"opttui/internal/knob"
	"opttui/internal/lrfinder"
	"opttui/internal/plot"
)

// Number writes a number for people, – where it is not finite.
func Number(v float64) string {
	if v-v != 0 {
		return "–"
	}
	return knob.Sig3(v)
}

// RatesCSV writes a row for every trial of a search, by ascending rate.
func RatesCSV(w io.Writer, r *lrfinder.Result) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"lr", "loss", "lo", "hi", "final", "status"}) // Flush tells of errors
	for _, t := range r.Trials {
		_ = out.Write(append(floats(t.LR, t.Loss, t.Lo, t.Hi, t.Final), string(t.Status)))
	}
	out.Flush()
	return out.Error()
}

// floats writes numbers in full precision.
func floats(values ...float64) []string {
	var row []string
	for _, v := range values {
		row = append(row, strconv.FormatFloat(v, 'g', -1, 64))
	}
	return row
}

// RatesPicture draws, as "svg" or "png", the loss against the logarithm of the rate, with the band over the seeds.
func RatesPicture(w io.Writer, format, title string, r *lrfinder.Result) error {
	color := plot.RunColor(0)
	line := plot.Series{Name: fmt.Sprintf("loss after %d iterations", r.Iterations), Color: color}
	band := plot.Series{Color: color, Faint: true}
	lowest, positive := math.Inf(1), true
	for _, t := range r.Trials {
		lowest, positive = math.Min(lowest, t.Lo), positive && t.Lo > 0
	}
	top := r.StartLoss + 2*(r.StartLoss-lowest) // higher, only the edge shows
	for _, t := range r.Trials {
		if p := (plot.Point{X: math.Log10(t.LR), Lo: t.Lo, Hi: math.Min(t.Hi, top), Mid: math.Min(t.Loss, top)}); t.Loss-t.Loss == 0 {
			line.Points = append(line.Points, p)
			band.Points = append(band.Points, p)
		}
	}
	chart := plot.Chart{Log: positive, XLabel: "log10 ε", YLabel: "loss", Series: []plot.Series{line}}
	if r.Seeds > 1 {
		chart.Series = append(chart.Series, band)
	}
	chart.Marks = rateMarks(r)
	if n := len(line.Points); n > 0 { // with room for the edge and the text beside it
		right := line.Points[n-1].X
		for _, m := range chart.Marks {
			right = math.Max(right, m.X)
		}
		left := line.Points[0].X
		chart.XRange = [2]float64{left, right + 0.15*(right-left) + 0.1}
	}
	return plot.ExportCurves(w, format, title, &chart)
}

// rateMarks are the rates that were found, from left to right.
func rateMarks(r *lrfinder.Result) []plot.Mark {
	var marks []plot.Mark
	for i, m := range []struct {
		name string
		lr   float64
	}{{"ε*", r.Best}, {"ε₀", r.Suggested}, {"ε_edge", r.Edge}, {"limit", r.Limit.LR}, {"use", r.Chosen}} {
		known := m.lr == m.lr && (i == 0 || m.lr != r.Best) && (m.name != "use" || m.lr != r.Suggested)
		if known {
			marks = append(marks, plot.Mark{X: math.Log10(m.lr), Text: m.name + " " + Number(m.lr), Color: plot.RunColor(i + 1)})
		}
	}
	slices.SortFunc(marks, func(a, b plot.Mark) int { return cmp.Compare(a.X, b.X) })
	return marks
}
