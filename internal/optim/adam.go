package optim

import (
	"slices"

	"opttui/internal/ewma"
	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "adam", Title: "Adam", Order: 1, Unit: PerStep,
		Formula:      "s ← β₁s + (1−β₁)g;  r ← β₂r + (1−β₂)g²;  ŝ = s/(1−β₁ᵗ);  r̂ = r/(1−β₂ᵗ);  θ ← θ − ε ŝ/√(r̂+δ)",
		FormulaTorch: "s ← β₁s + (1−β₁)g;  r ← β₂r + (1−β₂)g²;  ŝ = s/(1−β₁ᵗ);  r̂ = r/(1−β₂ᵗ);  θ ← θ − ε ŝ/(√r̂+δ)",
		Source:       "Kingma & Ba 2015, alg. 1; δ outside the root: that paper, Goodfellow, Bengio & Courville 2016, alg. 8.7, torch.optim.Adam; amsgrad: Reddi, Kale & Kumar 2018, alg. 2",
		Advice:       "momentum and RMSProp together; the usual first choice, as it forgives a badly chosen rate",
		New: func(c Convention) Optimizer {
			o := &adam{convention: c}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

type adam struct {
	weightDecay, amsgrad float64
	convention           Convention
	rmax                 []float64 // the largest r so far, while amsgrad is on
	moments
}

func (o *adam) Init(l Layout) {
	o.start(l.Dim)
	o.rmax = nil
}

func (o *adam) Step(_ Objective, p *Point) error {
	o.age()
	ams := o.amsgrad != 0
	o.rmax = optional(o.rmax, ams, len(p.X))
	u := kernel.Adam{Keep: 1, Decay: o.weightDecay}
	o.fill(&u, p.LR, o.convention)
	if ams {
		(*kernel.AMSGrad)(&u).Update(p.X, p.G, o.s, o.r, o.rmax)
	} else {
		u.Update(p.X, p.G, o.s, o.r)
	}
	return nil
}

// Precondition: 1/√(r̂+δ), times the bias correction of s as in Cohen et al. 2022.
func (o *adam) Precondition(p []float64) bool {
	r := o.r
	if o.amsgrad != 0 && len(o.rmax) == len(r) { // it may have been switched on since the last step
		r = o.rmax
	}
	return o.precondition(p, r, o.convention)
}

func (o *adam) Knobs() []knob.Knob {
	return append(o.knobs(1e-3, epsKnob),
		weightDecayKnob(&o.weightDecay),
		knob.Switch("amsgrad", "", "divide by the largest r so far, so that small gradients after large ones do not lengthen the steps again", false).Bind(&o.amsgrad))
}

// SetConvention moves the stabiliser; the averages are the same in both.
func (o *adam) SetConvention(c Convention, _ float64) { o.convention = c }

func (o *adam) Clone() Optimizer {
	c := *o
	c.moments = o.moments.clone()
	c.rmax = slices.Clone(o.rmax)
	return &c
}

// moments are the hyperparameters and the state that Adam and its kin share: averages of g and of g², both
// from zero, with the running products Πβ of their bias corrections.
type moments struct {
	lr, beta1, beta2, eps float64
	s, r                  []float64
	t                     int
	p1, p2                float64 // Πβ₁, Πβ₂: what is still at the zero start
}

func (m *moments) start(n int) {
	m.s, m.r = zeros(m.s, n), zeros(m.r, n)
	m.t, m.p1, m.p2 = 0, 1, 1
}

// age counts one more gradient.
func (m *moments) age() {
	m.t++
	m.p1 = ewma.Decay(m.p1, m.beta1)
	m.p2 = ewma.Decay(m.p2, m.beta2)
}

// fill writes the coefficients of Adam's step at the rate lr, but for the decay. The bias corrections are ŝ = s/(1−Πβ₁)
// and r̂ = r/(1−Πβ₂).
func (m *moments) fill(u *kernel.Adam, lr float64, c Convention) {
	u.Rate = lr * (1 / (1 - m.p1))
	u.Alpha, u.Unit = m.beta1, 1-m.beta1
	u.Rho, u.Sigma = m.beta2, 1-m.beta2
	u.Correct = 1 / (1 - m.p2)
	u.Inside, u.Outside = c.stabiliser(m.eps)
}

// precondition writes the factors on s to p, with r for the second moment: c₁/√(c₂r+δ).
func (m *moments) precondition(p, r []float64, c Convention) bool {
	c1, c2 := 1/(1-m.p1), 1/(1-m.p2)
	for i, v := range r {
		p[i] = c1 / c.root(c2*v, m.eps)
	}
	return m.t > 0
}

func (m *moments) knobs(lr float64, eps func(*float64, float64) knob.Knob) []knob.Knob {
	return []knob.Knob{lrKnob(&m.lr, lr), beta1Knob(&m.beta1, 0.9), beta2Knob(&m.beta2, 0.999), eps(&m.eps, 1e-8)}
}

func (m *moments) Slots() []Slot {
	return []Slot{
		{Kind: Momentum, V: m.s, Unit: 1 - m.beta1, Rate: m.beta1, Age: &m.t, Product: &m.p1},
		{Kind: SecondMoment, V: m.r, Unit: 1, Rate: m.beta2, Age: &m.t, Product: &m.p2},
	}
}

func (m *moments) clone() moments {
	c := *m
	c.s, c.r = slices.Clone(m.s), slices.Clone(m.r)
	return c
}
