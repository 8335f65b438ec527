package watch

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"opttui/internal/events"
)

// someLog makes a log of a format, with what can be wrong in it.
func someLog(t *rapid.T, f format) string {
	n := rapid.IntRange(0, 40).Draw(t, "rows")
	seed := rapid.Uint64().Draw(t, "seed")
	r := rand.New(rand.NewPCG(seed, 0))
	var b []byte
	if f == isTable {
		b = append(b, "epoch,step,\"the loss\",val\n"...)
	}
	for i := range n {
		strange := r.IntN(8) == 0
		switch f {
		case isJSONL:
			b = fmt.Appendf(b, "{\"step\":%d,\"loss\":%v,\"a\":{\"é\":\"NaN\"}}\r\n", i, r.Float32())
			if strange {
				b = append(b, "Epoch [#\x00##\n{\"step\":\n"...)
			}
		case isTable:
			b = fmt.Appendf(b, "%d,%d,\"%v\",\n", i/4, i, r.Float32())
			if strange {
				b = append(b, "1,\"two\nlines\",\"\"\"\",x\n#\n1,2\n"...)
			}
		case isEvents:
			b = events.AppendScalars(b, 1.69e9+float64(i), int64(i), []events.Scalar{{Tag: "loss", V: r.Float64()}, {Tag: "lr", V: 1}})
			if strange {
				at := len(b)
				b = events.AppendRecord(b, make([]byte, r.IntN(30)))
				if r.IntN(2) == 0 {
					b[at+12] ^= 1 // of the data, or of their sum
				}
				b = events.AppendRecord(b, make([]byte, events.MaxRecord*r.IntN(2)+5)) // a picture
			}
		}
	}
	return string(b)
}

// However the writes are cut into pieces, the run is the same as when all of the file is read at once.
func TestPiecesAreAsTheWhole(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom([]format{isJSONL, isTable, isEvents}).Draw(t, "format")
		name := map[format]string{isJSONL: "a.jsonl", isTable: "a.csv", isEvents: "events.out.tfevents.1"}[f]
		if rapid.Bool().Draw(t, "unknown name") {
			name = "a.log"
		}
		text := someLog(t, f)
		n++
		whole, pieces := filepath.Join(dir, fmt.Sprint(n), name), filepath.Join(dir, fmt.Sprint(n, "p"), name)
		for _, path := range []string{whole, pieces} {
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(whole, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		at, err := os.Create(pieces)
		if err != nil {
			t.Fatal(err)
		}
		defer at.Close()
		w := prepare([]string{whole, pieces}, Options{})
		for rest := text; rest != ""; {
			size := min(len(rest), rapid.SampledFrom([]int{1, 2, 3, 11, 12, 13, 20, 50, 300, 5000, 1 << 21}).Draw(t, "size"))
			if _, err := at.WriteString(rest[:size]); err != nil {
				t.Fatal(err)
			}
			rest = rest[size:]
			w.pass()
			if rapid.IntRange(0, 5).Draw(t, "rest") == 0 {
				for _, s := range *w.sources.Load() {
					_ = s.files[0].tail.Close() // as where many files are open
				}
			}
		}
		w.pass()
		runs := w.Runs()
		if diff := cmp.Diff(dump(runs[0]), dump(runs[1])); diff != "" {
			t.Fatal(diff)
		}
		if a, b := told(runs[0]), told(runs[1]); strings.ReplaceAll(b, pieces, whole) != a {
			t.Fatalf("it says %q, not %q", b, a)
		}
	})
}

// A log that is rotated goes on; one that is begun anew takes the place of what was there.
func TestRotationAndTruncation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.csv")
	w := prepare([]string{path}, Options{})
	w.pass()
	if runs := w.Runs(); len(runs) != 1 || runs[0].View().Status != "waiting" || len(w.Notices()) != 1 {
		t.Fatalf("%d runs, %q", len(runs), w.Notices())
	}
	for _, c := range []struct {
		name string
		do   func()
		want string
	}{
		{"created", func() { writeFile(t, path, "step,loss\n1,9\n2,8\n3,") }, "loss 1=9 2=8"},
		{"grown", func() { appendFile(t, path, "7\n") }, "loss 1=9 2=8 3=7"},
		{"rotated without names", func() { rename(t, path, path+".1"); writeFile(t, path, "4,6\n") }, "loss 1=9 2=8 3=7 4=6"},
		{"rotated with others", func() { rename(t, path, path+".2"); writeFile(t, path, "step,lr,loss\n5,1,5\n") }, "loss 1=9 2=8 3=7 4=6 5=5\nlr 5=1"},
		{"rotated after a last line", func() { appendFile(t, path, "6,1,4\n"); rename(t, path, path+".3"); writeFile(t, path, "7,1,3\n") }, "loss 1=9 2=8 3=7 4=6 5=5 6=4 7=3\nlr 5=1 6=1 7=1"},
		{"cut to nothing", func() { writeFile(t, path, "") }, "loss 1=9 2=8 3=7 4=6 5=5 6=4 7=3\nlr 5=1 6=1 7=1"},
		{"begun anew", func() { appendFile(t, path, "step,loss,lr\n1,0.5,2\n") }, "loss 1=0.5\nlr 1=2"},
		{"written anew and longer", func() { writeFile(t, path, "step,loss,lr\n1,0.5,2\n2,0.25,2\n") }, "loss 1=0.5 2=0.25\nlr 1=2 2=2"},
		{"written anew with other columns", func() { writeFile(t, path, "step,lr,loss,val\n1,3,0.5,0.1\n2,3,0.25,0.1\n3,3,0,0\n") }, "loss 1=0.5 2=0.25 3=0\nlr 1=3 2=3 3=3\nval 1=0.1 2=0.1 3=0"},
		{"removed", func() { os.Remove(path) }, "loss 1=0.5 2=0.25 3=0\nlr 1=3 2=3 3=3\nval 1=0.1 2=0.1 3=0"},
		{"a folder in its place", func() { os.Mkdir(path, 0o700) }, "loss 1=0.5 2=0.25 3=0\nlr 1=3 2=3 3=3\nval 1=0.1 2=0.1 3=0"},
		{"back again", func() { os.Remove(path); writeFile(t, path, "step,loss\n4,-1\n") }, "loss 1=0.5 2=0.25 3=0 4=-1\nlr 1=3 2=3 3=3\nval 1=0.1 2=0.1 3=0"},
	} {
		c.do()
		for range failEvery {
			w.pass()
		}
		if diff := cmp.Diff(c.want+"\n", dump(w.Runs()[0])); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// A last line without an end counts after a while, once.
func TestLastLineWithoutAnEnd(t *testing.T) {
	for _, c := range []struct{ name, text, more, want, after string }{
		{"a.jsonl", `{"loss":1}`, "\n{\"loss\":2}\n", "loss 0=1\n", "loss 0=1 1=2\n"},
		{"a.csv", "step,loss\n1,2", "\n2,3\n", "loss 1=2\n", "loss 1=2 2=3\n"},
		{"a.csv", "step,loss\n1,", "5\n2,3\n", "", "loss 1=5 2=3\n"},
		{"a.log", `{"loss":1}`, "\n{\"loss\":2}\n", "loss 0=1\n", "loss 0=1 1=2\n"},
		{"a.log", "1\n2\n", "3\n", "column1 0=1 1=2\n", "column1 0=1 1=2 2=3\n"},
		{"a.jsonl", `{"loss":`, "1}\n", "", "loss 0=1\n"},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		writeFile(t, path, c.text)
		w := prepare([]string{path}, Options{})
		for range tailAfter + slowAfter*slowEvery {
			w.pass()
		}
		if got := dump(w.Runs()[0]); got != c.want {
			t.Errorf("%q: %q, not %q", c.text, got, c.want)
		}
		appendFile(t, path, c.more)
		for range slowEvery {
			w.pass()
		}
		if got := dump(w.Runs()[0]); got != c.after {
			t.Errorf("%q and %q: %q, not %q", c.text, c.more, got, c.after)
		}
	}
}

func TestFolders(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	event := func(step int, v float64) string {
		return string(events.AppendScalars(nil, 1.69e9, int64(step), []events.Scalar{{Tag: "loss", V: v}}))
	}
	w := prepare([]string{"runs", "late.jsonl", "a*.csv", "no/such"}, Options{})
	w.pass()
	if diff := cmp.Diff([]string{"runs is not there yet", "late.jsonl is not there yet", "nothing is called a*.csv yet", "no/such is not there yet"}, w.Notices()); diff != "" {
		t.Error(diff)
	}
	names := func() (names []string) {
		for _, r := range w.Runs() {
			names = append(names, r.View().Name)
		}
		return names
	}
	if err := os.Mkdir("runs", 0o700); err != nil {
		t.Fatal(err)
	}
	w.pass()
	if !slices.Contains(w.Notices(), "there is no log in runs yet") {
		t.Errorf("%q", w.Notices())
	}
	writeFile(t, "runs/b/events.out.tfevents.2.host", event(2, 1))
	writeFile(t, "runs/b/events.out.tfevents.1.host", event(1, 2))
	writeFile(t, "runs/b/train/events.out.tfevents.1.host", event(1, 4))
	writeFile(t, "runs/b/config.json", "{}")
	writeFile(t, "runs/.git/x.csv", "1\n")
	writeFile(t, "runs/a/metrics.csv", "step,loss\n1,2\n")
	if err := os.Symlink("a", "runs/latest"); err != nil {
		t.Fatal(err)
	}
	writeFile(t, "a1.csv", "1\n")
	w.pass()
	want := []string{"late.jsonl", "runs/a/metrics.csv", "runs/b", "runs/b/train", "a1.csv"}
	if diff := cmp.Diff(want, names()); diff != "" {
		t.Fatal(diff)
	}
	if got := dump(w.Runs()[2]); got != "loss 1=2 2=1\n" {
		t.Errorf("%q: the older file is to be read first", got)
	}
	writeFile(t, "runs/b/events.out.tfevents.3.host", event(3, 0))
	writeFile(t, "runs/0.jsonl", "{\"loss\":1}\n")
	w.pass()
	if diff := cmp.Diff(append(want, "runs/0.jsonl"), names()); diff != "" {
		t.Error(diff)
	}
	if got := dump(w.Runs()[2]); got != "loss 1=2 2=1 3=0\n" {
		t.Errorf("%q", got)
	}
}

// The same file under two names is one run; different ones with one name are two.
func TestNames(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	writeFile(t, "x/run/a.csv", "1\n")
	writeFile(t, "y/run/a.csv", "1\n")
	writeFile(t, "events.out.tfevents.1", "")
	w := prepare([]string{"x/run", "./x/run/a.csv", "x/../y/run/", "events.out.tfevents.1"}, Options{})
	w.pass()
	var names []string
	for _, r := range w.Runs() {
		names = append(names, r.View().Name)
	}
	if diff := cmp.Diff([]string{"run/a.csv", "y/run/a.csv", filepath.Base(dir)}, names); diff != "" {
		t.Error(diff)
	}
}

// Names of files may hold what would command a terminal.
func TestNamesAreClean(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no such names")
	}
	t.Chdir(t.TempDir())
	writeFile(t, "\x1b[2Ja.csv/x.jsonl", "{\"\x1b\":1}\n{\"\\u001b[2J\":1}\n")
	w := prepare([]string{"\x1b[2Ja.csv", "\x1bno"}, Options{})
	w.pass()
	v := w.Runs()[0].View()
	if v.Name != "·[2Ja.csv/x.jsonl" || v.Series[0].Name != "·[2J" || strings.Contains(v.Said, "\x1b") || w.Notices()[0] != "·no is not there yet" {
		t.Errorf("%q %q %q %q", v.Name, v.Series[0].Name, v.Said, w.Notices())
	}
}

func TestBounds(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for i := range MaxRuns + 3 {
		writeFile(t, fmt.Sprintf("r/%04d.csv", i), "step,loss\n1,2\n")
	}
	writeFile(t, "r/"+strings.Repeat("d/", maxDepth+1)+"x.csv", "1\n")
	w := prepare([]string{"r"}, Options{})
	for range 3 {
		w.pass()
	}
	if n := len(w.Runs()); n != MaxRuns {
		t.Errorf("%d runs", n)
	}
	if n := w.open.Load(); n > maxOpen {
		t.Errorf("%d files are open", n)
	}
	if diff := cmp.Diff([]string{"more than 512 runs: those found after them are left out", "r: folders more than 8 deep are left out"}, w.Notices()); diff != "" {
		t.Error(diff)
	}
	for _, r := range w.Runs() {
		if got := dump(r); got != "loss 1=2\n" {
			t.Fatalf("%s: %q", r.View().Name, got)
		}
	}
	for i := range MaxRuns {
		appendFile(t, fmt.Sprintf("r/%04d.csv", i), "2,1\n")
	}
	w.pass()
	for _, r := range w.Runs() {
		if got := dump(r); got != "loss 1=2 2=1\n" {
			t.Fatalf("%s: %q", r.View().Name, got)
		}
	}
}

func TestUnreadable(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Log("root reads everything: only the folder is tried")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "a.csv")
	w := prepare([]string{path}, Options{})
	w.pass()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	w.pass()
	if got := told(w.Runs()[0]); got != path+": it is a folder" {
		t.Errorf("it says %q", got)
	}
	w = prepare([]string{os.DevNull}, Options{})
	w.pass()
	if got := told(w.Runs()[0]); runtime.GOOS != "windows" && got != os.DevNull+": it is not a regular file" {
		t.Errorf("it says %q", got)
	}
	if os.Geteuid() == 0 {
		return
	}
	secret := filepath.Join(dir, "b.csv")
	writeFile(t, secret, "1\n")
	if err := os.Chmod(secret, 0); err != nil {
		t.Fatal(err)
	}
	w = prepare([]string{secret}, Options{})
	w.pass()
	if got := told(w.Runs()[0]); got != secret+": permission denied" {
		t.Errorf("it says %q", got)
	}
}
