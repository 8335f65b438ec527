package main

import (
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"opttui/internal/journal"
)

func resumeCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "resume --list",
		Short: "List the sessions that can be taken up again",
		Long: `List the sessions on the screen, the latest first: each is kept with all its commands as it goes, so that nothing is
lost when it ends by a crash or a power cut. The last 50 of the last 30 days are kept, in $XDG_STATE_HOME/opttui or
~/.local/state/opttui.`,
		Example: `  opttui resume --list
  opttui resume --list --json | jq -r '.[] | select(.how == "crashed") | .id'`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := journal.Dir()
			if err != nil {
				return err
			}
			list, err := journal.List(dir)
			if err != nil {
				return err
			}
			if asJSON {
				e := json.NewEncoder(cmd.OutOrStdout())
				e.SetEscapeHTML(false)
				e.SetIndent("", "  ")
				return e.Encode(list)
			}
			return sessionsText(cmd.OutOrStdout(), list)
		},
	}
	cmd.Flags().Bool("list", false, "list the sessions")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
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
