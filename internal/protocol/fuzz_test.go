package protocol

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzReader: whatever comes, nothing breaks, what is kept is within bounds, and a message after it is read.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		"", "\n", "{}", `{"type":"hello","v":1,"name":"x","tunables":[{"name":"lr","value":1e-3,"min":0,"max":10,"scale":"log"}]}`,
		`{"type":"metrics","step":12,"loss":NaN,"x":"Infinity","y":null,"z":{"a":[1,{"b":2}]}}`,
		`{"type":"applied","id":7,"name":"lr","value":5e-4,"step":13}` + "\n" + `{"type":"refused","id":7,"why":"\u001b"}`,
		`{"type":"state","state":"saved","text":"\ud83d\ude00"}` + "\r\n" + `{"type":"welcome","v":1}`, "\x00\xff{", `{"type":"hello","tunables":[{"choices":[NaN,-Infinity]}]}`,
	} {
		f.Add([]byte(seed))
	}
	const last = `{"type":"state","state":"stopped","step":31337,"text":"the last"}`
	f.Fuzz(func(t *testing.T, data []byte) {
		r := NewReader(bytes.NewReader(append(append(bytes.Clone(data), '\n'), last+"\n"...)))
		object := NewReader(nil)
		for _, line := range bytes.Split(data, []byte("\n")) {
			if m, err := object.Object(line); err == nil {
				within(t, m)
			}
		}
		seen := false
		for range bytes.Count(data, []byte("\n")) + 3 {
			m, err := r.Next()
			var bad *Malformed
			switch {
			case err == io.EOF:
				if !seen {
					t.Fatal("the last message is lost")
				}
				return
			case errors.As(err, &bad):
				continue
			case err != nil:
				t.Fatal(err)
			}
			within(t, m)
			seen = m.Type == State && m.State == Stopped && m.Step == 31337 && m.Text == "the last"
		}
		t.Fatal("it reads more messages than there are lines")
	})
}

// within asserts that a message is within the bounds.
func within(t *testing.T, m *Message) {
	texts := map[string]int{m.Name: MaxName, m.Why: MaxText, m.State: MaxName, m.Text: MaxText}
	if len(m.Values) > MaxFields || len(m.Tunables) > MaxTunables || m.Type != Metrics && len(m.Values) > 0 {
		t.Fatalf("%s: %d values, %d tunables", m.Type, len(m.Values), len(m.Tunables))
	}
	for _, v := range m.Values {
		texts[v.Name] = MaxName
	}
	for _, u := range m.Tunables {
		texts[u.Name], texts[u.Scale] = MaxName, MaxName
		if _, ok := texts[u.Doc]; !ok {
			texts[u.Doc] = MaxText
		}
		if len(u.Choices) > MaxChoices {
			t.Fatalf("%d choices", len(u.Choices))
		}
	}
	for text, most := range texts {
		if utf8.RuneCountInString(text) > most {
			t.Fatalf("%q has more than %d characters", text, most)
		}
		for _, r := range text {
			if !unicode.IsGraphic(r) {
				t.Fatalf("%q has a control character", text)
			}
		}
	}
}
