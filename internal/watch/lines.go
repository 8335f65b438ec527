package watch

import (
	"bytes"
	"strings"
	"time"

	"opttui/internal/jsonl"
	"opttui/internal/tail"
)

// maxLine is how many bytes of a line are read.
const maxLine = 256 << 10

var mark = []byte("\ufeff") // that Windows puts before a text

// jsonLines reads a JSON object a line.
type jsonLines struct {
	rows    *rows
	lines   tail.Lines
	scanner jsonl.Scanner
	each    func([]byte, jsonl.Value) error // field, bound once
	came    time.Time
	taken   int // bytes of a line without an end that has been read already
}

func newJSONLines(s *sink) *jsonLines {
	j := &jsonLines{rows: newRows(s), lines: tail.Lines{Most: maxLine}}
	j.each = j.field
	return j
}

func (j *jsonLines) add(piece []byte, came time.Time) {
	j.came = came
	j.lines.Add(piece, j.line)
}

func (j *jsonLines) line(text []byte, cut bool) {
	taken := j.taken
	j.taken = 0
	text = bytes.TrimSpace(bytes.TrimPrefix(text, mark))
	switch {
	case len(text) == 0 || taken == len(text):
	case cut:
		j.rows.sink.strange("a line of more than 256 KiB was passed over")
	default:
		if err := j.object(text); err != nil {
			j.rows.sink.strange("a line is no JSON object: " + err.Error())
		}
	}
}

func (j *jsonLines) object(text []byte) error {
	err := j.scanner.Scan(text, j.each)
	if err != nil {
		j.rows.begin()
		return err
	}
	j.rows.end(j.came)
	return nil
}

func (j *jsonLines) field(key []byte, v jsonl.Value) error {
	if v.Kind == jsonl.Array || v.Kind == jsonl.Bool {
		return nil
	}
	c := j.rows.column(key)
	switch {
	case c == nil:
	case v.Kind == jsonl.String && v.Number != v.Number && !strings.EqualFold(string(v.Text), "nan"):
		j.rows.text(c, v.Text)
	default:
		j.rows.number(c, v.Number)
	}
	return nil
}

// idle takes a last line without an end, if it is a whole object.
func (j *jsonLines) idle() {
	text, cut := j.lines.Part()
	text = bytes.TrimSpace(bytes.TrimPrefix(text, mark))
	if !cut && len(text) > 0 && j.taken == 0 && j.object(text) == nil {
		j.taken = len(text)
	}
}
