// Package refdoc writes the reference pages on the rules, the schedules and the exchange of rules from what is
// registered in package optim. Their prose is in pages/; every number and table is computed from the code.
package refdoc

import (
	"embed"
	"fmt"
	"strconv"
	"strings"
	"text/template"
	"unicode/utf8"

	"opttui/internal/knob"
)

// Pages makes all pages, by their names in docs/.
func Pages() (map[string]string, error) {
	out := make(map[string]string)
	for _, p := range []struct {
		name string
		data func() (any, error)
	}{
		{"optimizers.md", optimizersPage},
		{"schedules.md", schedulesPage},
		{"switching.md", switchingPage},
	} {
		data, err := p.data()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		var b strings.Builder
		if err := templates.ExecuteTemplate(&b, p.name, data); err != nil {
			return nil, err
		}
		out[p.name] = b.String()
	}
	return out, nil
}

//go:embed pages/*.md
var pages embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"lines":    lines,
	"cell":     cell,
	"join":     strings.Join,
	"sentence": sentence,
}).ParseFS(pages, "pages/*.md"))

// lines writes each clause of a formula on a line of its own. On the screen the clauses follow one another.
func lines(formula string) string { return strings.ReplaceAll(formula, ";  ", "\n") }

// cell makes text fit for a cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// sentence begins text with a capital. Greek letters are signs and stay as they are.
func sentence(text string) string {
	if text != "" && text[0] < utf8.RuneSelf {
		return strings.ToUpper(text[:1]) + text[1:]
	}
	return text
}

// number writes v as a person would type it.
func number(v float64) string {
	return strings.NewReplacer("e+0", "e", "e+", "e", "e-0", "e-").Replace(strconv.FormatFloat(v, 'g', -1, 64))
}

// short is number with three significant digits.
func short(v float64) string {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	if err != nil {
		panic("refdoc: " + err.Error()) // cannot be: the text is made here
	}
	return number(r)
}

// setting is a row of a table of hyperparameters.
type setting struct {
	Key, Symbol, Doc, Default, Allowed, Scale string
}

// settingsOf describes knobs, and where their defaults differ in torch's convention.
func settingsOf(knobs, torch []knob.Knob) []setting {
	var out []setting
	for _, k := range knobs {
		s := setting{
			Key: k.Key, Symbol: k.Symbol, Doc: k.Doc, Default: value(k, k.Default), Allowed: allowed(k), Scale: scales[k.Scale],
		}
		if t, ok := knob.Find(torch, k.Key); ok && t.Default != k.Default {
			s.Default += " / " + value(t, t.Default)
		}
		out = append(out, s)
	}
	return out
}

var scales = map[knob.Scale]string{
	knob.Linear: "linear", knob.Log: "log", knob.LogOneMinus: "log of 1 − value", knob.SymLog: "log of either sign",
	knob.Choice: "choice",
}

func value(k knob.Knob, v float64) string {
	if k.Choices != nil {
		return "`" + k.Text(v) + "`"
	}
	return number(v)
}

// allowed writes the range of a knob.
func allowed(k knob.Knob) string {
	if k.Choices != nil {
		return "`" + strings.Join(k.Choices, "` `") + "`"
	}
	s := number(k.Min) + " to " + number(k.Max)
	if k.Max < 1 && k.Max > 1-1e-9 {
		s = number(k.Min) + " to below 1"
	}
	if k.Integer {
		s += ", whole"
	}
	if k.Unit != "" {
		s += " " + k.Unit
	}
	return s
}
