package kernel

// These take as many of the numbers as fill whole vectors, and return how many, and what they have summed up.

func dot(a, b []float64) (n int, sum float64) {
	switch n = vectors(len(a)); {
	case n == 0:
	case level == avx512:
		sum = dotAVX512(&a[0], &b[0], n)
	default:
		sum = dotAVX2(&a[0], &b[0], n)
	}
	return n, sum
}

func axpy(y []float64, alpha float64, x []float64) (n int) {
	switch n = vectors(len(y)); {
	case n == 0:
	case level == avx512:
		axpyAVX512(&y[0], &x[0], n, alpha)
	default:
		axpyAVX2(&y[0], &x[0], n, alpha)
	}
	return n
}

func axpyDot(y []float64, alpha float64, x, z []float64) (n int, sum float64) {
	switch n = vectors(len(y)); {
	case n == 0:
	case level == avx512:
		sum = axpyDotAVX512(&y[0], &x[0], &z[0], n, alpha)
	default:
		sum = axpyDotAVX2(&y[0], &x[0], &z[0], n, alpha)
	}
	return n, sum
}

func rowTimesVectors(r, v, w []float64, alpha float64) (n int, sum float64) {
	switch n = vectors(len(r)); {
	case n == 0:
	case level == avx512:
		sum = rowTimesAVX512(&r[0], &v[0], &w[0], n, alpha)
	default:
		sum = rowTimesAVX2(&r[0], &v[0], &w[0], n, alpha)
	}
	return n, sum
}

func rank2TimesVectors(r []float64, a float64, p []float64, b float64, q, v, w []float64, alpha float64) (n int, sum float64) {
	switch n = vectors(len(r)); {
	case n == 0:
	case level == avx512:
		sum = rank2TimesAVX512(&r[0], &p[0], &q[0], &v[0], &w[0], n, a, b, alpha)
	default:
		sum = rank2TimesAVX2(&r[0], &p[0], &q[0], &v[0], &w[0], n, a, b, alpha)
	}
	return n, sum
}

func maxAbs(a []float64) (n int, most float64) {
	switch n = vectors(len(a)); {
	case n == 0:
	case level == avx512:
		most = maxAbsAVX512(&a[0], n)
	default:
		most = maxAbsAVX2(&a[0], n)
	}
	return n, most
}
