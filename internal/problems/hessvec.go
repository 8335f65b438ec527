package problems

import "gonum.org/v1/gonum/floats"

// HessVecOn is the R-operator (Pearlmutter 1994), the derivative R{} of the gradient along v, for W along V:
//
//	R{z} = R{a′} W + a′ V + v_b,  R{a} = σ′ ⊙ R{z}          forward, R{x} = 0
//	R{δ} = B R{z} in the last layer, with the head's B = ∂²loss/∂z²
//	R{δ′} = (V δ + W R{δ}) ⊙ σ′ + (W δ) ⊙ σ″ ⊙ R{z′}          backward
//	Hv = R{a′} ⊗ δ + a′ ⊗ R{δ} for W, and R{δ} for b
func (m *network) HessVecOn(batch []int, x, v, hv []float64) {
	s := &m.data.Train
	m.load(x)
	for i := range m.layers {
		l := &m.layers[i]
		w, _ := l.weights(v)
		l.v.set(w)
	}
	m.begin(hv)
	for from := 0; from < count(s, batch); from += chunk {
		a, n := m.take(s, batch, from)
		m.forward(a, n, true, true)
		m.forwardR(v, a, n)
		m.judge(s, batch, from, n)
		last := m.last()
		for t := range n {
			i := from + t
			if batch != nil {
				i = batch[i]
			}
			row := func(a []float64) []float64 { return a[t*last.out : (t+1)*last.out] }
			m.head.bend(s, i, row(last.delta), row(last.rdelta))
		}
		for i := len(m.layers) - 1; i >= 0; i-- {
			m.addProduct(i, hv, a, n)
			m.backR(i, n)
		}
	}
	m.end(hv, float64(m.size(batch)))
}

// forwardR computes R{a} of all layers, and σ″ ⊙ R{z} where σ″ is.
func (m *network) forwardR(v, x0 []float64, n int) {
	for i := range m.layers {
		l := &m.layers[i]
		_, vb := l.weights(v)
		rz := l.ra[:n*l.out]
		for t := range n {
			copy(rz[t*l.out:(t+1)*l.out], vb)
		}
		l.v.times(rz, m.inputs(i, x0), n)
		if i > 0 {
			l.w.times(rz, m.layers[i-1].ra, n)
		}
		if i < len(m.layers)-1 {
			floats.Mul(l.bend[:n*l.out], rz)
			floats.Mul(rz, l.slope[:n*l.out])
		}
	}
}

// addProduct adds the part of Hv that belongs to layer i, given its δ and R{δ}.
func (m *network) addProduct(i int, hv, x0 []float64, n int) {
	l := &m.layers[i]
	_, gb := l.weights(hv)
	for t := range n {
		floats.Add(gb, l.rdelta[t*l.out:(t+1)*l.out])
	}
	l.g.outer(m.inputs(i, x0), l.rdelta, n)
	if i > 0 {
		l.g.outer(m.layers[i-1].ra, l.delta, n)
	}
}

// backR computes δ and R{δ} of the layer before layer i, if there is one.
func (m *network) backR(i, n int) {
	if i == 0 {
		return
	}
	l, before := &m.layers[i], &m.layers[i-1]
	size := n * before.out
	d, r, slope, bend := before.delta[:size], before.rdelta[:size], before.slope[:size], before.bend[:size]
	clear(d)
	clear(r)
	l.w.back(d, l.delta, n)
	l.v.back(r, l.delta, n)
	l.w.back(r, l.rdelta, n)
	for k := range d {
		r[k] = r[k]*slope[k] + d[k]*bend[k]
		d[k] *= slope[k]
	}
}
