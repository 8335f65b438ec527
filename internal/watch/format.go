package watch

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"opttui/internal/events"
)

// format is how a file is written.
type format uint8

const (
	unknown format = iota // to be found out by what is in it
	isJSONL
	isTable
	isEvents
)

// formatOf is the format that the name of a file tells.
func formatOf(path string) format {
	name := strings.ToLower(filepath.Base(path))
	switch ext := filepath.Ext(name); {
	case strings.Contains(name, "tfevents"):
		return isEvents
	case slices.Contains([]string{".jsonl", ".ndjson", ".json"}, ext):
		return isJSONL
	case slices.Contains([]string{".csv", ".tsv"}, ext):
		return isTable
	}
	return unknown
}

// isLog tells whether a file in a watched folder is taken for a log: a single JSON document, of settings for instance, is not.
func isLog(path string) bool {
	f := formatOf(path)
	return f == isJSONL && (filepath.Ext(path) != ".json" || strings.HasSuffix(path, ".log.json")) || f == isTable || f == isEvents
}

// parser reads a file's content in pieces, wherever they are cut.
type parser interface {
	// add takes in the next piece, which came at a time.
	add(piece []byte, came time.Time)
	// idle tells that nothing has come for some time: a last line without an end may be whole.
	idle()
}

// newParser reads a file from its beginning.
func newParser(f format, s *sink, path string) parser {
	switch f {
	case isJSONL:
		return newJSONLines(s)
	case isTable:
		return newTable(s)
	case isEvents:
		return newScalars(s, path)
	}
	return &sniffer{sink: s, path: path}
}

// anew returns a parser for what comes in the place of a file. A table's names hold on until there are new ones.
func anew(p parser, f format, s *sink, path string) parser {
	next := newParser(f, s, path)
	if old, ok := p.(*table); ok {
		if t, ok := next.(*table); ok {
			t.names = old.names
		}
	}
	return next
}

// enough is how much of a file is looked at to find out its format.
const enough = 64 << 10

// sniffer finds out the format of a file by the first line that has numbers in it.
type sniffer struct {
	sink *sink
	path string
	buf  []byte
	seen int // bytes of whole lines that have been looked at
	came time.Time
	real parser
}

func (s *sniffer) add(piece []byte, came time.Time) {
	s.came = came
	if s.real != nil {
		s.real.add(piece, came)
		return
	}
	s.buf = append(s.buf, piece...)
	if len(s.buf) >= 12 { // an event file can be told by that much, and may have an end of a line in it
		s.become(s.look())
	}
}

// become goes on as a parser of a format, if it is known.
func (s *sniffer) become(f format) {
	if f == unknown {
		return
	}
	s.real = newParser(f, s.sink, s.path)
	s.real.add(s.buf, s.came)
	s.buf = nil
}

func (s *sniffer) idle() {
	if s.real == nil {
		s.become(s.look())
	}
	if s.real == nil && lineFormat(s.buf[s.seen:]) == isJSONL { // one line, without an end
		s.become(isJSONL)
	}
	if s.real != nil {
		s.real.idle()
	}
}

// look finds out the format by what has come so far.
func (s *sniffer) look() format {
	if s.seen == 0 && events.IsRecord(s.buf) {
		return isEvents
	}
	for {
		end := bytes.IndexByte(s.buf[s.seen:], '\n')
		if end < 0 || s.seen+end > enough {
			break
		}
		if f := lineFormat(s.buf[s.seen : s.seen+end]); f != unknown {
			return f
		}
		s.seen += end + 1
	}
	if len(s.buf) > enough {
		return isJSONL // which tells that it is not, line by line
	}
	return unknown
}

// lineFormat is the format of which a line gives evidence: an object, or a row with a number and no words.
func lineFormat(line []byte) format {
	line = bytes.TrimSpace(bytes.TrimPrefix(line, mark))
	if len(line) > 0 && line[0] == '{' {
		return isJSONL
	}
	t := table{comma: separator(line)}
	if !t.split(line) || slices.ContainsFunc(t.fields, t.isWord) {
		return unknown
	}
	for _, field := range t.fields {
		if _, ok := t.number(field); ok {
			return isTable
		}
	}
	return unknown
}
