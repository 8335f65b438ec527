package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// rates is what a person reads back from lrfind --json.
type rates struct {
	Best      *float64 `json:"best_lr"`
	Edge      *float64 `json:"edge_lr"`
	Suggested *float64 `json:"suggested_lr"`
	Chosen    *float64 `json:"chosen_lr"`
	Holds     *bool    `json:"rule_holds"`
	Limit     *float64 `json:"limit_lr"`
	Seeds     int
	Note      string
	Trials    []struct {
		LR     float64
		Loss   *float64
		Status string
	}
	Range map[string]any `json:"range_test"`
}

func ratesOf(t *testing.T, stdout string) (r rates) {
	t.Helper()
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	return r
}

func TestLRFind(t *testing.T) {
	code, stdout, stderr := opttui(t, "lrfind", "--problem", "quadratic", "--optimizer", "momentum", "--json")
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	r := ratesOf(t, stdout)
	if math.Abs(*r.Limit-0.038) > 1e-12 || math.Abs(*r.Edge/0.038-1) > 0.05 {
		t.Errorf("limit %v, edge %v, want 0.038", *r.Limit, *r.Edge)
	}
	if want := math.Min(math.Sqrt(*r.Best**r.Edge), *r.Edge/1.5); math.Abs(*r.Suggested-want) > 1e-12 {
		t.Errorf("suggested %v, want %v", *r.Suggested, want)
	}
	if r.Seeds != 1 || len(r.Trials) < 29 || r.Range["valley"] == nil || r.Chosen == nil {
		t.Errorf("%+v", r)
	}
	for _, trial := range r.Trials {
		if trial.LR < *r.Best && trial.Status != "ok" || trial.LR > *r.Edge*1.1 && trial.Status != "diverged" {
			t.Errorf("ε = %v is %s", trial.LR, trial.Status)
		}
	}

	_, text, _ := opttui(t, "lrfind", "--problem", "quadratic", "--optimizer", "momentum")
	for _, want := range []string{"ε*", "ε_edge", "limit   0.0380", "the rule", "range test", "use --lr "} {
		if !strings.Contains(text, want) {
			t.Errorf("the text has no %q:\n%s", want, text)
		}
	}
}

// TestLRFindNoAnswer: it says why, in every form, with an exit code of its own.
func TestLRFindNoAnswer(t *testing.T) {
	code, stdout, _ := opttui(t, "lrfind", "--problem", "saddle", "--optimizer", "sgd", "--json")
	if r := ratesOf(t, stdout); code != 4 || r.Chosen != nil || r.Best != nil || !strings.Contains(r.Note, "falls without bound") {
		t.Errorf("exit code %d, %s", code, stdout)
	}
	code, stdout, _ = opttui(t, "lrfind", "--problem", "saddle", "--optimizer", "sgd")
	if code != 4 || !strings.Contains(stdout, "no answer: the loss falls without bound") || strings.Contains(stdout, "use --lr") {
		t.Errorf("exit code %d, %s", code, stdout)
	}
}

func TestLRFindFiles(t *testing.T) {
	for _, name := range []string{"rates.svg", "rates.png"} {
		file := t.TempDir() + "/" + name
		code, stdout, stderr := opttui(t, "lrfind", "--problem", "booth", "--optimizer", "sgd", "--noise", "1", "--no-check", "--csv", "--plot", file)
		if code != 0 {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		records, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
		if err != nil || len(records) < 30 || strings.Join(records[0], ",") != "lr,loss,lo,hi,final,status" {
			t.Errorf("%v, %d records: %q", err, len(records), records[0])
		}
		if info, err := os.Stat(file); err != nil || info.Size() < 5000 {
			t.Errorf("picture: %v, %v", info, err)
		}
	}
}

func TestSweepCommand(t *testing.T) {
	args := []string{"sweep", "--problem", "rosenbrock", "--optimizer", "momentum", "--grid", "lr=1e-4:1e-1:log:4", "--grid", "momentum=0,0.9"}
	code, text, stderr := opttui(t, args...)
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, want := range []string{`lr \ momentum`, "div", "*    best: loss 0.156 at lr=0.001 momentum=0.9", "diverged: 4 cells"} {
		if !strings.Contains(text, want) {
			t.Errorf("the text has no %q:\n%s", want, text)
		}
	}
	_, stdout, _ := opttui(t, append(args, "--json")...)
	var raw struct {
		Best  struct{ Set map[string]string }
		Cells []struct {
			Loss   *float64
			Status string
		}
	}
	if err := json.Unmarshal([]byte(stdout), &raw); err != nil || len(raw.Cells) != 8 || raw.Best.Set["lr"] != "0.001" || raw.Best.Set["momentum"] != "0.9" {
		t.Errorf("%v: %s", err, stdout)
	}
	_, stdout, _ = opttui(t, append(args, "--csv")...)
	if records, err := csv.NewReader(strings.NewReader(stdout)).ReadAll(); err != nil || len(records) != 9 || strings.Join(records[0], ",") != "lr,momentum,loss,lo,hi,final,status" {
		t.Errorf("%v: %s", err, stdout)
	}
	for _, grid := range [][]string{nil, {"--grid", "batch=1,8", "--lr", "1e-4"}} { // of two axes, and of one
		file := t.TempDir() + "/sweep.svg"
		a := args
		if grid != nil {
			a = append(args[:5:5], append(grid, "--noise", "1")...)
		}
		if code, _, stderr := opttui(t, append(a[:len(a):len(a)], "--plot", file)...); code != 0 {
			t.Errorf("exit code %d: %s", code, stderr)
		}
		if b, err := os.ReadFile(file); err != nil || !strings.Contains(string(b), "<svg") {
			t.Errorf("no picture: %v", err)
		}
	}
	if code, text, _ := opttui(t, "sweep", "--problem", "rosenbrock", "--optimizer", "sgd", "--grid", "lr=10,20"); code != 3 || !strings.Contains(text, "no cell has a loss") {
		t.Errorf("exit code %d: %s", code, text)
	}
}

func TestSearchErrors(t *testing.T) {
	tests := []struct{ args, want string }{
		{"lrfind --optimizer newton", "newton has no learning rate to look for"},
		{"lrfind --optimizer adam,sgd", "takes one optimizer, not 2"},
		{"lrfind --lr 0.1", "lrfind looks for lr"},
		{"lrfind --range 1", `range cannot be "1": allowed is lo:hi`},
		{"lrfind --range 1:0.1", `range cannot be "1:0.1"`},
		{"lrfind --iterations 1", "iterations cannot be"},
		{"lrfind --seeds 0", "seeds cannot be"},
		{"lrfind --per-decade x", "per-decade cannot be"},
		{"lrfind --json --csv", "choose one"},
		{"lrfind --plot rates.gif", "ends in .svg or .png"},
		{"sweep", "sweep needs a --grid"},
		{"sweep --grid lr=1:2", "key=from:to:count"},
		{"sweep --grid lr=0.1 --grid momentun=1", `adam on beale has no setting "momentun"`},
		{"sweep --grid lr=0.1,0.2 --grid eps=1 --grid beta1=0 --plot a.svg", "one or two axes, not of 3"},
	}
	for _, test := range tests {
		code, _, stderr := opttui(t, strings.Fields(test.args)...)
		if code != 2 || !strings.Contains(stderr, test.want) {
			t.Errorf("%s: exit code %d, %q, want %q", test.args, code, stderr, test.want)
		}
	}
}

// TestSearchInterrupted: ctrl-c prints what there is.
func TestSearchInterrupted(t *testing.T) {
	for _, args := range [][]string{
		{"lrfind", "--problem", "digits/mlp", "--iterations", "1e4", "--per-decade", "1", "--seeds", "1", "--json"},
		{"sweep", "--problem", "digits/mlp", "--grid", "lr=1e-3,1e-2,1e-1", "--steps", "1e6", "--seeds", "1", "--json"},
	} {
		var text []byte
		code := -1
		for wait := time.Second; code == -1 && wait < time.Minute; wait *= 2 { // until it is in the midst of it
			text, code = interrupted(t, wait, args...)
		}
		var report struct{ Interrupted bool }
		if err := json.Unmarshal(text, &report); err != nil || !report.Interrupted || code != 130 {
			t.Errorf("%s: exit code %d, %v in %s", args[0], code, err, text)
		}
	}
}

// interrupted sends the program a SIGINT after a while, and returns what it prints and its exit code: −1 where it had not
// come so far as to hear of it.
func interrupted(t *testing.T, wait time.Duration, args ...string) ([]byte, int) {
	cmd := program(t, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(wait)
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	watchdog := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer watchdog.Stop()
	text, err := io.ReadAll(bufio.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the exit code says it
	return text, cmd.ProcessState.ExitCode()
}
