package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"opttui/internal/journal"
	"opttui/internal/paint"
	"opttui/internal/train"
	"opttui/internal/ui"
	"opttui/internal/usage"
)

// screenCommand is the program without a subcommand.
func screenCommand() *cobra.Command {
	var (
		spec            specFlags
		speed, castName string
		paused, ascii   bool
		recipeFile      string
		unrecorded      bool
		memory          string
	)
	cmd := &cobra.Command{
		Use:   "opttui",
		Short: "Watch and steer optimization in the terminal",
		Long: `Watch and steer optimization in the terminal: optimizers race on test landscapes and small models, and every
hyperparameter can be turned while they run. Press ? for the keys and q to quit.

Learning rates that nobody chose are ones at which something is to be seen; opttui run keeps to the rules'
defaults.`,
		Example: `  opttui
  opttui --problem rosenbrock --optimizer momentum,nesterov,adam --start=-1.2,1
  opttui --problem ravine --optimizer sgd --lr 0.1 --noise 0.5 --batch 8 --paused
  opttui --optimizer adam --convention torch --schedule cosine --set beta2=0.99 --set t_max=2000`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	spec.add(cmd, "`name` of the optimizer; several, separated by commas, race: opttui list optimizers", "momentum", "adam")
	fs := cmd.Flags()
	fs.StringVar(&speed, "speed", "60", "`steps` a second, or max; the screen takes the nearest of 1, 10, 60, 600, 6000 and max")
	fs.StringVar(&recipeFile, "recipe", "", "`file` of a recipe instead of all that: docs/recipes.md")
	fs.BoolVar(&paused, "paused", false, "begin paused")
	fs.BoolVar(&ascii, "ascii", false, "draw with ASCII characters only")
	fs.BoolVar(&unrecorded, "no-journal", false, "do not keep the session's commands for opttui resume")
	fs.StringVar(&memory, "memory", "8", "`megabytes` that each run may use for going back in time (u, U, t)")
	fs.StringVar(&castName, "cast", "", "`file` to record the screen to, for asciinema; a new one")
	completeNothing(cmd, "memory")
	complete(cmd, "speed", func() []string { return []string{"1", "10", "60", "600", "6000", "max"} })

	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if recipeFile != "" {
			return showRecipe(cmd, stage{cast: castName, unrecorded: unrecorded}, recipeFile, paused, ascii)
		}
		specs, err := spec.specs(fs)
		if err != nil {
			return err
		}
		for i, s := range specs {
			specs[i] = ui.WithRates(s)
		}
		if len(specs) > ui.MaxRuns {
			return usage.Errorf("a race has %d runs at the most, not %d", ui.MaxRuns, len(specs))
		}
		rate := train.Unlimited
		if !strings.EqualFold(speed, "max") {
			if rate, err = parseNumber("speed", speed, 1e-3, 1e12); err != nil {
				return usage.Errorf("speed cannot be %q: allowed is a number of steps a second above 0, or max", speed)
			}
		}
		instead := fmt.Sprintf("try:\n  opttui run --problem %s --optimizer %s --steps 100", specs[0].Problem, specs[0].Optimizer)
		if s := specs[0]; s.Data != nil || s.Formula != nil {
			instead = "opttui run takes the same problem"
		}
		bytes, err := parseNumber("memory", memory, 0, 1e6)
		if err != nil {
			return err
		}
		o := ui.Options{Runs: specs, Rate: rate, Paused: paused, ASCII: ascii, Memory: max(int(bytes*(1<<20)), 1)}
		return stage{cast: castName, unrecorded: unrecorded, instead: instead}.show(cmd, o)
	}
	return cmd
}

// stage says how the screen is shown.
type stage struct {
	cast       string           // file that it is recorded to, "" for none
	unrecorded bool             // no journal of the session is kept
	session    *journal.Session // that is taken up again; nil for a new one
	instead    string           // what to do where there is no screen
}

// show runs the screen. What cannot run is told before anything else, then that there is no screen.
func (s stage) show(cmd *cobra.Command, o ui.Options) error {
	why := noScreen(cmd.OutOrStdout())
	if why == "" && !s.unrecorded && s.session == nil {
		s.session = journal.Begin(version())
	}
	o.Record = s.session
	model, err := ui.New(cmd.Context(), o)
	if err != nil {
		return err
	}
	defer model.Close()
	if why != "" {
		return &exitError{exitUsage, fmt.Errorf("%s, so there is no screen to draw on. Without one, %s", why, s.instead)}
	}
	err = s.cinema(model, cmd.ErrOrStderr())
	if s.session == nil {
		return err
	}
	model.Last()
	if err != nil { // a signal or a panic is no end that anybody wanted: the session can be taken up again
		_ = s.session.Sync()
		return err
	}
	if lost := s.session.Close(); lost != nil {
		fmt.Fprintln(cmd.ErrOrStderr(), "opttui: the session was not kept for opttui resume:", lost)
	}
	return nil
}

// cinema shows the screen, and records it where that is wanted.
func (s stage) cinema(model paint.Model, stderr io.Writer) error {
	if s.cast == "" {
		return show(model, os.Stdout, stderr)
	}
	c, err := newCast(s.cast, os.Stdout)
	if err != nil {
		return err
	}
	err = show(model, c, stderr, tea.WithFilter(c.filter))
	if lost := c.end(); err == nil && lost != nil {
		err = fmt.Errorf("the recording is not complete: %w", lost)
	}
	return err
}

// noScreen tells why the screen cannot be shown, "" if it can.
func noScreen(out any) string {
	switch {
	case !isTerminal(os.Stdin):
		return "standard input is not a terminal"
	case !isTerminal(out):
		return "standard output is not a terminal"
	case os.Getenv("TERM") == "dumb":
		return "this terminal (TERM=dumb) cannot move its cursor"
	default:
		return ""
	}
}

// show runs the screen until the person or a signal ends it. However it ends, the terminal is left as it was.
func show(model paint.Model, out, stderr io.Writer, options ...tea.ProgramOption) error {
	signals, stop := catchSignals()
	defer stop()
	screen := paint.NewScreen(out)
	options = append(options, tea.WithoutSignalHandler(), tea.WithOutput(through(screen, out)), tea.WithFPS(120)) // how soon the terminal is set up: frames are painted beside that
	// Bubble Tea's own handler does not know SIGHUP and does not tell which signal it was.
	program := tea.NewProgram(paint.On(screen, model), options...)
	before, _ := term.GetState(os.Stdin.Fd())

	caught, done := make(chan os.Signal, 1), make(chan struct{})
	defer close(done)
	go func() {
		select {
		case s := <-signals:
			caught <- s
			go program.Quit() // which waits for the program to listen
			select {
			case <-time.After(patience):
				lastResort(before, s)
			case <-done:
			}
		case <-done:
		}
	}()

	_, err := program.Run()
	select {
	case s := <-caught:
		return &exitError{code: signalCode(s)}
	default:
	}
	if errors.Is(err, tea.ErrProgramPanic) {
		fmt.Fprintln(stderr, "opttui: this is a defect of the program, sorry. The lines above say where; please report them.")
		return &exitError{code: exitFailure}
	}
	return err
}

// terminal is one whose output goes through its screen.
type terminal struct {
	term.File
	screen *paint.Screen
}

// Write implements io.Writer.
func (t terminal) Write(p []byte) (int, error) { return t.screen.Write(p) }

// through returns the output by way of its screen. Bubble Tea sees whether it is a terminal.
func through(s *paint.Screen, out io.Writer) io.Writer {
	if file, ok := out.(term.File); ok {
		return terminal{file, s}
	}
	return s
}

// patience is how long a program that was told to end may take to do so. Tests that are no program of their own have more.
var patience = 2 * time.Second

// lastResort ends a program that hangs, for example in a write to a terminal that was stopped with ctrl-s. It
// gives back the terminal as far as that can be done without waiting.
func lastResort(before *term.State, s os.Signal) {
	if before != nil {
		_ = term.Restore(os.Stdin.Fd(), before)
	}
	go io.WriteString(os.Stdout, "\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1006l\x1b[?2004l\r\n")
	time.Sleep(patience / 20)
	os.Exit(signalCode(s))
}
