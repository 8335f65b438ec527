//go:build !amd64

package kernel

// multiplyAssembled would be multiply with assembly.
func multiplyAssembled[T Float](c, from, a, b *Matrix[T]) bool { return false }
