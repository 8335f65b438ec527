package plot

import (
	"bytes"
	"math"
	"testing"
)

// TestExportHeatMap: a heat map of any numbers is a whole picture, and an empty one is refused.
func TestExportHeatMap(t *testing.T) {
	var cells [][]HeatCell
	for y := range 3 {
		var row []HeatCell
		for x, v := range []float64{1, -2, math.NaN(), math.Inf(1), 1e300, 0} {
			row = append(row, HeatCell{Value: v * float64(y), Text: "0.1", Best: x == y})
		}
		cells = append(cells, row)
	}
	var wide []HeatCell
	names := make([]string, 200)
	for range names {
		wide = append(wide, HeatCell{Value: 1, Text: "too many to read"})
	}
	for _, format := range []string{"svg", "png"} {
		for _, h := range []HeatMap{
			{Title: "loss <&>", XLabel: "lr", YLabel: "momentum", Columns: []string{"1", "2", "3", "4", "5", "6"}, Rows: []string{"a", "b", "c"}, Cells: cells},
			{Columns: names, Rows: []string{""}, Cells: [][]HeatCell{wide}},
			{Columns: []string{"1"}, Rows: []string{"1"}, Cells: [][]HeatCell{{{Value: math.NaN()}}}},
		} {
			var b bytes.Buffer
			if err := ExportHeatMap(&b, format, h); err != nil {
				t.Fatal(err)
			}
			checkPicture(t, format, b.Bytes())
		}
	}
	if err := ExportHeatMap(&bytes.Buffer{}, "svg", HeatMap{}); err == nil {
		t.Error("an empty heat map is exported")
	}
}
