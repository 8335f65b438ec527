package advice

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"opttui/internal/train"
)

// program looks on at a program with the given losses, and returns the last advice. A held-out loss is known every ten
// steps.
func program(steps int, loss, held func(k int) float64) *Advice {
	var (
		w        Watcher
		a        *Advice
		on, test = train.NewHistory(), train.NewHistory()
	)
	add := func(h *train.History, v float64) {
		if h.Add(v) {
			h.Stamp(train.Marks{})
		}
	}
	for k := range steps {
		add(on, loss(k))
		if held != nil && k%10 == 0 {
			add(test, held(k))
		}
		s := &train.Snapshot{Status: train.Running, Step: k, Loss: loss(k), History: on.View(train.Marks{}), Stochastic: true}
		v := train.HistoryView{}
		if held != nil {
			v = test.View(train.Marks{})
		}
		a = w.SeeProgram(time.Unix(0, int64(k)*int64(100*time.Millisecond)), s, v)
	}
	return a
}

func TestPrograms(t *testing.T) {
	// noise is the same for the same step.
	noise := func(k int, sigma float64) float64 {
		return sigma * rand.New(rand.NewPCG(1, uint64(k))).NormFloat64()
	}
	falling := func(k int) float64 { return 0.2 + 2*math.Exp(-float64(k)/300) + noise(k, 0.1) }
	for _, c := range []struct {
		name       string
		steps      int
		loss, held func(k int) float64
		want       Kind
	}{
		{"falls", 900, falling, nil, ""},
		{"falls on both", 900, falling, func(k int) float64 { return falling(k) + 0.3 }, ""},
		{"short", 40, func(int) float64 { return 1 }, nil, ""},
		{"not finite", 100, func(k int) float64 { return math.Exp(float64(k * k)) }, nil, Diverged},
		{"rises", 1500, func(k int) float64 { return falling(min(k, 1000)) + max(0, float64(k-1000))/250 + noise(k, 0.1) }, nil, Diverging},
		{"runs away", 900, func(k int) float64 { return 0.1 + math.Exp(float64(k-500)/20) }, nil, Diverging},
		{"stalls", 2000, func(k int) float64 { return 0.5 + 2*math.Exp(-float64(k)/50) + noise(k, 0.1) }, nil, NoiseFloor},
		{"never fell", 2000, func(k int) float64 { return 2.3 + noise(k, 0.1) }, nil, ""},
		{"overfits", 2000, func(k int) float64 { return 2*math.Exp(-float64(k)/1000) + noise(k, 0.05) }, func(k int) float64 {
			return 1 + math.Abs(float64(k)-800)/2000 + noise(k+1e6, 0.02)
		}, Overfitting},
	} {
		a := program(c.steps, c.loss, c.held)
		got := Kind("")
		if a != nil {
			got = a.Kind
		}
		if got != c.want {
			t.Errorf("%s: %q, not %q: %+v", c.name, got, c.want, a)
		}
		if a != nil && (a.Back || a.Restart || len(a.Commands) > 1) {
			t.Errorf("%s: it does what cannot be done with a program: %+v", c.name, a)
		}
	}
}
