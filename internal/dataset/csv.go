package dataset

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"opttui/internal/usage"
)

// Limits of a table.
const (
	maxColumns = 1 << 16
	fewestRows = 5
)

// table reads a CSV file row by row: numbers go to the data set, and nothing is kept of the text.
type table struct {
	d       *Dataset
	in      *file
	csv     *csv.Reader
	file    File
	names   []string
	role    []role // of each column
	target  column
	skipped int       // rows left out for missing values
	wrong   []problem // the first of each column
	since   int       // rows read since the first problem
	guessed bool      // the number of rows has been estimated
}

// role is what a column is for.
type role uint8

const (
	feature role = iota
	target
	ignored
)

// problem is a value that cannot be used.
type problem struct {
	column  string
	line    int
	value   string
	missing bool
}

// lookFurther is how many rows are read after the first problem, to tell of other columns' as well.
const lookFurther = 1000

// readTable reads a table: a row a sample, with or without a header, separated by commas, semicolons or tabs. All
// samples are for training. Missing values that are to be filled are NaN.
func (d *Dataset) readTable(in *file, f File) error {
	t := &table{d: d, in: in, file: f}
	for _, part := range []func() error{t.begin, t.rows, t.refuse, t.finish} {
		if err := part(); err != nil {
			return err
		}
	}
	if t.skipped > 0 {
		d.What = fmt.Sprintf("; %d rows with missing values left out", t.skipped)
	}
	return nil
}

// readCSV reads a table, sets a part of it apart, and scales it.
func (d *Dataset) readCSV(in *file, f File) error {
	if err := d.readTable(in, f); err != nil {
		return err
	}
	d.hold(heldOut, splitSeed)
	d.fillMissing()
	d.Standardise()
	d.describe()
	return nil
}

// begin finds the separator, the header and what the columns are for.
func (t *table) begin() error {
	if bom, _ := t.in.Peek(3); bytes.Equal(bom, []byte("\ufeff")) {
		_, _ = t.in.Discard(3)
	}
	start, _ := t.in.Peek(1 << 16)
	t.csv = csv.NewReader(t.in)
	t.csv.Comma = separator(start)
	t.csv.ReuseRecord = true
	t.csv.TrimLeadingSpace = t.csv.Comma != '\t'
	first, err := t.csv.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("the table is empty")
	} else if err != nil {
		return err
	}
	if len(first) > maxColumns {
		return fmt.Errorf("the table has more than %d columns", maxColumns)
	}
	first = slices.Clone(first)
	lines := [2]int{1, 2}
	lines[0], _ = t.csv.FieldPos(0)
	second, err := t.csv.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if second != nil {
		lines[1], _ = t.csv.FieldPos(0)
	}
	header := t.isHeader(first, second)
	t.names = columnNames(first, header)
	if err := t.assign(); err != nil {
		return err
	}
	if !header {
		t.row(first, lines[0])
	}
	if second != nil {
		t.row(second, lines[1])
	}
	return nil
}

// separator is what most often stands between the values of the first line.
func separator(start []byte) rune {
	best, most := ',', 0
	for _, c := range ",;\t" {
		n, quoted := 0, false
		for _, b := range start {
			switch {
			case b == '"':
				quoted = !quoted
			case quoted:
			case rune(b) == c:
				n++
			}
			if b == '\n' && !quoted {
				break
			}
		}
		if n > most {
			best, most = c, n
		}
	}
	return best
}

// isHeader tells whether the first row is names: where it has a word the second has a number, or it has words only.
func (t *table) isHeader(first, second []string) bool {
	words := 0
	for i, text := range first {
		if _, kind := t.parse(text); kind == isText {
			words++
			if i < len(second) {
				if _, below := t.parse(second[i]); below == isNumber {
					return true
				}
			}
		}
	}
	return words == len(first)
}

// decimal writes the decimal comma of a number as a point. Where values are separated by commas there is none.
func (t *table) decimal(text string) string {
	if t.csv.Comma == ',' || strings.Count(text, ",") != 1 || strings.Contains(text, ".") {
		return text
	}
	if point := strings.Replace(text, ",", ".", 1); isNumeric(point) {
		return point
	}
	return text
}

func (t *table) parse(text string) (float64, kind) { return parse(t.decimal(text)) }

// columnNames are those of the header, or column1, column2, …; names that come twice get a number.
func columnNames(first []string, header bool) []string {
	names := make([]string, len(first))
	seen := make(map[string]bool)
	for i := range names {
		if header {
			names[i] = strings.Map(printable, strings.TrimSpace(first[i]))
		}
		if names[i] == "" {
			names[i] = "column" + strconv.Itoa(i+1)
		}
		for name, n := names[i], 2; seen[names[i]]; n++ {
			names[i] = name + "_" + strconv.Itoa(n)
		}
		seen[names[i]] = true
	}
	return names
}

// printable leaves out what could command a terminal that shows the name.
func printable(r rune) rune {
	if unicode.IsControl(r) {
		return -1
	}
	return r
}

// targetNames are names that a target has where nobody says which column it is.
var targetNames = []string{"target", "label", "class", "y"}

// assign says what each column is for.
func (t *table) assign() error {
	t.role = make([]role, len(t.names))
	at := len(t.names) - 1
	for _, name := range slices.Backward(targetNames) {
		if i := slices.IndexFunc(t.names, func(n string) bool { return strings.EqualFold(n, name) }); i >= 0 {
			at = i
		}
	}
	if t.file.Target != "" {
		if at = t.column(t.file.Target); at < 0 {
			return usage.Unknown("column", t.file.Target, t.names)
		}
	}
	t.role[at] = target
	t.d.Target = t.names[at]
	for _, name := range t.file.Ignore {
		i := t.column(name)
		if i < 0 {
			return usage.Unknown("column", name, t.names)
		}
		if i == at {
			return usage.Errorf("column %s is the target and is to be left out: name another target", name)
		}
		t.role[i] = ignored
	}
	for i, name := range t.names {
		if t.role[i] == feature {
			t.d.Features = append(t.d.Features, name)
		}
	}
	if len(t.d.Features) == 0 {
		return errors.New("a table needs a column to learn from beside the target " + t.d.Target)
	}
	t.target = column{as: t.file.As}
	return nil
}

// column finds a column by its name, or by its number from 1 where none has that for a name; −1 for neither.
func (t *table) column(name string) int {
	if i := slices.Index(t.names, name); i >= 0 {
		return i
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= len(t.names) {
		return n - 1
	}
	return -1
}

// rows reads all that is left.
func (t *table) rows() error {
	for {
		rec, err := t.csv.Read()
		if errors.Is(err, io.EOF) || t.since > lookFurther {
			return nil
		} else if errors.Is(err, csv.ErrFieldCount) {
			line, _ := t.csv.FieldPos(0)
			return fmt.Errorf("line %d has %d values, the first row has %d", line, len(rec), len(t.names))
		} else if err != nil {
			return err
		}
		line, _ := t.csv.FieldPos(0)
		t.row(rec, line)
		t.reserve()
	}
}

// reserve makes room for all rows once it can be told how many there will be, so that growing does not copy them.
func (t *table) reserve() {
	const enough = 16 * bufferSize // what has been read ahead must not count much
	if t.guessed || t.in.taken == nil || t.in.taken.done < enough {
		return
	}
	t.guessed = true
	rows := int(1.08 * float64(t.target.len) * float64(t.in.taken.total) / float64(t.in.taken.done))
	t.d.Train.X = slices.Grow(t.d.Train.X, max(0, rows*len(t.d.Features)-len(t.d.Train.X)))
}

// row takes in a sample.
func (t *table) row(rec []string, line int) {
	if len(t.wrong) > 0 {
		t.since++
	}
	x, before := t.d.Train.X, len(t.d.Train.X)
	label, incomplete := "", false
	for i, text := range rec {
		switch t.role[i] {
		case ignored:
		case target:
			text = t.decimal(text)
			label = strings.TrimSpace(text)
			missing := noTarget(label)
			incomplete = incomplete || missing
			if missing && t.file.Missing == "" {
				t.report(i, line, text, true)
			}
		default:
			v, kind := t.parse(text)
			x = append(x, v)
			switch {
			case kind == isText:
				t.report(i, line, text, false)
			case kind == isMissing && t.file.Missing == "":
				t.report(i, line, text, true)
			case kind == isMissing && t.file.Missing == skipMissing:
				incomplete = true
			}
		}
	}
	if incomplete {
		t.skipped++
		t.d.Train.X = x[:before]
		return
	}
	t.d.Train.X = x
	if why := t.target.add(label, line); why != "" {
		t.report(slices.Index(t.role, target), line, label, false)
	}
}

// report remembers the first problem of a column.
func (t *table) report(i, line int, value string, missing bool) {
	name := t.names[i]
	if !slices.ContainsFunc(t.wrong, func(p problem) bool { return p.column == name }) {
		t.wrong = append(t.wrong, problem{name, line, value, missing})
	}
}

// refuse tells of all columns that cannot be used.
func (t *table) refuse() error {
	if len(t.wrong) == 0 {
		return nil
	}
	const told = 5
	var places, text []string
	missing := false
	for k, p := range t.wrong {
		if k == told {
			places = append(places, fmt.Sprintf("and %d more columns", len(t.wrong)-told))
		}
		what := fmt.Sprintf("%q is not a finite number", p.value)
		if p.column == t.d.Target && !p.missing {
			what = fmt.Sprintf("%q is not a number, which this model wants to predict: name another --target, or a model for classes", p.value)
		}
		if p.missing {
			what, missing = "a value is missing", true
		} else if p.column != t.d.Target {
			text = append(text, p.column)
		}
		if k < told {
			places = append(places, fmt.Sprintf("line %d, column %s: %s", p.line, p.column, what))
		}
	}
	msg := strings.Join(places, "; ")
	if len(text) > 0 {
		msg += ". Leave out columns of text by --ignore " + strings.Join(text, ",")
	}
	if missing {
		msg += ". Leave out rows with missing values by --missing skip, or put the column's mean there by --missing mean"
	}
	return usage.Errorf("%s", msg)
}

// finish makes classes or numbers of the targets.
func (t *table) finish() error {
	n := t.target.len
	if n < fewestRows {
		if t.skipped > 0 {
			return fmt.Errorf("only %d rows are complete, %d have missing values: at least %d are needed", n, t.skipped, fewestRows)
		}
		return fmt.Errorf("the table has too few rows: there are %d, and at least %d are needed", n, fewestRows)
	}
	return t.target.finish(t.d)
}
