package train

import (
	"math"
	"slices"

	"opttui/internal/knob"
	"opttui/internal/optim"
	"opttui/internal/problems"
	"opttui/internal/usage"
)

// Run is an optimizer on a problem, with everything that decides its next step. It belongs to one goroutine.
// The same spec and the same commands at the same steps give the same run, bit for bit.
type Run struct {
	spec       Spec
	convention optim.Convention
	problem    problems.Problem
	pspec      problems.Spec
	layout     optim.Layout
	obj        objective
	sampler    *sampler
	opt        optim.Optimizer
	optSpec    optim.Spec
	sched      *optim.Warmup
	schedSpec  optim.ScheduleSpec
	schedFrom  int // step at which the schedule was chosen: its k = 0

	batch        int     // minibatch size m, 0 for all
	batchKnob    float64 // the same, as a knob holds it
	noise        float64 // σ
	switchWarmup float64 // steps of the warm-up after a switch, 0 for none
	easing       easing  // the warm-up after the last switch

	step      int
	used      int // training samples used so far: where in which epoch the next minibatch begins
	point     optim.Point
	loss      float64 // f at X on this step's minibatch, without the noise's tilt
	base      float64 // base learning rate ε₀
	lr        float64 // learning rate ε_k of the coming step
	steady    bool    // the learning rate stays the base rate until something is set
	plain     bool    // the function is the same in all steps: it has neither samples nor noise
	elsewhere bool    // the rule does not look at the gradient at X
	unpaid    bool    // the evaluation at X has not been counted yet: it is when a rule uses it
	seconds   float64 // running time, told by the owner; for display only
	err       error   // why the run cannot go on
	bad       bool    // the loss is not finite

	start       []float64 // where θ began; never written
	listed      []Setting // settings as last listed, at changed == listedAt
	listedAt    int
	now         Spec      // Now() at the same time
	pictures    []Picture // as last made, for the score at step picturedAt
	picturedAt  int
	history     *History
	path        *Path  // nil unless the problem has one or two dimensions
	trail       *Trail // nil unless it has more, or two that are parameters of a model
	scored      problems.Scored
	scores      []ScorePoint
	nextScore   int
	scoreStride int       // grows as scores are thinned; 0 is 1
	mark        *LastStep // where the last marked step began; nil while nobody watches
	journal     []Entry
	script      []Entry // commands still to come; never written
	changed     int     // counts commands, so that a publisher knows when the settings need listing again
}

// ScorePoint is how a model did at one step.
type ScorePoint struct {
	Step int
	problems.Score
}

// maxScores bounds the list of scores; when it is full every other one is dropped.
const maxScores = 1024

// New makes the run that the spec describes, at step 0. Errors are *usage.Error, but for files that cannot be read.
func New(spec Spec) (*Run, error) {
	spec = spec.Clone()
	pspec, err := spec.Ref().Resolve()
	if err != nil {
		return nil, err
	}
	optSpec, ok := optim.Lookup(spec.Optimizer)
	if !ok {
		return nil, usage.Unknown("optimizer", spec.Optimizer, OptimizerNames())
	}
	if spec.Schedule == "" {
		spec.Schedule = "constant"
	}
	schedSpec, err := findSchedule(spec.Schedule)
	if err != nil {
		return nil, err
	}
	conv, err := ParseConvention(spec.Convention)
	if err != nil {
		return nil, err
	}
	spec.Convention = conv.String()

	r := &Run{
		spec: spec, convention: conv, problem: pspec.New(), pspec: pspec,
		opt: optSpec.New(conv), optSpec: optSpec, schedSpec: schedSpec,
		history: NewHistory(),
	}
	r.batchKnob, r.noise = float64(spec.Batch), spec.Noise
	for _, k := range r.runKnobs() {
		if err := k.Check(k.Value()); err != nil {
			return nil, usage.From(err)
		}
	}
	// The schedule's defaults depend on the base rate, so the optimizer's settings come first.
	r.sched = newSchedule(schedSpec, 1)
	if err := r.setFromSpec(partOptimizer, partProblem, partRun); err != nil {
		return nil, err
	}
	r.refresh()
	r.sched = newSchedule(schedSpec, r.base)
	if err := r.setFromSpec(partSchedule); err != nil {
		return nil, err
	}
	if err := optSpec.Offered(Capabilities(r.problem)); err != nil {
		return nil, usage.From(err)
	}

	n := r.problem.Dim()
	x := spec.Start
	if x == nil {
		x = r.problem.Start(spec.Seed)
	}
	if len(x) != n {
		return nil, usage.Errorf("start has %d coordinates, %s has %d", len(x), spec.Problem, n)
	}
	for _, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, usage.Errorf("start %v is not finite", x)
		}
	}
	r.start = slices.Clone(x)
	r.point = optim.Point{X: slices.Clone(x), G: make([]float64, n)}
	r.layout = layoutOf(r.problem)
	r.obj = objective{problem: r.problem, xi: make([]float64, n), have: Capabilities(r.problem)}
	samples := 0
	if s, ok := r.problem.(problems.Sampled); ok {
		r.obj.sampled, samples = s, s.Samples()
	}
	r.sampler = newSampler(spec.Seed, samples)
	r.scored, _ = r.problem.(problems.Scored)
	switch {
	case n == 1:
		r.path = NewPath(XY{lineWidth(pspec) / 3200, math.Inf(1)})
	case n == 2 && pspec.Domain != nil:
		r.path = NewPath(pathTolerance(pspec))
	default:
		r.trail = NewTrail(n)
	}
	r.opt.Init(r.layout)
	r.refresh()
	r.evaluate()
	r.record()
	return r, nil
}

// setFromSpec applies the spec's settings that belong to the given parts. Every key must belong to some part.
func (r *Run) setFromSpec(parts ...string) error {
	return setEach(r.spec.Set, func(key string) (knob.Knob, bool, error) {
		s, err := r.find(key)
		return s.Knob, slices.Contains(parts, s.Part), err
	})
}

// maxBatch bounds the minibatch knob; larger ones mean all samples of any data here.
const maxBatch = 1 << 30

// runKnobs are the settings that belong to neither rule nor problem.
func (r *Run) runKnobs() []knob.Knob {
	return []knob.Knob{
		knob.Knob{Key: "batch", Symbol: "m", Doc: "minibatch size, 0 for all samples; noise of m samples is σ/√m", Zero: "all", Unit: "samples", Max: maxBatch, Integer: true, Stops: []float64{1, 8, 64, 128, 256, 512, 0}}.Bind(&r.batchKnob),
		knob.Knob{Key: "switch_warmup", Symbol: "w_s", Doc: "after a switch of the optimizer, steps until the full rate; the first step is as long as the old rule's would be", Unit: "steps", Max: 1e6, Integer: true, Scale: knob.Log}.Bind(&r.switchWarmup),
		knob.Knob{Key: "noise", Symbol: "σ", Doc: "standard deviation of one sample's gradient noise in each coordinate", Max: 1e6, Scale: knob.Log, Floor: 1e-2}.Bind(&r.noise),
	}
}

func layoutOf(p problems.Problem) optim.Layout {
	l := optim.Layout{Dim: p.Dim()}
	if b, ok := p.(problems.Blocked); ok {
		for _, m := range b.Blocks() {
			l.Blocks = append(l.Blocks, optim.Block(m))
		}
	}
	return l
}

// pathTolerance is a quarter of a dot on the widest screens.
func pathTolerance(s problems.Spec) XY {
	box := s.Shown()
	if len(box) != 2 {
		return XY{1e-3, 1e-3}
	}
	return XY{(box[0][1] - box[0][0]) / 3200, (box[1][1] - box[1][0]) / 3200}
}

// lineWidth is how much of a function of one variable is shown.
func lineWidth(s problems.Spec) float64 {
	if box := s.Shown(); len(box) > 0 {
		return box[0][1] - box[0][0]
	}
	return 1
}

// newSchedule makes a schedule, with a warm-up of no steps in front of it that can be turned up.
func newSchedule(spec optim.ScheduleSpec, base float64) *optim.Warmup {
	return optim.WithWarmup(spec.New(base), 0)
}

// rate is the learning rate of the coming step.
func (r *Run) rate() float64 {
	return r.sched.Rate(r.step-r.schedFrom, r.base) * r.easing.factor(r.step)
}

// refresh looks up again what the hot loop must not look up in every step, after anything was set.
func (r *Run) refresh() {
	r.base = 1 // rules without a learning rate
	if k, ok := knob.Find(r.opt.Knobs(), "lr"); ok {
		r.base = k.Value()
	}
	r.batch = int(r.batchKnob)
	e, ok := r.opt.(optim.Elsewhere)
	r.elsewhere = ok && e.Elsewhere()
	r.steady = r.sched.Constant() && r.step >= r.easing.from+r.easing.steps
	r.plain = r.obj.sampled == nil && r.noise == 0
	r.lr = r.rate()
}

// Step returns how many updates have been made.
func (r *Run) Step() int { return r.step }

// Err returns why the run cannot go on, nil while it can. A diverged run has none.
func (r *Run) Err() error { return r.err }

// Diverged tells whether the loss has stopped being finite.
func (r *Run) Diverged() bool { return r.bad }

// Over tells whether the run cannot take another step.
func (r *Run) Over() bool { return r.bad || r.err != nil }

// Advance takes up to n steps and returns how many it took: fewer when the run is over.
func (r *Run) Advance(n int) int {
	took := 0
	for took < n && !r.Over() {
		if r.advance() {
			took++
		}
		if len(r.script) > 0 {
			r.perform()
		}
	}
	return took
}

// advance is one update and the evaluation at the new point. It allocates nothing.
func (r *Run) advance() bool {
	if r.unpaid && !r.elsewhere {
		r.obj.counts.Gradient++
	}
	r.unpaid = false
	p := &r.point
	p.LR = r.lr
	p.Fresh = false
	r.obj.dense.valid = false
	if err := r.opt.Step(&r.obj, p); err != nil {
		r.err = err
		r.evaluate() // the rule may have used the gradient as scratch
		return false
	}
	r.step++
	r.used += r.batchLen()
	if p.Fresh && !r.stochastic() {
		r.loss = p.F
	} else {
		r.evaluate()
	}
	if r.steady {
		r.lr = r.base
	} else {
		r.sched.Observe(r.loss)
		r.lr = r.rate()
	}
	r.record()
	return true
}

// stochastic tells whether the next step sees another function than this one.
func (r *Run) stochastic() bool { return r.obj.noisy || r.obj.batch != nil }

// batchLen is how many samples this step uses.
func (r *Run) batchLen() int {
	if r.obj.sampled == nil {
		return 0
	}
	if r.obj.batch == nil {
		return len(r.sampler.order)
	}
	return len(r.obj.batch)
}

// evaluate draws this step's minibatch and noise and evaluates there.
func (r *Run) evaluate() {
	if r.plain {
		r.obj.noisy = false
		r.loss = r.problem.Gradient(r.point.X, r.point.G)
		r.point.F = r.loss
	} else {
		r.draw()
	}
	r.unpaid = true
	r.bad = r.loss-r.loss != 0
}

// draw is evaluate where there may be samples or noise.
func (r *Run) draw() {
	o := &r.obj
	if o.sampled != nil {
		o.batch = nil
		if r.batch > 0 && r.batch < len(r.sampler.order) {
			o.batch = r.sampler.batch(r.used, r.batch)
		}
	}
	p := &r.point
	r.loss = o.gradient(p.X, p.G)
	p.F = r.loss
	m := r.batch
	if o.sampled != nil {
		m = r.batchLen()
	}
	if o.noisy = r.noise > 0 && m > 0; o.noisy {
		r.sampler.noise(r.step, r.noise/math.Sqrt(float64(m)), o.xi)
		p.F += o.tilt(p.X, p.G)
	}
}

// record appends the present point to the history.
func (r *Run) record() {
	if r.history.Add(r.loss) {
		r.history.Stamp(r.marks())
	}
	switch x := r.point.X; {
	case r.trail != nil:
		r.trail.Add(r.step, x)
	case r.path == nil: // a trial, at which nobody looks
	case len(x) == 1:
		r.path.Add(x[0], r.loss)
	default:
		r.path.Add(x[0], x[1])
	}
	if r.scored != nil && r.step >= r.nextScore && !r.bad {
		r.score()
	}
}

// marks are the present positions on the horizontal axes.
func (r *Run) marks() Marks {
	c := r.obj.counts
	return Marks{
		Gradients: float64(c.Gradient),
		Cost:      c.cost(len(r.point.X)),
		Epoch:     r.epoch(), Seconds: r.seconds,
	}
}

// score judges the model on all training and held-out data, once an epoch but not every few steps. When the list
// is full every other score goes, and from then on half as many are taken: the whole run stays evenly covered.
func (r *Run) score() {
	every := 20
	if m := r.batchLen(); m > 0 {
		every = max(every, len(r.sampler.order)/m)
	}
	r.nextScore = r.step + every*max(r.scoreStride, 1)
	r.scores = append(r.scores, ScorePoint{Step: r.step, Score: r.scored.Score(r.point.X)})
	if len(r.scores) == maxScores {
		half := make([]ScorePoint, 0, maxScores)
		for i := 0; i < len(r.scores); i += 2 {
			half = append(half, r.scores[i])
		}
		r.scores, r.scoreStride = half, 2*max(r.scoreStride, 1)
	}
}

// epoch is how many times the data have been passed over, 0 where there are none.
func (r *Run) epoch() float64 {
	if n := len(r.sampler.order); n > 0 {
		return float64(r.used) / float64(n)
	}
	return 0
}

// Clone returns an independent run that goes on exactly as this one would.
func (r *Run) Clone() *Run {
	c := *r
	c.spec = r.spec.Clone()
	c.problem = r.problem.Clone()
	c.opt = r.opt.Clone()
	c.sched = r.sched.Clone().(*optim.Warmup)
	c.mark = nil
	c.listed = nil // its knobs are bound to the original
	c.sampler = r.sampler.clone()
	c.point.X, c.point.G = slices.Clone(r.point.X), slices.Clone(r.point.G)
	c.obj.problem = c.problem
	c.obj.sampled, _ = c.problem.(problems.Sampled)
	c.obj.xi = slices.Clone(r.obj.xi)
	c.obj.batch = slices.Clone(r.obj.batch)
	c.obj.dense = dense{} // filled anew in each step
	c.scored, _ = c.problem.(problems.Scored)
	c.history = r.history.clone()
	if r.path != nil {
		c.path = r.path.clone()
	}
	if r.trail != nil {
		c.trail = r.trail.clone()
	}
	c.scores = append(make([]ScorePoint, 0, maxScores), r.scores...)
	c.journal = slices.Clone(r.journal)
	return &c
}

// Spec returns what the run started as.
func (r *Run) Spec() Spec { return r.spec.Clone() }

// Journal returns the commands carried out so far.
func (r *Run) Journal() []Entry { return slices.Clone(r.journal) }

// Now returns a spec that starts a run with all the settings that this one has now: what a restart means
// to somebody who has been turning knobs.
func (r *Run) Now() Spec {
	s := r.spec.Clone()
	s.Optimizer, s.Schedule, s.Convention = r.optSpec.Name, r.schedSpec.Written(), r.convention.String()
	s.Batch, s.Noise = r.batch, r.noise
	s.Set = make(map[string]string)
	for _, k := range r.settings() {
		if key := k.Key(); key != "run.batch" && key != "run.noise" { // these are fields
			s.Set[key] = k.Knob.Text(k.Value)
		}
	}
	return s
}
