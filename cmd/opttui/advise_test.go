package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"opttui/internal/lrfinder"
	"opttui/internal/train"
)

// TestAdvise: the figures and the verdict of small races agree, with an exit code of 0.
func TestAdvise(t *testing.T) {
	file := t.TempDir() + "/line.csv"
	rows := "x,y\n"
	for i := range 30 {
		rows += fmt.Sprintf("%d,%g\n", i, 2*float64(i)+1+float64(i%3))
	}
	if err := os.WriteFile(file, []byte(rows), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{
		"--problem ravine",
		"--problem rosenbrock --steps 200",
		"--problem ravine --noise 1 --steps 100",
		"--problem digits --steps 40",
		"--problem iris/mlp --budget 5 --seeds 2",
		"--problem watson --steps 60",
		"--expr x^2+3*y^2 --steps 50",
		"--data " + file + " --target y --steps 30",
		"--problem beale --optimizer sgd,adam,lion --set beta1=0.8 --steps 50",
	} {
		code, stdout, stderr := opttui(t, append([]string{"advise", "--json"}, strings.Fields(args)...)...)
		if code != 0 || stderr != "" {
			t.Errorf("%s: exit code %d: %s", args, code, stderr)
			continue
		}
		var r struct {
			Verdict string
			Budget  float64
			Rules   []struct {
				Rank       *int
				Name, Note string
				Loss, LR   *float64
				Cost       *float64
				Tuned      bool
			}
		}
		if err := json.Unmarshal([]byte(stdout), &r); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(r.Verdict, r.Rules[0].Name+" wins: ") {
			t.Errorf("%s: %q, the first is %s", args, r.Verdict, r.Rules[0].Name)
		}
		if n := strings.Count(r.Verdict, ". ") + 1; n < 2 || n > 4 {
			t.Errorf("%s: %d sentences: %q", args, n, r.Verdict)
		}
		for i, e := range r.Rules {
			switch {
			case e.Rank == nil && e.Note == "":
				t.Errorf("%s: %s has no rank, for no reason", args, e.Name)
			case e.Rank != nil && (*e.Rank != i+1 || e.Loss == nil || *e.Cost > r.Budget || e.Tuned && e.LR == nil):
				t.Errorf("%s: %+v", args, e)
			}
		}
	}
}

// TestAdviseText: the table has a line for each rule, and says why one has not run.
func TestAdviseText(t *testing.T) {
	code, stdout, stderr := opttui(t, "advise", "--problem", "ravine", "--noise", "1", "--steps", "60")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, want := range []string{"60 gradients for each rule, 3 seeds", "momentum + cosine", "lbfgs: it compares f and ∇f of different steps", "least … greatest", " wins: "} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	if code, stdout, _ := opttui(t, "advise", "--problem", "saddle", "--steps", "200"); code != exitNoAnswer || !strings.Contains(stdout, "falls without bound") {
		t.Errorf("exit code %d: %s", code, stdout)
	}
	if code, stdout, _ := opttui(t, "advise", "--problem", "rosenbrock", "--optimizer", "adam", "--steps", "20"); code != exitNoAnswer || !strings.Contains(stdout, "No rule comes below the loss at the start, 24.2: the nearest is adam, at 89.5") || strings.Contains(stdout, "to get there") {
		t.Errorf("exit code %d: %s", code, stdout)
	}
}

// TestVerdictFollowsFromFigures: each sentence is held against the race that it is about.
func TestVerdictFollowsFromFigures(t *testing.T) {
	for _, spec := range []train.Spec{
		{Problem: "ravine"}, {Problem: "quadratic", Noise: 1, Batch: 1}, {Problem: "iris", Batch: 16}, {Problem: "easom"}, {Problem: "booth"},
	} {
		race, err := lrfinder.NewRace(spec, lrfinder.RaceOptions{Steps: 80})
		if err != nil {
			t.Fatal(err)
		}
		if err := race.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		text := strings.Join(verdict(race), " ")
		first := race.Racers[0]
		if !strings.HasPrefix(text, first.Name+" wins") {
			t.Errorf("%s: %q, the first is %s", spec.Problem, text, first.Name)
		}
		if strings.Contains(text, "Tuning does not pay") == first.Tuned || strings.Contains(text, "It needs tuning") != first.Tuned {
			t.Errorf("%s: %q, the first is tuned: %v", spec.Problem, text, first.Tuned)
		}
		for i, e := range race.Racers {
			if e.Name == "adam, default ε" && i > 0 && !strings.Contains(text, "gets there too") && !strings.Contains(text, fmt.Sprintf("is number %d", i+1)) {
				t.Errorf("%s: Adam is number %d: %q", spec.Problem, i+1, text)
			}
			if e.Score == nil || !e.Ranked() {
				continue
			}
			_, unseen, _ := strings.Cut(text, "held-out data")
			if better(e, first) && strings.Contains(unseen, "than "+first.Name) {
				t.Errorf("%s: %s does better on held-out data than %s: %q", spec.Problem, e.Name, first.Name, text)
			}
		}
	}
}

func TestAdviseErrors(t *testing.T) {
	for args, want := range map[string]string{
		"--problem ravin":                      `did you mean "ravine"?`,
		"--problem ravine --lr 0.1":            "lr cannot be given",
		"--problem ravine --steps 0":           `steps cannot be "0"`,
		"--problem ravine --seeds x":           `seeds cannot be "x"`,
		"--problem ravine --budget -1":         `budget cannot be "-1"`,
		"--steps 10 --budget 10":               "choose one",
		"--problem ravine --set momentun=0.5":  `did you mean "momentum"?`,
		"--problem ravine --optimizer adma":    `did you mean "adam"?`,
		"--problem digits --optimizer lm,adam": "lm needs",
	} {
		if code, _, stderr := opttui(t, append([]string{"advise"}, strings.Fields(args)...)...); code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d: %s, want %q", args, code, stderr, want)
		}
	}
}
