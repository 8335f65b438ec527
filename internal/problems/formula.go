package problems

import "opttui/internal/usage"

// Formula is a function of the user's own.
type Formula struct {
	Text   string       `json:"text"`             // as in "(1-x)^2 + a*(y-x^2)^2"
	Domain [][2]float64 `json:"domain,omitempty"` // interval of each variable that is shown
}

// Spec returns the formula as a problem.
func (f *Formula) Spec() (Spec, error) { return Spec{}, usage.Errorf("formulas are not there yet") }
