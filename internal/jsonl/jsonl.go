// Package jsonl reads what programs log: lines of JSON objects, fast and within bounds, whatever comes. It takes the words
// that Python writes for numbers that are not finite, which JSON has none for.
package jsonl

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// Kind is what a value is.
type Kind uint8

const (
	Null Kind = iota
	Bool
	Number
	String
	Array // of which the elements are not looked at
)

// Value is a value in an object.
type Value struct {
	Kind Kind
	// Number is that of a number; 1 for true, 0 for false; NaN for null and for strings that are no number. A string that
	// has a number in it, "NaN" or "1e-3", has it here, too.
	Number float64
	// Text is a string's, without its quotes, in memory that the next value overwrites.
	Text []byte
}

// Bounds of what is read.
const (
	maxDepth = 16  // of objects and arrays in each other
	maxKey   = 256 // bytes of a key with those of the objects that it is in
)

// ErrStop ends Scan without an error when each returns it.
var ErrStop = errors.New("stop")

// Scan reads a line with one JSON object and calls each for every value in it that is not an object itself: those of inner
// objects have the names of both with a dot between, "train.loss". Keys are in memory that the next value overwrites.
// Besides JSON it takes NaN, Infinity and −Infinity as numbers. The error says at which byte what is wrong; values
// before that have been told. An error of each ends the scan and is returned.
func (s *Scanner) Scan(line []byte, each func(key []byte, v Value) error) error {
	s.in, s.at, s.key, s.each = line, 0, s.key[:0], each
	s.space()
	if s.at == len(s.in) || s.in[s.at] != '{' {
		return s.wrong("an object")
	}
	err := s.object(0)
	if err == nil {
		if s.space(); s.at < len(s.in) {
			err = s.wrong("the end of the line")
		}
	}
	if err == ErrStop {
		return nil
	}
	return err
}

// Scanner reads lines. It keeps memory from one to the next; the zero Scanner is ready.
type Scanner struct {
	in   []byte
	at   int
	key  []byte // of the value that is read, with those of the objects around it
	text []byte // of the last string that had something escaped
	each func(key []byte, v Value) error
}

// wrong says what should have come next.
func (s *Scanner) wrong(what string) error {
	if s.at >= len(s.in) {
		return fmt.Errorf("the line ends at byte %d, where %s should be", s.at+1, what)
	}
	return fmt.Errorf("there is %q at byte %d, where %s should be", s.in[s.at], s.at+1, what)
}

func (s *Scanner) space() {
	for s.at < len(s.in) {
		switch s.in[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// take goes past a character that must come next, with the space before it.
func (s *Scanner) take(c byte) bool {
	if s.space(); s.at < len(s.in) && s.in[s.at] == c {
		s.at++
		return true
	}
	return false
}

// object reads an object whose brace comes next.
func (s *Scanner) object(depth int) error {
	if depth == maxDepth {
		return s.wrong("fewer objects in each other")
	}
	s.at++
	outer := len(s.key)
	if s.take('}') {
		return nil
	}
	for {
		if s.space(); s.at == len(s.in) || s.in[s.at] != '"' {
			return s.wrong("a name in quotes")
		}
		name, err := s.string()
		if err != nil {
			return err
		}
		if len(s.key)+1+len(name) > maxKey {
			return s.wrong("a shorter name before this")
		}
		if outer > 0 {
			s.key = append(s.key, '.')
		}
		s.key = append(s.key, name...)
		if !s.take(':') {
			return s.wrong("a colon")
		}
		if err := s.value(depth); err != nil {
			return err
		}
		s.key = s.key[:outer]
		if s.take('}') {
			return nil
		}
		if !s.take(',') {
			return s.wrong("a comma or a brace")
		}
	}
}

// value reads a value and tells of it.
func (s *Scanner) value(depth int) error {
	s.space()
	if s.at == len(s.in) {
		return s.wrong("a value")
	}
	switch s.in[s.at] {
	case '{':
		return s.object(depth + 1)
	case '[':
		if err := s.skip(depth + 1); err != nil {
			return err
		}
		return s.each(s.key, Value{Kind: Array, Number: math.NaN()})
	}
	v, err := s.scalar()
	if err != nil {
		return err
	}
	return s.each(s.key, v)
}

var words = []struct {
	text string
	v    Value
}{
	{"null", Value{Kind: Null, Number: math.NaN()}},
	{"true", Value{Kind: Bool, Number: 1}},
	{"false", Value{Kind: Bool}},
	{"NaN", Value{Kind: Number, Number: math.NaN()}},
	{"Infinity", Value{Kind: Number, Number: math.Inf(1)}},
	{"-Infinity", Value{Kind: Number, Number: math.Inf(-1)}},
}

// scalar reads a value that is neither an object nor an array.
func (s *Scanner) scalar() (Value, error) {
	c := s.in[s.at]
	if c == '"' {
		text, err := s.string()
		if err != nil {
			return Value{}, err
		}
		return Value{Kind: String, Number: numberIn(text), Text: text}, nil
	}
	if c == '-' || c >= '0' && c <= '9' {
		if v, ok := s.number(); ok {
			return Value{Kind: Number, Number: v}, nil
		}
	}
	for _, w := range words {
		if bytes.HasPrefix(s.in[s.at:], []byte(w.text)) {
			s.at += len(w.text)
			return w.v, nil
		}
	}
	return Value{}, s.wrong("a value")
}

// number reads a number as JSON writes it. One that is too large is infinite.
func (s *Scanner) number() (float64, bool) {
	i := s.at
	digits := func() bool {
		from := i
		for i < len(s.in) && s.in[i] >= '0' && s.in[i] <= '9' {
			i++
		}
		return i > from
	}
	if s.in[i] == '-' {
		i++
	}
	zero := i < len(s.in) && s.in[i] == '0'
	from := i
	if !digits() || zero && i > from+1 {
		return 0, false
	}
	if i < len(s.in) && s.in[i] == '.' {
		if i++; !digits() {
			return 0, false
		}
	}
	if i < len(s.in) && (s.in[i] == 'e' || s.in[i] == 'E') {
		if i++; i < len(s.in) && (s.in[i] == '+' || s.in[i] == '-') {
			i++
		}
		if !digits() {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(string(s.in[s.at:i]), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	s.at = i
	return v, true
}

// numberIn is the number that a string holds, NaN for none.
func numberIn(text []byte) float64 {
	if len(text) == 0 || len(text) > 32 || bytes.IndexByte([]byte("+-.0123456789nNiI"), text[0]) < 0 {
		return math.NaN() // as most are: an error would take memory
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return math.NaN()
	}
	return v
}

// string reads a string whose quote comes next.
func (s *Scanner) string() ([]byte, error) {
	s.at++
	from := s.at
	for s.at < len(s.in) {
		switch c := s.in[s.at]; {
		case c == '"':
			s.at++
			return s.in[from : s.at-1], nil
		case c == '\\':
			return s.escaped(from)
		case c < ' ':
			return nil, s.wrong("no control character")
		}
		s.at++
	}
	return nil, s.wrong("the end of a string")
}

// escapes are the characters after a backslash and what they stand for.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped goes on with a string in which something is escaped.
func (s *Scanner) escaped(from int) ([]byte, error) {
	// A key and the text of its value are never needed at once but while the key is appended, which copies it.
	s.text = append(s.text[:0], s.in[from:s.at]...)
	for s.at < len(s.in) {
		c := s.in[s.at]
		s.at++
		switch {
		case c == '"':
			return s.text, nil
		case c < ' ':
			s.at--
			return nil, s.wrong("no control character")
		case c != '\\':
			s.text = append(s.text, c)
			continue
		case s.at == len(s.in):
			return nil, s.wrong("an escaped character")
		}
		c = s.in[s.at]
		if c == 'u' {
			r, ok := s.unicode()
			if !ok {
				return nil, s.wrong("four hexadecimal digits")
			}
			s.text = utf8.AppendRune(s.text, r)
			continue
		}
		if escapes[c] == 0 {
			return nil, s.wrong("an escaped character")
		}
		s.text = append(s.text, escapes[c])
		s.at++
	}
	return nil, s.wrong("the end of a string")
}

// unicode reads the hexadecimal digits after a u, and those of a second half after that.
func (s *Scanner) unicode() (rune, bool) {
	half := func(at int) (rune, bool) {
		if at+5 > len(s.in) || s.in[at] != 'u' {
			return 0, false
		}
		v, err := strconv.ParseUint(string(s.in[at+1:at+5]), 16, 16)
		return rune(v), err == nil
	}
	r, ok := half(s.at)
	if !ok {
		return 0, false
	}
	s.at += 5
	if r < 0xd800 || r > 0xdfff {
		return r, true
	}
	if r < 0xdc00 && s.at < len(s.in) && s.in[s.at] == '\\' {
		if low, ok := half(s.at + 1); ok && low >= 0xdc00 && low <= 0xdfff {
			s.at += 6
			return (r-0xd800)<<10 + (low - 0xdc00) + 0x10000, true
		}
	}
	return utf8.RuneError, true
}

// skip goes past an array whose bracket comes next.
func (s *Scanner) skip(depth int) error {
	if depth >= maxDepth {
		return s.wrong("fewer arrays in each other")
	}
	s.at++
	if s.take(']') {
		return nil
	}
	for {
		s.space()
		if s.at == len(s.in) {
			return s.wrong("a value")
		}
		var err error
		switch s.in[s.at] {
		case '[':
			err = s.skip(depth + 1)
		case '{':
			each := s.each
			s.each = func([]byte, Value) error { return nil }
			err = s.object(depth + 1)
			s.each = each
		default:
			_, err = s.scalar()
		}
		if err != nil {
			return err
		}
		if s.take(']') {
			return nil
		}
		if !s.take(',') {
			return s.wrong("a comma or a bracket")
		}
	}
}
