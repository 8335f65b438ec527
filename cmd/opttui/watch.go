package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"opttui/internal/ui"
	"opttui/internal/usage"
	"opttui/internal/watch"
)

func watchCommand() *cobra.Command {
	var ascii bool
	cmd := &cobra.Command{
		Use:   "watch FILE...",
		Short: "Watch the logs of training programs as they grow",
		Long: `Watch the logs of training programs as they grow: lines of JSON, tables with commas or tabs, TensorBoard's event files.
Each file is a run, and so is each folder with event files; a folder is searched for all of them, now and later. Nothing is
written. docs/watch.md tells what is read, and how the horizontal axis is found.`,
		Example: `  opttui watch run.jsonl log.csv
  opttui watch runs/
  opttui watch 'runs/*/metrics.csv'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage.Errorf("there is nothing to watch: name files or folders, as in opttui watch run.jsonl runs/")
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&ascii, "ascii", false, "draw with ASCII characters only")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		w, err := watch.Start(args, watch.Options{})
		if err != nil {
			return err
		}
		defer w.Close()
		if why := noScreen(cmd.OutOrStdout()); why != "" {
			return &exitError{exitUsage, fmt.Errorf("%s, so there is no screen to draw on", why)}
		}
		m := ui.NewMonitor(cmd.Context(), ui.MonitorOptions{
			Title: strings.Join(args, " "), Runs: w.Runs, Notices: w.Notices, ASCII: ascii,
		})
		defer m.Close()
		return show(m, cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	return cmd
}
