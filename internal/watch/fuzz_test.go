package watch

import (
	"os"
	"testing"
	"time"

	"opttui/internal/events"
	"opttui/internal/monitor"
)

// fuzz feeds any bytes to a parser, at once and cut in two, and compares what comes of it.
func fuzz(t *testing.T, f format, text []byte, cut int) {
	cut = min(max(cut, 0), len(text))
	came := time.Unix(1.7e9, 0)
	feed := func(pieces ...[]byte) *monitor.Run {
		s := &sink{run: monitor.NewRun("", came)}
		p := newParser(f, s, "")
		for _, piece := range pieces {
			p.add(piece, came)
		}
		p.idle() // may take a last line
		p.add([]byte("\n1,2\n{\"a\":1}\n"), came)
		return s.run
	}
	a, b := feed(text), feed(text[:cut], text[cut:])
	if x, y := dump(a), dump(b); x != y {
		t.Errorf("cut at %d it is\n%s, not\n%s", cut, y, x)
	}
	if x, y := told(a), told(b); x != y {
		t.Errorf("cut at %d it says %q, not %q", cut, y, x)
	}
	for _, s := range a.View().Series {
		if len(s.Name) > 4*maxName+8 {
			t.Errorf("a name of %d bytes", len(s.Name))
		}
	}
}

func FuzzJSONLog(f *testing.F) {
	for _, s := range []string{`{"step":1,"loss":0.5}` + "\n", "{\"a\":{\"b\":NaN}}\r\nx\n", "{\"epoch\":1,\"iter\":2,\"time\":\"2023-07-22T04:26:40Z\"}\n{\"epoch\":2,\"iter\":1,\"l\":1}", "\xef\xbb\xbf{}"} {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, text []byte, cut int) { fuzz(t, isJSONL, text, cut) })
}

func FuzzCSVLog(f *testing.F) {
	for _, s := range []string{"step,loss\n1,2\n", "a;b\n1,5;\n", "\"a\nb\",\"c\"\"d\"\n1,2\n\"", "#a,b\n1,2\n", ",\n,\n1,1\na,b\n", "a\tb\n1e999\t-inf", "1,\"\"\"\n"} {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, text []byte, cut int) { fuzz(t, isTable, text, cut) })
}

func FuzzEvents(f *testing.F) {
	b := events.AppendScalars(events.AppendVersion(nil, 1), 2, 3, []events.Scalar{{Tag: "loss", V: 0.5}})
	f.Add(b, 20)
	f.Add(b[:len(b)-3], 12)
	f.Add(events.AppendRecord(nil, []byte("\x2a\x05\x0a\x03\x12\x01\x61")), 1)
	if real, err := os.ReadFile("testdata/torch/events.out.tfevents.1690000000.host.1.0"); err == nil {
		f.Add(real[:500], 100)
	}
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		fuzz(t, isEvents, data, cut)
		fuzz(t, isEvents, events.AppendRecord(nil, data), cut)
	})
}

// FuzzFormat: files of which nothing is known.
func FuzzFormat(f *testing.F) {
	f.Add([]byte("1\n"), 1)
	f.Add([]byte("a\n{}\n1,2\n"), 2)
	f.Fuzz(func(t *testing.T, data []byte, cut int) { fuzz(t, unknown, data, cut) })
}
