package problems

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"opttui/internal/dataset"
	"opttui/internal/knob"
)

func init() {
	RegisterFamily(Family{
		Name: "softmax", Title: "softmax regression", Kind: "convex",
		Formula: "−(1/m) Σᵢ ln softmax(xᵢ W + b)[yᵢ]",
		Source:  "Bishop 2006, § 4.3.4; Goodfellow, Bengio & Courville 2016, § 6.2.2.3",
		For:     classesOnly,
		New:     func(d *dataset.Dataset, _ []int) Problem { return Softmax(d) },
	})
}

// mostSoftmaxHessian is the number of parameters up to which softmax regression offers its exact Hessian.
const mostSoftmaxHessian = 100

// Softmax returns the multinomial logistic regression on the data. Its parameters are the weights W
// (features × classes) row by row, then the bias b; they start at zero.
func Softmax(d *dataset.Dataset) Problem {
	n := len(d.Features) * len(d.Classes)
	m := softmax{data: d, z: make([]float64, len(d.Classes)), w: make([]float64, n), g: make([]float64, n)}
	if m.Dim() <= mostSoftmaxHessian {
		return &smallSoftmax{m}
	}
	return &m
}

// softmax has the loss −ln p[y] per sample, where p = softmax(z) and z = xW + b. Since ∂loss/∂z = p − e_y, the
// gradient with respect to W is x ⊗ (p − e_y), and that with respect to b is p − e_y.
type softmax struct {
	data *dataset.Dataset
	z    []float64 // scratch: the logits of one sample, then p, then p − e_y

	// The inner loops run along the features, so they work on transposes (classes × features).
	w []float64 // scratch: Wᵀ
	g []float64 // scratch: the gradient with respect to Wᵀ
}

func (m *softmax) Dim() int               { return (len(m.data.Features) + 1) * len(m.z) }
func (m *softmax) Start(uint64) []float64 { return make([]float64, m.Dim()) }
func (m *softmax) Knobs() []knob.Knob     { return nil }
func (m *softmax) Measure() string        { return "accuracy" }
func (m *softmax) Samples() int           { return m.data.Train.Len() }
func (m *softmax) Clone() Problem         { return Softmax(m.data) }

func (m *softmax) Blocks() []Block {
	d, k := len(m.data.Features), len(m.z)
	return []Block{
		{Name: "W", Rows: d, Cols: k},
		{Name: "b", Offset: d * k, Rows: 1, Cols: k},
	}
}

// Pictures are the weights of each class where the samples are images.
func (m *softmax) Pictures() []Picture {
	w, h := m.data.Image[0], m.data.Image[1]
	if w*h == 0 {
		return nil
	}
	var ps []Picture
	for k, name := range m.data.Classes {
		ps = append(ps, Picture{Name: name, W: w, H: h, Offset: k, Stride: len(m.z)})
	}
	return ps
}

func (m *softmax) Value(x []float64) float64       { return m.ValueOn(nil, x) }
func (m *softmax) Gradient(x, g []float64) float64 { return m.GradientOn(nil, x, g) }

func (m *softmax) ValueOn(batch []int, x []float64) float64 {
	b := m.load(x)
	s, sum, n := m.data.Train, 0.0, m.size(batch)
	for i := range n {
		if batch != nil {
			i = batch[i]
		}
		loss, _ := m.sample(s.Row(i), b, s.Y[i])
		sum += loss
	}
	return sum / float64(n)
}

func (m *softmax) GradientOn(batch []int, x, g []float64) float64 {
	b := m.load(x)
	d, gb := len(m.data.Features), g[len(m.w):]
	clear(m.g)
	clear(gb)
	s, sum, n := m.data.Train, 0.0, m.size(batch)
	for i := range n {
		if batch != nil {
			i = batch[i]
		}
		row, y := s.Row(i), s.Y[i]
		loss, _ := m.sample(row, b, y)
		sum += loss
		m.z[y]--
		for k, v := range m.z {
			floats.AddScaled(m.g[k*d:(k+1)*d], v, row)
			gb[k] += v
		}
	}
	transpose(g, m.g, d)
	for i := range g {
		g[i] /= float64(n)
	}
	return sum / float64(n)
}

// load takes the weights out of the parameters and returns the bias.
func (m *softmax) load(x []float64) (b []float64) {
	transpose(m.w, x[:len(m.w)], len(m.z))
	return x[len(m.w):]
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

// size is the number of samples in the batch; nil stands for all.
func (m *softmax) size(batch []int) int {
	if batch == nil {
		return m.Samples()
	}
	return len(batch)
}

func (m *softmax) Score(x []float64) Score {
	b := m.load(x)
	var s Score
	s.TrainLoss, s.TrainAccuracy = m.score(b, m.data.Train)
	s.TestLoss, s.TestAccuracy = m.score(b, m.data.Test)
	return s
}

// score returns the mean loss and the share of samples whose own class is the most probable one; NaN for no
// samples.
func (m *softmax) score(b []float64, s dataset.Samples) (loss, accuracy float64) {
	sum, hits := 0.0, 0
	for i, y := range s.Y {
		l, hit := m.sample(s.Row(i), b, y)
		sum += l
		if hit {
			hits++
		}
	}
	n := float64(s.Len())
	return sum / n, float64(hits) / n
}

// sample leaves the class probabilities p of a sample in m.z. It returns the loss −ln p[y] and whether y is the
// most probable class. The largest logit is taken out of the exponentials, so they do not overflow, and out of
// the sum, so a small loss keeps its digits.
func (m *softmax) sample(row, b []float64, y int) (loss float64, hit bool) {
	z, d, top := m.z, len(row), 0
	for k := range z {
		z[k] = b[k] + floats.Dot(row, m.w[k*d:(k+1)*d])
		if z[k] > z[top] {
			top = k
		}
	}
	most, own, rest := z[top], z[y], 0.0
	for k, v := range z {
		z[k] = math.Exp(v - most)
		if k != top {
			rest += z[k]
		}
	}
	for k := range z {
		z[k] /= 1 + rest
	}
	return math.Log1p(rest) + (most - own), top == y && !math.IsNaN(own)
}

// smallSoftmax is softmax with its exact Hessian, the mean of (x,1)(x,1)ᵀ ⊗ (diag p − ppᵀ).
type smallSoftmax struct{ softmax }

func (m *smallSoftmax) Hessian(x, h []float64) {
	clear(h)
	b, p, n := m.load(x), m.z, m.Dim()
	s := m.data.Train
	with1 := func(row []float64, j int) float64 { // (x,1)[j]
		if j < len(row) {
			return row[j]
		}
		return 1
	}
	for i, y := range s.Y {
		row := s.Row(i)
		m.sample(row, b, y)
		for r := range n {
			xr, pr := with1(row, r/len(p))/float64(s.Len()), p[r%len(p)]
			for c := range r + 1 {
				d := -pr * p[c%len(p)]
				if r%len(p) == c%len(p) {
					d += pr
				}
				h[r*n+c] += xr * with1(row, c/len(p)) * d
			}
		}
	}
	for r := range n {
		for c := range r {
			h[c*n+r] = h[r*n+c]
		}
	}
}
