package main

import (
	"opttui/internal/plot"
	"opttui/internal/problems"
)

// contour is Beale's function in the middles of the cells of a picture.
func contour() work {
	const (
		columns, rows = 400, 200
		low, high     = -4.5, 4.5
	)
	view := plot.View{X0: low, Y0: low, X1: high, Y1: high}
	spec, err := problems.Find("beale")
	values := func() (func(x, y float64) float64, error) {
		if err != nil {
			return nil, err
		}
		return problems.OfTwo(spec.New()), nil
	}
	args := func(written bool) map[string]any {
		return map[string]any{"columns": columns, "rows": rows, "low": low, "high": high, "written": written}
	}
	return work{
		heading: "A landscape", name: "beale in 400×200 cells, values alone", unit: "picture",
		mine: mine{
			begin: func() (func(int) error, error) {
				f, err := values()
				grid := make([]float64, columns*rows)
				return func(count int) error {
					for range count {
						plot.Sample(grid, f, view, columns, rows)
					}
					return nil
				}, err
			},
			check: func() (float64, error) {
				f, err := values()
				if err != nil {
					return 0, err
				}
				grid, sum := make([]float64, columns*rows), 0.0
				plot.Sample(grid, f, view, columns, rows)
				for _, v := range grid {
					sum += v
				}
				return sum, nil
			},
		},
		rivals: []rival{
			{name: "NumPy, powers as written", goal: 24, ask: "contour", args: args(true)},
			{name: "NumPy, powers as products", ask: "contour", args: args(false)},
		},
		same: 1e-12,
	}
}
