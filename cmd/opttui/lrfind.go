package main

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"opttui/internal/lrfinder"
	"opttui/internal/report"
	"opttui/internal/trials"
	"opttui/internal/usage"
)

func lrfindCommand() *cobra.Command {
	var (
		spec                         specFlags
		program                      programFlags
		iterations, seeds, perDecade string
		span, picture                string
		asJSON, asCSV, noCheck       bool
	)
	cmd := &cobra.Command{
		Use:   "lrfind",
		Short: "Find a good initial learning rate",
		Long: `Find a good initial learning rate by the rule of Goodfellow, Bengio & Courville (Deep Learning, sec. 8.3.1): the
best one is higher than the one that does best after the first 100 iterations or so, but not so high that it causes
severe instability.

Rates on a logarithmic grid are tried for that many iterations each, all from the same start and with the same noise
and minibatches. ε* is the best of them, ε_edge the lowest one above that is severely unstable, and ε₀ lies between.
The rule does not hold everywhere. So ε*/4, ε*, ε₀ and ε_edge/1.2 are then run ten times as long, under the schedule
that was asked for, and the winner is what to use. A range test (Smith 2017) with the suggestions that fastai makes of it
is printed for comparison.` + programHelp + `

Exit codes: 0 a rate was found, 1 a trial of a program failed, 2 what was asked for cannot be, 4 there is no rate and the
text says why, 130 interrupted: what was found until then is printed.`,
		Example: `  opttui lrfind --problem rosenbrock --optimizer momentum
  opttui lrfind --problem digits/mlp --optimizer adam --plot rates.svg
  opttui lrfind --problem quadratic --noise 1 --optimizer sgd --schedule cosine --set t_max=1000
  opttui lrfind --problem beale --optimizer rmsprop --range 1e-4:1 --json | jq .chosen_lr
  opttui lrfind --jobs 4 -- python3 train.py --lr {lr} --steps {steps}`,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	spec.add(cmd, "`name` of the optimizer: opttui list optimizers", "adam")
	fs := cmd.Flags()
	fs.StringVar(&iterations, "iterations", "100", "`number` of iterations after which rates are compared")
	fs.StringVar(&seeds, "seeds", "", "`number` of seeds of noise and minibatches (default 5, 1 where nothing is random)")
	fs.StringVar(&span, "range", "", "rates to try, `lo:hi` (default: 1e-6:10 and about the stability limit, widened as needed)")
	fs.StringVar(&perDecade, "per-decade", "4", "`number` of rates that are tried in each decade")
	fs.BoolVar(&noCheck, "no-check", false, "do not check whether the rule holds: faster, and ε₀ is the answer")
	fs.BoolVar(&asJSON, "json", false, "print JSON")
	fs.BoolVar(&asCSV, "csv", false, "print the trials as CSV")
	fs.StringVar(&picture, "plot", "", "`file` to draw the loss against the rate to, .svg or .png")
	completeNothing(cmd, "iterations", "seeds", "range", "per-decade")
	program.add(cmd, "iterations", "seeds", "range", "per-decade", "no-check")

	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		about, err := lrfindSubject(&spec, &program, fs)
		if err != nil {
			return err
		}
		o := lrfinder.Options{NoCheck: noCheck}
		if o.Iterations, err = parseWhole("iterations", iterations, 2, 1e7); err != nil {
			return err
		}
		if o.PerDecade, err = parseWhole("per-decade", perDecade, 1, 100); err != nil {
			return err
		}
		if seeds != "" {
			if o.Seeds, err = parseWhole("seeds", seeds, 1, 1000); err != nil {
				return err
			}
		}
		if o.Lo, o.Hi, err = parseSpan(span); err != nil {
			return err
		}
		if err := outputs(asJSON, asCSV, picture); err != nil {
			return err
		}
		var runner *trials.Runner
		if about.command != nil {
			if runner, o.Workers, err = program.runner(cmd.ErrOrStderr(), []string{"lr"}, o.Seeds); err != nil {
				return err
			}
			defer runner.Close()
		}
		return lrfind(cmd, about, runner, o, func(w io.Writer, r *lrfinder.Result) error {
			if picture != "" {
				if err := writePlot(picture, func(w io.Writer, format string) error {
					return report.RatesPicture(w, format, about.title(), r)
				}); err != nil {
					return err
				}
			}
			switch {
			case asJSON:
				return writeJSON(w, ratesJSON(about, r))
			case asCSV:
				return ratesCSV(w, r)
			default:
				return ratesText(w, about, r)
			}
		})
	}
	return cmd
}

// lrfindSubject is what the rate is looked for.
func lrfindSubject(spec *specFlags, program *programFlags, fs *pflag.FlagSet) (subject, error) {
	if program.command != nil {
		return subject{command: program.command}, nil
	}
	one, err := oneSpec(spec, fs, "opttui lrfind")
	if err != nil {
		return subject{}, err
	}
	_, given := one.Set["lr"]
	if _, qualified := one.Set["optimizer.lr"]; given || qualified {
		return subject{}, usage.Errorf("lrfind looks for lr, so it cannot be given: --range says where to look")
	}
	return subject{spec: one}, nil
}

// lrfind searches, prints what was found, however the search ended, and says how it did.
func lrfind(cmd *cobra.Command, about subject, runner *trials.Runner, o lrfinder.Options, print func(io.Writer, *lrfinder.Result) error) error {
	bar, progress := searchBar(cmd.ErrOrStderr())
	o.Progress = progress
	finder, err := about.finder(o, runner)
	if err != nil {
		return err
	}
	ctx, stop := interruptible(cmd.Context())
	result, err := finder.Find(ctx)
	caught := stop()
	bar.clear()
	if err != nil {
		return err
	}
	out := bufio.NewWriter(cmd.OutOrStdout())
	if err := print(out, result); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	switch {
	case caught != nil && result.Interrupted != "":
		return &exitError{code: signalCode(caught)}
	case !result.Answered():
		return &exitError{code: exitNoAnswer}
	default:
		return nil
	}
}

// outputs checks the flags that say what is written.
func outputs(asJSON, asCSV bool, picture string) error {
	if asJSON && asCSV {
		return usage.Errorf("--json and --csv are two forms of the same: choose one")
	}
	if picture != "" {
		if _, err := pictureFormat("plot", picture); err != nil {
			return err
		}
	}
	return nil
}

// parseSpan reads a range of rates, "" for the usual one.
func parseSpan(text string) (lo, hi float64, err error) {
	if text == "" {
		return 0, 0, nil
	}
	a, b, ok := strings.Cut(text, ":")
	lo, errLo := strconv.ParseFloat(a, 64)
	hi, errHi := strconv.ParseFloat(b, 64)
	if !ok || errLo != nil || errHi != nil || !(lo >= 1e-12 && lo < hi && hi <= 1e6) {
		return 0, 0, usage.Errorf("range cannot be %q: allowed is lo:hi with 1e-12 ≤ lo < hi ≤ 1e6, as in 1e-4:1", text)
	}
	return lo, hi, nil
}

// ratesCSV writes a row for every trial.
func ratesCSV(w io.Writer, r *lrfinder.Result) error {
	if _, err := fmt.Fprintln(w, "lr,loss,lo,hi,final,status"); err != nil {
		return err
	}
	for _, t := range r.Trials {
		row := strconv.AppendFloat(nil, t.LR, 'g', -1, 64)
		for _, v := range []float64{t.Loss, t.Lo, t.Hi, t.Final} {
			row = appendCell(row, v)
		}
		if _, err := fmt.Fprintf(w, "%s,%s\n", row, t.Status); err != nil {
			return err
		}
	}
	return nil
}
