//go:build !amd64

package kernel

// assembled would be Multiply with assembly.
func assembled[T Float](c, from, a, b *Matrix[T]) bool { return false }
