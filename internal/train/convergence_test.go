//go:build !race

// Nothing here is concurrent inside a run: the race detector would only make it ten times as long.

package train

import (
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"opttui/internal/knob"
	"opttui/internal/optim"
	"opttui/internal/problems"
	"opttui/internal/reftest"
)

var updateDocs = flag.Bool("update-docs", false, "write docs/convergence.md")

// convergenceSteps is enough for gradient descent to go along the floor of Rosenbrock's valley.
const convergenceSteps = 20000

// The distance from a minimum, in widths of the landscape's picture, within which a rule must end. The steps of
// some rules shrink with the gradient, so they settle; the others keep a length of their own and circle.
const (
	settled = 1e-3
	circles = 1e-2
)

// settles are the rules that settle; Newton's has its own expectations.
var settles = []string{
	"adagrad", "asgd", "bfgs", "cg", "damped_newton", "lbfgs", "lm", "momentum", "nesterov", "newton_cg", "schedulefree_sgd", "sgd",
}

func within(rule string) float64 {
	if slices.Contains(settles, rule) {
		return settled
	}
	return circles
}

// otherRate is a rate to use instead of the suggested one, or of the default where none is suggested.
type otherRate struct {
	text string // what is used, and why
	rate func(lr float64, p problems.Spec) float64
}

var otherRates = map[string]otherRate{
	"adadelta": {"0.1 instead of 1: its circles are as wide as its rate", times(0.1)},
	"lion":     {"a quarter of the others': it moves by ±ε in every coordinate at every step, so ε is the radius of its circles", times(0.25)},
	"rmsprop":  {"a quarter of the others': without an average of gradients it jumps to and fro across the minimum by ε", times(0.25)},
	"prodigy":  {"0.03 instead of 1: its estimate d never falls, and at 1 it steps over the barriers of these small landscapes", times(0.03)},
}

func times(factor float64) func(float64, problems.Spec) float64 {
	return func(lr float64, _ problems.Spec) float64 { return factor * lr }
}

// reasons say why a rule does not reach a minimum, by the key in the table.
var reasons = map[string]string{
	"decay":   "the sum of squared gradients from the steep sides has made the rate too small to go along the floor of the valley",
	"average": "the average of all iterates so far is slow to follow along the floor of the valley",
	"zigzag":  "its step does not shrink with the gradient: in a valley this narrow it jumps from side to side and hardly goes along",
	"radius":  "it rests where the gradient at the distance ρ = 0.05 is balanced, and the valley or dip is narrower than that",
	"ridge":   "nearer to the saddle than ρ = 0.05 the gradient at that distance points back to the ridge, so a start beside the ridge is drawn into the saddle",
}

// exceptions are the rules that do not get there from every start, by problem, with the key of the reason.
var exceptions = map[string]map[string]string{
	"adadelta":         {"rosenbrock": "zigzag"},
	"adagrad":          {"rosenbrock": "decay"},
	"lion":             {"rosenbrock": "zigzag"},
	"sam":              {"beale": "radius", "levy13": "radius", "rosenbrock": "radius", "saddle": "ridge"},
	"schedulefree_sgd": {"rosenbrock": "average"},
}

// The kinds of critical points.
const (
	minimum    = 'm'
	maximum    = 'M'
	saddle     = 's'
	degenerate = 'd' // an eigenvalue is zero
	elsewhere  = '?' // not a critical point
	chaotic    = 'x' // any of these: rounding errors on the way decide
)

// newtonEnds is where Newton's method ends from each start: it goes to critical points of any kind.
var newtonEnds = map[string]string{
	"ackley":           "ssM",
	"beale":            "sss",
	"booth":            "mmm",
	"easom":            "sss",
	"goldstein_price":  "smm",
	"himmelblau":       "Mms",
	"levy":             "sMm",
	"levy13":           "sxm",
	"matyas":           "mmm",
	"mccormick":        "sss",
	"monkey_saddle":    "ddd",
	"quadratic":        "mmm",
	"rastrigin":        "MMx",
	"ravine":           "mmm",
	"rosenbrock":       "mmm",
	"saddle":           "sss",
	"six_hump_camel":   "sms",
	"styblinski_tang":  "ssM",
	"three_hump_camel": "mss",
}

// without are functions of two variables that have no starts in the reference and are not in the table.
var without = []string{"broken_for_test", "brown_badly_scaled", "freudenstein_roth", "powell_badly_scaled", "random_field"}

// landscapeResult is one landscape of the table with what came out.
type landscapeResult struct {
	problems.Spec
	starts [][]float64
	rates  []float64 // of every rule, 0 where it has none
	cells  []string  // of every rule
}

// TestConvergence runs every rule on every landscape from three starts. Each must get to a minimum, or leave
// downhill where there is none, unless the tables above say why not. What came out is docs/convergence.md.
func TestConvergence(t *testing.T) {
	var starts map[string][][]float64
	reftest.Read(t, "starts.json", &starts)
	rules := optim.All()
	var results []*landscapeResult
	for _, p := range problems.All() {
		if len(p.Domain) != 2 || slices.Contains(without, p.Name) {
			continue
		}
		if len(starts[p.Name]) != 3 {
			t.Fatalf("%s has %d starts in starts.json, want 3", p.Name, len(starts[p.Name]))
		}
		results = append(results, &landscapeResult{Spec: p, starts: starts[p.Name]})
	}
	t.Run("on", func(t *testing.T) {
		for _, l := range results {
			t.Run(l.Name, func(t *testing.T) {
				t.Parallel()
				for _, rule := range rules {
					rate, cell := l.judge(t, rule)
					l.rates, l.cells = append(l.rates, rate), append(l.cells, cell)
				}
			})
		}
	})
	for rule, on := range exceptions {
		for problem, key := range on {
			if _, ok := optim.Lookup(rule); !ok || starts[problem] == nil || reasons[key] == "" {
				t.Errorf("the exception %s on %s, %s, is of no known rule, landscape or reason", rule, problem, key)
			}
		}
	}
	if slices.ContainsFunc(results, func(l *landscapeResult) bool { return len(l.cells) != len(rules) }) {
		return // only some were run
	}
	doc, file := convergenceDoc(results, rules), filepath.Join("..", "..", "docs", "convergence.md")
	if *updateDocs {
		if err := os.WriteFile(file, []byte(doc), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != doc {
		t.Errorf("docs/convergence.md is not what the runs give (%v): go test ./internal/train -run Convergence -update-docs", err)
	}
}

// judge runs a rule from all starts and returns its rate and its cell of the table.
func (l *landscapeResult) judge(t *testing.T, rule optim.Spec) (rate float64, cell string) {
	rate = l.rate(rule)
	ends, reached := []rune(newtonEnds[l.Name]), 0
	for i, start := range l.starts {
		spec := Spec{Problem: l.Name, Optimizer: rule.Name, Start: start, Set: make(map[string]string)}
		if rate > 0 {
			spec.Set["lr"] = text(rate)
		}
		if rule.Name == "muon" {
			spec.Set["adam_lr"] = spec.Set["lr"] // there are no matrices here, so all is left to its AdamW
		}
		r := must(t, spec)
		switch {
		case rule.Name == "newton":
			r.Advance(convergenceSteps)
			if kind := kindOf(r.problem, r.point.X); i >= len(ends) || ends[i] != chaotic && ends[i] != kind {
				t.Errorf("newton from %v ends at %v, a point of kind %c; newtonEnds has %q", start, r.point.X, kind, newtonEnds[l.Name])
			}
		case l.leaves(r) || l.lands(r, within(rule.Name)*l.width()):
			reached++
		case exceptions[rule.Name][l.Name] == "":
			t.Errorf("%s from %v at ε = %v ends at %v with loss %v after %d steps (%v), and there is no reason in exceptions",
				rule.Name, start, rate, r.point.X, r.loss, r.step, r.err)
		}
	}
	if rule.Name == "newton" {
		return rate, "`" + newtonEnds[l.Name] + "`"
	}
	reason := exceptions[rule.Name][l.Name]
	switch {
	case reached < len(l.starts):
		return rate, fmt.Sprintf("%d/%d %s", reached, len(l.starts), reason)
	case reason != "":
		t.Errorf("%s does get there from all starts: it is no exception", rule.Name)
	case l.Minima == nil:
		return rate, "↓"
	}
	return rate, "✓"
}

// rate is the learning rate of the rule, 0 where it has none.
func (l *landscapeResult) rate(rule optim.Spec) float64 {
	k, ok := knob.Find(rule.New(optim.Lecture).Knobs(), "lr")
	if !ok {
		return 0
	}
	lr := Spec{Problem: l.Name, Optimizer: rule.Name}.SuggestedRates()["lr"]
	if lr == 0 {
		lr = k.Default
	}
	if other, ok := otherRates[rule.Name]; ok {
		lr = other.rate(lr, l.Spec)
	}
	return lr
}

// width is that of the landscape's picture.
func (l *landscapeResult) width() float64 {
	box := l.Shown()
	return box[0][1] - box[0][0]
}

// leaves tells, for a landscape without minima, whether the run leaves the domain downhill.
func (l *landscapeResult) leaves(r *Run) bool {
	if l.Minima != nil {
		return false
	}
	for first := r.loss; r.step < convergenceSteps && r.Advance(1) == 1; {
		for i, b := range l.Domain {
			if x := r.point.X[i]; (x < b[0] || x > b[1]) && r.loss < first {
				return true
			}
		}
	}
	return false
}

// lands tells whether the run ends within the distance of a minimum: a known one, or one of the many local minima
// of some landscapes. That is found with damped Newton steps from where the run has ended.
func (l *landscapeResult) lands(r *Run, distance float64) bool {
	if l.Minima == nil {
		return false
	}
	r.Advance(convergenceSteps)
	x := r.point.X
	near := func(m []float64) bool { return math.Hypot(x[0]-m[0], x[1]-m[1]) <= distance }
	if slices.ContainsFunc(l.Minima, func(m problems.Minimum) bool { return near(m.X) }) {
		return true
	}
	bottom, err := New(Spec{Problem: l.Name, Optimizer: "damped_newton", Start: x})
	if err != nil {
		return false // not finite
	}
	bottom.Advance(100)
	return near(bottom.point.X) && kindOf(bottom.problem, bottom.point.X) == minimum
}

// kindOf classifies the point x by the eigenvalues of the Hessian there.
func kindOf(p problems.Problem, x []float64) rune {
	g, h := make([]float64, 2), make([]float64, 4)
	p.Gradient(x, g)
	p.(problems.Hessianer).Hessian(x, h)
	mid, rad := (h[0]+h[3])/2, math.Hypot((h[0]-h[3])/2, h[1])
	lo, hi := mid-rad, mid+rad
	big := math.Max(-lo, hi)
	switch {
	case !(math.Hypot(g[0], g[1]) <= 1e-8*math.Max(1, big)):
		return elsewhere
	case math.Min(math.Abs(lo), math.Abs(hi)) <= math.Max(1e-9*big, 1e-12):
		return degenerate
	case lo > 0:
		return minimum
	case hi < 0:
		return maximum
	default:
		return saddle
	}
}

// convergenceDoc writes docs/convergence.md.
func convergenceDoc(results []*landscapeResult, rules []optim.Spec) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	row := func(first string, cell func(l *landscapeResult) string) {
		say("| %s |", first)
		for _, l := range results {
			say(" %s |", cell(l))
		}
		say("\n")
	}
	head := func(first string) {
		row(first, func(l *landscapeResult) string { return l.Name })
		row("---", func(*landscapeResult) string { return "---" })
	}
	say("# Where every rule gets on every landscape\n\n")
	say("Written by `go test ./internal/train -run Convergence -update-docs`; the test fails when it is out of date.\n\n")
	say("Every rule takes %d steps from each of three starts, with all other settings at their defaults and the rates below.\n\n", convergenceSteps)
	say("- ✓: it ends at a minimum from all three starts, within %g of the width of the picture if it settles,\n  within %g if its steps keep a length of their own and circle (≈).\n", settled, circles)
	say("- ↓: the landscape has no minimum, and it leaves the domain downhill.\n")
	say("- 1/3 and a word: it does so from one start of three. The word is the reason below.\n")
	say("- Newton's method goes to critical points of any kind, from each start: `%c` a minimum, `%c` a saddle, `%c` a maximum,\n  `%c` a degenerate point; `%c` where rounding errors on the way decide which.\n\n",
		minimum, saddle, maximum, degenerate, chaotic)
	head("rule")
	for i, rule := range rules {
		name := rule.Name
		if within(name) == circles && name != "newton" {
			name += " ≈"
		}
		row(name, func(l *landscapeResult) string { return l.cells[i] })
	}
	say("\n## Reasons\n\n")
	for _, key := range slices.Sorted(maps.Keys(reasons)) {
		say("- **%s**: %s.\n", key, reasons[key])
	}
	say("\n## Rates\n\nThe rates that the screen begins with, except:\n\n")
	for _, rule := range slices.Sorted(maps.Keys(otherRates)) {
		say("- %s: %s.\n", rule, otherRates[rule].text)
	}
	say("- muon: a landscape has no matrices, so its AdamW moves everything, at the same rate as Adam (adam_lr).\n\n")
	head("rules")
	for _, group := range sameRates(results, rules) {
		row(strings.Join(group.names, ", "), func(l *landscapeResult) string { return knob.Sig3(l.rates[group.rule]) })
	}
	say("\n## Starts\n\n| landscape | starts |\n| --- | --- |\n")
	for _, l := range results {
		say("| %s |", l.Name)
		for _, x := range l.starts {
			say(" (%g, %g)", x[0], x[1])
		}
		say(" |\n")
	}
	return b.String()
}

// rateGroup are rules with the same rates on all landscapes.
type rateGroup struct {
	rule  int // the first of them
	names []string
}

// sameRates groups the rules that have a rate.
func sameRates(results []*landscapeResult, rules []optim.Spec) (groups []*rateGroup) {
	same := func(i, j int) bool {
		return !slices.ContainsFunc(results, func(l *landscapeResult) bool { return l.rates[i] != l.rates[j] })
	}
	for i, rule := range rules {
		if results[0].rates[i] == 0 {
			continue
		}
		at := slices.IndexFunc(groups, func(g *rateGroup) bool { return same(g.rule, i) })
		if at < 0 {
			at, groups = len(groups), append(groups, &rateGroup{rule: i})
		}
		groups[at].names = append(groups[at].names, rule.Name)
	}
	return groups
}
