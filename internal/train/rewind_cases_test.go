package train

import (
	"context"
	"math"
	"slices"
	"testing"
)

// rest waits until a message has taken effect and the run has arrived where it goes.
func rest(t *testing.T, l *Live, id uint64, ok bool) *Snapshot {
	t.Helper()
	if !ok {
		t.Fatal("the mailbox is full")
	}
	return until(t, l, "arrival", func(s *Snapshot) bool { return s.Applied >= id && s.Seeking == nil })
}

// runTo takes a paused run to a step.
func runTo(t *testing.T, l *Live, step int) {
	t.Helper()
	l.Single(step - l.Snapshot().Step)
	until(t, l, "steps", func(s *Snapshot) bool { return s.Step == step && s.Status == Paused })
}

func do(t *testing.T, l *Live, c Command) *Snapshot {
	t.Helper()
	id, ok := l.Do(c)
	s := rest(t, l, id, ok)
	if s.Refused != "" {
		t.Fatal(s.Refused)
	}
	return s
}

func hashOf(t *testing.T, l *Live) uint64 {
	t.Helper()
	c := make(chan *Run, 1)
	id, ok := l.Branch(c)
	rest(t, l, id, ok)
	return (<-c).Hash()
}

func goTo(t *testing.T, l *Live, step int) *Snapshot {
	t.Helper()
	id, ok := l.GoTo(step)
	return rest(t, l, id, ok)
}

// keepHere makes a checkpoint now, which else the clock decides.
func keepHere(l *Live) {
	l.send(message{control: func(l *Live) error { l.ladder.add(l.run); return nil }})
}

// A problem's settings are part of what a checkpoint keeps, though the problem itself is not.
func TestRewindAcrossASettingOfTheProblem(t *testing.T) {
	l := start(t, Spec{Problem: "quadratic", Optimizer: "momentum", Set: map[string]string{"lr": "0.001"}}, Unlimited, true)
	runTo(t, l, 10)
	keepHere(l)
	runTo(t, l, 20)
	before := hashOf(t, l)
	do(t, l, Command{Op: OpSet, Key: "problem.condition", Value: "7"})
	runTo(t, l, 30)
	after := hashOf(t, l)
	goTo(t, l, 19)
	runTo(t, l, 20) // without the command
	if hashOf(t, l) != before {
		t.Error("the rewound run has another problem")
	}
	do(t, l, Command{Op: OpSet, Key: "problem.condition", Value: "7"})
	runTo(t, l, 30)
	if hashOf(t, l) != after {
		t.Error("doing the same again leads elsewhere")
	}
}

// A command that helped a rule which had given up is repeated after the rule has given up again.
func TestRewindAcrossAFailure(t *testing.T) {
	l := start(t, Spec{Problem: "saddle", Optimizer: "bfgs"}, Unlimited, false)
	s := until(t, l, "failure", func(s *Snapshot) bool { return s.Status == Stopped })
	stop := s.Step
	l.Pause(true)
	do(t, l, Command{Op: OpOptimizer, Value: "sgd", Set: map[string]string{"lr": "1e-9"}})
	runTo(t, l, stop+9)
	want := hashOf(t, l)
	runTo(t, l, stop+10)
	goTo(t, l, stop-1)
	if s = goTo(t, l, stop+9); hashOf(t, l) != want || s.Step != stop+9 {
		t.Errorf("going forward over the failure at step %d leads elsewhere, to step %d", stop, s.Step)
	}
	if s = goTo(t, l, stop+10); s.Ahead != nil || s.Step != stop+10 {
		t.Errorf("the end is at step %d, ahead %v", s.Step, s.Ahead)
	}
}

func TestScrubbingLosesNothing(t *testing.T) {
	l := start(t, Spec{Problem: "rosenbrock", Optimizer: "adam", Noise: 0.3, Batch: 4, Set: map[string]string{"lr": "0.01"}}, Unlimited, true)
	runTo(t, l, 50)
	do(t, l, Command{Op: OpScale, Key: "lr", Factor: 2})
	runTo(t, l, 100)
	end, loss := hashOf(t, l), l.Snapshot().Loss
	s := goTo(t, l, 40)
	if len(s.Journal) != 0 || s.Ahead == nil || len(s.Ahead.Journal) != 1 || s.Ahead.End != 100 || s.Ahead.Loss != loss {
		t.Fatalf("at step 40: %d commands behind, ahead %+v", len(s.Journal), s.Ahead)
	}
	if n := len(s.Ahead.Steps); n == 0 || n != len(s.Ahead.Path) || s.Ahead.Steps[0] <= 40 || s.Ahead.Steps[n-1] > 100 {
		t.Errorf("the path ahead has the steps %v", s.Ahead.Steps)
	}
	if n := len(s.Path); n != len(s.Steps) || s.Steps[n-1] > 40 {
		t.Errorf("the path behind has the steps %v", s.Steps)
	}
	id, ok := l.Forward(30)
	if s = rest(t, l, id, ok); s.Step != 70 || len(s.Journal) != 1 || s.Ahead == nil || len(s.Ahead.Journal) != 0 {
		t.Errorf("30 steps on from 40: step %d, %d commands, ahead %+v", s.Step, len(s.Journal), s.Ahead)
	}
	if s = goTo(t, l, math.MaxInt); s.Step != 100 || s.Ahead != nil || hashOf(t, l) != end || len(s.Branches) != 0 {
		t.Errorf("back at the end: step %d, ahead %v, %d branches", s.Step, s.Ahead, len(s.Branches))
	}
	// Where no command lies ahead the run makes its future by itself, and there is nothing to give up.
	goTo(t, l, 80)
	runTo(t, l, 100)
	if s = l.Snapshot(); hashOf(t, l) != end || s.Ahead != nil || len(s.Branches) != 0 {
		t.Errorf("steps along the future: ahead %v, %d branches", s.Ahead, len(s.Branches))
	}
}

func TestBranchesOfAGivenUpFuture(t *testing.T) {
	spec := Spec{Problem: "rosenbrock", Optimizer: "adam", Set: map[string]string{"lr": "0.01"}}
	l := start(t, spec, Unlimited, true)
	half := Command{Op: OpScale, Key: "lr", Factor: 0.5}
	runTo(t, l, 100)
	first := l.Snapshot().Loss
	goTo(t, l, 60)
	if s := do(t, l, half); s.Ahead != nil || len(s.Branches) != 1 {
		t.Fatalf("after a command in the past: ahead %v, %d branches", s.Ahead, len(s.Branches))
	}
	runTo(t, l, 80)
	goTo(t, l, 30)
	do(t, l, half)
	goTo(t, l, 20)
	s := do(t, l, half)
	want := []Branch{
		{ID: 1, Parent: 2, Fork: 60, End: 100, Loss: first},
		{ID: 2, Parent: 3, Fork: 30, End: 80},
		{ID: 3, Parent: 0, Fork: 20, End: 30},
	}
	for i, b := range s.Branches {
		w := want[i]
		if b.ID != w.ID || b.Parent != w.Parent || b.Fork != w.Fork || b.End != w.End || w.Loss != 0 && b.Loss != w.Loss {
			t.Errorf("branch %d has parent %d, fork %d, end %d, loss %g; want %+v", b.ID, b.Parent, b.Fork, b.End, b.Loss, w)
		}
		if n := len(b.Losses); len(b.Path) == 0 || n == 0 || b.Losses[0].Step <= b.Fork || b.Losses[n-1].Step != b.End {
			t.Errorf("branch %d cannot be drawn: %d corners, losses %+v", b.ID, len(b.Path), b.Losses)
		}
	}
	again, err := Replay(spec, s.Branches[0].Journal, s.Branches[0].End)
	if err != nil || again.Loss() != first {
		t.Errorf("branch 1 made again ends at %v (%v), it was %v", again.Loss(), err, first)
	}
	for range 2 * maxBranches {
		runTo(t, l, 25)
		goTo(t, l, 20)
		s = do(t, l, half)
	}
	if len(s.Branches) != maxBranches {
		t.Errorf("%d branches are kept", len(s.Branches))
	}
	known := []int{0}
	for _, b := range s.Branches {
		known = append(known, b.ID)
	}
	for _, b := range s.Branches {
		if !slices.Contains(known, b.Parent) {
			t.Errorf("branch %d forks from %d, which is not kept", b.ID, b.Parent)
		}
	}
}

// What is asked for on the way happens on arrival, in order, or where the way is ended. The run has no goroutine here, so
// that its way is as long as the test wants it.
func TestMessagesOnTheWay(t *testing.T) {
	run := must(t, Spec{Problem: "rosenbrock", Optimizer: "adam", Set: map[string]string{"lr": "1e-3"}})
	l := &Live{run: run, mail: make(chan message, mailboxSize), paused: true}
	sent := func(id uint64, ok bool) uint64 {
		if !ok {
			t.Fatal("the mailbox is full")
		}
		l.receive(<-l.mail)
		return id
	}
	set := func(v string) Command { return Command{Op: OpSet, Key: "lr", Value: v} }
	l.advance(1000)
	sent(l.GoTo(800)) // without a checkpoint: from step 0
	if l.seek == nil || l.run.step != 0 {
		t.Fatalf("at step %d, going %+v", l.run.step, l.seek)
	}
	l.seekOn(300)
	sent(l.Rewind(100)) // of where it is going
	if l.seek.Target != 700 || l.run.step != 300 {
		t.Fatalf("at step %d, going %+v", l.run.step, l.seek)
	}
	before := l.applied
	command := sent(l.Do(set("0.5")))
	sent(l.GoTo(100))
	last := sent(l.Pause(true))
	if l.applied != before || len(l.run.journal) != 0 {
		t.Fatalf("message %d was carried out on the way", l.applied)
	}
	for l.seek != nil || len(l.waiting) > 0 {
		if l.turn(); l.seek != nil && l.seek.Target == 100 && l.applied < command {
			t.Fatal("the second way began before the command")
		}
	}
	if l.applied != last || l.run.step != 100 || l.future == nil || l.future.end != 700 || l.future.journal[0].Step != 700 {
		t.Fatalf("at step %d after message %d, ahead %+v", l.run.step, l.applied, l.future)
	}

	sent(l.GoTo(600))
	l.seekOn(50)
	sent(l.Do(set("0.25")))
	sent(l.GoTo(20))
	halt := sent(l.Halt())
	if l.seek != nil || l.applied != halt || l.run.step != 0 || len(l.branches.list) != 2 {
		t.Fatalf("halted at step %d after message %d, %d branches", l.run.step, l.applied, len(l.branches.list))
	}
	if b := l.branches.list[1]; b.Fork != 150 || b.End != 700 {
		t.Errorf("the command on the way was carried out at step %d of %d", b.Fork, b.End)
	}

	sent(l.GoTo(140))
	for range mailboxSize + 10 {
		sent(l.Do(set("0.125")))
	}
	if len(l.waiting) > mailboxSize || l.refused == "" {
		t.Errorf("%d messages wait; refused %q", len(l.waiting), l.refused)
	}
}

// A run that was begun elsewhere can be taken to before it came here.
func TestRewindOfABranchBeforeItsFork(t *testing.T) {
	run := must(t, Spec{Problem: "beale", Optimizer: "adam", Set: map[string]string{"lr": "0.01"}})
	run.Advance(20)
	want := run.Hash()
	run.Advance(80)
	l := LaunchRun(context.Background(), run, Unlimited, true)
	t.Cleanup(l.Stop)
	if goTo(t, l, 20); hashOf(t, l) != want {
		t.Error("step 20 is another one")
	}
}

func TestForkIsTheRunWithoutTheCommand(t *testing.T) {
	spec := Spec{Problem: "iris", Optimizer: "adam", Batch: 8, Noise: 0.1, Seed: 5}
	l := start(t, spec, Unlimited, true)
	runTo(t, l, 40)
	ghosts := make(chan *Run, 1)
	id, ok := l.Fork(Command{Op: OpSet, Key: "lr", Value: "-3"}, ghosts)
	if s := rest(t, l, id, ok); s.Refused == "" || len(ghosts) != 0 {
		t.Fatalf("a refused command (%q) made %d ghosts", s.Refused, len(ghosts))
	}
	id, ok = l.Fork(Command{Op: OpScale, Key: "lr", Factor: 10}, ghosts)
	rest(t, l, id, ok)
	ghost := <-ghosts
	with, err := Replay(spec, l.Snapshot().Journal, 90)
	if err != nil {
		t.Fatal(err)
	}
	without, err := Replay(spec, nil, 90)
	if err != nil {
		t.Fatal(err)
	}
	runTo(t, l, 90)
	ghost.Advance(50)
	if hashOf(t, l) != with.Hash() || ghost.Hash() != without.Hash() || with.Hash() == without.Hash() {
		t.Error("the run or its ghost is not what a replay makes")
	}
}

func TestFollowerKeepsPace(t *testing.T) {
	spec := Spec{Problem: "beale", Optimizer: "sgd", Set: map[string]string{"lr": "0.001"}}
	leader, follower := start(t, spec, Unlimited, true), start(t, spec, 1, true)
	follower.Follow(leader)
	follower.Pause(false)
	for _, step := range []int{0, 7, 5000} {
		runTo(t, leader, step)
		until(t, follower, "the leader's step", func(s *Snapshot) bool {
			if s.Step > step {
				t.Fatalf("the follower is at step %d, its leader at %d", s.Step, step)
			}
			return s.Step == step
		})
	}
	id, ok := follower.Follow(nil)
	rest(t, follower, id, ok)
	until(t, follower, "steps of its own", func(s *Snapshot) bool { return s.Step > 5000 })
}

// A defect on the way to another step ends the way: what waits for the arrival happens all the same.
func TestCrashOnTheWay(t *testing.T) {
	l, err := LaunchReplay(context.Background(), Spec{Problem: "broken_for_test", Optimizer: "sgd"}, nil, 1000, Unlimited)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Stop)
	id, _ := l.Pause(true)
	if s := until(t, l, "crash", func(s *Snapshot) bool { return s.Status == Crashed && s.Applied >= id }); s.Seeking != nil {
		t.Error("the crashed run is still on its way")
	}
}

// A defect leads nowhere, but not from where the run was before.
func TestRewindOfACrashedRun(t *testing.T) {
	l := start(t, Spec{Problem: "broken_for_test", Optimizer: "sgd"}, Unlimited, false)
	until(t, l, "crash", func(s *Snapshot) bool { return s.Status == Crashed })
	if s := goTo(t, l, 50); s.Status != Paused || s.Step != 50 {
		t.Errorf("step %d, %s", s.Step, s.Status)
	}
}

// Whatever the length of the run, going back by d computes few of d steps again.
func TestLadderIsDenseNearNow(t *testing.T) {
	r := must(t, Spec{Problem: "beale", Optimizer: "sgd", Set: map[string]string{"lr": "0.0001"}})
	l := ladder{budget: DefaultBudget}
	for range 20_000 {
		r.step += 1000 // as if it had taken them
		l.add(r)
	}
	if len(l.rungs) > maxRungs || l.bytes(r) > l.budget {
		t.Fatalf("%d checkpoints of %d bytes", len(l.rungs), l.bytes(r))
	}
	for d := 1000; d < r.step; d += d/10 + 1 {
		again := r.step - d
		if c := l.below(again); c != nil {
			again -= c.run.step
		}
		if again > d/10+1000 {
			t.Errorf("going back by %d computes %d steps again", d, again)
		}
	}
}

// A budget holds for checkpoints large and small, with the records that only they still need.
func TestBudgetIsKept(t *testing.T) {
	for _, spec := range []Spec{
		{Problem: "rosenbrock", Optimizer: "adam", Batch: 1, Noise: 1, Set: map[string]string{"lr": "0.01"}},
		{Problem: "digits/mlp:32", Optimizer: "lbfgs", Batch: 64},
	} {
		for _, budget := range []int{0, 50_000, 2_000_000} {
			r := must(t, spec)
			l := ladder{budget: budget}
			for range 300 {
				r.Advance(2)
				l.add(r)
				if n := l.bytes(r); n > budget {
					t.Fatalf("%s: %d bytes with a budget of %d", spec.Problem, n, budget)
				}
			}
			if budget > 1_000_000 && len(l.rungs) == 0 {
				t.Errorf("%s: no checkpoint fits into %d bytes", spec.Problem, budget)
			}
		}
	}
}
