package refdoc

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"opttui/internal/knob"
	"opttui/internal/optim"
)

// rule is what a section of the page on optimizers is made of.
type rule struct {
	optim.Spec
	Rate        string // what the learning rate means
	Evaluations string
	Watch       []string // readings on the screen
	Settings    []setting
}

// optimizersPage is what the page on optimizers is made of.
func optimizersPage() (any, error) {
	page := struct {
		First, Second []rule
		Decoupled     []string // rules whose weight decay goes past the gradient
		Stabiliser    [][]string
		Forms         [][]string
	}{}
	for _, s := range optim.All() {
		r, err := describe(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		if s.Order == 1 {
			page.First = append(page.First, r)
		} else {
			page.Second = append(page.Second, r)
		}
		if slices.ContainsFunc(r.Settings, func(s setting) bool { return strings.HasPrefix(s.Doc, "decoupled weight decay") }) {
			page.Decoupled = append(page.Decoupled, "`"+s.Name+"`")
		}
	}
	var err error
	if page.Stabiliser, err = stabiliserTable(); err != nil {
		return nil, err
	}
	page.Forms, err = formsTable()
	return page, err
}

// rates says what one unit of a learning rate is.
var rates = map[optim.Unit]string{
	optim.PerGradient: "The learning rate multiplies a gradient: a good value depends on the curvature, and lies below about 1/λmax",
	optim.PerStep:     "The learning rate is about the length of a step in each coordinate: a good value depends on the scale of θ",
	optim.PerBoth:     "The learning rate multiplies a gradient in the first steps, and is about the length of a step in each coordinate later",
	optim.NoRate:      "The learning rate is a factor on steps of the right size: its default needs no tuning",
}

// describe makes the section on a rule.
func describe(s optim.Spec) (rule, error) {
	lecture, torch := s.New(optim.Lecture), s.New(optim.Torch)
	r := rule{Spec: s, Rate: rates[s.Unit], Settings: settingsOf(lecture.Knobs(), torch.Knobs())}
	if r.Rate == "" {
		return r, fmt.Errorf("nothing is said of its learning rate's unit %d", s.Unit)
	}
	if _, ok := knob.Find(lecture.Knobs(), "lr"); !ok {
		r.Rate = "It has no learning rate"
	}
	var err error
	if r.Evaluations, err = evaluations(s); err != nil {
		return r, err
	}
	if t, ok := lecture.(optim.Telling); ok {
		for _, g := range t.Readings() {
			r.Watch = append(r.Watch, strings.TrimSpace(g.Symbol+" "+g.Name))
		}
	}
	return r, nil
}

// evaluations says what a step of the rule costs.
func evaluations(s optim.Spec) (string, error) {
	var needs string
	switch supplied := s.Needs &^ optim.CanDense; {
	case supplied != 0:
		needs = " and " + supplied.String()
	case s.NeedsAny != 0:
		var any []string
		for _, c := range []optim.Capability{optim.CanHessian, optim.CanResiduals} {
			if s.NeedsAny&c != 0 {
				any = append(any, c.String())
			}
		}
		needs = " and " + strings.Join(any, " or ")
	}
	if s.SameFunction {
		return "a gradient" + needs + ", and another gradient for every trial of a step. It compares what it finds in different steps, " +
			"so it does poorly on minibatches and noise", nil
	}
	const steps = 10
	t, err := newBowlTrial(s.Name, optim.Lecture)
	if err != nil {
		return "", err
	}
	if err := t.steps(steps); err != nil {
		return "", err
	}
	text := "a gradient"
	if n := t.obj.(*bowl).gradients / steps; n > 1 {
		text = fmt.Sprintf("%d gradients", n)
	}
	if elsewhere(t.rule) {
		text += ", at another point than θ"
		if !elsewhere(s.New(optim.Torch)) {
			text += " in the lecture's convention"
		}
	}
	return text + needs, nil
}

// elsewhere tells whether the rule asks for its gradients itself.
func elsewhere(o optim.Optimizer) bool {
	e, ok := o.(optim.Elsewhere)
	return ok && e.Elsewhere()
}

// stabiliserTable shows the length of Adam's first step in units of ε, which is |g|/√(g²+δ) or |g|/(|g|+δ).
func stabiliserTable() ([][]string, error) {
	var table [][]string
	for _, g := range []float64{1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6} {
		row := []string{number(g)}
		for _, way := range []struct {
			c   optim.Convention
			eps string
		}{{optim.Lecture, "1e-8"}, {optim.Torch, "1e-8"}, {optim.Torch, "1e-4"}} {
			t, err := newTrial("adam", way.c, slope{g}, []float64{0}, "eps", way.eps, "lr", "1")
			if err != nil {
				return nil, err
			}
			if err := t.steps(1); err != nil {
				return nil, err
			}
			row = append(row, short(-t.point.X[0]))
		}
		table = append(table, row)
	}
	return table, nil
}

// formsTable shows how the step lengths of momentum's forms part, on a constant slope with α = 0.9, in units of
// the step before the change.
func formsTable() ([][]string, error) {
	changes := []func(*trial) error{
		func(t *trial) error { t.point.LR /= 10; return nil },
		func(t *trial) error { return t.set("momentum", "0.5") },
	}
	var table [][]string
	for _, form := range []struct{ name, lr string }{{"velocity", "0.01"}, {"accumulate", "0.01"}, {"ewma", "0.1"}} {
		row := []string{"`" + form.name + "`", form.lr}
		for i, change := range changes {
			t, err := newTrial("momentum", optim.Lecture, slope{1}, []float64{0}, "form", form.name, "lr", form.lr)
			if err != nil {
				return nil, err
			}
			before, err := t.stepAfter(300)
			if err != nil {
				return nil, err
			}
			if i == 0 {
				row = append(row, short(before))
			}
			if err := change(t); err != nil {
				return nil, err
			}
			for _, wait := range []int{0, 300} {
				after, err := t.stepAfter(wait)
				if err != nil {
					return nil, err
				}
				row = append(row, short(after/before))
			}
		}
		table = append(table, row)
	}
	return table, nil
}

// stepAfter is the length of the step that comes after n others.
func (t *trial) stepAfter(n int) (float64, error) {
	if err := t.steps(n); err != nil {
		return 0, err
	}
	x := t.point.X[0]
	err := t.steps(1)
	return math.Abs(t.point.X[0] - x), err
}
