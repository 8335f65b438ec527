package problems

import (
	"opttui/internal/dataset"
	"opttui/internal/kernel"
)

// chunk is how many samples go through the layers at a time: what is computed from them stays in the cache until it is
// used, and scratch memory does not grow with the minibatch.
const chunk = 64

// Precision is what the layers of a network are computed with.
type Precision int

const (
	// Double is float64.
	Double Precision = iota
	// Single is float32, twice as many of which are computed with at a time.
	Single
)

// precisions are their names as choices of a knob.
var precisions = []string{"float64", "float32"}

// net computes with the layers of a network in numbers of type T. Outside of it, all numbers are float64, and the head
// computes with these, too.
//
// The outputs are z = a Wₗ + bₗ in the last layer l and a = σ(z), z = a′ W + b, from the outputs a′ of the layer before,
// in the others (a′ = x in the first). With δ = ∂loss/∂z, which the head gives in the last layer, the gradient with
// respect to W is a′ ⊗ δ, that with respect to b is δ, and the layer before has δ′ = Wδ ⊙ σ′(z′): back-propagation
// (Rumelhart, Hinton & Williams 1986).
type net[T kernel.Float] struct {
	of     *network
	layers []layer[T]
	kernel.Multiplier[T]

	// Scratch memory.
	x, one []T       // the features of a chunk, chunk × features; 1
	z, rz  []float64 // the outputs of a chunk, and then δ; R{z}, and then R{δ}
	// Copies of parameters and of a direction, and a gradient, where they are not float64.
	theta, direction, sum []T
}

// layer is one weight matrix with its bias, and scratch for a chunk of samples (chunk × out each).
type layer[T kernel.Float] struct {
	shape
	w, v  kernel.Matrix[T] // W, and the part V of a direction; never written
	b, vb []T              // the bias, and its part of the direction; likewise

	a     []T // the outputs: σ(z), and z in the last layer
	slope []T // σ′(z)
	delta []T // δ

	// For Hessian–vector products; R{} is the derivative along the direction.
	bend   []T // σ″(z), then σ″(z) ⊙ R{z}
	ra     []T // R{a}
	rdelta []T // R{δ}
}

func newNet[T kernel.Float](m *network) net[T] {
	outputs := chunk * m.head.outputs()
	n := net[T]{
		of: m, x: make([]T, chunk*m.shapes[0].in), one: []T{1},
		z: make([]float64, outputs), rz: make([]float64, outputs),
	}
	for i, s := range m.shapes {
		scratch := func() []T { return make([]T, chunk*s.out) }
		l := layer[T]{shape: s, a: scratch(), delta: scratch(), ra: scratch(), rdelta: scratch()}
		if i < len(m.shapes)-1 {
			l.slope, l.bend = scratch(), scratch()
		}
		n.layers = append(n.layers, l)
	}
	if _, same := as[T](nil); !same {
		n.theta, n.direction, n.sum = make([]T, m.dim), make([]T, m.dim), make([]T, m.dim)
	}
	return n
}

// as returns x if its numbers are of type T.
func as[T kernel.Float](x []float64) (same []T, ok bool) {
	p, ok := any(&x).(*[]T)
	if !ok {
		return nil, false
	}
	return *p, true
}

// in returns x in numbers of type T: x itself, or a copy in own.
func in[T kernel.Float](own []T, x []float64) []T {
	if same, ok := as[T](x); ok {
		return same
	}
	kernel.Convert(own[:len(x)], x)
	return own[:len(x)]
}

func (m *net[T]) last() *layer[T] { return &m.layers[len(m.layers)-1] }

// load takes the weights out of the parameters.
func (m *net[T]) load(x []float64) {
	theta := in(m.theta, x)
	for i := range m.layers {
		l := &m.layers[i]
		w, b := layerOf(l.shape, theta)
		l.w, l.b = kernel.Dense(w, l.in, l.out), b
	}
}

// take returns the features of the samples of the chunk that begins at from.
func (m *net[T]) take(s *dataset.Samples, batch []int, from int) kernel.Matrix[T] {
	d := m.layers[0].in
	n := min(chunk, count(s, batch)-from)
	if batch == nil {
		return kernel.Dense(in(m.x, s.X[from*d:(from+n)*d]), n, d)
	}
	for t, i := range batch[from : from+n] {
		kernel.Convert(m.x[t*d:(t+1)*d], s.X[i*d:(i+1)*d])
	}
	return kernel.Dense(m.x, n, d)
}

// forward computes the outputs of all layers for samples with the features x0, with σ′ and σ″ where they are wanted.
func (m *net[T]) forward(x0 kernel.Matrix[T], slopes, bends bool) {
	n := x0.Rows
	for i := range m.layers {
		l := &m.layers[i]
		z := kernel.Dense(l.a, n, l.out)
		m.Multiply(z, kernel.Repeat(l.b, n), m.inputs(i, x0), l.w)
		if i == len(m.layers)-1 {
			return
		}
		var slope, bend []T
		if slopes {
			slope = l.slope[:n*l.out]
		}
		if bends {
			bend = l.bend[:n*l.out]
		}
		activate(m.of.act(), z.Data, slope, bend)
	}
}

// inputs are those of layer i, where x0 are those of the network.
func (m *net[T]) inputs(i int, x0 kernel.Matrix[T]) kernel.Matrix[T] {
	if i == 0 {
		return x0
	}
	before := &m.layers[i-1]
	return kernel.Dense(before.a, x0.Rows, before.out)
}

// sample is the number of the one at place t of a chunk.
func sample(batch []int, from, t int) int {
	if batch == nil {
		return from + t
	}
	return batch[from+t]
}

// judge returns the sum of the losses of the n samples of a chunk, and how many of them are classified right, and leaves δ
// in z.
func (m *net[T]) judge(s *dataset.Samples, batch []int, from, n int) (sum float64, hits int) {
	l := m.last()
	kernel.Convert(m.z[:n*l.out], l.a[:n*l.out])
	for t := range n {
		loss, hit := m.of.head.loss(s, sample(batch, from, t), m.z[t*l.out:(t+1)*l.out])
		sum += loss
		if hit {
			hits++
		}
	}
	return sum, hits
}

func (m *net[T]) losses(s *dataset.Samples, batch []int, x []float64) (sum float64, hits int) {
	m.load(x)
	for from := 0; from < count(s, batch); from += chunk {
		x0 := m.take(s, batch, from)
		m.forward(x0, false, false)
		l, h := m.judge(s, batch, from, x0.Rows)
		sum += l
		hits += h
	}
	return sum, hits
}

func (m *net[T]) gradient(batch []int, x, g []float64) (sum float64) {
	s := &m.of.data.Train
	share := 1 / float64(m.of.size(batch)) // of a sample in the mean
	m.load(x)
	to := m.begin(g)
	for from := 0; from < count(s, batch); from += chunk {
		x0 := m.take(s, batch, from)
		m.forward(x0, true, false)
		l, _ := m.judge(s, batch, from, x0.Rows)
		sum += l
		scale(m.last().delta, share, m.z[:x0.Rows*m.last().out])
		for i := len(m.layers) - 1; i >= 0; i-- {
			m.addGradient(i, to, x0, from == 0)
			m.back(i, x0.Rows)
		}
	}
	m.end(g, to)
	return sum
}

// scale writes factor times the numbers in from, where they are those of the head.
func scale[T kernel.Float](to []T, factor float64, from []float64) {
	for i, v := range from {
		to[i] = T(factor * v)
	}
}

// begin returns where the gradient g is to be computed, and end brings it to g.
func (m *net[T]) begin(g []float64) []T {
	if same, ok := as[T](g); ok {
		return same
	}
	return m.sum
}

func (m *net[T]) end(g []float64, sum []T) {
	if _, same := as[T](g); !same {
		kernel.Convert(g, sum)
	}
}

// addGradient adds the gradient with respect to layer i for samples with the features x0, given its δ, or begins with it.
func (m *net[T]) addGradient(i int, g []T, x0 kernel.Matrix[T], first bool) {
	l := &m.layers[i]
	m.addOuter(l, g, m.inputs(i, x0), l.delta, first)
	m.addRows(l, g, l.delta, x0.Rows, first)
}

// addOuter adds aᵀd to the part of the gradient for W, or begins with it.
func (m *net[T]) addOuter(l *layer[T], g []T, a kernel.Matrix[T], d []T, first bool) {
	w, _ := layerOf(l.shape, g)
	m.add(kernel.Dense(w, l.in, l.out), a.T(), kernel.Dense(d, a.Rows, l.out), first)
}

// addRows adds the n rows of d to the part of the gradient for the bias, or begins with them.
func (m *net[T]) addRows(l *layer[T], g []T, d []T, n int, first bool) {
	_, b := layerOf(l.shape, g)
	ones := kernel.Matrix[T]{Data: m.one, Rows: 1, Cols: n}
	m.add(kernel.Dense(b, 1, l.out), ones, kernel.Dense(d, n, l.out), first)
}

// add adds ab to c, or begins with it.
func (m *net[T]) add(c, a, b kernel.Matrix[T], first bool) {
	from := c
	if first {
		from.Data = nil
	}
	m.Multiply(c, from, a, b)
}

// back computes δ of the layer before layer i, if there is one, for n samples.
func (m *net[T]) back(i, n int) {
	if i == 0 {
		return
	}
	l, before := &m.layers[i], &m.layers[i-1]
	d := kernel.Dense(before.delta, n, before.out)
	m.Multiply(d, kernel.Matrix[T]{}, kernel.Dense(l.delta, n, l.out), l.w.T())
	kernel.Mul(d.Data, before.slope[:n*before.out])
}

func (m *net[T]) outputs(x, z []float64) {
	s := &m.of.data.Train
	m.load(x)
	for from := 0; from < s.Len(); from += chunk {
		x0 := m.take(s, nil, from)
		m.forward(x0, false, false)
		kernel.Convert(z[from:from+x0.Rows], m.last().a[:x0.Rows])
	}
}

// jacobian goes back through the network with δ = factor and keeps the samples apart.
func (m *net[T]) jacobian(factor float64, x, j []float64) {
	s := &m.of.data.Train
	m.load(x)
	for from := 0; from < s.Len(); from += chunk {
		x0 := m.take(s, nil, from)
		m.forward(x0, true, false)
		for t := range x0.Rows {
			m.last().delta[t] = T(factor)
		}
		for i := len(m.layers) - 1; i >= 0; i-- {
			m.jacobianRows(i, j[from*m.of.dim:], m.inputs(i, x0))
			m.back(i, x0.Rows)
		}
	}
}

// jacobianRows writes what belongs to layer i with the inputs a, in as many rows.
func (m *net[T]) jacobianRows(i int, j []float64, a kernel.Matrix[T]) {
	l := &m.layers[i]
	for t := range a.Rows {
		w, b := layerOf(l.shape, j[t*m.of.dim:(t+1)*m.of.dim])
		delta := l.delta[t*l.out : (t+1)*l.out]
		kernel.Convert(b, delta)
		for k, v := range a.Data[t*l.in : (t+1)*l.in] {
			for o, d := range delta {
				w[k*l.out+o] = float64(v * d)
			}
		}
	}
}
