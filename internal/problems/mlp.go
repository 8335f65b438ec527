package problems

import (
	"math"
	"math/rand/v2"
	"strconv"

	"gonum.org/v1/gonum/floats"

	"opttui/internal/dataset"
	"opttui/internal/knob"
)

func init() {
	RegisterFamily(Family{
		Name: "mlp", Title: "neural network", Kind: "not convex",
		Formula: "−(1/m) Σᵢ ln softmax(tanh(xᵢ W1 + b1) W2 + b2)[yᵢ]",
		Source:  "Goodfellow, Bengio & Courville 2016, ch. 6; start: Glorot & Bengio 2010, eq. 16",
		Sizes:   "the units of 1 to 3 hidden layers", Default: []int{32}, Most: 3,
		For: classesOnly,
		New: func(d *dataset.Dataset, sizes []int) Problem { return MLP(d, sizes, Tanh) },
	})
}

// MLP returns the classifier with fully connected hidden layers of the given sizes on the data. Its parameters
// are W1 (features × first hidden layer) row by row, b1, W2, b2, … They start at random, except the biases,
// which start at zero.
func MLP(d *dataset.Dataset, hidden []int, act Activation) Problem {
	m := &mlp{data: d, act: act, x: make([]float64, chunk*len(d.Features))}
	in := len(d.Features)
	for _, out := range append(hidden[:len(hidden):len(hidden)], len(d.Classes)) {
		m.layers = append(m.layers, layer{
			in: in, out: out, at: m.dim,
			a: make([]float64, chunk*out), slope: make([]float64, chunk*out), delta: make([]float64, chunk*out),
		})
		m.dim += (in + 1) * out
		in = out
	}
	return m
}

// chunk is how many samples go through the layers at a time: a row of weights then serves them all while it is
// at hand, and scratch memory does not grow with the minibatch.
const chunk = 64

// mlp has the loss −ln softmax(z)[y] per sample with z = a Wₗ + bₗ in the last layer l and a = σ(a′ W + b), from
// the outputs a′ of the layer before, in the others (a′ = x in the first). With δ = ∂loss/∂z, which is
// softmax(z) − e_y in the last layer, the gradient with respect to W is a′ ⊗ δ, that with respect to b is δ, and
// the layer before has δ′ = Wδ ⊙ σ′(z′): back-propagation (Rumelhart, Hinton & Williams 1986).
type mlp struct {
	data   *dataset.Dataset
	act    Activation
	dim    int
	layers []layer
	x      []float64 // scratch: the features of a chunk of a minibatch, chunk × features
}

// layer is one weight matrix with its bias, and scratch for a chunk of samples (chunk × out each).
type layer struct {
	in, out int
	at      int       // where W (in × out) begins in the parameters; b follows
	a       []float64 // the outputs: σ(z), and z in the last layer
	slope   []float64 // σ′(z)
	delta   []float64 // δ
}

// weights returns W and b out of the parameters, or their part of a gradient.
func (l *layer) weights(x []float64) (w, b []float64) {
	n := l.at + l.in*l.out
	return x[l.at:n], x[n : n+l.out]
}

func (m *mlp) Dim() int           { return m.dim }
func (m *mlp) Knobs() []knob.Knob { return nil }
func (m *mlp) Measure() string    { return "accuracy" }
func (m *mlp) Samples() int       { return m.data.Train.Len() }

func (m *mlp) Clone() Problem {
	var hidden []int
	for _, l := range m.layers[:len(m.layers)-1] {
		hidden = append(hidden, l.out)
	}
	return MLP(m.data, hidden, m.act)
}

func (m *mlp) Start(seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 0))
	x := make([]float64, m.dim)
	for _, l := range m.layers {
		w, _ := l.weights(x)
		for i := range w {
			w[i] = m.act.initial(rng, l.in, l.out)
		}
	}
	return x
}

func (m *mlp) Blocks() []Block {
	var bs []Block
	for i, l := range m.layers {
		number := strconv.Itoa(i + 1)
		bs = append(bs,
			Block{Name: "W" + number, Offset: l.at, Rows: l.in, Cols: l.out},
			Block{Name: "b" + number, Offset: l.at + l.in*l.out, Rows: 1, Cols: l.out})
	}
	return bs
}

// mostPictures is how many units of the first layer are shown.
const mostPictures = 10

// Pictures are the weights of the first units where the samples are images.
func (m *mlp) Pictures() []Picture {
	w, h, first := m.data.Image[0], m.data.Image[1], m.layers[0].out
	if w*h == 0 {
		return nil
	}
	var ps []Picture
	for j := range min(first, mostPictures) {
		ps = append(ps, Picture{Name: "unit " + strconv.Itoa(j+1), W: w, H: h, Offset: j, Stride: first})
	}
	return ps
}

func (m *mlp) Value(x []float64) float64       { return m.ValueOn(nil, x) }
func (m *mlp) Gradient(x, g []float64) float64 { return m.GradientOn(nil, x, g) }

func (m *mlp) ValueOn(batch []int, x []float64) float64 {
	sum, _ := m.pass(m.data.Train, batch, x, nil)
	return sum / float64(m.size(batch))
}

func (m *mlp) GradientOn(batch []int, x, g []float64) float64 {
	clear(g)
	sum, _ := m.pass(m.data.Train, batch, x, g)
	n := float64(m.size(batch))
	for i := range g {
		g[i] /= n
	}
	return sum / n
}

func (m *mlp) Score(x []float64) Score {
	mean := func(s dataset.Samples) (loss, accuracy float64) { // NaN for no samples
		sum, hits := m.pass(s, nil, x, nil)
		return sum / float64(s.Len()), float64(hits) / float64(s.Len())
	}
	var s Score
	s.TrainLoss, s.TrainAccuracy = mean(m.data.Train)
	s.TestLoss, s.TestAccuracy = mean(m.data.Test)
	return s
}

// size is the number of samples in the batch; nil stands for all.
func (m *mlp) size(batch []int) int {
	if batch == nil {
		return m.Samples()
	}
	return len(batch)
}

// pass returns the sum of the losses over the samples of the batch, of which nil takes all, and how many of them
// are classified right. Unless g is nil it adds the sum of the gradients to g.
func (m *mlp) pass(s dataset.Samples, batch []int, x, g []float64) (sum float64, hits int) {
	d, last := len(m.data.Features), &m.layers[len(m.layers)-1]
	n := len(batch)
	if batch == nil {
		n = s.Len()
	}
	for from := 0; from < n; from += chunk {
		to := min(from+chunk, n)
		var a []float64 // the features of this chunk
		if batch == nil {
			a = s.X[from*d : to*d]
		} else {
			a = m.x[:(to-from)*d]
			for t, i := range batch[from:to] {
				copy(a[t*d:(t+1)*d], s.Row(i))
			}
		}
		m.forward(x, a, to-from, g != nil)
		for t := range to - from {
			i := from + t
			if batch != nil {
				i = batch[i]
			}
			// The logits are the bias of a softmax regression without features; it leaves softmax(z) in their place.
			p := last.a[t*last.out : (t+1)*last.out]
			head := softmax{z: p}
			loss, hit := head.sample(nil, p, s.Y[i])
			sum += loss
			if hit {
				hits++
			}
			copy(last.delta[t*last.out:], p)
			last.delta[t*last.out+s.Y[i]]--
		}
		if g != nil {
			m.backward(x, g, a, to-from)
		}
	}
	return sum, hits
}

// forward computes the outputs of all layers for n samples with the features a, and σ′ where slopes are wanted.
func (m *mlp) forward(x, a []float64, n int, slopes bool) {
	for i := range m.layers {
		l := &m.layers[i]
		w, b := l.weights(x)
		z := l.a[:n*l.out]
		for t := range n {
			copy(z[t*l.out:(t+1)*l.out], b)
		}
		for k := range l.in {
			row := w[k*l.out : (k+1)*l.out]
			for t := range n {
				floats.AddScaled(z[t*l.out:(t+1)*l.out], a[t*l.in+k], row)
			}
		}
		switch {
		case i == len(m.layers)-1:
		case slopes:
			m.act.apply(z, l.slope[:n*l.out])
		default:
			m.act.apply(z, nil)
		}
		a = z
	}
}

// backward adds the gradient of the losses of the n samples with the features x0 to g, given δ in the last layer.
func (m *mlp) backward(x, g, x0 []float64, n int) {
	for i := len(m.layers) - 1; i >= 0; i-- {
		l := &m.layers[i]
		w, _ := l.weights(x)
		gw, gb := l.weights(g)
		a, delta := x0, l.delta
		if i > 0 {
			a = m.layers[i-1].a
		}
		for t := range n {
			floats.Add(gb, delta[t*l.out:(t+1)*l.out])
		}
		for k := range l.in {
			row, grow := w[k*l.out:(k+1)*l.out], gw[k*l.out:(k+1)*l.out]
			for t := range n {
				d := delta[t*l.out : (t+1)*l.out]
				floats.AddScaled(grow, a[t*l.in+k], d)
				if i > 0 {
					before := &m.layers[i-1]
					before.delta[t*l.in+k] = before.slope[t*l.in+k] * floats.Dot(row, d)
				}
			}
		}
	}
}

// Activation is the non-linearity σ of hidden units.
type Activation int

const (
	// Tanh is σ(z) = tanh z.
	Tanh Activation = iota
	// ReLU is σ(z) = max(0, z), with σ′(0) = 0 (Nair & Hinton 2010).
	ReLU
	// GELU is σ(z) = zΦ(z) with the normal distribution function Φ (Hendrycks & Gimpel 2016).
	GELU
)

// apply replaces every z by σ(z) and, unless slope is nil, writes σ′(z) there. NaN stays NaN.
func (act Activation) apply(z, slope []float64) {
	for i, v := range z {
		var s float64
		switch act {
		case Tanh:
			z[i] = math.Tanh(v)
			s = 1 - z[i]*z[i]
		case ReLU:
			if v > 0 {
				s = 1
			}
			z[i] = max(0, v)
		case GELU:
			cdf := math.Erfc(-v/math.Sqrt2) / 2
			z[i] = v * cdf
			if slope != nil {
				s = cdf + v*math.Exp(-v*v/2)/math.Sqrt(2*math.Pi)
			}
		}
		if slope != nil {
			slope[i] = s
		}
	}
}

// initial draws one weight of a layer so that signals and gradients neither grow nor fade from layer to layer:
// uniform in ±√(6/(in+out)) for tanh (Glorot & Bengio 2010), normal with variance 2/in for units that are
// silent on one side (He et al. 2015).
func (act Activation) initial(rng *rand.Rand, in, out int) float64 {
	if act == Tanh {
		return math.Sqrt(6/float64(in+out)) * (2*rng.Float64() - 1)
	}
	return math.Sqrt(2/float64(in)) * rng.NormFloat64()
}
