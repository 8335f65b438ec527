package trials

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"opttui/internal/attach"
	"opttui/internal/filelock"
)

// open opens the journal of a command that has no more than a name.
func open(t *testing.T, o Options) (*journal, error) {
	t.Helper()
	o.Command = []string{"train", "{lr}"}
	j, err := openJournal(o)
	if err == nil {
		t.Cleanup(func() { _ = j.close() })
	}
	return j, err
}

// What is no journal stays as it is, whatever is asked for.
func TestJournalOfNothing(t *testing.T) {
	for _, text := range []string{"import torch\n", "no newline", "{}\n", `{"format":"another"}` + "\n"} {
		for _, fresh := range []bool{false, true} {
			path := filepath.Join(t.TempDir(), "train.py")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := open(t, Options{Journal: path, Fresh: fresh}); err == nil || !strings.Contains(err.Error(), "is no journal of trials") {
				t.Errorf("%q: %v", text, err)
			}
			if now, err := os.ReadFile(path); err != nil || string(now) != text {
				t.Errorf("%q became %q, %v", text, now, err)
			}
		}
	}
}

// A line that was torn in the midst, by a full disk for instance, costs that trial alone; a header that was, nothing.
func TestJournalTorn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trials.jsonl")
	j, err := open(t, Options{Journal: path})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"a", "b", "c"} {
		if err := j.put(entry{Key: key, Loss: []float64{1}}); err != nil {
			t.Fatal(err)
		}
	}
	_ = j.close()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	torn := strings.Replace(string(text), `{"key":"b",`, `{"key":"b`, 1)
	if err := os.WriteFile(path, []byte(torn), 0o600); err != nil {
		t.Fatal(err)
	}
	if j, err = open(t, Options{Journal: path}); err != nil {
		t.Fatal(err)
	}
	_, a := j.get("a")
	_, b := j.get("b")
	_, c := j.get("c")
	if !a || b || !c {
		t.Errorf("known are a: %v, b: %v, c: %v", a, b, c)
	}
	_ = j.close()
	if err := os.WriteFile(path, text[:20], 0o600); err != nil {
		t.Fatal(err)
	}
	if j, err = open(t, Options{Journal: path}); err != nil || len(j.known) != 0 {
		t.Errorf("a torn header: %v", err)
	}
}

// Two searches do not write to one journal.
func TestJournalInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trials.jsonl")
	first, err := open(t, Options{Journal: path})
	if err != nil {
		t.Fatal(err)
	}
	if f, err := os.Open(path); err != nil || !filelock.Locked(f) {
		t.Skip("there are no locks here")
	} else {
		_ = f.Close()
	}
	for _, fresh := range []bool{false, true} {
		if _, err := open(t, Options{Journal: path, Fresh: fresh}); err == nil || !strings.Contains(err.Error(), "in use by another opttui") {
			t.Errorf("%v", err)
		}
	}
	if text, err := os.ReadFile(path); err != nil || len(text) == 0 {
		t.Errorf("it has %d bytes, %v", len(text), err)
	}
	_ = first.close()
	if _, err := open(t, Options{Journal: path}); err != nil {
		t.Error(err)
	}
}

// The same words in another folder are another command: both may be called train.py.
func TestJournalOfAFolder(t *testing.T) {
	dir, command := t.TempDir(), []string{"python3", "train.py"}
	t.Chdir(t.TempDir())
	path := filepath.Join(dir, "trials.jsonl")
	here := FileFor(dir, command, "")
	if again := FileFor(dir, command, ""); again != here {
		t.Errorf("%s, then %s", here, again)
	}
	j, err := open(t, Options{Journal: path})
	if err != nil {
		t.Fatal(err)
	}
	_ = j.close()
	t.Chdir(t.TempDir())
	if there := FileFor(dir, command, ""); there == here {
		t.Errorf("both are kept in %s", here)
	}
	if _, err := open(t, Options{Journal: path}); err == nil || !strings.Contains(err.Error(), "of another folder") {
		t.Errorf("%v", err)
	}
}

// A trial that was ended for its time is tried again with more of it.
func TestLate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trials.jsonl")
	j, err := open(t, Options{Journal: path, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.put(entry{Key: "late", Loss: []float64{1}, Seconds: 1, Late: true}); err != nil {
		t.Fatal(err)
	}
	_ = j.close()
	for timeout, want := range map[time.Duration]bool{0: false, time.Second: true, time.Minute: false, time.Millisecond: true} {
		j, err := open(t, Options{Journal: path, Timeout: timeout})
		if err != nil {
			t.Fatal(err)
		}
		if _, known := j.get("late"); known != want {
			t.Errorf("with %s it is known: %v", timeout, known)
		}
		_ = j.close()
	}
}

// A trial that somebody killed has not diverged.
func TestKilled(t *testing.T) {
	if !attach.Killed(128 + 9) {
		t.Skip("there are no signals here")
	}
	try := func(script string) (diverged bool, err error) {
		r, err := New(Options{Command: []string{"sh", "-c", script + "; : {lr}"}}, []string{"lr"})
		if err != nil {
			t.Fatal(err)
		}
		_, diverged, err = r.Train(t.Context(), map[string]string{"lr": "1"}, 0, 9)
		return diverged, err
	}
	for _, script := range []string{"kill -9 $$", "kill -15 $$", "exit 137"} {
		if _, err := try(`echo '{"loss": 1}'; ` + script); err == nil || !strings.Contains(err.Error(), "it was killed") {
			t.Errorf("%s: %v", script, err)
		}
	}
	for _, script := range []string{"exit 1", "kill -ABRT $$"} {
		if diverged, err := try(`echo '{"loss": 1}'; ` + script); err != nil || !diverged {
			t.Errorf("%s: %v, %v", script, diverged, err)
		}
	}
}
