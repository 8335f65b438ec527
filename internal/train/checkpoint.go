package train

import (
	"reflect"
	"slices"
	"unsafe"

	"opttui/internal/optim"
)

// checkpoint is a run at one moment, made to be kept in large numbers. It has what decides the run's future, and its
// records in the memory that they share with the run. What can be computed again is left out: the problem (its
// settings are kept), the order of the samples, and the gradient where nothing but an evaluation made it.
type checkpoint struct {
	run   Run
	knobs []float64 // the problem's settings
	own   int       // bytes, without the shared records
}

// checkpoint keeps the run as it is now.
func (r *Run) checkpoint() *checkpoint {
	c := &checkpoint{run: *r}
	k := &c.run
	k.problem, k.sampler, k.scored, k.mark = nil, nil, nil, nil
	k.listed, k.now, k.pictures = nil, Spec{}, nil
	k.obj = objective{counts: r.obj.counts, have: r.obj.have}
	k.opt, k.sched = r.opt.Clone(), r.sched.Clone().(*optim.Warmup)
	k.point.X, k.point.G = slices.Clone(r.point.X), nil
	if !r.unpaid { // a line search left the gradient: evaluating there may differ in the last bit
		k.point.G = slices.Clone(r.point.G)
	}
	k.history = r.history.frozen()
	if r.path != nil {
		k.path = r.path.frozen()
	}
	if r.trail != nil {
		k.trail = r.trail.frozen()
	}
	k.scores = r.scores[:len(r.scores):len(r.scores)]
	k.journal = r.journal[:len(r.journal):len(r.journal)]
	for _, s := range r.problem.Knobs() {
		c.knobs = append(c.knobs, s.Value())
	}
	c.own = c.size()
	return c
}

// restore makes a run that goes on from the checkpoint exactly as the run did that it was taken of. It takes over the
// problem and the scratch memory of old, a run of the same spec that is no longer used.
func (c *checkpoint) restore(old *Run) *Run {
	r := c.run
	r.problem, r.sampler, r.scored = old.problem, old.sampler, old.scored
	for i, s := range r.problem.Knobs() {
		_ = s.Set(c.knobs[i]) // it had this value before, so it is allowed
	}
	r.obj = old.obj
	r.obj.counts, r.obj.batch, r.obj.noisy = c.run.obj.counts, nil, false
	r.opt, r.sched = c.run.opt.Clone(), c.run.sched.Clone().(*optim.Warmup)
	r.point.X = slices.Clone(c.run.point.X)
	r.history = c.run.history.clone()
	if r.path != nil {
		r.path = c.run.path.clone()
	}
	if r.trail != nil {
		r.trail = c.run.trail.clone()
	}
	r.scores = append(make([]ScorePoint, 0, maxScores), c.run.scores...)
	if c.run.unpaid {
		r.point.G = make([]float64, len(r.point.X))
		r.evaluate()
	} else {
		r.point.G = slices.Clone(c.run.point.G)
	}
	return &r
}

// size is the memory that the checkpoint alone holds, in bytes.
func (c *checkpoint) size() int {
	n := int(unsafe.Sizeof(*c)) + 8*(cap(c.knobs)+cap(c.run.point.X)+cap(c.run.point.G))
	n += int(unsafe.Sizeof(*c.run.history))
	if c.run.path != nil {
		n += int(unsafe.Sizeof(*c.run.path))
	}
	if c.run.trail != nil {
		n += int(unsafe.Sizeof(*c.run.trail))
	}
	return n + deepSize(reflect.ValueOf(c.run.opt)) + deepSize(reflect.ValueOf(c.run.sched))
}

// deepSize is the memory behind a value of a rule or a schedule, which are trees: no two pointers in one meet.
func deepSize(v reflect.Value) (n int) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			n = deepSize(v.Elem())
		}
	case reflect.Pointer:
		if !v.IsNil() {
			n = int(v.Elem().Type().Size()) + deepSize(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			n += deepSize(v.Field(i))
		}
	case reflect.Slice:
		n = v.Cap() * int(v.Type().Elem().Size())
		if kind := v.Type().Elem().Kind(); kind == reflect.Struct || kind == reflect.Slice || kind == reflect.Pointer {
			for i := range v.Len() {
				n += deepSize(v.Index(i))
			}
		}
	}
	return n
}

// records counts the memory of records that several runs and checkpoints of one run share.
type records map[unsafe.Pointer]bool

// add returns the bytes of the run's records that have not been counted before.
func (seen records) add(r *Run) (n int) {
	n = once(seen, r.history.done, maxBuckets) + once(seen, r.scores, maxScores) + once(seen, r.journal, len(r.journal))
	if r.path != nil {
		n += once(seen, r.path.kept, maxPath) + once(seen, r.path.steps, maxPath)
	}
	if r.trail == nil {
		return n
	}
	points := once(seen, r.trail.points, r.trail.most)
	if points == 0 { // nor are there new ones in it
		return n
	}
	for _, x := range r.trail.points {
		n += once(seen, x, len(x))
	}
	return n + points
}

// once returns the bytes of the array behind s, which has room for the given number of elements, if it is a new one.
func once[T any](seen records, s []T, room int) int {
	p := unsafe.Pointer(unsafe.SliceData(s))
	if len(s) == 0 || seen[p] {
		return 0
	}
	seen[p] = true
	return room * int(unsafe.Sizeof(s[0]))
}
