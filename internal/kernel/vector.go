package kernel

import "math"

// Convert copies numbers of one type to numbers of another, rounding to the nearest. It copies as many as from has.
func Convert[To, From Float](to []To, from []From) {
	to = to[:len(from)]
	if same, ok := any(&to).(*[]From); ok {
		copy(*same, from)
		return
	}
	done := 0
	if level != portable {
		done = convertAssembled(to, from)
	}
	for i, v := range from[done:] {
		to[done+i] = To(v)
	}
}

// Mul multiplies each element of x by that of y.
func Mul[T Float](x, y []T) {
	y = y[:len(x)]
	if level != portable && mulAssembled(x, y) {
		return
	}
	for i, v := range y {
		x[i] *= v
	}
}

// Exp replaces each element by its exponential. With assembly it is wrong by at most 2 units in the last place, in Go by as
// much as math.Exp is.
func Exp[T Float](x []T) {
	if level != portable && expAssembled(x) {
		return
	}
	for i, v := range x {
		x[i] = T(math.Exp(float64(v)))
	}
}

// Tanh replaces each x by tanh x, and slope by its derivative 1 − tanh² x; slope may be nil. With assembly it is wrong by at most
// 3 units in the last place, in Go by as much as math.Tanh is.
func Tanh[T Float](x, slope []T) {
	if level != portable && tanhAssembled(x, slope) {
		return
	}
	for i, v := range x {
		x[i] = T(math.Tanh(float64(v)))
	}
	if slope != nil {
		for i, v := range x {
			slope[i] = 1 - v*v
		}
	}
}

// ReLU replaces each x by max(0, x), and slope by 1 where x is positive and by 0 elsewhere; slope may be nil. NaN stays NaN.
func ReLU[T Float](x, slope []T) {
	if level != portable && reluAssembled(x, slope) {
		return
	}
	for i, v := range x {
		if slope != nil {
			slope[i] = 0
			if v > 0 {
				slope[i] = 1
			}
		}
		x[i] = max(0, v)
	}
}
