package optim

import (
	"math"
	"slices"

	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "rprop", Title: "Rprop", Order: 1, Unit: PerStep,
		Formula: "d ← η⁺d where g keeps its sign, η⁻d and g ← 0 where it turns, within d_min…d_max;  θ ← θ − d sign(g);  d₁ = ε",
		Source:  "Riedmiller & Braun 1993; g ← 0 after a turn: Igel & Hüsken 2000 (iRprop⁻); torch.optim.Rprop",
		Advice:  "full batch only: it trusts the sign of each gradient. The size of the gradients plays no part",
		New: func(Convention) Optimizer {
			o := &rprop{}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

type rprop struct {
	lr, etaMinus, etaPlus, stepMin, stepMax float64
	d, before                               []float64 // step sizes, and the gradient before
	t                                       int
}

func (o *rprop) Init(l Layout) { o.d, o.before, o.t = zeros(o.d, l.Dim), zeros(o.before, l.Dim), 0 }

func (o *rprop) Step(_ Objective, p *Point) error {
	if o.t == 0 {
		for i := range o.d {
			o.d[i] = p.LR
		}
	}
	o.t++
	for i, x := range p.X {
		g, d := kernel.Flush(p.G[i]), o.d[i]
		switch turn := g * o.before[i]; {
		case turn > 0:
			d *= o.etaPlus
		case turn < 0:
			d *= o.etaMinus
			g = 0
		}
		d = math.Max(o.stepMin, math.Min(d, o.stepMax))
		p.X[i] = kernel.Flush(x - d*kernel.Sign(g))
		o.d[i], o.before[i] = d, g
	}
	return nil
}

func (o *rprop) Knobs() []knob.Knob {
	lr := lrKnob(&o.lr, 1e-2)
	lr.Doc = "size of the first step; the sizes then adapt, and neither ε nor the schedule touches them any more"
	return []knob.Knob{
		lr,
		knob.Knob{Key: "eta_minus", Symbol: "η⁻", Doc: "factor on the step size where the gradient has turned round", Default: 0.5, Max: 1}.Bind(&o.etaMinus),
		knob.Knob{Key: "eta_plus", Symbol: "η⁺", Doc: "factor on the step size where it has not", Default: 1.2, Min: 1, Max: 5}.Bind(&o.etaPlus),
		knob.Knob{Key: "step_min", Symbol: "d_min", Doc: "smallest step size", Default: 1e-6, Max: 1e3, Scale: knob.Log}.Bind(&o.stepMin),
		knob.Knob{Key: "step_max", Symbol: "d_max", Doc: "largest step size", Default: 50, Max: 1e6, Scale: knob.Log}.Bind(&o.stepMax),
	}
}

func (o *rprop) Clone() Optimizer {
	c := *o
	c.d, c.before = slices.Clone(o.d), slices.Clone(o.before)
	return &c
}

func (o *rprop) Slots() []Slot { return []Slot{{Kind: Own("rprop", "step sizes"), V: o.d}} }
