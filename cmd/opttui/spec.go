package main

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"opttui/internal/train"
	"opttui/internal/usage"
)

// specFlags are the flags that say what runs. They are read as text, and so are the --set settings: both go
// the same way and are refused in the same words.
type specFlags struct {
	problem    string
	optimizers []string
	texts      map[string]*string // key of the setting to the flag's text
	sets       []string
	own        ownFlags
}

// ownKeys are the settings that belong to no knob of a rule, a schedule or a problem. Each can be given by a
// flag or by --set.
var ownKeys = []string{"problem", "optimizer", "schedule", "convention", "batch", "noise", "start", "seed"}

// add defines the flags on a command.
func (f *specFlags) add(cmd *cobra.Command, optimizerHelp string, optimizers ...string) {
	fs := cmd.Flags()
	f.texts = make(map[string]*string)
	fs.StringVar(&f.problem, "problem", "beale", "`name` of the problem: opttui list problems")
	fs.StringSliceVar(&f.optimizers, "optimizer", optimizers, optimizerHelp)
	text := func(key, help string) { f.texts[key] = fs.String(key, "", help) }
	text("lr", "learning `rate` ε₀, before the schedule")
	text("schedule", "`name` of the learning-rate schedule (default constant): opttui list schedules, or manual:f.json")
	text("batch", "minibatch `size`, or all (default: 1 on landscapes, what is usual for a model)")
	text("convention", "`name` of the convention of formulas, lecture or torch (default lecture)")
	text("noise", "standard deviation `sigma` of one sample's gradient noise (default 0)")
	text("start", "starting point `x,y`, as in --start=-1.2,1 (default: the problem's own)")
	text("seed", "`number` that noise and minibatches are drawn from (default 0)")
	fs.StringArrayVar(&f.sets, "set", nil, "`key=value` of any setting of the optimizer, schedule, problem or run; may be repeated")
	f.own.add(cmd)
	completeSpec(cmd)
}

// addProblem defines the flags on a command that is about a problem alone.
func (f *specFlags) addProblem(cmd *cobra.Command) {
	fs := cmd.Flags()
	f.optimizers, f.texts = []string{"sgd"}, make(map[string]*string)
	fs.StringVar(&f.problem, "problem", "beale", "`name` of the problem: opttui list problems")
	f.texts["seed"] = fs.String("seed", "", "`number` that a model's start is drawn from (default 0)")
	fs.StringArrayVar(&f.sets, "set", nil, "`key=value` of a setting of the problem; may be repeated")
	f.own.add(cmd)
	complete(cmd, "problem", problemCompletions)
	completeNothing(cmd, "seed")
	completeBy(cmd, "set", completeSet)
}

// given collects what was asked for by key, from flags and --set alike.
func (f *specFlags) given(fs *pflag.FlagSet) (map[string]string, error) {
	given := make(map[string]string)
	put := func(key, value string) error {
		if old, ok := given[key]; ok && old != value {
			return usage.Errorf("%s is given twice, as %s and as %s", key, old, value)
		}
		given[key] = value
		return nil
	}
	if fs.Changed("problem") {
		given["problem"] = f.problem
	}
	if fs.Changed("optimizer") {
		given["optimizer"] = strings.Join(f.optimizers, ",")
	}
	for key, text := range f.texts {
		if fs.Changed(key) {
			given[map[bool]string{true: "optimizer.lr", false: key}[key == "lr"]] = *text
		}
	}
	for _, s := range f.sets {
		key, value, ok := strings.Cut(s, "=")
		if key = strings.TrimSpace(key); !ok || key == "" {
			return nil, usage.Errorf("--set cannot be %q: write it as key=value", s)
		}
		if _, flag := given["optimizer.lr"]; flag && key == "lr" {
			key = "optimizer.lr"
		}
		if err := put(settingKey(key), strings.TrimSpace(value)); err != nil {
			return nil, err
		}
	}
	return given, nil
}

// settingKey is the usual one of the names that a setting can be given by.
func settingKey(key string) string {
	switch key {
	case "run.batch", "run.noise":
		return key[strings.Index(key, ".")+1:]
	default:
		return key
	}
}

// specs returns a spec for every optimizer asked for, with the problem's usual minibatch where nobody chose one. In a
// race, a setting goes to the runs that have it; one at least must.
func (f *specFlags) specs(fs *pflag.FlagSet) ([]train.Spec, error) {
	given, err := f.given(fs)
	if err != nil {
		return nil, err
	}
	if err := manualRates(given); err != nil {
		return nil, err
	}
	problem, optimizers := f.problem, f.optimizers
	name, named := given["problem"]
	if named {
		problem = name
	}
	ref, err := f.own.ref(fs, problem, named)
	if err != nil {
		return nil, err
	}
	if o, ok := given["optimizer"]; ok {
		optimizers = strings.Split(o, ",")
	}
	if len(optimizers) == 0 {
		return nil, usage.Unknown("optimizer", "", train.OptimizerNames())
	}
	common, err := commonSpec(given)
	if err != nil {
		return nil, err
	}
	set := maps.Clone(given)
	for _, key := range ownKeys {
		delete(set, key)
	}

	p, err := resolve(ref)
	if err != nil {
		return nil, err
	}
	if _, ok := given["batch"]; !ok {
		common.Batch = train.UsualBatch(p)
	}

	var specs []train.Spec
	used := make(map[string]bool)
	for _, o := range optimizers {
		s := common.On(ref)
		s.Optimizer, s.Set = strings.TrimSpace(o), set
		if len(optimizers) > 1 {
			s.Set = nil
			if s.Set, err = s.Applicable(set); err != nil {
				return nil, err
			}
		}
		for key := range s.Set {
			used[key] = true
		}
		specs = append(specs, s.Clone())
	}
	for _, key := range slices.Sorted(maps.Keys(set)) {
		if !used[key] {
			return nil, noRunHas(key, specs)
		}
	}
	return specs, nil
}

// noRunHas is the error for a setting that no run of a race has.
func noRunHas(key string, specs []train.Spec) error {
	known := make(map[string]bool)
	for _, s := range specs {
		settings, err := s.Settings()
		if err != nil {
			return err
		}
		for _, t := range settings {
			known[t.Knob.Key] = true
		}
	}
	return usage.Unknown("setting of these runs", key, slices.Sorted(maps.Keys(known)))
}

// commonSpec reads the settings that all runs share.
func commonSpec(given map[string]string) (s train.Spec, err error) {
	for _, key := range ownKeys {
		text, ok := given[key]
		if !ok {
			continue
		}
		switch key {
		case "schedule":
			s.Schedule = text
		case "convention":
			s.Convention = text
		case "batch":
			s.Batch, err = parseBatch(text)
		case "noise":
			s.Noise, err = parseNumber("noise", text, 0, 1e6)
		case "start":
			s.Start, err = parsePoint("start", text)
		case "seed":
			if s.Seed, err = strconv.ParseUint(text, 10, 64); err != nil {
				err = usage.Errorf("seed cannot be %q: allowed is a whole number from 0 to %d", text, uint64(math.MaxUint64))
			}
		}
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

// parseBatch reads a minibatch size; 0 and all are all samples.
func parseBatch(text string) (int, error) {
	if strings.EqualFold(text, "all") {
		return 0, nil
	}
	n, err := parseWhole("batch", text, 0, 1<<30)
	if err != nil {
		return 0, usage.Errorf("batch cannot be %q: allowed is a whole number of samples from 1, or all", text)
	}
	return n, nil
}

// parseNumber reads a finite number from lo to hi.
func parseNumber(key, text string, lo, hi float64) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= lo && v <= hi) {
		return 0, usage.Errorf("%s cannot be %q: allowed is a number from %g to %g", key, text, lo, hi)
	}
	return v, nil
}

// parseWhole reads a whole number from lo to hi, also one written as 1e6.
func parseWhole(key, text string, lo, hi float64) (int, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v != math.Trunc(v) || !(v >= lo && v <= hi) {
		return 0, usage.Errorf("%s cannot be %q: allowed is a whole number from %g to %g", key, text, lo, hi)
	}
	return int(v), nil
}

// parsePoint reads finite coordinates separated by commas or spaces.
func parsePoint(key, text string) ([]float64, error) {
	var x []float64
	for _, field := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil || v-v != 0 {
			return nil, usage.Errorf("%s cannot be %q: allowed are finite numbers separated by commas, as in --%s=-1.2,1", key, text, key)
		}
		x = append(x, v)
	}
	if x == nil {
		return nil, usage.Errorf("%s cannot be %q: allowed are finite numbers separated by commas, as in --%s=-1.2,1", key, text, key)
	}
	return x, nil
}
