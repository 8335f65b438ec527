package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"opttui/internal/kernel"
	"opttui/internal/recipe"
	"opttui/internal/ui"
	"opttui/internal/usage"
)

func replayCommand() *cobra.Command {
	var (
		steps, every, speed string
		screenless, ascii   bool
	)
	cmd := &cobra.Command{
		Use:   "replay RECIPE",
		Short: "Run a recipe again: its runs, and what was done to them, each command at its step",
		Long: `Run a recipe again: its runs, and what was done to them, each command at its step. On the screen it goes at the
recipe's speed, or as many times as fast as --speed says; every key still works.

With --headless it prints a JSON line for every step, as opttui run does; of several runs, all lines of the first
come first, and each line begins with the number of its run. The numbers are those of the runs as they were, bit for bit where
the machine has the kernels that the recipe names.`,
		Example: `  opttui replay session.json
  opttui replay session.json --speed 4
  opttui replay session.json --headless --steps 1000 >rows.jsonl`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage.Errorf("opttui replay takes one recipe, not %d", len(args))
			}
			return nil
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&screenless, "headless", false, "print rows instead of showing the screen")
	fs.StringVar(&steps, "steps", "", "`number` of steps of a headless replay (default: the recipe's, or 100 after the last command)")
	fs.StringVar(&every, "every", "1", "print every `k`-th step, and the last, of a headless replay")
	fs.StringVar(&speed, "speed", "1", "`factor` of the recipe's speed on the screen")
	fs.BoolVar(&ascii, "ascii", false, "draw with ASCII characters only")
	completeNothing(cmd, "steps", "every", "speed")

	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		for flag, headless := range map[string]bool{"steps": true, "every": true, "speed": false, "ascii": false} {
			if fs.Changed(flag) && headless != screenless {
				return usage.Errorf("--%s is for a replay %s", flag, map[bool]string{true: "with --headless", false: "on the screen, without --headless"}[headless])
			}
		}
		r, err := recipe.ReadFile(args[0])
		if err != nil {
			return err
		}
		if !kernel.Follow(r.Kernel) {
			noteKernel(cmd, "recipe", r.Kernel)
		}
		if !screenless {
			factor, err := parseFactor(speed)
			if err != nil {
				return err
			}
			d := ui.Demo{Scenarios: []recipe.Scenario{{Name: filepath.Base(args[0]), Recipe: r}}, Factor: factor}
			return stage{unrecorded: true, instead: "opttui replay --headless prints rows"}.show(cmd, ui.Options{Demo: &d, ASCII: ascii})
		}
		h := headless{stderr: cmd.ErrOrStderr(), steps: stepsOf(r)}
		if steps != "" {
			if h.steps, err = parseWhole("steps", steps, 0, 1e12); err != nil {
				return err
			}
		}
		if h.every, err = parseWhole("every", every, 1, 1e12); err != nil {
			return err
		}
		return h.replay(cmd, r)
	}
	return cmd
}

// noteKernel tells that numbers were made with other kernels than are used here.
func noteKernel(cmd *cobra.Command, what, name string) {
	fmt.Fprintf(cmd.ErrOrStderr(), "opttui: note: the %s was made on %s, this is %s: last digits may differ\n", what, name, kernel.Name())
}

// stepsOf is how many steps of a recipe there are to see.
func stepsOf(r *recipe.Recipe) int {
	n := 0
	for _, run := range r.Runs {
		if len(run.Journal) > 0 {
			n = max(n, run.Journal[len(run.Journal)-1].Step)
		}
	}
	if r.View.Steps == 0 {
		return n + 100
	}
	return max(r.View.Steps, n)
}

// replay writes the rows of one run after the other. A run that ends early does not keep the others from going on; the
// error is the first one's.
func (h headless) replay(cmd *cobra.Command, r *recipe.Recipe) error {
	var first error
	for i, spec := range r.Runs {
		run, err := spec.Train()
		if err != nil {
			return err
		}
		if len(r.Runs) > 1 {
			h.number = i + 1
		}
		err = h.stream(run, cmd.OutOrStdout(), false)
		if exit := (*exitError)(nil); errors.As(err, &exit) && exit.err == nil {
			return err // a signal
		}
		if first == nil {
			first = err
		}
	}
	return first
}
