package kernel

// Symmetric is a symmetric n×n matrix. Its lower triangle is kept, row by row: with large matrices it is the memory that takes
// the time, so each element is read once for the two places where it stands.
type Symmetric struct {
	n    int
	rows []float64
}

// NewSymmetric returns an n×n matrix of zeros.
func NewSymmetric(n int) Symmetric { return Symmetric{n, make([]float64, n*(n+1)/2)} }

// row is row i up to the diagonal.
func (m Symmetric) row(i int) []float64 {
	at := i * (i + 1) / 2
	return m.rows[at : at+i+1]
}

// Clone returns a copy.
func (m Symmetric) Clone() Symmetric { return Symmetric{m.n, append([]float64(nil), m.rows...)} }

// SetIdentity makes it a times the identity.
func (m Symmetric) SetIdentity(a float64) {
	clear(m.rows)
	for i := range m.n {
		m.row(i)[i] = a
	}
}

// Times writes Mv to w. The two do not overlap.
func (m Symmetric) Times(v, w []float64) {
	v, w = v[:m.n], w[:m.n]
	for i := range m.n {
		row := m.row(i)
		w[i] = rowTimes(row[:i], v[:i], w[:i], v[i]) + row[i]*v[i]
	}
}

// Rank2Times makes it M + c·ssᵀ − ϱ(usᵀ + suᵀ), and writes the product of that with v to w. The vectors do not overlap.
func (m Symmetric) Rank2Times(c float64, s []float64, rho float64, u, v, w []float64) {
	s, u, v, w = s[:m.n], u[:m.n], v[:m.n], w[:m.n]
	for i := range m.n {
		row := m.row(i)
		a, b := c*s[i]-rho*u[i], -rho*s[i]
		row[i] += a*s[i] + b*u[i]
		w[i] = rank2Times(row[:i], a, s[:i], b, u[:i], v[:i], w[:i], v[i]) + row[i]*v[i]
	}
}

// rowTimes adds αr to w and returns Σ rᵢvᵢ.
func rowTimes(r, v, w []float64, alpha float64) (sum float64) {
	v, w = v[:len(r)], w[:len(r)]
	k := 0
	if len(r) >= fewest {
		k, sum = rowTimesVectors(r, v, w, alpha)
	}
	for ; k < len(r); k++ {
		sum += r[k] * v[k]
		w[k] += alpha * r[k]
	}
	return sum
}

// rank2Times adds ap + bq to r, and then αr to w, and returns Σ rᵢvᵢ.
func rank2Times(r []float64, a float64, p []float64, b float64, q, v, w []float64, alpha float64) (sum float64) {
	p, q, v, w = p[:len(r)], q[:len(r)], v[:len(r)], w[:len(r)]
	k := 0
	if len(r) >= fewest {
		k, sum = rank2TimesVectors(r, a, p, b, q, v, w, alpha)
	}
	for ; k < len(r); k++ {
		t := r[k] + a*p[k] + b*q[k]
		r[k] = t
		sum += t * v[k]
		w[k] += alpha * t
	}
	return sum
}
