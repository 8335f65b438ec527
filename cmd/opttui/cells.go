package main

import (
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"opttui/internal/lrfinder"
	"opttui/internal/report"
)

// What sweep prints for people.

// sweepText prints a table: of rows and columns for two axes, else a row for every cell.
func sweepText(w io.Writer, about subject, s *lrfinder.Sweep) error {
	p := &lines{w: w}
	what := about.title()
	if slices.ContainsFunc(s.Axes, func(a lrfinder.Axis) bool { return a.Key == "optimizer" }) {
		what = about.subject()
	}
	p.printf("%s: loss after %d steps, %s\n\n", what, s.Iterations, plural(s.Seeds, "seed"))
	if len(s.Axes) == 2 {
		p.table(s)
	} else {
		p.list(s)
	}
	diverged, unstable, open := 0, 0, 0
	for i, c := range s.Cells {
		switch {
		case s.Repeats(i):
		case c.Trial == nil:
			open++
		case c.Status == lrfinder.Diverged:
			diverged++
		case c.Status == lrfinder.Unstable:
			unstable++
		}
	}
	p.printf("\n")
	if diverged > 0 {
		p.printf("div  diverged: %s\n", plural(diverged, "cell"))
	}
	if unstable > 0 {
		p.printf("~    severely unstable: %s\n", plural(unstable, "cell"))
	}
	if open > 0 {
		p.printf("·    not reached: %s\n", plural(open, "cell"))
	}
	if s.Best < 0 {
		p.printf("no cell has a loss to speak of\n")
		return p.err
	}
	best := s.Cells[s.Best]
	p.printf("*    best: loss %s", report.Number(best.Loss))
	if s.Seeds > 1 {
		p.printf(" (%s … %s)", report.Number(best.Lo), report.Number(best.Hi))
	}
	p.printf(" at %s\n", settingsText(s, best))
	return p.err
}

// settingsText writes a cell's values as --set takes them.
func settingsText(s *lrfinder.Sweep, c lrfinder.Cell) string {
	var words []string
	for k, a := range s.Axes {
		if c.At[k] != lrfinder.NotHere {
			words = append(words, a.Key+"="+c.At[k])
		}
	}
	return strings.Join(words, " ")
}

// table has the first axis down and the second across.
func (p *lines) table(s *lrfinder.Sweep) {
	down, across := s.Axes[0], s.Axes[1]
	rows := [][]string{{down.Key + " \\ " + across.Key}}
	for _, v := range across.Values {
		rows[0] = append(rows[0], report.AxisText(v))
	}
	for y, v := range down.Values {
		row := []string{report.AxisText(v)}
		for x := range across.Values {
			row = append(row, report.CellText(&s.Grid, y*len(across.Values)+x))
		}
		rows = append(rows, row)
	}
	p.columns(rows)
}

// list has a row for every cell.
func (p *lines) list(s *lrfinder.Sweep) {
	head := []string{}
	for _, a := range s.Axes {
		head = append(head, a.Key)
	}
	rows := [][]string{append(head, "loss", "least", "greatest")}
	for i, c := range s.Cells {
		if s.Repeats(i) {
			continue
		}
		row := []string{}
		for _, v := range c.At {
			row = append(row, report.AxisText(v))
		}
		row = append(row, report.CellText(&s.Grid, i))
		if c.Trial != nil && s.Seeds > 1 {
			row = append(row, report.Number(c.Lo), report.Number(c.Hi))
		}
		rows = append(rows, row)
	}
	if s.Seeds == 1 {
		rows[0] = rows[0][:len(rows[0])-2]
	}
	p.columns(rows)
}

// columns prints rows in columns that are flush right.
func (p *lines) columns(rows [][]string) {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for k, text := range row {
			width[k] = max(width[k], utf8.RuneCountInString(text))
		}
	}
	for _, row := range rows {
		for k, text := range row {
			p.printf("%s%s  ", strings.Repeat(" ", width[k]-utf8.RuneCountInString(text)), text)
		}
		p.printf("\n")
	}
}
