package jsonl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// told is what Scan told of a line, as text.
func told(line string) (got []string, err error) {
	var s Scanner
	err = s.Scan([]byte(line), func(key []byte, v Value) error {
		text := fmt.Sprint(v.Number)
		if v.Kind == String {
			text = fmt.Sprintf("%q=%v", v.Text, v.Number)
		} else if v.Kind != Number {
			text = fmt.Sprintf("%d:%v", v.Kind, v.Number)
		}
		got = append(got, string(key)+" "+text)
		return nil
	})
	return got, err
}

func TestScan(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string
	}{
		{`{}`, nil},
		{` { "step" : 3 , "loss":-0.25e-1 } ` + "\r", []string{"step 3", "loss -0.025"}},
		{`{"a":NaN,"b":Infinity,"c":-Infinity,"d":null,"e":true,"f":false}`, []string{"a NaN", "b +Inf", "c -Inf", "d 0:NaN", "e 1:1", "f 1:0"}},
		{`{"a":"NaN","b":"1e-3","c":"-inf","d":"adam"}`, []string{`a "NaN"=NaN`, `b "1e-3"=0.001`, `c "-inf"=-Inf`, `d "adam"=NaN`}},
		{`{"train":{"loss":1,"acc":{"top1":2}},"val":{"loss":3},"x":{}}`, []string{"train.loss 1", "train.acc.top1 2", "val.loss 3"}},
		{`{"a":[1,[2,{"b":3}],"x",null],"c":4}`, []string{"a 4:NaN", "c 4"}},
		{`{"\u00e9\n\ud83d\ude00\ud800":1}`, []string{"é\n😀\ufffd 1"}},
		{`{"a":"q\"\\\/\b"}`, []string{`a "q\"\\/\b"=NaN`}},
		{`{"big":1e999,"int":9007199254740993}`, []string{"big +Inf", "int 9.007199254740992e+15"}},
	} {
		got, err := told(c.line)
		if err != nil {
			t.Errorf("%s: %v", c.line, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.line, diff)
		}
	}
}

func TestScanRefuses(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	arrays := `{"a":` + strings.Repeat("[", 1e6) + "}"
	for _, c := range []struct{ line, says string }{
		{"", "the line ends at byte 1, where an object should be"},
		{"[1]", "an object"},
		{"\x7fELF\x02", "an object"},
		{`{"a":1`, "a comma or a brace"},
		{`{"a":1,}`, "a name in quotes"},
		{`{a:1}`, `there is 'a' at byte 2, where a name in quotes should be`},
		{`{"a" 1}`, "a colon"},
		{`{"a":01}`, "a value"},
		{`{"a":1.}`, "a value"},
		{`{"a":+1}`, "a value"},
		{`{"a":nan}`, "a value"},
		{`{"a":"x}`, "the end of a string"},
		{`{"a":"\x"}`, "an escaped character"},
		{`{"a":"\u12g4"}`, "four hexadecimal digits"},
		{"{\"a\":\"\n\"}", "no control character"},
		{`{"a":1}{"b":2}`, "the end of the line"},
		{`{"a":[1 2]}`, "a comma or a bracket"},
		{deep, "fewer objects in each other"},
		{arrays, "fewer arrays in each other"},
		{`{"` + strings.Repeat("x", 300) + `":1}`, "a shorter name"},
	} {
		if _, err := told(c.line); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%.60s: %v, not %q", c.line, err, c.says)
		}
	}
}

// An error of the callback ends the scan.
func TestScanEnds(t *testing.T) {
	var s Scanner
	for _, want := range []error{ErrStop, errors.New("mine")} {
		n := 0
		err := s.Scan([]byte(`{"a":1,"b":{"c":2,"d":3}}`), func([]byte, Value) error {
			if n++; n == 2 {
				return want
			}
			return nil
		})
		if n != 2 || want == ErrStop && err != nil || want != ErrStop && err != want {
			t.Errorf("%v after %d", err, n)
		}
	}
}

// FuzzScan: what encoding/json takes is taken with the same numbers, and what is taken beyond that has a word for a number
// that is not finite in it.
func FuzzScan(f *testing.F) {
	for _, s := range []string{`{"a":1,"b":{"c":[2,{"d":null}]},"e":"x\u00e9"}`, `{"a":NaN}`, `{"a":-0.0e+5,"a":2}`, `{"":{"":1}}`, "{\"\xff\":1}", `{"a":"\ud800"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		got := map[string]float64{}
		var s Scanner
		err := s.Scan(line, func(key []byte, v Value) error {
			if v.Kind == Number {
				got[string(key)] = v.Number
			}
			return nil
		})
		valid := json.Valid(line)
		if err == nil && !valid && !bytes.Contains(line, []byte("NaN")) && !bytes.Contains(line, []byte("Infinity")) {
			t.Fatalf("%q is taken", line)
		}
		var want map[string]any
		if !valid || json.Unmarshal(line, &want) != nil || want == nil {
			return
		}
		if err != nil {
			if strings.Contains(err.Error(), "fewer") || strings.Contains(err.Error(), "shorter") {
				return
			}
			t.Fatalf("%q is not taken: %v", line, err)
		}
		for k, v := range want {
			n, isNumber := v.(float64)
			if !isNumber || strings.ContainsAny(k, ".\ufffd") {
				continue
			}
			if g, ok := got[k]; !ok || g != n {
				t.Errorf("%q: %q is %v (%v), not %v", line, k, g, ok, n)
			}
		}
	})
}

func TestLines(t *testing.T) {
	long := strings.Repeat("x", 200_000)
	text := "a\r\n\nbc\n" + long + "\nd\n" + long[:100_000] + "\ne"
	for name, r := range map[string]io.Reader{
		"whole": strings.NewReader(text), "by bytes": iotest.OneByteReader(strings.NewReader(text)), "late error": iotest.DataErrReader(strings.NewReader(text)),
	} {
		l := NewLines(r, 100_000)
		var got []string
		for {
			line, err := l.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				got = append(got, err.Error())
				continue
			}
			if len(line) > 10 {
				line = fmt.Appendf(nil, "%d bytes", len(line))
			}
			got = append(got, string(line))
		}
		want := []string{"a", "", "bc", ErrLong.Error(), "d", "100000 bytes", "e"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	// The memory of a long line is not kept, and none is taken for what is too long.
	l := NewLines(io.LimitReader(zeros{}, 1<<28), 1000)
	if _, err := l.Next(); err != ErrLong || cap(l.line) > 4000 {
		t.Errorf("%v, %d bytes are kept", err, cap(l.line))
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func BenchmarkScan(b *testing.B) {
	line := []byte(`{"type":"metrics","step":123456,"loss":0.43219876,"val_loss":0.5123,"lr":0.001,"grad_norm":1.2345e-3}`)
	var s Scanner
	sum := 0.0
	each := func(_ []byte, v Value) error { sum += v.Number; return nil }
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Scan(line, each); err != nil {
			b.Fatal(err)
		}
	}
	_ = math.IsNaN(sum)
}
