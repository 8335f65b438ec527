package problems

import (
	"math/rand/v2"
	"strconv"
	"sync"

	"gonum.org/v1/gonum/floats"

	"opttui/internal/dataset"
	"opttui/internal/knob"
)

func init() {
	RegisterFamily(Family{
		Name: "factorization", Title: "matrix factorization", Kind: "not convex, with a saddle at zero, near which it starts",
		Formula: func(int, []int) string { return "(1/2M) Σ over observed ij of (Xᵢⱼ − uᵢ·vⱼ)²" },
		Source:  "Koren, Bell & Volinsky 2009; the saddle: Ge, Lee & Ma 2016, arXiv 1605.07272",
		Sizes:   "the rank (without it 8, or half of the features where they are fewer than 16)",
		Most:    1, Example: "4",
		For: anything, Whole: true,
		New: func(d *dataset.Dataset, sizes []int) Problem {
			rank := max(1, min(8, len(d.Features)/2))
			if sizes != nil {
				rank = sizes[0]
			}
			return Factorization(d, rank)
		},
	})
}

// The entries that are held out are chosen with this seed, and the start is this small.
const (
	entrySeed   = 1
	hiddenShare = 0.2
	smallStart  = 0.1 // standard deviation
)

// Factorization returns the approximation X ≈ UVᵀ of the matrix of the training samples by one of the given rank, as is
// used to complete a matrix of which not all entries are known: a fifth of the entries is held out. Its parameters are U
// (samples × rank) row by row, then V (features × rank); they start at random, near the saddle at zero. Its samples in
// the sense of Sampled are the entries that are not held out.
func Factorization(d *dataset.Dataset, rank int) Problem {
	rows, columns := d.Train.Len(), len(d.Features)
	m := &factorization{data: d, rows: rows, columns: columns, rank: rank}
	made, _ := entrySplits.LoadOrStore(d, sync.OnceValue(func() entrySplit {
		rng := rand.New(rand.NewPCG(entrySeed, 0))
		all := rng.Perm(rows * columns)
		held := int(hiddenShare * float64(len(all)))
		return entrySplit{test: m.entries(all[:held]), train: m.entries(all[held:])}
	}))
	split := made.(func() entrySplit)()
	m.test, m.train = split.test, split.train
	return withHessian(m)
}

// entrySplits are the entries of each data set that has been factorized, which all instances share.
var entrySplits sync.Map

type entrySplit struct{ test, train *entries }

// factorization has the loss ½e² with e = u_i·v_j − X_ij per entry, with the gradient e v_j with respect to u_i and
// e u_i with respect to v_j.
type factorization struct {
	data                *dataset.Dataset
	rows, columns, rank int
	train, test         *entries // read-only
}

// entries are some numbers of a matrix.
type entries struct {
	row, column []int32
	x           []float64
	spread      float64 // half of their variance
}

// entries returns those with the given numbers, counted row by row, in order.
func (m *factorization) entries(numbers []int) *entries {
	chosen := make([]bool, m.rows*m.columns)
	for _, n := range numbers {
		chosen[n] = true
	}
	e, mean := &entries{}, 0.0
	for n, c := range chosen {
		if c {
			e.row = append(e.row, int32(n/m.columns))
			e.column = append(e.column, int32(n%m.columns))
			e.x = append(e.x, m.data.Train.X[n])
			mean += m.data.Train.X[n] / float64(len(numbers))
		}
	}
	for _, x := range e.x {
		e.spread += (x - mean) * (x - mean) / 2 / float64(len(numbers))
	}
	return e
}

func (m *factorization) Dim() int           { return (m.rows + m.columns) * m.rank }
func (m *factorization) Knobs() []knob.Knob { return nil }
func (m *factorization) Clone() Problem     { c := *m; return &c }
func (m *factorization) Measure() string    { return "R²" }
func (m *factorization) Samples() int       { return len(m.train.x) }

func (m *factorization) Start(seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 0))
	x := make([]float64, m.Dim())
	for i := range x {
		x[i] = smallStart * rng.NormFloat64()
	}
	return x
}

func (m *factorization) Blocks() []Block {
	return []Block{
		{Name: "U", Rows: m.rows, Cols: m.rank},
		{Name: "V", Offset: m.rows * m.rank, Rows: m.columns, Cols: m.rank},
	}
}

// Pictures are the columns of V, of which every sample is made up, where the samples are images.
func (m *factorization) Pictures() []Picture {
	w, h := m.data.Image[0], m.data.Image[1]
	if w*h == 0 {
		return nil
	}
	var ps []Picture
	for k := range min(m.rank, mostPictures) {
		ps = append(ps, Picture{Name: "part " + strconv.Itoa(k+1), W: w, H: h, Offset: m.rows*m.rank + k, Stride: m.rank})
	}
	return ps
}

// factors returns u_i and v_j of an entry out of the parameters, or their parts of a gradient.
func (m *factorization) factors(e *entries, n int, x []float64) (u, v []float64) {
	i, j := int(e.row[n])*m.rank, (m.rows+int(e.column[n]))*m.rank
	return x[i : i+m.rank], x[j : j+m.rank]
}

func (m *factorization) Value(x []float64) float64       { return m.ValueOn(nil, x) }
func (m *factorization) Gradient(x, g []float64) float64 { return m.GradientOn(nil, x, g) }
func (m *factorization) HessVec(x, v, hv []float64)      { m.HessVecOn(nil, x, v, hv) }

// Among few entries hardly two share a row or a column, and then curvatures do not add up as they do among all.
func (m *factorization) apart() {}

// size is the number of entries in the batch; nil stands for all.
func (m *factorization) size(batch []int) int {
	if batch == nil {
		return m.Samples()
	}
	return len(batch)
}

func (m *factorization) ValueOn(batch []int, x []float64) float64 {
	return m.loss(m.train, batch, x)
}

// loss is the mean over the entries of the batch, of which nil takes all; NaN for none.
func (m *factorization) loss(e *entries, batch []int, x []float64) float64 {
	n, sum := len(batch), 0.0
	if batch == nil {
		n = len(e.x)
	}
	for i := range n {
		if batch != nil {
			i = batch[i]
		}
		u, v := m.factors(e, i, x)
		d := floats.Dot(u, v) - e.x[i]
		sum += d * d / 2
	}
	return sum / float64(n)
}

func (m *factorization) GradientOn(batch []int, x, g []float64) float64 {
	clear(g)
	n, sum := m.size(batch), 0.0
	for i := range n {
		if batch != nil {
			i = batch[i]
		}
		u, v := m.factors(m.train, i, x)
		gu, gv := m.factors(m.train, i, g)
		d := floats.Dot(u, v) - m.train.x[i]
		sum += d * d / 2
		floats.AddScaled(gu, d/float64(n), v)
		floats.AddScaled(gv, d/float64(n), u)
	}
	return sum / float64(n)
}

// HessVecOn is the derivative of the gradient along the direction (r, s) of (u, v): (r·v + u·s) v + e s with respect to
// u, and (r·v + u·s) u + e r with respect to v.
func (m *factorization) HessVecOn(batch []int, x, direction, hv []float64) {
	clear(hv)
	n := m.size(batch)
	for i := range n {
		if batch != nil {
			i = batch[i]
		}
		u, v := m.factors(m.train, i, x)
		r, s := m.factors(m.train, i, direction)
		hu, hw := m.factors(m.train, i, hv)
		d := (floats.Dot(u, v) - m.train.x[i]) / float64(n)
		rd := (floats.Dot(r, v) + floats.Dot(u, s)) / float64(n)
		floats.AddScaled(hu, rd, v)
		floats.AddScaled(hu, d, s)
		floats.AddScaled(hw, rd, u)
		floats.AddScaled(hw, d, r)
	}
}

func (m *factorization) Score(x []float64) Score {
	var s Score
	s.TrainLoss, s.TestLoss = m.loss(m.train, nil, x), m.loss(m.test, nil, x)
	s.TrainAccuracy, s.TestAccuracy = explained(s.TrainLoss, m.train.spread), explained(s.TestLoss, m.test.spread)
	return s
}
