// Package train runs an optimizer on a problem.
//
// A Run is a pure function of (spec, seed, journal): the Spec says what runs, the journal is the list of
// commands with the step at which each took effect, and noise and minibatches depend on nothing but the seed
// and the step. A Live owns one Run in one goroutine, takes commands through a bounded mailbox and publishes
// immutable snapshots.
package train

import (
	"maps"
	"slices"
	"strings"

	"opttui/internal/dataset"
	"opttui/internal/knob"
	"opttui/internal/optim"
	"opttui/internal/problems"
	"opttui/internal/usage"
)

// Spec says what runs. Its zero fields mean: constant schedule, lecture convention, all samples, no noise,
// the problem's own start, seed 0.
type Spec struct {
	Problem    string            `json:"problem"`
	Optimizer  string            `json:"optimizer"`
	Schedule   string            `json:"schedule,omitempty"`
	Convention string            `json:"convention,omitempty"`
	Batch      int               `json:"batch,omitempty"` // minibatch size; 0 is all samples
	Noise      float64           `json:"noise,omitempty"` // σ of the gradient noise of one sample
	Start      []float64         `json:"start,omitempty"`
	Seed       uint64            `json:"seed"`
	Set        map[string]string `json:"set,omitempty"` // knob key, qualified where two have it, to value

	// What the user's own problems "data" and "formula" are about.
	Data    *dataset.File     `json:"data,omitempty"`
	Formula *problems.Formula `json:"formula,omitempty"`
}

// Ref is the problem of the run.
func (s Spec) Ref() problems.Ref {
	return problems.Ref{Name: s.Problem, File: s.Data, Formula: s.Formula}
}

// On returns the spec on another problem.
func (s Spec) On(ref problems.Ref) Spec {
	s.Problem, s.Data, s.Formula = ref.Name, ref.File, ref.Formula
	return s
}

// Clone returns a deep copy.
func (s Spec) Clone() Spec {
	s.Start = slices.Clone(s.Start)
	s.Set = maps.Clone(s.Set)
	return s
}

// ParseConvention reads the name of a convention; "" is the lecture's.
func ParseConvention(name string) (optim.Convention, error) {
	if name == "" {
		return optim.Lecture, nil
	}
	if i := slices.Index(optim.Conventions, strings.ToLower(name)); i >= 0 {
		return optim.Convention(i), nil
	}
	return 0, usage.Unknown("convention", name, optim.Conventions)
}

// Names of everything registered, for messages and completion.

// OptimizerNames lists the optimizers.
func OptimizerNames() []string {
	return names(optim.All(), func(s optim.Spec) string { return s.Name })
}

// ScheduleNames lists the schedules.
func ScheduleNames() []string {
	return names(optim.Schedules(), func(s optim.ScheduleSpec) string { return s.Name })
}

// findSchedule finds a schedule by the name that a spec or a command gives it. The error is a *usage.Error.
func findSchedule(name string) (optim.ScheduleSpec, error) {
	spec, ok, err := optim.FindSchedule(name)
	switch {
	case err != nil:
		return spec, usage.From(err)
	case !ok:
		return spec, usage.Unknown("schedule", name, ScheduleNames())
	}
	return spec, nil
}

func names[T any](specs []T, name func(T) string) []string {
	out := make([]string, len(specs))
	for i, s := range specs {
		out[i] = name(s)
	}
	return out
}

// mostDense is the number of parameters up to which a rule may keep an n×n matrix: 8 000 take half a gigabyte.
const mostDense = 8000

// Capabilities tells what a problem can supply beside its gradient.
func Capabilities(p problems.Problem) optim.Capability {
	var c optim.Capability
	if _, ok := problems.HessianOf(p); ok {
		c |= optim.CanHessian | optim.CanHessVec
	}
	if _, ok := p.(problems.HessianVector); ok {
		c |= optim.CanHessVec
	}
	if p.Dim() <= mostDense {
		c |= optim.CanDense
	}
	if _, ok := problems.LeastSquaresOf(p); ok {
		c |= optim.CanResiduals
	}
	return c
}

// SuggestedRates are learning rates, by the keys of their settings, at which the spec's rule moves visibly and safely
// on its problem from the usual start. The screen begins with them where nobody has chosen a rate; the command line
// keeps to the defaults of the rules. Most rules have one rate or none; Muon has a second one, for what is not a matrix.
func (s Spec) SuggestedRates() map[string]float64 {
	rates := map[string]float64{}
	lr := s.suggestedRate()
	if lr == 0 {
		return rates
	}
	for _, key := range RateKeys(s.Optimizer) {
		rates[key] = lr
	}
	return rates
}

// RateKeys are the keys of the rule's learning rates.
func RateKeys(optimizer string) (keys []string) {
	o, ok := optim.Lookup(optimizer)
	if !ok {
		return nil
	}
	for _, k := range o.New(optim.Lecture).Knobs() {
		if k.Key == "lr" || strings.HasSuffix(k.Key, "_lr") {
			keys = append(keys, k.Key)
		}
	}
	return keys
}

// suggestedRate is 0 where the rule's own default is right.
func (s Spec) suggestedRate() float64 {
	o, ok := optim.Lookup(s.Optimizer)
	if !ok || o.Unit == optim.NoRate {
		return 0
	}
	p, err := s.Ref().Resolve()
	if err != nil {
		return 0
	}
	switch {
	case o.Unit == optim.PerStep:
		return StepLength(p)
	case o.Unit == optim.PerBoth:
		return min(s.usualRate(p), StepLength(p))
	case accumulates(o):
		return s.usualRate(p) / 4 // steps add up to 1/(1−α) = 10 times the rate
	default:
		return s.usualRate(p)
	}
}

// usualRate is the rate of gradient descent on the problem with the settings that the spec gives it.
func (s Spec) usualRate(p problems.Spec) float64 {
	problem := p.New()
	changed := false
	for _, k := range problem.Knobs() {
		for _, key := range []string{k.Key, partProblem + "." + k.Key} {
			if text, ok := s.Set[key]; ok {
				_ = k.SetText(text) // New refuses what is wrong
			}
		}
		changed = changed || k.Value() != k.Default
	}
	if !changed {
		return p.UsualRate()
	}
	return p.RateOf(problem)
}

// StepLength is a readable number near 1/150 of the picture's width.
func StepLength(p problems.Spec) float64 {
	box := p.Shown()
	if box == nil {
		return 0.01
	}
	return knob.Knob{Scale: knob.Log, Max: 1e3}.Turned((box[0][1]-box[0][0])/200, 1)
}

// accumulates tells whether the rule's steps add up over many gradients.
func accumulates(o optim.Spec) bool {
	_, ok := knob.Find(o.New(optim.Lecture).Knobs(), "momentum")
	return ok
}

// UsualBatch is the minibatch size that the problem is usually run with. On a landscape each step sees one
// noisy sample of the gradient, where there is noise.
func UsualBatch(p problems.Spec) int {
	if p.Domain != nil {
		return 1
	}
	return p.Batch
}
