package dataset

import (
	"cmp"
	"math"
	"opttui/internal/usage"
	"slices"
	"strconv"
	"strings"
)

// kind is what a value of a table can be.
type kind uint8

const (
	isNumber kind = iota
	isMissing
	isText
)

// parse reads a value: a finite number, true or yes as 1 and false or no as 0. The number is NaN for the others.
func parse(text string) (float64, kind) {
	text = strings.TrimSpace(text)
	if v, err := strconv.ParseFloat(text, 64); err == nil && v-v == 0 {
		return v, isNumber
	}
	switch strings.ToLower(text) {
	case "", "na", "n/a", "nan", "null", "none", "?", "-":
		return math.NaN(), isMissing
	case "true", "yes":
		return 1, isNumber
	case "false", "no":
		return 0, isNumber
	}
	return math.NaN(), isText
}

// noTarget tells whether a target is missing. None and - may be names of classes.
func noTarget(text string) bool {
	_, k := parse(text)
	return k == isMissing && text != "-" && !strings.EqualFold(text, "none")
}

func isNumeric(text string) bool {
	_, k := parse(text)
	return k == isNumber
}

// maxClasses bounds the number of classes of a target.
const maxClasses = 1000

// A target of whole numbers is taken for classes where there are few of them, each with several rows.
const (
	fewClasses   = 20
	rowsPerClass = 5
)

// column collects the values of a target, which may turn out to be classes or numbers.
type column struct {
	as      string // what it has been told to be
	len     int
	labels  []string       // that have occurred, as long as there can be classes
	ids     map[string]int // their places in labels
	row     []int32        // the label of each row
	numbers []float64      // of each row, as long as all are
	text    bool           // not all are numbers
	whole   bool           // all are whole numbers
	many    bool           // too many for classes
	count   int            // of those that are numbers
	word    string         // the first value that is none, and its line
	line    int
}

// add takes in the value of the next row and says what is wrong with it, "" if nothing is.
func (c *column) add(text string, line int) (why string) {
	v, err := strconv.ParseFloat(text, 64)
	number := err == nil && v-v == 0
	if number {
		text = strconv.FormatFloat(v, 'g', -1, 64) // 1 and 1.0 are the same class
	}
	if c.len == 0 {
		c.whole, c.ids = true, make(map[string]int)
	}
	c.len++
	if !number && c.as == AsNumber {
		return "not a number"
	}
	if number {
		c.count++
	} else if !c.text {
		c.text, c.numbers, c.word, c.line = true, nil, strings.Clone(text), line
	}
	if !c.text && c.as != AsClass {
		c.numbers = append(c.numbers, v)
		c.whole = c.whole && v == math.Trunc(v)
	}
	if c.as == AsNumber || c.many {
		return ""
	}
	id, ok := c.ids[text]
	if !ok {
		if len(c.labels) == maxClasses {
			c.many, c.labels, c.ids, c.row = true, nil, nil, nil
			return ""
		}
		id, text = len(c.labels), strings.Clone(text)
		c.labels, c.ids[text] = append(c.labels, strings.Map(printable, text)), id
	}
	c.row = append(c.row, int32(id))
	return ""
}

// finish gives the samples their targets.
func (c *column) finish(d *Dataset) error {
	few := c.whole && len(c.labels) <= fewClasses && c.len >= rowsPerClass*len(c.labels)
	switch {
	case c.as == AsNumber, !c.text && c.as == "" && (c.many || !few):
		d.Train.T = c.numbers
		return nil
	case c.many:
		return usage.Errorf("the target %s has more than %d classes: name another one by --target", d.Target, maxClasses)
	case c.text && c.as == "" && 2*c.count >= c.len && c.len < rowsPerClass*len(c.labels):
		return usage.Errorf("line %d, column %s: the target is a number in most rows, and %q here. Correct it, or take the values for classes by --model softmax", c.line, d.Target, c.word)
	case c.as == "" && 2*len(c.labels) > c.len:
		return usage.Errorf("the target %s has %d different values in %d rows: these are names, not classes. Name another one by --target", d.Target, len(c.labels), c.len)
	case len(c.labels) < 2:
		return usage.Errorf("the target %s is always %s: name another one by --target", d.Target, c.labels[0])
	}
	order := make([]int, len(c.labels))
	for id := range order {
		order[id] = id
	}
	slices.SortFunc(order, func(a, b int) int { return compareLabels(c.labels[a], c.labels[b]) })
	place := make([]int, len(order))
	for k, id := range order {
		place[id] = k
		d.Classes = append(d.Classes, c.labels[id])
	}
	d.Train.Y = make([]int, c.len)
	for i, id := range c.row {
		d.Train.Y[i] = place[id]
	}
	return nil
}

// compareLabels orders names of classes: numbers first and by size, then words.
func compareLabels(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	switch {
	case errX == nil && errY == nil:
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b))
	case errX == nil:
		return -1
	case errY == nil:
		return 1
	default:
		return cmp.Compare(a, b)
	}
}
