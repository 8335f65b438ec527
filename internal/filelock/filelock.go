// Package filelock tells programs apart that want to write to the same file. A lock ends with the file that is open, by
// however the program ends.
package filelock

import "errors"

// ErrInUse is the error of a file that another program has.
var ErrInUse = errors.New("in use")
