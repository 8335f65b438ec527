// Package advice looks on while a run goes, and says in one line what is wrong with it and what would help: from what was
// measured of the run, never from a table of rules alone. It is silent as long as nothing is known to be wrong.
package advice

import "opttui/internal/train"

// Kind is what an advice is about.
type Kind string

// The kinds, those that matter most first.
const (
	Diverged    Kind = "diverged"    // the loss has stopped being finite
	Bottomless  Kind = "bottomless"  // the loss falls without end
	Diverging   Kind = "diverging"   // the loss has left all that it was, and goes on rising
	Converged   Kind = "converged"   // a minimum has been reached
	OnNoise     Kind = "on noise"    // a rule that compares steps gets nowhere, as each step sees another function
	Saddle      Kind = "saddle"      // hardly any gradient, and a direction that goes down
	Oscillating Kind = "oscillating" // the loss rises and falls and gets nowhere: ε is past its limit
	Overshoot   Kind = "overshoot"   // momentum carries the run past the bottom of a ravine, time and again
	Overfitting Kind = "overfitting" // of a program: the held-out loss rises while that on training data falls
	Decayed     Kind = "decayed"     // AdaGrad's sum of squares has taken the steps down to nothing
	NoiseFloor  Kind = "noise floor" // the noise of the gradient is all that is left of it
	Plateau     Kind = "plateau"     // hardly any gradient, and far to go
	TooSlow     Kind = "too slow"    // ε is far below its limit
)

// Kinds are all of them in the order in which they are told.
var Kinds = []Kind{Diverged, Bottomless, Diverging, Converged, OnNoise, Saddle, Oscillating, Overshoot, Overfitting, Decayed, NoiseFloor, Plateau, TooSlow}

// Urgency says how much an advice matters.
type Urgency int

const (
	Hint    Urgency = iota // it could go better
	Problem                // it gets nowhere
	Failure                // it is over, or will be
)

// Key is the key that applies an advice.
const Key = "A"

// Advice is what to do about a run, and why. It is never changed once it has been given away.
type Advice struct {
	Kind     Kind
	Urgency  Urgency
	Text     string // one line, with what was measured
	Evidence string // all the figures
	Key      string // the key that applies it, "" where there is nothing to apply
	Does     string // what applying does, in a few words: "ε ÷ 4"
	// Back tells that the run is to be taken back to the step To before the commands: it may have gone on since the advice
	// was given. Where a run cannot be taken back it has to begin again: Restart tells that the commands alone, from where
	// the run is now, would not help.
	Back    bool
	To      int
	Restart bool
	// Commands are what applying does.
	Commands []train.Command
}
