package problems

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"opttui/internal/formula"
	"opttui/internal/knob"
	"opttui/internal/usage"
)

// Formula is a function of the user's own.
type Formula struct {
	Text   string       `json:"text"`             // as in "(1-x)^2 + a*(y-x^2)^2"; package formula says what is allowed
	Domain [][2]float64 `json:"domain,omitempty"` // interval of each variable that is shown, or one for all; nil is −5…5
}

// mostParameter is the largest size of a formula's parameter.
const mostParameter = 1e9

// Spec returns the formula as a problem. Errors are *formula.Error, in which errors.As finds a *usage.Error, or
// *usage.Error for a wrong domain.
func (f *Formula) Spec() (Spec, error) {
	compiled, err := formula.Compile(f.Text)
	if err != nil {
		return Spec{}, err
	}
	vars, params := compiled.Vars(), compiled.Params()
	domain, err := f.domain(len(vars))
	if err != nil {
		return Spec{}, err
	}
	own := &ownFormula{Tape: compiled.NewTape(), params: params}
	own.start = startIn(domain, own)
	return Spec{
		Name: OwnFormula, Title: title(vars), Kind: named(vars, "variable") + ", " + named(params, "parameter"),
		Formula: compiled.String(), Source: "the user's own", Domain: domain,
		New: func() Problem { return own.Clone() },
	}, nil
}

// domain returns an interval for each of n variables.
func (f *Formula) domain(n int) ([][2]float64, error) {
	given := f.Domain
	if len(given) == 0 {
		given = [][2]float64{{-5, 5}}
	}
	if len(given) != 1 && len(given) != n {
		return nil, usage.Errorf("the domain has %d intervals: allowed are one for all variables, or one for each of the %d", len(given), n)
	}
	domain := make([][2]float64, n)
	for i := range domain {
		b := given[i%len(given)]
		width := b[1] - b[0]
		if !(width > 0) || math.IsInf(width, 0) || !(width > 1e-9*math.Max(math.Abs(b[0]), math.Abs(b[1]))) {
			return nil, usage.Errorf("the interval %s:%s is empty or too narrow: allowed are a number and a larger one, as in -5:5", short(b[0]), short(b[1]))
		}
		domain[i] = b
	}
	return domain, nil
}

func short(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// title is f with its variables, at most three of them.
func title(vars []string) string {
	if n := len(vars); n > 3 {
		vars = []string{vars[0], "…", vars[n-1]}
	}
	return "f(" + strings.Join(vars, ", ") + ")"
}

// named writes how many there are, and the names of the first.
func named(names []string, thing string) string {
	const most = 6
	text := plural(len(names), thing)
	switch n := len(names); {
	case n == 0:
		return text
	case n > most:
		return text + " " + strings.Join(names[:most-2], ", ") + ", …, " + names[n-1]
	default:
		return text + " " + strings.Join(names, ", ")
	}
}

// plural writes a number of things, without a plural s where there is one.
func plural(n int, thing string) string {
	switch n {
	case 0:
		return "no " + thing + "s"
	case 1:
		return "1 " + thing
	default:
		return fmt.Sprintf("%d %ss", n, thing)
	}
}

// startIn returns a point of the domain from which p can be minimised: the first of some at which it has a value, and a
// slope that is not negligible beside what there is to gain.
func startIn(domain [][2]float64, p Problem) []float64 {
	const looks, negligible = 50, 1e-4
	g := make([]float64, len(domain))
	values, slopes, least := make([]float64, looks), make([]float64, looks), math.Inf(1)
	for k := range looks {
		values[k] = p.Gradient(beside(domain, k), g)
		for i, b := range domain { // in heights over the whole domain
			slopes[k] = math.Hypot(slopes[k], g[i]*(b[1]-b[0]))
		}
		if v := values[k]; v < least && v-v == 0 {
			least = v
		}
	}
	for k, v := range values {
		if s := slopes[k]; v-v == 0 && s-s == 0 && s > 0 && s >= negligible*(v-least) {
			return beside(domain, k)
		}
	}
	return beside(domain, 0)
}

// beside returns point number k of those to begin at: they lie beside the middle, and at no round fraction of an
// interval, where usual functions have critical points. One comes from the other by the golden ratio.
func beside(domain [][2]float64, k int) []float64 {
	x := make([]float64, len(domain))
	for i, b := range domain {
		at := []float64{0.19, 0.77}[i%2] + float64(k)*(math.Phi-1)*float64(i+1)
		at -= math.Floor(at)
		x[i] = b[0] + at*(b[1]-b[0])
		readable, err := strconv.ParseFloat(strconv.FormatFloat(x[i], 'g', 10, 64), 64)
		if err == nil && readable >= b[0] && readable <= b[1] {
			x[i] = readable // −3.1, not −3.0999999999999996
		}
	}
	return x
}

// ownFormula is a formula as a problem: its Tape gives the value and all derivatives.
type ownFormula struct {
	*formula.Tape
	params []string
	start  []float64
}

func (o *ownFormula) Start(uint64) []float64 { return append([]float64(nil), o.start...) }

// Knobs are the formula's parameters.
func (o *ownFormula) Knobs() []knob.Knob {
	var knobs []knob.Knob
	for i, name := range o.params {
		knobs = append(knobs, knob.Knob{
			Key: name, Symbol: name, Doc: "parameter of the formula", Default: 1,
			Min: -mostParameter, Max: mostParameter, Scale: knob.SymLog,
		}.Bind(o.Param(i)))
	}
	return knobs
}

func (o *ownFormula) Clone() Problem {
	c := *o
	c.Tape = o.Tape.Clone()
	return &c
}
