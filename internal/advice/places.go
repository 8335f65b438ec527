package advice

import (
	"fmt"
	"math"
	"strings"

	"opttui/internal/curvature"
	"opttui/internal/optim"
	"opttui/internal/train"
)

// What is wrong with where the run is.

const (
	// smallGradient is by what share of the steepest slope seen a gradient is nothing but rounding; littleGradient by which
	// it is small: the loss would take a hundred times as long.
	smallGradient  = 1e-8
	littleGradient = 0.01
	// stillShare is the share of the loss's range that it must not fall by in the window where it is said to stand still.
	stillShare = 1e-3
	// downward is how large −λmin must be by the largest |λ| to be a direction that goes down, not rounding.
	downward = 1e-3
	// flat is the curvature, and the slope, of what is called flat.
	flat = 1e-6
)

// still tells whether the loss has stood still over the window.
func (e *evidence) still() bool {
	t := &e.t
	return (t.full || e.rests()) && !t.bad && math.Abs(t.fall()) <= stillShare*t.span() && t.hi-t.lo <= 10*stillShare*t.span()
}

// rests tells whether the run has stopped by itself, or stands where the gradient is nothing.
func (e *evidence) rests() bool {
	return e.s.Status == train.Stopped || e.s.Err != "" || e.s.GradNorm <= smallGradient*e.steepest
}

// converged: no gradient, and the function goes up in all directions.
func (e *evidence) converged() *Advice {
	r := e.r
	if r == nil || e.s.Stochastic || !r.Critical || r.Class != curvature.Minimum || e.s.GradNorm > 10*r.Norm+1e-6 {
		return nil
	}
	return &Advice{
		Kind: Converged, Urgency: Hint,
		Text:     fmt.Sprintf("converged to a minimum: ‖∇f‖ = %s and λmin = %s > 0", number(r.Norm), number(r.Min())),
		Evidence: fmt.Sprintf("loss %s, λmax %s, at step %d", number(r.Loss), number(r.Max()), r.Step),
	}
}

// saddle: the loss stands still, the gradient is small, and one direction goes down.
func (e *evidence) saddle() *Advice {
	r := e.r
	if r == nil || r.Class != curvature.Saddle && r.Class != curvature.Maximum || !(r.Norm <= littleGradient*e.steepest || r.Critical) || !e.still() && !r.Critical {
		return nil
	}
	down, up := r.Min(), r.Max()
	if !(-down > downward*math.Max(up, -down) && -down > flat) {
		return nil
	}
	a := &Advice{
		Kind: Saddle, Urgency: Problem,
		Text:     fmt.Sprintf("at a %s: ‖∇f‖ = %s, but λmin = %s%s goes down", r.Class, number(r.Norm), number(down), direction(r)),
		Evidence: fmt.Sprintf("λmax %s, steepest slope seen %s, loss stands at %s", number(up), number(e.steepest), number(r.Loss)),
	}
	e.leave(a)
	return a
}

// direction is where the most negative eigenvalue goes, in two dimensions.
func direction(r *curvature.Report) string {
	if n := len(r.Vectors); n > 0 && len(r.Vectors[n-1]) == 2 {
		v := r.Vectors[n-1]
		return fmt.Sprintf(" along (%.2f, %.2f)", v[0], v[1])
	}
	return ""
}

// leave adds what takes the run away from a saddle: a rule that does not look for saddles instead of Newton's; noise,
// which has a part in every direction, where there is none; and else more momentum, which builds up on the way down.
func (e *evidence) leave(a *Advice) {
	s := e.s
	switch alpha := e.momentum(); {
	case s.Optimizer.Name == "newton":
		a.Back, a.Restart = true, true
		a.Does = "begin again with damped Newton, which does not look for saddles"
		a.Commands = []train.Command{{Op: train.OpOptimizer, Value: "damped_newton"}}
	case s.Optimizer.SameFunction:
		c, lr := e.adam()
		a.Does = fmt.Sprintf("noise σ %s, and Adam at ε %s, which bears it", number(e.nudge()), number(lr))
		a.Commands = append(e.noise(), c...)
	case !s.Stochastic:
		a.Does = fmt.Sprintf("noise σ %s, which has a part in all directions", number(e.nudge()))
		a.Commands = e.noise()
	case s.Optimizer.Unit == optim.PerGradient && alpha > 0 && alpha < 0.99:
		a.Does = fmt.Sprintf("α %.3g → %.3g", alpha, 1-(1-alpha)/4)
		a.Commands = []train.Command{set("optimizer.momentum", 1-(1-alpha)/4)}
	default:
		c, lr := e.adam()
		if s.Optimizer.Name == "adam" {
			return
		}
		a.Does, a.Commands = fmt.Sprintf("Adam at ε %s", number(lr)), c
	}
}

// nudge is a noise that is small by the slopes of the function and large by what is left of them here.
func (e *evidence) nudge() float64 { return math.Max(0.01*e.steepest, 1e-3) }

// noise are the commands that switch it on. On a landscape it is that of so many samples, of which there must be one.
func (e *evidence) noise() []train.Command {
	c := []train.Command{set("run.noise", rounded(e.nudge()))}
	if e.s.Batch == 0 && e.s.Samples == 0 {
		c = append(c, set("run.batch", 1))
	}
	return c
}

// rounded keeps one significant digit.
func rounded(v float64) float64 {
	scale := math.Pow(10, math.Floor(math.Log10(v)))
	return math.Round(v/scale) * scale
}

// plateau: the loss stands still, the gradient is small, and what there is of slope and curvature says that the bottom is
// far off, even at the best rate that gradient descent could have here.
func (e *evidence) plateau() *Advice {
	r, s := e.r, e.s
	if r == nil || s.Stochastic || s.Optimizer.SameFunction || !e.still() || r.Critical && r.Class == curvature.Minimum {
		return nil
	}
	bend := math.Max(math.Abs(r.Max()), math.Abs(r.Min()))
	if r.Norm <= flat && bend <= flat {
		return &Advice{
			Kind: Plateau, Urgency: Problem,
			Text:     fmt.Sprintf("flat: ‖∇f‖ = %s and no |λ| above %s: nothing says where to go, start elsewhere", number(r.Norm), number(bend)),
			Evidence: fmt.Sprintf("steepest slope seen %s, loss %s", number(e.steepest), number(r.Loss)),
		}
	}
	speed := e.stepLength() * math.Sqrt(float64(s.Dim))
	steps := r.Distance / speed
	if share := e.share(); share < goodShare {
		steps *= share / goodShare
	}
	gain := r.Norm * r.Distance / 2 // on the quadratic that is seen from here
	if !(steps > farSteps) || r.Norm > littleGradient*e.steepest || !(gain > slightFall/10*e.t.span()) {
		return nil
	}
	a := &Advice{
		Kind: Plateau, Urgency: Problem,
		Text:     fmt.Sprintf("plateau: ‖∇f‖ = %s, and the bottom is some %s off, %s steps at this pace", number(r.Norm), number(r.Distance), number(r.Distance/speed)),
		Evidence: fmt.Sprintf("steepest slope seen %s, λ from %s to %s, a step is %s long", number(e.steepest), number(r.Min()), number(r.Max()), number(speed)),
	}
	if s.Optimizer.Unit == optim.PerStep && s.Optimizer.Name != "adagrad" {
		if e.hasRate() {
			a.Does, a.Commands = "ε × 4", divide(0.25)
		}
		return a
	}
	c, lr := e.adam()
	a.Does, a.Commands = fmt.Sprintf("Adam at ε %s, whose steps do not shrink with the gradient", number(lr)), c
	return a
}

// farSteps is how many steps off a bottom must be to be called far.
const farSteps = 1000

// onNoise: a rule that compares values and gradients of different steps runs on a function that changes with every step,
// and does not get on: its line search fails, or the loss does not fall.
func (e *evidence) onNoise() *Advice {
	s, t := e.s, &e.t
	if !s.Optimizer.SameFunction || !s.Stochastic {
		return nil
	}
	stopped := s.Status == train.Stopped || s.Err != ""
	if !stopped && !(t.n >= window && t.fall() <= 2*t.sure && t.rises > t.n/4) {
		return nil
	}
	a := &Advice{
		Kind: OnNoise, Urgency: Problem,
		Text: fmt.Sprintf("%s on noise: loss went up in %s of %d steps, mean %s after %s",
			s.Optimizer.Title, percent(float64(t.rises)/float64(max(t.n-1, 1))), t.steps, number(t.newer), number(t.older)),
		Evidence: s.Warning,
	}
	if stopped {
		a.Text = fmt.Sprintf("%s on noise gave up at step %d: each step sees another function", s.Optimizer.Title, s.Step)
		a.Evidence = strings.TrimSpace(s.Err)
	}
	c, lr := e.adam()
	a.Does, a.Commands = fmt.Sprintf("Adam at ε %s; or all samples and no noise", number(lr)), c
	return a
}

// noiseFloor: the loss has stopped falling, and the gradient of a minibatch is mostly noise: by its length, and by what
// it promised of the steps beyond what the gradient over all data did.
func (e *evidence) noiseFloor() *Advice {
	t := &e.t
	if !e.s.Stochastic || !e.hasRate() || !t.full || t.bad || e.s.Optimizer.SameFunction || t.fall() > 2*t.sure {
		return nil
	}
	mini, full := 0.0, 0.0
	reports, last := 0, -1
	for i := range e.n {
		l := e.at(i)
		mini += l.grad * l.grad / float64(e.n)
		if l.norm == l.norm && l.reported != last {
			full, last = full+l.norm*l.norm, l.reported
			reports++
		}
	}
	full /= float64(reports)
	ratio := math.Sqrt(mini / full)
	if reports < 2 || !(ratio > mostlyNoise) {
		return nil
	}
	return &Advice{
		Kind: NoiseFloor, Urgency: Problem,
		Text:     fmt.Sprintf("noise floor: no fall in %d steps, and the gradient is %s× its mean's length: noise", t.steps, number(ratio)),
		Evidence: fmt.Sprintf("mean loss %s ± %s after %s; ‖g‖ %s a step, %s over all data", number(t.newer), number(t.sure), number(t.older), number(math.Sqrt(mini)), number(math.Sqrt(full))),
		Does:     "ε ÷ 10",
		Commands: divide(10),
	}
}

// mostlyNoise is how many times the length of the true gradient that of a step's is, where its noise is the larger part
// by far: with noise of the variance σ², ‖g̃‖² is ‖g‖² + σ².
const mostlyNoise = 3

// decayed: AdaGrad's steps were ε in each coordinate once, are a small part of that now, and the gradient has not gone
// with them.
func (e *evidence) decayed() *Advice {
	s, t := e.s, &e.t
	if s.Optimizer.Name != "adagrad" || !t.full || t.bad || e.onSchedule() || s.LR == 0 {
		return nil
	}
	step, gradient := e.stepLength()/s.LR, s.GradNorm/e.steepest
	if !(step < deadShare) || !(gradient > littleGradient) || !(step < gradient/4) || !(s.Stochastic || t.steady(false)) {
		return nil
	}
	return &Advice{
		Kind: Decayed, Urgency: Problem,
		Text:     fmt.Sprintf("AdaGrad's steps have sunk to %s of ε while ‖∇f‖ is %s of its largest: r only grows", percent(step), percent(gradient)),
		Evidence: fmt.Sprintf("a step is %s in each coordinate, ε %s, ‖∇f‖ %s; loss falls by %s in %d steps", number(e.stepLength()), number(s.LR), number(s.GradNorm), number(t.fall()), t.steps/2),
		Does:     "RMSProp at the same ε, whose r forgets",
		Commands: []train.Command{{Op: train.OpOptimizer, Value: "rmsprop"}},
	}
}

// deadShare is the share of ε below which AdaGrad's steps are called dead: after 400 steps of the same gradient they are
// 1/√400.
const deadShare = 0.05
