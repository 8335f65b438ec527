//go:build unix

package main

import "syscall"

// processorTime is what this process has used so far, in seconds: unlike the time on the wall it does not grow with what
// other programs do meanwhile. All sides compute on one processor; what Go's garbage collector does on others counts too.
func processorTime() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // it knows no errors for this process
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + 1e-6*float64(u.Utime.Usec+u.Stime.Usec)
}
