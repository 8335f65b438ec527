package lrfinder

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"

	"opttui/internal/train"
	"opttui/internal/usage"
)

// Cell is one combination of the values of a sweep's axes.
type Cell struct {
	At   []string   // a value for each axis, NotHere where the cell has no such setting
	Spec train.Spec // of its first run; the others have the seeds after that
	// Trial is what came out, nil until it has. Its rate is the base learning rate where the cell has one, else NaN.
	*Trial

	same int // the cell that has the same spec, since they differ only in settings that neither has; or itself
}

// NotHere stands for the value of a setting that a cell does not have.
const NotHere = "–"

// Sweep tries all combinations of the values of some settings, each from the start and with the same seeds. It belongs to
// one goroutine.
type Sweep struct {
	Grid
	program Program // whose settings are tried; nil for a run of this program
	pool    pool
	alpha   []float64 // decay rates of the averages by which the cells are judged
	start   []float64 // losses at the cells' θ₀
}

// Grid is what a sweep tries, and what has come out so far.
type Grid struct {
	Options
	Axes  []Axis
	Cells []Cell // the last axis runs fastest
	Best  int    // cell of the lowest loss, −1 where there is none
}

// mostCells bounds a sweep.
const mostCells = 100_000

// NewSweep prepares a sweep. Every cell is made once, so that whatever cannot be is told before anything runs. A setting
// that some of the optimizers of an axis do not have goes to those that have it. Errors are *usage.Error, but for files
// that cannot be read.
func NewSweep(spec train.Spec, axes []Axis, o Options) (*Sweep, error) {
	s := &Sweep{Grid: Grid{Options: o.withDefaults(), Axes: axes, Best: -1}}
	s.pool.workers, s.pool.share = s.Workers, s.Share
	cells, err := s.size()
	if err != nil {
		return nil, err
	}
	used := make(map[string]bool)
	random := false
	for i := range cells {
		c := Cell{At: s.at(i)}
		run, err := s.prepare(spec, &c, used)
		if err != nil {
			return nil, err
		}
		c.same = s.twin(i, c.At)
		t := run.Trial()
		random = random || t.Stochastic() || startsDiffer(t)
		_, knobs := t.Rule()
		a, _ := valueOf(knobs, "momentum")
		b, _ := valueOf(knobs, "beta1")
		s.alpha = append(s.alpha, max(cmp.Or(s.Smoothing, 0.9), min(max(a, b), 0.999)))
		s.start = append(s.start, t.FullLoss())
		s.Cells = append(s.Cells, c)
	}
	for _, a := range axes {
		if !used[a.Key] {
			return nil, usage.Errorf("no cell of the grid has a setting %q", a.Key)
		}
	}
	if s.Seeds == 0 {
		if s.Seeds = 1; random {
			s.Seeds = usualSeeds
		}
	}
	return s, nil
}

// NewOutsideSweep prepares a sweep over settings of a program, which are whatever it has. Seeds are 1 where nobody says
// otherwise. Errors are *usage.Error.
func NewOutsideSweep(p Program, axes []Axis, o Options) (*Sweep, error) {
	o.Seeds = cmp.Or(o.Seeds, 1)
	s := &Sweep{Grid: Grid{Options: o.withDefaults(), Axes: axes, Best: -1}, program: p}
	s.pool.workers = s.Workers
	n, err := s.size()
	if err != nil {
		return nil, err
	}
	for i := range n {
		s.Cells = append(s.Cells, Cell{At: s.at(i), same: i})
		s.alpha = append(s.alpha, cmp.Or(s.Smoothing, 0.9))
	}
	s.start = make([]float64, n)
	return s, nil
}

// size is how many cells the axes make.
func (s *Grid) size() (int, error) {
	cells := 1
	for i, a := range s.Axes {
		if slices.ContainsFunc(s.Axes[:i], func(b Axis) bool { return b.Key == a.Key }) {
			return 0, usage.Errorf("--grid has two axes for %s", a.Key)
		}
		if cells *= len(a.Values); cells > mostCells {
			return 0, usage.Errorf("the grid has more than %d cells", mostCells)
		}
	}
	return cells, nil
}

// at returns the values of cell i.
func (s *Grid) at(i int) []string {
	at := make([]string, len(s.Axes))
	for k := len(at) - 1; k >= 0; k-- {
		v := s.Axes[k].Values
		at[k] = v[i%len(v)]
		i /= len(v)
	}
	return at
}

// Repeats tells whether cell i is the same as an earlier one, since what they differ in neither has.
func (s *Grid) Repeats(i int) bool { return s.Cells[i].same != i }

// twin is the first cell that differs from cell i only in settings that both do not have.
func (s *Grid) twin(i int, at []string) int {
	width := 1
	for k := len(at) - 1; k >= 0; k-- {
		n := len(s.Axes[k].Values)
		if at[k] == NotHere {
			i -= i / width % n * width
		}
		width *= n
	}
	return i
}

// prepare makes the cell's spec and its run, and notes which axes have had an effect.
func (s *Sweep) prepare(spec train.Spec, c *Cell, used map[string]bool) (*train.Run, error) {
	var err error
	for k, a := range s.Axes {
		if spec, err = with(spec, a.Key, c.At[k]); err != nil {
			return nil, err
		}
	}
	if s.axis("optimizer") { // its rules may have different settings
		bare := spec.Clone()
		bare.Set = nil
		found, err := bare.Applicable(spec.Set)
		if err != nil {
			return nil, err
		}
		spec.Set = found
	}
	for k, a := range s.Axes {
		if _, ok := spec.Set[a.Key]; ok || ownKey(a.Key) {
			used[a.Key] = true
		} else {
			c.At[k] = NotHere
		}
	}
	c.Spec = spec
	return train.New(spec)
}

func (s *Grid) axis(key string) bool {
	return slices.ContainsFunc(s.Axes, func(a Axis) bool { return a.Key == key })
}

// ownKey tells whether a key is no knob of a rule, schedule or problem.
func ownKey(key string) bool {
	return slices.Contains([]string{"optimizer", "schedule", "convention", "batch", "noise"}, key)
}

// startsDiffer tells whether θ₀ depends on the seed.
func startsDiffer(t *train.Trial) bool {
	p := t.Problem()
	return !slices.Equal(p.Start(0), p.Start(1)) && t.Spec().Start == nil
}

// Run carries the sweep out, until it is done or ctx is over: then the cells without a Trial are those that were not
// reached. The error is ctx's, or of a defect in a trial.
func (s *Sweep) Run(ctx context.Context) error {
	n := len(s.Cells)
	curves, left := make([][]curve, n), make([]int, n)
	rates := make([]float64, n)
	var todo []int
	for i, c := range s.Cells {
		curves[i], left[i], rates[i] = make([]curve, s.Seeds), s.Seeds, math.NaN()
		if c.same == i {
			todo = append(todo, i)
		}
	}
	done := 0
	err := s.pool.each(ctx, len(todo)*s.Seeds, func(j int, b brake) error {
		i, seed := todo[j/s.Seeds], j%s.Seeds
		c, rate, err := s.train(i, seed, b)
		if seed == 0 {
			rates[i] = rate
		}
		curves[i][seed] = c
		return err
	}, func(j int) {
		i := todo[j/s.Seeds]
		done += s.Iterations
		p := Progress{Phase: "sweep", Done: done, Total: len(todo) * s.Seeds * s.Iterations}
		if left[i]--; left[i] == 0 {
			s.Cells[i].Trial = newTrial(rates[i], s.Iterations, curves[i])
			seen := *s.Cells[i].Trial
			p.Trial = &seen
		}
		if s.Progress != nil {
			s.Progress(p)
		}
	})
	for i, c := range s.Cells {
		s.Cells[i].Trial = s.Cells[c.same].Trial
	}
	s.judge()
	return err
}

// train tries a cell with a seed, and returns its base learning rate, too, NaN where it has none.
func (s *Sweep) train(i, seed int, b brake) (curve, float64, error) {
	rate := math.NaN()
	if s.program != nil {
		set := s.Settings(s.Cells[i])
		if lr, err := strconv.ParseFloat(set["lr"], 64); err == nil {
			rate = lr
		}
		c, err := (&outside{program: s.program, tail: s.Tail}).train(set, seed, s.Iterations, b)
		return c, rate, err
	}
	spec := s.Cells[i].Spec
	spec.Seed += uint64(seed)
	run, err := train.New(spec)
	if err != nil {
		panic(err) // cannot be: it was made before
	}
	t := run.Trial()
	if _, knobs := t.Rule(); run.HasRate() {
		rate, _ = valueOf(knobs, "lr")
	}
	return newScorer(t, s.Options).run(t, s.Iterations, b), rate, nil
}

// judge sets the status of every cell that was reached, and finds the best. Excesses are above the best loss of all.
func (s *Sweep) judge() {
	best := inf
	for i, c := range s.Cells {
		if c.Trial == nil {
			continue
		}
		if s.program != nil {
			s.start[i] = c.curves[0].loss[0]
		}
		for _, k := range c.curves {
			smooth := smoothed(k.loss, s.alpha[i])
			for _, v := range smooth[min(s.Tail, len(smooth)-1):] {
				if v < best { // which NaN is not
					best = v
				}
			}
		}
	}
	for i, c := range s.Cells {
		if c.Trial == nil {
			continue
		}
		l := level{start: s.start[i], best: best, excess: max(0, s.start[i]-best)}
		j := judge{Options: s.Options, alpha: s.alpha[i], seeds: slices.Repeat([]level{l}, s.Seeds)}
		j.verdict(c.Trial)
		if c.Status != Diverged && (s.Best < 0 || c.Loss < s.Cells[s.Best].Loss) {
			s.Best = i
		}
	}
}

// Settings are the cell's values by the keys of the axes.
func (s *Grid) Settings(c Cell) map[string]string {
	m := make(map[string]string)
	for k, a := range s.Axes {
		if c.At[k] != NotHere {
			m[a.Key] = c.At[k]
		}
	}
	return m
}
