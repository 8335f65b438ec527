// Package protocol is how a training program and opttui talk: lines of JSON over a Unix socket whose path the program
// finds in the environment. docs/protocol.md describes it, docs/protocol.schema.json has it as a JSON schema.
//
// Everything a program sends is bounded here, so that one that is broken or hostile costs little memory: what is
// beyond the bounds is passed over and told.
package protocol

import (
	"encoding/json"
	"strings"
	"unicode"
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
	MaxChoices  = 64
	MaxName     = 64  // characters of a name
	MaxText     = 500 // characters of a reason
)

// MaxCommand bounds what a program is sent: bytes of a line.
const MaxCommand = 4096

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

// Scales on which a tunable is turned.
const (
	ScaleLinear      = "linear"
	ScaleLog         = "log"
	ScaleLogOneMinus = "log1m" // by its distance from one: rates of decay
)

// Tunable is a number of the program that can be changed while it runs. Its bounds are nil where there are none.
type Tunable struct {
	Name    string  `json:"name"`
	Value   Number  `json:"value"`
	Min     *Number `json:"min,omitempty"`
	Max     *Number `json:"max,omitempty"`
	Scale   string  `json:"scale,omitempty"` // one of the scales, "" for that which the name suggests
	Integer bool    `json:"integer,omitempty"`
	Choices Choices `json:"choices,omitempty"` // the only values, in order
	Doc     string  `json:"doc,omitempty"`
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
	ID       uint64    // Applied, Refused: of the command; 0 for one without, or for a change of the program's own
	Why      string    // Refused
	State    string    // State
	Text     string    // State: where a checkpoint is, or another word on it
	V        float64   // Applied: the value
	Step     float64   // NaN where none is told
	Values   []Value   // Metrics: in memory that the next message overwrites
	Dropped  int       // Metrics: values beyond MaxFields
	More     bool      // Hello: there are more than MaxTunables
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
