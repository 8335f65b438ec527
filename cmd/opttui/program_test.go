package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// descent is a training program: it goes down 10x² by --lr and --momentum, in a few lines of awk.
const descent = `#!/bin/sh
exec awk -v lr="$1" -v m="$2" -v steps="$3" 'BEGIN {
	x = 1; v = 0
	for (i = 0; i < steps; i++) {
		printf "{\"step\": %d, \"loss\": %.10g}\n", i, 10*x*x
		v = m*v - lr*20*x; x += v
		if (x > 1e100 || x < -1e100) { print "{\"loss\": NaN}"; exit 1 }
	}
}'
`

func trainer(t *testing.T) string {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	path := filepath.Join(t.TempDir(), "train.sh")
	if err := os.WriteFile(path, []byte(descent), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLRFindOfAProgram(t *testing.T) {
	train := trainer(t)
	args := []string{"lrfind", "--json", "--range", "1e-3:1", "--no-check", "--jobs", "2", "--", train, "{lr}", "0", "{steps}"}
	code, stdout, stderr := opttui(t, args...)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	r := ratesOf(t, stdout)
	if math.Abs(*r.Best/0.05-1) > 0.3 || math.Abs(*r.Edge/0.1-1) > 0.12 || r.Limit != nil || r.Range != nil {
		t.Errorf("ε* %v, edge %v", *r.Best, *r.Edge)
	}
	// Again, it is known, and the same.
	code, again, stderr := opttui(t, args...)
	if code != 0 || again != stdout || !strings.Contains(stderr, "trials are known from before") {
		t.Errorf("%d %s\n%s", code, stderr, again)
	}
	code, text, stderr := opttui(t, append([]string{"lrfind", "--range", "1e-3:1", "--no-check"}, args[7:]...)...)
	if code != 0 || !strings.Contains(text, "\nuse "+train+" 0.0") {
		t.Errorf("%d %s\n%s", code, stderr, text)
	}
}

func TestSweepOfAProgram(t *testing.T) {
	train := trainer(t)
	code, stdout, stderr := opttui(t, "sweep", "--json", "--steps", "30", "--grid", "lr=0.01,0.05,1", "--grid", "m=0,0.5", "--", train, "{lr}", "{m}", "{steps}")
	var s struct {
		Command []string
		Cells   []struct {
			Set    map[string]string
			Status string
		}
		Best struct{ Set map[string]string }
	}
	if err := json.Unmarshal([]byte(stdout), &s); err != nil || code != 0 {
		t.Fatalf("%d %v: %s", code, err, stderr)
	}
	if len(s.Cells) != 6 || s.Best.Set["lr"] != "0.05" || s.Cells[4].Status != "diverged" || len(s.Command) != 4 {
		t.Errorf("%+v", s)
	}
}

func TestProgramIsRefused(t *testing.T) {
	train := trainer(t)
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"lrfind", "--", train, "0.1"}, 2, "the command has no {lr}"},
		{[]string{"lrfind", "--problem", "beale", "--", train, "{lr}"}, 2, "--problem is for the problems of opttui"},
		{[]string{"lrfind", "--jobs", "2"}, 2, "--jobs is for a program of your own"},
		{[]string{"lrfind", train}, 2, "takes no argument"},
		{[]string{"lrfind", "--jobs", "0", "--", train, "{lr}"}, 2, "jobs"},
		{[]string{"lrfind", "--timeout=-1s", "--", train, "{lr}"}, 2, "--timeout cannot be -1s"},
		{[]string{"sweep", "--", train, "{lr}"}, 2, "needs a --grid"},
		{[]string{"sweep", "--grid", "wd=0,1", "--", train, "{lr}"}, 2, "the command has no {wd}"},
		{[]string{"lrfind", "--seeds", "3", "--", train, "{lr}"}, 2, "the command has no {seed}"},
		{[]string{"sweep", "--seeds", "3", "--grid", "lr=0.1,1", "--", train, "{lr}"}, 2, "the command has no {seed}"},
		{[]string{"sweep", "--grid", "seed=1,2", "--", train, "{seed}"}, 2, "--seeds says"},
		{[]string{"lrfind", "--range", "0.1:1", "--per-decade", "1", "--", "sh", "-c", `echo '{"loss": NaN}'; : {lr}`}, 4, ""},
		{[]string{"lrfind", "--", "no-such-program", "{lr}"}, 2, `"no-such-program" cannot be started`},
		{[]string{"lrfind", "--retries", "0", "--", "sh", "-c", "echo broken >&2; exit 3; {lr}"}, 1, "exit code 3 and told no loss\n  broken"},
	} {
		code, _, stderr := opttui(t, c.args...)
		if code != c.code || !strings.Contains(stderr, c.says) {
			t.Errorf("%q: exit code %d, %s", c.args, code, stderr)
		}
	}
}
