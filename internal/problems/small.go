package problems

// mostDense is the number of parameters up to which models offer their exact Hessian: it costs as many passes over the
// data as there are parameters.
const mostDense = 100

// model is a mean over samples with all that is known of it.
type model interface {
	Problem
	Sampled
	Scored
	Blocked
	Depicted
	SampledHessianVector
}

// withHessian returns the model as one with its Hessian if it has few parameters.
func withHessian(m model) Problem {
	if m.Dim() > mostDense {
		return m
	}
	d := dense{of: m, e: make([]float64, m.Dim())}
	if r, ok := m.(*regression); ok {
		return &smallRegression{r, d}
	}
	return &small{m, d}
}

// small is a model of few parameters.
type small struct {
	model
	dense
}

func (s *small) Clone() Problem { return withHessian(s.model.Clone().(model)) }

// smallRegression is one that is a sum of squares, too.
type smallRegression struct {
	*regression
	dense
}

func (s *smallRegression) Clone() Problem { return withHessian(s.regression.Clone().(model)) }

// dense is an exact Hessian that is put together from its products with the unit vectors.
type dense struct {
	of HessianVector
	e  []float64 // scratch: a unit vector
}

func (d *dense) Hessian(x, h []float64) {
	n := len(d.e)
	clear(d.e)
	for i := range n {
		d.e[i] = 1
		d.of.HessVec(x, d.e, h[i*n:(i+1)*n])
		d.e[i] = 0
	}
	for i := range n { // symmetric to the last bit, as factorizations like it
		for j := range i {
			mean := (h[i*n+j] + h[j*n+i]) / 2
			h[i*n+j], h[j*n+i] = mean, mean
		}
	}
}
