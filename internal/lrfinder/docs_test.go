//go:build !race

// Nothing here is new to the race detector, which would only make it ten times as long.

package lrfinder

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"opttui/internal/kernel"
	"opttui/internal/problems"
	"opttui/internal/train"
)

var updateDocs = flag.Bool("update-docs", false, "write docs/lrfinder.md")

// The cases of docs/lrfinder.md are these rules on all problems, landscapes without and with noise. Their results are kept in
// a file, since all of them take minutes; every test run repeats those that are quick.
var (
	docRules  = []string{"sgd", "momentum", "adam", "rmsprop"}
	docGroups = []string{"landscapes", "landscapes with noise", "other functions", "models"}
	docQuick  = []string{"iris", "iris/mlp"} // of the models
)

const docFile = "testdata/searches.json"

// docCase is one search with the losses that every method's rate leads to.
type docCase struct {
	Group   string             `json:"group"`
	Problem string             `json:"problem"`
	Rule    string             `json:"rule"`
	Verdict string             `json:"verdict"`          // holds, fails, untold; none where there is no answer
	Regret  map[string]float64 `json:"regret,omitempty"` // share of what could be gained that was not; −1 where the method names no rate
	spec    train.Spec
}

// docMethods are the ways to choose a rate, in the order of the table.
var docMethods = []struct {
	name string
	rate func(r *Result) float64
}{
	{"chosen", func(r *Result) float64 { return r.Chosen }},
	{"ε₀", func(r *Result) float64 { return r.Suggested }},
	{"ε*", func(r *Result) float64 { return r.Best }},
	{"ε*/4", func(r *Result) float64 { return r.Best / 4 }},
	{"valley", func(r *Result) float64 { return r.Range.Valley }},
	{"slide", func(r *Result) float64 { return r.Range.Slide }},
	{"steep", func(r *Result) float64 { return r.Range.Steep }},
	{"minimum/10", func(r *Result) float64 { return r.Range.Minimum }},
}

// docCases are all of them, not yet searched.
func docCases() []*docCase {
	var cases []*docCase
	add := func(group string, s train.Spec) {
		for _, rule := range docRules {
			s.Optimizer = rule
			cases = append(cases, &docCase{Group: group, Problem: s.Problem, Rule: rule, spec: s})
		}
	}
	for _, p := range problems.All() {
		if strings.HasSuffix(p.Name, "_for_test") {
			continue
		}
		problem := p.New()
		_, model := problem.(problems.Sampled)
		switch n := problem.Dim(); {
		case model:
			batch := p.Batch
			if slices.Contains(docQuick, p.Name) {
				batch = 16
			}
			add("models", train.Spec{Problem: p.Name, Batch: batch})
		case n == 2 && len(p.Domain) == 2:
			add("landscapes", train.Spec{Problem: p.Name})
			add("landscapes with noise", train.Spec{Problem: p.Name, Noise: 1, Batch: 1})
		default:
			add("other functions", train.Spec{Problem: p.Name})
		}
	}
	slices.SortStableFunc(cases, func(a, b *docCase) int {
		return cmp.Compare(slices.Index(docGroups, a.Group), slices.Index(docGroups, b.Group))
	})
	return cases
}

// quick tells whether the case is searched in every test run.
func (c *docCase) quick() bool {
	return strings.HasPrefix(c.Group, "landscapes") || slices.Contains(docQuick, c.Problem)
}

// TestDocs: docs/lrfinder.md is what the searches give.
func TestDocs(t *testing.T) {
	// Last digits decide cases that are close, and other kernels have others.
	before := kernel.Level()
	if err := kernel.Use(kernel.Portable); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = kernel.Use(before) }()
	cases := docCases()
	kept := readCases(t)
	for i, c := range cases {
		switch {
		case *updateDocs:
			c.search(t)
		case c.quick():
			c.search(t)
			if len(kept) == len(cases) && !gocmp.Equal(*c, *kept[i], cmpopts.IgnoreUnexported(docCase{})) {
				t.Errorf("%s: %s on %s: %s", c.Group, c.Rule, c.Problem, gocmp.Diff(*kept[i], *c, cmpopts.IgnoreUnexported(docCase{})))
			}
		}
	}
	file := filepath.Join("..", "..", "docs", "lrfinder.md")
	if *updateDocs {
		write(t, file, []byte(docPage(cases)))
		b, err := json.MarshalIndent(cases, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		write(t, docFile, b)
		kept = cases
	}
	if len(kept) != len(cases) {
		t.Fatalf("%s has %d cases, not %d", docFile, len(kept), len(cases))
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != docPage(kept) {
		t.Errorf("docs/lrfinder.md is not what the searches give (%v): go test ./internal/lrfinder -run Docs -update-docs", err)
	}
}

func readCases(t *testing.T) (kept []*docCase) {
	b, err := os.ReadFile(docFile)
	if err == nil {
		err = json.Unmarshal(b, &kept)
	}
	if err != nil && !*updateDocs {
		t.Fatal(err)
	}
	return kept
}

func write(t *testing.T, file string, b []byte) {
	t.Helper()
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// search searches, and then runs every method's rate ten times as long, with noise that the search has not seen.
func (c *docCase) search(t *testing.T) {
	s := c.spec
	r := find(t, s, Options{})
	if !r.Answered() {
		c.Verdict = "none"
		return
	}
	c.Verdict = []string{"untold", "holds", "fails"}[r.Rule]
	c.Regret = map[string]float64{}
	if s.Start == nil {
		s.Start = startOf(t, s.Problem, s.Seed)
	}
	s.Seed += 1000
	f, err := New(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var rates []float64
	for _, m := range docMethods {
		if lr := m.rate(r); lr == lr {
			rates = append(rates, lr)
		}
	}
	f.res = &Result{Limit: Limit{LR: math.NaN()}}
	f.plan = f.newPlan()
	if err := f.start(context.Background()); err != nil {
		t.Fatal(err)
	}
	trials, err := f.evaluate(context.Background(), f.CheckFactor*f.Iterations, rates...)
	if err != nil {
		t.Fatal(err)
	}
	best := inf
	for _, trial := range trials {
		best = math.Min(best, trial.Loss)
	}
	i := 0
	for _, m := range docMethods {
		c.Regret[m.name] = -1
		if lr := m.rate(r); lr == lr {
			regret := (trials[i].Loss - best) / math.Max(f.res.StartLoss-best, math.SmallestNonzeroFloat64)
			if !(regret < 2) {
				regret = 2 // how much worse than the start does not matter
			}
			c.Regret[m.name] = math.Round(regret*1e5) / 1e5
			i++
		}
	}
}

const docIntro = `# The initial learning rate

Written by ` + "`go test ./internal/lrfinder -run Docs -update-docs`" + `; the test fails when it is out of date.

## The rule

Goodfellow, Bengio & Courville, Deep Learning, sec. 8.3.1: the best initial learning rate, in terms of total training time
and final cost, is usually higher than the one that does best after the first 100 iterations or so. So one should
watch the first iterations and use a rate that is higher than the best one at that time, but not so high that it causes
severe instability.

## What ` + "`opttui lrfind`" + ` does

- It tries rates on a logarithmic grid, four a decade, each for N = 100 iterations from the same start with the same noise and
  minibatches. The score of a rate is the mean loss over all data in the last ten iterations or, where that is dear, the
  bias-corrected moving average (α = 0.9) of the minibatches' losses; where anything is random, its median over five
  seeds.
- **ε\*** is the best rate after N iterations, refined to 5 %: by golden sections where the curve has one valley, else by a denser
  grid. Where the best is at the border of the grid, the grid grows.
- A trial has *diverged* when it stops being finite, or ends four times the initial excess above the best loss that any
  trial has seen. It is *severely unstable* when it has diverged, or when, in its second half, the smoothed excess
  stays for five steps above twice its running best and half of the initial excess (and above what the minibatches alone
  do to the loss). Excesses are differences, so losses may be negative. What settles in the first half is not counted:
  with momentum, the loss rises and falls several times even where it is stable.
- **ε_edge** is the lowest rate above ε\* at which a fifth of the seeds is severely unstable, by bisection to 2 %. Beside it
  stands the limit of theory for a quadratic with the curvature of the start: 2/λmax for gradient descent, (2+2α)/λmax with
  momentum, (2+2α)/((1−α)λmax) where gradients are averaged, (2+2α)/((1+2α)λmax) for Nesterov's. On quadratics the two agree
  within 5 %.
- **ε₀** = min(√(ε\*·ε_edge), ε_edge/1.5) is what the rule suggests; ε\* itself where ε_edge is less than 1.5 ε\*.
- **The check**: ε\*/4, ε\*, ε₀ and ε_edge/1.2 run for 10 N steps under the run's own schedule. The winner is *chosen*. The rule holds
  when a rate above ε\* wins.
- For comparison there is a range test (Smith 2017): one run whose rate grows at every step, with the suggestions that fastai makes
  of such a curve: valley, slide, steep, and a tenth of the rate of the minimum.

`

func docPage(cases []*docCase) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	say("%s## Does the rule hold?\n\n", docIntro)
	say("%s on all problems, at a constant rate: landscapes of two variables without noise and with\ngradient noise of σ = 1, functions of one, three and more variables, and models on their usual minibatches.\n", strings.Join(docRules, ", "))
	say("*Cannot be told*: no rate above ε\\* is stable, or one above and one below do equally well.\n*No answer*: mostly since the function has no minimum.\n\n")
	say("| | rule | holds | fails | cannot be told | no answer |\n| --- | --- | ---: | ---: | ---: | ---: |\n")
	for _, g := range docGroups {
		for _, rule := range docRules {
			var n [4]int
			for _, c := range cases {
				if c.Group == g && c.Rule == rule {
					n[slices.Index([]string{"holds", "fails", "untold", "none"}, c.Verdict)]++
				}
			}
			say("| %s | %s | %d | %d | %d | %d |\n", g, rule, n[0], n[1], n[2], n[3])
		}
	}
	say("\n## Which rate is good in the longer run?\n\n")
	say("Every method's rate then runs for 1000 steps, with noise that the search has not seen. The regret of a method is the share of\nwhat the best of the methods gained, from the loss of the start, that it did not: 0 is the best, 1 no better than the start.\n")
	say("*Good* counts a regret below 1 %%; *lost* counts runs that end above their start or diverge, or where the method names no rate.\nWithout noise, the check has seen just these runs, so there *chosen* cannot lose to the rates that it tried.\n\n")
	say("| | method | good | regret: median | 9 of 10 are below | lost |\n| --- | --- | ---: | ---: | ---: | ---: |\n")
	for _, g := range append(slices.Clone(docGroups), "all") {
		for _, m := range docMethods {
			var regrets []float64
			good, lost := 0, 0
			for _, c := range cases {
				if g != "all" && c.Group != g || c.Verdict == "none" {
					continue
				}
				r := c.Regret[m.name]
				if r < 0 {
					r = inf
				}
				regrets = append(regrets, r)
				if r < 0.01 {
					good++
				}
				if !(r < 1) {
					lost++
				}
			}
			slices.Sort(regrets)
			say("| %s | %s | %d of %d | %s | %s | %d |\n", g, m.name, good, len(regrets), share(median(regrets)), share(regrets[len(regrets)*9/10]), lost)
		}
	}
	say("%s", docLimits)
	return b.String()
}

// share writes a regret as a person wants to know it.
func share(v float64) string {
	switch {
	case v > 1:
		return "above 1"
	case v < 0.0005:
		return "0"
	default:
		return fmt.Sprintf("%.3f", v)
	}
}

const docLimits = `
## Where it fails

- With noise at a constant rate, the loss settles at a level that grows with the rate: the longer the run, the lower the best rate,
  and the rule fails. The check sees ten times as far as the search, and no further. A schedule that lowers the rate
  (` + "`--schedule cosine`" + `) is then worth more than another rate, and both search and check run under it.
- The chosen rate is one of four. Where ε\*/4 wins, a lower one still may be better; the program says so.
- The curvature changes along the way: the limit of theory at the start says little on Rosenbrock's function, and none is given
  for rules that divide by the size of their gradients, whose limit moves with these.
- Softmax regression on data that can be separated hardly becomes unstable at any rate: its edge is vague and differs by a
  factor of two to five between seeds, so the suggestion does by a factor of about two.
- Rates that are found for one start need not be good for another. On rugged landscapes (rastrigin, levy13) the best rate may be
  the one that happened to jump into a better valley.
- fastai's suggestions were made for deep networks trained with warm-up and decay, where one wants a safe rate, not the best at 100
  iterations. A range test of 100 steps on a small problem is a hard case for them.
`
