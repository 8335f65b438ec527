package trials

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"opttui/internal/leak"

	"github.com/google/go-cmp/cmp"

	"opttui/internal/lrfinder"
	"opttui/internal/protocol"
)

var _ lrfinder.Program = (*Runner)(nil)

// TestMain is also the program that is tried.
func TestMain(m *testing.M) {
	if os.Getenv("TRIALS_TEST_PROGRAM") != "" {
		os.Exit(train(os.Args[1:]))
	}
	leak.Main(m)
}

// train goes down ½·20·x², and leaves a line in a file that it was there.
func train(args []string) int {
	f := flag.NewFlagSet("train", flag.ContinueOnError)
	lr, steps, seed := f.Float64("lr", 0.1, ""), f.Int("steps", 10, ""), f.Int("seed", 0, "")
	visits, mode := f.String("visits", "", ""), f.String("mode", "", "")
	if err := f.Parse(args); err != nil {
		return 2
	}
	log, err := os.OpenFile(*visits, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return 3
	}
	fmt.Fprintf(log, "%g %d %d\n", *lr, *steps, *seed)
	log.Close()
	text, _ := os.ReadFile(*visits)
	switch *mode {
	case "broken":
		fmt.Fprintln(os.Stderr, "ModuleNotFoundError: no torch")
		return 1
	case "flaky": // the first time only
		if strings.Count(string(text), "\n") == 1 {
			return 75
		}
	case "silent":
		time.Sleep(time.Hour)
	}
	x := 1 + 0.01*float64(*seed)
	for i := range *steps {
		loss := 10 * x * x
		if loss > 1e12 {
			if *mode == "raises" {
				fmt.Fprintln(os.Stderr, "ValueError: loss is nan")
				return 1
			}
			fmt.Println(`{"step": 1, "loss": NaN}`)
		}
		fmt.Printf("{\"step\": %d, \"epoch\": 0, \"val_loss\": 1, \"loss\": %g}\n", i, loss)
		x -= *lr * 20 * x
	}
	if *mode == "stays" {
		time.Sleep(time.Hour)
	}
	return 0
}

// runner makes a runner for the test's program, whose visits it returns.
func runner(t *testing.T, o Options, mode string) (*Runner, func() []string) {
	t.Helper()
	t.Setenv("TRIALS_TEST_PROGRAM", "1")
	visits := filepath.Join(t.TempDir(), "visits")
	o.Command = []string{os.Args[0], "--lr={lr}", "--steps={steps}", "--seed", "{seed}", "--visits=" + visits, "--mode=" + mode}
	r, err := New(o, []string{"lr"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r, func() []string {
		text, err := os.ReadFile(visits)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(text)), "\n")
	}
}

func TestTrain(t *testing.T) {
	r, visits := runner(t, Options{}, "stays")
	losses, diverged, err := r.Train(t.Context(), map[string]string{"lr": "0.01"}, 2, 3)
	if err != nil || diverged {
		t.Fatal(err, diverged)
	}
	x := 1.02
	var want []float64
	for range 3 {
		want = append(want, 10*x*x)
		x -= 0.01 * 20 * x
	}
	if diff := cmp.Diff(want, losses, cmp.Comparer(func(a, b float64) bool { return a/b-1 < 1e-5 && b/a-1 < 1e-5 })); diff != "" {
		t.Error(diff)
	}
	if v := visits(); len(v) != 1 || v[0] != "0.01 3 2" {
		t.Errorf("%q", v)
	}
}

// A program that validates before it trains is judged by its training.
func TestWhichLoss(t *testing.T) {
	c := collector{most: 3, enough: make(chan struct{})}
	for _, m := range [][]protocol.Value{
		{{Name: "lr", V: 9}}, {{Name: "val_loss", V: 8}}, {{Name: "lr", V: 9}, {Name: "train/loss", V: 3}},
		{{Name: "val_loss", V: 7}, {Name: "train/loss", V: 2}}, {{Name: "val_loss", V: 6}}, {{Name: "train/loss", V: 1}},
	} {
		c.take(&protocol.Message{Type: protocol.Metrics, Values: m})
	}
	if diff := cmp.Diff([]float64{3, 2, 1}, c.loss); diff != "" || !c.over {
		t.Errorf("%s is the loss\n%s", c.name, diff)
	}
	c = collector{name: "val_loss", named: true, most: 2, enough: make(chan struct{})}
	c.take(&protocol.Message{Type: protocol.Metrics, Values: []protocol.Value{{Name: "loss", V: 1}, {Name: "val_loss", V: 2}}})
	if diff := cmp.Diff([]float64{2}, c.loss); diff != "" {
		t.Error(diff)
	}
}

// How a trial that diverges ends is all the same.
func TestDiverges(t *testing.T) {
	for _, mode := range []string{"", "raises"} {
		r, _ := runner(t, Options{}, mode)
		losses, diverged, err := r.Train(t.Context(), map[string]string{"lr": "1"}, 0, 50)
		if err != nil || !diverged || len(losses) == 0 || len(losses) > 20 {
			t.Errorf("%q: %d losses, %v, %v", mode, len(losses), diverged, err)
		}
	}
}

func TestFails(t *testing.T) {
	r, visits := runner(t, Options{Retries: 2}, "broken")
	_, _, err := r.Train(t.Context(), map[string]string{"lr": "1"}, 0, 50)
	if err == nil || !strings.Contains(err.Error(), "exit code 1") || !strings.Contains(err.Error(), "no torch") {
		t.Errorf("%v", err)
	}
	if n := len(visits()); n != 3 {
		t.Errorf("it was tried %d times", n)
	}
	r, visits = runner(t, Options{Retries: 1}, "flaky")
	if losses, _, err := r.Train(t.Context(), map[string]string{"lr": "0.01"}, 0, 5); err != nil || len(losses) != 5 || len(visits()) != 2 {
		t.Errorf("%v, %v, %q", losses, err, visits())
	}
	r, _ = runner(t, Options{Timeout: 50 * time.Millisecond}, "silent")
	if _, _, err := r.Train(t.Context(), map[string]string{"lr": "1"}, 0, 5); err == nil || !strings.Contains(err.Error(), "within 50ms") {
		t.Errorf("%v", err)
	}
	r, _ = runner(t, Options{Loss: "error"}, "")
	if _, _, err := r.Train(t.Context(), map[string]string{"lr": "1"}, 0, 5); err == nil || !strings.Contains(err.Error(), `no loss named "error", but epoch, val_loss, loss`) {
		t.Errorf("%v", err)
	}
	r, _ = runner(t, Options{}, "silent")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, _, err := r.Train(ctx, map[string]string{"lr": "1"}, 0, 5); err != context.Canceled {
		t.Errorf("%v", err)
	}
}

// A search that was broken off goes on where it was, also where its journal was torn.
func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "trials.jsonl")
	visits := filepath.Join(t.TempDir(), "visits")
	t.Setenv("TRIALS_TEST_PROGRAM", "1")
	command := []string{os.Args[0], "--lr", "{lr}", "--visits", visits}
	var notes []string
	begin := func(fresh bool, command ...string) (*Runner, error) {
		return New(Options{Command: command, Journal: path, Fresh: fresh, Note: func(s string) { notes = append(notes, s) }}, []string{"lr"})
	}
	try := func(r *Runner, rates ...string) {
		t.Helper()
		for _, lr := range rates {
			if _, _, err := r.Train(t.Context(), map[string]string{"lr": lr}, 0, 10); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	r, err := begin(false, command...)
	if err != nil {
		t.Fatal(err)
	}
	try(r, "0.01", "5", "0.02")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text[:len(text)-7], 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err = begin(false, command...); err != nil {
		t.Fatal(err)
	}
	try(r, "0.01", "5", "0.02", "0.03")
	if ran, known := r.Ran(); ran != 2 || known != 2 {
		t.Errorf("%d ran, %d known", ran, known)
	}
	if len(notes) != 1 || !strings.HasPrefix(notes[0], "2 trials are known") {
		t.Errorf("%q", notes)
	}
	again, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(again), string(text[:len(text)-100])) || strings.Count(string(again), "\n") != 5 {
		t.Errorf("%v\n%s", err, again)
	}
	if _, err := begin(false, append(command, "--mode=x")...); err == nil || !strings.Contains(err.Error(), "another command") {
		t.Errorf("%v", err)
	}
	if r, err = begin(true, command...); err != nil {
		t.Fatal(err)
	}
	try(r, "0.01")
	if ran, _ := r.Ran(); ran != 1 {
		t.Errorf("%d ran", ran)
	}
}

// Trials go through the user's launcher, whose program has no socket to reach.
func TestLaunch(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "launcher")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho \"$1 $OPTTUI_SOCKET $OPTTUI_METRICS\" >>"+dir+"/launched\nshift\nexec \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	r, _ := runner(t, Options{Launch: []string{script, "-n1"}}, "")
	if losses, _, err := r.Train(t.Context(), map[string]string{"lr": "0.01"}, 0, 5); err != nil || len(losses) != 5 {
		t.Errorf("%v, %v", losses, err)
	}
	if text, err := os.ReadFile(dir + "/launched"); err != nil || string(text) != "-n1  stdout\n" {
		t.Errorf("%q, %v", text, err)
	}
}

// The whole way: the finder finds the edge of a program.
func TestFinder(t *testing.T) {
	r, visits := runner(t, Options{}, "")
	f, err := lrfinder.NewOutside(r, lrfinder.Options{Iterations: 40, Lo: 1e-3, Hi: 1, NoCheck: true, Workers: 4, BestWithin: 1.2, EdgeWithin: 1.1})
	if err != nil {
		t.Fatal(err)
	}
	res, err := f.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !res.Answered() || res.Best < 0.03 || res.Best > 0.07 || res.Edge < 0.09 || res.Edge > 0.12 {
		t.Errorf("ε* %v, edge %v, %q", res.Best, res.Edge, res.Reason)
	}
	seen := map[string]int{}
	for _, v := range visits() {
		if seen[v]++; seen[v] > 1 {
			t.Errorf("%s was tried twice", v)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		command  []string
		settings []string
		says     string
	}{
		{nil, []string{"lr"}, "after --"},
		{[]string{"train"}, []string{"lr"}, "the command has no {lr}"},
		{[]string{"train", "--lr={lr}", "-m", "{momentum}"}, []string{"lr"}, "{momentum}, for which there is no value: settings are lr, steps, seed"},
	} {
		if _, err := New(Options{Command: c.command}, c.settings); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v", c.command, err)
		}
	}
	for _, c := range []struct{ setting, says string }{{"seed", "--seeds says what stands there"}, {"steps", "--steps says"}} {
		if _, err := New(Options{Command: []string{"train", "{seed}", "{steps}"}}, []string{c.setting}); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.setting, err)
		}
	}
	if _, err := New(Options{Command: []string{"train", "{lr}"}, Seeds: 2}, []string{"lr"}); err == nil || !strings.Contains(err.Error(), "no {seed}") {
		t.Errorf("two seeds: %v", err)
	}
	if _, err := New(Options{Command: []string{"x", "{lr}", `{"a": 1}`, "${HOME}", "{0}", "{}"}}, []string{"lr"}); err == nil || !strings.Contains(err.Error(), "{HOME}") {
		t.Errorf("%v", err)
	}
}

// Many trials at once share one journal.
func TestAtOnce(t *testing.T) {
	r, visits := runner(t, Options{Journal: filepath.Join(t.TempDir(), "j")}, "")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if _, _, err := r.Train(t.Context(), map[string]string{"lr": fmt.Sprint(0.001 * float64(i+1))}, 0, 5); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(visits()); n != 8 {
		t.Errorf("%d visits", n)
	}
}
