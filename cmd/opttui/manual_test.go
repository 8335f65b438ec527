package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestManualSchedule(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lr=0.25.json")
	if err := os.WriteFile(file, []byte("[[0, 0.25], [2, 0.125]]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rates := func(args ...string) string {
		args = append([]string{"run", "--problem", "quadratic", "--steps", "3", "--format", "csv"}, args...)
		code, stdout, stderr := opttui(t, args...)
		if code != 0 {
			return stderr
		}
		var rates []string
		for _, line := range strings.Split(strings.TrimSpace(stdout), "\n")[1:] {
			rates = append(rates, strings.Split(line, ",")[2])
		}
		return strings.Join(rates, " ")
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--schedule", "manual:" + file}, "0.25 0.25 0.125 0.125"},
		{[]string{"--schedule", "manual:0=0.25,2=0.125"}, "0.25 0.25 0.125 0.125"},
		{[]string{"--schedule", "manual:" + file, "--lr", "0.5"}, "0.5 0.5 0.25 0.25"},
		{[]string{"--schedule", "manual:" + file, "--optimizer", "newton"}, "newton on quadratic has no setting \"lr\""},
		{[]string{"--schedule", "manual:nowhere.json"}, "there is no file nowhere.json"},
		{[]string{"--schedule", "manual:0=0.25,2"}, `cannot be "2"`},
	} {
		if got := rates(c.args...); !strings.Contains(got, c.want) {
			t.Errorf("%q: %s, want %s", c.args, got, c.want)
		}
	}
}
