package optim

import (
	"math"
	"slices"

	"opttui/internal/kernel"
)

// Small dense linear algebra on n×n matrices stored row by row. gonum's factorizations do the same in
// faster blocks, but estimate a condition number every time, allocate, and may share the sums out among
// goroutines; these do none of that, so that a step costs no garbage and a replay repeats it bit for bit.

const machineEpsilon = 0x1p-52

// isFinite tells whether v is neither infinite nor NaN.
func isFinite(v float64) bool { return v-v == 0 }

func allFinite(v []float64) bool {
	return !slices.ContainsFunc(v, func(x float64) bool { return !isFinite(x) })
}

// cholesky replaces the lower triangle of the symmetric a by that of L, a = LLᵀ, and reports whether a is
// positive definite. It reads the lower triangle only. (Golub & Van Loan 2013, section 4.2.)
func cholesky(a []float64, n int) bool {
	for i := range n {
		ri := a[i*n : i*n+n]
		for j := range i {
			rj := a[j*n : j*n+n]
			ri[j] = (ri[j] - kernel.Dot(ri[:j], rj[:j])) / rj[j]
		}
		d := ri[i] - kernel.Dot(ri[:i], ri[:i])
		if !(d > 0) || !isFinite(d) {
			return false
		}
		ri[i] = math.Sqrt(d)
	}
	return true
}

// choleskySolve replaces b by the solution x of LLᵀx = b.
func choleskySolve(l []float64, n int, b []float64) {
	for i := range n {
		r := l[i*n : i*n+n]
		b[i] = (b[i] - kernel.Dot(r[:i], b[:i])) / r[i]
	}
	for i := n - 1; i >= 0; i-- {
		r := l[i*n : i*n+n]
		b[i] /= r[i]
		kernel.Axpy(b[:i], -b[i], r[:i])
	}
}

// luSolve replaces b by the solution x of ax = b, by Gaussian elimination with partial pivoting, and
// destroys a. It reports false when a is singular to rounding: when elimination leaves of some column
// nothing but the rounding of its largest entry. The slice scale is scratch of length n.
func luSolve(a []float64, n int, b, scale []float64) bool {
	clear(scale)
	for i := range n {
		for j, v := range a[i*n : i*n+n] {
			scale[j] = math.Max(scale[j], math.Abs(v))
		}
	}
	for k := range n {
		p := k
		for i := k + 1; i < n; i++ {
			if math.Abs(a[i*n+k]) > math.Abs(a[p*n+k]) {
				p = i
			}
		}
		if !(math.Abs(a[p*n+k]) > float64(n)*machineEpsilon*scale[k]) {
			return false
		}
		rk := a[k*n : k*n+n]
		if p != k {
			rp := a[p*n : p*n+n]
			for j := k; j < n; j++ {
				rk[j], rp[j] = rp[j], rk[j]
			}
			b[k], b[p] = b[p], b[k]
		}
		for i := k + 1; i < n; i++ {
			ri := a[i*n : i*n+n]
			m := ri[k] / rk[k]
			kernel.Axpy(ri[k+1:], -m, rk[k+1:])
			b[i] -= m * b[k]
		}
	}
	for i := n - 1; i >= 0; i-- {
		r := a[i*n : i*n+n]
		b[i] = (b[i] - kernel.Dot(r[i+1:], b[i+1:])) / r[i]
	}
	return true
}

// shiftedCholesky writes the factor of a + τI to l and reports whether that is positive definite.
func shiftedCholesky(l, a []float64, n int, tau float64) bool {
	copy(l, a)
	for i := range n {
		l[i*n+i] += tau
	}
	return cholesky(l, n)
}
