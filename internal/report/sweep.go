package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"opttui/internal/knob"
	"opttui/internal/lrfinder"
	"opttui/internal/plot"
)

// SweepCSV writes a row for every cell that was reached.
func SweepCSV(w io.Writer, s *lrfinder.Grid) error {
	out := csv.NewWriter(w)
	var head []string
	for _, a := range s.Axes {
		head = append(head, a.Key)
	}
	_ = out.Write(append(head, "loss", "lo", "hi", "final", "status")) // Flush tells of errors
	for i, c := range s.Cells {
		if c.Trial == nil || s.Repeats(i) {
			continue
		}
		row := append([]string(nil), c.At...)
		row = append(row, floats(c.Loss, c.Lo, c.Hi, c.Final)...)
		_ = out.Write(append(row, string(c.Status)))
	}
	out.Flush()
	return out.Error()
}

// SweepPicture draws, as "svg" or "png", two axes as a heat map, and one axis as a row of it.
func SweepPicture(w io.Writer, format, problem string, s *lrfinder.Grid) error {
	across := s.Axes[len(s.Axes)-1]
	h := plot.HeatMap{
		Title:  fmt.Sprintf("%s: loss after %d steps (colours by rank, the best framed)", problem, s.Iterations),
		XLabel: across.Key, Rows: []string{""},
	}
	if len(s.Axes) == 2 {
		h.YLabel, h.Rows = s.Axes[0].Key, nil
		for _, v := range s.Axes[0].Values {
			h.Rows = append(h.Rows, AxisText(v))
		}
	}
	for _, v := range across.Values {
		h.Columns = append(h.Columns, AxisText(v))
	}
	for y := range h.Rows {
		row := make([]plot.HeatCell, len(h.Columns))
		for x := range row {
			i := y*len(h.Columns) + x
			row[x] = plot.HeatCell{Value: math.NaN(), Text: strings.TrimSuffix(CellText(s, i), "*"), Best: i == s.Best}
			if c := s.Cells[i]; c.Trial != nil && c.Status != lrfinder.Diverged {
				row[x].Value = c.Loss
			}
		}
		h.Cells = append(h.Cells, row)
	}
	return plot.ExportHeatMap(w, format, h)
}

// CellText is a cell's loss with the marks of the best and of the unstable ones.
func CellText(s *lrfinder.Grid, i int) string {
	c := s.Cells[i]
	switch {
	case c.Trial == nil:
		return "·"
	case c.Status == lrfinder.Diverged:
		return "div"
	}
	text := Number(c.Loss)
	if c.Status == lrfinder.Unstable {
		text += "~"
	}
	if i == s.Best {
		text += "*"
	}
	return text
}

// AxisText writes a value of an axis as briefly as it can be told.
func AxisText(v string) string {
	if f, err := strconv.ParseFloat(v, 64); err == nil && len(v) > 6 {
		return knob.Sig3(f)
	}
	return v
}
