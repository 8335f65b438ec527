package lrfinder

import (
	"context"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"gonum.org/v1/gonum/floats"

	"opttui/internal/optim"
	"opttui/internal/train"
)

// TestSuggestions: the four suggestions are those of fastai's functions (fastai/callback/schedule.py of 2.7) on the same
// curves, which were run in Python.
func TestSuggestions(t *testing.T) {
	curves := []func(u float64) float64{
		func(u float64) float64 {
			v := 2.3 - 1.9/(1+math.Exp(-14*(u-0.6)))
			if u > 0.85 {
				v += math.Exp(40 * (u - 0.9))
			}
			return v
		},
		func(u float64) float64 { return -5 + 3*math.Cos(5*u) + 0.2*math.Sin(31*u) },
		func(u float64) float64 { return 1 + 0.5*math.Sin(40*u)*u - 2*u + 30*math.Max(0, u-0.8) },
	}
	for i, want := range []struct{ n, valley, slide, steep int }{{100, 46, 53, 59}, {100, 33, 76, 30}, {73, 45, 46, 54}} {
		r := &RangeTest{}
		for k := range want.n {
			u := float64(k) / 99
			r.LR, r.Loss = append(r.LR, 1e-6*math.Pow(1e7, u)), append(r.Loss, curves[i](u))
		}
		r.suggest()
		if r.Valley != r.LR[want.valley] || r.Slide != r.LR[want.slide] || r.Steep != r.LR[want.steep] {
			t.Errorf("curve %d: valley %v, slide %v, steep %v", i, r.Valley, r.Slide, r.Steep)
		}
		minimum := []float64{1e-6 * math.Pow(1e7, 84./99) / 10, 0.0010722672220103238, 0.001484968262254464}[i]
		if math.Abs(r.Minimum-minimum) > 1e-12*minimum {
			t.Errorf("curve %d: minimum/10 %v, want %v", i, r.Minimum, minimum)
		}
	}
}

// TestRangeTest: the rate grows by the same factor each step, the steps are those of the rule at these rates, and a test
// that leaves the function ends.
func TestRangeTest(t *testing.T) {
	f, err := New(train.Spec{Problem: "quadratic", Optimizer: "sgd", Schedule: "cosine"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	r := rangeTest(f.source.(*runs).trial(1, 0), 1e-4, 1, 100, 118, brake{stop: &stop})
	for i := range r.LR {
		if want := 1e-4 * math.Pow(1e4, float64(i)/99); math.Abs(r.LR[i]/want-1) > 1e-12 {
			t.Fatalf("step %d is at %v, want %v", i, r.LR[i], want)
		}
	}
	// x ← (1−ε)x and y ← (1−100ε)y, from (−3.5, 1.5), by hand
	x, y := -3.5, 1.5
	for i := range 3 {
		x, y = x-r.LR[i]*x, y-r.LR[i]*100*y
	}
	raw := []float64{0, 0, 0.5 * (x*x + 100*y*y)}
	smooth := func(n int) float64 { return r.Loss[n-1] * (1 - math.Pow(0.98, float64(n))) } // without bias correction
	if got := (smooth(3) - 0.98*smooth(2)) / 0.02; math.Abs(got-raw[2]) > 1e-9*raw[2] {
		t.Errorf("loss after three steps is %v, want %v", got, raw[2])
	}
	if n := len(r.LR); n < 60 || n > 95 || r.Steep > 0.02 || r.Minimum > 0.02 {
		t.Errorf("it ended after %d steps at %v; %+v", n, r.LR[n-1], r)
	}
}

// TestLimits: every rule has a limit or says why it has none.
func TestLimits(t *testing.T) {
	for _, o := range optim.All() {
		f, err := New(train.Spec{Problem: "quadratic", Optimizer: o.Name}, Options{})
		if err != nil {
			continue
		}
		if l := f.source.limit(); (l.LR == l.LR) == (l.Why != "") || l.LR == l.LR && l.Formula == "" {
			t.Errorf("%s: %+v", o.Name, l)
		}
	}
	f, err := New(train.Spec{Problem: "rastrigin", Optimizer: "sgd", Start: []float64{0.5, 0.5}}, Options{}) // a maximum
	if err != nil {
		t.Fatal(err)
	}
	if l := f.source.limit(); l.LR == l.LR || !strings.Contains(l.Why, "does not curve upward") {
		t.Errorf("%+v", l)
	}
}

func TestParseAxis(t *testing.T) {
	for _, test := range []struct{ text, values string }{
		{"momentum=0,0.5, 0.9", "0 0.5 0.9"},
		{"optimizer=sgd,adam", "sgd adam"},
		{"lr=1e-4:1:log:5", "0.0001 0.001 0.01 0.1 1"},
		{"beta1=0:0.9:4", "0 0.3 0.6 0.9"},
		{"beta1=0:0.9:lin:4", "0 0.3 0.6 0.9"},
		{"batch=8:128:log:5", "8 16 32 64 128"},
		{"optimizer.lr=1:0.1:log:2", "1 0.1"},
	} {
		a, err := ParseAxis(test.text)
		if err != nil || strings.Join(a.Values, " ") != test.values {
			t.Errorf("%s: %v, %v", test.text, a.Values, err)
		}
	}
	for text, want := range map[string]string{
		"": "write key=a,b,c", "lr": "write key=a,b,c", "=1": "write key=a,b,c", "lr=": "write key=a,b,c",
		"lr=1,,2": "a value is missing", "lr=1:2": "key=from:to:count", "lr=a:2:3": `"a" is not a number`,
		"lr=1:2:0": "whole number from 2 to 1000", "lr=1:2:x": "whole number from 2", "lr=1:1:3": "range is empty",
		"lr=0:1:log:3": "ends above 0", "lr=1:2:cubic:3": "log or lin", "lr=1:2:log:3:4": "key=from:to:log:count",
		"lr=1:inf:3": "is not a number",
	} {
		if _, err := ParseAxis(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// TestSweep: the cells are the runs that their settings describe.
func TestSweep(t *testing.T) {
	axes := []Axis{{"optimizer", []string{"sgd", "momentum"}}, {"lr", []string{"0.001", "0.004", "3"}}, {"momentum", []string{"0.5", "0.9"}}, {"batch", []string{"1", "all"}}}
	spec := train.Spec{Problem: "rosenbrock", Optimizer: "adam", Noise: 0.5, Seed: 7}
	s, err := NewSweep(spec, axes, Options{Iterations: 60, Seeds: 3})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if len(s.Cells) != 24 {
		t.Fatalf("%d cells", len(s.Cells))
	}
	repeats, diverged := 0, 0
	for i, c := range s.Cells {
		set := s.Settings(c)
		if s.Repeats(i) {
			repeats++
		}
		one := train.Spec{Problem: "rosenbrock", Optimizer: set["optimizer"], Noise: 0.5, Seed: 7, Set: map[string]string{"lr": set["lr"]}}
		if one.Optimizer == "momentum" {
			one.Set["momentum"] = set["momentum"]
		} else if _, ok := set["momentum"]; ok {
			t.Errorf("cell %v has a momentum", c.At)
		}
		if set["batch"] == "1" {
			one.Batch = 1
		}
		var scores []float64
		for range 3 {
			r, err := train.New(one)
			if err != nil {
				t.Fatal(err)
			}
			r.Advance(50)
			sum := 0.0
			for range 10 {
				r.Advance(1)
				sum += r.Loss()
			}
			if r.Over() {
				sum = math.Inf(1)
			}
			scores = append(scores, sum/10)
			one.Seed++
		}
		if c.Status == Diverged {
			diverged++
		}
		if want := median(scores); !(math.Abs(c.Loss-want) <= 1e-12*want) && c.Loss != want || c.Lo != slices.Min(scores) && c.Status == OK {
			t.Errorf("cell %v has loss %v, want %v", c.At, c.Loss, want)
		}
		if c.Status != Diverged && c.Loss < s.Cells[s.Best].Loss {
			t.Errorf("cell %v is better than the best", c.At)
		}
	}
	if repeats != 6 || diverged != 10 {
		t.Errorf("%d cells repeat others, %d have diverged", repeats, diverged)
	}
}

func TestSweepErrors(t *testing.T) {
	spec := train.Spec{Problem: "beale", Optimizer: "sgd"}
	for _, test := range []struct {
		axes []Axis
		want string
	}{
		{[]Axis{{"lr", []string{"1"}}, {"lr", []string{"2"}}}, "two axes for lr"},
		{[]Axis{{"momentum", []string{"1"}}}, `sgd on beale has no setting "momentum"`},
		{[]Axis{{"optimizer", []string{"sgd"}}, {"beta1", []string{"0.5"}}}, `no cell of the grid has a setting "beta1"`},
		{[]Axis{{"optimizer", []string{"sgd", "adm"}}}, `did you mean "adam"`},
		{[]Axis{{"lr", []string{"0.1", "-1"}}}, "lr cannot be -1"},
		{[]Axis{{"seed", []string{"1"}}}, "cannot be over seed"},
		{[]Axis{{"batch", []string{"few"}}}, "batch cannot be"},
		{[]Axis{{"noise", []string{"loud"}}}, "noise cannot be"},
		{[]Axis{{"lr", make([]string, 1000)}, {"weight_decay", make([]string, 1000)}}, "more than 100000 cells"},
	} {
		if _, err := NewSweep(spec, test.axes, Options{}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v, want %q", test.axes, err, test.want)
		}
	}
}

// TestTrialAllocs: a step of a trial allocates nothing.
func TestTrialAllocs(t *testing.T) {
	for _, s := range []train.Spec{
		{Problem: "beale", Optimizer: "adam", Noise: 0.1, Batch: 1, Set: map[string]string{"lr": "1e-5"}},
		{Problem: "digits/mlp", Optimizer: "momentum", Batch: 64, Set: map[string]string{"lr": "1e-3"}},
		{Problem: "iris", Optimizer: "sgd", Batch: 16},
	} {
		f, err := New(s, Options{})
		if err != nil {
			t.Fatal(err)
		}
		trial := f.source.(*runs).trial(1e-4, 1)
		var stop atomic.Bool
		few, many := 20, 120
		runs := func(steps int) float64 {
			return testing.AllocsPerRun(3, func() { f.source.(*runs).score.run(trial, steps, brake{stop: &stop}) })
		}
		if a, b := runs(few), runs(many); a != b {
			t.Errorf("%s on %s: %d steps allocate %v times, %d steps %v times", s.Optimizer, s.Problem, few, a, many, b)
		}
	}
}

// BenchmarkGrid is 45 trials of 100 steps of a network, on one worker and on all processors, beside the bare steps.
// Divide the times of bare and of the last for the speed-up.
func BenchmarkGrid(b *testing.B) {
	spec := train.Spec{Problem: "digits/mlp", Optimizer: "adam", Batch: 64}
	rates := make([]float64, 45)
	floats.LogSpan(rates, 1e-5, 1)
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			for _, lr := range rates {
				spec.Set = map[string]string{"lr": text(lr)}
				run, err := train.New(spec)
				if err != nil {
					b.Fatal(err)
				}
				run.Advance(100)
			}
		}
	})
	for _, workers := range []int{1, 0} {
		b.Run([]string{"all processors", "one worker"}[workers], func(b *testing.B) {
			for b.Loop() {
				f, err := New(spec, Options{Seeds: 1, Workers: workers, Lo: 1e-5, Hi: 1})
				if err != nil {
					b.Fatal(err)
				}
				f.res, f.plan = &Result{}, f.newPlan()
				if err := f.start(context.Background()); err != nil {
					b.Fatal(err)
				}
				if _, err := f.evaluate(context.Background(), 100, rates...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestAxisCountsMore: a value of the spec, by its short or its long name, gives way to those of the grid.
func TestAxisCountsMore(t *testing.T) {
	for _, key := range []string{"lr", "optimizer.lr"} {
		spec := train.Spec{Problem: "quadratic", Optimizer: "sgd", Set: map[string]string{key: "1e-5"}}
		s, err := NewSweep(spec, []Axis{{Key: "lr", Values: []string{"1e-3", "1e-2"}}}, Options{})
		if err == nil {
			err = s.Run(context.Background())
		}
		if err != nil || s.Cells[0].LR != 1e-3 || s.Cells[1].LR != 1e-2 || s.Cells[0].Loss == s.Cells[1].Loss {
			t.Errorf("%s in the spec: cells %+v, error %v", key, s.Cells, err)
		}
	}
}
