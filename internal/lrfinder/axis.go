package lrfinder

import (
	"math"
	"strconv"
	"strings"

	"opttui/internal/train"
	"opttui/internal/usage"
)

// Axis is one setting of a sweep with the values to try.
type Axis struct {
	Key    string   // of a knob, or "optimizer", "schedule", "convention", "batch", "noise"
	Values []string // as a person writes them
}

// maxValues bounds the values of one axis.
const maxValues = 1000

const axisSyntax = "write key=a,b,c, or key=from:to:count for evenly spaced numbers, or key=from:to:log:count for evenly spaced powers, as in lr=1e-4:1:log:13"

// ParseAxis reads an axis as a person writes it: "momentum=0,0.5,0.9", "lr=1e-4:1:log:13" or "beta1=0:0.9:10". The error
// is a *usage.Error that says what is allowed.
func ParseAxis(text string) (Axis, error) {
	key, values, ok := strings.Cut(text, "=")
	a := Axis{Key: strings.TrimSpace(key)}
	if a.Key == "optimizer.lr" || a.Key == "run.batch" || a.Key == "run.noise" {
		_, a.Key, _ = strings.Cut(a.Key, ".") // as --set does
	}
	if !ok || a.Key == "" || strings.TrimSpace(values) == "" {
		return a, usage.Errorf("--grid cannot be %q: %s", text, axisSyntax)
	}
	if strings.Contains(values, ":") {
		var err error
		if a.Values, err = parseRange(text, strings.Split(values, ":")); err != nil {
			return a, err
		}
		return a, nil
	}
	for _, v := range strings.Split(values, ",") {
		if v = strings.TrimSpace(v); v == "" {
			return a, usage.Errorf("--grid cannot be %q, where a value is missing: %s", text, axisSyntax)
		}
		a.Values = append(a.Values, v)
	}
	return a, nil
}

// parseRange reads from:to:count, from:to:lin:count or from:to:log:count.
func parseRange(text string, parts []string) ([]string, error) {
	log := false
	if len(parts) == 4 {
		switch strings.TrimSpace(parts[2]) {
		case "log":
			log = true
		case "lin":
		default:
			return nil, usage.Errorf("--grid cannot be %q: the spacing is log or lin, not %q", text, parts[2])
		}
		parts = []string{parts[0], parts[1], parts[3]}
	}
	if len(parts) != 3 {
		return nil, usage.Errorf("--grid cannot be %q: %s", text, axisSyntax)
	}
	var ends [2]float64
	for i := range ends {
		v, err := strconv.ParseFloat(strings.TrimSpace(parts[i]), 64)
		if err != nil || v-v != 0 {
			return nil, usage.Errorf("--grid cannot be %q: %q is not a number", text, parts[i])
		}
		ends[i] = v
	}
	lo, hi := ends[0], ends[1]
	n, err := strconv.Atoi(strings.TrimSpace(parts[2]))
	switch {
	case err != nil || n < 2 || n > maxValues:
		return nil, usage.Errorf("--grid cannot be %q: the count is a whole number from 2 to %d, not %q", text, maxValues, parts[2])
	case lo == hi:
		return nil, usage.Errorf("--grid cannot be %q: the range is empty", text)
	case log && !(lo > 0 && hi > 0):
		return nil, usage.Errorf("--grid cannot be %q: evenly spaced powers need ends above 0", text)
	}
	out := make([]string, n)
	for i := range out {
		f := float64(i) / float64(n-1)
		v := lo + f*(hi-lo)
		if log {
			v = lo * math.Pow(hi/lo, f)
		}
		out[i] = short(v)
	}
	return out, nil
}

// short writes v in at most twelve digits, so that what is meant to be 0.3 or 16 is.
func short(v float64) string {
	w, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
	if err != nil {
		panic("lrfinder: " + err.Error()) // cannot be: the text is made here
	}
	return strconv.FormatFloat(w, 'g', -1, 64)
}

// with returns the spec with one more setting.
func with(s train.Spec, key, value string) (train.Spec, error) {
	s = s.Clone()
	switch key {
	case "optimizer":
		s.Optimizer = value
	case "schedule":
		s.Schedule = value
	case "convention":
		s.Convention = value
	case "batch":
		if strings.EqualFold(value, "all") {
			value = "0"
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return s, usage.Errorf("batch cannot be %q: allowed is a whole number of samples from 1, or all", value)
		}
		s.Batch = n
	case "noise":
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return s, usage.Errorf("noise cannot be %q: allowed is a number from 0", value)
		}
		s.Noise = v
	case "problem", "start", "seed":
		return s, usage.Errorf("--grid cannot be over %s: the losses of different ones cannot be compared. It can be over any setting, and over optimizer, schedule, convention, batch and noise", key)
	default:
		if s.Set == nil {
			s.Set = make(map[string]string)
		}
		bare := strings.TrimPrefix(key, "optimizer.")
		delete(s.Set, bare) // the axis counts, whichever way the spec names the setting
		delete(s.Set, "optimizer."+bare)
		s.Set[key] = value
	}
	return s, nil
}
