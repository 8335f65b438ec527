package main

import (
	"fmt"
	"io"

	"opttui/internal/knob"
	"opttui/internal/lrfinder"
	"opttui/internal/report"
)

// What lrfind prints.

type ratesReport struct {
	Problem    string      `json:"problem,omitempty"`
	Optimizer  string      `json:"optimizer,omitempty"`
	Command    []string    `json:"command,omitempty"`
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

func ratesJSON(about subject, r *lrfinder.Result) ratesReport {
	out := ratesReport{
		Problem: about.spec.Problem, Optimizer: about.spec.Optimizer, Schedule: about.spec.Schedule, Command: about.command,
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
func ratesText(w io.Writer, about subject, r *lrfinder.Result) error {
	p := &lines{w: w}
	schedule := ""
	if s := about.spec.Schedule; s != "" && s != "constant" {
		schedule = ", schedule " + s
	}
	p.printf("%s%s: %d iterations, %s\n\n", about.title(), schedule, r.Iterations, plural(r.Seeds, "seed"))
	p.trials(r)
	p.found(r, schedule != "")
	p.check(r)
	if t := r.Range; t != nil {
		p.printf("for comparison, a range test: valley %s, slide %s, steep %s, minimum/10 %s\n", report.Number(t.Valley), report.Number(t.Slide), report.Number(t.Steep), report.Number(t.Minimum))
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
		p.printf("\nuse %s\n", about.use(map[string]string{"lr": report.Number(r.Chosen)}))
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
		p.printf("%10s  %12s", report.Number(t.LR), report.Number(t.Loss))
		if r.Seeds > 1 {
			p.printf("  %12s … %11s", report.Number(t.Lo), report.Number(t.Hi))
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
		p.printf("ε*      %-10s the best after %d iterations: loss %s, from %s\n", report.Number(r.Best), r.Iterations, report.Number(r.BestLoss), report.Number(r.StartLoss))
	}
	if r.Edge == r.Edge {
		p.printf("ε_edge  %-10s severely unstable from here on\n", report.Number(r.Edge))
	}
	switch l := r.Limit; {
	case l.LR == l.LR:
		p.printf("limit   %-10s %s of theory, with λmax = %s at the start", report.Number(l.LR), l.Formula, knob.Sig3(l.LambdaMax))
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
		p.printf("ε₀      %-10s = ε*\n", report.Number(r.Suggested))
	case r.Suggested == r.Edge/1.5:
		p.printf("ε₀      %-10s = ε_edge/1.5\n", report.Number(r.Suggested))
	default:
		p.printf("ε₀      %-10s = √(ε*·ε_edge)\n", report.Number(r.Suggested))
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
		p.printf("  %-10s  %10s  loss %s", c.Name, report.Number(c.LR), report.Number(c.Loss))
		if c.LR == r.Chosen {
			p.printf("  ← use this")
		}
		p.printf("\n")
	}
	p.printf("\n")
}
