package lrfinder

import (
	"context"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"opttui/internal/train"
)

func raceOf(t *testing.T, spec train.Spec, o RaceOptions) *Race {
	t.Helper()
	r, err := NewRace(spec, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *Race) named(name string) *Racer {
	return r.Racers[slices.IndexFunc(r.Racers, func(e *Racer) bool { return e.Name == name })]
}

// TestRaceOnRavine: on a quadratic of two variables without noise, methods of second order need the fewest gradients,
// Newton's two or so, and Adam at its default rate goes less than 500 times its rate.
func TestRaceOnRavine(t *testing.T) {
	r := raceOf(t, train.Spec{Problem: "ravine"}, RaceOptions{})
	for _, e := range r.Racers[:3] {
		if !slices.Contains([]string{"lbfgs", "newton_cg", "lm"}, e.Name) || !(e.Solved < 10) || e.Trials != 0 {
			t.Errorf("among the first three: %+v", e)
		}
	}
	if last := r.Racers[len(r.Racers)-1]; last.Name != "adam, default ε" || !(last.Loss > 5) || last.LR != 1e-3 {
		t.Errorf("the last is %+v", last)
	}
	if r.Seeds != 1 || r.Budget != 500 || r.Best < 0 || r.Best > 1e-30 {
		t.Errorf("%d seeds, budget %v, best %v", r.Seeds, r.Budget, r.Best)
	}
}

// TestRaceIsFair: no rule evaluates more than the budget, whatever a step costs, those that see all data pay for them, and
// each figure is what train's own run of the same settings gives.
func TestRaceIsFair(t *testing.T) {
	for _, spec := range []train.Spec{
		{Problem: "rosenbrock"},
		{Problem: "quadratic", Noise: 1, Batch: 1},
		{Problem: "iris", Batch: 16},
	} {
		r := raceOf(t, spec, RaceOptions{Steps: 60})
		for i, e := range r.Racers {
			if !e.Ranked() {
				if e.Fails == "" {
					t.Errorf("%s is not ranked, for no reason", e.Name)
				}
				continue
			}
			if e.Cost > r.Budget || e.Cost <= 0 || e.Lo > e.Loss || e.Loss > e.Hi {
				t.Errorf("%s on %s: %+v", e.Name, spec.Problem, e)
			}
			run, err := train.New(e.Spec)
			if err != nil {
				t.Fatal(err)
			}
			run.Advance(e.Steps)
			if got := run.Trial().FullLoss(); got < e.Lo-1e-12*math.Abs(e.Lo) || got > e.Hi+1e-12*math.Abs(e.Hi) {
				t.Errorf("%s on %s: %d steps of its spec give %v, the race from %v to %v", e.Name, spec.Problem, e.Steps, got, e.Lo, e.Hi)
			}
			if full := e.Full; full != (spec.Problem == "iris" && slices.Contains([]string{"lbfgs", "newton_cg", "lm"}, e.Name)) {
				t.Errorf("%s on %s sees all data: %v", e.Name, spec.Problem, full)
			} else if samples := run.Trial().Samples(); full && float64(e.Steps)*float64(samples)/16 > r.Budget {
				t.Errorf("%s took %d steps on all %d samples", e.Name, e.Steps, samples)
			}
			if i > 0 && r.Racers[i-1].Ranked() {
				checkOrder(t, r.Racers[i-1], e)
			}
		}
		if spec.Noise > 0 && !strings.Contains(r.named("lbfgs").Fails, "another function") {
			t.Errorf("L-BFGS on noise: %q", r.named("lbfgs").Fails)
		}
	}
}

// checkOrder: a stands before b.
func checkOrder(t *testing.T, a, b *Racer) {
	t.Helper()
	switch there := a.Solved == a.Solved; {
	case there && b.Solved < a.Solved, !there && (b.Solved == b.Solved || b.Loss < a.Loss):
		t.Errorf("%s stands before %s: %+v, %+v", a.Name, b.Name, a, b)
	}
}

// TestRaceRepeats: the number of workers changes nothing.
func TestRaceRepeats(t *testing.T) {
	var figures [2][]float64
	for i, workers := range []int{1, 3} {
		r := raceOf(t, train.Spec{Problem: "iris", Batch: 16, Seed: 7}, RaceOptions{Steps: 40, Workers: workers})
		for _, e := range r.Racers {
			figures[i] = append(figures[i], nanToZero(e.Loss), nanToZero(e.LR), nanToZero(e.Cost), float64(e.Trials))
		}
	}
	if !reflect.DeepEqual(figures[0], figures[1]) {
		t.Errorf("one worker: %v\nthree: %v", figures[0], figures[1])
	}
}

func nanToZero(v float64) float64 {
	if v-v != 0 {
		return 0
	}
	return v
}

// TestRaceTunes: the rate that is found for gradient descent on a quadratic is below its limit and far above the default,
// and rules that are asked for race under their names.
func TestRaceTunes(t *testing.T) {
	r := raceOf(t, train.Spec{Problem: "ravine"}, RaceOptions{Steps: 100, Optimizers: []string{"sgd", "newton"}})
	if e := r.named("sgd"); !(e.LR > 0.1 && e.LR < 0.4) || e.Trials == 0 || e.Search < 500 {
		t.Errorf("%+v", e)
	}
	if e := r.named("newton"); e.Tuned || e.LR == e.LR || len(r.Racers) != 2 {
		t.Errorf("%+v", e)
	}
}

// TestRaceFinds: the rate is the one that the finder chooses on seeds of its own.
func TestRaceFinds(t *testing.T) {
	spec := train.Spec{Problem: "iris", Optimizer: "sgd", Batch: 16}
	r := raceOf(t, spec, RaceOptions{Steps: 40, Optimizers: []string{"sgd"}})
	spec.Seed = finderSeedFrom
	if want := find(t, spec, Options{Iterations: 10, Seeds: 3, PerDecade: 2}); r.Racers[0].LR != want.Chosen {
		t.Errorf("rate %v, the finder chooses %v", r.Racers[0].LR, want.Chosen)
	}
}

// TestRaceOnTheWay: the lowest loss of a race that was too short for anybody counts as nobody's end.
func TestRaceOnTheWay(t *testing.T) {
	r := raceOf(t, train.Spec{Problem: "rosenbrock"}, RaceOptions{Steps: 60, Optimizers: []string{"sgd", "momentum"}})
	for _, e := range r.Racers {
		if !e.Ranked() || e.Solved == e.Solved {
			t.Errorf("%+v", e)
		}
	}
}

func TestRaceWithoutBottom(t *testing.T) {
	r := raceOf(t, train.Spec{Problem: "saddle"}, RaceOptions{Steps: 200})
	if r.Answered() || !r.named("lbfgs").Bottomless || !strings.Contains(r.named("adam").Fails, "without bound") {
		t.Errorf("%+v %+v", r.Racers[0], r.named("adam"))
	}
}

// TestRaceInterrupted: what has run by then is ranked, the rest is said to be missing.
func TestRaceInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	o := RaceOptions{Steps: 100, Progress: func(p Progress) {
		if strings.HasPrefix(p.Phase, "momentum") {
			stop()
		}
	}}
	r, err := NewRace(train.Spec{Problem: "rosenbrock"}, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if !r.Interrupted || !r.named("adam").Ranked() || r.named("nesterov").Ranked() || !r.Racers[0].Ranked() || r.Racers[len(r.Racers)-1].Ranked() {
		t.Errorf("%+v", r)
	}
}

func TestRaceRefuses(t *testing.T) {
	for _, test := range []struct {
		spec train.Spec
		o    RaceOptions
		want string
	}{
		{train.Spec{Problem: "ravine", Set: map[string]string{"lr": "1"}}, RaceOptions{}, "lr cannot be given"},
		{train.Spec{Problem: "ravin"}, RaceOptions{}, `did you mean "ravine"?`},
		{train.Spec{Problem: "ravine"}, RaceOptions{Optimizers: []string{"adma"}}, `did you mean "adam"?`},
	} {
		if _, err := NewRace(test.spec, test.o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v, want %q", test.spec, err, test.want)
		}
	}
}
