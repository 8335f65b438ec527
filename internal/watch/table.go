package watch

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"opttui/internal/tail"
)

// Bounds of a row with line breaks within quotes.
const (
	maxRow   = 64 << 10 // bytes
	maxBreak = 16       // lines
)

// table reads rows of values separated by commas, semicolons or tabs, below a row with their names.
type table struct {
	rows    *rows
	lines   tail.Lines
	came    time.Time
	comma   byte // the separator
	begun   bool // there was a row of numbers
	columns []*column
	names   []string // of the columns, as they are in the file
	comment []byte   // the last line that began with #: the names may be there
	fields  [][]byte // of this row
	open    []byte   // a row in which a quote is open
	breaks  int      // lines in that
	taken   int      // bytes of a line without an end that has been read already
}

func newTable(s *sink) *table {
	return &table{rows: newRows(s), lines: tail.Lines{Most: maxLine}}
}

func (t *table) add(piece []byte, came time.Time) {
	t.came = came
	t.lines.Add(piece, t.line)
}

func (t *table) line(text []byte, cut bool) {
	taken := t.taken
	t.taken = 0
	if taken > 0 && taken == len(text) {
		return
	}
	if cut {
		t.open = nil
		t.rows.sink.strange("a line of more than 256 KiB was passed over")
		return
	}
	if t.open == nil {
		t.whole(text)
		return
	}
	t.open = append(append(t.open, '\n'), text...)
	t.breaks++
	if row := t.open; t.split(row) || t.breaks == maxBreak || len(row) > maxRow {
		t.open = nil
		t.whole(row)
		if t.open != nil {
			t.open = nil
			t.rows.sink.strange("a quote is not closed: the lines after it are left out")
		}
	}
}

// idle takes a last line without an end, if it is as long as the others.
func (t *table) idle() {
	text, cut := t.lines.Part()
	if cut || len(text) == 0 || t.taken > 0 || t.open != nil || t.columns == nil || !t.split(text) || len(t.fields) != len(t.columns) {
		return
	}
	t.row()
	t.taken = len(text)
}

// whole takes in a line, which may be one of several of a row.
func (t *table) whole(text []byte) {
	text = bytes.TrimPrefix(text, mark)
	if len(bytes.TrimSpace(text)) == 0 {
		return
	}
	if text[0] == '#' {
		t.comment = append(t.comment[:0], bytes.TrimLeft(text, "# ")...)
		return
	}
	if !t.begun { // a title may stand above the names
		t.comma = separator(text)
	}
	if !t.split(text) {
		t.open, t.breaks = append([]byte(nil), text...), 1
		return
	}
	switch {
	case t.columns == nil:
		t.first()
	case t.isHeader():
		if !slices.EqualFunc(t.fields, t.names, func(f []byte, n string) bool { return string(f) == n }) {
			t.header(t.fields)
		}
	case len(t.fields) != len(t.columns):
		t.begun = true
		t.rows.sink.strange(fmt.Sprintf("a row has %d values, not %d as its header", len(t.fields), len(t.columns)))
	default:
		t.row()
	}
}

// separator is what stands between the values of a row. Where a tab or a semicolon does, each value may have a comma of its
// own, as a decimal one.
func separator(row []byte) byte {
	count := func(c byte) (n int) {
		quoted := false
		for _, b := range row {
			if b == '"' {
				quoted = !quoted
			} else if b == c && !quoted {
				n++
			}
		}
		return n
	}
	commas := count(',')
	for _, c := range []byte("\t;") {
		if n := count(c); n > 0 && commas <= n+1 {
			return c
		}
	}
	return ','
}

// split cuts a row into its fields, without the space and the quotes around them, and reports false where a quote is not
// closed.
func (t *table) split(row []byte) bool {
	t.fields = t.fields[:0]
	for {
		quoted := bytes.TrimLeft(row, " ")
		if len(quoted) > 0 && quoted[0] == '"' {
			text, rest, ok := unquote(quoted[1:])
			if !ok {
				return false
			}
			t.fields = append(t.fields, bytes.TrimSpace(text))
			end := bytes.IndexByte(rest, t.comma)
			if end < 0 {
				return true
			}
			row = rest[end+1:]
			continue
		}
		end := bytes.IndexByte(row, t.comma)
		if end < 0 {
			t.fields = append(t.fields, bytes.TrimSpace(row))
			return true
		}
		t.fields = append(t.fields, bytes.TrimSpace(row[:end]))
		row = row[end+1:]
	}
}

// unquote reads a text up to its closing quote; two quotes are one in it.
func unquote(row []byte) (text, rest []byte, ok bool) {
	for i := 0; i < len(row); i++ {
		if row[i] != '"' {
			continue
		}
		if i+1 == len(row) || row[i+1] != '"' {
			text, rest = row[:i], row[i+1:]
			if bytes.IndexByte(text, '"') >= 0 {
				text = bytes.ReplaceAll(text, []byte(`""`), []byte(`"`))
			}
			return text, rest, true
		}
		i++
	}
	return nil, nil, false
}

// first takes in the first row: names, or numbers of columns without a name.
func (t *table) first() {
	if slices.ContainsFunc(t.fields, t.isWord) {
		t.header(t.fields)
		return
	}
	numbers := slices.Clone(t.fields)
	names := make([][]byte, len(numbers))
	if len(t.comment) > 0 && t.split(t.comment) && len(t.fields) == len(numbers) {
		names = slices.Clone(t.fields)
	} else if len(t.names) == len(numbers) { // a file has been rotated, and the names were in the one before
		for i, n := range t.names {
			names[i] = []byte(n)
		}
	} else {
		for i := range names {
			names[i] = []byte("column" + strconv.Itoa(i+1))
		}
	}
	t.header(names)
	t.fields = numbers
	t.row()
}

// isHeader tells whether this row is nothing but words: names, once more where a program has begun again.
func (t *table) isHeader() bool {
	return !slices.ContainsFunc(t.fields, func(f []byte) bool { return !t.isWord(f) })
}

func (t *table) isWord(field []byte) bool {
	_, isNumber := t.number(field)
	return !isNumber && !isNothing(field)
}

// isNothing tells whether a value is missing.
func isNothing(field []byte) bool {
	return len(field) == 0 || len(field) <= 4 && slices.ContainsFunc([]string{"null", "none", "na", "n/a", "-"}, func(s string) bool {
		return strings.EqualFold(s, string(field))
	})
}

// header takes in the names of the columns. A first column without one is a number of the row that nobody needs.
func (t *table) header(names [][]byte) {
	t.names, t.columns = nil, nil
	seen := make(map[string]int)
	for i, field := range names {
		name := string(field)
		t.names = append(t.names, name)
		if name == "" {
			name = "column" + strconv.Itoa(i+1)
		}
		if seen[name]++; seen[name] > 1 {
			name += "_" + strconv.Itoa(seen[name])
		}
		c := t.rows.column([]byte(name))
		if i == 0 && len(field) == 0 {
			c = nil
		}
		t.columns = append(t.columns, c)
	}
}

// row takes in this row.
func (t *table) row() {
	t.begun = true
	for i, field := range t.fields {
		c := t.columns[i]
		if c == nil {
			continue
		}
		if v, ok := t.number(field); ok {
			t.rows.number(c, v)
		} else {
			t.rows.text(c, field)
		}
	}
	t.rows.end(t.came)
}

// number reads a number. Where values are not separated by commas, it may have a decimal comma.
func (t *table) number(field []byte) (float64, bool) {
	if len(field) == 0 || len(field) > 40 || !numeric[field[0]] || (field[0]|0x20 == 'n' && len(field) != 3) {
		return 0, false // without the memory that an error takes
	}
	v, err := strconv.ParseFloat(string(field), 64)
	if err == nil || math.IsInf(v, 0) {
		return v, true
	}
	if at := bytes.IndexByte(field, ','); at >= 0 && t.comma != ',' {
		point := bytes.Clone(field)
		point[at] = '.'
		v, err = strconv.ParseFloat(string(point), 64)
	}
	return v, err == nil
}

// numeric are the characters that a number begins with, words for those that are not finite among them.
var numeric = func() (set [256]bool) {
	for _, c := range []byte("+-.0123456789nNiI") {
		set[c] = true
	}
	return set
}()
