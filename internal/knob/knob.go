// Package knob describes hyperparameters: what they are called, what they may be, how far one notch turns
// them, and which field of a running rule they set.
//
// A Knob is bound to a struct field in the manner of flag.Float64Var: the rule reads its plain float64
// field in the hot loop, and everything else (flags, the tune panel, recipes, documentation) goes through
// the Knob. There is no map and no reflection where steps are taken.
package knob

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Scale says along which axis a knob is turned and drawn.
type Scale int

const (
	// Linear knobs move by a twentieth of their range (or by one, for integers).
	Linear Scale = iota
	// Log knobs move by a fifth of a decade. A Log knob whose Min is 0 has 0 as its lowest notch.
	Log
	// LogOneMinus knobs move on the log scale of 1−x, the natural axis of decay rates such as β and momentum.
	LogOneMinus
	// SymLog knobs are numbers of either sign. They move by a fifth of a decade in size, from 0.001 on; between there
	// and −0.001 lies 0.
	SymLog
	// Choice knobs are enumerations: the value is an index into Choices.
	Choice
)

// String names the scale as `opttui list --json` prints it.
func (s Scale) String() string {
	switch s {
	case Log:
		return "log"
	case LogOneMinus:
		return "log1m"
	case SymLog:
		return "symlog"
	case Choice:
		return "choice"
	default:
		return "linear"
	}
}

// Knob is one hyperparameter, bound to the field that holds its value.
type Knob struct {
	Key     string    // the neutral name on the command line and in recipes: "lr", "beta1"
	Symbol  string    // as the field's books write it: "ε", "β₁"
	Doc     string    // one sentence for help
	Zero    string    // what 0 is called on the screen, "" where it is just 0
	Unit    string    // "" for most, "steps" for durations
	Default float64   // value at the start
	Min     float64   // smallest allowed value
	Max     float64   // largest allowed value
	Scale   Scale     // axis of the slider
	Floor   float64   // first notch above 0 of a Log knob whose Min is 0; 0 is 1e-12
	Integer bool      // whole numbers only
	Stops   []float64 // the values that turning goes through, round and round; nil for all
	Choices []string  // names of an enumeration; then Scale is Choice
	Restart bool      // it takes effect only when a run starts: a dimension, a seed

	bound *float64
}

// Bind returns the knob bound to the field p, whose value it leaves alone.
func (k Knob) Bind(p *float64) Knob {
	k.bound = p
	return k
}

// Enum returns a knob for an enumeration whose value is an index into choices. Two choices "false", "true"
// make a switch.
func Enum(key, symbol, doc string, def int, choices ...string) Knob {
	return Knob{
		Key: key, Symbol: symbol, Doc: doc, Default: float64(def), Max: float64(len(choices) - 1),
		Scale: Choice, Integer: true, Choices: choices,
	}
}

// Switch returns an on/off knob.
func Switch(key, symbol, doc string, def bool) Knob {
	d := 0
	if def {
		d = 1
	}
	return Enum(key, symbol, doc, d, "false", "true")
}

// Value returns what the bound field holds now.
func (k Knob) Value() float64 { return *k.bound }

// RangeError reports a value that a knob refuses. It is written for the person who typed the value.
type RangeError struct {
	Knob  Knob
	Given string
}

func (e *RangeError) Error() string {
	return fmt.Sprintf("%s cannot be %s: allowed is %s", e.Knob.Key, e.Given, e.Knob.Range())
}

// Check returns a *RangeError when the knob may not have the value v (NaN, infinite, out of range, or
// not whole where it must be).
func (k Knob) Check(v float64) error {
	if math.IsNaN(v) || math.IsInf(v, 0) || v < k.Min || v > k.Max || (k.Integer && v != math.Trunc(v)) {
		return &RangeError{Knob: k, Given: strconv.FormatFloat(v, 'g', -1, 64)}
	}
	return nil
}

// Set gives the bound field the value v, or changes nothing and returns a *RangeError.
func (k Knob) Set(v float64) error {
	if err := k.Check(v); err != nil {
		return err
	}
	*k.bound = v
	return nil
}

// Parse reads a value as a person writes it: a number, or the name of a choice. The value is checked.
func (k Knob) Parse(text string) (float64, error) {
	s := strings.TrimSpace(text)
	for i, c := range k.Choices {
		if strings.EqualFold(c, s) {
			return float64(i), nil
		}
	}
	if k.isSwitch() {
		switch strings.ToLower(s) {
		case "on", "yes", "1":
			return 1, nil
		case "off", "no", "0":
			return 0, nil
		}
	}
	if k.Choices != nil {
		return 0, &RangeError{Knob: k, Given: strconv.Quote(s)}
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, &RangeError{Knob: k, Given: strconv.Quote(s)}
	}
	return v, k.Check(v)
}

// SetText is Parse followed by Set.
func (k Knob) SetText(text string) error {
	v, err := k.Parse(text)
	if err != nil {
		return err
	}
	return k.Set(v)
}

func (k Knob) isSwitch() bool {
	return len(k.Choices) == 2 && k.Choices[0] == "false" && k.Choices[1] == "true"
}

// Text writes the value v exactly, so that Parse gives it back bit for bit.
func (k Knob) Text(v float64) string {
	if i := int(v); k.Choices != nil && i >= 0 && i < len(k.Choices) {
		return k.Choices[i]
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// Format writes the value v for the screen, in three significant digits.
func (k Knob) Format(v float64) string {
	switch {
	case k.Choices != nil:
		return k.Text(v)
	case v == 0 && k.Zero != "":
		return k.Zero
	case k.Integer:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case k.Scale == LogOneMinus && v > 0.9 && v < 1:
		// 0.9995 must not be shown as 1.00: write 1−v in two significant digits.
		digits := 1 + int(math.Ceil(-math.Log10(1-v)-1e-9))
		return strconv.FormatFloat(v, 'f', min(digits, 12), 64)
	default:
		return Sig3(v)
	}
}

// Sig3 writes v in three significant digits, in the e-notation outside 0.01…9999.
func Sig3(v float64) string {
	a := math.Abs(v)
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return strconv.FormatFloat(v, 'g', -1, 64)
	case a == 0:
		return "0"
	case a < 0.00995 || a >= 9999.5:
		s := strconv.FormatFloat(v, 'e', 2, 64)
		m, e, _ := strings.Cut(s, "e")
		n, _ := strconv.Atoi(e)
		return m + "e" + strconv.Itoa(n)
	case a < 0.995:
		return strconv.FormatFloat(v, 'f', 2+leadingZeros(a), 64)
	case a < 9.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case a < 99.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
}

// leadingZeros counts how many more digits than two a number below one needs for three significant ones.
func leadingZeros(a float64) int {
	n := 1
	for a < 0.0995 {
		a *= 10
		n++
	}
	return n
}

// Range writes the allowed values in words for an error or a help text.
func (k Knob) Range() string {
	if k.Choices != nil {
		return strings.Join(k.Choices, ", ")
	}
	kind := "a number"
	if k.Integer {
		kind = "a whole number"
	}
	top := shortest(k.Max)
	if k.Max < 1 && k.Max > 1-1e-9 {
		top = "below 1"
	}
	s := fmt.Sprintf("%s from %s to %s", kind, shortest(k.Min), top)
	if k.Unit != "" {
		s += " " + k.Unit
	}
	return s
}

func shortest(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// The smallest values above zero that Log, LogOneMinus and SymLog axes reach by turning; typing reaches further.
const (
	logFloor      = 1e-12
	oneMinusFloor = 1e-6
	symFloor      = 1e-3
	symFirst      = -15 // symFloor as a number of notches from 1
)

// Turned returns the value n notches from v, clamped to the allowed range.
func (k Knob) Turned(v float64, n int) float64 {
	if n == 0 {
		return v
	}
	if c := len(k.Stops); c > 0 {
		i := slices.Index(k.Stops, v)
		if i < 0 && n > 0 {
			i = -1 // from between the stops to the first or, below, to the last
		} else if i < 0 {
			i = 0
		}
		return k.Stops[((i+n)%c+c)%c]
	}
	var w float64
	switch k.Scale {
	case Choice:
		c := len(k.Choices)
		return float64(((int(v)+n)%c + c) % c)
	case Log:
		w = k.turnLog(v, n)
	case LogOneMinus:
		w = 1 - math.Max(snap(math.Max(1-v, oneMinusFloor), -n), oneMinusFloor)
		w = math.Round(w*1e12) / 1e12
		if n > 0 { // a value typed beyond the last notch stays
			w = math.Max(w, v)
		}
		if v <= 0 && n > 0 { // leave 0 by the first notch: 1−x steps of a fifth of a decade from 1
			w = 1 - snap(1, -n)
		}
	case SymLog:
		w = turnSym(v, n)
	default:
		step := (k.Max - k.Min) / 20
		if k.Integer {
			step = math.Max(1, math.Round(step))
		}
		w = math.Round((v+float64(n)*step)/step) * step
		if w == v {
			w += math.Copysign(step, float64(n))
		}
		if step < 1 { // 0.15, not 0.15000000000000002
			w = math.Round(w*1e12) / 1e12
		}
	}
	if k.Integer {
		r := math.Round(w)
		if r == v {
			r += math.Copysign(1, float64(n))
		}
		w = r
	}
	return math.Min(math.Max(w, k.Min), k.Max)
}

func (k Knob) turnLog(v float64, n int) float64 {
	floor := math.Max(k.Min, logFloor)
	if k.Min == 0 && k.Floor > 0 {
		floor = k.Floor
	}
	if v < floor {
		if n < 0 {
			return k.Min
		}
		return floor
	}
	w := snap(v, n)
	if w < floor*0.999 {
		return k.Min
	}
	return w
}

// turnSym counts the notches from 0: those of symFloor and −symFloor are 1 and −1.
func turnSym(v float64, n int) float64 {
	sign := 1
	if v < 0 {
		sign = -1
	}
	outward := n * sign
	place := 0
	switch a := math.Abs(v); {
	case a >= symFloor:
		place = nearestNotch(a, outward) - symFirst + 1
	case a > 0 && outward < 0: // between 0 and the floor: the first turn inward goes to 0
		place = 1
	}
	place = place*sign + n
	switch {
	case place > 0:
		return notch(symFirst - 1 + place)
	case place < 0:
		return -notch(symFirst - 1 - place)
	default:
		return 0
	}
}

// notches are five a decade, the preferred numbers of an engineer's series rounded to two digits, so that
// values stay readable: 1, 1.6, 2.5, 4, 6.3.
var notches = [5]float64{1, 1.6, 2.5, 4, 6.3}

// snap returns the n-th notch above (below, for n < 0) the positive value v.
func snap(v float64, n int) float64 { return notch(nearestNotch(v, n) + n) }

// nearestNotch returns the number of the notch at the positive value v. Where v lies between two, it is the one from
// which a turn by n goes to the other one.
func nearestNotch(v float64, n int) int {
	pos := math.Log10(v) * 5
	i := math.Round(pos)
	if math.Abs(pos-i) > 0.05 {
		if n > 0 {
			i = math.Floor(pos)
		} else {
			i = math.Ceil(pos)
		}
	}
	return int(i)
}

// notch returns notch number j, counted from that of 1, but not beyond what a number can hold.
func notch(j int) float64 {
	j = min(max(j, -1500), 1500)
	decade := math.Floor(float64(j) / 5)
	m := notches[j-5*int(decade)]
	w, err := strconv.ParseFloat(strconv.FormatFloat(m, 'g', -1, 64)+"e"+strconv.Itoa(int(decade)), 64)
	if err != nil {
		panic("knob: " + err.Error()) // cannot be: the text is made here
	}
	return w
}

// Fraction tells where v lies on the knob's slider, from 0 to 1.
func (k Knob) Fraction(v float64) float64 {
	var f float64
	switch k.Scale {
	case Log:
		lo := math.Log10(math.Max(k.Min, math.Min(1e-8, k.Max)))
		f = (math.Log10(math.Max(v, 1e-300)) - lo) / (math.Log10(k.Max) - lo)
	case LogOneMinus:
		f = math.Log10(math.Max(1-v, oneMinusFloor)) / math.Log10(oneMinusFloor)
	case SymLog:
		hi := symLog(math.Min(math.Max(math.Abs(k.Min), math.Abs(k.Max)), symShown))
		f = (symLog(v)/hi + 1) / 2
	default:
		f = (v - k.Min) / (k.Max - k.Min)
	}
	if math.IsNaN(f) {
		return 0
	}
	return math.Min(math.Max(f, 0), 1)
}

// symShown is the largest size on the slider of a SymLog knob: beyond it the grip stays at the end.
const symShown = 1e4

// symLog grows like log|v| far from 0 and like v near it.
func symLog(v float64) float64 { return math.Copysign(math.Log1p(math.Abs(v)/symFloor), v) }

// Reset sets every knob to its default.
func Reset(knobs []Knob) {
	for _, k := range knobs {
		*k.bound = k.Default
	}
}

// Find returns the knob with the given key.
func Find(knobs []Knob, key string) (Knob, bool) {
	for _, k := range knobs {
		if k.Key == key {
			return k, true
		}
	}
	return Knob{}, false
}
