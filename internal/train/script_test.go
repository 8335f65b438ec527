package train

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A run with a script is the run whose journal it is, whatever the pieces in which it advances.
func TestScriptIsReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := Spec{
			Problem: "beale", Seed: rapid.Uint64().Draw(t, "seed"), Noise: rapid.SampledFrom([]float64{0, 0.3}).Draw(t, "noise"), Batch: 1,
			Optimizer: rapid.SampledFrom([]string{"momentum", "adam", "newton", "lbfgs", "sam"}).Draw(t, "optimizer"),
		}
		live, err := New(spec)
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(0, 6).Draw(t, "commands") {
			live.Advance(rapid.IntRange(0, 9).Draw(t, "steps"))
			c := rapid.SampledFrom([]Command{
				{Op: OpScale, Key: "lr", Factor: 0.5}, {Op: OpOptimizer, Value: "momentum"}, {Op: OpOptimizer, Value: "newton"},
				{Op: OpSchedule, Value: "cosine"}, {Op: OpConvention}, {Op: OpTurn, Key: "run.noise", Notches: 3},
			}).Draw(t, "command")
			_ = live.Apply(c) // what is refused is not journaled
		}
		end := live.Step() + live.Advance(5)
		again, err := New(spec)
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Script(live.Journal()); err != nil {
			t.Fatal(err)
		}
		for again.Step() < end && again.Advance(min(rapid.IntRange(1, 7).Draw(t, "piece"), end-again.Step())) > 0 {
		}
		again.Advance(end - again.Step())
		if again.Scripted() == 0 { // a command after a last step that fails waits for the attempt
			if d := diff(live, again); d != "" {
				t.Fatalf("the scripted run is another one (-live +scripted):\n%s", d)
			}
		}
		replay, err := Replay(spec, live.Journal(), end)
		if err != nil {
			t.Fatal(err)
		}
		if d := diff(live, replay); d != "" {
			t.Fatalf("the replay is another one (-live +replay):\n%s", d)
		}
	})
}

// A command is carried out as soon as its step is reached: the state of that step shows it.
func TestScriptTakesEffectAtItsStep(t *testing.T) {
	r, err := New(Spec{Problem: "beale", Optimizer: "sgd", Set: map[string]string{"lr": "0.01"}})
	if err != nil {
		t.Fatal(err)
	}
	set := func(step int, lr float64) Entry {
		return Entry{Step: step, Command: Command{Op: OpSet, Key: "optimizer.lr", Value: strconv.FormatFloat(lr, 'g', -1, 64)}}
	}
	if err := r.Script([]Entry{set(0, 0.002), set(3, 0.004), set(3, 0.005)}); err != nil {
		t.Fatal(err)
	}
	for k, want := range []float64{0.002, 0.002, 0.002, 0.005, 0.005} {
		if r.LR() != want {
			t.Errorf("at step %d the rate is %g, want %g", k, r.LR(), want)
		}
		r.Advance(1)
	}
	if r.Scripted() != 0 || len(r.Journal()) != 3 {
		t.Errorf("%d commands are left, %d journaled", r.Scripted(), len(r.Journal()))
	}
}

func TestWrongScript(t *testing.T) {
	r, err := New(Spec{Problem: "beale", Optimizer: "sgd"})
	if err != nil {
		t.Fatal(err)
	}
	r.Advance(5)
	noise := Command{Op: OpSet, Key: "run.noise", Value: "1"}
	if err := r.Script([]Entry{{Step: 4, Command: noise}}); err == nil || !strings.Contains(err.Error(), "step 4 after step 5") {
		t.Errorf("a command of the past: %v", err)
	}
	if err := r.Script([]Entry{{Step: 7, Command: Command{Op: OpSet, Key: "optimizer.momentun", Value: "1"}}}); err != nil {
		t.Fatal(err)
	}
	if n := r.Advance(10); n != 2 || r.Err() == nil || !strings.Contains(r.Err().Error(), "momentun") {
		t.Errorf("an impossible command: %d steps, %v", n, r.Err())
	}
}
