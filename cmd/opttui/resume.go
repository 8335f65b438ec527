package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"opttui/internal/journal"
	"opttui/internal/kernel"
	"opttui/internal/ui"
	"opttui/internal/usage"
)

func resumeCommand() *cobra.Command {
	var list, asJSON, ascii bool
	cmd := &cobra.Command{
		Use:   "resume [ID]",
		Short: "Take up an earlier session on the screen, or list them",
		Long: `Take up a session on the screen where it was: the runs compute their steps again, bit for bit. Without an ID it is the last
one that did not end by itself or, where all have, the last one.

Each session on the screen is kept with all its commands as it goes, so that nothing is lost when it ends by a crash, a
power cut or a connection that breaks. The last 50 of the last 30 days are kept, in $XDG_STATE_HOME/opttui or
~/.local/state/opttui.`,
		Example: `  opttui resume
  opttui resume --list
  opttui resume --list --json | jq -r '.[] | select(.how == "crashed") | .id'`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return sessionIDs(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().BoolVar(&list, "list", false, "list the sessions instead")
	cmd.Flags().BoolVar(&asJSON, "json", false, "list them as JSON")
	cmd.Flags().BoolVar(&ascii, "ascii", false, "draw with ASCII characters only")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		dir, err := journal.Dir()
		if err != nil {
			return err
		}
		sessions, err := journal.List(dir)
		if err != nil {
			return err
		}
		switch {
		case len(args) > 1 || len(args) == 1 && (list || asJSON):
			return usage.Errorf("opttui resume takes one ID, or none with --list")
		case asJSON:
			return writeJSON(cmd.OutOrStdout(), sessions)
		case list:
			return sessionsText(cmd.OutOrStdout(), sessions)
		}
		id := ""
		if len(args) == 1 {
			id = args[0]
		} else if id = lastSession(sessions); id == "" {
			return usage.Errorf("there is no session to take up again")
		}
		return resume(cmd, dir, id, ascii)
	}
	return cmd
}

// lastSession is the ID of the session that is most likely wanted: the last one that did not end by itself, else the last
// that did; "" where there is none.
func lastSession(sessions []journal.Summary) string {
	id := ""
	for _, s := range sessions {
		switch {
		case s.How == journal.Crashed:
			return s.ID
		case s.How == journal.Clean && id == "":
			id = s.ID
		}
	}
	return id
}

// sessionIDs are all that can be taken up.
func sessionIDs() (ids []string) {
	dir, err := journal.Dir()
	if err != nil {
		return nil
	}
	sessions, _ := journal.List(dir) // completion has nobody to tell
	for _, s := range sessions {
		if s.How != journal.InUse {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// resume takes up a session on the screen.
func resume(cmd *cobra.Command, dir, id string, ascii bool) error {
	if why := noScreen(cmd.OutOrStdout()); why != "" {
		return &exitError{exitUsage, fmt.Errorf("%s, so there is no screen to draw on. Without one, opttui resume --list tells what there is", why)}
	}
	session, log, err := journal.Resume(dir, id)
	if err != nil {
		return err
	}
	runs := log.Runs()
	if len(runs) == 0 {
		_ = session.Close()
		return usage.Errorf("the session %s has no runs", id)
	}
	if log.Lost > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "opttui: the last %d bytes of the session could not be read\n", log.Lost)
	}
	if name := log.Kernel(); name != "" && name != kernel.Name() {
		noteKernel(cmd, "session", name)
	}
	return stage{session: session}.show(cmd, ui.Options{Again: runs, ASCII: ascii})
}

// sessionsText prints a table with a row for each session.
func sessionsText(w io.Writer, list []journal.Summary) error {
	p := newPrinter(w)
	if len(list) == 0 {
		p.printf("there are no sessions\n")
		return p.err
	}
	const layout = "2006-01-02 15:04:05"
	var rows [][]string
	for _, s := range list {
		rows = append(rows, []string{
			s.ID, s.Problem, strings.Join(s.Optimizers, ", "), strconv.Itoa(s.Step), strconv.Itoa(s.Commands),
			s.Started.Local().Format(layout), s.Ended.Local().Format(layout), s.How,
		})
	}
	p.printf("%s\n", p.table([]string{"id", "problem", "optimizers", "step", "commands", "started", "ended", "how"}, rows))
	return p.err
}
