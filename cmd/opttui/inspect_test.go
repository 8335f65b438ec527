package main

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
)

// inspected is what a person reads back from opttui inspect --json.
type inspected struct {
	Problem      string
	X            []float64
	Loss         *float64
	Gradient     []float64
	GradNorm     *float64 `json:"grad_norm"`
	Hessian      [][]float64
	Values       []float64   `json:"eigenvalues"`
	Vectors      [][]float64 `json:"eigenvectors"`
	All          bool        `json:"all_eigenvalues"`
	LambdaMin    *float64    `json:"lambda_min"`
	LambdaMax    *float64    `json:"lambda_max"`
	ConditionNo  *float64    `json:"condition_number"`
	Condition    *float64
	AlongGrad    *float64 `json:"curvature_along_gradient"`
	Along        *float64 `json:"curvature"`
	Optimal      *float64 `json:"optimal_step"`
	Definiteness *string
	Class        *string
	Critical     bool
	Limits       map[string]*float64
}

func inspectJSON(t *testing.T, args ...string) (i inspected) {
	t.Helper()
	code, stdout, stderr := opttui(t, append([]string{"inspect", "--json"}, args...)...)
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if err := json.Unmarshal([]byte(stdout), &i); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	return i
}

func TestInspect(t *testing.T) {
	i := inspectJSON(t, "--problem", "rosenbrock", "--at", "1,1")
	if *i.Class != "minimum" || *i.Definiteness != "positive definite" || !i.Critical || *i.Loss != 0 || *i.GradNorm != 0 ||
		math.Abs(*i.Condition/2508.0096012775152-1) > 1e-9 || *i.ConditionNo != *i.Condition || i.Along != nil || i.AlongGrad != nil || i.Optimal != nil {
		t.Errorf("%+v", i)
	}
	if h := i.Hessian; len(h) != 2 || h[0][0] != 802 || h[0][1] != -400 || h[1][0] != -400 || h[1][1] != 200 {
		t.Errorf("Hessian %v", h)
	}
	if !i.All || len(i.Values) != 2 || i.Values[0] != *i.LambdaMax || i.Values[1] != *i.LambdaMin || i.Values[0] < i.Values[1] || len(i.Vectors) != 2 {
		t.Errorf("%+v", i)
	}
	if gd := *i.Limits["gd"]; gd != 2 / *i.LambdaMax || math.Abs(*i.Limits["momentum"]/gd-1.9) > 1e-12 ||
		math.Abs(*i.Limits["nesterov"]/gd-1.9/2.8) > 1e-12 || math.Abs(*i.Limits["momentum_ewma"]/gd-19) > 1e-12 {
		t.Errorf("limits %v", i.Limits)
	}

	i = inspectJSON(t, "--expr", "a*x^2 - y^2", "--set", "a=3", "--at=1,-2", "--momentum", "0.5")
	if *i.Class != "saddle" || *i.Definiteness != "indefinite" || i.Critical || i.Values[0] != 6 || i.Values[1] != -2 ||
		i.Gradient[0] != 6 || i.Gradient[1] != 4 || math.Abs(*i.Along-(36*6-16*2)/52.) > 1e-12 || *i.Optimal != 1 / *i.Along || *i.Limits["momentum"] != 0.5 {
		t.Errorf("%+v", i)
	}
	if i = inspectJSON(t, "--expr", "a*x^2 - y^2", "--set", "a=3", "--at=1,-2", "--tolerance", "10"); !i.Critical {
		t.Errorf("not critical at a tolerance of 10")
	}
	if i = inspectJSON(t, "--problem", "monkey_saddle", "--at", "0,0"); *i.Class != "degenerate" || *i.Definiteness != "zero" || !i.Critical || i.Limits["gd"] != nil {
		t.Errorf("%+v", i)
	}
	if i = inspectJSON(t, "--problem", "digits/mlp", "--seed", "2"); i.All || i.Hessian != nil || len(i.Values) != 2 || len(i.Vectors[0]) != 2410 || len(i.X) != 2410 || *i.Class != "saddle" {
		t.Errorf("digits: %t, %d, %v, %v", i.All, len(i.Hessian), i.Values, *i.Class)
	}
	if i = inspectJSON(t, "--problem", "iris"); !i.All || len(i.Hessian) != 15 || len(i.Values) != 15 || *i.Definiteness != "positive semidefinite" {
		t.Errorf("iris: %t, %d, %v", i.All, len(i.Hessian), i.Values)
	}
	if i = inspectJSON(t, "--expr", "log(x)+y^2", "--at=-1,1"); i.Class != nil || i.Definiteness != nil || i.Loss != nil || i.Critical {
		t.Errorf("%+v", i)
	}
}

func TestInspectText(t *testing.T) {
	for args, wants := range map[string][]string{
		"--problem rosenbrock --at=-1.2,1":                              {"rosenbrock at (-1.2, 1)\n", "(-215.6, -88), ‖g‖ = 232.868", "\nHessian    1330  480", "1506.37   (0.939, 0.345)", "positive definite", "one is 0.381476 away (minimum)", "0.0013277    2/λmax"},
		"--problem six_hump_camel --at 0,0":                             {"critical point       saddle", "condition number     1\n"},
		"--problem saddle --at 0,0":                                     {"indefinite"},
		"--problem digits/mlp":                                          {"… 2402 more)", "largest eigenvalue   4.40634, by Lanczos' method", "of 2410"},
		"--problem rastrigin --at 0.5,0.5":                              {"negative definite", "No learning rate has a limit"},
		"--problem breast_cancer/softmax":                               {"more)", "…   "},
		"--problem quadratic --set dim=9":                               {"eigenvalue"},
		"--expr log(x) --at=-1":                                         {"The Hessian is not finite here."},
		"--problem iris --tolerance 10":                                 {"critical point       degenerate"},
		"--data ../../internal/dataset/data/wine.csv --target cultivar": {"data at ("},
	} {
		code, stdout, stderr := opttui(t, append([]string{"inspect"}, strings.Fields(args)...)...)
		if code != 0 || stderr != "" {
			t.Errorf("%s: exit code %d: %s", args, code, stderr)
		}
		for _, want := range wants {
			if !strings.Contains(stdout, want) {
				t.Errorf("%s: no %q in\n%s", args, want, stdout)
			}
		}
	}
}

// curved is what --curvature adds to a row.
type curved struct {
	row
	Values    []float64 `json:"eigenvalues"`
	Condition *float64
	Along     *float64 `json:"curvature"`
	Predicted *float64
	Actual    *float64
	Gradient  *float64 `json:"predicted_gradient"`
	Curvature *float64 `json:"predicted_curvature"`
	Noise     *float64 `json:"predicted_noise"`
	Limit     *float64
	Critical  *string
}

// TestRunCurvature: rows with the curvature are the rows without it, and more.
func TestRunCurvature(t *testing.T) {
	args := []string{"run", "--problem", "quadratic", "--optimizer", "sgd", "--lr", "0.015", "--steps", "2400", "--every", "200"}
	_, plain, _ := opttui(t, args...)
	code, stdout, stderr := opttui(t, append(args, "--curvature")...)
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	lines, before := strings.Split(stdout, "\n"), strings.Split(plain, "\n")
	if len(lines) != 14 || len(before) != 14 {
		t.Fatalf("%d and %d lines", len(lines), len(before))
	}
	for k, line := range lines[:13] {
		if !strings.HasPrefix(line, strings.TrimSuffix(before[k], "}")+`,"eigenvalues":[`) {
			t.Errorf("%s\nis not\n%s\nand more", line, before[k])
		}
		var r curved
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if len(r.Values) != 2 || r.Values[0] != 100 || r.Values[1] != 1 || *r.Condition != 100 || *r.Limit != 0.02 {
			t.Errorf("%s", line)
		}
		if (r.Predicted == nil) != (k == 0) || (r.Actual == nil) != (k == 0) || (r.Critical != nil) != (*r.GradNorm <= 1e-6) {
			t.Errorf("%s", line)
		}
		if k > 0 && (math.Abs(*r.Predicted-*r.Actual) > 1e-9**r.Loss || *r.Gradient+*r.Curvature != *r.Predicted || *r.Noise != 0) {
			t.Errorf("%s", line)
		}
		if k == 12 && (r.Critical == nil || *r.Critical != "minimum") {
			t.Errorf("%s", line)
		}
	}
}

// TestRunCurvatureCSV: the same numbers in columns, with empty cells for what is not known; also where a run diverges.
func TestRunCurvatureCSV(t *testing.T) {
	code, stdout, _ := opttui(t, "run", "--problem", "rosenbrock", "--optimizer", "sgd", "--lr", "1", "--every", "50", "--curvature", "--format", "csv")
	if code != exitDiverged {
		t.Fatalf("exit code %d", code)
	}
	rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%v in %s", err, stdout)
	}
	cell := func(row int, name string) string {
		t.Helper()
		for k, head := range rows[0] {
			if head == name {
				return rows[row][k]
			}
		}
		t.Fatalf("no column %s", name)
		return ""
	}
	number := func(text string) float64 {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Error(err)
		}
		return v
	}
	if cell(1, "predicted") != "" || cell(1, "actual") != "" || cell(1, "critical") != "" || cell(2, "actual") != "+Inf" || cell(2, "predicted") == "" {
		t.Error(stdout)
	}
	if max, min := number(cell(1, "eigen_max")), number(cell(1, "eigen_min")); math.Abs(max/min-number(cell(1, "condition"))) > 1e-9 || math.Abs(max*number(cell(1, "limit"))-2) > 1e-12 {
		t.Error(stdout)
	}
	for _, name := range []string{"curvature", "predicted_gradient", "predicted_curvature", "predicted_noise"} {
		_ = cell(2, name)
	}
}
