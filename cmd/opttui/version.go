package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "version",
		Short:             "Print the version",
		Long:              "Print the version of opttui, the commit it was built from and the version of Go.",
		Args:              noArgs,
		RunE:              printVersion,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
}

func printVersion(cmd *cobra.Command, _ []string) error {
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "opttui %s\n", version())
	return err
}

// tellVersion gives a command the flag --version. Cobra's own takes a template for what it prints, and a program with
// templates is a quarter larger: the linker must keep every method, since a template might call it.
func tellVersion(cmd *cobra.Command) {
	asked := cmd.Flags().BoolP("version", "v", false, "version for "+cmd.Name())
	otherwise := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *asked {
			return printVersion(cmd, args)
		}
		return otherwise(cmd, args)
	}
}

// version tells which program this is, as far as its build knows.
func version() string {
	text := "unknown version"
	info, ok := debug.ReadBuildInfo()
	if ok && info.Main.Version != "" {
		text = info.Main.Version
	}
	var commit, changed string
	if ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision" && len(s.Value) >= 12:
				commit = ", commit " + s.Value[:12]
			case s.Key == "vcs.modified" && s.Value == "true":
				changed = " with changes"
			}
		}
	}
	return fmt.Sprintf("%s%s%s (%s, %s/%s)", text, commit, changed, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
