// Opttui watches and steers optimization in the terminal: runs of many optimizers race on test landscapes and
// small models, and every hyperparameter can be turned while they run.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"opttui/internal/usage"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Exit codes. A signal n ends the program with 128 + n.
const (
	exitFailure  = 1 // something went wrong
	exitUsage    = 2 // what was asked for cannot be
	exitDiverged = 3 // a headless run stopped being finite
	exitNoAnswer = 4 // a search found that there is nothing to find
	exitSignal   = 128
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the program: it carries out a command line and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(context.Background())
	return tell(cmd, err, stderr)
}

// exitError is an error with an exit code of its own. Without an error inside, nothing is printed.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// tell prints what went wrong in one line, a hint where one helps, and returns the exit code.
func tell(cmd *cobra.Command, err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	var (
		exit  *exitError
		wrong *usage.Error
		code  = exitFailure
	)
	switch {
	case errors.As(err, &exit):
		code = exit.code
		if exit.err == nil {
			return code
		}
	case errors.As(err, &wrong):
		code = exitUsage
	}
	fmt.Fprintf(stderr, "opttui: %v\n", err)
	if wrong != nil {
		if cmd.Name() == "help" {
			cmd = cmd.Root()
		}
		fmt.Fprintf(stderr, "%s --help shows what there is\n", cmd.CommandPath())
	}
	return code
}

func rootCommand() *cobra.Command {
	root := screenCommand()
	tellVersion(root)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.AddCommand(
		runCommand(),
		lrfindCommand(),
		sweepCommand(),
		adviseCommand(),
		inspectCommand(),
		listCommand(),
		demoCommand(),
		replayCommand(),
		resumeCommand(),
		attachCommand(),
		watchCommand(),
		serveCommand(),
		pictureCommand(),
		saddlesCommand(),
		versionCommand(),
	)
	root.SetHelpCommand(helpCommand())
	root.SetFlagErrorFunc(flagError)
	root.InitDefaultHelpFlag()
	return root
}

// noArgs refuses arguments, telling the nearest command or flag to what was typed.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		return usage.Unknown("command", args[0], commandNames(cmd))
	}
	for _, name := range flagNames(cmd) {
		if name == "--"+strings.SplitN(args[0], "=", 2)[0] {
			return usage.Errorf("%s takes no argument %q: did you mean %q?", cmd.CommandPath(), args[0], "--"+args[0])
		}
	}
	return usage.Errorf("%s takes no argument %q", cmd.CommandPath(), args[0])
}

func commandNames(cmd *cobra.Command) []string {
	var names []string
	for _, c := range cmd.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	return names
}

func flagNames(cmd *cobra.Command) []string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return names
}

// flagError says what is wrong with a flag, in the words of every other error.
func flagError(cmd *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		missing *pflag.ValueRequiredError
		bad     *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return usage.Errorf("unknown flag %q in %q: known are %s", "-"+unknown.GetSpecifiedName(),
			"-"+unknown.GetSpecifiedShortnames(), strings.Join(flagNames(cmd), ", "))
	case errors.As(err, &unknown):
		return usage.Unknown("flag", "--"+unknown.GetSpecifiedName(), flagNames(cmd))
	case errors.As(err, &missing):
		_, help := pflag.UnquoteUsage(missing.GetFlag())
		return usage.Errorf("--%s needs a value: %s", missing.GetFlag().Name, help)
	case errors.As(err, &bad) && bad.GetFlag().Value.Type() == "bool":
		return usage.Errorf("--%s cannot be %q: allowed is true, false", bad.GetFlag().Name, bad.GetValue())
	case errors.As(err, &bad) && bad.GetFlag().Value.Type() == "duration":
		return usage.Errorf("--%s cannot be %q: allowed is a time, as in 90s or 5m", bad.GetFlag().Name, bad.GetValue())
	case errors.As(err, &bad) && bad.GetFlag().Value.Type() == "int":
		return usage.Errorf("--%s cannot be %q: allowed is a whole number", bad.GetFlag().Name, bad.GetValue())
	default:
		return usage.Errorf("%v", err)
	}
}

func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Help about any command",
		Args:  cobra.ArbitraryArgs,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return commandNames(cmd.Root()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			at := cmd.Root()
			for _, name := range args {
				next, _, err := at.Find([]string{name})
				if err != nil || next == at {
					return usage.Unknown("command", name, commandNames(at))
				}
				at = next
			}
			at.InitDefaultHelpFlag()
			return at.Help()
		},
	}
}
