// Package recipe is the file format of runs: what races, what was done to it at which step, and how the screen shows
// it. A recipe is JSON that people write by hand; docs/recipes.md describes every field. The lecture's scenarios are
// recipes too.
package recipe

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"opttui/internal/kernel"
	"opttui/internal/train"
	"opttui/internal/usage"
)

// Version is the version of the format that Write writes and Read reads.
const Version = 1

// Recipe is a race of runs with a view of it. Its zero fields mean what the screen does when nobody says otherwise.
type Recipe struct {
	Version int      `json:"version"`
	Title   string   `json:"title,omitempty"`
	Caption []string `json:"caption,omitempty"` // short lines that say what is to be seen
	Keys    []Key    `json:"keys,omitempty"`    // to try
	Runs    []Run    `json:"runs"`              // 1 to MaxRuns, all on the same problem
	View    View     `json:"view,omitzero"`
	// Kernel names the arithmetic that the numbers were made with, as in "amd64/avx2": see kernel.Name. Another one fuses or
	// orders operations differently, which changes last digits and, in chaotic runs, more.
	Kernel string `json:"kernel,omitempty"`
}

// Key is a key to try, with what it does here.
type Key struct {
	Key  string `json:"key"`
	Text string `json:"text"`
}

// Run is one run: what it begins as and what was done to it.
type Run struct {
	train.Spec
	Name       string        `json:"name,omitempty"`
	DataSHA256 string        `json:"data_sha256,omitempty"` // of the file that data names, in hexadecimal
	Journal    []train.Entry `json:"journal,omitempty"`     // in the order of the steps
}

// View says how the screen shows the runs.
type View struct {
	Speed      Speed        `json:"speed,omitempty"`
	Paused     bool         `json:"paused,omitempty"`
	Select     int          `json:"select,omitempty"`     // number of the selected run, from 1; 0 is 1
	Picture    string       `json:"picture,omitempty"`    // one of Pictures; "" is the problem's usual one
	Zoom       [][2]float64 `json:"zoom,omitempty"`       // intervals that the picture shows, x before y; nil is all
	Axis       string       `json:"axis,omitempty"`       // one of Axes; "" is the steps
	Linear     bool         `json:"linear,omitempty"`     // linear loss axis
	Smoothing  *float64     `json:"smoothing,omitempty"`  // one of Alphas; nil is automatic
	Smoothings []Smoothing  `json:"smoothings,omitempty"` // of the selected run, beside its raw losses; instead of Smoothing
	Steps      int          `json:"steps,omitempty"`      // after which all has been seen
}

// Smoothing is a moving average of the losses: see package ewma.
type Smoothing struct {
	Alpha float64 `json:"alpha"`
	// Start is "corrected", also where it is empty: from zero, with the bias taken out; "zero": from zero as it is; or
	// "first": from the first value.
	Start string `json:"start,omitempty"`
}

// Starts of a smoothing.
const (
	StartCorrected = "corrected"
	StartZero      = "zero"
	StartFirst     = "first"
)

var starts = []string{StartCorrected, StartZero, StartFirst}

// Pictures are what can be shown beside the curves: a function of one variable, a landscape of two, how well a model
// does, or the loss on a plane through the run of the path's principal components, of random directions or of two
// parameters.
var Pictures = []string{"function", "landscape", "scores", "plane", "random", "parameters"}

// Axes are what the loss can be drawn against.
var Axes = []string{"step", "gradients", "cost", "epoch", "seconds"}

// Alphas are the rates of smoothing that the screen knows; 0 is none.
var Alphas = []float64{0, 0.5, 0.9, 0.98, 0.995}

// MaxRuns is how many runs a race may have: one for each digit key.
const MaxRuns = 9

// Speed is a number of steps a second; +Inf is "unlimited", and 0 what is usual.
type Speed float64

// unlimited is an infinite speed in a file, since JSON has no number for it.
const unlimited = "unlimited"

// MarshalJSON writes the number, or "unlimited".
func (s Speed) MarshalJSON() ([]byte, error) {
	if float64(s) == train.Unlimited {
		return json.Marshal(unlimited)
	}
	return json.Marshal(float64(s))
}

// UnmarshalJSON reads a positive number, or "unlimited".
func (s *Speed) UnmarshalJSON(text []byte) error {
	if string(text) == strconv.Quote(unlimited) {
		*s = Speed(train.Unlimited)
		return nil
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(v > 0) {
		return usage.Errorf("cannot be %s: allowed is a number of steps a second above 0, or %q", text, unlimited)
	}
	*s = Speed(v)
	return nil
}

// Of returns the recipe that makes the runs of the snapshots again, from their beginnings by their journals. The error
// is that of a data file which cannot be read.
func Of(runs ...*train.Snapshot) (*Recipe, error) {
	r := &Recipe{Version: Version, Kernel: kernel.Name()}
	for _, s := range runs {
		run := Run{Spec: s.Origin.Clone(), Journal: s.Journal}
		if d := run.Data; d != nil {
			file := *d
			path, err := filepath.Abs(file.Path)
			if err != nil {
				return nil, err
			}
			file.Path, run.Data = path, &file
			if run.DataSHA256, err = sumOf(path); err != nil {
				return nil, err
			}
		}
		r.Runs = append(r.Runs, run)
		r.View.Steps = max(r.View.Steps, s.Step)
	}
	return r, nil
}

// sumOf returns the SHA-256 of a file in hexadecimal.
func sumOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(h, file)
	return hex.EncodeToString(h.Sum(nil)), errors.Join(err, file.Close())
}

// Train makes the run at step 0, its journal waiting for the steps to come.
func (r Run) Train() (*train.Run, error) {
	run, err := train.New(r.Spec)
	if err != nil {
		return nil, err
	}
	return run, run.Script(r.Journal)
}
