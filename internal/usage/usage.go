// Package usage has the error for something that a person asked for and that cannot be. Its text is written for
// that person: what was wrong, the value, and what is allowed.
package usage

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Error is a mistake in what was asked for. A command line that has one ends with exit code 2.
type Error struct{ Msg string }

func (e *Error) Error() string { return e.Msg }

// Errorf returns an *Error with a formatted text.
func Errorf(format string, args ...any) error { return &Error{Msg: fmt.Sprintf(format, args...)} }

// From returns an *Error with the text of err.
func From(err error) error { return &Error{Msg: err.Error()} }

// Unknown returns the error for a name that is not in a registry, with the nearest known one.
func Unknown(what, name string, known []string) error {
	msg := fmt.Sprintf("unknown %s %q", what, name)
	if near := Nearest(name, known); near != "" {
		msg += fmt.Sprintf(": did you mean %q?", near)
	} else {
		msg += ": known are " + strings.Join(known, ", ")
	}
	return &Error{Msg: msg}
}

// Nearest returns the known name that is most like what was typed, or "" when none is near.
func Nearest(typed string, known []string) string {
	typed = strings.ToLower(typed)
	best, bestDist := "", len(typed)/3+2
	for _, k := range known {
		d := levenshtein.ComputeDistance(typed, k)
		if d > 1 && typed != "" && (strings.HasPrefix(k, typed) || strings.Contains(k, typed)) {
			d = 1 // a part of the name is as good as a typing mistake
		}
		if d < bestDist {
			best, bestDist = k, d
		}
	}
	return best
}
