package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"opttui/internal/problems"
	"opttui/internal/train"
)

// TestListJSON: everything registered is there, with its settings and their defaults.
func TestListJSON(t *testing.T) {
	code, stdout, stderr := opttui(t, "list", "--json")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	var c catalogue
	if err := json.Unmarshal([]byte(stdout), &c); err != nil {
		t.Fatal(err)
	}
	var names, optimizers, schedules []string
	for _, e := range c.Problems {
		names = append(names, e.Name)
		if e.Dim < 1 || !slices.Contains(e.Supplies, "gradient") || e.Title == "" {
			t.Errorf("problem %+v", e)
		}
		checkSettings(t, e.Name, e.Settings)
	}
	for _, e := range c.Optimizers {
		optimizers = append(optimizers, e.Name)
		if e.Formula == "" || e.Source == "" || e.Advice == "" || e.Order < 1 || e.Order > 2 {
			t.Errorf("optimizer %+v", e)
		}
		checkSettings(t, e.Name, e.Settings)
	}
	for _, e := range c.Schedules {
		schedules = append(schedules, e.Name)
		if e.Formula == "" || e.Title == "" {
			t.Errorf("schedule %+v", e)
		}
		checkSettings(t, e.Name, e.Settings)
	}
	for _, x := range []struct{ got, want []string }{
		{names, problems.Names()}, {optimizers, train.OptimizerNames()}, {schedules, train.ScheduleNames()},
	} {
		if !slices.Equal(x.got, x.want) {
			t.Errorf("listed %q, registered %q", x.got, x.want)
		}
	}
	i := slices.IndexFunc(c.Optimizers, func(e optimizerEntry) bool { return e.Name == "rmsprop" })
	j := slices.IndexFunc(c.Optimizers[i].Settings, func(s setting) bool { return s.Key == "rho" })
	if s := c.Optimizers[i].Settings[j]; s.Default != 0.9 || s.DefaultTorch != 0.99 {
		t.Errorf("rho of rmsprop is %v in the lecture's convention and %v in torch's", s.Default, s.DefaultTorch)
	}
}

func checkSettings(t *testing.T, owner string, settings []setting) {
	t.Helper()
	for _, s := range settings {
		if s.Key == "" || s.Doc == "" || s.Scale == "" || s.Default == nil {
			t.Errorf("%s: setting %+v", owner, s)
		}
		if s.Choices == nil && (s.Min == nil || s.Max == nil) {
			t.Errorf("%s: setting %s has no range", owner, s.Key)
		}
	}
}

func TestListText(t *testing.T) {
	tests := []struct {
		args string
		want []string
	}{
		{"list", []string{"PROBLEMS", "OPTIMIZERS", "SCHEDULES", "beale", "lr=0.001 beta1=0.9", "t_max=1000"}},
		{"list problems", []string{"rosenbrock", "condition=100"}},
		{"list optimizers rmsprop", []string{"√(δ+r)", "in torch", "0.99", "0 to below 1", "decay rate"}},
		{"list problems beale", []string{"(1.5 − x + xy)²", "[-4.5, 4.5] × [-4.5, 4.5]", "f(3, 0.5) = 0", "hessian"}},
		{"list schedules --long", []string{"cosine", "ε_min", "1 to 1e+09, whole", "Loshchilov"}},
	}
	for _, test := range tests {
		t.Run(test.args, func(t *testing.T) {
			code, stdout, stderr := opttui(t, strings.Fields(test.args)...)
			if code != 0 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			for _, want := range test.want {
				if !strings.Contains(stdout, want) {
					t.Errorf("no %q in\n%s", want, stdout)
				}
			}
			if strings.Contains(stdout, "\x1b") {
				t.Error("escape sequences where there is no terminal")
			}
			for line := range strings.Lines(stdout) {
				if strings.HasSuffix(line, " \n") {
					t.Errorf("spaces at the end of %q", line)
				}
			}
		})
	}
}
