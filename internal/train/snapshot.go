package train

import (
	"math"
	"slices"

	"opttui/internal/optim"
	"opttui/internal/problems"
)

// Status says what a live run is doing.
type Status string

const (
	// Running: steps are being taken.
	Running Status = "running"
	// Paused by the person.
	Paused Status = "paused"
	// Diverged: the loss has stopped being finite.
	Diverged Status = "diverged"
	// Stopped: the rule cannot go on (Err says why).
	Stopped Status = "stopped"
	// Crashed: a defect of the program, caught (Err says what).
	Crashed Status = "crashed"
)

// maxShown is how many coordinates of θ a snapshot carries.
const maxShown = 32

// Snapshot is everything that can be seen of a run at one moment. It never changes; whoever reads it may keep it.
type Snapshot struct {
	Seq     uint64 // grows with every snapshot of a Live
	Applied uint64 // number of the last message taken from the mailbox: it and all before it have taken effect
	Refused string // why the last message was not carried out, "" if it was
	Status  Status
	Err     string
	Warning string  // what is unwise about the run, "" when nothing is
	Rate    float64 // steps a second wanted; +Inf is unlimited
	Speed   float64 // steps a second reached lately

	Life     int      // counts restarts: another one is another run, with a journal of its own
	Seeking  *Seeking // where the run is going, recomputing; nil for most
	Ahead    *Ahead   // what it was taken back from; nil at the furthest step
	Branches []Branch // futures that were given up

	Spec       Spec // starts a run with the settings of now; Clone it before changing it
	Origin     Spec // started this run; the journal belongs to it. Clone it, too
	Problem    problems.Spec
	Optimizer  optim.Spec
	Schedule   optim.ScheduleSpec
	Convention optim.Convention
	Seed       uint64
	Batch      int
	Noise      float64
	Settings   []Setting
	Readings   []optim.Reading

	Step     int
	Dim      int
	X        []float64 // the first coordinates of θ
	Start    []float64
	Loss     float64 // on this step's minibatch
	GradNorm float64
	LR       float64
	Gradient []float64 // as the rule sees it; for landscapes and functions of one variable only
	Velocity []float64 // what momentum alone would move θ by; nil where the rule has none
	Counts   Counts
	Epoch    float64
	Samples  int
	Used     int // training samples that a step uses, 0 where there are none
	// Stochastic is set while each step sees another function: by minibatches or by noise.
	Stochastic bool
	Seconds    float64

	History HistoryView
	Path    []XY        // of a landscape; of a function of one variable: x and its value
	Steps   []int       // of each point of Path
	Trail   [][]float64 // parameters at evenly spaced steps, where there are more
	// Theta are all parameters, where there is a Trail. Of large models that are running they are some steps old.
	Theta   []float64
	Scores  []ScorePoint
	Journal []Entry
	// Pictures are weights that can be seen as images, nil for most problems.
	Pictures []Picture
}

// Picture is an image of W×H values from −1 to 1, upper row first.
type Picture struct {
	Name string
	W, H int
	V    []float64
}

// Score returns the latest judgement of a model, and whether there is one.
func (s *Snapshot) Score() (ScorePoint, bool) {
	if len(s.Scores) == 0 {
		return ScorePoint{}, false
	}
	return s.Scores[len(s.Scores)-1], true
}

// Setting returns the setting with the given qualified key.
func (s *Snapshot) Setting(key string) (Setting, bool) {
	i := slices.IndexFunc(s.Settings, func(t Setting) bool { return t.Key() == key })
	if i < 0 {
		return Setting{}, false
	}
	return s.Settings[i], true
}

// Snapshot returns the run as it is now. Whatever belongs to its owner (Status, Rate …) is left empty.
func (r *Run) Snapshot() *Snapshot {
	p := &r.point
	s := &Snapshot{
		Problem: r.pspec, Optimizer: r.optSpec, Schedule: r.schedSpec, Convention: r.convention,
		Origin: r.spec, Seed: r.spec.Seed, Batch: r.batch, Noise: r.noise,
		Step: r.step, Dim: len(p.X), X: slices.Clone(p.X[:min(len(p.X), maxShown)]),
		Start: r.start, Loss: r.loss, GradNorm: norm(p.G), LR: r.lr,
		Counts: r.obj.counts, Epoch: r.epoch(), Samples: len(r.sampler.order), Used: r.batchLen(), Stochastic: r.stochastic(), Seconds: r.seconds,
		History: r.history.View(r.marks()),
		Scores:  r.scores, Journal: r.journal,
	}
	s.Warning = unwise(r.optSpec, s.Stochastic)
	if r.err != nil {
		s.Err = r.err.Error()
	}
	if r.listedAt != r.changed || r.listed == nil {
		r.listed, r.listedAt = r.settings(), r.changed
		for i := range r.listed { // readers may look at values, never at the run's own fields
			r.listed[i].Knob = r.listed[i].Knob.Bind(nil)
		}
		r.now = r.Now()
	}
	s.Settings, s.Spec = r.listed, r.now
	if t, ok := r.opt.(optim.Telling); ok {
		s.Readings = t.Readings()
	}
	if d, ok := r.problem.(problems.Depicted); ok {
		if n := len(r.scores); n > 0 && (r.pictures == nil || r.picturedAt != r.scores[n-1].Step) {
			// With each score, not in each snapshot: pictures that flicker say less and cost more to send.
			r.pictures, r.picturedAt = pictures(d.Pictures(), p.X), r.scores[n-1].Step
		}
		s.Pictures = r.pictures
	}
	if r.trail != nil {
		s.Trail = r.trail.View()
	} else {
		s.Path, s.Steps = r.path.View(), r.path.Steps()
		s.Gradient = slices.Clone(p.G)
		s.Velocity = r.velocity()
	}
	return s
}

// pictures scales weights so that the largest of all pictures is 1 or −1.
func pictures(ps []problems.Picture, x []float64) []Picture {
	out := make([]Picture, len(ps))
	big := 0.0
	for i, p := range ps {
		v := make([]float64, p.W*p.H)
		for j := range v {
			v[j] = x[p.Offset+j*p.Stride]
			big = math.Max(big, math.Abs(v[j]))
		}
		out[i] = Picture{Name: p.Name, W: p.W, H: p.H, V: v}
	}
	if big > 0 && !math.IsInf(big, 0) {
		for _, p := range out {
			for j := range p.V {
				p.V[j] /= big
			}
		}
	}
	return out
}

// velocity is the part of the coming step that past gradients make: −εb for the decayed sum of gradients b.
func (r *Run) velocity() []float64 {
	for _, slot := range r.opt.Slots() {
		if slot.Kind == optim.Momentum && slot.Unit != 0 {
			v := slices.Clone(slot.V)
			for i := range v {
				v[i] *= -r.lr / slot.Unit
			}
			return v
		}
	}
	return nil
}

func norm(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	if n := math.Sqrt(sum); n != 0 && !math.IsInf(n, 0) {
		return n
	}
	// The squares under- or overflow: scale them.
	big := 0.0
	for _, x := range v {
		big = math.Max(big, math.Abs(x))
	}
	if big == 0 || math.IsInf(big, 0) || math.IsNaN(big) {
		return big
	}
	sum = 0
	for _, x := range v {
		sum += x / big * (x / big)
	}
	return big * math.Sqrt(sum)
}
