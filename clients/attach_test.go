package clients_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"opttui/internal/attach"
	"opttui/internal/monitor"
)

// begin starts a program as opttui attach does.
func begin(t *testing.T, args ...string) *attach.Child {
	t.Helper()
	library, err := filepath.Abs("python")
	if err != nil {
		t.Fatal(err)
	}
	c, err := attach.Start(attach.Options{Args: args, Env: []string{"PYTHONDONTWRITEBYTECODE=1", "PYTHONPATH=" + library}, Output: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Signal(syscall.SIGKILL)
		<-c.Done()
		c.Close()
	})
	return c
}

// until waits for what must happen.
func until(t *testing.T, c *attach.Child, what string, holds func(v *monitor.View) bool) *monitor.View {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		v := c.Run.View()
		if holds(v) {
			return v
		}
		select {
		case <-time.After(time.Millisecond):
		case <-c.Done():
			if v = c.Run.View(); !holds(v) {
				t.Fatalf("no %s before its end: %q %v", what, v.Said, c.Run.Lines(20, 0))
			}
			return v
		case <-deadline:
			t.Fatalf("no %s: %s %q, step %v, %v", what, v.Status, v.Said, v.Step, c.Run.Lines(20, 0))
		}
	}
}

// end waits for the end of a program that goes well.
func end(t *testing.T, c *attach.Child) *monitor.View {
	t.Helper()
	select {
	case <-c.Done():
	case <-time.After(time.Minute):
		t.Fatal("it does not end")
	}
	v := c.Run.View()
	if c.Exit() != 0 || v.Status != monitor.Ended {
		t.Fatalf("%q %v", v.Said, c.Run.Lines(20, 0))
	}
	return v
}

// rest pauses the program, and returns what is known of it then.
func rest(t *testing.T, c *attach.Child) *monitor.View {
	t.Helper()
	c.Pause()
	return until(t, c, "pause", func(v *monitor.View) bool { return v.Status == monitor.Paused })
}

// tune sets a tunable of a program that rests, and lets it go on for some steps. It returns the change, and what is known
// of the program when it rests again.
func tune(t *testing.T, c *attach.Child, name string, value float64) (monitor.Change, *monitor.View) {
	t.Helper()
	n := len(c.Run.View().Changes)
	if err := c.Set(name, value); err != nil {
		t.Fatal(err)
	}
	v := until(t, c, "change of "+name, func(v *monitor.View) bool { return len(v.Changes) > n })
	change := v.Changes[n]
	if change.Name != name || change.V != value {
		t.Fatalf("%+v", change)
	}
	c.Resume()
	until(t, c, "step after it", func(v *monitor.View) bool { return v.Step > change.Step+5 })
	return change, rest(t, c)
}

// values are those of a series from a step on, or before it.
func values(t *testing.T, v *monitor.View, name string, step float64, before bool) (out []float64) {
	t.Helper()
	i := v.Find(name)
	if i < 0 {
		t.Fatalf("there is no %s", name)
	}
	h := v.Series[i].History
	if h.Stride != 1 {
		t.Fatalf("%s has %d values: too many to tell which is which", name, v.Series[i].Count)
	}
	for i := range h.Len() {
		if b, _ := h.At(i); (b.Gradients < step) == before {
			out = append(out, b.Mean)
		}
	}
	return out
}

// TestTorch tunes a network that torch trains, as a person does, and looks into torch's param_groups and at the curves.
func TestTorch(t *testing.T) {
	path := python(t, "torch")
	seen(t, "python/opttui.py", "testdata/torch_mlp.py")
	file := filepath.Join(t.TempDir(), "model.pt")
	c := begin(t, path, "testdata/torch_mlp.py", "../internal/dataset/data/digits.csv.gz", file)
	until(t, c, "numbers", func(v *monitor.View) bool { return v.Step > 20 })
	v := rest(t, c)
	for name, value := range map[string]float64{"lr": 0.05, "momentum": 0.9, "weight_decay": 1e-4, "dampening": 0} {
		if u, ok := v.Tunable(name); !ok || u.Value != value {
			t.Errorf("%s: %+v", name, u)
		}
	}
	if loss := values(t, v, "loss", 0, false); loss[len(loss)-1] > loss[0]-0.05 {
		t.Errorf("it does not learn: %v", loss)
	}
	held := func(v *monitor.View, change monitor.Change, was float64) {
		t.Helper()
		for _, got := range values(t, v, "held."+change.Name, change.Step, false) {
			if got != change.V {
				t.Errorf("%s in param_groups is %v from step %v on, not %v", change.Name, got, change.Step, change.V)
			}
		}
		old := values(t, v, "held."+change.Name, change.Step, true)
		if got := old[len(old)-1]; got != was {
			t.Errorf("%s in param_groups is %v just before step %v, not %v", change.Name, got, change.Step, was)
		}
	}
	change, v := tune(t, c, "momentum", 0.5)
	held(v, change, 0.9)

	// At a rate of 0 nothing moves any more, from the step on that was told.
	change, v = tune(t, c, "lr", 0)
	held(v, change, 0.05)
	still := values(t, v, "loss", change.Step, false)
	for _, loss := range still {
		if loss != still[0] {
			t.Errorf("the loss moves at a rate of 0: %v", still)
		}
	}
	before := values(t, v, "loss", change.Step, true)
	if before[len(before)-1] == still[0] {
		t.Errorf("the loss stood still before: %v", before)
	}

	// It goes on learning at another one.
	change, v = tune(t, c, "lr", 0.1)
	held(v, change, 0)
	if loss := values(t, v, "loss", change.Step, false); loss[len(loss)-1] >= still[0] {
		t.Errorf("it does not go on: %v", loss)
	}

	// A decay of 1 shrinks the weights.
	change, v = tune(t, c, "weight_decay", 1)
	held(v, change, 1e-4)
	if norm := values(t, v, "norm", change.Step, false); norm[len(norm)-1] > 0.8*norm[0] {
		t.Errorf("the weights do not shrink: %v", norm)
	}

	if err := c.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	until(t, c, "checkpoint", func(v *monitor.View) bool { return strings.Contains(v.Said, file) })
	if s, err := os.Stat(file); err != nil || s.Size() == 0 {
		t.Errorf("%v", err)
	}
	c.Stop()
	end(t, c)
}

// The examples run, and show what they are to show.
func TestExamples(t *testing.T) {
	tool := func(t *testing.T, names ...string) {
		for _, n := range names {
			if _, err := exec.LookPath(n); err != nil {
				t.Skip(err)
			}
		}
	}
	for _, c := range []struct {
		name    string
		args    func(t *testing.T) []string
		series  string
		tunable string
	}{
		{"pytorch", func(t *testing.T) []string {
			return []string{python(t, "torch"), "../examples/pytorch_digits.py", "--epochs", "2", "--rest", "0"}
		}, "loss epoch lr val_loss val_accuracy", "lr momentum dampening weight_decay batch"},
		{"sklearn", func(t *testing.T) []string {
			return []string{python(t, "sklearn"), "../examples/sklearn_digits.py", "--steps", "50"}
		}, "loss val_loss val_accuracy", "eta0 alpha"},
		{"printed", func(t *testing.T) []string {
			tool(t, "sh", "jq")
			return []string{"../examples/printed.sh", "3"}
		}, "loss x", ""},
		{"steered", func(t *testing.T) []string {
			tool(t, "bash", "jq", "socat")
			return []string{"../examples/steered.sh", "3"}
		}, "loss lr", "lr"},
		{"go", func(t *testing.T) []string {
			return []string{goExample(t), "-steps", "100", "-rest", "0"}
		}, "intercept loss slope lr", "lr momentum"},
	} {
		t.Run(c.name, func(t *testing.T) {
			child := begin(t, c.args(t)...)
			v := end(t, child)
			for _, name := range strings.Fields(c.series) {
				if v.Find(name) < 0 {
					t.Errorf("there is no %s", name)
				}
			}
			var tunables []string
			for _, u := range v.Tunables {
				tunables = append(tunables, u.Knob.Key)
			}
			if got := strings.Join(tunables, " "); got != c.tunable {
				t.Errorf("it can be tuned: %s", got)
			}
		})
	}
}

// TestShell steers the script that speaks the protocol itself.
func TestShell(t *testing.T) {
	for _, name := range []string{"bash", "jq", "socat"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip(err)
		}
	}
	c := begin(t, "../examples/steered.sh")
	until(t, c, "numbers", func(v *monitor.View) bool { return v.Step >= 1 && len(v.Tunables) == 1 })
	rest(t, c)
	if err := c.Set("lr", 0.25); err != nil {
		t.Fatal(err)
	}
	v := until(t, c, "change", func(v *monitor.View) bool { return len(v.Changes) == 1 })
	change := v.Changes[0]
	c.Resume()
	v = until(t, c, "step after it", func(v *monitor.View) bool { return v.Step > change.Step })
	x := values(t, v, "loss", change.Step, false)
	if got := x[1] / x[0]; got < 0.2499 || got > 0.2501 { // (1 − 2·0.25)²
		t.Errorf("the loss falls to %v of what it was", got)
	}
	c.Stop()
	end(t, c)
}

// goExample builds the example in Go.
func goExample(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "line")
	if out, err := exec.Command("go", "build", "-o", path, "../examples/go").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}
