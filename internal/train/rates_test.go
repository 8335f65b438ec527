package train

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"opttui/internal/optim"
	"opttui/internal/usage"
)

// asManual is the run with its rates as a schedule.
func asManual(spec Spec, points []optim.RatePoint) Spec {
	spec = spec.Clone()
	spec.Schedule = "manual:" + optim.FormatRates(points)
	spec.Set = map[string]string{"lr": strconv.FormatFloat(points[0].Rate, 'g', -1, 64)}
	return spec
}

// What was done by hand is a schedule, and the schedule does it again bit for bit.
func TestRatesByHandAreASchedule(t *testing.T) {
	for _, spec := range []Spec{
		{Problem: "rosenbrock", Optimizer: "momentum", Noise: 0.1, Batch: 1, Set: map[string]string{"lr": "1e-4"}},
		{Problem: "rosenbrock", Optimizer: "adam", Schedule: "cosine", Set: map[string]string{"lr": "0.01", "t_max": "120", "schedule.warmup": "10"}},
		{Problem: "iris", Optimizer: "rmsprop", Schedule: "plateau", Batch: 8, Set: map[string]string{"patience": "3"}},
	} {
		r := must(t, spec)
		for range 5 {
			r.Advance(37)
			if err := r.Apply(Command{Op: OpTurn, Key: "lr", Notches: -1}); err != nil {
				t.Fatal(err)
			}
		}
		r.Advance(37)
		points, exact, err := Rates(context.Background(), spec, r.Journal(), r.Step())
		if err != nil || !exact {
			t.Fatalf("exact %v, %v", exact, err)
		}
		if spec.Schedule == "" && len(points) != 6 {
			t.Errorf("six rates by hand are %v", points)
		}
		m := must(t, asManual(spec, points))
		m.Advance(r.Step())
		a, b := stateOf(r), stateOf(m)
		a.Settings, b.Settings, a.Journal, b.Journal = nil, nil, nil, nil
		if d := diffStates(a, b); d != "" {
			t.Errorf("%s, %s: the schedule leads elsewhere:\n%s", spec.Problem, spec.Schedule, d)
		}
		// A restart with the settings of now begins with the same schedule, scaled by hand.
		if err := m.Apply(Command{Op: OpScale, Key: "lr", Factor: 2}); err != nil {
			t.Fatal(err)
		}
		if again := must(t, m.Now()); again.LR() != 2*points[0].Rate {
			t.Errorf("after doubling ε and a restart it is %g, the schedule says %g", again.LR(), points[0].Rate)
		}
	}
}

func TestRatesAreBounded(t *testing.T) {
	spec := Spec{Problem: "beale", Optimizer: "sgd", Schedule: "linear", Set: map[string]string{"lr": "1e-3", "tau": "20000", "lr_end": "1e-6"}}
	points, exact, err := Rates(context.Background(), spec, nil, 20_000)
	if err != nil || exact || len(points) > maxRates || len(points) < maxRates/8 {
		t.Fatalf("%d points, exact %v, %v", len(points), exact, err)
	}
	r := must(t, spec)
	m, err := findSchedule("manual:" + optim.FormatRates(points))
	if err != nil {
		t.Fatal(err)
	}
	s := m.New(1e-3)
	for range 20_000 {
		if want, got := r.LR(), s.Rate(r.Step(), 1e-3); got < want*0.99 || got > want*1.01 {
			t.Fatalf("step %d: rate %g, exported as %g", r.Step(), want, got)
		}
		r.Advance(1)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Rates(ctx, spec, nil, 20_000); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	var bad *usage.Error
	if _, _, err := Rates(context.Background(), Spec{Problem: "beale", Optimizer: "newton"}, nil, 5); !errors.As(err, &bad) {
		t.Errorf("a rule without a rate: %v", err)
	}
}

func TestManualScheduleIsRefusedInWords(t *testing.T) {
	for text, want := range map[string]string{
		"manual:":             `cannot be "": write step=rate`,
		"manual:0=x":          `cannot be "0=x"`,
		"manual:5=1,3=1":      "step 3 cannot stand after step 5",
		"manual:0=-1":         "cannot be 0=-1",
		"manual:0=NaN":        "rates from 0 to 1e6",
		"manual:-1=1":         "cannot be -1=1",
		"manual:0=1,x,20=0.1": `cannot be "x"`,
	} {
		_, err := New(Spec{Problem: "beale", Optimizer: "sgd", Schedule: text})
		var bad *usage.Error
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	r := must(t, Spec{Problem: "beale", Optimizer: "sgd", Set: map[string]string{"lr": "0.001"}})
	r.Advance(10)
	if err := r.Apply(Command{Op: OpSchedule, Value: "manual:0=2,5=1"}); err != nil || r.LR() != 0.001 || r.Journal()[0].Note != "manual" {
		t.Fatalf("%v, rate %g, journal %+v", err, r.LR(), r.Journal())
	}
	r.Advance(5)
	if r.LR() != 0.0005 {
		t.Errorf("five steps after the switch the rate is %g", r.LR())
	}
}
