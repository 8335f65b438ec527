package optim

import (
	"math"
	"slices"

	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "asgd", Title: "Averaged SGD", Order: 1, Unit: PerGradient,
		Formula: "η_t = ε/(1+λε(t−1))^α;  θ ← (1−λη_t)θ − η_t g;  θ̄ is the mean of θ from step t₀ on",
		Source:  "Polyak & Juditsky 1992, Acceleration of stochastic approximation by averaging; step sizes: Xu 2011 (arXiv 1107.2490); torch.optim.ASGD",
		Advice:  "the mean θ̄ of the iterates is quieter than any of them. The loss shown is that of θ, not of θ̄",
		New: func(Convention) Optimizer {
			o := &asgd{}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

type asgd struct {
	lr, lambda, alpha, t0, weightDecay float64
	mean                               []float64 // θ̄
	t                                  int
	eta, share                         float64 // step size of the last step, and by ε
}

func (o *asgd) Init(l Layout) { o.mean, o.t, o.eta, o.share = zeros(o.mean, l.Dim), 0, 0, 0 }

func (o *asgd) Step(_ Objective, p *Point) error {
	o.share = math.Exp(-o.alpha * math.Log1p(o.lambda*p.LR*float64(o.t)))
	o.eta = p.LR * o.share
	mu := 1 / math.Max(1, float64(o.t)-o.t0)
	o.t++
	for i, x := range p.X {
		g := kernel.Flush(p.G[i] + o.weightDecay*x)
		p.X[i] = kernel.Flush((1-o.lambda*o.eta)*x - o.eta*g)
		o.mean[i] = (1-mu)*o.mean[i] + mu*p.X[i]
	}
	return nil
}

// Average returns θ̄, the mean of the iterates since step t₀, which is θ itself before. It is not a copy.
func (o *asgd) Average() []float64 { return o.mean }

// Readings tells the present step size.
func (o *asgd) Readings() []Reading { return []Reading{{"η", "step size", o.eta}} }

// Precondition: what is left of ε.
func (o *asgd) Precondition(p []float64) bool {
	for i := range p {
		p[i] = o.share
	}
	return o.t > 0
}

func (o *asgd) Knobs() []knob.Knob {
	penalty := weightDecayKnob(&o.weightDecay)
	penalty.Symbol, penalty.Doc = "λ₂", "weight decay: λ₂θ is added to the gradient, beside the decay λ (the shown loss is without the penalty)"
	return []knob.Knob{
		lrKnob(&o.lr, 1e-2),
		knob.Knob{Key: "lambda", Symbol: "λ", Doc: "decay of θ and of the step size", Default: 1e-4, Max: 10, Scale: knob.Log}.Bind(&o.lambda),
		knob.Knob{Key: "alpha", Symbol: "α", Doc: "power of the decay of the step size", Default: 0.75, Max: 2}.Bind(&o.alpha),
		stepsKnob(&o.t0, "t0", "t₀", "step from which the iterates are averaged; before it θ̄ is θ", 1e6, 0),
		penalty,
	}
}

func (o *asgd) Clone() Optimizer {
	c := *o
	c.mean = slices.Clone(o.mean)
	return &c
}

func (o *asgd) Slots() []Slot { return []Slot{{Kind: Own("asgd", "mean iterate"), V: o.mean}} }
