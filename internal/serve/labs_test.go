package serve

import (
	"io"
	"sync"
	"testing"

	"opttui/internal/problems"
	"opttui/internal/train"
	"opttui/internal/ui"
)

// Several labs in one process share no state: the race detector looks on.
func TestLabsSideBySide(t *testing.T) {
	h := begin(t, Config{})
	var visitors sync.WaitGroup
	for i, keys := range []string{"piris\r", "oadamw\r", "f", "w", "d", "pdigits/mlp:8\r", "F", "?", "v", "g]]b"} {
		c := h.connect(t).shell("xterm-256color", 100+i, 30+i)
		visitors.Go(func() {
			if !c.out.wait("quit") {
				t.Error("there is no lab")
				return
			}
			c.out.clear()
			if _, err := io.WriteString(c.in, keys); err != nil {
				t.Error(err)
			}
			if !c.out.grow(4000) { // the program sends what changes, so that there is no text to wait for
				t.Errorf("%q shows nothing", keys)
			}
			io.WriteString(c.in, "\x03")
			if err := c.sess.Wait(); err != nil {
				t.Errorf("%q ends with %v", keys, err)
			}
			c.ssh.Close()
		})
	}
	visitors.Wait()
	h.empty(t)
}

// broken is a problem whose defect shows after a hundred evaluations.
type broken struct {
	problems.Problem
	calls int
}

func (b *broken) Gradient(x, g []float64) float64 {
	if b.calls++; b.calls > 100 {
		panic("a defect on purpose")
	}
	return b.Problem.Gradient(x, g)
}

func (b *broken) Clone() problems.Problem { return &broken{b.Problem.Clone(), b.calls} }

// A run that panics crashes alone: its visitor can restart it, and others see nothing of it.
func TestPanicInARun(t *testing.T) {
	spec, err := problems.Find("beale")
	if err != nil {
		t.Fatal(err)
	}
	sound := spec.New
	spec.Name, spec.New = "broken", func() problems.Problem { return &broken{Problem: sound()} }
	problems.Register(spec)
	h := begin(t, Config{
		Options: ui.Options{Runs: []train.Spec{{Problem: "broken", Optimizer: "sgd", Set: map[string]string{"lr": "0.001"}}}, Rate: train.Unlimited},
	})
	c := h.connect(t).shell("xterm", 120, 40)
	c.see("crashed, which is a defect of this program")
	other := h.connect(t).shell("xterm", 120, 40)
	other.see("landscape")
	c.press("q")
	if code := c.ended(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
