package advice

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"opttui/internal/optim"
	"opttui/internal/train"
)

// What is wrong with the length of the steps.

const (
	// safeShare is what share of its limit ε is taken down to: at the limit itself nothing converges.
	safeShare = 0.8
	// slowShare is the share of its limit below which ε is called far too low, and goodShare what it is raised to: gradient
	// descent is fastest between half of its limit, 1/λmax, and all of it (Nesterov 2004, sec. 1.2.3).
	slowShare, goodShare = 0.05, 0.5
	mostRaise            = 16 // times at once: curvature changes along the way
	// departed is how many times its initial excess a loss that diverges is above its lowest: the learning-rate finder's
	// measure of divergence.
	departed = 4
)

// diverged: the loss is not finite any more.
func (e *evidence) diverged() *Advice {
	if !(e.s.Status == train.Diverged || e.s.Loss-e.s.Loss != 0) {
		return nil
	}
	if e.falls() {
		return &Advice{
			Kind: Bottomless, Urgency: Failure, Restart: true,
			Text:     fmt.Sprintf("the loss fell to %s and on: the function has no minimum on this way, start elsewhere", number(e.t.lowest)),
			Evidence: fmt.Sprintf("highest loss %s, lowest %s, not finite at step %d", number(e.t.highest), number(e.t.lowest), e.s.Step),
		}
	}
	lowest, at := e.bottom()
	a := &Advice{
		Kind: Diverged, Urgency: Failure, Back: e.s.Step > 0, To: min(at, e.s.Step-1), Restart: true,
		Evidence: fmt.Sprintf("not finite at step %d, lowest loss %s at step %d", e.s.Step, number(lowest), at),
	}
	e.lessRate(a, fmt.Sprintf("diverged at step %d", e.s.Step))
	return a
}

// bottom is the lowest loss that the run has had with its rule and its other settings, and a step before it was left: where
// ε alone was changed since, the run may have begun to diverge before that.
func (e *evidence) bottom() (lowest float64, step int) {
	since := 0
	for _, j := range slices.Backward(e.s.Journal) {
		if j.Command.Op != train.OpSet || j.Command.Key != rateKey {
			since = j.Step
			break
		}
	}
	t := trendOf(e.s.History, since, 1)
	return t.lowest, max(since, t.lowestStep-t.stride+1)
}

// falls tells whether a loss that is out of bounds has gone downwards.
func (e *evidence) falls() bool {
	t := &e.t
	return math.IsInf(e.s.Loss, -1) || t.n > 1 && t.rises == 0 && t.lowest < 0 && -t.lowest > 1e6*math.Max(1, math.Abs(t.highest))
}

// diverging: the loss is far above all that it was, and has been rising.
func (e *evidence) diverging() *Advice {
	t := &e.t
	const growing = 5
	excess := t.last - t.lowest
	if e.s.Stochastic || t.n < growing+1 || t.growing < growing && !(t.newer > 2*t.older && t.older > t.lowest) || !(t.last > 0.5*t.hi) {
		return nil
	}
	if !(excess > departed*(t.first-t.lowest)) || !(excess > departed*math.Abs(t.first)) || e.share() < 1 {
		return nil
	}
	lowest, at := e.bottom()
	a := &Advice{
		Kind: Diverging, Urgency: Failure, Back: true, To: at,
		Evidence: fmt.Sprintf("loss %s, lowest %s at step %d, first %s", number(t.last), number(lowest), at, number(t.first)),
	}
	e.lessRate(a, fmt.Sprintf("loss has risen from %s to %s", number(lowest), number(t.last)))
	return a
}

// lessRate completes an advice whose remedy is a lower rate: by as much as is measured, else by half.
func (e *evidence) lessRate(a *Advice, text string) {
	by := 2.0
	share := e.share()
	if share > 1 {
		by = math.Min(powerOfTwo(share/safeShare), e.mostCut())
		text += fmt.Sprintf(": ε is %s× %s", times(share), e.limit())
		a.Evidence += fmt.Sprintf("; λ = %s at step %d, ε by its limit %s", number(e.r.Limit.Lambda), e.r.Step, number(share))
	}
	a.Text = text
	if !e.hasRate() {
		return
	}
	a.Commands, a.Does = divide(by), fmt.Sprintf("ε ÷ %g", by)
	if base, ok := e.value(rateKey); a.Back && ok { // ε may have been another one then
		a.Commands = []train.Command{set(rateKey, base/by)}
		a.Does = fmt.Sprintf("back to step %d, %s", a.To, a.Does)
	}
}

// mostCut bounds how far ε goes down at once. The rates of an adaptive rule follow its gradients, and with them λ.
func (e *evidence) mostCut() float64 {
	if e.s.Optimizer.Unit == optim.PerGradient {
		return 1 << 20
	}
	return mostRaise
}

// oscillating: the loss rises and falls, on average it does not fall, and ε is past its limit; or the loss turns at almost
// every step, which nothing else does without noise.
func (e *evidence) oscillating() *Advice {
	t := &e.t
	if !t.full || !e.hasRate() || t.bad || t.fall() > 0.1*math.Abs(t.older-t.lowest)+1e-9*t.span() || t.rises < t.n/8 {
		return nil
	}
	past := false
	if lo, hi := e.shares(); hi == hi {
		past = lo > 0.95 && hi > 1
	}
	swings := e.momentum() > 0 && e.share() < goodShare // as momentum does far below its limit
	zigzag := !e.s.Stochastic && t.stride == 1 && t.turns > t.n/2 && !swings
	if e.s.Stochastic && !(past && e.share() > 1.2) || !past && !zigzag {
		return nil
	}
	if t.hi-t.lo < 1e-6*t.span() || e.s.GradNorm < smallGradient*e.steepest {
		return nil // rounding
	}
	a := &Advice{
		Kind: Oscillating, Urgency: Problem,
		Evidence: fmt.Sprintf("of %d steps %d went up, %d turned; mean loss %s, before that %s", t.steps, t.rises*t.stride, t.turns*t.stride, number(t.newer), number(t.older)),
	}
	text := fmt.Sprintf("loss stays at %s", number(t.newer))
	switch {
	case t.ratio > 1.05 && zigzag:
		text = fmt.Sprintf("loss rises and falls by %s× a step", number(t.ratio))
	case zigzag:
		text = fmt.Sprintf("loss has turned %d times in %d steps and stays at %s", t.turns, t.steps, number(t.newer))
	}
	e.lessRate(a, text)
	return a
}

// overshoot: momentum carries the run up the other side of the ravine. The loss rises for several steps on end, again and
// again, though ε is below its limit, and still to a height that matters.
func (e *evidence) overshoot() *Advice {
	alpha := e.momentum()
	if alpha < 0.3 || e.s.Stochastic || e.t.bad {
		return nil
	}
	if share := e.share(); share > 1 {
		return nil
	}
	w := waveOf(e.s.History, e.since)
	if w.peaks < 3 || w.period < 4 || w.rises < 0.25 || !(w.height > undiminished*e.t.span()) {
		return nil
	}
	lower := 1 - math.Min(4*(1-alpha), 0.8)
	a := &Advice{
		Kind: Overshoot, Urgency: Problem,
		Text: fmt.Sprintf("momentum overshoots: loss rises in %s of the steps, every %s steps, peaks still %s of the last",
			percent(w.rises), number(w.period), percent(w.decay)),
		Evidence: fmt.Sprintf("%d peaks, the last %s above the lowest loss between them", w.peaks, number(w.height)),
		Does:     fmt.Sprintf("α %.3g → %.3g", alpha, lower),
		Commands: []train.Command{set("optimizer.momentum", lower)},
	}
	if share := e.share(); share == share {
		a.Evidence += fmt.Sprintf("; ε is %s of %s", percent(share), e.limit())
	}
	return a
}

// undiminished is the share of the range of the losses above which a third peak is no mere rest of a start.
const undiminished = 0.02

// tooSlow: the loss falls in every step by what the gradient foretells, about as fast as before, and ε is far below what
// the curvature allows.
func (e *evidence) tooSlow() *Advice {
	t := &e.t
	if !e.hasRate() || e.onSchedule() || t.bad || !t.steady(e.s.Stochastic) || t.fall() < slightFall*t.span() {
		return nil
	}
	pace, limit, of := e.pace()
	if _, hi := e.shares(); !(hi < slowShare) || !(pace < slowShare) || !e.foretold() {
		return nil
	}
	by := math.Min(powerOfTwo(goodShare/pace)/2, mostRaise)
	return &Advice{
		Kind: TooSlow, Urgency: Hint,
		Text: fmt.Sprintf("slow: the loss falls as foretold, and %s is %s of 2/λmax%s = %s", of, percent(pace), e.of(), number(limit)),
		Evidence: fmt.Sprintf("λ = %s at step %d, ε is %s of %s; fell %s in the last %d steps after %s before; last step foretold %s, was %s",
			number(e.r.Limit.Lambda), e.r.Step, percent(e.share()), e.limit(), number(t.newerFall), t.steps/4, number(t.olderFall), number(e.r.Last.Predicted), number(e.r.Last.Actual)),
		Does:     fmt.Sprintf("ε × %g", by),
		Commands: divide(1 / by),
	}
}

// pace is how fast the run goes along a steady gradient by the limit 2/λ of plain steps: momentum adds up to 1/(1−α) of
// them, and its own limit, which is of steps that turn back, says nothing of that.
func (e *evidence) pace() (share, limit float64, of string) {
	if e.r == nil {
		return math.NaN(), math.NaN(), ""
	}
	limit = 2 / e.r.Limit.Lambda
	rate, of := e.s.LR, "ε"
	form, ok := e.s.Setting("optimizer.form")
	if alpha := e.momentum(); alpha > 0 && !(ok && form.Knob.Text(form.Value) == "ewma") {
		rate, of = rate/(1-alpha), "ε/(1−α)"
	}
	return rate / limit, limit, of
}

// of names the matrix whose eigenvalue decides, where it is not H.
func (e *evidence) of() string {
	if e.r != nil && strings.Contains(e.r.Limit.Formula, "P⁻¹H") {
		return "(P⁻¹H)"
	}
	return ""
}

// slightFall is the share of the range of the losses that is too little to say anything about.
const slightFall = 1e-4

// foretold tells whether the steps of the reports that are remembered did to the loss what gradient and curvature said.
func (e *evidence) foretold() bool {
	predicted, actual := 0.0, 0.0
	last := -1
	for i := range e.n {
		l := e.at(i)
		if c := l.change; l.reported != last && c.Predicted == c.Predicted && c.Actual == c.Actual {
			predicted, actual, last = predicted+c.Predicted, actual+c.Actual, l.reported
		}
	}
	return predicted < 0 && math.Abs(actual-predicted) <= 0.1*math.Abs(predicted)
}
