package lrfinder

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// ravine is a program that goes down ½(x² + 20y²).
type ravine struct {
	trained atomic.Int64
	fails   error
	mute    bool // it tells no loss where it diverges
}

func (r *ravine) Train(ctx context.Context, set map[string]string, seed, steps int) ([]float64, bool, error) {
	r.trained.Add(1)
	if r.fails != nil {
		return nil, false, r.fails
	}
	lr, err := strconv.ParseFloat(set["lr"], 64)
	if err != nil {
		return nil, false, err
	}
	momentum, _ := strconv.ParseFloat(set["momentum"], 64)
	x, y, u, v := 1.0, 1.0+0.1*float64(seed), 0.0, 0.0
	var losses []float64
	for range steps {
		loss := (x*x + 20*y*y) / 2
		if loss-loss != 0 {
			if r.mute {
				return nil, true, nil
			}
			return losses, true, nil
		}
		losses = append(losses, loss)
		u, v = momentum*u-lr*x, momentum*v-lr*20*y
		x, y = x+u, y+v
	}
	return losses, false, nil
}

// The rate of another program is found as one of our own is: its edge is where theory has it.
func TestOutside(t *testing.T) {
	for _, mute := range []bool{false, true} {
		f, err := NewOutside(&ravine{mute: mute}, Options{Seeds: 2, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		r, err := f.Find(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if edge := 2.0 / 20; math.Abs(r.Edge/edge-1) > 0.1 {
			t.Errorf("the edge is %v, not %v", r.Edge, edge)
		}
		// Of a rate of 2/(1+20) both coordinates shrink alike: that is the best in the long run.
		if best := 2.0 / 21; math.Abs(r.Best/best-1) > 0.2 || !r.Answered() || r.StartLoss != (10.5+(1+20*1.21)/2)/2 {
			t.Errorf("ε* %v, not %v; start %v; %q", r.Best, best, r.StartLoss, r.Reason)
		}
		if r.Limit.LR == r.Limit.LR || r.Range != nil {
			t.Errorf("a limit of %v, a range test %v", r.Limit.LR, r.Range)
		}
	}
}

func TestOutsideFails(t *testing.T) {
	broken := errors.New("no such module")
	f, err := NewOutside(&ravine{fails: broken}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Find(t.Context()); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	if _, err := NewOutside(&ravine{}, Options{Lo: 1, Hi: 0.1}); err == nil {
		t.Error("a range of nothing")
	}
	s, err := NewOutsideSweep(&ravine{fails: broken}, []Axis{{"lr", []string{"0.1"}}}, Options{Iterations: 5})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

func TestOutsideSweep(t *testing.T) {
	p := &ravine{}
	lr, momentum := Axis{"lr", []string{"0.001", "0.02", "0.09", "0.3"}}, Axis{"momentum", []string{"0", "0.5"}}
	s, err := NewOutsideSweep(p, []Axis{lr, momentum}, Options{Iterations: 100, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.trained.Load() != 8 {
		t.Errorf("%d trials", p.trained.Load())
	}
	best := s.Cells[s.Best]
	if got := strings.Join(best.At, " "); got != "0.09 0.5" && got != "0.09 0" {
		t.Errorf("the best is %s with %v", got, best.Loss)
	}
	if c := s.Cells[6]; c.Status != Diverged || c.LR != 0.3 || s.Cells[0].Status != OK {
		t.Errorf("%v %v: %s; %s", c.At, c.LR, c.Status, s.Cells[0].Status)
	}
	if _, err := NewOutsideSweep(p, []Axis{lr, lr}, Options{}); err == nil {
		t.Error("two axes for lr")
	}
}

// hopeless is a program whose loss is not finite from the first step on.
type hopeless struct{}

func (hopeless) Train(context.Context, map[string]string, int, int) ([]float64, bool, error) {
	return nil, true, nil
}

func TestOutsideHopeless(t *testing.T) {
	f, err := NewOutside(hopeless{}, Options{Lo: 0.1, Hi: 1, PerDecade: 1})
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.Find(t.Context())
	if err != nil || r.Answered() || !strings.Contains(r.Reason, "not finite at the start") {
		t.Errorf("%v: %+v", err, r)
	}
}

// rising is a program whose loss falls, rises, or is not finite from the first step on, as "lr" says.
type rising struct{}

func (rising) Train(_ context.Context, set map[string]string, _, steps int) ([]float64, bool, error) {
	loss := make([]float64, steps)
	for k := range loss {
		switch x := float64(k) / float64(steps); set["lr"] {
		case "0.1":
			loss[k] = 1 - x
		case "0.2":
			loss[k] = 1 + 100*x
		default:
			return nil, true, nil
		}
	}
	return loss, false, nil
}

// A trial without any finite loss says nothing of how the others are to be judged.
func TestOutsideJudgement(t *testing.T) {
	s, err := NewOutsideSweep(rising{}, []Axis{{"lr", []string{"0.1", "0.2", "0.3"}}}, Options{Iterations: 100})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a, b, c := s.Cells[0].Status, s.Cells[1].Status, s.Cells[2].Status; a != OK || b != Diverged || c != Diverged {
		t.Errorf("%s, %s, %s", a, b, c)
	}
	f, err := NewOutside(rising{}, Options{Lo: 0.1, Hi: 0.3})
	if err != nil {
		t.Fatal(err)
	}
	f.judge = newJudge(f.Options, 0.9, [][]float64{{1}})
	f.judge.learn(newTrial(0.3, 1, []curve{{loss: []float64{math.NaN()}, bad: true}}))
	f.judge.learn(newTrial(0.1, 2, []curve{{loss: []float64{1, 0.5}}}))
	if l := f.judge.seeds[0]; l.best-l.best != 0 || l.excess-l.excess != 0 {
		t.Errorf("%+v", l)
	}
}

// waiting is a program of which one trial fails, and the others take until they are told to end.
type waiting struct{ began chan struct{} }

func (w *waiting) Train(ctx context.Context, set map[string]string, _, _ int) ([]float64, bool, error) {
	if set["x"] == "0" {
		<-w.began
		return nil, false, errors.New("broken")
	}
	w.began <- struct{}{}
	<-ctx.Done()
	return nil, false, ctx.Err()
}

// A trial that fails ends the others, too: the search is over, and they may take hours.
func TestOutsideEndsAll(t *testing.T) {
	s, err := NewOutsideSweep(&waiting{make(chan struct{})}, []Axis{{"x", []string{"0", "1"}}}, Options{Iterations: 5, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err == nil || err.Error() != "broken" {
		t.Errorf("%v", err)
	}
}
