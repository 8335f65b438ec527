package main

import (
	"opttui/internal/curvature"
	"opttui/internal/train"
)

// What --curvature adds to the rows of a headless run.

// marked advances a run so that a probe knows its last step, whichever that is.
func marked(run *train.Run) func(n int) int {
	return func(n int) int {
		took := 0
		for took < n && !run.Over() {
			run.Mark()
			took += run.Advance(1)
		}
		return took
	}
}

// curvatureField is a number that rows have under one name.
type curvatureField struct {
	name string
	of   func(r *curvature.Report) float64
}

var curvatureFields = []curvatureField{
	{"condition", func(r *curvature.Report) float64 { return r.Condition }},
	{"curvature", func(r *curvature.Report) float64 { return r.Along }},
	{"predicted", func(r *curvature.Report) float64 { return r.Last.Predicted }},
	{"actual", func(r *curvature.Report) float64 { return r.Last.Actual }},
	{"predicted_gradient", func(r *curvature.Report) float64 { return r.Last.Gradient }},
	{"predicted_curvature", func(r *curvature.Report) float64 { return r.Last.Curvature }},
	{"predicted_noise", func(r *curvature.Report) float64 { return r.Last.Noise }},
	{"limit", func(r *curvature.Report) float64 { return r.Limit.LR }},
}

var curvatureHeader = func() string {
	text := ",eigen_max,eigen_min"
	for _, f := range curvatureFields {
		text += "," + f.name
	}
	return text + ",critical"
}()

// criticalText is the kind of the critical point that a run is at, "" where it is at none.
func criticalText(r *curvature.Report) string {
	if !r.Critical {
		return ""
	}
	return string(r.Class)
}

func appendCurvature(b []byte, r *curvature.Report) []byte {
	b = append(b, `,"eigenvalues":`...)
	if r.Values == nil {
		b = append(b, "null"...)
	} else {
		b = append(b, '[')
		for i, v := range r.Values {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendFloat(b, v)
		}
		b = append(b, ']')
	}
	for _, f := range curvatureFields {
		b = append(b, `,"`+f.name+`":`...)
		b = appendFloat(b, f.of(r))
	}
	if kind := criticalText(r); kind != "" {
		return append(b, `,"critical":"`+kind+`"`...)
	}
	return append(b, `,"critical":null`...)
}

// appendCurvatureCells leaves cells empty where nothing is known.
func appendCurvatureCells(b []byte, r *curvature.Report) []byte {
	cell := func(v float64) {
		if v != v {
			b = append(b, ',')
			return
		}
		b = appendCell(b, v)
	}
	cell(r.Max())
	cell(r.Min())
	for _, f := range curvatureFields {
		cell(f.of(r))
	}
	return append(append(b, ','), criticalText(r)...)
}
