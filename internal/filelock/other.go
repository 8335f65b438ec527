//go:build !unix

package filelock

import "os"

// Lock does nothing where there is no flock.
func Lock(*os.File) error { return nil }

// Locked tells that nobody has the file, as nobody knows.
func Locked(*os.File) bool { return false }
