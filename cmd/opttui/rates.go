package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"

	"opttui/internal/knob"
	"opttui/internal/lrfinder"
	"opttui/internal/plot"
	"opttui/internal/train"
)

// What lrfind prints.

type ratesReport struct {
	Problem    string      `json:"problem"`
	Optimizer  string      `json:"optimizer"`
	Schedule   string      `json:"schedule,omitempty"`
	Best       number      `json:"best_lr"`
	Edge       number      `json:"edge_lr"`
	Suggested  number      `json:"suggested_lr"`
	Chosen     number      `json:"chosen_lr"`
	Holds      *bool       `json:"rule_holds"` // null where it cannot be told
	Limit      number      `json:"limit_lr"`
	LambdaMax  number      `json:"lambda_max"`
	LimitNote  string      `json:"limit_note,omitempty"`
	Iterations int         `json:"iterations"`
	Seeds      int         `json:"seeds"`
	StartLoss  number      `json:"start_loss"`
	Trials     []rateTrial `json:"trials"`
	Check      []rateCheck `json:"check,omitempty"`
	Range      *rangeJSON  `json:"range_test"`
	Note       string      `json:"note"`
	Partial    bool        `json:"interrupted,omitempty"`
}

type rateTrial struct {
	LR     float64         `json:"lr"`
	Loss   number          `json:"loss"`
	Lo     number          `json:"lo"`
	Hi     number          `json:"hi"`
	Final  number          `json:"final_loss"`
	Status lrfinder.Status `json:"status"`
}

type rateCheck struct {
	Name  string          `json:"name"`
	Steps int             `json:"steps"`
	LR    float64         `json:"lr"`
	Loss  number          `json:"loss"`
	State lrfinder.Status `json:"status"`
}

type rangeJSON struct {
	Valley  number   `json:"valley"`
	Slide   number   `json:"slide"`
	Steep   number   `json:"steep"`
	Minimum number   `json:"minimum"` // a tenth of the rate of the lowest loss
	LR      []number `json:"lr"`
	Loss    []number `json:"loss"`
}

func ratesJSON(spec train.Spec, r *lrfinder.Result) ratesReport {
	out := ratesReport{
		Problem: spec.Problem, Optimizer: spec.Optimizer, Schedule: spec.Schedule,
		Best: number(r.Best), Edge: number(r.Edge), Suggested: number(r.Suggested), Chosen: number(r.Chosen),
		Limit: number(r.Limit.LR), LambdaMax: number(r.Limit.LambdaMax), LimitNote: r.Limit.Why,
		Iterations: r.Iterations, Seeds: r.Seeds, StartLoss: number(r.StartLoss),
		Trials: []rateTrial{}, Note: noteOf(r), Partial: r.Interrupted != "",
	}
	if r.Rule != lrfinder.Untold {
		holds := r.Rule == lrfinder.Holds
		out.Holds = &holds
	}
	for _, t := range r.Trials {
		out.Trials = append(out.Trials, rateTrial{t.LR, number(t.Loss), number(t.Lo), number(t.Hi), number(t.Final), t.Status})
	}
	for _, c := range r.Check {
		out.Check = append(out.Check, rateCheck{c.Name, c.Steps, c.LR, number(c.Loss), c.Status})
	}
	if t := r.Range; t != nil {
		out.Range = &rangeJSON{number(t.Valley), number(t.Slide), number(t.Steep), number(t.Minimum), numbers(t.LR), numbers(t.Loss)}
	}
	return out
}

func numbers(v []float64) []number {
	out := make([]number, len(v))
	for i := range v {
		out[i] = number(v[i])
	}
	return out
}

// noteOf is everything in words that there is to say about a result, in one line.
func noteOf(r *lrfinder.Result) string {
	note := r.Reason
	for _, n := range r.Notes {
		if note != "" {
			note += "; "
		}
		note += n
	}
	if r.Interrupted != "" {
		if note != "" {
			note += "; "
		}
		note += "interrupted in the phase " + r.Interrupted
	}
	return note
}

// ratesText tells a person what was found.
func ratesText(w io.Writer, spec train.Spec, r *lrfinder.Result) error {
	p := &lines{w: w}
	schedule := ""
	if spec.Schedule != "" && spec.Schedule != "constant" {
		schedule = ", schedule " + spec.Schedule
	}
	p.printf("%s on %s%s: %d iterations, %s\n\n", spec.Optimizer, spec.Problem, schedule, r.Iterations, plural(r.Seeds, "seed"))
	p.trials(r)
	p.found(r, schedule != "")
	p.check(r)
	if t := r.Range; t != nil {
		p.printf("for comparison, a range test: valley %s, slide %s, steep %s, minimum/10 %s\n", rate(t.Valley), rate(t.Slide), rate(t.Steep), rate(t.Minimum))
	}
	for _, n := range r.Notes {
		p.printf("note: %s\n", n)
	}
	switch {
	case r.Interrupted != "":
		p.printf("interrupted in the phase %q\n", r.Interrupted)
	case r.Reason != "":
		p.printf("no answer: %s\n", r.Reason)
	}
	if r.Answered() {
		p.printf("\nuse --lr %s\n", rate(r.Chosen))
	}
	return p.err
}

// lines prints and remembers the first error.
type lines struct {
	w   io.Writer
	err error
}

func (p *lines) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

// trials is the table of what was tried. Where there was one seed, there is no spread.
func (p *lines) trials(r *lrfinder.Result) {
	if len(r.Trials) == 0 {
		return
	}
	p.printf("%10s  %12s", "ε", "loss")
	if r.Seeds > 1 {
		p.printf("  %26s", "least … greatest")
	}
	p.printf("\n")
	for _, t := range r.Trials {
		p.printf("%10s  %12s", rate(t.LR), loss(t.Loss))
		if r.Seeds > 1 {
			p.printf("  %12s … %11s", loss(t.Lo), loss(t.Hi))
		}
		switch {
		case t.LR == r.Best:
			p.printf("  ← ε*")
		case t.Status == lrfinder.Unstable:
			p.printf("  unstable")
		case t.Status == lrfinder.Diverged:
			p.printf("  diverged")
		}
		p.printf("\n")
	}
	p.printf("\n")
}

// found tells the three rates and the theoretical limit, which knows of no schedule.
func (p *lines) found(r *lrfinder.Result, scheduled bool) {
	if r.Best == r.Best {
		p.printf("ε*      %-10s the best after %d iterations: loss %s, from %s\n", rate(r.Best), r.Iterations, loss(r.BestLoss), loss(r.StartLoss))
	}
	if r.Edge == r.Edge {
		p.printf("ε_edge  %-10s severely unstable from here on\n", rate(r.Edge))
	}
	switch l := r.Limit; {
	case l.LR == l.LR:
		p.printf("limit   %-10s %s of theory, with λmax = %s at the start", rate(l.LR), l.Formula, knob.Sig3(l.LambdaMax))
		if scheduled {
			p.printf("; it is for the rate of a step, after the schedule")
		}
		p.printf("\n")
	case len(r.Trials) > 0:
		p.printf("limit   %-10s of theory is left out: %s\n", "–", l.Why)
	}
	switch {
	case r.Suggested != r.Suggested:
	case r.Suggested == r.Best:
		p.printf("ε₀      %-10s = ε*\n", rate(r.Suggested))
	case r.Suggested == r.Edge/1.5:
		p.printf("ε₀      %-10s = ε_edge/1.5\n", rate(r.Suggested))
	default:
		p.printf("ε₀      %-10s = √(ε*·ε_edge)\n", rate(r.Suggested))
	}
	p.printf("\n")
}

// check tells whether the rule holds, with the figures.
func (p *lines) check(r *lrfinder.Result) {
	if len(r.Check) == 0 {
		return
	}
	verdict := map[lrfinder.Verdict]string{
		lrfinder.Holds:  "the rule holds here: a rate above ε* is the best",
		lrfinder.Fails:  "the rule fails here: no rate above ε* is as good as ε* or a lower one",
		lrfinder.Untold: "whether the rule holds cannot be told here",
	}[r.Rule]
	p.printf("%s, after %d iterations:\n", verdict, r.Check[0].Steps)
	for _, c := range r.Check {
		p.printf("  %-10s  %10s  loss %s", c.Name, rate(c.LR), loss(c.Loss))
		if c.LR == r.Chosen {
			p.printf("  ← use this")
		}
		p.printf("\n")
	}
	p.printf("\n")
}

// rate and loss write numbers for people.
func rate(v float64) string {
	if v != v {
		return "none"
	}
	return knob.Sig3(v)
}

func loss(v float64) string {
	if v-v != 0 {
		return "–"
	}
	return knob.Sig3(v)
}

// plotRates draws the loss against the logarithm of the rate, with the band over the seeds.
func plotRates(w io.Writer, format string, spec train.Spec, r *lrfinder.Result) error {
	color := plot.RunColor(0)
	line := plot.Series{Name: fmt.Sprintf("loss after %d iterations", r.Iterations), Color: color}
	band := plot.Series{Color: color, Faint: true}
	lowest, positive := math.Inf(1), true
	for _, t := range r.Trials {
		lowest, positive = math.Min(lowest, t.Lo), positive && t.Lo > 0
	}
	top := r.StartLoss + 2*(r.StartLoss-lowest) // higher, only the edge shows
	for _, t := range r.Trials {
		if p := (plot.Point{X: math.Log10(t.LR), Lo: t.Lo, Hi: math.Min(t.Hi, top), Mid: math.Min(t.Loss, top)}); t.Loss-t.Loss == 0 {
			line.Points = append(line.Points, p)
			band.Points = append(band.Points, p)
		}
	}
	chart := plot.Chart{Log: positive, XLabel: "log10 ε", YLabel: "loss", Series: []plot.Series{line}}
	if r.Seeds > 1 {
		chart.Series = append(chart.Series, band)
	}
	chart.Marks = rateMarks(r)
	if n := len(line.Points); n > 0 { // with room for the edge and the text beside it
		right := line.Points[n-1].X
		for _, m := range chart.Marks {
			right = math.Max(right, m.X)
		}
		left := line.Points[0].X
		chart.XRange = [2]float64{left, right + 0.15*(right-left) + 0.1}
	}
	return plot.ExportCurves(w, format, fmt.Sprintf("%s on %s", spec.Optimizer, spec.Problem), &chart)
}

// rateMarks are the rates that were found, from left to right.
func rateMarks(r *lrfinder.Result) []plot.Mark {
	var marks []plot.Mark
	for i, m := range []struct {
		name string
		lr   float64
	}{{"ε*", r.Best}, {"ε₀", r.Suggested}, {"ε_edge", r.Edge}, {"limit", r.Limit.LR}, {"use", r.Chosen}} {
		known := m.lr == m.lr && (i == 0 || m.lr != r.Best) && (m.name != "use" || m.lr != r.Suggested)
		if known {
			marks = append(marks, plot.Mark{X: math.Log10(m.lr), Text: m.name + " " + rate(m.lr), Color: plot.RunColor(i + 1)})
		}
	}
	slices.SortFunc(marks, func(a, b plot.Mark) int { return cmp.Compare(a.X, b.X) })
	return marks
}
