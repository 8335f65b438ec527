package main

import (
	"fmt"
	"slices"
	"strconv"

	"opttui/internal/lrfinder"
	"opttui/internal/report"
)

// verdict says in two to four sentences what follows from the figures of a race, and nothing else.
func verdict(r *lrfinder.Race) []string {
	var ranked []*lrfinder.Racer
	for _, e := range r.Racers {
		if e.Ranked() {
			ranked = append(ranked, e)
		}
	}
	if slices.ContainsFunc(r.Racers, func(e *lrfinder.Racer) bool { return e.Bottomless }) {
		return []string{"The loss falls without bound: the function has no minimum on this way, and there is nothing to be first at."}
	}
	if len(ranked) == 0 && r.Interrupted {
		return []string{"Interrupted before any rule had run."}
	}
	if len(ranked) == 0 {
		return []string{"No rule came to anything."}
	}
	if !r.Fell() {
		e := ranked[0]
		return []string{fmt.Sprintf("No rule comes below the loss at the start, %s: the nearest is %s, at %s after %s gradients.", report.Number(e.Start), e.Name, report.Number(e.Loss), gradients(e.Cost))}
	}
	v := []string{winner(r, ranked)}
	if s := plain(ranked); s != "" {
		v = append(v, s)
	}
	v = append(v, tuning(r, ranked))
	if s := unseen(r, ranked); s != "" {
		v = append(v, s)
	}
	return v
}

// winner names the first, and how far the second is behind.
func winner(r *lrfinder.Race, ranked []*lrfinder.Racer) string {
	e := ranked[0]
	text := fmt.Sprintf("%s wins: loss %s after %s gradients, from %s", e.Name, report.Number(e.Loss), gradients(e.Cost), report.Number(r.Start))
	if e.Solved == e.Solved {
		text = fmt.Sprintf("%s wins: it comes to the lowest loss, %s, for %s gradients", e.Name, report.Number(r.Best), gradients(e.Solved))
	}
	if e.Full {
		text += " on all data"
	}
	if len(ranked) == 1 {
		return text + "; no other rule came to anything."
	}
	second := ranked[1]
	switch {
	case e.Solved == second.Solved:
		return text + fmt.Sprintf("; %s needs as many.", second.Name)
	case e.Solved == e.Solved && second.Solved == second.Solved:
		return text + fmt.Sprintf("; %s needs %s.", second.Name, gradients(second.Solved))
	case e.Solved == e.Solved:
		return text + fmt.Sprintf("; %s does not get there, and ends at %s.", second.Name, report.Number(second.Loss))
	case r.Seeds > 1 && second.Lo <= e.Hi && e.Lo <= second.Hi:
		return text + fmt.Sprintf("; %s, at %s, is within the spread of the seeds.", second.Name, report.Number(second.Loss))
	default:
		return text + fmt.Sprintf("; %s comes to %s.", second.Name, report.Number(second.Loss))
	}
}

// plain compares the first with Adam as it is, where that has run.
func plain(ranked []*lrfinder.Racer) string {
	first := ranked[0]
	for i, e := range ranked {
		if e.Optimizer != "adam" || e.Tuned {
			continue
		}
		switch {
		case i == 0:
			return ""
		case e.Solved == e.Solved:
			return fmt.Sprintf("Adam at its default rate gets there too, for %s times the gradients.", report.Number(e.Solved/first.Solved))
		case first.Loss > 0 && e.Loss/first.Loss < 1e4:
			return fmt.Sprintf("Adam at its default rate is number %d: its loss is %s times as high.", i+1, report.Number(e.Loss/first.Loss))
		default:
			return fmt.Sprintf("Adam at its default rate is number %d, with a loss of %s.", i+1, report.Number(e.Loss))
		}
	}
	return ""
}

// tuning tells what the search for a rate has bought.
func tuning(r *lrfinder.Race, ranked []*lrfinder.Racer) string {
	for i, e := range ranked {
		if !e.Tuned {
			continue
		}
		cost := fmt.Sprintf("its ε = %s took %d runs and %s gradients to find, %s times its race", report.Number(e.LR), e.Trials, gradients(e.Search), report.Number(e.Search/r.Budget/float64(r.Seeds)))
		if i == 0 {
			return fmt.Sprintf("It needs tuning: %s.", cost)
		}
		return fmt.Sprintf("Tuning does not pay here: %s is the best that was tuned, number %d, and %s.", e.Name, i+1, cost)
	}
	return "No rule that needs tuning came to anything."
}

// unseen tells who is best on held-out data.
func unseen(r *lrfinder.Race, ranked []*lrfinder.Racer) string {
	var best *lrfinder.Racer
	for _, e := range ranked {
		if e.Score != nil && (best == nil || better(e, best)) {
			best = e
		}
	}
	switch {
	case best == nil:
		return ""
	case best == ranked[0]:
		return fmt.Sprintf("None does better on held-out data than %s, with %s.", best.Name, heldOut(r, best))
	default:
		return fmt.Sprintf("On held-out data %s is the best, with %s against %s.", best.Name, heldOut(r, best), heldOut(r, ranked[0]))
	}
}

// gradients writes a number of them: most are whole.
func gradients(v float64) string {
	if v-v != 0 || v >= 1e6 {
		return report.Number(v)
	}
	if v < 100 && v != float64(int(v)) {
		return report.Number(v)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}
