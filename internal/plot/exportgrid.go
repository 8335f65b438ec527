package plot

import (
	"fmt"
	"image/color"
	"io"
	"slices"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// HeatCell is one cell of an exported heat map.
type HeatCell struct {
	Value float64 // not finite: it has no colour
	Text  string
	Best  bool // it gets a frame
}

// HeatMap is what ExportHeatMap draws: a table of numbers in colour, with the names of its columns and rows. Row 0 is
// the lowest.
type HeatMap struct {
	Title, XLabel, YLabel string
	Columns, Rows         []string
	Cells                 [][]HeatCell // by row and column
}

// mostHeatTexts is up to how many columns the texts are legible.
const mostHeatTexts = 16

// ExportHeatMap writes a heat map as a picture for slides, as "svg" or "png". Colours are given by rank, since losses
// often lie many powers of ten apart: the darkest is the lowest.
func ExportHeatMap(w io.Writer, format string, h HeatMap) error {
	if len(h.Columns) == 0 || len(h.Rows) == 0 {
		return fmt.Errorf("plot: nothing to export: the heat map is empty")
	}
	p := newPlot(h.Title, h.XLabel, h.YLabel)
	var sorted []float64
	for _, row := range h.Cells {
		for _, c := range row {
			if finite(c.Value) {
				sorted = append(sorted, c.Value)
			}
		}
	}
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	for y, row := range h.Cells {
		for x, c := range row {
			if err := h.add(p, x, y, c, sorted); err != nil {
				return err
			}
		}
	}
	for y, row := range h.Cells { // frames over all neighbours
		for x, c := range row {
			if c.Best {
				frame, err := square(x, y)
				if err != nil {
					return err
				}
				frame.LineStyle = draw.LineStyle{Color: RGB(220, 40, 40), Width: vg.Points(2.5)}
				p.Add(frame)
			}
		}
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -0.5, float64(len(h.Columns))-0.5, -0.5, float64(len(h.Rows))-0.5
	p.X.Tick.Marker, p.Y.Tick.Marker = named(h.Columns), named(h.Rows)
	return write(w, p, format)
}

// add draws one cell with its text.
func (h HeatMap) add(p *gonum.Plot, x, y int, c HeatCell, sorted []float64) error {
	box, err := square(x, y)
	if err != nil {
		return err
	}
	ink := color.Color(RGB(60, 60, 60))
	box.Color = RGB(226, 226, 230)
	if finite(c.Value) {
		i, _ := slices.BinarySearch(sorted, c.Value)
		t := float64(i) / float64(max(len(sorted)-1, 1))
		box.Color = Viridis(t)
		if ink = RGB(255, 255, 255); t > 0.6 {
			ink = RGB(0, 0, 0)
		}
	}
	box.LineStyle = draw.LineStyle{Color: color.White, Width: vg.Points(0.5)}
	p.Add(box)
	if c.Text == "" || len(h.Columns) > mostHeatTexts {
		return nil
	}
	labels, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: float64(x), Y: float64(y)}}, Labels: []string{c.Text}})
	if err != nil {
		return err
	}
	s := &labels.TextStyle[0]
	s.Color, s.Font.Size, s.Font.Variant, s.XAlign, s.YAlign = ink, 8, "Sans", draw.XCenter, draw.YCenter
	p.Add(labels)
	return nil
}

// square is the outline of a cell.
func square(x, y int) (*plotter.Polygon, error) {
	l, b := float64(x)-0.5, float64(y)-0.5
	return plotter.NewPolygon(plotter.XYs{{X: l, Y: b}, {X: l + 1, Y: b}, {X: l + 1, Y: b + 1}, {X: l, Y: b + 1}})
}

// named are the names of rows or columns as ticks; of very many, only some.
func named(names []string) gonum.ConstantTicks {
	every := (len(names) + 19) / 20
	var out gonum.ConstantTicks
	for i := 0; i < len(names); i += every {
		out = append(out, gonum.Tick{Value: float64(i), Label: names[i]})
	}
	return out
}
