package ui

import (
	"io"
	"strings"
	"testing"

	"opttui/internal/advice"
	"opttui/internal/train"
)

// u goes back and space on again: the same run, bit for bit.
func TestBackAndOn(t *testing.T) {
	m := open(t, 120, 40, Options{Runs: []train.Spec{runOf("beale", "momentum", "0.002")}, Paused: true})
	advance(t, m, 150)
	want := m.lane().snap.Loss
	press(t, m, "U")
	if s := m.lane().snap; s.Step != 50 || s.Ahead == nil || s.Ahead.End != 150 {
		t.Fatalf("U leads to step %d, ahead %+v", s.Step, s.Ahead)
	}
	wants(t, m, "ahead to step 150")
	checkFrame(t, m)
	press(t, m, "u", "u")
	advance(t, m, 120)
	if s := m.lane().snap; s.Loss != want || s.Step != 150 || s.Ahead != nil {
		t.Errorf("again at step %d the loss is %v, it was %v", s.Step, s.Loss, want)
	}
	press(t, m, "U", "U", "u")
	wants(t, m, "run 1 is at its beginning")
}

// A change after going back makes a branch of what lay ahead.
func TestFutureBecomesBranch(t *testing.T) {
	m := open(t, 160, 45, Options{Runs: []train.Spec{runOf("beale", "momentum", "0.002")}, Paused: true})
	advance(t, m, 150)
	press(t, m, "U", "[")
	s := m.lane().snap
	if s.Step != 50 || s.Ahead != nil || len(s.Branches) != 1 || s.Branches[0].Fork != 50 || s.Branches[0].End != 150 {
		t.Fatalf("step %d, ahead %+v, branches %+v", s.Step, s.Ahead, s.Branches)
	}
	wants(t, m, "├ left at 50, went to 150")
	advance(t, m, 10)
	press(t, m, "u", "]")
	wants(t, m, "left at 50, went to 60")
	checkFrame(t, m)
}

// The time line goes along a run's time, enter stays where it is, esc goes to the end.
func TestTimeLine(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {160, 45}, {50, 15}} {
		m := open(t, size[0], size[1], Options{Runs: []train.Spec{runOf("rosenbrock", "adam", "0.01")}, Paused: true})
		press(t, m, "t")
		if m.time != nil || !m.refused {
			t.Error("a time line of a run that is at its beginning")
		}
		advance(t, m, 500)
		press(t, m, "t", "left", "left", "up")
		wants(t, m, "time ", "step 481 of 500")
		checkFrame(t, m)
		press(t, m, "home")
		wants(t, m, "step 0 of 500")
		press(t, m, "right", "enter")
		if s := m.lane().snap; s.Step != 10 || m.time != nil {
			t.Errorf("enter leaves step %d", s.Step)
		}
		press(t, m, "t", "esc")
		if s := m.lane().snap; s.Step != 500 || m.time != nil {
			t.Errorf("esc leaves step %d", s.Step)
		}
		press(t, m, "t", "down", "n")
		if s := m.lane().snap; s.Step != 500 || m.time != nil {
			t.Errorf("n takes a step from 499 to %d", s.Step)
		}
	}
}

// A branch goes on as the run that it left would; a change of it is its own.
func TestBranch(t *testing.T) {
	m := open(t, 160, 45, Options{Runs: []train.Spec{{Problem: "iris/mlp", Optimizer: "adam", Batch: 16, Seed: 3}}, Paused: true})
	advance(t, m, 30)
	press(t, m, "]", "b")
	if len(m.lanes) != 2 || m.sel != 1 {
		t.Fatalf("%d runs, %d selected", len(m.lanes), m.sel+1)
	}
	wants(t, m, "└ branched off run 1 at step 30")
	advance(t, m, 40)
	if a, b := m.lanes[0].snap, m.lanes[1].snap; a.Loss != b.Loss || a.Step != 70 || b.Step != 70 {
		t.Errorf("at steps %d and %d the losses are %v and %v", a.Step, b.Step, a.Loss, b.Loss)
	}
	press(t, m, "[")
	advance(t, m, 20)
	if a, b := m.lanes[0].snap, m.lanes[1].snap; a.Loss == b.Loss || len(a.Journal) != 1 || len(b.Journal) != 2 {
		t.Errorf("a change of the branch is not its own: losses %v and %v", a.Loss, b.Loss)
	}
	checkFrame(t, m)
}

// The ghost is the run without the change: it has the loss that the run would have, at the same step and not further.
func TestGhost(t *testing.T) {
	spec := train.Spec{Problem: "iris/mlp", Optimizer: "sgd", Batch: 16, Seed: 3, Set: map[string]string{"lr": "0.1"}}
	m := open(t, 160, 45, Options{Runs: []train.Spec{spec}, Paused: true})
	advance(t, m, 30)
	press(t, m, "g", "]", "]")
	if m.lane().ghost == nil {
		t.Fatal("no ghost")
	}
	advance(t, m, 50)
	for m.lane().ghost.snap.Step < 80 {
		m.pull()
	}
	m.pull()
	want, err := train.Replay(spec, nil, 80)
	if err != nil {
		t.Fatal(err)
	}
	if g := m.lane().ghost.snap; g.Step != 80 || g.Loss != want.Loss() || len(g.Journal) != 0 {
		t.Errorf("at step %d the ghost's loss is %v, without a change it is %v", g.Step, g.Loss, want.Loss())
	}
	wants(t, m, "untouched since 30", "the run is")
	checkFrame(t, m)
	press(t, m, "u")
	if m.lane().ghost == nil {
		t.Error("the ghost has gone though the run is still after the change")
	}
	press(t, m, "U")
	if m.lane().ghost != nil {
		t.Error("a ghost of a change that has not been made")
	}
	press(t, m, "]", "g")
	if m.lane().ghost != nil || m.ghosts {
		t.Error("g leaves a ghost")
	}
}

// A follows the advice: a rate past its limit is lowered, and the loss falls.
func TestAdviceIsFollowed(t *testing.T) {
	m := open(t, 160, 45, Options{Runs: []train.Spec{runOf("ravine", "sgd", "0.5")}, Rate: train.Unlimited})
	press(t, m, "esc")
	until(t, m, "divergence", func(s *train.Snapshot) bool { return s.Status == train.Diverged })
	settle(t, m)
	wants(t, m, "diverged", "A: ")
	press(t, m, "A")
	until(t, m, "a low loss", func(s *train.Snapshot) bool { return s.Loss < 1e-6 && s.Status == train.Running })
	if m.refused {
		t.Error(m.status)
	}
	press(t, m, "A")
}

// Files that are asked for while a problem is being prepared do not make it forgotten.
func TestSaveWaitsItsTurn(t *testing.T) {
	t.Chdir(t.TempDir())
	m := open(t, 120, 40, Options{Paused: true})
	ready := make(chan func(), 1)
	m.ready = ready
	m.save("nothing", artefact{"txt", func(io.Writer) error { return nil }})
	if !m.refused {
		t.Error("files are written")
	}
	came := false
	ready <- func() { came = true }
	m.pull()
	if !came {
		t.Error("what was being prepared is forgotten")
	}
}

// Advice goes back to the step that it names, however far the run has gone since it was given.
func TestAdviceNamesItsStep(t *testing.T) {
	m := open(t, 160, 45, Options{Runs: []train.Spec{runOf("quadratic", "sgd", "0.0202")}, Paused: true})
	advance(t, m, 60)
	m.lane().advice = &advice.Advice{Kind: advice.Diverging, Key: advice.Key, Does: "back to step 20", Back: true, To: 20}
	m.heed()
	settle(t, m)
	if s := m.lane().snap; s.Step != 20 {
		t.Errorf("it leads to step %d", s.Step)
	}
}

// A ghost on another function than its run would tell nothing: a change of the problem or of its noise ends it.
func TestGhostLeavesWithItsProblem(t *testing.T) {
	m := open(t, 120, 40, Options{Runs: []train.Spec{runOf("quadratic", "momentum", "1e-4")}, Paused: true})
	for _, key := range []string{"problem.condition", "run.noise"} {
		advance(t, m, 10)
		m.ghosts = true
		press(t, m, "]")
		until(t, m, "ghost", func(*train.Snapshot) bool { return m.lane().ghost != nil })
		m.doFor(key, train.Command{Op: train.OpTurn, Key: key, Notches: 1})
		settle(t, m)
		if s := m.lane().snap; m.refused || m.lane().ghost != nil {
			t.Errorf("%s: %q, the ghost is still there: %+v", key, m.status, s.Journal)
		}
	}
}

// On its way to a step after the change a run may come from before it: the ghost stays.
func TestGhostStaysOnTheWay(t *testing.T) {
	m := open(t, 160, 45, Options{Runs: []train.Spec{runOf("beale", "momentum", "0.002")}, Paused: true})
	advance(t, m, 30)
	press(t, m, "g", "[")
	advance(t, m, 10)
	l := m.lane()
	was := l.snap
	for target, stays := range map[int]bool{35: true, 20: false} {
		g := l.ghost
		s := *was
		s.Step, s.Seeking = 0, &train.Seeking{From: 40, Target: target}
		l.snap = &s
		m.haunt(l)
		if (l.ghost != nil) != stays {
			t.Errorf("on the way to step %d the ghost is there: %v", target, l.ghost != nil)
		}
		l.ghost, l.snap = g, was
	}
	m.banish(l)
}

// A run that its last change made diverge is told so, also where losses are averaged.
func TestGhostOfDivergence(t *testing.T) {
	for _, batch := range []int{0, 16} {
		spec := train.Spec{Problem: "diabetes/mlp", Optimizer: "sgd", Batch: batch, Seed: 3, Set: map[string]string{"lr": "0.01"}}
		m := open(t, 160, 45, Options{Runs: []train.Spec{spec}, Paused: true})
		advance(t, m, 30)
		press(t, m, "g")
		m.change(m.lane(), train.Command{Op: train.OpSet, Key: "optimizer.lr", Value: "1e5"})
		settle(t, m)
		m.single(50)
		until(t, m, "divergence", func(s *train.Snapshot) bool {
			return s.Status == train.Diverged && m.lane().ghost.snap.Step == s.Step
		})
		if text := m.bought(m.lane()); !strings.Contains(text, "the change made it diverge") {
			t.Errorf("batch %d: %q", batch, text)
		}
	}
}

// Where ε was changed several times while a run diverged, the advice leads back to before all of that.
func TestAdviceGoesBackFarEnough(t *testing.T) {
	spec := runOf("ravine", "sgd", "0.15")
	spec.Start = []float64{1.9, -0.7}
	m := open(t, 160, 45, Options{Runs: []train.Spec{spec}, Paused: true})
	advance(t, m, 10)
	press(t, m, "]", "]")
	advance(t, m, 40)
	press(t, m, "]", "[")
	m.single(20000)
	until(t, m, "divergence", func(s *train.Snapshot) bool { return s.Status == train.Diverged })
	settle(t, m)
	press(t, m, "A")
	s := m.lane().snap
	lr, _ := s.Setting("optimizer.lr")
	if s.Step >= 50 || lr.Value >= 0.4 {
		t.Errorf("A leads to step %d with ε = %g: %s", s.Step, lr.Value, m.status)
	}
}

// Ranks are by the loss at equal steps, and runs that have diverged come last.
func TestRanks(t *testing.T) {
	m := open(t, 160, 45, Options{Runs: []train.Spec{
		runOf("ravine", "sgd", "0.5"), runOf("ravine", "sgd", "0.3"), runOf("ravine", "sgd", "0.1"), runOf("ravine", "sgd", "0.3"),
	}, Paused: true})
	if r := m.ranks(); r != nil {
		t.Errorf("at the start the ranks are %v", r)
	}
	m.single(20000)
	until(t, m, "steps", func(*train.Snapshot) bool {
		return m.lanes[0].snap.Status == train.Diverged && m.lanes[1].snap.Step == 20000 && m.lanes[2].snap.Step == 20000 && m.lanes[3].snap.Step == 20000
	})
	settle(t, m)
	m.xaxis = byGradients
	if r := m.ranks(); r[0] != 4 || r[1] != r[3] {
		t.Errorf("the ranks are %v", r)
	}
	wants(t, m, "4th")
}
