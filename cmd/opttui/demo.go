package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"opttui/internal/kernel"
	"opttui/internal/recipe"
	"opttui/internal/ui"
	"opttui/internal/usage"
)

func demoCommand() *cobra.Command {
	var (
		file, folder, autoplay, speed string
		list, asJSON, ascii           bool
	)
	cmd := &cobra.Command{
		Use:   "demo [NAME|NUMBER]",
		Short: "Show the lecture as a live demo, a scenario a topic, each with a caption and keys to try",
		Long: `Show the lecture as a live demo: one scenario a topic, each with a caption and keys to try. ← and → go between
them, enter shows one again, every other key does what it always does, esc leaves the demo and keeps its runs.

A scenario is a recipe, a JSON file that docs/recipes.md describes. With --dir or --file a lecturer shows her own.`,
		Example: `  opttui demo
  opttui demo ravine
  opttui demo 7 --autoplay=20
  opttui demo --list
  opttui demo --dir ~/my-lecture --autoplay`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage.Errorf("opttui demo takes one scenario, not %d; seconds of autoplay follow a =, as in --autoplay=20", len(args))
			}
			return nil
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&file, "file", "", "show this `recipe` instead of the lecture")
	fs.StringVar(&folder, "dir", "", "show the recipes (*.json) of this `folder`, by name, instead of the lecture")
	fs.StringVar(&autoplay, "autoplay", "", "go on by itself, after so many `seconds` each or as long as a scenario takes (scenario)")
	fs.Lookup("autoplay").NoOptDefVal = wholeScenario
	fs.StringVar(&speed, "speed", "1", "`factor` of all scenarios' speeds")
	fs.BoolVar(&list, "list", false, "list the scenarios instead")
	fs.BoolVar(&asJSON, "json", false, "list them as JSON")
	fs.BoolVar(&ascii, "ascii", false, "draw with ASCII characters only")
	completeNothing(cmd, "autoplay", "speed")
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var names []string
		for _, s := range recipe.Lecture() {
			names = append(names, described(s.Name, s.Recipe.Title))
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}

	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		all, err := scenarios(file, folder)
		if err != nil {
			return err
		}
		d := ui.Demo{Scenarios: all}
		if len(args) > 0 {
			if d.First, err = recipe.Find(all, args[0]); err != nil {
				return err
			}
			if list {
				return usage.Errorf("--list lists all scenarios: leave out %q", args[0])
			}
		}
		if asJSON && !list {
			return usage.Errorf("--json goes with --list, which is not given")
		}
		if list {
			return listScenarios(cmd.OutOrStdout(), all, asJSON)
		}
		if d.Factor, err = parseFactor(speed); err != nil {
			return err
		}
		if d.Autoplay = autoplay != ""; d.Autoplay && autoplay != wholeScenario {
			seconds, err := parseNumber("autoplay", autoplay, 0.1, 1e6)
			if err != nil {
				return err
			}
			d.Hold = time.Duration(seconds * float64(time.Second))
		}
		return stage{unrecorded: true, instead: "opttui demo --list tells what there is"}.show(cmd, ui.Options{Demo: &d, ASCII: ascii})
	}
	return cmd
}

// wholeScenario is the time of autoplay that nobody chose.
const wholeScenario = "scenario"

// scenarios are those of a file or a folder, or else of the lecture.
func scenarios(file, folder string) ([]recipe.Scenario, error) {
	switch {
	case file != "" && folder != "":
		return nil, usage.Errorf("--file and --dir are both given: the demo is one of them")
	case file != "":
		return recipe.Files(file)
	case folder != "":
		return recipe.Folder(folder)
	default:
		return recipe.Lecture(), nil
	}
}

// parseFactor reads how many times as fast.
func parseFactor(text string) (float64, error) {
	return parseNumber("speed", strings.TrimSuffix(text, "x"), 1e-3, 1e6)
}

// listScenarios writes the number, the name and the title of every scenario, as JSON with the caption and the keys too.
func listScenarios(out io.Writer, all []recipe.Scenario, asJSON bool) error {
	if !asJSON {
		for i, s := range all {
			if _, err := fmt.Fprintf(out, "%2d  %-22s %s\n", i+1, s.Name, s.Recipe.Title); err != nil {
				return err
			}
		}
		return nil
	}
	type row struct {
		Number  int          `json:"number"`
		Name    string       `json:"name"`
		Title   string       `json:"title"`
		Caption []string     `json:"caption"`
		Keys    []recipe.Key `json:"keys"`
	}
	rows := make([]row, len(all))
	for i, s := range all {
		rows[i] = row{i + 1, s.Name, s.Recipe.Title, s.Recipe.Caption, s.Recipe.Keys}
	}
	return writeJSON(out, rows)
}

// showRecipe shows the screen with a recipe. What it says is not to be said by another flag too.
func showRecipe(cmd *cobra.Command, s stage, file string, paused, ascii bool) error {
	var other string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !slices.Contains([]string{"recipe", "paused", "ascii", "cast", "no-journal"}, f.Name) {
			other = f.Name
		}
	})
	if other != "" {
		return usage.Errorf("--recipe and --%s are both given: the recipe says what runs", other)
	}
	all, err := recipe.Files(file)
	if err != nil {
		return err
	}
	if name := all[0].Recipe.Kernel; !kernel.Follow(name) {
		noteKernel(cmd, "recipe", name)
	}
	s.instead = "opttui replay --headless prints rows"
	return s.show(cmd, ui.Options{Demo: &ui.Demo{Scenarios: all, Paused: paused}, ASCII: ascii})
}
