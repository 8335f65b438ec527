package optim

import (
	"slices"

	"gonum.org/v1/gonum/floats"

	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "sam", Title: "Sharpness-aware minimization", Order: 1, Unit: PerGradient,
		Formula: "g ← ∇J(θ + ρ g/‖g‖), then a step of the base rule with it: two gradients a step",
		Source:  "Foret, Kleiner, Mobahi & Neyshabur 2021, alg. 1",
		Advice:  "wrapped round any first-order rule, it looks for flat minima, which tend to generalise better, at twice the price",
		New: func(c Convention) Optimizer {
			o := &sam{convention: c}
			knob.Reset(o.own())
			o.follow()
			return o
		},
	})
}

// sam changes the gradient and leaves the step to its base rule. Its knobs are its own two and those of the
// rule that the knob base names at the moment.
type sam struct {
	base, rho  float64
	convention Convention
	layout     Layout
	rule       Optimizer
	unit       Unit    // of rule's learning rate
	made       float64 // base when rule was made
	peak       peak
}

func (o *sam) Init(l Layout) {
	o.follow()
	o.layout = l
	o.rule.Init(l)
	o.peak = peak{x: zeros(o.peak.x, l.Dim)}
}

// bases are the rules that SAM can be wrapped round.
func bases() []Spec {
	return slices.DeleteFunc(All(), func(s Spec) bool { return s.Order != 1 || s.Name == "sam" })
}

// follow makes the rule that the knob base asks for. It takes over the state of the one before, and the
// learning rate where that means the same.
func (o *sam) follow() {
	if o.rule != nil && o.base == o.made {
		return
	}
	spec := bases()[int(o.base)]
	rule := spec.New(o.convention)
	rule.Init(o.layout)
	if o.rule != nil {
		Carry(o.rule, rule)
		old, _ := knob.Find(o.rule.Knobs(), "lr")
		if lr, ok := knob.Find(rule.Knobs(), "lr"); ok && spec.Unit == o.unit {
			_ = lr.Set(old.Value()) // all first-order rules have it, in the same range
		}
	}
	o.rule, o.unit, o.made = rule, spec.Unit, o.base
}

// Elsewhere is what the base rule says: then it asks for its gradients itself, and gets those of the peak.
func (o *sam) Elsewhere() bool {
	o.follow()
	e, ok := o.rule.(Elsewhere)
	return ok && e.Elsewhere()
}

func (o *sam) Step(obj Objective, p *Point) error {
	o.peak.Objective, o.peak.rho = obj, o.rho
	if !o.Elsewhere() {
		o.peak.climb(p.X, p.G)
	}
	err := o.rule.Step(&o.peak, p)
	o.peak.Objective = nil
	return err
}

// own are the knobs that SAM itself has.
func (o *sam) own() []knob.Knob {
	names, sgd := []string{}, 0
	for i, s := range bases() {
		names = append(names, s.Name)
		if s.Name == "sgd" {
			sgd = i
		}
	}
	return []knob.Knob{
		knob.Enum("base", "", "rule that takes the step; its settings, the learning rate among them, stand beside SAM's own", sgd, names...).Bind(&o.base),
		knob.Knob{Key: "rho", Symbol: "ρ", Doc: "how far uphill the gradient is taken", Default: 0.05, Max: 1e3, Scale: knob.Log}.Bind(&o.rho),
	}
}

// Knobs are SAM's own and the base rule's; a key of the latter that SAM has itself begins with base_.
func (o *sam) Knobs() []knob.Knob {
	o.follow()
	knobs := o.own()
	for _, k := range o.rule.Knobs() {
		if _, taken := knob.Find(knobs, k.Key); taken {
			k.Key = "base_" + k.Key
		}
		knobs = append(knobs, k)
	}
	return knobs
}

// SetConvention passes the convention on.
func (o *sam) SetConvention(c Convention, lr float64) {
	o.follow()
	o.convention = c
	if r, ok := o.rule.(Conventional); ok {
		r.SetConvention(c, lr)
	}
}

// Readings are the base rule's and the price.
func (o *sam) Readings() []Reading {
	readings := []Reading{{"", "extra gradients", float64(o.peak.extra)}}
	if r, ok := o.rule.(Telling); ok {
		readings = append(readings, r.Readings()...)
	}
	return readings
}

func (o *sam) Clone() Optimizer {
	c := *o
	c.rule = o.rule.Clone()
	c.peak.x = slices.Clone(o.peak.x)
	return &c
}

// Slots are the base rule's: SAM itself remembers nothing.
func (o *sam) Slots() []Slot {
	o.follow()
	return o.rule.Slots()
}

// peak is the objective as the base rule sees it: its gradient at a point is that of the highest point within
// ρ of it, as far as the gradient there can tell.
type peak struct {
	Objective
	rho   float64
	x     []float64 // the highest point
	extra int       // gradients asked for beside the rule's own
}

// Gradient gives the value at x and the gradient at the peak.
func (k *peak) Gradient(x, g []float64) float64 {
	f := k.Objective.Gradient(x, g)
	k.climb(x, g)
	return f
}

// climb replaces the gradient g at x by the one at x + ρ g/‖g‖.
func (k *peak) climb(x, g []float64) {
	norm := kernel.Norm(g)
	if norm == 0 || k.rho == 0 {
		return
	}
	floats.AddScaledTo(k.x, x, k.rho/norm, g)
	k.Objective.Gradient(k.x, g)
	k.extra++
}
