//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Of a program that cannot be started nothing is left behind.
func TestAttachLeavesNothing(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	for _, args := range [][]string{{"attach", "--headless", "--", "no-such-program"}, {"attach", "--headless", "--", "sh", "-c", "echo hi; exit 5"}} {
		code, _, stderr := opttui(t, args...)
		if code == 0 {
			t.Errorf("%q: exit code 0, %s", args, stderr)
		}
		if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
			t.Errorf("%q leaves %v, %v", args, left, err)
		}
	}
}

func TestAttachHeadless(t *testing.T) {
	code, stdout, stderr := opttui(t, "attach", "--headless", "--format", "csv", "--", "sh", "-c",
		`echo '{"step": 1, "loss": 0.5, "a,b": 2}'; echo '{"step": 2, "a,b": NaN}'; echo plain; exit 3`)
	if want := "step,loss,\"a,b\"\n1,0.5,2\n2,,NaN\n"; code != 3 || stdout != want || !strings.Contains(stderr, "plain") {
		t.Errorf("exit code %d, %q, %s", code, stdout, stderr)
	}
	for _, at := range []string{"nan:stop", "-1:stop", "5:go", "5", "5:lr=x", "5:=1"} {
		if code, _, stderr := opttui(t, "attach", "--headless", "--at="+at, "--", "true"); code != 2 || !strings.Contains(stderr, "--at cannot be") {
			t.Errorf("%s: exit code %d, %s", at, code, stderr)
		}
	}
}

// When nobody reads any more, as behind head, opttui ends, and the program goes on or ends, as was asked for.
func TestAttachUnread(t *testing.T) {
	for _, end := range []bool{false, true} {
		t.Setenv("TMPDIR", t.TempDir())
		flags := []string{"attach", "--headless"}
		if end {
			flags = append(flags, "--stop")
		}
		var stderr strings.Builder
		args := append(flags, "--", "sh", "-c", `while :; do echo '{"loss": 1}'; sleep 0.01; done`)
		if code := run(args, failingWriter{&os.PathError{Op: "write", Err: syscall.EPIPE}}, &stderr); code != 0 {
			t.Errorf("exit code %d, %s", code, &stderr)
		}
		_, after, goesOn := strings.Cut(stderr.String(), "goes on as process ")
		if goesOn == end {
			t.Errorf("--stop %v: %s", end, &stderr)
		}
		if goesOn {
			number, _, _ := strings.Cut(after, ";")
			pid, err := strconv.Atoi(number)
			if err != nil || syscall.Kill(-pid, syscall.SIGKILL) != nil {
				t.Errorf("process %q cannot be ended: %v", number, err)
			}
		}
	}
}

// What programs have printed is kept for a time; what one still prints stays.
func TestPruneOutputs(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	old := now.Add(-outputAge - time.Hour)
	for name, times := range map[string][2]time.Time{"old": {old, old}, "long": {old, now}, "new": {now, old}} {
		folder := filepath.Join(dir, name)
		log := filepath.Join(folder, "out.log")
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(log, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(log, times[1], times[1]); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(folder, times[0], times[0]); err != nil {
			t.Fatal(err)
		}
	}
	pruneOutputs(dir, now)
	var left []string
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if got := strings.Join(left, " "); err != nil || got != "long new" {
		t.Errorf("%q is left, %v", got, err)
	}
	pruneOutputs(filepath.Join(dir, "none"), now)
}
