package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"opttui/internal/knob"
)

// mostShown is how many components of a vector, and rows of a table, people are shown.
const mostShown = 8

// text writes the inspection for people.
func (i *inspection) text(w io.Writer) error {
	p := &lines{w: w}
	p.printf("%s at %s\n\n", i.Problem, vectorText(i.X))
	p.printf("loss       %s\n", sig6(i.Loss))
	p.printf("gradient   %s, ‖g‖ = %s\n\n", vectorText(i.Gradient), sig6(i.GradNorm))
	if n := len(i.Hessian); n > 0 && n <= mostShown {
		p.hessian(i.Hessian)
	}
	p.pairs(i)
	p.printf("condition number     %s\n", sig6(i.Condition))
	p.printf("along the gradient   %s (gᵀHg/gᵀg)", sig6(i.Along))
	if known(i.Optimal) {
		p.printf(", so the best step of gradient descent has ε = %s", sig6(i.Optimal))
	}
	p.printf("\n")
	p.kind(i)
	p.limits(i)
	return p.err
}

// hessian prints the matrix, its columns flush right.
func (p *lines) hessian(h [][]number) {
	rows := make([][]string, len(h))
	for r, row := range h {
		rows[r] = []string{strings.Repeat(" ", len("Hessian  "))}
		for _, v := range row {
			rows[r] = append(rows[r], sig6(v))
		}
	}
	rows[0][0] = "Hessian  "
	p.columns(rows)
	p.printf("\n")
}

// pairs prints the eigenvalues, with their vectors where all are known.
func (p *lines) pairs(i *inspection) {
	switch {
	case len(i.Values) == 0:
		p.printf("The Hessian is not finite here.\n\n")
		return
	case !i.All:
		p.printf("largest eigenvalue   %s, by Lanczos' method\n", sig6(i.LambdaMax))
		p.printf("smallest eigenvalue  %s of %d\n", sig6(i.LambdaMin), len(i.X))
		return
	}
	rows := [][]string{{"eigenvalue", "eigenvector"}}
	for k, v := range i.Values {
		if last := len(i.Values) - 1; k < mostShown || k == last || last < 2*mostShown {
			rows = append(rows, []string{sig6(rounded(v, i.largest())), unitText(i.Vectors[k])})
		} else if k == mostShown {
			rows = append(rows, []string{"…", fmt.Sprintf("%d more", last-k)})
		}
	}
	width := 0
	for _, row := range rows {
		width = max(width, utf8.RuneCountInString(row[0]))
	}
	for _, row := range rows {
		p.printf("%s%s   %s\n", strings.Repeat(" ", width-utf8.RuneCountInString(row[0])), row[0], row[1])
	}
	p.printf("\n")
}

// kind prints what critical point it is, or would be.
func (p *lines) kind(i *inspection) {
	if i.Definiteness != nil {
		p.printf("Hessian is           %s\n", *i.Definiteness)
	}
	switch {
	case i.Critical && i.Class == nil:
		p.printf("critical point       of unknown kind\n\n")
	case i.Critical:
		p.printf("critical point       %s\n\n", *i.Class)
	case known(i.Distance):
		p.printf("critical point       none, ‖g‖ > %.3g; by Newton's step one is %s away (%s)\n\n", i.tolerance, sig6(i.Distance), *i.Class)
	default:
		p.printf("critical point       none, ‖g‖ > %.3g\n\n", i.tolerance)
	}
}

// limits prints the learning rates at the edge of stability.
func (p *lines) limits(i *inspection) {
	if !known(i.Limits.GD) {
		p.printf("No learning rate has a limit: the loss does not curve upward here.\n")
		return
	}
	p.printf("stable up to ε =     on a quadratic with this λmax, momentum α = %s\n", sig6(i.Momentum))
	for _, l := range []struct {
		rule    string
		lr      number
		formula string
	}{
		{"gradient descent", i.Limits.GD, "2/λmax"},
		{"momentum", i.Limits.Momentum, "(2+2α)/λmax"},
		{"momentum, ewma", i.Limits.EWMA, "(2+2α)/((1−α)λmax)"},
		{"Nesterov", i.Limits.Nesterov, "(2+2α)/((1+2α)λmax)"},
	} {
		p.printf("  %-18s %-12s %s\n", l.rule, sig6(l.lr), l.formula)
	}
}

func known(v number) bool { return v-v == 0 }

// sig6 writes six digits, and – for what is not known.
func sig6(v number) string {
	switch {
	case v != v:
		return "–"
	case v == 0: // also −0
		return "0"
	}
	return strings.Replace(strconv.FormatFloat(float64(v), 'g', 6, 64), "+Inf", "∞", 1)
}

// largest is the largest size of the eigenvalues, which are in order.
func (i *inspection) largest() number {
	return number(math.Max(math.Abs(float64(i.LambdaMax)), math.Abs(float64(i.LambdaMin))))
}

// rounded is 0 for what is nothing but rounding errors beside another number.
func rounded(v, beside number) number {
	if math.Abs(float64(v)) <= 1e-13*float64(beside) {
		return 0
	}
	return v
}

// unitText writes the first components of a vector of length 1, three digits each.
func unitText(v []number) string {
	return listText(v, func(x number) string { return knob.Sig3(float64(rounded(x, 1))) })
}

// vectorText writes the first components of a vector.
func vectorText(v []number) string { return listText(v, sig6) }

func listText(v []number, text func(number) string) string {
	var words []string
	for _, x := range v[:min(len(v), mostShown)] {
		words = append(words, text(x))
	}
	if n := len(v) - mostShown; n > 0 {
		words = append(words, fmt.Sprintf("… %d more", n))
	}
	return "(" + strings.Join(words, ", ") + ")"
}
