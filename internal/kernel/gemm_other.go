//go:build !amd64

package kernel

// multiplyAssembled would be multiply with assembly.
func multiplyAssembled[T Float](c, from, a, b *Matrix[T], room []T) bool { return false }

// panelSize would be how much memory that needs.
func panelSize[T Float](c, b *Matrix[T]) int { return 0 }
