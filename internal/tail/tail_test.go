package tail

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
