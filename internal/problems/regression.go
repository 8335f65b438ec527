package problems

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"opttui/internal/dataset"
	"opttui/internal/knob"
)

func init() {
	RegisterFamily(Family{
		Name: "linear", Title: "linear regression", Kind: "least squares, a convex quadratic",
		Formula: always("(1/2m) Σᵢ (xᵢ w + b − tᵢ)²"),
		Source:  "Bishop 2006, § 3.1; Nocedal & Wright 2006, § 10.2",
		For:     numbersOnly,
		New:     func(d *dataset.Dataset, _ []int) Problem { return Linear(d) },
	})
	RegisterFamily(Family{
		Name: "ridge", Title: "ridge regression", Kind: "least squares with a penalty, a convex quadratic",
		Formula: always("(1/2m) Σᵢ (xᵢ w + b − tᵢ)² + (λ/2) ‖w‖²"),
		Source:  "Hoerl & Kennard 1970; Goodfellow, Bengio & Courville 2016, § 7.1.1",
		For:     numbersOnly,
		New:     func(d *dataset.Dataset, _ []int) Problem { return Ridge(d) },
	})
}

// numbersOnly is the For of models of which the target must be a number.
func numbersOnly(classes int) (why string) {
	if classes > 0 {
		return fmt.Sprintf("its target is one of %d classes, not a number", classes)
	}
	return ""
}

// Linear returns the least-squares fit of the target, which is a number, by xw + b. Its parameters are the weights w,
// one a feature, then b; they start at zero.
func Linear(d *dataset.Dataset) Problem { return withHessian(newRegression(d, nil, Tanh)) }

// Ridge returns Linear with the penalty (λ/2)‖w‖², which leaves b alone. λ is the knob l2.
func Ridge(d *dataset.Dataset) Problem {
	m := newRegression(d, nil, Tanh)
	m.penalised, m.l2 = true, defaultL2
	return withHessian(m)
}

const defaultL2 = 0.1

// regression is a network with one output z that is fitted to a number, f = (1/2m) Σᵢ (zᵢ − tᵢ)², and so ½‖r‖² with
// r = (z − t)/√m. With the penalty (λ/2)‖w‖² on the weights, but not the biases, √λ w are residuals, too.
type regression struct {
	*network
	penalised bool
	l2        float64 // λ, 0 without a penalty
}

func newRegression(d *dataset.Dataset, hidden []int, act Activation) *regression {
	return &regression{network: newNetwork(d, newSquaredHead(d, false), hidden, act)}
}

func (m *regression) Clone() Problem {
	c := *m
	c.network = m.network.clone()
	return &c
}

func (m *regression) Knobs() []knob.Knob {
	knobs := m.network.Knobs()
	if m.penalised {
		knobs = append(knobs, knob.Knob{
			Key: "l2", Symbol: "λ", Doc: "Penalty on large weights: λ/2 times the sum of their squares.",
			Default: defaultL2, Max: 1e3, Scale: knob.Log, Floor: 1e-4,
		}.Bind(&m.l2))
	}
	return knobs
}

func (m *regression) Value(x []float64) float64       { return m.ValueOn(nil, x) }
func (m *regression) Gradient(x, g []float64) float64 { return m.GradientOn(nil, x, g) }
func (m *regression) HessVec(x, v, hv []float64)      { m.HessVecOn(nil, x, v, hv) }

func (m *regression) ValueOn(batch []int, x []float64) float64 {
	return m.network.ValueOn(batch, x) + m.penalty(x)
}

func (m *regression) GradientOn(batch []int, x, g []float64) float64 {
	f := m.network.GradientOn(batch, x, g)
	m.addPenalty(x, g)
	return f + m.penalty(x)
}

func (m *regression) HessVecOn(batch []int, x, v, hv []float64) {
	m.network.HessVecOn(batch, x, v, hv)
	m.addPenalty(v, hv)
}

// penalty is (λ/2)‖w‖².
func (m *regression) penalty(x []float64) float64 {
	if m.l2 == 0 {
		return 0
	}
	sum := 0.0
	for _, l := range m.shapes {
		w, _ := layerOf(l, x)
		sum += floats.Dot(w, w)
	}
	return m.l2 / 2 * sum
}

// addPenalty adds the penalty's gradient λw at x, which is its Hessian's product with x, too.
func (m *regression) addPenalty(x, g []float64) {
	if m.l2 == 0 {
		return
	}
	for _, l := range m.shapes {
		w, _ := layerOf(l, x)
		gw, _ := layerOf(l, g)
		floats.AddScaled(gw, m.l2, w)
	}
}

// Residuals is the number of samples, and of weights where they are penalised.
func (m *regression) Residuals() int {
	n := m.Samples()
	if m.penalised {
		for _, l := range m.shapes {
			n += l.in * l.out
		}
	}
	return n
}

func (m *regression) Residual(x, r []float64) {
	s := &m.data.Train
	n, root := s.Len(), math.Sqrt(float64(s.Len()))
	m.engine().outputs(x, r[:n])
	for i, z := range r[:n] {
		r[i] = (z - s.T[i]) / root
	}
	if !m.penalised {
		return
	}
	for _, l := range m.shapes {
		w, _ := layerOf(l, x)
		for _, v := range w {
			r[n] = math.Sqrt(m.l2) * v
			n++
		}
	}
}

// Jacobian has the rows ∂z/∂θ/√m, as many as samples, and √λ for each weight that is penalised.
func (m *regression) Jacobian(x, j []float64) {
	n := m.data.Train.Len()
	m.engine().jacobian(1/math.Sqrt(float64(n)), x, j)
	if !m.penalised {
		return
	}
	clear(j[n*m.dim:])
	for _, l := range m.shapes {
		for k := range l.in * l.out {
			j[n*m.dim+l.at+k] = math.Sqrt(m.l2)
			n++
		}
	}
}
