//go:build !amd64

package kernel

// fastest is the fastest level that this machine has.
func fastest() int { return portable }
