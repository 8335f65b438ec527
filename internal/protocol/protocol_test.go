package protocol

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// compare takes NaN for equal to itself, and nothing for an empty list.
var compare = cmp.Options{
	cmpopts.EquateNaNs(), cmpopts.EquateEmpty(),
	cmp.Comparer(func(a, b Number) bool { return a == b || a != a && b != b }),
}

func number(v float64) *Number {
	n := Number(v)
	return &n
}

// one reads the only message in a text.
func one(t *testing.T, text string) *Message {
	t.Helper()
	m, err := NewReader(strings.NewReader(text)).Next()
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return m
}

func TestMessages(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		text string
		want Message
	}{
		{`{"type":"hello","v":1,"name":"mlp","later":[1,{"x":2}],"n":3}`, Message{Type: Hello, Version: 1, Name: "mlp", V: nan, Step: nan}},
		{
			`{"type":"hello","v":2,"tunables":[{"name":"lr","value":NaN,"min":0,"max":Infinity,"scale":"log","doc":"a\nb"},` +
				`{"name":"n","value":"4","min":null,"integer":true,"choices":[2,4,-Infinity]}]}`,
			Message{Type: Hello, Version: 2, V: nan, Step: nan, Tunables: []Tunable{
				{Name: "lr", Value: Number(nan), Min: number(0), Max: number(inf), Scale: ScaleLog, Doc: "a·b"},
				{Name: "n", Value: 4, Integer: true, Choices: []Number{2, 4, Number(-inf)}},
			}},
		},
		{
			`{"step":12,"loss":0.43,"type":"metrics","acc":NaN,"up":"Infinity","down":-Infinity,"none":null,"word":"no","on":true,"list":[1],"in":{"a":1}}`,
			Message{Type: Metrics, Step: 12, Values: []Value{{"loss", 0.43}, {"acc", nan}, {"up", inf}, {"down", -inf}, {"none", nan}, {"in.a", 1}}},
		},
		{`{"type":"metrics"}`, Message{Type: Metrics, Step: nan}},
		{`{"type":"metrics","step":null,"type":7}`, Message{Type: Metrics, Step: nan}},
		{`{"type":"applied","id":7,"name":"lr","value":5e-4,"step":13}`, Message{Type: Applied, ID: 7, Name: "lr", V: 5e-4, Step: 13}},
		{`{"type":"applied","name":"lr","value":-Infinity}`, Message{Type: Applied, Name: "lr", V: -inf, Step: nan}},
		{`{"type":"applied","name":"lr","value":null}`, Message{Type: Applied, Name: "lr", V: nan, Step: nan}},
		{`{"type":"refused","id":7,"why":"\u001b[2J NaN \" Infinity","value":NaN}`, Message{Type: Refused, ID: 7, Why: `·[2J NaN " Infinity`, V: nan, Step: nan}},
		{`{"type":"state","state":"saved","step":3,"text":"model.pt"}`, Message{Type: State, State: Saved, Step: 3, Text: "model.pt", V: nan}},
		{"\r\n{\"type\":\"dance\",\"x\":1}\n\n{\"type\":\"state\",\"state\":\"paused\"}", Message{Type: State, State: Paused, Step: nan, V: nan}},
	} {
		if diff := cmp.Diff(&c.want, one(t, c.text), compare); diff != "" {
			t.Errorf("%s\n%s", c.text, diff)
		}
	}
}

// What is no message is told in plain words, and what comes after it is read.
func TestMalformed(t *testing.T) {
	for _, c := range []struct{ text, says string }{
		{`{`, "where a name in quotes should be"},
		{`[1]`, "where an object should be"},
		{"\x00\x01\xff", "where an object should be"},
		{`{"v":1}`, "it has no type"},
		{`{"type":7}`, "it has no type"},
		{`{"type":"hello","v":"one"}`, "its v is a string"},
		{`{"type":"hello","v":1,"tunables":{"name":"lr"}}`, "where a list should be"},
		{`{"type":"hello","v":1,"tunables":[{"name":"lr","value":true}]}`, "true is no number"},
		{`{"type":"hello","v":1,"tunables":[{"name":"lr","value":{"x":1}}]}`, "is no number"},
		{`{"type":"hello","v":1,"tunables":[{"name":"lr","value":{}}]}`, "{} is no number"},
		{`{"type":"hello","v":1,"tunables":[{"name":"lr","value":"fast"}]}`, `"fast" is no number`},
		{`{"type":"applied","id":-1,"name":"lr","value":1}`, "its id is a number -1"},
		{`{"type":"applied","id":1,"name":"lr"}`, "no value"},
		{`{"type":"applied","id":1,"value":1}`, "no name"},
		{`{"type":"refused","why":["x"]}`, "its why is a array"},
		{strings.Repeat("x", MaxLine+1), "more than 1048576 bytes"},
		{`{"type":"metrics","` + strings.Repeat("k", 300) + `":1}`, "a shorter name"},
		{`{"type":"metrics","a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, "fewer arrays"},
	} {
		r := NewReader(strings.NewReader(c.text + "\n" + `{"type":"metrics","step":1}` + "\n"))
		_, err := r.Next()
		var bad *Malformed
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.says) || len(err.Error()) > 1000 {
			t.Errorf("%.80s: %v", c.text, err)
		}
		if m, err := r.Next(); err != nil || m.Type != Metrics || m.Step != 1 {
			t.Errorf("%.80s: %v after it", c.text, err)
		}
		if _, err := r.Next(); err != io.EOF {
			t.Errorf("%.80s: %v at the end", c.text, err)
		}
	}
}

func TestBounds(t *testing.T) {
	m := one(t, `{"type":"metrics"`+repeat(`,"n%":%`, 3*MaxFields)+`}`)
	if len(m.Values) != MaxFields || m.Dropped != 2*MaxFields || m.Values[MaxFields-1] != (Value{"n255", 255}) {
		t.Errorf("%d values, %d dropped", len(m.Values), m.Dropped)
	}
	m = one(t, `{"type":"hello","v":1,"tunables":[{"name":"a","value":1,"choices":[0`+repeat(`,%`, 5000)+`]}`+repeat(`,{"name":"t%","value":%}`, 1000)+`]}`)
	if len(m.Tunables) != MaxTunables || !m.More || len(m.Tunables[0].Choices) != MaxChoices || len(m.Values) != 0 {
		t.Errorf("%d tunables, more: %v, %d choices, %d values", len(m.Tunables), m.More, len(m.Tunables[0].Choices), len(m.Values))
	}
	// Numbers in another message are not those of too many metrics or tunables.
	if m = one(t, `{"type":"hello","v":1`+repeat(`,"n%":%`, 3*MaxFields)+`}`); m.Dropped != 0 || len(m.Values) != 0 {
		t.Errorf("%d dropped, %d values", m.Dropped, len(m.Values))
	}
	long := strings.Repeat("é", 1000)
	m = one(t, `{"type":"state","state":"`+long+`","text":"`+long+`","name":"`+long+`","why":"`+long+`"}`)
	for text, most := range map[string]int{m.State: MaxName, m.Text: MaxText, m.Name: MaxName, m.Why: MaxText} {
		if utf8.RuneCountInString(text) != most {
			t.Errorf("%d characters, not %d", utf8.RuneCountInString(text), most)
		}
	}
	if m = one(t, `{"type":"metrics","`+strings.Repeat("é", 100)+`":1}`); utf8.RuneCountInString(m.Values[0].Name) != MaxName {
		t.Errorf("a name of %d bytes", len(m.Values[0].Name))
	}
}

// repeat writes a text n times, with the number of each in place of %.
func repeat(text string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(text, "%", strconv.Itoa(i)))
	}
	return b.String()
}

// However a line is made up, reading it takes a small multiple of its own memory.
func TestMemoryIsBounded(t *testing.T) {
	for name, text := range map[string]string{
		"tunables": `{"type":"hello","v":1,"tunables":[{}` + strings.Repeat(",{}", MaxLine/3-100) + `]}`,
		"choices":  `{"type":"hello","v":1,"tunables":[{"choices":[0` + strings.Repeat(",0", MaxLine/2-100) + `]}]}`,
		"metrics":  `{"type":"metrics","":0` + strings.Repeat(`,"":0`, MaxLine/5-100) + `}`,
		"type":     `{"type":"` + strings.Repeat("x", MaxLine-100) + `"}`,
		"words":    `{"type":"hello","x":[NaN` + strings.Repeat(",NaN", MaxLine/4-100) + `]}`,
		"number":   `{"type":"hello","tunables":[{"value":[0` + strings.Repeat(",0", MaxLine/2-100) + `]}]}`,
	} {
		if len(text) > MaxLine {
			t.Fatalf("%s: %d bytes", name, len(text))
		}
		r := NewReader(strings.NewReader(text))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = r.Next()
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 24*MaxLine {
			t.Errorf("%s: %d MB", name, used>>20)
		}
	}
}

// A message of metrics like the one before takes no memory.
func TestMetricsTakeNoMemory(t *testing.T) {
	line := `{"type":"metrics","step":12,"loss":0.43,"val_loss":0.51,"lr":1e-3}` + "\n"
	r := NewReader(strings.NewReader(strings.Repeat(line, 400)))
	next := func() {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	next()
	if n := testing.AllocsPerRun(300, next); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// Any JSON line with numbers in it counts, with the number of the step under any of its usual names.
func TestObject(t *testing.T) {
	r := NewReader(nil)
	for _, c := range []struct {
		text string
		step float64
		want []Value
	}{
		{`{"step":3,"loss":1}`, 3, []Value{{"loss", 1}}},
		{`{"loss":1,"global_step":4,"acc":2}`, 4, []Value{{"loss", 1}, {"acc", 2}}},
		{`{"batch":9,"iteration":5,"loss":1}`, 5, []Value{{"batch", 9}, {"loss", 1}}},
		{`{"loss":1,"note":"x","type":"train"}`, math.NaN(), []Value{{"loss", 1}}},
	} {
		m, err := r.Object([]byte(c.text))
		if err != nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		if diff := cmp.Diff(&Message{Type: Metrics, Step: c.step, Values: c.want}, m, compare); diff != "" {
			t.Errorf("%s\n%s", c.text, diff)
		}
	}
	for _, text := range []string{`{}`, `{"step":1}`, `{"note":"x"}`, `{"loss":1`, `1`} {
		if _, err := r.Object([]byte(text)); err == nil {
			t.Errorf("%s has numbers", text)
		}
	}
}

// A command can be read back by any reader of JSON, whatever its name and value, and is no longer than is told.
func TestCommands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := Number(rapid.Float64().Draw(t, "v"))
		want := Command{Type: Set, ID: rapid.Uint64().Draw(t, "id"), Name: Clean(rapid.String().Draw(t, "name"), MaxName), Value: &v}
		line := want.Line()
		var got Command
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, compare); diff != "" || len(line) > MaxCommand || strings.Count(string(line), "\n") != 1 {
			t.Fatalf("%s%s", line, diff)
		}
	})
	for _, c := range []struct {
		cmd  Command
		want string
	}{
		{Command{Type: Welcome, V: Version}, `{"type":"welcome","v":1}`},
		{Command{Type: Stop}, `{"type":"stop"}`},
		{Command{Type: Set, ID: 7, Name: "lr", Value: number(0)}, `{"type":"set","id":7,"name":"lr","value":0}`},
		{Command{Type: Set, ID: 7, Name: "lr", Value: number(math.Inf(-1))}, `{"type":"set","id":7,"name":"lr","value":"-Infinity"}`},
	} {
		if got := string(c.cmd.Line()); got != c.want+"\n" {
			t.Errorf("%s, not %s", got, c.want)
		}
	}
	if worst := (Command{Type: Set, ID: math.MaxUint64, Name: strings.Repeat("<", MaxName), Value: number(-math.MaxFloat64)}).Line(); len(worst) > MaxCommand {
		t.Errorf("%d bytes", len(worst))
	}
}

func TestClean(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"loss", "loss"}, {"a\tb\x00\x1b[m", "a·b··[m"}, {"\xff", "\ufffd"}, {"\u202eevil", "·evil"}, {"Größe 大", "Größe 大"}, {"123456789", "12345678"},
	} {
		if got := Clean(c.in, 8); got != c.want {
			t.Errorf("%q becomes %q, not %q", c.in, got, c.want)
		}
	}
}
