package main

import (
	"math"

	"github.com/spf13/cobra"

	"opttui/internal/knob"
	"opttui/internal/optim"
	"opttui/internal/problems"
	"opttui/internal/train"
	"opttui/internal/usage"
)

// setting is a knob as opttui list tells of it. The defaults of choices are their names.
type setting struct {
	Key          string   `json:"key"`
	Symbol       string   `json:"symbol,omitempty"`
	Doc          string   `json:"doc"`
	Unit         string   `json:"unit,omitempty"`
	Default      any      `json:"default"`
	DefaultTorch any      `json:"default_torch,omitempty"` // where it differs in torch's convention
	Min          *float64 `json:"min,omitempty"`           // of numbers
	Max          *float64 `json:"max,omitempty"`
	Scale        string   `json:"scale"`
	Integer      bool     `json:"integer,omitempty"`
	Choices      []string `json:"choices,omitempty"`

	knob  knob.Knob
	torch *knob.Knob
}

type problemEntry struct {
	Name     string        `json:"name"`
	Title    string        `json:"title"`
	Kind     string        `json:"kind,omitempty"`
	Formula  string        `json:"formula,omitempty"`
	Source   string        `json:"source,omitempty"`
	Dim      int           `json:"dim"`
	Supplies []string      `json:"supplies"`
	Samples  int           `json:"samples,omitempty"`
	Batch    int           `json:"batch,omitempty"`
	Domain   [][2]float64  `json:"domain,omitempty"`
	Start    []float64     `json:"start,omitempty"`
	Minima   []minimumJSON `json:"minima,omitempty"`
	Settings []setting     `json:"settings"`
}

type minimumJSON struct {
	X      []float64 `json:"x"`
	F      float64   `json:"f"`
	Global bool      `json:"global"`
}

type optimizerEntry struct {
	Name         string    `json:"name"`
	Title        string    `json:"title"`
	Order        int       `json:"order"`
	Formula      string    `json:"formula"`
	FormulaTorch string    `json:"formula_torch,omitempty"`
	Source       string    `json:"source"`
	Advice       string    `json:"advice"`
	Rate         string    `json:"rate"`
	Needs        []string  `json:"needs,omitempty"`     // beside the gradient
	NeedsAny     []string  `json:"needs_any,omitempty"` // one of these
	Settings     []setting `json:"settings"`
}

type scheduleEntry struct {
	Name     string    `json:"name"`
	Title    string    `json:"title"`
	Formula  string    `json:"formula"`
	Source   string    `json:"source"`
	Advice   string    `json:"advice"`
	Settings []setting `json:"settings"` // as for ε₀ = 1
}

// catalogue is everything that is registered.
type catalogue struct {
	Problems   []problemEntry   `json:"problems,omitempty"`
	Optimizers []optimizerEntry `json:"optimizers,omitempty"`
	Schedules  []scheduleEntry  `json:"schedules,omitempty"`
}

var kinds = []string{"problems", "optimizers", "schedules"}

func listCommand() *cobra.Command {
	var asJSON, long bool
	cmd := &cobra.Command{
		Use:   "list [problems|optimizers|schedules] [name]",
		Short: "List the problems, optimizers and schedules with all their settings",
		Long: `List what there is to run: problems, optimizers and learning-rate schedules with their formulas, sources and
all settings that --set knows. With a name, tell all about that one.`,
		Example: `  opttui list
  opttui list optimizers
  opttui list optimizers adam
  opttui list schedules --long
  opttui list problems --json | jq -r '.problems[].name'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 2 {
				return usage.Errorf("opttui list takes a kind and a name, not %d arguments", len(args))
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			switch {
			case len(args) == 0:
				return kinds, cobra.ShellCompDirectiveNoFileComp
			case len(args) > 1:
			case args[0] == "problems":
				return problemCompletions(), cobra.ShellCompDirectiveNoFileComp
			case args[0] == "optimizers":
				return optimizerCompletions(), cobra.ShellCompDirectiveNoFileComp
			case args[0] == "schedules":
				return scheduleCompletions(), cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := choose(args)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), c)
			}
			return newPrinter(cmd.OutOrStdout()).catalogue(c, long || len(args) == 2)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVarP(&long, "long", "l", false, "tell all about each")
	return cmd
}

// choose makes the part of the catalogue that the arguments name.
func choose(args []string) (c catalogue, err error) {
	kind, name := "", ""
	if len(args) > 0 {
		kind = args[0]
	}
	if len(args) > 1 {
		name = args[1]
	}
	switch kind {
	case "":
		return catalogue{
			Problems:   pick(problems.All(), "", problemOf),
			Optimizers: pick(optim.All(), "", optimizerOf),
			Schedules:  pick(optim.Schedules(), "", scheduleOf),
		}, nil
	case "problems":
		if c.Problems = pick(problems.All(), name, problemOf); c.Problems == nil {
			return c, usage.Unknown("problem", name, problems.Names())
		}
	case "optimizers":
		if c.Optimizers = pick(optim.All(), name, optimizerOf); c.Optimizers == nil {
			return c, usage.Unknown("optimizer", name, train.OptimizerNames())
		}
	case "schedules":
		if c.Schedules = pick(optim.Schedules(), name, scheduleOf); c.Schedules == nil {
			return c, usage.Unknown("schedule", name, train.ScheduleNames())
		}
	default:
		return c, usage.Unknown("kind of list", kind, kinds)
	}
	return c, nil
}

// pick makes the entries of the given name, of all where it is empty.
func pick[S any, E interface{ name() string }](specs []S, name string, entry func(S) E) []E {
	var out []E
	for _, s := range specs {
		if e := entry(s); name == "" || name == e.name() {
			out = append(out, e)
		}
	}
	return out
}

func (e problemEntry) name() string   { return e.Name }
func (e optimizerEntry) name() string { return e.Name }
func (e scheduleEntry) name() string  { return e.Name }

func problemOf(s problems.Spec) problemEntry {
	p := s.New()
	e := problemEntry{
		Name: s.Name, Title: s.Title, Kind: s.Kind, Formula: s.Formula, Source: s.Source,
		Dim: p.Dim(), Supplies: append([]string{"gradient"}, words(train.Capabilities(p))...), Batch: s.Batch, Domain: s.Domain,
		Settings: settingsOf(p.Knobs(), nil),
	}
	if sampled, ok := p.(problems.Sampled); ok {
		e.Samples = sampled.Samples()
	}
	if s.Domain != nil {
		e.Start = p.Start(0)
	}
	for _, m := range s.Minima {
		e.Minima = append(e.Minima, minimumJSON{m.X, m.F, m.Global})
	}
	return e
}

func optimizerOf(s optim.Spec) optimizerEntry {
	return optimizerEntry{
		Name: s.Name, Title: s.Title, Order: s.Order, Formula: s.Formula, FormulaTorch: s.FormulaTorch,
		Source: s.Source, Advice: s.Advice, Needs: words(s.Needs), NeedsAny: words(s.NeedsAny),
		Rate:     map[optim.Unit]string{optim.PerGradient: "per gradient", optim.PerStep: "per step", optim.PerBoth: "per gradient, then per step", optim.NoRate: "none"}[s.Unit],
		Settings: settingsOf(s.New(optim.Lecture).Knobs(), s.New(optim.Torch).Knobs()),
	}
}

func scheduleOf(s optim.ScheduleSpec) scheduleEntry {
	return scheduleEntry{
		Name: s.Name, Title: s.Title, Formula: s.Formula, Source: s.Source, Advice: s.Advice,
		Settings: settingsOf(s.New(1).Knobs(), nil),
	}
}

// words are the names of capabilities.
func words(c optim.Capability) []string {
	var out []string
	for _, w := range []struct {
		has  optim.Capability
		name string
	}{{optim.CanHessian, "hessian"}, {optim.CanHessVec, "hessian_vector"}, {optim.CanResiduals, "residuals"}} {
		if c&w.has != 0 {
			out = append(out, w.name)
		}
	}
	return out
}

// settingsOf describes knobs, and where their defaults differ in torch's convention.
func settingsOf(knobs, torch []knob.Knob) []setting {
	out := make([]setting, 0, len(knobs))
	for _, k := range knobs {
		s := setting{
			Key: k.Key, Symbol: k.Symbol, Doc: k.Doc, Unit: k.Unit, Default: bare(k, k.Default),
			Scale: k.Scale.String(), Integer: k.Integer && k.Choices == nil, Choices: k.Choices, knob: k,
		}
		if k.Choices == nil && !math.IsInf(k.Min, 0) && !math.IsInf(k.Max, 0) {
			s.Min, s.Max = &k.Min, &k.Max
		}
		if t, ok := knob.Find(torch, k.Key); ok && t.Default != k.Default {
			s.DefaultTorch, s.torch = bare(t, t.Default), &t
		}
		out = append(out, s)
	}
	return out
}

// bare is a knob's value as JSON has it: a number, or the name of a choice.
func bare(k knob.Knob, v float64) any {
	if k.Choices != nil {
		return k.Text(v)
	}
	return v
}
