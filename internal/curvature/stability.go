package curvature

import (
	"math"
	"strings"

	"opttui/internal/knob"
	"opttui/internal/optim"
)

// Stability is the edge of a rule on a quadratic with the largest eigenvalue λmax: it is stable up to the rate
//
//	1/(λmax/Factor + Decay)
//
// of gradients (Cohen et al. 2021, arXiv 2103.00065, app. B) or of preconditioned ones (Cohen et al. 2022, arXiv 2207.14484).
type Stability struct {
	Factor  float64 // ε·λmax at the edge
	Formula string  // "2/λmax"
	// Adaptive rules precondition: λmax is that of P⁻¹H, which is known after a first step.
	Adaptive bool
	Coupled  float64 // weight decay λ in the gradient, which adds λ to every curvature
	Decay    float64 // what a decoupled weight decay takes away from 1/ε
	Why      string  // why there is no limit, in a few words
}

// Rate is the learning rate at the edge for λmax of H+λI, or of P⁻¹ times that, with the coupled decay λ in it; NaN where
// nothing curves upward.
func (s Stability) Rate(lambda float64) float64 {
	if c := lambda/s.Factor + s.Decay; s.Why == "" && lambda > 0 && !math.IsInf(c, 0) {
		return 1 / c
	}
	return math.NaN()
}

// noLimit says why rules have none.
var noLimit = map[string]string{
	"lion":          "its steps are equally long whatever the gradient",
	"rprop":         "its steps are equally long whatever the gradient",
	"muon":          "its steps are equally long whatever the gradient",
	"sam":           "its gradients are taken uphill, so its edge moves with ‖g‖",
	"newton":        "its step follows from the curvature",
	"lm":            "its damping follows the curvature",
	"damped_newton": "a line search chooses its step",
	"newton_cg":     "a line search chooses its step",
	"bfgs":          "a line search chooses its step",
	"lbfgs":         "a line search chooses its step",
	"cg":            "a line search chooses its step",
}

// StabilityOf returns the edge of a rule with its hyperparameters after a number of steps, which matters to NAdam alone.
func StabilityOf(rule optim.Spec, knobs []knob.Knob, step int) Stability {
	if why := noLimit[rule.Name]; why != "" {
		return Stability{Why: why}
	}
	s := Stability{Factor: 2, Formula: "2/λmax", Coupled: value(knobs, "weight_decay")}
	switch rule.Name {
	case "sgd":
	case "momentum":
		s.momentum(knobs)
	case "nesterov":
		a := value(knobs, "momentum")
		s.Factor, s.Formula = (2+2*a)/(1+2*a), "(2+2α)/((1+2α)λmax)"
	case "schedulefree_sgd":
		s.free(value(knobs, "beta"))
	case "asgd":
		s.Coupled += value(knobs, "lambda")
	case "adagrad", "adadelta":
		s.adapt("2/λmax")
	case "rmsprop":
		s.adapt("2/λmax")
		if a := value(knobs, "momentum"); a > 0 {
			s.adapt("(2+2α)/λmax")
			s.Factor = 2 + 2*a
		}
	case "adam", "adamax", "radam", "adamw", "prodigy":
		s.average(value(knobs, "beta1"))
	case "nadam":
		s.nadam(knobs, step)
	case "schedulefree_adamw":
		s.free(value(knobs, "beta1"))
	default:
		return Stability{Why: "there is no formula for it"}
	}
	s.decouple(rule.Name)
	return s
}

// momentum: 2+2α (Polyak 1964), and 1/(1−α) times that where the gradients are averaged.
func (s *Stability) momentum(knobs []knob.Knob) {
	a := value(knobs, "momentum")
	s.Factor, s.Formula = 2+2*a, "(2+2α)/λmax"
	if form, ok := knob.Find(knobs, "form"); ok && form.Text(form.Value()) == "ewma" {
		s.Factor, s.Formula = (2+2*a)/(1-a), "(2+2α)/((1−α)λmax)"
	}
}

// adapt is for rules that precondition, given the formula without that.
func (s *Stability) adapt(formula string) {
	s.Adaptive, s.Formula = true, strings.Replace(formula, "λmax", "λmax(P⁻¹H)", 1)
}

// average is Adam and its kin: the averaged form of momentum on P⁻¹H (Cohen et al. 2022).
func (s *Stability) average(b float64) {
	s.adapt("(2+2β₁)/((1−β₁)λmax)")
	s.Factor = (2 + 2*b) / (1 - b)
}

// nadam is the same with the weight μ on the average and 1−μ on the gradient itself. On a curvature c its state has the
// matrix with trace 1+β−εc(1−μβ) and determinant β(1−εc(1−μ)), which is stable up to εc = (2+2β)/(1+β−2μβ).
func (s *Stability) nadam(knobs []knob.Knob, step int) {
	b := value(knobs, "beta1")
	mu := b * (1 - 0.5*math.Pow(0.96, value(knobs, "momentum_decay")*float64(step+1)))
	s.adapt("(2+2β₁)/((1+β₁−2μβ₁)λmax)")
	s.Factor = (2 + 2*b) / (1 + b - 2*mu*b)
}

// free is the schedule-free rules when the average x moves no longer: z sees (1−β) of its own steps.
func (s *Stability) free(b float64) {
	s.Factor, s.Formula = 2/(1-b), "2/((1−β)λmax)"
}

// decouple corrects for the decays that go past the rule.
func (s *Stability) decouple(rule string) {
	decay := s.Coupled
	switch rule {
	case "adamw":
		s.Coupled, s.Decay = 0, decay/2 // θ ← (1−ελ)θ, at once: stable alone up to 2/λ
	case "schedulefree_adamw":
		s.adapt("2/((1−β₁)λmax)")
		s.Coupled, s.Decay = 0, decay/s.Factor // λy, where the gradient is taken
	case "prodigy":
		s.Coupled = 0
		if decay > 0 {
			*s = Stability{Why: "its decay follows its estimate d"}
		}
	}
}

func value(knobs []knob.Knob, key string) float64 {
	k, ok := knob.Find(knobs, key)
	if !ok {
		return 0
	}
	return k.Value()
}
