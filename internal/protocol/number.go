package protocol

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"

	"opttui/internal/jsonl"
)

// Number is a number as programs write it: NaN and the infinities are words, in quotes or not, or null.
type Number float64

// UnmarshalJSON implements json.Unmarshaler.
func (n *Number) UnmarshalJSON(text []byte) error {
	var s jsonl.Scanner
	is := false
	err := s.Scan(append(append([]byte(`{"n":`), text...), '}'), func(key []byte, v jsonl.Value) error {
		is = string(key) == "n" && v.Kind != jsonl.Array && v.Kind != jsonl.Bool && (v.Kind != jsonl.String || numeric(v))
		*n = Number(v.Number)
		return jsonl.ErrStop
	})
	if err != nil || !is {
		return fmt.Errorf("%s is no number", Clean(string(text[:min(len(text), MaxName)]), MaxName))
	}
	return nil
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

// Choices are the values that a tunable can have. Those beyond MaxChoices are left out when they are read.
type Choices []Number

// UnmarshalJSON implements json.Unmarshaler.
func (c *Choices) UnmarshalJSON(text []byte) (err error) {
	*c, _, err = list[Number](text, MaxChoices)
	return err
}

// tunables are those of a greeting.
type tunables struct {
	all  []Tunable
	more bool // than MaxTunables
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *tunables) UnmarshalJSON(text []byte) (err error) {
	t.all, t.more, err = list[Tunable](text, MaxTunables)
	return err
}

// list reads a JSON array, so many elements of it at the most, whatever memory the rest would take. null is an empty one.
func list[T any](text []byte, most int) (kept []T, more bool, err error) {
	if string(text) == "null" {
		return nil, false, nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, false, fmt.Errorf("there is %s, where a list should be", Clean(string(text[:min(len(text), MaxName)]), MaxName))
	}
	for d.More() {
		if len(kept) == most {
			return kept, true, nil
		}
		var element T
		if err := d.Decode(&element); err != nil {
			return nil, false, err
		}
		kept = append(kept, element)
	}
	return kept, false, nil
}
