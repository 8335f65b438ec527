package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"opttui/internal/lrfinder"
	"opttui/internal/report"
)

// What advise prints.

type raceReport struct {
	Problem     string      `json:"problem"`
	Verdict     string      `json:"verdict"`
	Budget      number      `json:"budget"`     // of each rule, in gradients on a minibatch
	Batch       int         `json:"batch"`      // 0 for all samples
	Seeds       int         `json:"seeds"`      // of each rule
	StartLoss   number      `json:"start_loss"` // over all data
	Rules       []racerJSON `json:"rules"`
	Interrupted bool        `json:"interrupted,omitempty"`
}

type racerJSON struct {
	Rank         *int    `json:"rank"` // null where it has none
	Name         string  `json:"name"`
	Optimizer    string  `json:"optimizer"`
	Schedule     string  `json:"schedule,omitempty"`
	AllData      bool    `json:"all_data,omitempty"` // in each step, where others see minibatches
	LR           number  `json:"lr"`
	Tuned        bool    `json:"tuned"`
	SearchRuns   int     `json:"search_runs"`
	SearchCost   number  `json:"search_cost"`
	Loss         number  `json:"loss"`
	Lo           number  `json:"lo"`
	Hi           number  `json:"hi"`
	TestLoss     *number `json:"test_loss,omitempty"`
	TestAccuracy *number `json:"test_accuracy,omitempty"`
	Cost         number  `json:"cost"`
	Solved       number  `json:"solved_cost"` // of coming to the best loss, null where it did not
	Steps        int     `json:"steps"`
	Note         string  `json:"note,omitempty"`
}

func raceJSON(r *lrfinder.Race) raceReport {
	out := raceReport{
		Problem: r.Spec.Problem, Verdict: strings.Join(verdict(r), " "), Budget: number(r.Budget), Batch: r.Spec.Batch,
		Seeds: r.Seeds, StartLoss: number(r.Start), Interrupted: r.Interrupted,
	}
	for i, e := range r.Racers {
		j := racerJSON{
			Name: e.Name, Optimizer: e.Optimizer, Schedule: e.Spec.Schedule, AllData: e.Full, LR: number(e.LR), Tuned: e.Tuned,
			SearchRuns: e.Trials, SearchCost: number(e.Search), Loss: number(e.Loss), Lo: number(e.Lo), Hi: number(e.Hi),
			Cost: number(e.Cost), Solved: number(e.Solved), Steps: e.Steps, Note: remark(r, e),
		}
		if e.Ranked() {
			rank := i + 1
			j.Rank = &rank
		}
		if s := e.Score; s != nil {
			l, a := number(s.TestLoss), number(s.TestAccuracy)
			j.TestLoss, j.TestAccuracy = &l, &a
		}
		out.Rules = append(out.Rules, j)
	}
	return out
}

// remark says why a rule is not ranked, or what ended it early.
func remark(r *lrfinder.Race, e *lrfinder.Racer) string {
	switch {
	case e.Fails != "":
		return e.Fails
	case !e.Raced() && r.Interrupted:
		return "not reached"
	default:
		return e.Note
	}
}

// raceText tells a person what came out.
func raceText(w io.Writer, r *lrfinder.Race) error {
	p := newPrinter(w)
	batch := ""
	if r.Spec.Batch > 0 && r.Measure != "" {
		batch = fmt.Sprintf(", minibatches of %d", r.Spec.Batch)
	}
	p.printf("%s: %s gradients for each rule%s, %s\n", r.Spec.Problem, gradients(r.Budget), batch, plural(r.Seeds, "seed"))
	p.printf("%s\n", p.table(raceHead(r), raceRows(r)))
	for _, e := range r.Racers {
		if text := remark(r, e); text != "" {
			p.printf("%s: %s\n", e.Name, text)
		}
	}
	if r.Interrupted {
		p.printf("interrupted: not all rules have run\n")
	}
	for _, sentence := range verdict(r) {
		p.printf("\n%s", sentence)
	}
	p.printf("\n")
	return p.err
}

// raceHead are the columns that say something here.
func raceHead(r *lrfinder.Race) []string {
	head := []string{"", "rule", "ε", "found by", "loss"}
	if r.Seeds > 1 {
		head = append(head, "least … greatest")
	}
	if r.Measure != "" {
		head = append(head, "held out")
	}
	return append(head, "gradients")
}

func raceRows(r *lrfinder.Race) (rows [][]string) {
	for i, e := range r.Racers {
		rank, found := "–", "–"
		if e.Ranked() {
			rank = strconv.Itoa(i + 1)
		}
		if e.Trials > 0 {
			found = fmt.Sprintf("%d runs, %s", e.Trials, gradients(e.Search))
		}
		row := []string{rank, e.Name, report.Number(e.LR), found, report.Number(e.Loss)}
		if r.Seeds > 1 {
			row = append(row, spread(e))
		}
		if r.Measure != "" {
			row = append(row, heldOut(r, e))
		}
		cost := gradients(e.Cost)
		if e.Solved == e.Solved {
			cost = gradients(e.Solved) + " to get there"
		}
		rows = append(rows, append(row, cost))
	}
	return rows
}

// spread is the range over the seeds.
func spread(e *lrfinder.Racer) string {
	if !e.Raced() {
		return "–"
	}
	return report.Number(e.Lo) + " … " + report.Number(e.Hi)
}

// heldOut is how good a model is on data that it has not seen: its accuracy where it has one.
func heldOut(r *lrfinder.Race, e *lrfinder.Racer) string {
	s := e.Score
	switch {
	case s == nil:
		return "–"
	case s.TestAccuracy != s.TestAccuracy:
		return "loss " + report.Number(s.TestLoss)
	case r.Measure == "accuracy":
		return percent(s.TestAccuracy)
	default:
		return r.Measure + " " + report.Number(s.TestAccuracy)
	}
}

// better tells whether a does better than b on data that neither has seen.
func better(a, b *lrfinder.Racer) bool {
	if x, y := a.Score.TestAccuracy, b.Score.TestAccuracy; x == x && y == y {
		return x > y
	}
	return a.Score.TestLoss < b.Score.TestLoss || math.IsNaN(b.Score.TestLoss)
}
