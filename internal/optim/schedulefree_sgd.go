package optim

import (
	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "schedulefree_sgd", Title: "Schedule-free SGD", Order: 1, Unit: PerGradient,
		Formula: "y = (1−β)z + βx;  z ← z − ε(∇J(y)+λy);  x ← (1−c)x + cz, c = ε²/Σε² (paper: 1/(t+1));  θ = x",
		Source:  "Defazio et al. 2024, The road less scheduled, and the authors' code, where c takes the largest ε so far",
		Advice:  "averaging instead of a falling rate: no length of the run need be known. Take a larger ε than for SGD",
		New: func(Convention) Optimizer {
			o := &schedulefreeSGD{}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

type schedulefreeSGD struct {
	lr, beta, weightDecay, weighting float64
	averaging
}

func (o *schedulefreeSGD) Init(l Layout) { o.start(l.Dim) }

func (o *schedulefreeSGD) Step(obj Objective, p *Point) error {
	lr, c := o.next(p)
	if o.weighting != 0 { // the paper's: all iterates weigh the same, the start too
		c = 1 / float64(o.t+1)
	}
	o.between(obj, p, o.beta)
	for i, x := range p.X {
		o.z[i] = kernel.Flush(o.z[i] - lr*(kernel.Flush(p.G[i])+o.weightDecay*o.y[i]))
		p.X[i] = kernel.Flush((1-c)*x + c*o.z[i])
	}
	return nil
}

// Precondition: the warm-up, while it lasts.
func (o *schedulefreeSGD) Precondition(p []float64) bool {
	share := o.share()
	for i := range p {
		p[i] = share
	}
	return o.t > 0 && share < 1
}

func (o *schedulefreeSGD) Knobs() []knob.Knob {
	return []knob.Knob{
		lrKnob(&o.lr, 1e-2),
		rateKnob(&o.beta, "beta", "β", "where the gradient is taken: 0 at z, towards 1 at the average x", 0.9),
		o.warmupKnob(),
		weightDecayKnob(&o.weightDecay),
		knob.Enum("weighting", "", "weight of a new z in the average: ε²/Σε² with the largest ε so far (default) or 1/(t+1), the start included (paper)",
			0, "default", "paper").Bind(&o.weighting),
	}
}

func (o *schedulefreeSGD) Clone() Optimizer {
	c := *o
	c.averaging = o.averaging.clone()
	return &c
}
