package tail

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// follow polls until there is nothing new and returns what came, "|" where it began anew.
func follow(t interface{ Fatal(...any) }, f *Follower) string {
	var b strings.Builder
	for {
		n, err := f.Poll(1<<20, func(p []byte) { b.Write(p) }, func() { b.WriteByte('|') })
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return b.String()
		}
	}
}

func TestFollower(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f := New(path)
	defer f.Close()
	if got := follow(t, f); got != "" {
		t.Errorf("%q of no file", got)
	}
	write := func(flag int, text string) {
		t.Helper()
		out, err := os.OpenFile(path, flag|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.WriteString(text); err != nil {
			t.Fatal(err)
		}
		out.Close()
	}
	for _, c := range []struct {
		name string
		do   func()
		want string
	}{
		{"created", func() { write(0, "a\nb") }, "a\nb"},
		{"nothing", func() {}, ""},
		{"grown", func() { write(os.O_APPEND, "c\n") }, "c\n"},
		{"cut", func() { write(os.O_TRUNC, "d\n") }, "|d\n"},
		{"cut to nothing", func() { write(os.O_TRUNC, "") }, "|"},
		{"moved away", func() { os.Rename(path, path+".1") }, ""},
		{"replaced", func() { write(0, "e\n") }, "|e\n"},
		{"old one grown unseen", func() { os.Rename(path, path+".2"); write(0, "f\n") }, "|f\n"},
	} {
		c.do()
		if got := follow(t, f); got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
	// What was written to the old file before a new one took its place is read first.
	write(os.O_APPEND, "g\n")
	os.Rename(path, path+".3")
	write(0, "h\n")
	if got := follow(t, f); got != "g\n|h\n" {
		t.Errorf("%q", got)
	}
	if _, err := New(filepath.Dir(path)).Poll(1, func([]byte) {}, func() {}); err == nil {
		t.Error("a folder is read")
	}
}

// A file that is written anew is told from one that has grown, even if it is longer at once, or as long.
func TestWrittenAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f := New(path)
	defer f.Close()
	long := strings.Repeat("x", 1000)
	for i, c := range []struct{ text, want string }{
		{"a,b\n1,2\n", "a,b\n1,2\n"},
		{"a,b\n1,2\n3,4\n", "3,4\n"},                      // as far as can be told it has grown
		{"a,c\n1,2\n3,4\n5,6\n", "|a,c\n1,2\n3,4\n5,6\n"}, // its beginning is another
		{"a,c\n1,2\n3,4\n5,7\n8,9\n", "|a,c\n1,2\n3,4\n5,7\n8,9\n"},
		{"a,c\n1,2\n3,4\n5,7\n8,0\n", "|a,c\n1,2\n3,4\n5,7\n8,0\n"}, // as long as it was
		{"a,c\n" + long, "|a,c\n" + long},
		{"a,c\n" + long + "y", "y"},
		{"a,c\n" + long + "yz", "z"},
		{"a,c\n" + long + "zz1", "|a,c\n" + long + "zz1"}, // only its end is another
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Unix(int64(1e9+i), 0)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
		if i%2 == 1 {
			f.Close()
		}
		if got := follow(t, f); got != c.want {
			t.Errorf("%d: %q, not %q", i, got, c.want)
		}
		if read, size := f.Progress(); read != size || size != int64(len(c.text)) || !f.Modified().Equal(at) {
			t.Errorf("%d: %d of %d read, modified %v", i, read, size, f.Modified())
		}
	}
}

// A file that is let go of is opened again when there is something new, and read on from there.
func TestClosedAndOpenedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f := New(path)
	f.Lend(make([]byte, 2))
	for i, c := range []struct {
		do   func() error
		want string
		open bool
	}{
		{func() error { return os.WriteFile(path, []byte("abc"), 0o600) }, "abc", true},
		{f.Close, "", false},
		{func() error { return os.WriteFile(path, []byte("abcde"), 0o600) }, "de", true},
		{func() error { f.Close(); return os.Rename(path, path+".1") }, "", false},
		{func() error { return os.WriteFile(path, []byte("abcdefg"), 0o600) }, "|abcdefg", true},
	} {
		if err := c.do(); err != nil {
			t.Fatal(err)
		}
		if got := follow(t, f); got != c.want || f.Open() != c.open {
			t.Errorf("%d: %q, open %v", i, got, f.Open())
		}
	}
	f.Close()
}

// A poll ends when it has read what it may.
func TestPollIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, make([]byte, 10*chunkSize), 0o600); err != nil {
		t.Fatal(err)
	}
	f := New(path)
	defer f.Close()
	if n, err := f.Poll(chunkSize+1, func([]byte) {}, func() {}); n != 2*chunkSize || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// However a text is cut into pieces, its lines are the same.
func TestLinesOfAnyPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([a-c]{0,12}\r?\n){0,8}[a-c]{0,12}`).Draw(t, "text")
		const most = 8
		var want []string
		rest := text
		for {
			line, after, ok := strings.Cut(rest, "\n")
			if !ok {
				break
			}
			cut := len(line) > most
			if cut {
				line = line[:most]
			}
			want = append(want, fmt.Sprint(strings.TrimSuffix(line, "\r"), cut))
			rest = after
		}
		l := Lines{Most: most}
		var got []string
		add := func(text []byte, cut bool) { got = append(got, fmt.Sprint(string(text), cut)) }
		for left := text; left != ""; {
			n := rapid.IntRange(1, len(left)).Draw(t, "n")
			l.Add([]byte(left[:n]), add)
			left = left[n:]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		if l.Pending() != (rest != "") {
			t.Errorf("pending %v of %q", l.Pending(), rest)
		}
	})
}
