package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"opttui/internal/journal"
	"opttui/internal/lrfinder"
	"opttui/internal/train"
	"opttui/internal/trials"
	"opttui/internal/usage"
)

// programFlags are those of searches over a program of the user's own, whose command line is after --.
type programFlags struct {
	jobs, retries      string
	timeout            time.Duration
	launch, loss, kept string
	fresh              bool

	names   []string // of these flags
	own     []string // of all others that go with a program, too
	command []string // after --
}

// programHelp is what the long help of a command says of it.
const programHelp = `

After -- stands a training program of your own: each trial is a process of it, with the values of the settings in the
places of their names in braces, and {steps} and {seed} where it takes them. It tells its losses by the client of
opttui or by printing lines of JSON with a number "loss". What came out is kept, so that a search that was broken off
goes on where it was when the same command is given again in the same folder. --launch 'srun -n1' puts each trial through a scheduler;
docs/trials.md tells more.`

// add defines the flags. Own are the command's other flags that mean something with a program.
func (p *programFlags) add(cmd *cobra.Command, own ...string) {
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	fs.StringVar(&p.jobs, "jobs", "1", "`number` of trials of a program at a time")
	fs.DurationVar(&p.timeout, "timeout", 0, "`time` that a trial of a program may take (default: as long as it does)")
	fs.StringVar(&p.retries, "retries", "1", "`number` of times that a trial of a program which fails without a loss is tried again")
	fs.StringVar(&p.launch, "launch", "", "`command` put in front of the program, as 'srun -n1'; split at spaces")
	fs.StringVar(&p.loss, "loss", "", "`name` of the number that the program minimises (default: the one that looks like a training loss)")
	fs.StringVar(&p.kept, "journal", "", "`file` in which trials of a program are kept (default: one for each command, in the folder where it is given, in the state folder)")
	fs.BoolVar(&p.fresh, "fresh", false, "try again what is kept of a program")
	fs.VisitAll(func(f *pflag.Flag) { p.names = append(p.names, f.Name) })
	cmd.Flags().AddFlagSet(fs)
	completeNothing(cmd, "jobs", "timeout", "retries", "launch", "loss")
	p.own = append(own, "json", "csv", "plot", "help")
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if at := cmd.ArgsLenAtDash(); at >= 0 && len(args) > at {
			p.command = args[at:]
			args = args[:at]
		}
		if err := noArgs(cmd, args); err != nil {
			return err
		}
		return p.check(cmd)
	}
}

// check refuses flags that do not go together.
func (p *programFlags) check(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch mine := slices.Contains(p.names, f.Name); {
		case err != nil:
		case p.command == nil && mine:
			err = usage.Errorf("--%s is for a program of your own, which stands after --: -- python3 train.py --lr {lr}", f.Name)
		case p.command != nil && !mine && !slices.Contains(p.own, f.Name):
			err = usage.Errorf("--%s is for the problems of opttui, and does not go with a program after --", f.Name)
		}
	})
	return err
}

// runner makes what runs the trials, for settings with these names and so many seeds. It says how many trials there may be
// at a time.
func (p *programFlags) runner(stderr io.Writer, settings []string, seeds int) (r *trials.Runner, jobs int, err error) {
	if jobs, err = parseWhole("jobs", p.jobs, 1, 10_000); err != nil {
		return nil, 0, err
	}
	retries, err := parseWhole("retries", p.retries, 0, 1000)
	if err != nil {
		return nil, 0, err
	}
	if p.timeout < 0 {
		return nil, 0, usage.Errorf("--timeout cannot be %s: allowed is a time from 0, as in 90s or 10m", p.timeout)
	}
	kept := p.kept
	if kept == "" {
		dir, err := journal.Dir()
		if err != nil {
			return nil, 0, err
		}
		kept = trials.FileFor(dir, p.command, p.loss)
	}
	var mu sync.Mutex
	r, err = trials.New(trials.Options{
		Command: p.command, Launch: trials.Split(p.launch), Loss: p.loss, Timeout: p.timeout, Retries: retries,
		Journal: kept, Fresh: p.fresh, Seeds: seeds,
		Note: func(text string) {
			mu.Lock()
			defer mu.Unlock()
			fmt.Fprintf(stderr, "\ropttui: %s\n", text)
		},
	}, settings)
	return r, jobs, err
}

// subject is what a search is about: a run of this program, or a program of the user's own.
type subject struct {
	spec    train.Spec
	command []string
}

// title names it: "adam on beale".
func (s subject) title() string {
	if s.command != nil {
		return strings.Join(s.command, " ")
	}
	return s.spec.Optimizer + " on " + s.spec.Problem
}

// subject is what is minimised: "beale".
func (s subject) subject() string {
	if s.command != nil {
		return s.title()
	}
	return s.spec.Problem
}

// use says how to use settings that were found.
func (s subject) use(set map[string]string) string {
	if s.command == nil {
		return "--lr " + set["lr"]
	}
	words := slices.Clone(s.command)
	for i := range words {
		for k, v := range set {
			words[i] = strings.ReplaceAll(words[i], "{"+k+"}", v)
		}
	}
	return strings.Join(words, " ")
}

// finder makes the finder for the subject.
func (s subject) finder(o lrfinder.Options, r *trials.Runner) (*lrfinder.Finder, error) {
	if s.command != nil {
		return lrfinder.NewOutside(r, o)
	}
	return lrfinder.New(s.spec, o)
}

// sweep makes the sweep for the subject.
func (s subject) sweep(axes []lrfinder.Axis, o lrfinder.Options, r *trials.Runner) (*lrfinder.Sweep, error) {
	if s.command != nil {
		return lrfinder.NewOutsideSweep(r, axes, o)
	}
	return lrfinder.NewSweep(s.spec, axes, o)
}
