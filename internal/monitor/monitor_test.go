package monitor

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"opttui/internal/knob"
	"opttui/internal/protocol"
	"opttui/internal/train"
)

var start = time.Unix(1e9, 0)

func newRun() *Run { return NewRun("train.py", start) }

// log takes in numbers, a second a step.
func log(r *Run, step float64, pairs ...any) {
	var values []protocol.Value
	for i := 0; i < len(pairs); i += 2 {
		values = append(values, protocol.Value{Name: pairs[i].(string), V: pairs[i+1].(float64)})
	}
	r.Log(step, values, start.Add(time.Duration(step)*time.Second))
}

func number(v float64) *protocol.Number {
	n := protocol.Number(v)
	return &n
}

// points are the means of a series and the steps at which they are.
func points(s Series) (out [][2]float64) {
	for i := range s.History.Len() {
		b, _ := s.History.At(i)
		out = append(out, [2]float64{b.Gradients, b.Mean})
	}
	return out
}

func TestLog(t *testing.T) {
	r := newRun()
	if v := r.View(); v.Status != Waiting || v.Step == v.Step || v.Loss() != -1 || v.Snapshot() != nil {
		t.Errorf("%+v", v)
	}
	log(r, 10, "loss", 2.0, "epoch", 0.5)
	log(r, 20, "loss", 1.0, "epoch", 1.0, "acc", math.NaN())
	r.Log(math.NaN(), []protocol.Value{{Name: "loss", V: 0.5}}, start.Add(30*time.Second))
	v := r.View()
	if v.Status != Running || v.Step != 21 || len(v.Series) != 3 {
		t.Fatalf("%+v", v)
	}
	loss := v.Series[v.Loss()]
	if diff := cmp.Diff([][2]float64{{10, 2}, {20, 1}, {21, 0.5}}, points(loss)); diff != "" || loss.Name != "loss" || loss.Count != 3 || loss.Last != 0.5 || loss.Step != 21 {
		t.Errorf("%+v\n%s", loss, diff)
	}
	first, _ := loss.History.At(0)
	last, _ := loss.History.At(2)
	if first.Epoch != 0.5 || first.Seconds != 10 || last.Epoch == last.Epoch || last.Seconds != 30 {
		t.Errorf("%+v, %+v", first, last)
	}
	if acc := v.Series[v.Find("acc")]; acc.Count != 1 || acc.Last == acc.Last {
		t.Errorf("%+v", acc)
	}
	if v.Find("none") != -1 {
		t.Error("there is a series without numbers")
	}
}

// A program that goes back to an earlier step forgets what was from there on, each of its numbers for itself.
func TestGoingBack(t *testing.T) {
	r := newRun()
	for k := range 10 {
		log(r, float64(k), "loss", float64(k))
	}
	log(r, 9, "val", 1.0)
	before := r.View()
	log(r, 5, "loss", 50.0)
	log(r, 6, "loss", 60.0)
	v := r.View()
	want := [][2]float64{{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 50}, {6, 60}}
	if diff := cmp.Diff(want, points(v.Series[0])); diff != "" || v.Series[0].Count != 7 || v.Step != 6 {
		t.Errorf("%d values, step %v\n%s", v.Series[0].Count, v.Step, diff)
	}
	if val := v.Series[1]; val.Count != 1 || val.Step != 9 {
		t.Errorf("the other series goes back, too: %+v", val)
	}
	if got := points(before.Series[0]); len(got) != 10 || got[7] != [2]float64{7, 7} {
		t.Errorf("what was seen before has changed: %v", got)
	}
	log(r, -3, "loss", 8.0) // before everything
	if v := r.View(); v.Series[0].Count != 1 || v.Series[0].History.Len() != 1 {
		t.Errorf("%+v", v.Series[0])
	}
	// The same step again, as several calls for one step make it, is no way back.
	log(r, -3, "loss", 9.0)
	if v := r.View(); v.Series[0].Count != 2 {
		t.Errorf("%+v", v.Series[0])
	}
}

// Wherever a program goes, a series has the steps in order, and as many values as are told.
func TestAnyWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRun()
		n := rapid.IntRange(1, 6000).Draw(t, "n")
		jumps := rapid.MapOfN(rapid.IntRange(0, 6000), rapid.IntRange(-10, 6000), 0, 4).Draw(t, "jumps")
		step := 0
		for i := range n {
			if to, ok := jumps[i]; ok {
				step = to
			}
			log(r, float64(step), "loss", float64(step))
			step++
		}
		s := r.View().Series[0]
		end := math.Inf(-1)
		for i := range s.History.Len() {
			b, last := s.History.At(i)
			if b.Gradients < end || b.Max > b.Gradients {
				t.Fatalf("bucket %d ends at step %v after %v, its largest is %v", i, b.Gradients, end, b.Max)
			}
			if end = b.Gradients; i == s.History.Len()-1 && last != s.Count-1 {
				t.Fatalf("the last value is number %d of %d", last, s.Count)
			}
		}
		if end != float64(step-1) || s.Last != end {
			t.Fatalf("it ends at %v with %v, not %v", end, s.Last, step-1)
		}
	})
}

func TestBounds(t *testing.T) {
	r := newRun()
	var values []protocol.Value
	for i := range MaxSeries + 10 {
		values = append(values, protocol.Value{Name: fmt.Sprint("n", i), V: 1})
	}
	r.Log(0, values, start)
	v := r.View()
	if len(v.Series) != MaxSeries || !v.Bad || !strings.Contains(v.Said, fmt.Sprint("more than ", MaxSeries)) || !strings.Contains(v.Said, fmt.Sprint("n", MaxSeries)) {
		t.Errorf("%d series, %q", len(v.Series), v.Said)
	}
	for i := range MaxChanges + 10 {
		r.Applied(0, "lr", float64(i), float64(i), start)
	}
	if v := r.View(); len(v.Changes) != MaxChanges {
		t.Errorf("%d changes", len(v.Changes))
	}
	for i := range maxLines + 10 {
		r.Print(fmt.Sprint(i), i%2 == 1)
	}
	r.Print(strings.Repeat("é", 3*maxLine), false)
	v = r.View()
	all := r.Lines(2*maxLines, 0)
	if v.Lines != maxLines+11 || len(all) != maxLines || all[0] != (Line{"11", true}) || len(all[maxLines-1].Text) != 2*maxLine {
		t.Errorf("%d lines of %d, the first %v", len(all), v.Lines, all[0])
	}
}

func TestLines(t *testing.T) {
	r := newRun()
	for _, c := range []struct{ in, want string }{
		{"a\tb", "a    b"}, {"\x1b[2J", ""}, {"\x1b[31mred\x1b[0m", "red"}, {"10 %\r20 %\r30 %", "30 %"}, {"done\r\r", "done"}, {"\r", ""}, {"\xff", "\ufffd"},
	} {
		r.Print(c.in, false)
		if got := r.Lines(1, 0)[0].Text; got != c.want {
			t.Errorf("%q is shown as %q, not %q", c.in, got, c.want)
		}
	}
	r = newRun()
	rapid.Check(t, func(t *rapid.T) {
		total := r.View().Lines
		for range rapid.IntRange(0, 2000).Draw(t, "more") {
			r.Print(fmt.Sprint(total), false)
			total++
		}
		n, before := rapid.IntRange(0, 6000).Draw(t, "n"), rapid.IntRange(-5, 6000).Draw(t, "before")
		var want []Line
		end := total - max(before, 0)
		for i := max(end-n, total-maxLines, 0); i < end; i++ {
			want = append(want, Line{Text: fmt.Sprint(i)})
		}
		if got := r.Lines(n, before); len(got) != len(want) || len(got) > 0 && (got[0] != want[0] || got[len(got)-1] != want[len(want)-1]) {
			t.Fatalf("%d lines, not %d", len(got), len(want))
		}
	})
}

func TestKnobs(t *testing.T) {
	none := -math.MaxFloat64
	for _, c := range []struct {
		in       protocol.Tunable
		min, max float64
		scale    knob.Scale
	}{
		{protocol.Tunable{Name: "lr", Value: 1, Min: number(0), Max: number(10), Scale: "log"}, 0, 10, knob.Log},
		{protocol.Tunable{Name: "lr", Value: 1, Scale: "log"}, 0, -none, knob.Log},
		{protocol.Tunable{Name: "x", Value: -1, Scale: "log"}, none, -none, knob.SymLog},
		{protocol.Tunable{Name: "x", Value: 1, Min: number(-1), Max: number(1), Scale: "log"}, -1, 1, knob.Linear},
		{protocol.Tunable{Name: "x", Value: 1}, none, -none, knob.SymLog},
		{protocol.Tunable{Name: "x", Value: 1, Min: number(0), Max: number(2)}, 0, 2, knob.Linear},
		{protocol.Tunable{Name: "x", Value: 1, Min: number(3), Max: number(2)}, none, -none, knob.SymLog},
		{protocol.Tunable{Name: "x", Value: 1, Min: number(math.NaN()), Max: number(math.Inf(1))}, none, -none, knob.SymLog},
		{protocol.Tunable{Name: "momentum", Value: 0.9, Min: number(0), Max: number(1)}, 0, 1, knob.LogOneMinus},
		{protocol.Tunable{Name: "momentum", Value: 0.9, Min: number(0), Max: number(1), Scale: "linear"}, 0, 1, knob.Linear},
		{protocol.Tunable{Name: "x", Value: 0.9, Min: number(0), Max: number(1), Scale: "log1m"}, 0, 1, knob.LogOneMinus},
		{protocol.Tunable{Name: "x", Value: 0.9, Min: number(0), Max: number(5), Scale: "log1m"}, 0, 5, knob.Linear},
	} {
		if k := knobOf(c.in); k.Min != c.min || k.Max != c.max || k.Scale != c.scale || k.Key != c.in.Name {
			t.Errorf("%+v: from %v to %v, %v", c.in, k.Min, k.Max, k.Scale)
		}
	}
	k := knobOf(protocol.Tunable{Name: "n", Value: 2, Integer: true, Doc: "how many", Choices: []protocol.Number{1, 2, protocol.Number(math.NaN()), 4}})
	if k.Turned(2, 1) != 4 || k.Turned(4, 1) != 1 || !k.Integer || k.Doc != "how many" || k.Default != 2 {
		t.Errorf("%+v", k)
	}
}

func TestTuning(t *testing.T) {
	r := newRun()
	offer := []protocol.Tunable{{Name: "lr", Value: 0.1, Min: number(0), Max: number(10), Scale: "log"}, {Name: ""}, {Name: "lr", Value: 9}, {Name: "wd", Value: 0}}
	r.Offer("mlp", offer)
	v := r.View()
	if v.Name != "mlp" || v.Status != Running || len(v.Tunables) != 2 || v.Tunables[0].Value != 0.1 {
		t.Fatalf("%+v", v)
	}
	lr := func() Tunable { l, _ := r.View().Tunable("lr"); return l }
	log(r, 7, "lr", 0.2) // a schedule
	if lr().Value != 0.2 {
		t.Errorf("%+v", lr())
	}
	r.Asked(5, "lr", 0.5)
	log(r, 8, "lr", 0.3) // what it was before the command
	if l := lr(); l.Value != 0.2 || !l.Asked() || l.Want != 0.5 {
		t.Errorf("%+v", l)
	}
	r.Offer("", offer) // it tells anew what can be tuned: the answer is still to come
	if l := lr(); !l.Asked() || l.Want != 0.5 || r.View().Name != "mlp" {
		t.Errorf("%+v", l)
	}
	r.Asked(6, "lr", 0.6)
	r.Applied(5, "lr", 0.5, math.NaN(), start)
	if l := lr(); !l.Asked() || l.Value != 0.5 {
		t.Errorf("the answer to an older command ends the wait for the last: %+v", l)
	}
	r.Applied(6, "lr", 0.6, 123456, start)
	r.Applied(6, "lr", 0.6, 123457, start) // another process of the same program
	v = r.View()
	want := []Change{{Step: 8, At: start, Name: "lr", V: 0.5, Note: "lr 0.500"}, {Step: 123456, At: start, Name: "lr", V: 0.6, Note: "lr 0.600"}}
	if diff := cmp.Diff(want, v.Changes); diff != "" || v.Tunables[0].Asked() || v.Said != "lr 0.600 at step 123456" || v.Bad {
		t.Errorf("%q\n%s", v.Said, diff)
	}
	r.Asked(7, "wd", 1)
	r.Refused(7, "too much")
	if v := r.View(); v.Said != "the program does not take wd = 1.00: too much" || !v.Bad || v.Tunables[1].Asked() || v.Tunables[1].Value != 0 {
		t.Errorf("%q, %+v", v.Said, v.Tunables[1])
	}
	r.Refused(0, "no checkpoint: the disk is full")
	if v := r.View(); v.Said != "the program refuses: no checkpoint: the disk is full" {
		t.Errorf("%q", v.Said)
	}
	r.Asked(8, "none", 1)
	r.Refused(99, "")
	if v := r.View(); !strings.Contains(v.Said, "does not say why") {
		t.Errorf("%q", v.Said)
	}
}

// A change that nobody asked for, before any step is known, is a change, too.
func TestOwnChange(t *testing.T) {
	r := newRun()
	r.Applied(0, "lr", 0.5, math.NaN(), start)
	r.Applied(0, "lr", 0.5, 3, start)
	v := r.View()
	if len(v.Changes) != 2 || v.Changes[0].Step == v.Changes[0].Step || v.Changes[1].Step != 3 {
		t.Errorf("%+v", v.Changes)
	}
}

func TestStatus(t *testing.T) {
	r := newRun()
	seq := r.Seq()
	r.Become(Alone)
	if r.Offer("", nil); r.View().Status != Running {
		t.Error("a program that talks again is alone")
	}
	r.Become(Paused)
	log(r, 1, "loss", 1.0)
	if v := r.View(); v.Status != Paused || v.Seq <= seq || v.Seq != r.Seq() {
		t.Errorf("%+v", v)
	}
	for range 1000 {
		r.Strange("what")
	}
	if v := r.View(); v.Said != "512 lines so far could not be read; the last: what" {
		t.Errorf("%q", v.Said)
	}
}

func TestWhichIsWhich(t *testing.T) {
	for _, c := range []struct {
		names string
		loss  string
	}{
		{"lr acc val_loss loss", "loss"},
		{"val_loss train_loss", "train_loss"},
		{"epoch acc val/loss value_loss", "value_loss"},
		{"lr time accuracy", "accuracy"},
		{"lr valLoss", "valLoss"},
		{"lr", "lr"},
		{"acc mse", "mse"},
	} {
		r := newRun()
		for _, name := range strings.Fields(c.names) {
			log(r, 0, name, 1.0)
		}
		if v := r.View(); v.Series[v.Loss()].Name != c.loss {
			t.Errorf("of %s the loss is %s", c.names, v.Series[v.Loss()].Name)
		}
	}
	for name, want := range map[string]bool{
		"val_loss": true, "valLoss": true, "Test/acc": true, "loss.held": true, "eval-nll": true, "dev2": true,
		"loss": false, "value_loss": false, "interval": false, "latest": false, "device_util": false, "VAE": false, "\xff": false, "": false,
	} {
		if Held(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
	for names, want := range map[string]string{"wd lr": "lr", "wd group0.lr group1.lr": "group0.lr", "g.lr": "g.lr", "my_learning_rate_x": "my_learning_rate_x", "wd": ""} {
		r := newRun()
		var all []protocol.Tunable
		for _, n := range strings.Fields(names) {
			all = append(all, protocol.Tunable{Name: n, Value: 1})
		}
		r.Offer("", all)
		rate, ok := r.View().Rate()
		if rate.Knob.Key != want || ok != (want != "") {
			t.Errorf("the rate of %s is %q", names, rate.Knob.Key)
		}
	}
}

func TestSnapshot(t *testing.T) {
	r := newRun()
	r.Offer("", []protocol.Tunable{{Name: "group0.lr", Value: 0.1, Min: number(0), Max: number(10), Scale: "log"}})
	for k := range 10 {
		log(r, float64(10*k), "loss", 1/float64(k+1), "grad_norm", 0.25)
	}
	r.Applied(1, "group0.lr", 0.05, 31, start)
	r.Applied(2, "group0.lr", 0.02, 1000, start)
	s := r.View().Snapshot()
	if s.Status != train.Running || s.Step != 9 || s.Loss != 0.1 || s.GradNorm != 0.25 || s.LR != 0.02 || !s.Stochastic || s.History.Len() != 10 {
		t.Errorf("%+v", s)
	}
	if len(s.Settings) != 1 || s.Settings[0].Knob.Key != "lr" || s.Settings[0].Value != 0.02 || s.Settings[0].Knob.Value() != 0.02 || s.Settings[0].Knob.Scale != knob.Log {
		t.Errorf("%+v", s.Settings)
	}
	// The change before the number at step 40, the fifth, took effect before its step 4.
	if len(s.Journal) != 2 || s.Journal[0].Step != 4 || s.Journal[1].Step != 9 || s.Journal[0].Command.Key != "group0.lr" {
		t.Errorf("%+v", s.Journal)
	}
	for status, want := range map[Status]train.Status{Paused: train.Paused, Waiting: train.Paused, Ended: train.Stopped, Alone: train.Stopped, Running: train.Running} {
		r.Become(status)
		if s := r.View().Snapshot(); s.Status != want {
			t.Errorf("%s is %v", status, s.Status)
		}
	}
	log(r, 100, "loss", math.NaN())
	if s := r.View().Snapshot(); s.Status != train.Diverged {
		t.Errorf("%v", s.Status)
	}
}

// The learning rate is known by its name, or by what its program says of it.
func TestRateByNameOrDoc(t *testing.T) {
	for _, c := range []struct {
		tunable protocol.Tunable
		want    bool
	}{
		{protocol.Tunable{Name: "lr"}, true}, {protocol.Tunable{Name: "eta0"}, true}, {protocol.Tunable{Name: "group1.lr"}, true},
		{protocol.Tunable{Name: "pace", Doc: "the learning rate"}, true}, {protocol.Tunable{Name: "pace"}, false},
	} {
		r := newRun()
		r.Offer("", []protocol.Tunable{{Name: "other"}, c.tunable})
		if _, ok := r.View().Rate(); ok != c.want {
			t.Errorf("%+v: %v", c.tunable, ok)
		}
	}
}
