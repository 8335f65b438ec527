package kernel

import "math"

// Linear algebra on vectors of equal length. In assembly there are many partial sums, and products are fused with them: the
// portable level differs in the last bits. Those in assembly give the same ones.

// Dot returns Σ aᵢbᵢ.
func Dot(a, b []float64) (sum float64) {
	b = b[:len(a)]
	k := 0
	if len(a) >= fewest {
		k, sum = dot(a, b)
	}
	for ; k < len(a); k++ {
		sum += a[k] * b[k]
	}
	return sum
}

// Axpy adds αx to y.
func Axpy(y []float64, alpha float64, x []float64) {
	x = x[:len(y)]
	k := 0
	if len(y) >= fewest {
		k = axpy(y, alpha, x)
	}
	for ; k < len(y); k++ {
		y[k] += alpha * x[k]
	}
}

// AxpyDot adds αx to y and returns Σ yᵢzᵢ.
func AxpyDot(y []float64, alpha float64, x, z []float64) (sum float64) {
	x, z = x[:len(y)], z[:len(y)]
	k := 0
	if len(y) >= fewest {
		k, sum = axpyDot(y, alpha, x, z)
	}
	for ; k < len(y); k++ {
		v := y[k] + alpha*x[k]
		y[k] = v
		sum += v * z[k]
	}
	return sum
}

// MaxAbs returns the largest |aᵢ| of those that are numbers, 0 where there are none.
func MaxAbs(a []float64) (most float64) {
	k := 0
	if len(a) >= fewest {
		k, most = maxAbs(a)
	}
	for ; k < len(a); k++ {
		if v := math.Abs(a[k]); v > most {
			most = v
		}
	}
	return most
}

// Norm returns the Euclidean norm √Σ aᵢ². It scales where the squares would overflow or vanish.
func Norm(a []float64) float64 {
	square := Dot(a, a)
	if square > 1e-280 && square < 1e280 {
		return math.Sqrt(square)
	}
	return scaledNorm(a)
}

// scaledNorm is Norm in units of the largest element.
func scaledNorm(a []float64) float64 {
	most := MaxAbs(a)
	if most == 0 || math.IsInf(most, 0) {
		for _, v := range a {
			if v != v {
				return v
			}
		}
		return most
	}
	sum := 0.0
	for _, v := range a {
		v /= most
		sum += v * v
	}
	return most * math.Sqrt(sum)
}
