package refdoc

import (
	"fmt"

	"opttui/internal/knob"
	"opttui/internal/optim"
)

// bowl is the small least-squares problem on which rules are tried for the tables: f = ½‖r‖² with
// rᵢ = wᵢ(xᵢ − i), which supplies everything that a rule can ask for and counts the gradients.
type bowl struct {
	weights   []float64
	gradients int
}

func (b *bowl) Value(x []float64) float64 { return b.Residual(x, make([]float64, len(x))) }

func (b *bowl) Gradient(x, g []float64) float64 {
	b.gradients++
	f := b.Residual(x, g)
	for i, w := range b.weights {
		g[i] *= w
	}
	return f
}

func (b *bowl) Has(optim.Capability) bool { return true }

func (b *bowl) Hessian(_, h []float64) {
	clear(h)
	for i, w := range b.weights {
		h[i*len(b.weights)+i] = w * w
	}
}

func (b *bowl) HessVec(_, v, hv []float64) {
	for i, w := range b.weights {
		hv[i] = w * w * v[i]
	}
}

func (b *bowl) Residuals() int { return len(b.weights) }

func (b *bowl) Residual(x, r []float64) float64 {
	f := 0.0
	for i, w := range b.weights {
		r[i] = w * (x[i] - float64(i))
		f += r[i] * r[i] / 2
	}
	return f
}

func (b *bowl) Jacobian(_, j []float64) {
	clear(j)
	for i, w := range b.weights {
		j[i*len(b.weights)+i] = w
	}
}

// slope is f = gx in one variable: the same gradient everywhere.
type slope struct{ g float64 }

func (s slope) Value(x []float64) float64 { return s.g * x[0] }

func (s slope) Gradient(x, g []float64) float64 { g[0] = s.g; return s.g * x[0] }

func (slope) Has(optim.Capability) bool       { return false }
func (slope) Hessian(_, _ []float64)          {}
func (slope) HessVec(_, _, _ []float64)       {}
func (slope) Residuals() int                  { return 0 }
func (slope) Residual(_, _ []float64) float64 { return 0 }
func (slope) Jacobian(_, _ []float64)         {}

// trial is a rule at work.
type trial struct {
	rule  optim.Optimizer
	obj   optim.Objective
	point optim.Point
}

// newTrial puts a rule with the settings key, value, … at the start.
func newTrial(name string, c optim.Convention, obj optim.Objective, start []float64, set ...string) (*trial, error) {
	spec, ok := optim.Lookup(name)
	if !ok {
		return nil, fmt.Errorf("there is no rule %s", name)
	}
	t := &trial{rule: spec.New(c), obj: obj, point: optim.Point{X: start, G: make([]float64, len(start)), LR: 1}}
	for i := 0; i < len(set); i += 2 {
		if err := t.set(set[i], set[i+1]); err != nil {
			return nil, err
		}
	}
	if lr, ok := knob.Find(t.rule.Knobs(), "lr"); ok {
		t.point.LR = lr.Value()
	}
	t.rule.Init(optim.Layout{Dim: len(start)})
	return t, nil
}

// newBowlTrial is newTrial on the bowl.
func newBowlTrial(name string, c optim.Convention, set ...string) (*trial, error) {
	return newTrial(name, c, &bowl{weights: []float64{1, 3, 2}}, []float64{4, -3, 1}, set...)
}

func (t *trial) set(key, text string) error {
	k, ok := knob.Find(t.rule.Knobs(), key)
	if !ok {
		return fmt.Errorf("there is no setting %s", key)
	}
	return k.SetText(text)
}

// steps takes n steps as a run does: with the gradient at θ, unless the rule asks for its gradients itself.
func (t *trial) steps(n int) error {
	for range n {
		if !t.point.Fresh && !elsewhere(t.rule) {
			t.point.F = t.obj.Gradient(t.point.X, t.point.G)
		}
		t.point.Fresh = false
		if err := t.rule.Step(t.obj, &t.point); err != nil {
			return err
		}
	}
	return nil
}
