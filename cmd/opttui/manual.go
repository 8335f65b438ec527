package main

import (
	"path/filepath"
	"strconv"
	"strings"

	"opttui/internal/export"
	"opttui/internal/optim"
	"opttui/internal/usage"
)

// manualRates puts the points of a manual schedule, "manual:f.json", in the place of its file. Where nobody has chosen
// ε₀ it is the rate of the first point, so that all rates are as they are written.
func manualRates(given map[string]string) error {
	text, manual := strings.CutPrefix(given["schedule"], "manual:")
	if !manual {
		return nil
	}
	var points []optim.RatePoint
	var err error
	if strings.Contains(text, "=") && filepath.Ext(text) != ".json" {
		if points, err = optim.ParseRates(text); err != nil {
			return usage.From(err)
		}
	} else if points, err = export.ReadRates(text); err != nil {
		return err
	}
	given["schedule"] = "manual:" + optim.FormatRates(points)
	_, short := given["lr"]
	_, long := given["optimizer.lr"]
	if !short && !long {
		given["optimizer.lr"] = strconv.FormatFloat(points[0].Rate, 'g', -1, 64)
	}
	return nil
}
