package main

import (
	"bufio"
	"io"
	"maps"

	"github.com/spf13/cobra"

	"opttui/internal/lrfinder"
	"opttui/internal/usage"
)

func adviseCommand() *cobra.Command {
	var (
		spec                 specFlags
		steps, budget, seeds string
		asJSON               bool
	)
	cmd := &cobra.Command{
		Use:   "advise",
		Short: "Advise an optimizer for a problem, by a race",
		Long: `Advise an optimizer for a problem. The usual advice is: Adam is a good default; SGD with momentum and a decaying learning
rate often beats it, but needs tuning; L-BFGS where the function is the same in every step. Here a race tells what holds
of this problem.

Adam at its default rate, L-BFGS, Newton–CG and Levenberg–Marquardt run as they are; Adam, momentum with cosine decay,
Nesterov momentum and RMSProp at the rate that opttui lrfind finds for them with other seeds. All may evaluate as much:
what --steps gradients cost, where a product with the Hessian costs two and a Hessian as many as there are parameters.
Methods that need the same function in every step see all data, at the price of as many minibatches. Losses are over all
data, medians over the seeds. Rules that come within 1e-9 of the way from the start to the best loss are compared by what
it cost them.

With --optimizer these rules race instead, each at the rate that is found for it. Other settings hold for those that have
them.

Exit codes: 0 there is a verdict, 2 what was asked for cannot be, 4 no rule came below the loss at the start, 130
interrupted: what was found until then is printed.`,
		Example: `  opttui advise --problem rosenbrock
  opttui advise --problem digits/mlp --budget 20
  opttui advise --problem quadratic --noise 1 --steps 2000 --json | jq .verdict
  opttui advise --data measurements.csv --target y --model mlp
  opttui advise --problem beale --optimizer sgd,adam,lion,muon --seeds 5`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	spec.add(cmd, "`names` of the rules that race, separated by commas: opttui list optimizers (default: those named above)")
	fs := cmd.Flags()
	fs.StringVar(&steps, "steps", "500", "`number` of gradients on a minibatch, or what costs as much, for each rule")
	fs.StringVar(&budget, "budget", "", "the same as `gradients` over all data, instead of --steps")
	fs.StringVar(&seeds, "seeds", "", "`number` of seeds of each rule (default 3, 1 where nothing is random)")
	fs.BoolVar(&asJSON, "json", false, "print JSON")
	completeNothing(cmd, "steps", "budget", "seeds")

	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var o lrfinder.RaceOptions
		chosen := fs.Changed("optimizer")
		if !chosen {
			spec.optimizers = lrfinder.UsualRules() // whose settings may be given
		}
		specs, err := spec.specs(fs)
		if err != nil {
			return err
		}
		base := specs[0]
		base.Set = make(map[string]string)
		for _, s := range specs {
			maps.Copy(base.Set, s.Set)
			if chosen {
				o.Optimizers = append(o.Optimizers, s.Optimizer)
			}
		}
		n, err := parseWhole("steps", steps, 1, 1e9)
		if err != nil {
			return err
		}
		if o.Steps = n; budget != "" {
			if fs.Changed("steps") {
				return usage.Errorf("--steps and --budget are two measures of the same: choose one")
			}
			if o.Gradients, err = parseNumber("budget", budget, 1e-3, 1e9); err != nil {
				return err
			}
		}
		if seeds != "" {
			if o.Seeds, err = parseWhole("seeds", seeds, 1, 1000); err != nil {
				return err
			}
		}
		return advise(cmd, func(progress func(lrfinder.Progress)) (*lrfinder.Race, error) {
			o.Progress = progress
			return lrfinder.NewRace(base, o)
		}, asJSON)
	}
	return cmd
}

// advise races, prints what came out, however it ended, and says how it did.
func advise(cmd *cobra.Command, prepare func(progress func(lrfinder.Progress)) (*lrfinder.Race, error), asJSON bool) error {
	bar, progress := searchBar(cmd.ErrOrStderr())
	race, err := prepare(progress)
	if err != nil {
		return err
	}
	ctx, stop := interruptible(cmd.Context())
	err = race.Run(ctx)
	caught := stop()
	bar.clear()
	if err != nil {
		return err
	}
	out := bufio.NewWriter(cmd.OutOrStdout())
	if err := printRace(out, race, asJSON); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	switch {
	case caught != nil && race.Interrupted:
		return &exitError{code: signalCode(caught)}
	case !race.Answered():
		return &exitError{code: exitNoAnswer}
	default:
		return nil
	}
}

func printRace(w io.Writer, race *lrfinder.Race, asJSON bool) error {
	if asJSON {
		return writeJSON(w, raceJSON(race))
	}
	return raceText(w, race)
}
