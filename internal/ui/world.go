package ui

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"opttui/internal/plot"
	"opttui/internal/problems"
	"opttui/internal/train"
)

// picture is what the panel beside the curves shows.
type picture int

const (
	pictureLine        picture = iota // a function of one variable
	pictureLandscape                  // a function of two variables
	pictureScores                     // how well a model does
	picturePrincipal                  // the loss on the plane of the path's principal components
	pictureRandom                     // … of two random directions
	pictureCoordinates                // … of two coordinates
)

// plane reports whether the picture is the loss on a plane through the selected run.
func (p picture) plane() bool { return p >= picturePrincipal }

// world is the landscape that the runs of a race share, and what part of it is seen.
type world struct {
	spec    problems.Spec
	problem problems.Problem // the screen's own instance
	knobs   string           // its knobs' values, to see when they have changed
	picture picture
	view    plot.View
	field   plot.Field
	drawn   fieldKey
	plane   planeView
}

// fieldKey tells for what the field was computed.
type fieldKey struct {
	name, knobs string
	view        plot.View
	w, h        int
}

// pictures lists what can be shown of the problem, the usual one first.
func (w *world) pictures() []picture {
	n := w.problem.Dim()
	_, scored := w.problem.(problems.Scored)
	switch {
	case n == 1 && w.spec.Domain != nil:
		return []picture{pictureLine}
	case n == 2 && w.spec.Domain != nil:
		return []picture{pictureLandscape}
	case n == 1:
		return []picture{pictureScores}
	case n == 2:
		return []picture{pictureScores, pictureCoordinates}
	case scored:
		return []picture{pictureScores, picturePrincipal, pictureRandom, pictureCoordinates}
	default:
		return []picture{picturePrincipal, pictureRandom, pictureCoordinates}
	}
}

// reset takes the problem of the snapshot and shows all of it.
func (w *world) reset(s *train.Snapshot) {
	w.spec, w.problem, w.knobs = s.Problem, s.Problem.New(), ""
	w.plane.forget()
	w.follow(s)
	w.picture = w.pictures()[0]
	w.home()
}

// home shows the usual part of the landscape.
func (w *world) home() {
	w.view = w.whole()
	w.plane.fitted = true
}

// whole is the usual part of the landscape.
func (w *world) whole() plot.View {
	box := w.spec.Shown()
	switch w.picture {
	case pictureLandscape:
		return plot.View{X0: box[0][0], X1: box[0][1], Y0: box[1][0], Y1: box[1][1]}
	case pictureLine:
		return plot.View{X0: box[0][0], X1: box[0][1], Y1: 1} // the heights follow the function
	default:
		return plot.View{}
	}
}

// follow takes over the problem and its knobs from the snapshot and reports whether anything changed.
func (w *world) follow(s *train.Snapshot) bool {
	if !sameProblem(s.Problem, w.spec) {
		w.reset(s)
		return true
	}
	var b strings.Builder
	for _, k := range s.Settings {
		if k.Part == "problem" {
			fmt.Fprintf(&b, "%s=%v ", k.Knob.Key, k.Value)
		}
	}
	if b.String() == w.knobs {
		return false
	}
	w.knobs = b.String()
	dim := w.problem.Dim()
	for _, k := range w.problem.Knobs() {
		if set, ok := s.Setting("problem." + k.Key); ok {
			_ = k.Set(set.Value) // it was checked when the run took it
		}
	}
	if w.problem.Dim() != dim {
		w.plane.forget()
		w.picture = w.pictures()[0]
		w.home()
	}
	return true
}

// minima are the known ones of two variables: the problem may be known better in another dimension.
func (w *world) minima() []problems.Minimum {
	if len(w.spec.Minima) == 0 || len(w.spec.Minima[0].X) != w.problem.Dim() {
		return nil
	}
	return w.spec.Minima
}

// sameProblem compares what tells problems apart: of the user's own the names are alike.
func sameProblem(a, b problems.Spec) bool {
	return a.Name == b.Name && a.Title == b.Title && a.Formula == b.Formula && slices.Equal(a.Domain, b.Domain)
}

// fieldFor returns the landscape for a picture of w×h cells, computed again only when something changed.
func (w *world) fieldFor(cols, rows int) *plot.Field {
	if key := w.keyOf(cols, rows); key != w.drawn {
		w.drawn = key
		w.compute(&w.field, cols, rows)
	}
	return &w.field
}

// keyOf tells for what a field of that size would be computed now.
func (w *world) keyOf(cols, rows int) fieldKey {
	return fieldKey{w.spec.Name + w.spec.Formula, w.knobs, w.view, cols, rows}
}

// compute makes a landscape of the problem.
func (w *world) compute(field *plot.Field, cols, rows int) {
	low := math.NaN()
	if minima := w.minima(); len(minima) > 0 && minima[0].Global {
		low = minima[0].F
	}
	field.Compute(problems.OfTwo(w.problem), w.view, cols, rows, low)
}
