package protocol

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"opttui/internal/jsonl"
)

// Reader reads a program's messages.
type Reader struct {
	lines   *jsonl.Lines
	scanner jsonl.Scanner
	message Message
	kind    string
	valued  bool                                  // there is a field "value"
	each    func(key []byte, v jsonl.Value) error // field, made once
}

// NewReader reads from r.
func NewReader(r io.Reader) *Reader {
	n := &Reader{lines: jsonl.NewLines(r, MaxLine)}
	n.each = n.field
	return n
}

// Malformed is a line that is no message. The next one can be read after it.
type Malformed struct{ Why string }

func (m *Malformed) Error() string { return m.Why }

func malformed(format string, args ...any) error { return &Malformed{fmt.Sprintf(format, args...)} }

// Next returns the next message, which the one after it overwrites. Messages of kinds that are not known are passed over: a
// later version may send them. The error is a *Malformed, or that of the connection.
func (r *Reader) Next() (*Message, error) {
	for {
		line, err := r.lines.Next()
		if errors.Is(err, jsonl.ErrLong) {
			return nil, malformed("a message of more than %d bytes was passed over", MaxLine)
		}
		if err != nil {
			return nil, err
		}
		if len(line) == 0 {
			continue
		}
		known, err := r.read(line)
		if err != nil {
			return nil, malformed("a line is no message: %v", err)
		}
		if known {
			return &r.message, nil
		}
	}
}

// read reads a line, and reports whether its kind is known.
func (r *Reader) read(line []byte) (known bool, err error) {
	m := &r.message
	*m = Message{Values: m.Values[:0], Step: math.NaN()}
	r.kind, r.valued = "", false
	if err := r.scanner.Scan(line, r.each); err != nil {
		return false, err
	}
	switch m.Type = r.kind; m.Type {
	case Metrics:
		return true, nil
	case Hello, Applied, Refused, State:
		return true, r.whole(line)
	case "":
		return false, errors.New("it has no type")
	default:
		return false, nil
	}
}

// StepNames are what programs call the number of a step, the usual ones first.
var StepNames = []string{"step", "global_step", "iteration", "iter", "steps", "_step", "update", "batch"}

// Object reads a line with any object as a metrics message: what a program prints that knows nothing of the protocol. It has
// numbers in it, or there is an error. The message is overwritten by the next one.
func (r *Reader) Object(line []byte) (*Message, error) {
	m := &r.message
	*m = Message{Type: Metrics, Values: m.Values[:0], Step: math.NaN()}
	if err := r.scanner.Scan(line, r.each); err != nil {
		return nil, err
	}
	for i := 1; i < len(StepNames) && m.Step != m.Step; i++ {
		at := slices.IndexFunc(m.Values, func(v Value) bool { return v.Name == StepNames[i] })
		if at >= 0 {
			m.Step = m.Values[at].V
			m.Values = slices.Delete(m.Values, at, at+1)
		}
	}
	if len(m.Values) == 0 {
		return nil, errors.New("it has no numbers")
	}
	return m, nil
}

// field takes in what may be a value of a metrics message.
func (r *Reader) field(key []byte, v jsonl.Value) error {
	m := &r.message
	r.valued = r.valued || string(key) == "value"
	switch {
	case string(key) == "type":
		if v.Kind == jsonl.String {
			r.kind = kindOf(v.Text)
		}
	case string(key) == "step":
		m.Step = v.Number
	case v.Kind == jsonl.Array, v.Kind == jsonl.Bool, v.Kind == jsonl.String && !numeric(v):
	case len(m.Values) == MaxFields:
		m.Dropped++
	default:
		n := len(m.Values)
		if n < cap(m.Values) {
			m.Values = m.Values[:n+1] // the name of last time is nearly always the one of this time
		} else {
			m.Values = append(m.Values, Value{})
		}
		if m.Values[n].Name != string(key) {
			m.Values[n].Name = Clean(string(key), MaxName)
		}
		m.Values[n].V = v.Number
	}
	return nil
}

// kindOf is the name of a kind, without memory for those that are known.
func kindOf(text []byte) string {
	if string(text) == Metrics {
		return Metrics
	}
	return string(text)
}

// numeric tells whether a string is a number, or the word for one that is none.
func numeric(v jsonl.Value) bool {
	return v.Number == v.Number || strings.EqualFold(string(v.Text), "nan")
}

// whole reads a message with other fields than numbers.
func (r *Reader) whole(line []byte) error {
	var in struct {
		V        int      `json:"v"`
		Name     string   `json:"name"`
		Tunables tunables `json:"tunables"`
		ID       uint64   `json:"id"`
		Why      string   `json:"why"`
		State    string   `json:"state"`
		Text     string   `json:"text"`
		Value    Number   `json:"value"`
	}
	if err := json.Unmarshal(words(line), &in); err != nil {
		return plain(err)
	}
	m := &r.message
	m.Values, m.Dropped = m.Values[:0], 0 // what was taken for numbers of a metrics message
	m.Version, m.ID, m.V = in.V, in.ID, math.NaN()
	if r.valued {
		m.V = float64(in.Value)
	} else if m.Type == Applied {
		return errors.New("what was applied has no value")
	}
	if m.Type == Applied && in.Name == "" {
		return errors.New("what was applied has no name")
	}
	m.Name, m.Why, m.State, m.Text = Clean(in.Name, MaxName), Clean(in.Why, MaxText), Clean(in.State, MaxName), Clean(in.Text, MaxText)
	m.Tunables, m.More = in.Tunables.all, in.Tunables.more
	for i := range m.Tunables {
		t := &m.Tunables[i]
		t.Name, t.Doc, t.Scale = Clean(t.Name, MaxName), Clean(t.Doc, MaxText), Clean(t.Scale, MaxName)
	}
	return nil
}

// plain says for people what json.Unmarshal found wrong.
func plain(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("its %s is a %s", wrong.Field, wrong.Value)
	}
	return err
}

// words puts the words for numbers that are not finite into quotes, as JSON has to have them.
func words(line []byte) []byte {
	if json.Valid(line) {
		return line
	}
	var out []byte
	quoted := false
	for i := 0; i < len(line); i++ {
		c := line[i]
		if quoted && c == '\\' && i+1 < len(line) {
			out = append(out, c, line[i+1])
			i++
			continue
		}
		if c == '"' {
			quoted = !quoted
		}
		if !quoted {
			if w := wordAt(line[i:]); w != "" {
				out = append(append(append(out, '"'), w...), '"')
				i += len(w) - 1
				continue
			}
		}
		out = append(out, c)
	}
	return out
}

func wordAt(text []byte) string {
	for _, w := range []string{"NaN", "-Infinity", "Infinity"} {
		if len(text) >= len(w) && string(text[:len(w)]) == w {
			return w
		}
	}
	return ""
}
