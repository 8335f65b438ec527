package recipe

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"opttui/internal/problems"
	"opttui/internal/usage"
)

// Sizes that fit under the panels of a screen of 80 columns.
const (
	MaxCaption = 3  // lines
	MaxKeys    = 4  // keys to try
	Columns    = 76 // of a line of the caption
	KeyColumns = 36 // of a key with its text
	maxSteps   = 1_000_000_000_000
)

// check finds what is wrong without making the runs.
func (r *Recipe) check() *fault {
	switch {
	case r.Version == 0:
		return faultf("version", "it is missing: this program reads version %d", Version)
	case r.Version != Version:
		return faultf("version", "%d is not known: this program reads version %d", r.Version, Version)
	case len(r.Runs) == 0:
		return faultf("runs", "there are none: a recipe has 1 to %d", MaxRuns)
	case len(r.Runs) > MaxRuns:
		return faultf("runs", "there are %d: a recipe has 1 to %d", len(r.Runs), MaxRuns)
	}
	for _, check := range []func() *fault{r.checkTexts, r.checkProblems, r.checkJournals, func() *fault { return r.View.check(len(r.Runs)) }} {
		if f := check(); f != nil {
			return f
		}
	}
	return nil
}

func faultf(path, format string, args ...any) *fault {
	return &fault{path, usage.Errorf(format, args...)}
}

// checkTexts refuses what does not fit or what a terminal would take for a command.
func (r *Recipe) checkTexts() *fault {
	if len(r.Caption) > MaxCaption {
		return faultf("caption", "it has %d lines: allowed are %d", len(r.Caption), MaxCaption)
	}
	if len(r.Keys) > MaxKeys {
		return faultf("keys", "there are %d: allowed are %d", len(r.Keys), MaxKeys)
	}
	if f := checkText("title", r.Title, Columns); f != nil {
		return f
	}
	for i, line := range r.Caption {
		if f := checkText(fmt.Sprintf("caption[%d]", i), line, Columns); f != nil {
			return f
		}
	}
	for i, k := range r.Keys {
		if f := checkText(fmt.Sprintf("keys[%d]", i), k.Key+" "+k.Text, KeyColumns); f != nil {
			return f
		}
	}
	for i, run := range r.Runs {
		if f := checkText(fmt.Sprintf("runs[%d].name", i), run.Name, KeyColumns); f != nil {
			return f
		}
	}
	return nil
}

func checkText(path, s string, columns int) *fault {
	if strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return faultf(path, "%q has characters that cannot be printed", s)
	}
	if n := utf8.RuneCountInString(s); n > columns {
		return faultf(path, "it has %d columns: allowed are %d", n, columns)
	}
	return nil
}

// checkProblems refuses what would not be read, and a race of runs that cannot be compared.
func (r *Recipe) checkProblems() *fault {
	for i, run := range r.Runs {
		own, _, _ := strings.Cut(run.Problem, "/")
		path := fmt.Sprintf("runs[%d].", i)
		switch {
		case run.Formula != nil && run.Problem != problems.OwnFormula:
			return faultf(path+"formula", "it belongs to the problem %q, and this is %q", problems.OwnFormula, run.Problem)
		case run.Data != nil && own != problems.OwnData:
			return faultf(path+"data", "it belongs to the problem %q or one of its models, and this is %q", problems.OwnData, run.Problem)
		}
	}
	for i, run := range r.Runs[1:] {
		if !reflect.DeepEqual(run.Ref(), r.Runs[0].Ref()) {
			return faultf(fmt.Sprintf("runs[%d].problem", i+1), "it is another one than that of the first run: all runs of a race are on the same problem")
		}
	}
	return nil
}

func (r *Recipe) checkJournals() *fault {
	for i, run := range r.Runs {
		last := 0
		for j, e := range run.Journal {
			path := fmt.Sprintf("runs[%d].journal[%d].step", i, j)
			switch {
			case e.Step < 0 || e.Step > maxSteps:
				return faultf(path, "it cannot be %d: allowed is a whole number from 0 to %d", e.Step, maxSteps)
			case e.Step < last:
				return faultf(path, "%d comes after %d: a journal is in the order of the steps", e.Step, last)
			}
			last = e.Step
		}
	}
	return nil
}

func (v *View) check(runs int) *fault {
	switch {
	case v.Select < 0 || v.Select > runs:
		return faultf("view.select", "there is no run %d: allowed is 1 to %d", v.Select, runs)
	case v.Picture != "" && !slices.Contains(Pictures, v.Picture):
		return &fault{"view.picture", usage.Unknown("picture", v.Picture, Pictures)}
	case v.Axis != "" && !slices.Contains(Axes, v.Axis):
		return &fault{"view.axis", usage.Unknown("axis", v.Axis, Axes)}
	case v.Smoothing != nil && !slices.Contains(Alphas, *v.Smoothing):
		return faultf("view.smoothing", "it cannot be %g: allowed are %s", *v.Smoothing, strings.Trim(fmt.Sprint(Alphas), "[]"))
	case v.Steps < 0 || v.Steps > maxSteps:
		return faultf("view.steps", "it cannot be %d: allowed is a whole number from 0 to %d", v.Steps, maxSteps)
	case len(v.Zoom) > 2:
		return faultf("view.zoom", "it has %d intervals: allowed are one of x, or one of x and one of y", len(v.Zoom))
	}
	for i, z := range v.Zoom {
		if !(z[0] < z[1]) || math.IsInf(z[1]-z[0], 0) {
			return faultf(fmt.Sprintf("view.zoom[%d]", i), "the interval from %g to %g is empty", z[0], z[1])
		}
	}
	for i, s := range v.Smoothings {
		path := fmt.Sprintf("view.smoothings[%d]", i)
		switch {
		case !(s.Alpha >= 0 && s.Alpha < 1):
			return faultf(path+".alpha", "it cannot be %g: allowed is a number from 0 to below 1", s.Alpha)
		case s.Start != "" && !slices.Contains(starts, s.Start):
			return &fault{path + ".start", usage.Unknown("start", s.Start, starts)}
		}
	}
	return nil
}
