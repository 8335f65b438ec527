package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"opttui/internal/optim"
	"opttui/internal/problems"
	"opttui/internal/train"
)

type completer = func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective)

// described is a name with the words that shells show beside it.
func described(name, words string) string { return cobra.CompletionWithDesc(name, words) }

func problemCompletions() []string {
	var out []string
	for _, s := range problems.All() {
		out = append(out, described(s.Name, s.Kind))
	}
	return out
}

func optimizerCompletions() []string {
	var out []string
	for _, s := range optim.All() {
		out = append(out, described(s.Name, s.Advice))
	}
	return out
}

func scheduleCompletions() []string {
	var out []string
	for _, s := range optim.Schedules() {
		out = append(out, described(s.Name, s.Advice))
	}
	return out
}

// complete offers fixed words for a flag.
func complete(cmd *cobra.Command, flag string, words func() []string) {
	completeBy(cmd, flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words(), cobra.ShellCompDirectiveNoFileComp
	})
}

func completeBy(cmd *cobra.Command, flag string, f completer) {
	if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err) // the flag is defined just before
	}
}

// completeNothing says that what follows these flags is to be typed: no file's name would be right.
func completeNothing(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		completeBy(cmd, flag, cobra.NoFileCompletions)
	}
}

// completeSpec completes the flags that say what runs.
func completeSpec(cmd *cobra.Command) {
	complete(cmd, "problem", problemCompletions)
	complete(cmd, "schedule", scheduleCompletions)
	complete(cmd, "convention", func() []string { return optim.Conventions })
	complete(cmd, "batch", func() []string { return []string{"1", "8", "64", "128", "256", "512", "all"} })
	completeNothing(cmd, "lr", "noise", "start", "seed")
	completeBy(cmd, "optimizer", func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndex(typed, ",")+1] // several are separated by commas
		words := optimizerCompletions()
		for i := range words {
			words[i] = before + words[i]
		}
		return words, cobra.ShellCompDirectiveNoFileComp
	})
	completeBy(cmd, "set", completeSet)
}

// completeSet completes --set: the keys that the problem, the optimizer and the schedule on the line have, and
// after the = the names where the value is one.
func completeSet(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	spec := train.Spec{Problem: "beale", Optimizer: "sgd"}
	at := map[string]*string{"problem": &spec.Problem, "schedule": &spec.Schedule, "convention": &spec.Convention}
	for name, field := range at {
		if f := cmd.Flags().Lookup(name); f != nil && f.Changed {
			*field = f.Value.String()
		}
	}
	optimizers, err := cmd.Flags().GetStringSlice("optimizer")
	if err != nil { // a command about a problem alone
		optimizers = []string{spec.Optimizer}
	}
	key, _, value := strings.Cut(typed, "=")
	var words []string
	for _, o := range optimizers {
		spec.Optimizer = o
		settings, err := spec.Settings()
		if err != nil {
			continue
		}
		for _, s := range settings {
			switch {
			case !value:
				words = append(words, described(s.Knob.Key+"=", s.Knob.Doc))
			case s.Knob.Key == key || s.Key() == key:
				for _, c := range s.Knob.Choices {
					words = append(words, key+"="+c)
				}
			}
		}
	}
	slices.Sort(words)
	words = slices.Compact(words)
	if value {
		return words, cobra.ShellCompDirectiveNoFileComp
	}
	return words, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}
