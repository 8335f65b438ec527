package optim

import (
	"slices"

	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "adagrad", Title: "AdaGrad", Order: 1, Unit: PerStep,
		Formula:      "r ← r + g⊙g;  θ ← θ − ε g/√(δ+r)",
		FormulaTorch: "r ← r + g⊙g;  θ ← θ − ε g/(√r + δ)",
		Source:       "Duchi, Hazan & Singer 2011, fig. 1; δ outside the root: that paper, Goodfellow, Bengio & Courville 2016, alg. 8.4, torch.optim.Adagrad",
		Advice:       "each coordinate gets its own rate; it suits convex problems and rare features, but r only grows, and with it the rate dies",
		New: func(c Convention) Optimizer {
			o := &adagrad{convention: c}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

type adagrad struct {
	lr, eps, lrDecay, weightDecay float64
	convention                    Convention
	r                             []float64
	t                             int
}

func (o *adagrad) Init(l Layout) { o.r, o.t = zeros(o.r, l.Dim), 0 }

func (o *adagrad) Step(_ Objective, p *Point) error {
	u := kernel.AdaGrad{Rate: p.LR / (1 + float64(o.t)*o.lrDecay), Decay: o.weightDecay}
	u.Inside, u.Outside = o.convention.stabiliser(o.eps)
	o.t++
	u.Update(p.X, p.G, o.r)
	return nil
}

// Precondition: 1/√(δ+r), and what is left of ε.
func (o *adagrad) Precondition(p []float64) bool {
	rate := 1 / (1 + float64(o.t-1)*o.lrDecay)
	for i, r := range o.r {
		p[i] = rate / o.convention.root(r, o.eps)
	}
	return o.t > 0
}

func (o *adagrad) Knobs() []knob.Knob {
	return []knob.Knob{
		lrKnob(&o.lr, 1e-2),
		epsKnob(&o.eps, 1e-10),
		knob.Knob{
			Key: "lr_decay", Symbol: "η", Doc: "step t has the learning rate ε/(1+(t−1)η), beside the schedule", Max: 1e3, Scale: knob.Log,
		}.Bind(&o.lrDecay),
		weightDecayKnob(&o.weightDecay),
	}
}

// SetConvention moves the stabiliser; r is the same in both.
func (o *adagrad) SetConvention(c Convention, _ float64) { o.convention = c }

func (o *adagrad) Clone() Optimizer {
	c := *o
	c.r = slices.Clone(o.r)
	return &c
}

func (o *adagrad) Slots() []Slot { return []Slot{{Kind: SquareSum, V: o.r, Unit: 1, Age: &o.t}} }
