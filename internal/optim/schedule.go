package optim

import (
	"math"

	"opttui/internal/knob"
)

// Schedule gives the learning rate as a pure function of the step.
type Schedule interface {
	// Rate returns ε_k, which the update from x_k to x_{k+1} uses, for k = 0, 1, … counted from the moment
	// the schedule was chosen, and the base learning rate ε₀.
	Rate(k int, base float64) float64
	// Knobs returns the schedule's parameters, bound to its fields.
	Knobs() []knob.Knob
	// Clone returns an independent copy.
	Clone() Schedule
}

// Observer is implemented by schedules that look at the loss. Observe is called once a step with it; between
// two calls Rate is a pure function.
type Observer interface {
	Observe(loss float64)
}

// ScheduleSpec describes a schedule and makes it.
type ScheduleSpec struct {
	Name    string
	Points  string // of a manual schedule: see ParseRates
	Title   string
	Formula string
	Source  string
	Advice  string
	// New makes the schedule for the base learning rate ε₀, on which some defaults depend (lr_end = ε₀/100).
	New func(base float64) Schedule
}

// Common knobs of schedules.

// maxSteps bounds the durations of schedules, in steps.
const maxSteps = 1e9

// stepsKnob is a duration in steps.
func stepsKnob(p *float64, key, symbol, doc string, def, least float64) knob.Knob {
	return knob.Knob{
		Key: key, Symbol: symbol, Doc: doc, Unit: "steps",
		Default: def, Min: least, Max: maxSteps, Scale: knob.Log, Integer: true,
	}.Bind(p)
}

// finalRateKnob is a learning rate that a schedule ends at.
func finalRateKnob(p *float64, key, symbol, doc string, def float64) knob.Knob {
	return knob.Knob{Key: key, Symbol: symbol, Doc: doc, Default: def, Max: 1e6, Scale: knob.Log, Floor: 1e-6}.Bind(p)
}

// minRateKnob is the learning rate that a schedule never falls below.
func minRateKnob(p *float64) knob.Knob {
	return finalRateKnob(p, "lr_min", "ε_min", "smallest learning rate", 0)
}

// speedKnob is how fast an inverse decay is.
func speedKnob(p *float64) knob.Knob {
	return knob.Knob{
		Key: "rate", Symbol: "η", Doc: "how fast the rate falls: after about 1/η steps the fall can be seen",
		Default: 0.01, Max: 1e3, Scale: knob.Log,
	}.Bind(p)
}

// factorKnob is a factor in [0, 1] on the learning rate.
func factorKnob(p *float64, key, symbol, doc string, def float64) knob.Knob {
	return knob.Knob{Key: key, Symbol: symbol, Doc: doc, Default: def, Max: 1}.Bind(p)
}

// halfCosine goes from a at u = 0 to b at u = 1 along half a cosine.
func halfCosine(a, b, u float64) float64 { return b + 0.5*(a-b)*(1+math.Cos(math.Pi*u)) }
