package problems

import (
	"math/rand/v2"
	"strconv"

	"gonum.org/v1/gonum/floats"

	"opttui/internal/dataset"
	"opttui/internal/knob"
)

// chunk is how many samples go through the layers at a time: a row of weights then serves them all while it is
// at hand, and scratch memory does not grow with the minibatch.
const chunk = 64

// network has fully connected layers with a loss at the end. Linear models are networks without hidden layers.
//
// The outputs are z = a Wₗ + bₗ in the last layer l and a = σ(z), z = a′ W + b, from the outputs a′ of the layer before,
// in the others (a′ = x in the first). With δ = ∂loss/∂z, which the head gives in the last layer, the gradient with
// respect to W is a′ ⊗ δ, that with respect to b is δ, and the layer before has δ′ = Wδ ⊙ σ′(z′): back-propagation
// (Rumelhart, Hinton & Williams 1986).
type network struct {
	data   *dataset.Dataset
	head   head
	dim    int
	layers []layer
	x      []float64 // scratch: the features of a chunk of a minibatch, chunk × features

	usual      Activation // the default
	activation float64    // Activation, as a knob holds it
	init       float64    // Initialization, likewise
}

// layer is one weight matrix with its bias, and scratch for a chunk of samples (chunk × out each).
type layer struct {
	in, out int
	at      int // where W (in × out) begins in the parameters; b follows
	w, v, g matrix
	b       []float64 // the bias; never written
	a       []float64 // the outputs: σ(z), and z in the last layer
	slope   []float64 // σ′(z)
	delta   []float64 // δ; in the last layer it takes the place of z

	// For Hessian–vector products; R{} is the derivative along the vector.
	bend   []float64 // σ″(z), then σ″(z) ⊙ R{z}
	ra     []float64 // R{a}
	rdelta []float64 // R{δ}; in the last layer it takes the place of R{z}
}

// newNetwork returns a network with hidden layers of the given sizes, none for a linear model.
func newNetwork(d *dataset.Dataset, h head, hidden []int, act Activation) *network {
	m := &network{data: d, head: h, usual: act, activation: float64(act), x: make([]float64, chunk*len(d.Features))}
	in := len(d.Features)
	for i, out := range append(hidden[:len(hidden):len(hidden)], h.outputs()) {
		scratch := func() []float64 { return make([]float64, chunk*out) }
		l := layer{in: in, out: out, at: m.dim, w: newMatrix(in, out), v: newMatrix(in, out), g: newMatrix(in, out), a: scratch(), ra: scratch()}
		if i == len(hidden) {
			l.delta, l.rdelta = l.a, l.ra
		} else {
			l.slope, l.delta, l.bend, l.rdelta = scratch(), scratch(), scratch(), scratch()
		}
		m.layers = append(m.layers, l)
		m.dim += (in + 1) * out
		in = out
	}
	return m
}

// weights returns W and b out of the parameters, or their part of a gradient.
func (l *layer) weights(x []float64) (w, b []float64) {
	n := l.at + l.in*l.out
	return x[l.at:n], x[n : n+l.out]
}

func (m *network) Dim() int        { return m.dim }
func (m *network) Measure() string { return m.head.measure() }
func (m *network) Samples() int    { return m.data.Train.Len() }
func (m *network) last() *layer    { return &m.layers[len(m.layers)-1] }
func (m *network) act() Activation { return Activation(m.activation) }

// Knobs are those of the hidden units.
func (m *network) Knobs() []knob.Knob {
	if len(m.layers) == 1 {
		return nil
	}
	start := knob.Enum("init", "", "Random weights at the start: glorot (uniform, for tanh), he (normal, for relu and gelu), or auto: the one for the activation.", int(Auto), initializations...)
	start.Restart = true
	return []knob.Knob{
		knob.Enum("activation", "σ", "The non-linearity of the hidden units.", int(m.usual), activations...).Bind(&m.activation),
		start.Bind(&m.init),
	}
}

func (m *network) Clone() Problem { return m.clone() }

func (m *network) clone() *network {
	var hidden []int
	for _, l := range m.layers[:len(m.layers)-1] {
		hidden = append(hidden, l.out)
	}
	c := newNetwork(m.data, m.head, hidden, m.usual)
	c.activation, c.init = m.activation, m.init
	return c
}

// Start returns random weights, and biases of zero; without hidden layers all zero.
func (m *network) Start(seed uint64) []float64 {
	x := make([]float64, m.dim)
	if len(m.layers) == 1 {
		return x
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	for i := range m.layers {
		l := &m.layers[i]
		w, _ := l.weights(x)
		for k := range w {
			w[k] = Initialization(m.init).draw(rng, m.act(), l.in, l.out)
		}
	}
	return x
}

func (m *network) Blocks() []Block {
	var bs []Block
	for i, l := range m.layers {
		number := strconv.Itoa(i + 1)
		if len(m.layers) == 1 {
			number = ""
		}
		bs = append(bs,
			Block{Name: "W" + number, Offset: l.at, Rows: l.in, Cols: l.out},
			Block{Name: "b" + number, Offset: l.at + l.in*l.out, Rows: 1, Cols: l.out})
	}
	return bs
}

// mostPictures is how many hidden units are shown.
const mostPictures = 10

// Pictures are the weights of the units of the first layer where the samples are images.
func (m *network) Pictures() []Picture {
	w, h, first := m.data.Image[0], m.data.Image[1], m.layers[0].out
	if w*h == 0 {
		return nil
	}
	shown := first
	if len(m.layers) > 1 {
		shown = min(first, mostPictures)
	}
	var ps []Picture
	for j := range shown {
		ps = append(ps, Picture{Name: m.unit(j), W: w, H: h, Offset: j, Stride: first})
	}
	return ps
}

// unit names unit j of the first layer. That of a model without hidden layers speaks for a class, or for the number.
func (m *network) unit(j int) string {
	classes := m.data.Classes
	switch {
	case len(m.layers) > 1:
		return "unit " + strconv.Itoa(j+1)
	case classes == nil:
		return m.data.Target
	default:
		return classes[len(classes)-m.layers[0].out+j] // the second of two has the only unit of logistic regression
	}
}

func (m *network) Value(x []float64) float64       { return m.ValueOn(nil, x) }
func (m *network) Gradient(x, g []float64) float64 { return m.GradientOn(nil, x, g) }
func (m *network) HessVec(x, v, hv []float64)      { m.HessVecOn(nil, x, v, hv) }

func (m *network) ValueOn(batch []int, x []float64) float64 {
	sum, _ := m.losses(&m.data.Train, batch, x)
	return sum / float64(m.size(batch))
}

func (m *network) Score(x []float64) Score {
	var s Score
	s.TrainLoss, s.TrainAccuracy = m.score(&m.data.Train, x)
	s.TestLoss, s.TestAccuracy = m.score(&m.data.Test, x)
	return s
}

// score returns the mean loss and its measure; NaN for no samples.
func (m *network) score(s *dataset.Samples, x []float64) (loss, quality float64) {
	sum, hits := m.losses(s, nil, x)
	loss = sum / float64(s.Len())
	return loss, m.head.quality(s, loss, hits)
}

// size is the number of samples in the batch; nil stands for all.
func (m *network) size(batch []int) int {
	if batch == nil {
		return m.Samples()
	}
	return len(batch)
}

// losses returns the sum of the losses over the samples of the batch, of which nil takes all, and how many of them
// are classified right.
func (m *network) losses(s *dataset.Samples, batch []int, x []float64) (sum float64, hits int) {
	m.load(x)
	for from := 0; from < count(s, batch); from += chunk {
		a, n := m.take(s, batch, from)
		m.forward(a, n, false, false)
		l, h := m.judge(s, batch, from, n)
		sum += l
		hits += h
	}
	return sum, hits
}

func (m *network) GradientOn(batch []int, x, g []float64) float64 {
	s, sum := &m.data.Train, 0.0
	m.load(x)
	m.begin(g)
	for from := 0; from < count(s, batch); from += chunk {
		a, n := m.take(s, batch, from)
		m.forward(a, n, true, false)
		l, _ := m.judge(s, batch, from, n)
		sum += l
		for i := len(m.layers) - 1; i >= 0; i-- {
			m.addGradient(i, g, a, n)
			m.back(i, n)
		}
	}
	n := float64(m.size(batch))
	m.end(g, n)
	return sum / n
}

// count is the number of samples in the batch; nil stands for all of s.
func count(s *dataset.Samples, batch []int) int {
	if batch == nil {
		return s.Len()
	}
	return len(batch)
}

// take returns the features of the n samples of the chunk that begins at from.
func (m *network) take(s *dataset.Samples, batch []int, from int) (a []float64, n int) {
	d := len(m.data.Features)
	n = min(chunk, count(s, batch)-from)
	if batch == nil {
		return s.X[from*d : (from+n)*d], n
	}
	for t, i := range batch[from : from+n] {
		copy(m.x[t*d:(t+1)*d], s.X[i*d:(i+1)*d])
	}
	return m.x[:n*d], n
}

// load takes the weights out of the parameters.
func (m *network) load(x []float64) {
	for i := range m.layers {
		l := &m.layers[i]
		w, b := l.weights(x)
		l.w.set(w)
		l.b = b
	}
}

// begin makes g a sum, of which end makes a mean of n.
func (m *network) begin(g []float64) {
	clear(g)
	for i := range m.layers {
		l := &m.layers[i]
		w, _ := l.weights(g)
		l.g.begin(w)
	}
}

func (m *network) end(g []float64, n float64) {
	for i := range m.layers {
		l := &m.layers[i]
		w, _ := l.weights(g)
		l.g.end(w)
	}
	for i := range g {
		g[i] /= n
	}
}

// forward computes the outputs of all layers for n samples with the features a, with σ′ and σ″ where they are wanted.
func (m *network) forward(a []float64, n int, slopes, bends bool) {
	for i := range m.layers {
		l := &m.layers[i]
		z := l.a[:n*l.out]
		for t := range n {
			copy(z[t*l.out:(t+1)*l.out], l.b)
		}
		l.w.times(z, a, n)
		if i == len(m.layers)-1 {
			return
		}
		var slope, bend []float64
		if slopes {
			slope = l.slope[:n*l.out]
		}
		if bends {
			bend = l.bend[:n*l.out]
		}
		m.act().apply(z, slope, bend)
		a = z
	}
}

// judge returns the sum of the losses of a chunk, and how many of its samples are classified right, and leaves δ.
func (m *network) judge(s *dataset.Samples, batch []int, from, n int) (sum float64, hits int) {
	l := m.last()
	for t := range n {
		i := from + t
		if batch != nil {
			i = batch[i]
		}
		loss, hit := m.head.loss(s, i, l.a[t*l.out:(t+1)*l.out])
		sum += loss
		if hit {
			hits++
		}
	}
	return sum, hits
}

// addGradient adds the gradient with respect to layer i for the n samples with the features x0, given its δ.
func (m *network) addGradient(i int, g, x0 []float64, n int) {
	l := &m.layers[i]
	_, gb := l.weights(g)
	for t := range n {
		floats.Add(gb, l.delta[t*l.out:(t+1)*l.out])
	}
	l.g.outer(m.inputs(i, x0), l.delta, n)
}

// inputs are those of layer i, where x0 are those of the network.
func (m *network) inputs(i int, x0 []float64) []float64 {
	if i == 0 {
		return x0
	}
	return m.layers[i-1].a
}

// back computes δ of the layer before layer i, if there is one.
func (m *network) back(i, n int) {
	if i == 0 {
		return
	}
	before := &m.layers[i-1]
	d := before.delta[:n*before.out]
	clear(d)
	m.layers[i].w.back(d, m.layers[i].delta, n)
	floats.Mul(d, before.slope[:n*before.out])
}
