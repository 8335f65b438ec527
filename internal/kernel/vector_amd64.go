package kernel

import "unsafe"

// The functions here choose the assembly for a level and a type. They report that they have done it.

func pointer[T Float](x []T) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(x)) }

// convertAssembled returns how many numbers it has copied; the types are different.
func convertAssembled[To, From Float](to []To, from []From) (done int) {
	wide, small := level == avx512, unsafe.Sizeof(To(0)) == 4
	lanes := 4
	if wide {
		lanes = 8
	}
	n := len(from) &^ (lanes - 1)
	if n == 0 {
		return 0
	}
	switch p, q := pointer(to), pointer(from); {
	case wide && small:
		narrowavx512((*float32)(p), (*float64)(q), n)
	case small:
		narrowavx2((*float32)(p), (*float64)(q), n)
	case wide:
		widenavx512((*float64)(p), (*float32)(q), n)
	default:
		widenavx2((*float64)(p), (*float32)(q), n)
	}
	return n
}

func mulAssembled[T Float](x, y []T) bool {
	if len(x) == 0 {
		return true
	}
	wide, small := level == avx512, unsafe.Sizeof(T(0)) == 4
	switch p, q, n := pointer(x), pointer(y), len(x); {
	case wide && small:
		mul32avx512((*float32)(p), (*float32)(q), n)
	case small:
		mul32avx2((*float32)(p), (*float32)(q), n)
	case wide:
		mul64avx512((*float64)(p), (*float64)(q), n)
	default:
		mul64avx2((*float64)(p), (*float64)(q), n)
	}
	return true
}

func expAssembled[T Float](x []T) bool {
	if len(x) == 0 {
		return true
	}
	wide, small := level == avx512, unsafe.Sizeof(T(0)) == 4
	switch p, n := pointer(x), len(x); {
	case wide && small:
		exp32avx512((*float32)(p), n)
	case small:
		exp32avx2((*float32)(p), n)
	case wide:
		exp64avx512((*float64)(p), n)
	default:
		exp64avx2((*float64)(p), n)
	}
	return true
}

// slopes is where the slopes of x are to be written: the assembly writes them before x, which can therefore take their place
// where they are not wanted.
func slopes[T Float](x, slope []T) unsafe.Pointer {
	if slope == nil {
		return pointer(x)
	}
	return pointer(slope[:len(x)])
}

func tanhAssembled[T Float](x, slope []T) bool {
	if len(x) == 0 {
		return true
	}
	wide, small := level == avx512, unsafe.Sizeof(T(0)) == 4
	switch p, q, n := slopes(x, slope), pointer(x), len(x); {
	case wide && small:
		tanh32avx512((*float32)(p), (*float32)(q), n)
	case small:
		tanh32avx2((*float32)(p), (*float32)(q), n)
	case wide:
		tanh64avx512((*float64)(p), (*float64)(q), n)
	default:
		tanh64avx2((*float64)(p), (*float64)(q), n)
	}
	return true
}

func reluAssembled[T Float](x, slope []T) bool {
	if len(x) == 0 {
		return true
	}
	wide, small := level == avx512, unsafe.Sizeof(T(0)) == 4
	switch p, q, n := slopes(x, slope), pointer(x), len(x); {
	case wide && small:
		relu32avx512((*float32)(p), (*float32)(q), n)
	case small:
		relu32avx2((*float32)(p), (*float32)(q), n)
	case wide:
		relu64avx512((*float64)(p), (*float64)(q), n)
	default:
		relu64avx2((*float64)(p), (*float64)(q), n)
	}
	return true
}
