package problems

import (
	"math/rand/v2"
	"strconv"

	"opttui/internal/dataset"
	"opttui/internal/kernel"
	"opttui/internal/knob"
)

// network has fully connected layers with a loss at the end. Linear models are networks without hidden layers. What is
// computed at a point is computed by a net.
type network struct {
	data   *dataset.Dataset
	head   head
	dim    int
	shapes []shape

	double net[float64]
	single *net[float32] // made when it is first used

	usual      Activation // the default
	activation float64    // Activation, as a knob holds it
	init       float64    // Initialization, likewise
	precision  float64    // Precision, likewise
}

// shape says how large a layer is, and where its weight matrix W (in × out) begins in the parameters; its bias follows.
type shape struct{ in, out, at int }

// layerOf returns W and b out of the parameters, or their part of a gradient.
func layerOf[T kernel.Float](l shape, x []T) (w, b []T) {
	n := l.at + l.in*l.out
	return x[l.at:n], x[n : n+l.out]
}

// newNetwork returns a network with hidden layers of the given sizes, none for a linear model.
func newNetwork(d *dataset.Dataset, h head, hidden []int, act Activation) *network {
	m := &network{data: d, head: h, usual: act, activation: float64(act)}
	in := len(d.Features)
	for _, out := range append(hidden[:len(hidden):len(hidden)], h.outputs()) {
		m.shapes = append(m.shapes, shape{in: in, out: out, at: m.dim})
		m.dim += (in + 1) * out
		in = out
	}
	m.double = newNet[float64](m)
	return m
}

// engine is a net of either precision.
type engine interface {
	// losses returns the sum of the losses over the samples of the batch, of which nil takes all, and how many of them
	// are classified right.
	losses(s *dataset.Samples, batch []int, x []float64) (sum float64, hits int)
	// gradient returns the same sum over training samples, and leaves the gradient of the mean in g.
	gradient(batch []int, x, g []float64) (sum float64)
	// hessVec leaves the Hessian of that mean times v in hv.
	hessVec(batch []int, x, v, hv []float64)
	// outputs leaves the outputs for all training samples in z, and jacobian a row of derivatives for each, times factor, in
	// j; there must be one output.
	outputs(x, z []float64)
	jacobian(factor float64, x, j []float64)
}

// engine returns the net of the precision that is set.
func (m *network) engine() engine {
	if Precision(m.precision) == Double {
		return &m.double
	}
	if m.single == nil {
		single := newNet[float32](m)
		m.single = &single
	}
	return m.single
}

func (m *network) Dim() int        { return m.dim }
func (m *network) Measure() string { return m.head.measure() }
func (m *network) Samples() int    { return m.data.Train.Len() }
func (m *network) act() Activation { return Activation(m.activation) }

// Knobs are those of the hidden units.
func (m *network) Knobs() []knob.Knob {
	if len(m.shapes) == 1 {
		return nil
	}
	start := knob.Enum("init", "", "Random weights at the start: glorot (uniform, for tanh), he (normal, for relu and gelu), or auto: the one for the activation.", int(Auto), initializations...)
	start.Restart = true
	return []knob.Knob{
		knob.Enum("activation", "σ", "The non-linearity of the hidden units.", int(m.usual), activations...).Bind(&m.activation),
		start.Bind(&m.init),
		knob.Enum("precision", "", "The numbers that layers are computed with; parameters and what rules keep are float64 always.", int(Double), precisions...).Bind(&m.precision),
	}
}

func (m *network) Clone() Problem { return m.clone() }

func (m *network) clone() *network {
	var hidden []int
	for _, l := range m.shapes[:len(m.shapes)-1] {
		hidden = append(hidden, l.out)
	}
	c := newNetwork(m.data, m.head, hidden, m.usual)
	c.activation, c.init, c.precision = m.activation, m.init, m.precision
	return c
}

// Start returns random weights, and biases of zero; without hidden layers all zero.
func (m *network) Start(seed uint64) []float64 {
	x := make([]float64, m.dim)
	if len(m.shapes) == 1 {
		return x
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, l := range m.shapes {
		w, _ := layerOf(l, x)
		for k := range w {
			w[k] = Initialization(m.init).draw(rng, m.act(), l.in, l.out)
		}
	}
	return x
}

func (m *network) Blocks() []Block {
	var bs []Block
	for i, l := range m.shapes {
		number := strconv.Itoa(i + 1)
		if len(m.shapes) == 1 {
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
	w, h, first := m.data.Image[0], m.data.Image[1], m.shapes[0].out
	if w*h == 0 {
		return nil
	}
	shown := first
	if len(m.shapes) > 1 {
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
	case len(m.shapes) > 1:
		return "unit " + strconv.Itoa(j+1)
	case classes == nil:
		return m.data.Target
	default:
		return classes[len(classes)-m.shapes[0].out+j] // the second of two has the only unit of logistic regression
	}
}

func (m *network) Value(x []float64) float64       { return m.ValueOn(nil, x) }
func (m *network) Gradient(x, g []float64) float64 { return m.GradientOn(nil, x, g) }
func (m *network) HessVec(x, v, hv []float64)      { m.HessVecOn(nil, x, v, hv) }

func (m *network) ValueOn(batch []int, x []float64) float64 {
	sum, _ := m.engine().losses(&m.data.Train, batch, x)
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
	sum, hits := m.engine().losses(s, nil, x)
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

func (m *network) GradientOn(batch []int, x, g []float64) float64 {
	return m.engine().gradient(batch, x, g) / float64(m.size(batch))
}

// HessVecOn is as in SampledHessVec.
func (m *network) HessVecOn(batch []int, x, v, hv []float64) { m.engine().hessVec(batch, x, v, hv) }

// count is the number of samples in the batch; nil stands for all of s.
func count(s *dataset.Samples, batch []int) int {
	if batch == nil {
		return s.Len()
	}
	return len(batch)
}
