package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"opttui/internal/events"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// eventually waits until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); !is(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("it never came to that: " + what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestStartRefuses(t *testing.T) {
	for _, paths := range [][]string{nil, {"a", ""}} {
		if _, err := Start(paths, Options{}); err == nil {
			t.Errorf("%q can be watched", paths)
		}
	}
	if _, err := Start([]string{"a"}, Options{Every: -1}); err == nil {
		t.Error("a negative time")
	}
}

// Many files at once, of all formats, some of them large, some that come late, with workers: all is read.
func TestWatching(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	const rows = 300
	writers := map[string]func(i int) string{
		"jsonl": func(i int) string { return fmt.Sprintf("{\"step\":%d,\"loss\":%d}\n", i, -i) },
		"csv": func(i int) string {
			if i == 0 {
				return "step,loss\n0,0\n"
			}
			return fmt.Sprintf("%d,%d\n", i, -i)
		},
		"tfevents": func(i int) string {
			return string(events.AppendScalars(nil, 1.69e9, int64(i), []events.Scalar{{Tag: "loss", V: float64(-i)}}))
		},
	}
	const each = 20
	if err := os.Mkdir("runs", 0o700); err != nil {
		t.Fatal(err)
	}
	w, err := Start([]string{"runs"}, Options{Every: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for k := range each {
		for name, row := range writers {
			path := filepath.Join("runs", fmt.Sprint(k), name, "a."+name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			for i := range rows {
				text := row(i)
				half := len(text) / 2
				fmt.Fprint(f, text[:half])
				fmt.Fprint(f, text[half:])
			}
			f.Close()
		}
	}
	eventually(t, "all runs are found", func() bool { return len(w.Runs()) == each*len(writers) })
	for _, r := range w.Runs() {
		eventually(t, "all is read of "+r.View().Name, func() bool { return r.View().Step == rows-1 })
		s := r.View().Series[0]
		if s.Count != rows || s.Last != 1-rows {
			t.Errorf("%s: %d values, the last %v", r.View().Name, s.Count, s.Last)
		}
	}
	eventually(t, "nothing is left", w.CaughtUp)
}

// A large file is read in turns with others, and how far that has come is told.
func TestLargeFile(t *testing.T) {
	dir := t.TempDir()
	large, small := filepath.Join(dir, "large.csv"), filepath.Join(dir, "small.csv")
	writeFile(t, large, "step,loss\n"+strings.Repeat("1,2"+strings.Repeat(" ", 60_000)+"\n", 800))
	writeFile(t, small, "step,loss\n1,2\n")
	w := prepare([]string{large, small}, Options{})
	w.look()
	buf := make([]byte, 64<<10)
	sources := *w.sources.Load()
	turns := 0
	for sources[0].turn(buf, &w.open) {
		if turns++; turns == 1 {
			if got := told(w.Runs()[0]); got != "large.csv: 8 % of 45 MB read" || w.CaughtUp() {
				t.Errorf("it says %q", got)
			}
			sources[1].turn(buf, &w.open)
			if got := dump(w.Runs()[1]); got != "loss 1=2\n" {
				t.Errorf("%q", got)
			}
		}
	}
	if n := w.Runs()[0].View().Series[0].Count; n != 800 || turns < 10 {
		t.Errorf("%d rows in %d turns", n, turns)
	}
	if got := told(w.Runs()[0]); got != "" || !w.CaughtUp() {
		t.Errorf("it says %q", got)
	}
}

// What PyTorch's own writer has written: testdata/README.md. Its last loss is the one that the program printed.
func TestEventsOfTorch(t *testing.T) {
	w := prepare([]string{"testdata/torch"}, Options{})
	w.pass()
	if n := len(w.Runs()); n != 1 {
		t.Fatalf("%d runs", n)
	}
	v := w.Runs()[0].View()
	var b strings.Builder
	for _, s := range v.Series {
		fmt.Fprintf(&b, "%s: %d values to step %v, the last %.8g\n", s.Name, s.Count, s.Step, s.Last)
	}
	want := lines("train/loss: 40 values to step 39, the last 0.025286093", "lr: 40 values to step 39, the last 0.1", "val/loss: 4 values to step 39, the last 0.03792914")
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
	if v.Said != "" || v.Name != "torch" || v.Heard.Sub(v.Started) != 19500*time.Millisecond || v.Started.UnixMilli() != 1690000001250 {
		t.Errorf("%s says %q, begun %v, heard %v", v.Name, v.Said, v.Started.UTC(), v.Heard.UTC())
	}
}
