package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeFile writes a file of a test's own folder and returns its path.
func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const twoRuns = `{
  "version": 1,
  "runs": [
    {"problem": "ravine", "optimizer": "sgd", "seed": 3, "noise": 1, "batch": 1, "set": {"lr": "0.05"},
     "journal": [{"step": 4, "command": {"op": "set", "key": "optimizer.lr", "value": "0.01"}}]},
    {"problem": "ravine", "optimizer": "momentum", "seed": 3, "noise": 1, "batch": 1, "set": {"lr": "0.05"}}
  ],
  "view": {"steps": 8}
}
`

// A headless replay prints the rows of every run, those of opttui run where nothing was done to it.
func TestReplayHeadless(t *testing.T) {
	code, out, errs := opttui(t, "replay", writeFile(t, "r.json", twoRuns), "--headless")
	if code != 0 || errs != "" {
		t.Fatalf("exit code %d, %s", code, errs)
	}
	rows := strings.Split(strings.TrimSpace(out), "\n")
	if len(rows) != 18 {
		t.Fatalf("%d rows", len(rows))
	}
	_, want, _ := opttui(t, strings.Fields("run --problem ravine --optimizer momentum --seed 3 --noise 1 --batch 1 --lr 0.05 --steps 8")...)
	for i, row := range strings.Split(strings.TrimSpace(want), "\n") {
		if got := strings.Replace(rows[9+i], `"run":2,`, "", 1); got != row {
			t.Errorf("row %d is\n%s\nopttui run has\n%s", i, got, row)
		}
	}
	for i, row := range rows[:9] {
		var r struct {
			Run, Step int
			LR        float64
		}
		if err := json.Unmarshal([]byte(row), &r); err != nil {
			t.Fatal(err)
		}
		rate := 0.05
		if i >= 4 {
			rate = 0.01
		}
		if r.Run != 1 || r.Step != i || r.LR != rate {
			t.Errorf("row %d is %s", i, row)
		}
	}
}

func TestRecipeErrors(t *testing.T) {
	bad := writeFile(t, "bad.json", strings.Replace(twoRuns, `"optimizer": "momentum"`, `"optimizer": "momentun"`, 1))
	good := writeFile(t, "good.json", twoRuns)
	empty := t.TempDir()
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"replay", bad, "--headless"}, 2, bad + `, line 6: runs[1].optimizer: unknown optimizer "momentun": did you mean "momentum"?`},
		{[]string{"--recipe", bad}, 2, `line 6: runs[1].optimizer`},
		{[]string{"demo", "--file", bad}, 2, `line 6: runs[1].optimizer`},
		{[]string{"replay"}, 2, "opttui replay takes one recipe, not 0"},
		{[]string{"replay", "none.json"}, 1, "none.json"},
		{[]string{"replay", good}, 2, "opttui replay --headless prints rows"},
		{[]string{"replay", good, "--steps", "5"}, 2, "--steps is for a replay with --headless"},
		{[]string{"replay", good, "--headless", "--speed", "4"}, 2, "--speed is for a replay on the screen"},
		{[]string{"--recipe", good, "--optimizer", "adam"}, 2, "--recipe and --optimizer are both given"},
		{[]string{"demo", "ravin"}, 2, `unknown scenario "ravin": did you mean "ravine"?`},
		{[]string{"demo", "23"}, 2, "there is no scenario 23: allowed is 1 to 22"},
		{[]string{"demo", "7", "--autoplay", "20"}, 2, "takes one scenario, not 2; seconds of autoplay follow a ="},
		{[]string{"demo", "ravine"}, 2, "opttui demo --list tells what there is"},
		{[]string{"demo", "--json"}, 2, "--json goes with --list"},
		{[]string{"demo", "--dir", empty}, 2, "there are no recipes (*.json) in"},
		{[]string{"demo", "--file", good, "--dir", empty}, 2, "--file and --dir are both given"},
		{[]string{"demo", "--autoplay=soon"}, 2, `autoplay cannot be "soon"`},
	} {
		if code, _, errs := opttui(t, c.args...); code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("%q: exit code %d, %s\nwant %d, %s", c.args, code, errs, c.code, c.want)
		}
	}
}

func TestDemoList(t *testing.T) {
	code, out, _ := opttui(t, "demo", "--list")
	if lines := strings.Split(strings.TrimSpace(out), "\n"); code != 0 || len(lines) != 22 || !strings.Contains(lines[5], "06-ravine") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	_, out, _ = opttui(t, "demo", "--list", "--json")
	var rows []struct {
		Number  int
		Name    string
		Title   string
		Caption []string
		Keys    []struct{ Key, Text string }
	}
	if err := json.Unmarshal([]byte(out), &rows); err != nil || len(rows) != 22 || rows[21].Name != "22-advice" || len(rows[0].Keys) < 2 {
		t.Errorf("%v\n%s", err, out)
	}
}
