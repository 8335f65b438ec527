package problems

import "gonum.org/v1/gonum/floats"

// shortRow is the row length from which on the loops over a matrix run along its rows. Shorter rows are not worth a
// call each, so such a matrix is used through its transpose, where the features of a sample lie beside each other.
const shortRow = 16

// matrix is the matrix M (in × out) of a layer, or a direction or a gradient of the same shape, as the loops want it.
type matrix struct {
	in, out int
	a       []float64 // M row by row, or own
	own     []float64 // scratch: Mᵀ row by row, nil where M itself is used
}

func newMatrix(in, out int) matrix {
	m := matrix{in: in, out: out}
	if out < shortRow && out < in {
		m.own = make([]float64, in*out)
	}
	return m
}

// set makes M the numbers in w, which must stay as they are while M is in use.
func (m *matrix) set(w []float64) {
	m.a = w
	if m.own != nil {
		transpose(m.own, w, m.out)
		m.a = m.own
	}
}

// begin makes M a sum that is to be added up in g, which is zero; end writes it there.
func (m *matrix) begin(g []float64) {
	m.a = g
	if m.own != nil {
		clear(m.own)
		m.a = m.own
	}
}

func (m *matrix) end(g []float64) {
	if m.own != nil {
		transpose(g, m.own, m.in)
	}
}

// transpose writes the transpose of a, which has the given number of columns, to t.
func transpose(t, a []float64, columns int) {
	rows := len(a) / columns
	for i := range rows {
		for j, v := range a[i*columns : (i+1)*columns] {
			t[j*rows+i] = v
		}
	}
}

// times adds aM to z, for the n rows of a (n × in) and z (n × out).
func (m *matrix) times(z, a []float64, n int) {
	in, out := m.in, m.out
	if m.own != nil {
		for t := range n {
			row := a[t*in : (t+1)*in]
			for j := range out {
				z[t*out+j] += floats.Dot(row, m.a[j*in:(j+1)*in])
			}
		}
		return
	}
	for k := range in { // a row of M serves all samples while it is at hand
		row := m.a[k*out : (k+1)*out]
		for t := range n {
			floats.AddScaled(z[t*out:(t+1)*out], a[t*in+k], row)
		}
	}
}

// back adds dMᵀ to e, for the n rows of d (n × out) and e (n × in).
func (m *matrix) back(e, d []float64, n int) {
	in, out := m.in, m.out
	if m.own != nil {
		for t := range n {
			row := e[t*in : (t+1)*in]
			for j := range out {
				floats.AddScaled(row, d[t*out+j], m.a[j*in:(j+1)*in])
			}
		}
		return
	}
	for k := range in {
		row := m.a[k*out : (k+1)*out]
		for t := range n {
			e[t*in+k] += floats.Dot(row, d[t*out:(t+1)*out])
		}
	}
}

// outer adds aᵀd to M, for the n rows of a (n × in) and d (n × out).
func (m *matrix) outer(a, d []float64, n int) {
	in, out := m.in, m.out
	if m.own != nil {
		for t := range n {
			row := a[t*in : (t+1)*in]
			for j := range out {
				floats.AddScaled(m.a[j*in:(j+1)*in], d[t*out+j], row)
			}
		}
		return
	}
	for k := range in {
		row := m.a[k*out : (k+1)*out]
		for t := range n {
			floats.AddScaled(row, a[t*in+k], d[t*out:(t+1)*out])
		}
	}
}
