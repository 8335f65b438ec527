// Package protocol is how a training program and opttui talk: lines of JSON over a Unix socket whose path the program
// finds in the environment. docs/protocol.md describes it, docs/protocol.schema.json has it as a JSON schema.
//
// Everything a program sends is bounded here, so that one that is broken or hostile costs little memory: what is
// beyond the bounds is passed over and told.
package protocol

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode"

	"opttui/internal/jsonl"
)

// Version is the version of the protocol.
const Version = 1

// Environment is the variable with the path of the socket.
const Environment = "OPTTUI_SOCKET"

// Printing is the variable that asks a program, by "stdout", to print its numbers as lines of JSON, where there is no
// socket: on another machine, behind a scheduler.
const Printing = "OPTTUI_METRICS"

// Bounds of what a program may send.
const (
	MaxLine     = 1 << 20 // bytes
	MaxFields   = 256     // numbers in a metrics message
	MaxTunables = 64
	MaxName     = 64  // characters of a name
	MaxText     = 500 // characters of a reason
)

// Kinds of messages. Those of a program are Hello, Metrics, Applied, Refused and State, the others are sent to it.
const (
	Hello      = "hello"
	Metrics    = "metrics"
	Applied    = "applied"
	Refused    = "refused"
	State      = "state"
	Welcome    = "welcome"
	Set        = "set"
	Pause      = "pause"
	Resume     = "resume"
	Checkpoint = "checkpoint"
	Stop       = "stop"
)

// States that a program tells of.
const (
	Running = "running"
	Paused  = "paused"
	Saved   = "saved" // a checkpoint has been written
	Stopped = "stopped"
)

// Tunable is a number of the program that can be changed while it runs. Its bounds are nil where there are none.
type Tunable struct {
	Name    string   `json:"name"`
	Value   Number   `json:"value"`
	Min     *Number  `json:"min,omitempty"`
	Max     *Number  `json:"max,omitempty"`
	Scale   string   `json:"scale,omitempty"` // "log" or "linear"; "" is linear
	Integer bool     `json:"integer,omitempty"`
	Choices []Number `json:"choices,omitempty"` // the only values, in order
	Doc     string   `json:"doc,omitempty"`
}

// Value is a number with its name.
type Value struct {
	Name string
	V    float64
}

// Message is what a program has sent. Of its fields those of its kind are set.
type Message struct {
	Type     string
	Version  int       // Hello
	Name     string    // Hello: of the program; Applied: of the tunable
	Tunables []Tunable // Hello
	ID       uint64    // Applied, Refused: of the command
	Why      string    // Refused
	State    string    // State
	Text     string    // State: where a checkpoint is, or another word on it
	V        float64   // Applied: the value
	Step     float64   // NaN where none is told
	Values   []Value   // Metrics: in memory that the next message overwrites
	Dropped  int       // Metrics: values beyond MaxFields
}

// Number is a number as programs write it: NaN and the infinities are words, in quotes or not, or null.
type Number float64

// UnmarshalJSON implements json.Unmarshaler.
func (n *Number) UnmarshalJSON(text []byte) error {
	var s jsonl.Scanner
	return s.Scan(append(append([]byte(`{"n":`), text...), '}'), func(_ []byte, v jsonl.Value) error {
		if v.Kind == jsonl.Array || v.Kind == jsonl.Bool {
			return fmt.Errorf("%s is no number", text)
		}
		*n = Number(v.Number)
		return nil
	})
}

// MarshalJSON implements json.Marshaler. What is not finite is written as a word in quotes, which is JSON.
func (n Number) MarshalJSON() ([]byte, error) {
	switch v := float64(n); {
	case math.IsNaN(v):
		return []byte(`"NaN"`), nil
	case math.IsInf(v, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(v, -1):
		return []byte(`"-Infinity"`), nil
	default:
		return json.Marshal(v)
	}
}

// Reader reads a program's messages.
type Reader struct {
	lines   *jsonl.Lines
	scanner jsonl.Scanner
	message Message
	kind    string
}

// NewReader reads from r.
func NewReader(r io.Reader) *Reader { return &Reader{lines: jsonl.NewLines(r, MaxLine)} }

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
	r.kind = ""
	if err := r.scanner.Scan(line, r.field); err != nil {
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
	if err := r.scanner.Scan(line, r.field); err != nil {
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
		V        int       `json:"v"`
		Name     string    `json:"name"`
		Tunables []Tunable `json:"tunables"`
		ID       uint64    `json:"id"`
		Why      string    `json:"why"`
		State    string    `json:"state"`
		Text     string    `json:"text"`
		Value    Number    `json:"value"`
	}
	if err := json.Unmarshal(words(line), &in); err != nil {
		return err
	}
	m := &r.message
	m.Version, m.ID, m.V = in.V, in.ID, float64(in.Value)
	m.Name, m.Why, m.State, m.Text = Clean(in.Name, MaxName), Clean(in.Why, MaxText), Clean(in.State, MaxName), Clean(in.Text, MaxText)
	if len(in.Tunables) > MaxTunables {
		in.Tunables, m.Dropped = in.Tunables[:MaxTunables], len(in.Tunables)-MaxTunables
	}
	for i := range in.Tunables {
		t := &in.Tunables[i]
		t.Name, t.Doc = Clean(t.Name, MaxName), Clean(t.Doc, MaxText)
	}
	m.Tunables = in.Tunables
	return nil
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

// Clean makes a text fit for the screen: no control characters, no more than so many characters.
func Clean(text string, most int) string {
	n := 0
	return strings.Map(func(r rune) rune {
		if n++; n > most {
			return -1
		}
		if !unicode.IsGraphic(r) {
			return '·'
		}
		return r
	}, text)
}

// Command is what is sent to a program.
type Command struct {
	Type  string  `json:"type"`
	V     int     `json:"v,omitempty"` // Welcome
	ID    uint64  `json:"id,omitempty"`
	Name  string  `json:"name,omitempty"`  // Set
	Value *Number `json:"value,omitempty"` // Set
}

// Line is the command as it is sent.
func (c Command) Line() []byte {
	text, err := json.Marshal(c)
	if err != nil {
		panic("protocol: " + err.Error()) // cannot be: it has nothing but texts and numbers
	}
	return append(text, '\n')
}
