package optim_test

import (
	"math"
	"slices"
	"testing"

	"opttui/internal/knob"
	"opttui/internal/optim"
)

// TestPrecondition: without momentum, and without decay, a step is −ε pᵢgᵢ with the factors p that the rule tells after
// it, whatever its other settings are.
func TestPrecondition(t *testing.T) {
	variants := map[string][]map[string]string{
		"adagrad":  {{}, {"lr_decay": "0.3"}},
		"adadelta": {{}, {"rho": "0.6"}},
		"rmsprop":  {{}, {"centered": "on"}},
		"adam":     {{"beta1": "0"}, {"beta1": "0", "amsgrad": "on", "beta2": "0.5"}},
		"adamw":    {{"beta1": "0", "weight_decay": "0"}},
		"adamax":   {{"beta1": "0"}},
		"nadam":    {{"beta1": "0"}},
		"radam":    {{"beta1": "0"}},
		"asgd":     {{"lambda": "0"}},
		// At c = 1, which the first step has, θ is z.
		"schedulefree_adamw": {{"beta1": "0"}, {"beta1": "0", "warmup": "9"}},
		"schedulefree_sgd":   {{"beta": "0", "warmup": "9"}},
		"prodigy":            {{"beta1": "0"}},
	}
	told := 0
	both(t, func(t *testing.T, spec optim.Spec, c optim.Convention) {
		_, can := spec.New(c).(optim.Preconditioned)
		if can != (variants[spec.Name] != nil) {
			t.Fatalf("it tells factors: %t", can)
		}
		for _, set := range variants[spec.Name] {
			o := spec.New(c)
			for key, text := range set {
				k, ok := knob.Find(o.Knobs(), key)
				if !ok {
					t.Fatalf("no setting %s", key)
				}
				if err := k.SetText(text); err != nil {
					t.Fatal(err)
				}
			}
			told += checkFactors(t, o, spec.Name)
		}
	})
	if told < 200 {
		t.Errorf("%d steps with factors", told)
	}
}

// checkFactors takes 12 steps and returns how many of them had factors.
func checkFactors(t *testing.T, o optim.Optimizer, name string) (told int) {
	t.Helper()
	n := len(corner)
	o.Init(optim.Layout{Dim: n})
	pre := o.(optim.Preconditioned)
	p := &optim.Point{X: slices.Clone(corner), G: make([]float64, n), LR: 0.03}
	obj := &plain{f: ravine}
	factors, before, g := make([]float64, n), make([]float64, n), make([]float64, n)
	if pre.Precondition(factors) {
		t.Error("factors before the first step")
	}
	for step := range 12 {
		p.F = obj.Gradient(p.X, p.G)
		copy(before, moved(o, p, step))
		obj.Gradient(before, g)
		if err := o.Step(obj, p); err != nil {
			t.Fatal(err)
		}
		if !pre.Precondition(factors) {
			continue
		}
		told++
		for i, x := range moved(o, p, step+1) {
			if want := before[i] - p.LR*factors[i]*g[i]; math.Abs(x-want) > 1e-12*(1+math.Abs(want)) {
				t.Fatalf("%s, step %d: x[%d] = %v, want %v", name, step+1, i, x, want)
			}
		}
	}
	pre.Precondition(factors)
	if err := o.Clone().Step(obj, p); err != nil {
		t.Fatal(err)
	}
	if pre.Precondition(g); !slices.Equal(g, factors) {
		t.Errorf("%s: a clone's step changes the factors from %v to %v", name, factors, g)
	}
	return told
}

// moved is the iterate that the factors are about: z of the schedule-free rules, else θ.
func moved(o optim.Optimizer, p *optim.Point, step int) []float64 {
	if s := o.Slots(); step > 0 && len(s) > 0 && s[0].Kind == optim.Own("schedule-free", "z") {
		return s[0].V
	}
	return p.X
}

// TestPreconditionMomentum: Adam's step is −ε pᵢsᵢ with the average s of its gradients.
func TestPreconditionMomentum(t *testing.T) {
	for _, name := range []string{"adam", "adamax", "radam"} {
		spec, _ := optim.Lookup(name)
		o := spec.New(optim.Torch)
		n := len(corner)
		o.Init(optim.Layout{Dim: n})
		p := &optim.Point{X: slices.Clone(corner), G: make([]float64, n), LR: 0.03}
		factors := make([]float64, n)
		for step := range 12 {
			ravine(p.X, p.G)
			before := slices.Clone(p.X)
			if err := o.Step(&plain{f: ravine}, p); err != nil {
				t.Fatal(err)
			}
			if !o.(optim.Preconditioned).Precondition(factors) {
				continue
			}
			for i, x := range p.X {
				want := before[i] - p.LR*factors[i]*o.Slots()[0].V[i]
				if math.Abs(x-want) > 1e-12 {
					t.Errorf("%s, step %d: x[%d] = %v, want %v", name, step+1, i, x, want)
				}
			}
		}
	}
}
