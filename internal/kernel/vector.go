package kernel

import "math"

// Convert copies numbers of one type to numbers of another, rounding them to the nearest. Both slices must be of equal length.
func Convert[To, From Float](to []To, from []From) {
	to = to[:len(from)]
	for i, v := range from {
		to[i] = To(v)
	}
}

// Mul multiplies each element of x by that of y.
func Mul[T Float](x, y []T) {
	y = y[:len(x)]
	for i, v := range y {
		x[i] *= v
	}
}

// Tanh replaces each element by its hyperbolic tangent.
func Tanh[T Float](x []T) {
	for i, v := range x {
		x[i] = T(math.Tanh(float64(v)))
	}
}
