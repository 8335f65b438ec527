package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"opttui/internal/dataset"
	"opttui/internal/problems"
	"opttui/internal/usage"
)

// ownFlags are the flags that say on what model, on what data, or on what formula of the user's own to run.
type ownFlags struct {
	model, data, target, missing string
	ignore                       []string
	expr, domain                 string
}

func (f *ownFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.model, "model", "", "`name` of the model for data, as in mlp:64,32 (default: what is usual for the target)")
	fs.StringVar(&f.data, "data", "", "`file` of your own data instead of a problem: CSV or idx, may be gzipped")
	fs.StringVar(&f.target, "target", "", "`column` of the data to predict (default: the last); for idx files the file of labels")
	fs.StringSliceVar(&f.ignore, "ignore", nil, "`columns` of the data to leave out, separated by commas")
	fs.StringVar(&f.missing, "missing", "", "`rule` for missing values of the data: skip leaves their rows out, mean puts the column's mean there (default: refuse)")
	fs.StringVar(&f.expr, "expr", "", "`formula` of your own instead of a problem, as in '(1-x)^2 + a*(y-x^2)^2'; x, y, z or x1, x2 … are its variables, other names become settings; see docs/formulas.md")
	fs.StringVar(&f.domain, "domain", "", "`intervals` of the formula's variables, as in -2:2,-1:3, or one for all (default -5:5)")
	complete(cmd, "model", modelCompletions)
	complete(cmd, "missing", func() []string { return dataset.MissingRules })
	completeNothing(cmd, "target", "ignore", "expr", "domain")
}

func modelCompletions() []string {
	var out []string
	for _, f := range problems.Families() {
		out = append(out, described(f.Name, f.Title))
	}
	return out
}

// ref is the problem that the flags mean, which is the named one unless they say otherwise.
func (f *ownFlags) ref(fs *pflag.FlagSet, problem string, named bool) (problems.Ref, error) {
	switch {
	case f.expr != "" && f.data != "":
		return problems.Ref{}, usage.Errorf("--expr and --data are both given: a run has one problem")
	case named && f.expr != "":
		return problems.Ref{}, usage.Errorf("--problem and --expr are both given: a run has one problem")
	case named && f.data != "":
		return problems.Ref{}, usage.Errorf("--problem and --data are both given: a run has one problem")
	}
	for _, need := range []struct {
		flag, of string
		there    bool
	}{{"target", "data", f.data != ""}, {"ignore", "data", f.data != ""}, {"missing", "data", f.data != ""}, {"domain", "expr", f.expr != ""}} {
		if fs.Changed(need.flag) && !need.there {
			return problems.Ref{}, usage.Errorf("--%s goes with --%s, which is not given", need.flag, need.of)
		}
	}
	switch {
	case fs.Changed("expr"):
		if f.model != "" {
			return problems.Ref{}, usage.Errorf("--model is for data, not for a formula")
		}
		domain, err := problems.ParseDomain(f.domain)
		return problems.Ref{Name: problems.OwnFormula, Formula: &problems.Formula{Text: f.expr, Domain: domain}}, err
	case fs.Changed("data"):
		file := &dataset.File{Path: f.data, Target: f.target, Ignore: f.ignore, Missing: f.missing}
		return problems.Ref{Name: withModel(problems.OwnData, f.model), File: file}, nil
	case f.model != "":
		if base, has, ok := strings.Cut(problem, "/"); ok {
			return problems.Ref{}, usage.Errorf("--problem %s names the model %s already: give --model %s with --problem %s", problem, has, f.model, base)
		}
		if !slices.Contains(dataNames(), problem) {
			return problems.Ref{}, usage.Errorf("--model is for data, and %s is none: give --data, or --problem with one of %s", problem, strings.Join(dataNames(), ", "))
		}
		return problems.Ref{Name: withModel(problem, f.model)}, nil
	default:
		return problems.Ref{Name: problem}, nil
	}
}

func withModel(data, model string) string {
	if model == "" {
		return data
	}
	return data + "/" + model
}

func dataNames() []string {
	var names []string
	for _, info := range dataset.Embedded() {
		names = append(names, info.Name)
	}
	return names
}

// resolve finds the problem. A person who waits for a large file sees how far it is.
func resolve(ref problems.Ref) (problems.Spec, error) {
	var read *progressBar
	defer func() {
		if read != nil {
			read.clear()
		}
	}()
	const large = 32 << 20
	return ref.ResolveWith(func(done, total int64) {
		if total < large {
			return
		}
		if read == nil {
			read = newProgress(os.Stderr, isTerminal(os.Stderr), total, "bytes")
			read.of("reading "+filepath.Base(ref.File.Path), total)
		}
		read.set(done)
	})
}
