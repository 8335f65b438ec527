package train

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"opttui/internal/knob"
	"opttui/internal/optim"
	"opttui/internal/usage"
)

// Op is what a command does.
type Op string

const (
	// OpSet gives the knob Key the value Value.
	OpSet Op = "set"
	// OpTurn turns the knob Key by Notches.
	OpTurn Op = "turn"
	// OpScale multiplies the knob Key by Factor.
	OpScale Op = "scale"
	// OpOptimizer switches to the rule Value, with Set applied to it; θ and the step stay.
	OpOptimizer Op = "optimizer"
	// OpSchedule switches to the schedule Value, whose clock starts now.
	OpSchedule Op = "schedule"
	// OpConvention switches to the convention Value, or to the other one where Value is empty.
	OpConvention Op = "convention"
)

// Command is one change that a person makes to a run. Only commands change a run beside its own steps.
type Command struct {
	Op      Op                `json:"op"`
	Key     string            `json:"key,omitempty"` // of a knob, qualified ("optimizer.lr") or not
	Value   string            `json:"value,omitempty"`
	Notches int               `json:"notches,omitempty"`
	Factor  float64           `json:"factor,omitempty"`
	Set     map[string]string `json:"set,omitempty"`
}

// Entry is one line of the journal: a command and the step at which it took effect. Turned and scaled knobs
// are written down as the value they were set to.
type Entry struct {
	Step    int     `json:"step"`
	Command Command `json:"command"`
	// Note says in a few words what changed, for the mark in the curve: "ε 0.02", "adam, kept".
	Note string `json:"note,omitempty"`
	// Stopped is set when the rule had given up at this step: a replay lets it fail there again, since the
	// attempt counts evaluations and may have changed the rule's state.
	Stopped bool `json:"stopped,omitempty"`
}

// Setting is a knob of a run with the part of the run that it belongs to.
type Setting struct {
	Part  string // "optimizer", "schedule", "problem" or "run"
	Knob  knob.Knob
	Value float64
}

// Key returns the setting's qualified key, "optimizer.lr".
func (s Setting) Key() string { return s.Part + "." + s.Knob.Key }

// The parts of a run that have knobs, in the order of the tune panel.
const (
	partOptimizer = "optimizer"
	partSchedule  = "schedule"
	partRun       = "run"
	partProblem   = "problem"
)

// settings lists all knobs of the run with their present values.
func (r *Run) settings() []Setting {
	var out []Setting
	add := func(part string, knobs []knob.Knob) {
		for _, k := range knobs {
			out = append(out, Setting{Part: part, Knob: k, Value: k.Value()})
		}
	}
	add(partOptimizer, r.opt.Knobs())
	add(partSchedule, r.sched.Knobs())
	add(partRun, r.runKnobs())
	add(partProblem, r.problem.Knobs())
	return out
}

// find returns the setting that a person means by key.
func (r *Run) find(key string) (Setting, error) {
	var hits []Setting
	all := r.settings()
	for _, s := range all {
		if key == s.Key() {
			return s, nil
		}
		if key == s.Knob.Key {
			hits = append(hits, s)
		}
	}
	if len(hits) == 2 && hits[0].Part == partOptimizer && hits[1].Part == partSchedule && r.schedSpec.Name == "constant" {
		hits = hits[:1] // nobody means the warm-up of a schedule that was not chosen
	}
	switch len(hits) {
	case 1:
		return hits[0], nil
	case 0:
		known := make([]string, len(all))
		for i, s := range all {
			known[i] = s.Knob.Key
		}
		slices.Sort(known)
		key = strings.TrimPrefix(key, partOptimizer+".")
		msg := fmt.Sprintf("%s on %s has no setting %q", r.optSpec.Name, r.spec.Problem, key)
		if near := usage.Nearest(key, known); near != "" {
			return Setting{}, usage.Errorf("%s: did you mean %q?", msg, near)
		}
		return Setting{}, usage.Errorf("%s: it has %s", msg, strings.Join(slices.Compact(known), ", "))
	default:
		return Setting{}, usage.Errorf("%q is a setting of the %s and of the %s: write %s or %s",
			key, hits[0].Part, hits[1].Part, hits[0].Key(), hits[1].Key())
	}
}

// mostEntries bounds a journal, which is kept in memory: a key held down for ten minutes.
const mostEntries = 20_000

// Apply carries out a command at the present step and journals it. A command that cannot be carried out
// changes nothing and is not journaled; the error says why, in words for the person who gave it.
func (r *Run) Apply(c Command) error {
	var (
		note string
		err  error
	)
	if len(r.journal) >= mostEntries {
		return usage.Errorf("a run takes %d changes at the most: start it again", mostEntries)
	}
	switch c.Op {
	case OpSet, OpTurn, OpScale:
		c, note, err = r.applyKnob(c)
	case OpOptimizer:
		note, err = r.applyOptimizer(c.Value, c.Set)
	case OpSchedule:
		note, err = r.applySchedule(c.Value, c.Set)
	case OpConvention:
		if c.Value == "" {
			c.Value = (1 - r.convention).String()
		}
		note, err = r.applyConvention(c.Value)
	default:
		err = usage.Errorf("unknown command %q", c.Op)
	}
	if err != nil {
		return err
	}
	r.changed++
	r.journal = append(r.journal, Entry{Step: r.step, Command: c, Note: note, Stopped: r.err != nil})
	r.err = nil // the change may help; the next step will tell
	r.refresh()
	if strings.HasPrefix(c.Key, partProblem) || c.Key == "run.batch" || c.Key == "run.noise" {
		r.evaluate()
	}
	return nil
}

// applyKnob returns the command as it is journaled: a set with the exact resulting value.
func (r *Run) applyKnob(c Command) (Command, string, error) {
	s, err := r.find(c.Key)
	if err != nil {
		return c, "", err
	}
	k := s.Knob
	if k.Restart {
		return c, "", usage.Errorf("%s cannot change in mid-run: it takes effect when a run starts", k.Key)
	}
	v := s.Value
	switch c.Op {
	case OpTurn:
		v = k.Turned(v, c.Notches)
	case OpScale:
		v = min(max(v*c.Factor, k.Min), k.Max)
		if k.Integer {
			v = float64(int(v))
		}
	default:
		if v, err = k.Parse(c.Value); err != nil {
			return c, "", usage.From(err)
		}
	}
	if err := k.Set(v); err != nil {
		return c, "", usage.From(err)
	}
	name := k.Symbol
	if name == "" {
		name = k.Key
	}
	return Command{Op: OpSet, Key: s.Key(), Value: k.Text(v)}, name + " " + k.Format(v), nil
}

func (r *Run) applyOptimizer(name string, set map[string]string) (string, error) {
	spec, ok := optim.Lookup(name)
	if !ok {
		return "", usage.Unknown("optimizer", name, OptimizerNames())
	}
	if err := spec.Offered(r.obj.have); err != nil {
		return "", usage.From(err)
	}
	opt := spec.New(r.convention)
	inherit(r.opt.Knobs(), opt.Knobs(), r.optSpec.Unit == spec.Unit)
	if err := setAll(opt.Knobs, set, name); err != nil {
		return "", err
	}
	opt.Init(r.layout)
	carried := optim.Carry(r.opt, opt)
	r.easing = r.ease(opt, spec)
	r.opt, r.optSpec = opt, spec
	note := fmt.Sprintf("%s, %s", name, carried)
	if k, ok := knob.Find(opt.Knobs(), "lr"); ok && k.Value() != r.base {
		note += ", ε " + k.Format(k.Value()) // the rate means something else now: say which it is
	}
	return note, nil
}

// inherit lets the new rule take over what the person chose for the old one, as far as it means the same:
// knobs of the same key and default, and the learning rate only where it is in the same unit.
func inherit(old, fresh []knob.Knob, sameUnit bool) {
	for _, k := range fresh {
		o, ok := knob.Find(old, k.Key)
		if !ok || o.Scale != k.Scale || (k.Scale == knob.Choice && !slices.Equal(o.Choices, k.Choices)) {
			continue
		}
		if k.Key == "lr" && sameUnit || k.Key != "lr" && o.Default == k.Default {
			_ = k.Set(o.Value()) // a value out of the new range leaves the default
		}
	}
}

func (r *Run) applySchedule(name string, set map[string]string) (string, error) {
	spec, err := findSchedule(name)
	if err != nil {
		return "", err
	}
	sched := newSchedule(spec, r.base)
	if err := setAll(sched.Knobs, set, name); err != nil {
		return "", err
	}
	r.sched, r.schedSpec, r.schedFrom = sched, spec, r.step
	return spec.Name, nil
}

func (r *Run) applyConvention(name string) (string, error) {
	conv, err := ParseConvention(name)
	if err != nil {
		return "", err
	}
	r.convention = conv
	if c, ok := r.opt.(optim.Conventional); ok {
		c.SetConvention(conv, r.lr)
		return conv.String(), nil
	}
	return conv.String() + " (the same for " + r.optSpec.Name + ")", nil
}

// setAll sets knobs of a rule or a schedule by key.
func setAll(knobs func() []knob.Knob, set map[string]string, owner string) error {
	return setEach(set, func(key string) (knob.Knob, bool, error) {
		k, ok := knob.Find(knobs(), key)
		if !ok {
			return k, false, usage.Errorf("%s has no setting %q", owner, key)
		}
		return k, true, nil
	})
}

// setEach sets every key of set that find wants to have set, in the order of the keys, so that errors are the
// same every time. Setting a choice may bring other knobs with it (the base rule of sam does), so keys that are
// not found are tried again after the others.
func setEach(set map[string]string, find func(key string) (k knob.Knob, use bool, err error)) error {
	pending := slices.Sorted(maps.Keys(set))
	for len(pending) > 0 {
		var missing []string
		var first error
		for _, key := range pending {
			k, use, err := find(key)
			if err != nil {
				missing = append(missing, key)
				first = cmp.Or(first, err)
				continue
			}
			if !use {
				continue
			}
			if err := k.SetText(set[key]); err != nil {
				return usage.From(err)
			}
		}
		if len(missing) == len(pending) {
			return first
		}
		pending = missing
	}
	return nil
}
