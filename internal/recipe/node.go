package recipe

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// kind is what a JSON value is.
type kind string

const (
	object  kind = "an object in {}"
	array   kind = "a list in []"
	text    kind = "a text in quotes"
	number  kind = "a number"
	boolean kind = "true or false"
	null    kind = "null"
)

// node is a JSON value with the line on which it begins.
type node struct {
	kind   kind
	line   int
	raw    []byte // as it stands in the file; of texts, numbers and words
	text   string // of texts
	fields []field
	items  []*node
}

// field is one of an object's, in the order of the file.
type field struct {
	name  string
	line  int
	value *node
}

// parse reads one JSON value. Errors are *lineError.
func parse(data []byte) (*node, error) {
	var all json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		at := int64(len(data))
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) && !strings.HasPrefix(syntax.Error(), "unexpected end") {
			at = syntax.Offset - 1
		}
		end := bytes.TrimRight(data[:max(at, 0)], " \t\r\n")
		if int(at) < len(data) {
			end = data[:max(at, 0)]
		}
		return nil, &lineError{line: 1 + bytes.Count(end, []byte("\n")), err: err}
	}
	p := parser{data: data, dec: json.NewDecoder(bytes.NewReader(data)), line: 1}
	p.dec.UseNumber()
	return p.value()
}

// parser reads tokens that are known to be valid, and counts lines.
type parser struct {
	data []byte
	dec  *json.Decoder
	seen int // bytes up to which lines have been counted
	line int
}

// next returns the next token, where it begins and on which line.
func (p *parser) next() (token json.Token, begin int, err error) {
	begin = int(p.dec.InputOffset())
	for begin < len(p.data) && strings.IndexByte(" \t\r\n,:", p.data[begin]) >= 0 {
		begin++
	}
	p.line += bytes.Count(p.data[p.seen:begin], []byte("\n"))
	p.seen = begin
	token, err = p.dec.Token()
	return token, begin, err
}

func (p *parser) value() (*node, error) {
	token, begin, err := p.next()
	if err != nil {
		return nil, &lineError{line: p.line, err: err}
	}
	n := &node{line: p.line}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			n.kind = object
			return n, p.object(n)
		}
		n.kind = array
		return n, p.array(n)
	case string:
		n.kind, n.text = text, t
	case json.Number:
		n.kind = number
	case bool:
		n.kind = boolean
	default:
		n.kind = null
	}
	n.raw = p.data[begin:p.dec.InputOffset()]
	return n, nil
}

func (p *parser) object(n *node) error {
	for p.dec.More() {
		token, _, err := p.next()
		if err != nil {
			return &lineError{line: p.line, err: err}
		}
		name, _ := token.(string)
		f := field{name: name, line: p.line}
		if f.value, err = p.value(); err != nil {
			return err
		}
		n.fields = append(n.fields, f)
	}
	_, _, err := p.next()
	return err
}

func (p *parser) array(n *node) error {
	for p.dec.More() {
		item, err := p.value()
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	_, _, err := p.next()
	return err
}
