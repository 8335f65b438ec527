package main

import (
	"bufio"
	"io"

	"github.com/spf13/cobra"

	"opttui/internal/lrfinder"
	"opttui/internal/report"
	"opttui/internal/trials"
	"opttui/internal/usage"
)

func sweepCommand() *cobra.Command {
	var (
		spec                  specFlags
		program               programFlags
		grids                 []string
		steps, seeds, picture string
		asJSON, asCSV         bool
	)
	cmd := &cobra.Command{
		Use:   "sweep",
		Short: "Try all combinations of some settings and compare the losses",
		Long: `Try all combinations of the values of some settings, each for a number of steps from the start, and compare the
losses. A grid can be over any setting that --set knows, and over optimizer, schedule, convention, batch and noise:

  --grid momentum=0,0.5,0.9      these values
  --grid beta1=0:0.9:10          10 evenly spaced numbers
  --grid lr=1e-4:1:log:13        13 numbers that are evenly spaced on a logarithmic scale

The loss of a cell is the median over the seeds of the mean loss over all data in the last 10 steps or, where that is
dear to compute, of a moving average of the minibatches' losses. Cells with the same seed see the same noise and
minibatches. The first seed is --seed, the others follow, so opttui run repeats any of the runs.` + programHelp + `

Exit codes: 0 all cells were tried, 1 a trial of a program failed, 2 what was asked for cannot be, 3 all cells have
diverged, 130 interrupted: what was found until then is printed.`,
		Example: `  opttui sweep --problem rosenbrock --optimizer momentum --grid lr=1e-4:1e-2:log:9 --grid momentum=0,0.5,0.9,0.99
  opttui sweep --problem digits/mlp --grid optimizer=sgd,momentum,adam --grid lr=1e-3:1:log:7 --plot sweep.svg
  opttui sweep --problem digits --optimizer sgd --lr 0.5 --grid batch=8,32,128,all --steps 500 --csv
  opttui sweep --grid lr=1e-4:1:log:9 --grid wd=0,1e-4,1e-2 -- python3 train.py --lr {lr} --wd {wd} --steps {steps}`,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	spec.add(cmd, "`name` of the optimizer: opttui list optimizers", "adam")
	fs := cmd.Flags()
	fs.StringArrayVar(&grids, "grid", nil, "`key=values` of one setting, as shown above; may be repeated")
	fs.StringVar(&steps, "steps", "100", "`number` of steps to take in each run")
	fs.StringVar(&seeds, "seeds", "", "`number` of seeds of each cell (default 5, 1 where nothing is random)")
	fs.BoolVar(&asJSON, "json", false, "print JSON")
	fs.BoolVar(&asCSV, "csv", false, "print a row for every cell as CSV")
	fs.StringVar(&picture, "plot", "", "`file` to draw a grid of one or two axes to, .svg or .png")
	completeNothing(cmd, "grid", "steps", "seeds")
	program.add(cmd, "grid", "steps", "seeds")

	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		about, err := subject{command: program.command}, error(nil)
		if about.command == nil {
			if about.spec, err = oneSpec(&spec, fs, "opttui sweep"); err != nil {
				return err
			}
		}
		if len(grids) == 0 {
			return usage.Errorf("sweep needs a --grid: say what to vary, as in --grid lr=1e-4:1:log:13 --grid momentum=0,0.5,0.9")
		}
		var axes []lrfinder.Axis
		for _, g := range grids {
			a, err := lrfinder.ParseAxis(g)
			if err != nil {
				return err
			}
			axes = append(axes, a)
		}
		var o lrfinder.Options
		if o.Iterations, err = parseWhole("steps", steps, 1, 1e9); err != nil {
			return err
		}
		if seeds != "" {
			if o.Seeds, err = parseWhole("seeds", seeds, 1, 1000); err != nil {
				return err
			}
		}
		if err := outputs(asJSON, asCSV, picture); err != nil {
			return err
		}
		if picture != "" && len(axes) > 2 {
			return usage.Errorf("--plot draws grids of one or two axes, not of %d", len(axes))
		}
		var runner *trials.Runner
		if about.command != nil {
			var keys []string
			for _, a := range axes {
				keys = append(keys, a.Key)
			}
			if runner, o.Workers, err = program.runner(cmd.ErrOrStderr(), keys, o.Seeds); err != nil {
				return err
			}
			defer runner.Close()
		}
		return sweep(cmd, about, runner, axes, o, func(w io.Writer, s *lrfinder.Sweep) error {
			if picture != "" {
				if err := writePlot(picture, func(w io.Writer, format string) error {
					return report.SweepPicture(w, format, about.subject(), &s.Grid)
				}); err != nil {
					return err
				}
			}
			switch {
			case asJSON:
				return writeJSON(w, sweepJSON(about, s))
			case asCSV:
				return report.SweepCSV(w, &s.Grid)
			default:
				return sweepText(w, about, s)
			}
		})
	}
	return cmd
}

// sweep tries the cells and prints what came out, however it ended.
func sweep(cmd *cobra.Command, about subject, runner *trials.Runner, axes []lrfinder.Axis, o lrfinder.Options, print func(io.Writer, *lrfinder.Sweep) error) error {
	bar, progress := searchBar(cmd.ErrOrStderr())
	o.Progress = progress
	s, err := about.sweep(axes, o, runner)
	if err != nil {
		return err
	}
	ctx, stop := interruptible(cmd.Context())
	err = s.Run(ctx)
	caught := stop()
	bar.clear()
	if err != nil && caught == nil {
		return err
	}
	out := bufio.NewWriter(cmd.OutOrStdout())
	if err := print(out, s); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	switch {
	case err != nil:
		return &exitError{code: signalCode(caught)}
	case s.Best < 0:
		return &exitError{code: exitDiverged}
	default:
		return nil
	}
}

type sweepReport struct {
	Problem     string      `json:"problem,omitempty"`
	Optimizer   string      `json:"optimizer,omitempty"`
	Command     []string    `json:"command,omitempty"`
	Steps       int         `json:"steps"`
	Seeds       int         `json:"seeds"`
	Axes        []axisJSON  `json:"axes"`
	Cells       []sweepCell `json:"cells"`
	Best        *sweepCell  `json:"best"` // null where all have diverged
	Interrupted bool        `json:"interrupted,omitempty"`
}

type axisJSON struct {
	Key    string   `json:"key"`
	Values []string `json:"values"`
}

type sweepCell struct {
	Set    map[string]string `json:"set"`
	Loss   number            `json:"loss"`
	Lo     number            `json:"lo"`
	Hi     number            `json:"hi"`
	Final  number            `json:"final_loss"`
	Status lrfinder.Status   `json:"status"`
}

func sweepJSON(about subject, s *lrfinder.Sweep) sweepReport {
	out := sweepReport{Problem: about.spec.Problem, Optimizer: about.spec.Optimizer, Command: about.command, Steps: s.Iterations, Seeds: s.Seeds, Cells: []sweepCell{}}
	for _, a := range s.Axes {
		out.Axes = append(out.Axes, axisJSON(a))
	}
	for i, c := range s.Cells {
		switch {
		case s.Repeats(i):
			continue
		case c.Trial == nil:
			out.Interrupted = true
			continue
		}
		cell := sweepCell{s.Settings(c), number(c.Loss), number(c.Lo), number(c.Hi), number(c.Final), c.Status}
		out.Cells = append(out.Cells, cell)
		if i == s.Best {
			out.Best = &cell
		}
	}
	return out
}
