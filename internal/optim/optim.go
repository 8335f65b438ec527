// Package optim holds the optimization rules, one file a rule, and the learning-rate schedules.
//
// A rule knows nothing of problems: it asks an Objective. It owns its state vectors and its hyperparameters,
// and moves a Point in place. Everything that is orthogonal to the rule (the schedule, minibatches, noise,
// counting, history) is done once, around it, by package train.
package optim

import (
	"fmt"
	"math"
	"strings"

	"opttui/internal/knob"
)

// Convention chooses between two formulas that the field uses under one name, mostly in where the
// stabiliser δ stands and in how momentum is scaled.
type Convention int

const (
	// Lecture is the convention of the lecture: δ inside the root, and the velocity form of momentum of
	// Goodfellow, Bengio & Courville, Deep Learning, ch. 8.
	Lecture Convention = iota
	// Torch is the convention of torch.optim.
	Torch
)

// Conventions are the names of the conventions, indexed by them.
var Conventions = []string{"lecture", "torch"}

func (c Convention) String() string { return Conventions[c] }

// root is the denominator of the adaptive rules, √(r+δ) in the lecture's convention and √r + δ in torch's.
func (c Convention) root(r, delta float64) float64 {
	inside, outside := c.stabiliser(delta)
	return math.Sqrt(r+inside) + outside
}

// stabiliser is δ as it stands inside the root and outside it, where the other one is 0.
func (c Convention) stabiliser(delta float64) (inside, outside float64) {
	if c == Lecture {
		return delta, 0
	}
	return 0, delta
}

// Objective is what a rule may ask about the function it minimises, always on the minibatch and with the
// noise of the current step. Each call is counted. Slices of parameters have the problem's dimension n.
type Objective interface {
	// Value returns f(x).
	Value(x []float64) float64
	// Gradient writes ∇f(x) to g and returns f(x).
	Gradient(x, g []float64) float64
	// Has tells whether the methods below that need the capability may be called.
	Has(c Capability) bool
	// Hessian writes the n×n matrix ∇²f(x) to h, row by row. It needs CanHessian.
	Hessian(x, h []float64)
	// HessVec writes the product ∇²f(x)·v to hv; the three do not overlap. It needs CanHessVec.
	HessVec(x, v, hv []float64)
	// Residuals returns the number m of residuals of a least-squares problem f = ½‖r‖². It needs CanResiduals.
	Residuals() int
	// Residual writes r(x), of length m, to r and returns ½‖r‖².
	Residual(x, r []float64) float64
	// Jacobian writes the m×n matrix ∂r/∂x to j, row by row.
	Jacobian(x, j []float64)
}

// Capability is a set of things that an objective can supply beside its value and gradient.
type Capability uint

const (
	// CanHessian: the exact Hessian, for moderate n.
	CanHessian Capability = 1 << iota
	// CanHessVec: exact Hessian–vector products, for any n.
	CanHessVec
	// CanResiduals: f = ½‖r‖² with the residuals and their Jacobian.
	CanResiduals
	// CanDense: few enough parameters for a rule to keep an n×n matrix of its own.
	CanDense
)

// capabilities are the words for each.
var capabilities = []struct {
	c    Capability
	text string
}{
	{CanHessian, "a Hessian"},
	{CanHessVec, "Hessian–vector products"},
	{CanResiduals, "residuals"},
	{CanDense, "few enough parameters for a full n×n matrix"},
}

// String writes the set in words.
func (c Capability) String() string { return c.words("and") }

func (c Capability) words(conjunction string) string {
	var words []string
	for _, w := range capabilities {
		if c&w.c != 0 {
			words = append(words, w.text)
		}
	}
	if len(words) == 0 {
		return "a gradient"
	}
	return strings.Join(words, " "+conjunction+" ")
}

// Point is the iterate that a rule moves, with what is known there before the step.
type Point struct {
	X  []float64 // parameters θ; the rule changes them in place
	F  float64   // f(X) on this step's minibatch
	G  []float64 // ∇f(X) on this step's minibatch; a rule may use it as scratch
	LR float64   // learning rate ε of this step, after the schedule

	// Fresh is set by a rule that has already evaluated F and G at the X it leaves behind (a line search
	// has), so that the caller need not do it again. The caller clears it before each step.
	Fresh bool
}

// Block is one matrix or vector among the parameters: X[Offset : Offset+Rows*Cols], row by row.
type Block struct {
	Name       string
	Offset     int
	Rows, Cols int
}

// Layout tells a rule what the parameters are.
type Layout struct {
	Dim    int
	Blocks []Block // empty when the parameters have no structure
}

// Optimizer is a rule with its state. It is used by one goroutine at a time.
type Optimizer interface {
	// Init makes the state for parameters of the given layout and forgets everything: a cold start.
	Init(l Layout)
	// Step moves p.X by one update. An error means that the rule cannot go on from here; X is unchanged.
	Step(obj Objective, p *Point) error
	// Knobs returns the hyperparameters, bound to this rule's fields.
	Knobs() []knob.Knob
	// Clone returns an independent copy, state and all.
	Clone() Optimizer
	// Slots returns the state by its meaning, so that another rule can take it over.
	Slots() []Slot
}

// Conventional is implemented by rules with two conventions. SetConvention may be called in mid-run; it
// converts the state where the conventions scale it differently.
type Conventional interface {
	SetConvention(c Convention, lr float64)
}

// Elsewhere is implemented by rules that may take their gradient at another point than θ. While it returns
// true the rule does not look at Point.F and Point.G, and their evaluation is not counted.
type Elsewhere interface {
	Elsewhere() bool
}

// Preconditioned is implemented by rules that scale the gradient by another factor in each coordinate: near where they are
// they step like gradient descent (or momentum) at the rate ε·pᵢ in coordinate i.
type Preconditioned interface {
	// Precondition writes the factors of the last step, of length n, to p, and reports false where there are none now.
	Precondition(p []float64) bool
}

// Reading is a quantity inside a rule that is worth watching: the damping µ, Prodigy's distance d.
type Reading struct {
	Symbol string
	Name   string
	Value  float64
}

// Telling is implemented by rules with readings.
type Telling interface {
	Readings() []Reading
}

// Unit says what one unit of a rule's learning rate is.
type Unit int

const (
	// PerGradient rates multiply a gradient: good values depend on the curvature, about 1/λmax.
	PerGradient Unit = iota
	// PerStep rates are the length of a step in each coordinate: good values depend on the scale of θ.
	PerStep
	// PerBoth rates multiply a gradient in the first steps and are the length of a step later (RAdam).
	PerBoth
	// NoRate rules have no learning rate, or a relative one whose default needs no tuning.
	NoRate
)

// Spec describes a rule for pickers, help and documentation, and makes it.
type Spec struct {
	Name         string // as on the command line: "rmsprop"
	Title        string // as in a heading: "RMSProp"
	Formula      string // the update, in the lecture's convention
	FormulaTorch string // the update in torch's convention, where it differs
	Source       string // paper or book section of the formula
	Advice       string // when to use it
	Order        int    // 1 or 2: which derivatives the family is about
	Unit         Unit   // what the learning rate means
	Needs        Capability
	NeedsAny     Capability // beside Needs, at least one of these
	// SameFunction is set for rules that compare values or gradients of different steps, as line searches and
	// quasi-Newton updates do. On minibatches or noise every step sees another function, and they do poorly.
	SameFunction bool
	New          func(c Convention) Optimizer
}

// FormulaIn returns the update in a convention.
func (s Spec) FormulaIn(c Convention) string {
	if c == Torch && s.FormulaTorch != "" {
		return s.FormulaTorch
	}
	return s.Formula
}

// Offered returns nil when the rule can run on objectives with the capabilities have, else an error that
// says in plain words what is missing.
func (s Spec) Offered(have Capability) error {
	if missing := s.Needs &^ have; missing != 0 {
		return fmt.Errorf("%s needs %s, which this problem does not supply", s.Name, missing)
	}
	if s.NeedsAny != 0 && s.NeedsAny&have == 0 {
		return fmt.Errorf("%s needs %s, and this problem supplies neither", s.Name, s.NeedsAny.words("or"))
	}
	return nil
}

// Common knobs, so that one name always means one thing.

// lrKnob is the learning rate ε.
func lrKnob(p *float64, def float64) knob.Knob {
	return knob.Knob{
		Key: "lr", Symbol: "ε", Doc: "learning rate, before the schedule",
		Default: def, Max: 1e6, Scale: knob.Log,
	}.Bind(p)
}

// weightDecayKnob is the coupled L2 penalty: λθ is added to the gradient. The loss shown is without it.
func weightDecayKnob(p *float64) knob.Knob {
	return knob.Knob{
		Key: "weight_decay", Symbol: "λ", Doc: "weight decay: λθ is added to the gradient (the shown loss is without the penalty)",
		Max: 10, Scale: knob.Log, Floor: 1e-5,
	}.Bind(p)
}

// rateKnob is a decay rate in [0, 1): momentum, β, ρ.
func rateKnob(p *float64, key, symbol, doc string, def float64) knob.Knob {
	return knob.Knob{
		Key: key, Symbol: symbol, Doc: doc,
		Default: def, Max: math.Nextafter(1, 0), Scale: knob.LogOneMinus,
	}.Bind(p)
}

// epsKnob is the stabiliser δ of a denominator.
func epsKnob(p *float64, def float64) knob.Knob {
	return knob.Knob{
		Key: "eps", Symbol: "δ", Doc: "stabiliser of the denominator; 1e-8 inside the root (lecture) acts like 1e-4 outside it (torch)",
		Default: def, Max: 1e3, Scale: knob.Log,
	}.Bind(p)
}

// epsOutsideKnob is the stabiliser δ of the rules that have it outside the root in both conventions.
func epsOutsideKnob(p *float64, def float64) knob.Knob {
	k := epsKnob(p, def)
	k.Doc = "stabiliser of the denominator, outside the root in both conventions"
	return k
}

// decoupledDecayKnob is the decay that goes past the rule: θ shrinks by ελθ beside its step.
func decoupledDecayKnob(p *float64, def float64) knob.Knob {
	k := weightDecayKnob(p)
	k.Default, k.Doc = def, "decoupled weight decay: it shrinks θ beside the step, as the formula says (the shown loss is without the penalty)"
	return k
}

// beta1Knob and beta2Knob are the decay rates of Adam's family.
func beta1Knob(p *float64, def float64) knob.Knob {
	return rateKnob(p, "beta1", "β₁", "decay rate of the average of gradients", def)
}

func beta2Knob(p *float64, def float64) knob.Knob {
	return rateKnob(p, "beta2", "β₂", "decay rate of the average of squared gradients", def)
}

// momentumKnob is the decay rate α of the sum of gradients.
func momentumKnob(p *float64, def float64) knob.Knob {
	return rateKnob(p, "momentum", "α", "momentum: how much of the last step is kept; steps add up to 1/(1−α) times the rate", def)
}

// optional is the memory of a state vector that is needed only while an option is on: n zeros when it is
// switched on, nothing while it is off.
func optional(v []float64, on bool, n int) []float64 {
	switch {
	case !on:
		return v[:0]
	case len(v) == n:
		return v
	default:
		return zeros(v, n)
	}
}

// zeros returns n zeros in dst's memory where that is large enough.
func zeros(dst []float64, n int) []float64 {
	if cap(dst) < n {
		return make([]float64, n)
	}
	dst = dst[:n]
	clear(dst)
	return dst
}
