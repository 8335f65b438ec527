package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

func TestSaddles(t *testing.T) {
	code, table, stderr := opttui(t, "saddles", "--dim", "1,2,20", "--tries", "60")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	lines := strings.Split(strings.TrimSuffix(table, "\n"), "\n")
	if len(lines) != 4 || !strings.Contains(lines[0], "share of saddles") || !strings.Contains(lines[3], "100.0%") ||
		!strings.Contains(lines[3], strings.Repeat("█", saddleBar)) || strings.Contains(lines[1], "█") {
		t.Errorf("table:\n%s", table)
	}
	for i, line := range lines {
		if n := len([]rune(line)); n != len([]rune(lines[0])) {
			t.Errorf("line %d has %d columns, the head has %d:\n%s", i, n, len([]rune(lines[0])), table)
		}
	}

	code, asJSON, stderr := opttui(t, "saddles", "--dim=1,2,20", "--tries=60", "--format=json")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	var rows []saddleRecord
	if err := json.Unmarshal([]byte(asJSON), &rows); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Tries != 60 || r.Points+r.Again+r.Lost != 60 || r.Minima+r.Saddles+r.Maxima != r.Points {
			t.Errorf("the numbers do not add up: %+v", r)
		}
		if *r.Index < 0.3 || *r.Index > 0.7 || *r.IndexLow >= *r.IndexHigh || *r.Correlation <= 0 {
			t.Errorf("index: %+v", r)
		}
	}
	if len(rows) != 3 || rows[0].Saddles != 0 || rows[2].Saddles != rows[2].Points {
		t.Errorf("rows %+v", rows)
	}

	code, asCSV, _ := opttui(t, "saddles", "--dim", "1,2,20", "--tries", "60", "--format", "csv")
	if lines := strings.Split(asCSV, "\n"); code != 0 || len(lines) != 5 || strings.Count(lines[0], ",") != 12 || !strings.HasPrefix(lines[3], "20,60,") {
		t.Errorf("exit code %d, csv:\n%s", code, asCSV)
	}
	if _, again, _ := opttui(t, "saddles", "--dim", "1,2,20", "--tries", "60", "--format", "csv"); again != asCSV {
		t.Errorf("twice the same command:\n%s%s", asCSV, again)
	}
	if _, other, _ := opttui(t, "saddles", "--dim", "1,2,20", "--tries", "60", "--format", "csv", "--seed", "2"); other == asCSV {
		t.Error("another seed gives the same")
	}
}

// TestSaddlesFew: where nothing is found there is nothing to take a mean of.
func TestSaddlesFew(t *testing.T) {
	for format, want := range map[string]string{"table": "–", "json": `"correlation": null`, "csv": ",,"} {
		if code, out, stderr := opttui(t, "saddles", "--dim", "1", "--tries", "1", "--format", format); code != 0 || !strings.Contains(out, want) {
			t.Errorf("exit code %d, %s:\n%s%s", code, format, out, stderr)
		}
	}
}

func TestSaddlesErrors(t *testing.T) {
	for args, want := range map[string]string{
		"--dim=0":        `dim cannot be "0": allowed is a whole number from 1 to 300`,
		"--dim=2,x":      `dim cannot be "x"`,
		"--dim=301":      `dim cannot be "301"`,
		"--tries=0":      `tries cannot be "0"`,
		"--seed=0":       `seed cannot be "0"`,
		"--format=jason": `unknown format "jason": did you mean "json"?`,
		"2":              `takes no argument "2"`,
	} {
		if code, out, stderr := opttui(t, "saddles", args); code != exitUsage || out != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d, %q, want %q", args, code, stderr, want)
		}
	}
}

// TestSaddlesInterrupted: what was found is printed, also of the dimension that was being looked at.
func TestSaddlesInterrupted(t *testing.T) {
	cmd := program(t, "saddles", "--dim", "1,120", "--tries", "3000", "--format", "csv")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	for _, want := range []string{"dim,", "1,3000,"} {
		if line, err := r.ReadString('\n'); err != nil || !strings.HasPrefix(line, want) {
			t.Fatalf("%q (%v), want %q…", line, err, want)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 128+int(syscall.SIGTERM) {
		t.Errorf("ends with %v", err)
	}
	if s := string(rest); s != "" && (strings.HasPrefix(s, "120,3000,") || strings.Count(s, "\n") != 1) {
		t.Errorf("after the signal: %q", s)
	}
}
