package problems

import "opttui/internal/kernel"

// hessVec is the R-operator (Pearlmutter 1994), the derivative R{} of the gradient along v, for W along V:
//
//	R{z} = R{a′} W + a′ V + v_b,  R{a} = σ′ ⊙ R{z}          forward, R{x} = 0
//	R{δ} = B R{z} in the last layer, with the head's B = ∂²loss/∂z²
//	R{δ′} = (V δ + W R{δ}) ⊙ σ′ + (W δ) ⊙ σ″ ⊙ R{z′}          backward
//	Hv = R{a′} ⊗ δ + a′ ⊗ R{δ} for W, and R{δ} for b
func (m *net[T]) hessVec(batch []int, x, v, hv []float64) {
	s := &m.of.data.Train
	share := 1 / float64(m.of.size(batch))
	m.load(x)
	m.direct(v)
	to := m.begin(hv)
	for from := 0; from < count(s, batch); from += chunk {
		x0 := m.take(s, batch, from)
		n, last := x0.Rows, m.last()
		m.forward(x0, true, true)
		m.forwardR(x0)
		m.judge(s, batch, from, n)
		kernel.Convert(m.rz[:n*last.out], last.ra[:n*last.out])
		for t := range n {
			row := func(a []float64) []float64 { return a[t*last.out : (t+1)*last.out] }
			m.of.head.bend(s, sample(batch, from, t), row(m.z), row(m.rz))
		}
		scale(last.delta, share, m.z[:n*last.out])
		scale(last.rdelta, share, m.rz[:n*last.out])
		for i := len(m.layers) - 1; i >= 0; i-- {
			m.addProduct(i, to, x0, from == 0)
			m.backR(i, n)
		}
	}
	m.end(hv, to)
}

// direct takes V out of the direction.
func (m *net[T]) direct(v []float64) {
	direction := in(m.direction, v)
	for i := range m.layers {
		l := &m.layers[i]
		w, b := layerOf(l.shape, direction)
		l.v, l.vb = kernel.Dense(w, l.in, l.out), b
	}
}

// forwardR computes R{a} of all layers, and σ″ ⊙ R{z} where σ″ is, for samples with the features x0.
func (m *net[T]) forwardR(x0 kernel.Matrix[T]) {
	n := x0.Rows
	for i := range m.layers {
		l := &m.layers[i]
		rz := kernel.Dense(l.ra, n, l.out)
		m.Multiply(rz, kernel.Repeat(l.vb, n), m.inputs(i, x0), l.v)
		if i > 0 {
			m.Multiply(rz, rz, kernel.Dense(m.layers[i-1].ra, n, l.in), l.w)
		}
		if i < len(m.layers)-1 {
			kernel.Mul(l.bend[:n*l.out], rz.Data)
			kernel.Mul(rz.Data, l.slope[:n*l.out])
		}
	}
}

// addProduct adds the part of Hv that belongs to layer i, given its δ and R{δ}, or begins with it.
func (m *net[T]) addProduct(i int, hv []T, x0 kernel.Matrix[T], first bool) {
	l, n := &m.layers[i], x0.Rows
	m.addRows(l, hv, l.rdelta, n, first)
	m.addOuter(l, hv, m.inputs(i, x0), l.rdelta, first)
	if i > 0 {
		m.addOuter(l, hv, kernel.Dense(m.layers[i-1].ra, n, l.in), l.delta, false)
	}
}

// backR computes δ and R{δ} of the layer before layer i, if there is one, for n samples.
func (m *net[T]) backR(i, n int) {
	if i == 0 {
		return
	}
	l, before := &m.layers[i], &m.layers[i-1]
	size := n * before.out
	d, r := kernel.Dense(before.delta, n, l.in), kernel.Dense(before.rdelta, n, l.in)
	delta, rdelta := kernel.Dense(l.delta, n, l.out), kernel.Dense(l.rdelta, n, l.out)
	m.Multiply(d, kernel.Matrix[T]{}, delta, l.w.T())
	m.Multiply(r, kernel.Matrix[T]{}, delta, l.v.T())
	m.Multiply(r, r, rdelta, l.w.T())
	slope, bend := before.slope[:size], before.bend[:size]
	for k, v := range d.Data {
		r.Data[k] = r.Data[k]*slope[k] + v*bend[k]
		d.Data[k] = v * slope[k]
	}
}
