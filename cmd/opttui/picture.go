package main

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"opttui/internal/ui"
	"opttui/internal/usage"
)

// The sizes of which a picture can be made, in cells.
const minColumns, minRows, maxSide = 40, 10, 400

func pictureCommand() *cobra.Command {
	var (
		spec                      specFlags
		steps, size, output, what string
	)
	cmd := &cobra.Command{
		Use:   "picture",
		Short: "Write a picture of the screen, the landscape or the curves after a number of steps",
		Long: `Write a picture for slides and pages of how it is after a number of steps of all runs: the whole screen as SVG, or
the landscape with the paths or the loss curves, on a light background, as SVG or PNG by the ending of the file. The
options are those of the screen.`,
		Example: `  opttui picture --problem rosenbrock --optimizer momentum,adam --steps 500 --output rosenbrock.svg
  opttui picture --problem digits --size 160x45 --steps 400 >digits.svg
  opttui picture --problem beale --optimizer sgd,adam --what landscape --output beale.png`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	spec.add(cmd, "`name` of the optimizer; several, separated by commas, race", "momentum", "adam")
	fs := cmd.Flags()
	fs.StringVar(&steps, "steps", "300", "`number` of steps to take")
	fs.StringVar(&size, "size", "140x40", "`columns x rows` of the screen")
	fs.StringVar(&output, "output", "-", "`file` to write, - for standard output")
	fs.StringVar(&what, "what", "screen", "`name` of what to draw: screen, landscape or curves")
	complete(cmd, "what", func() []string { return ui.Shots })
	completeNothing(cmd, "steps", "size")

	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		specs, err := spec.specs(fs)
		if err != nil {
			return err
		}
		for i, s := range specs {
			specs[i] = ui.WithRates(s)
		}
		n, err := parseWhole("steps", steps, 0, 1e9)
		if err != nil {
			return err
		}
		columns, rows, _ := strings.Cut(size, "x")
		w, errW := strconv.Atoi(columns)
		h, errH := strconv.Atoi(rows)
		if errW != nil || errH != nil || w < minColumns || h < minRows || max(w, h) > maxSide {
			return usage.Errorf("size cannot be %q: allowed is COLUMNSxROWS from %dx%d to %dx%d", size, minColumns, minRows, maxSide, maxSide)
		}
		if !slices.Contains(ui.Shots, what) {
			return usage.Unknown("what", what, ui.Shots)
		}
		shot := ui.Shot{What: what, Format: "svg", W: w, H: h, Steps: n}
		if output != "-" {
			if shot.Format, err = pictureFormat("output", output); err != nil {
				return err
			}
		}
		var picture bytes.Buffer // whole before the file is touched
		if err := ui.Picture(cmd.Context(), &picture, ui.Options{Runs: specs}, shot); err != nil {
			return err
		}
		if output == "-" {
			_, err = picture.WriteTo(cmd.OutOrStdout())
			return err
		}
		return os.WriteFile(output, picture.Bytes(), 0o644)
	}
	return cmd
}
