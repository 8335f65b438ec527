// Package internal_test keeps the house in order: it reads every package's imports.
package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport says which of our own packages each package may import: downward only. Whoever adds a package
// adds its line.
var mayImport = map[string][]string{
	"opttui/internal/knob":       nil,
	"opttui/internal/usage":      nil,
	"opttui/internal/ewma":       nil,
	"opttui/internal/reftest":    nil, // for tests alone
	"opttui/internal/leak":       nil, // for tests alone
	"opttui/internal/plot":       nil, // pictures from numbers: it knows nothing of runs
	"opttui/internal/critical":   nil, // any function with a gradient and a Hessian
	"opttui/internal/filelock":   nil,
	"opttui/internal/kernel":     {"usage"},
	"opttui/internal/kernel/gen": nil, // a module of its own, which writes assembly
	"opttui/internal/dataset":    {"usage"},
	"opttui/internal/formula":    {"usage"},
	"opttui/internal/optim":      {"kernel", "knob", "ewma"},
	"opttui/internal/refdoc":     {"optim", "knob"},
	"opttui/internal/problems":   {"kernel", "dataset", "formula", "knob", "usage"}, // rules and problems do not know each other
	"opttui/internal/plane":      {"kernel", "problems"},
	"opttui/internal/train":      {"kernel", "optim", "problems", "dataset", "ewma", "knob", "usage"},
	"opttui/internal/curvature":  {"train", "optim", "problems", "knob"},
	"opttui/internal/advice":     {"curvature", "train", "optim", "problems", "knob"},
	"opttui/internal/recipe":     {"kernel", "train", "optim", "problems", "knob", "usage"},
	"opttui/internal/journal":    {"filelock", "kernel", "train", "usage"},
	"opttui/internal/events":     nil,
	"opttui/internal/export":     {"events", "train", "optim", "usage"},
	"opttui/internal/watch":      {"events", "jsonl", "monitor", "protocol", "tail", "usage"},
	"opttui/internal/lrfinder":   {"kernel", "curvature", "train", "optim", "problems", "knob", "ewma", "usage"},
	"opttui/internal/report":     {"lrfinder", "plot", "knob"},
	"opttui/internal/jsonl":      nil,
	"opttui/internal/tail":       nil,
	"opttui/internal/protocol":   {"jsonl"},
	"opttui/internal/monitor":    {"protocol", "train", "knob"},
	"opttui/internal/attach":     {"monitor", "protocol", "tail", "usage"},
	"opttui/internal/trials":     {"attach", "filelock", "monitor", "protocol", "usage"},
	"opttui/internal/ui":         {"advice", "monitor", "protocol", "journal", "export", "curvature", "recipe", "report", "lrfinder", "train", "plot", "plane", "formula", "optim", "problems", "dataset", "ewma", "knob", "usage"},
	"opttui/internal/serve":      {"kernel", "paint", "plot", "ui", "train", "usage"},
	"opttui/internal/paint":      {"plot"},
	"opttui/bench":               {"train", "plot", "optim", "problems", "dataset", "knob"}, // no part of the program
	"opttui/bench/watch":         nil,                                                       // this and the following are tools, no part of the program
	"opttui/bench/load":          {"serve", "ui", "train", "plot", "problems"},
	"opttui/bench/growth":        {"lrfinder", "train", "optim", "plot"},
	"opttui/bench/screen":        {"plot"},
	"opttui/clients/go":          nil, // what others copy
	"opttui/examples/go":         nil,
	"opttui/cmd/opttui":          {"kernel", "serve", "paint", "attach", "watch", "trials", "monitor", "protocol", "ui", "advice", "journal", "export", "curvature", "recipe", "report", "lrfinder", "critical", "train", "plot", "optim", "problems", "dataset", "ewma", "knob", "usage"},
}

// screen are the packages that draw with Bubble Tea; everything else works without a terminal.
var screen = []string{"opttui/internal/paint", "opttui/internal/ui", "opttui/internal/serve", "opttui/cmd/opttui"}

// network are the package that others can reach over a network, and its test under load.
var network = []string{"opttui/internal/serve", "opttui/bench/load"}

// networked is what a network's package is made of.
var networked = []string{"charm.land/wish", "charm.land/ssh", "golang.org/x/crypto"}

func TestImportsPointDownward(t *testing.T) {
	seen := make(map[string]bool)
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (strings.HasPrefix(d.Name(), ".") && name != ".." || d.Name() == "testdata"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil // tests may look wherever they need to
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel("..", filepath.Dir(name))
		if err != nil {
			return err
		}
		pkg := path.Join("opttui", filepath.ToSlash(rel))
		seen[pkg] = true
		allowed, known := mayImport[pkg]
		if !known {
			t.Errorf("%s has no line in mayImport: say what it may import", pkg)
			return nil
		}
		for _, imp := range file.Imports {
			dep, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				return err
			}
			if own, ok := strings.CutPrefix(dep, "opttui/internal/"); ok && !slices.Contains(allowed, own) {
				t.Errorf("%s imports %s: %s may import %q", name, dep, pkg, allowed)
			}
			if strings.HasPrefix(dep, "charm.land/bubbletea") && !slices.Contains(screen, pkg) {
				t.Errorf("%s imports %s: only %q may", name, dep, screen)
			}
			if slices.ContainsFunc(networked, func(n string) bool { return strings.HasPrefix(dep, n) }) && !slices.Contains(network, pkg) {
				t.Errorf("%s imports %s: only %q may", name, dep, network)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range mayImport {
		if !seen[pkg] {
			t.Errorf("mayImport has a line for %s, which is not there", pkg)
		}
	}
}
