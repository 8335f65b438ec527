// Package clients_test checks the clients and the documents of the protocol against what opttui itself reads and writes.
package clients_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"opttui/internal/leak"

	opttui "opttui/clients/go"
	"opttui/internal/protocol"
)

func TestMain(m *testing.M) { leak.Main(m) }

// schema is that of one kind of lines: "fromProgram", "fromOpttui" or "" for any.
func schema(t *testing.T, which string) func(line string) error {
	t.Helper()
	c := jsonschema.NewCompiler()
	at := "../docs/protocol.schema.json"
	if which != "" {
		at += "#/$defs/" + which
	}
	s, err := c.Compile(at)
	if err != nil {
		t.Fatal(err)
	}
	return func(line string) error {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			return err
		}
		return s.Validate(v)
	}
}

func TestSchemaOfCommands(t *testing.T) {
	valid := schema(t, "fromOpttui")
	v := protocol.Number(5e-4)
	for _, c := range []protocol.Command{
		{Type: protocol.Welcome, V: protocol.Version},
		{Type: protocol.Set, ID: math.MaxUint64, Name: strings.Repeat("é", protocol.MaxName), Value: &v},
		{Type: protocol.Pause}, {Type: protocol.Resume}, {Type: protocol.Checkpoint}, {Type: protocol.Stop},
	} {
		if err := valid(string(c.Line())); err != nil {
			t.Errorf("%s: %v", c.Line(), err)
		}
	}
}

// What the schema takes, opttui reads, and what it does not take is something that opttui changes or does not read.
func TestSchemaAndReader(t *testing.T) {
	valid := schema(t, "fromProgram")
	long := strings.Repeat("x", protocol.MaxText+1)
	for _, c := range []struct {
		line string
		ok   bool
	}{
		{`{"type":"hello","v":1}`, true},
		{`{"type":"hello","v":1,"name":"","tunables":[{"name":"a","value":"NaN","min":null,"max":1,"scale":"log1m","integer":true,"choices":[1],"doc":"d","new":{}}],"new":1}`, true},
		{`{"type":"metrics"}`, true},
		{`{"type":"metrics","step":null,"loss":"Infinity","a":{"b":1},"c":"text"}`, true},
		{`{"type":"applied","name":"lr","value":null}`, true},
		{`{"type":"applied","name":"lr"}`, false},
		{`{"type":"applied","name":"lr","value":1,"id":0,"step":1.5}`, true},
		{`{"type":"refused","id":18446744073709551615,"why":"` + long[1:] + `"}`, true},
		{`{"type":"state","state":"saved","text":"x"}`, true},
		{`{"type":"hello"}`, false},
		{`{"type":"hello","v":2}`, false},
		{`{"type":"hello","v":1,"tunables":[{"name":"","value":1}]}`, false},
		{`{"type":"hello","v":1,"tunables":[{"name":"a","value":"fast"}]}`, false},
		{`{"type":"metrics","` + long[:protocol.MaxName+1] + `":1}`, false},
		{`{"type":"applied","id":-1,"name":"lr","value":1}`, false},
		{`{"type":"applied","id":1,"value":1}`, false},
		{`{"type":"refused","why":"` + long + `"}`, false},
		{`{"type":"state","state":"dancing"}`, false},
		{`{"type":"dance"}`, false},
		{`{"type":"set","id":1,"name":"lr","value":1}`, false},
		{`{}`, false}, {`[]`, false},
	} {
		if err := valid(c.line); (err == nil) != c.ok {
			t.Errorf("%.100s: %v", c.line, err)
		}
		if _, err := protocol.NewReader(strings.NewReader(c.line)).Next(); c.ok && err != nil {
			t.Errorf("%.100s is not read: %v", c.line, err)
		}
	}
}

// docs is docs/protocol.md.
func docs(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDocsNameEverything(t *testing.T) {
	text := docs(t)
	names := []string{
		protocol.Hello, protocol.Metrics, protocol.Applied, protocol.Refused, protocol.State, protocol.Welcome, protocol.Set, protocol.Pause,
		protocol.Resume, protocol.Checkpoint, protocol.Stop, protocol.Running, protocol.Paused, protocol.Saved, protocol.Stopped,
		protocol.ScaleLinear, protocol.ScaleLog, protocol.ScaleLogOneMinus, protocol.Environment, protocol.Printing, "state", "step", "text", "why", "epoch", `"NaN"`, `"Infinity"`, `"-Infinity"`,
	}
	names = append(names, protocol.StepNames...)
	for _, of := range []reflect.Type{reflect.TypeFor[protocol.Tunable](), reflect.TypeFor[protocol.Command]()} {
		for i := range of.NumField() {
			name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	for _, n := range names {
		if !strings.Contains(text, "`"+n+"`") {
			t.Errorf("docs/protocol.md does not tell of `%s`", n)
		}
	}
	for name, bound := range map[string]int{
		"MaxLine": protocol.MaxLine, "MaxFields": protocol.MaxFields, "MaxTunables": protocol.MaxTunables, "MaxChoices": protocol.MaxChoices,
		"MaxName": protocol.MaxName, "MaxText": protocol.MaxText, "MaxCommand": protocol.MaxCommand,
	} {
		found := false
		for _, row := range strings.Split(text, "\n") {
			found = found || strings.Contains(row, "(`"+name+"`)") && strings.Contains(row, fmt.Sprintf("| %d ", bound))
		}
		if !found {
			t.Errorf("no row of docs/protocol.md says that %s is %d", name, bound)
		}
	}
	if !strings.Contains(text, fmt.Sprintf("This is version %d.", protocol.Version)) {
		t.Error("docs/protocol.md tells another version")
	}
}

// What the docs show is valid, and read.
func TestExamplesInDocs(t *testing.T) {
	valid := schema(t, "")
	n := 0
	for i, block := range strings.Split(docs(t), "```") {
		if lines, ok := strings.CutPrefix(block, "json\n"); ok && i%2 == 1 {
			for line := range strings.Lines(lines) {
				n++
				if err := valid(line); err != nil {
					t.Errorf("%s: %v", line, err)
				}
			}
		}
	}
	if n < 8 {
		t.Errorf("there are %d examples", n)
	}
}

// talk lets a program say all that it can, and returns its lines. act begins it, with the path of the socket.
func talk(t *testing.T, act func(path string)) (lines []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	act(path)
	_ = l.(*net.UnixListener).SetDeadline(time.Now().Add(time.Minute))
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	v, bad := protocol.Number(0.5), protocol.Number(-1)
	for _, c := range []protocol.Command{
		{Type: protocol.Welcome, V: protocol.Version}, {Type: protocol.Set, ID: 1, Name: "lr", Value: &v}, {Type: protocol.Set, ID: 2, Name: "lr", Value: &bad},
		{Type: protocol.Checkpoint}, {Type: protocol.Pause}, {Type: protocol.Resume}, {Type: protocol.Stop},
	} {
		if _, err := conn.Write(c.Line()); err != nil {
			t.Fatal(err)
		}
	}
	in := bufio.NewScanner(conn)
	for in.Scan() {
		lines = append(lines, in.Text())
	}
	return lines
}

// check asserts that lines are valid and read as they are, and that all kinds of messages are among them.
func check(t *testing.T, lines []string) {
	t.Helper()
	valid := schema(t, "fromProgram")
	missing := map[string]bool{protocol.Hello: true, protocol.Metrics: true, protocol.Applied: true, protocol.Refused: true, protocol.State: true,
		protocol.Running: true, protocol.Paused: true, protocol.Saved: true, protocol.Stopped: true}
	for _, line := range lines {
		if err := valid(line); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		m, err := protocol.NewReader(strings.NewReader(line)).Next()
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		delete(missing, m.Type)
		delete(missing, m.State)
		var fields map[string]json.RawMessage
		if err := json.NewDecoder(bytes.NewReader([]byte(line))).Decode(&fields); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if m.Type == protocol.Metrics && len(m.Values) != len(fields)-2 {
			t.Errorf("%s: %v", line, m.Values)
		}
	}
	if len(missing) > 0 {
		t.Errorf("there is no %v in %s", missing, strings.Join(lines, "\n"))
	}
}

func TestGoClientIsValid(t *testing.T) {
	done := make(chan bool)
	check(t, talk(t, func(path string) {
		t.Setenv(opttui.Environment, path)
		go func() {
			defer close(done)
			run := opttui.Connect("a \"name\" <é>")
			run.Tune("lr", 0.1, opttui.Options{Max: 1, Scale: "log", Doc: "how fast"})
			run.Tune("n", math.NaN(), opttui.Options{Integer: true, Choices: []float64{1, 2}})
			run.OnCheckpoint(func() (string, error) { return "a.gob", nil })
			for step := 0; !run.Stopping(); step++ {
				run.Log(step, opttui.Metrics{"loss": 1, "bad": math.NaN(), "up": math.Inf(1), "": -1e300})
			}
			run.Close()
		}()
	}))
	<-done
}
