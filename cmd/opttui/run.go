package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"opttui/internal/curvature"
	"opttui/internal/train"
	"opttui/internal/usage"
)

var formats = []string{"jsonl", "csv"}

func runCommand() *cobra.Command {
	var (
		spec                         specFlags
		steps, every, format, output string
		curved                       bool
	)
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run one optimizer without the screen and print a row for every step",
		Long: `Run one optimizer on one problem without the screen and print a row for every step, the start first.

A row has the step, the loss (on this step's minibatch), the parameters (the first 32 of them), the learning
rate of the coming step and the norm of the gradient. Rows of models also have the epoch and the losses and
accuracies on training and held-out data wherever these were measured, about once an epoch.

With --curvature a row also has, of the loss over all data: the eigenvalues of the Hessian in descending order (all of
them up to 128 parameters, then the largest and the smallest), the condition number, the curvature along the gradient,
the change that the last step was to make to the loss and the change it made, the learning rate at the edge of
stability, and the kind of critical point where the run is at one. See docs/curvature.md.

Without --lr and --set the hyperparameters are the rule's defaults. The same command prints the same rows.

Exit codes: 0 all steps were taken, 1 the rule could not go on, 2 what was asked for cannot be, 3 the loss
stopped being finite, 130 interrupted.`,
		Example: `  opttui run --problem rosenbrock --optimizer lbfgs --start=-1.2,1 --steps 50
  opttui run --problem beale --optimizer adam --lr 0.05 --format csv --output beale.csv
  opttui run --problem beale --optimizer momentum --set form=ewma --schedule cosine --set t_max=500 --steps 500
  opttui run --problem rosenbrock --optimizer momentum --curvature --steps 20
  opttui run --problem ravine --optimizer sgd --noise 0.5 --batch 8 --seed 7 --steps 1e6 --every 1000`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	spec.add(cmd, "`name` of the optimizer: opttui list optimizers", "adam")
	fs := cmd.Flags()
	fs.StringVar(&steps, "steps", "100", "`number` of steps to take")
	fs.StringVar(&every, "every", "1", "print every `k`-th step, and the last")
	fs.StringVar(&format, "format", "jsonl", "`name` of the format, jsonl or csv")
	fs.StringVar(&output, "output", "-", "`file` to write, - for standard output")
	fs.BoolVar(&curved, "curvature", false, "measure the curvature at each row: eigenvalues, predicted and actual change, the stable rate")
	completeNothing(cmd, "steps", "every")
	complete(cmd, "format", func() []string { return formats })

	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		specs, err := spec.specs(fs)
		if err != nil {
			return err
		}
		if len(specs) != 1 {
			return usage.Errorf("opttui run takes one optimizer, not %d: the screen, opttui without run, races several", len(specs))
		}
		h := headless{stderr: cmd.ErrOrStderr(), curved: curved}
		if h.steps, err = parseWhole("steps", steps, 0, 1e12); err != nil {
			return err
		}
		if h.every, err = parseWhole("every", every, 1, 1e12); err != nil {
			return err
		}
		if format != "jsonl" && format != "csv" {
			return usage.Unknown("format", format, formats)
		}
		run, err := train.New(specs[0])
		if err != nil {
			return err
		}
		if s := specs[0]; s.Data != nil {
			if p, err := s.Ref().Resolve(); err == nil { // what was found out about the file
				fmt.Fprintf(h.stderr, "opttui: %s: %s\n", p.Title, p.Kind)
			}
		}
		if warning := run.Warning(); warning != "" {
			fmt.Fprintln(h.stderr, "opttui: note:", warning)
		}
		if output == "-" {
			return h.stream(run, cmd.OutOrStdout(), format == "csv")
		}
		file, err := os.Create(output)
		if err != nil {
			return err
		}
		err = h.stream(run, file, format == "csv")
		if closing := file.Close(); err == nil {
			err = closing
		}
		return err
	}
	return cmd
}

// headless is a run without a screen.
type headless struct {
	steps, every int
	number       int  // of the run, in its rows; 0 leaves it out
	curved       bool // rows with the curvature
	stderr       io.Writer
}

// beat is how often rows are flushed and the progress bar is drawn.
const beat = 100 * time.Millisecond

// stream takes the steps and writes a row for each that is asked for. What was computed is written even when
// the run ends early; the error says why it did.
func (h headless) stream(run *train.Run, w io.Writer, csv bool) error {
	// Without this a reader that stops reading (head) would end the program at once, bar half drawn.
	signal.Ignore(syscall.SIGPIPE)
	signals, stop := catchOne()
	defer stop()
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	bar := h.progress(w)

	start := time.Now()
	out := bufio.NewWriterSize(w, 1<<16)
	rows := newEncoder(out, run, csv)
	rows.number = h.number
	advance := run.Advance
	if h.curved {
		rows.curvature, advance = &curvature.Measurer{}, marked(run)
	}
	err := rows.header()
	if err == nil {
		err = rows.row(h.steps == 0 || run.Over())
	}
	var caught os.Signal
	chunk := 1
	for err == nil && caught == nil && run.Step() < h.steps {
		begin := time.Now()
		if advance(min(h.every-run.Step()%h.every, h.steps-run.Step(), chunk)) == 0 {
			break
		}
		chunk = nextChunk(chunk, time.Since(begin))
		if step := run.Step(); step%h.every == 0 || step == h.steps {
			err = rows.row(step == h.steps || run.Over())
		}
		select {
		case caught = <-signals:
		default:
		}
		select {
		case <-ticker.C:
			if err == nil {
				err = out.Flush()
			}
			bar.set(int64(run.Step()))
		default:
		}
	}
	if err == nil && rows.last != run.Step() {
		err = rows.row(true)
	}
	if err == nil {
		err = out.Flush()
	}
	bar.clear()
	if isTerminal(h.stderr) && !isTerminal(w) {
		h.summary(run, time.Since(start))
	}
	switch {
	case errors.Is(err, syscall.EPIPE):
		return nil // the reader has all it wanted
	case err != nil:
		return err
	case caught != nil:
		return &exitError{code: signalCode(caught)}
	case run.Diverged():
		return &exitError{exitDiverged, fmt.Errorf("diverged at step %d: the loss is not finite", run.Step())}
	case run.Err() != nil:
		return fmt.Errorf("stopped at step %d: %w", run.Step(), run.Err())
	default:
		return nil
	}
}

// summary tells a person how fast the run was.
func (h headless) summary(run *train.Run, took time.Duration) {
	text := fmt.Sprintf("opttui: %d steps in %.3g s, %.3g steps/s", run.Step(), took.Seconds(), float64(run.Step())/took.Seconds())
	if n := run.SamplesUsed(); n > 0 {
		text += fmt.Sprintf(", %.3g samples/s", float64(n)/took.Seconds())
	}
	fmt.Fprintln(h.stderr, text)
}

// nextChunk is how many steps to take before signals and the clock, which cost more than a step on a landscape, are
// looked at again: about a millisecond's worth.
func nextChunk(chunk int, took time.Duration) int {
	const maxChunk = 1 << 14
	switch {
	case took > 2*time.Millisecond:
		return max(chunk/2, 1)
	case took < time.Millisecond/2:
		return min(2*chunk, maxChunk)
	default:
		return chunk
	}
}

// progress returns a bar on a terminal that the rows do not go to, else one that is not shown.
func (h headless) progress(rows io.Writer) *progressBar {
	return newProgress(h.stderr, isTerminal(h.stderr) && !isTerminal(rows), int64(h.steps), "steps")
}

// isTerminal tells whether w is a terminal.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(f.Fd())
}
