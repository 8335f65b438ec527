package train

import (
	"context"
	"runtime"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// heap returns the bytes that are in use.
func heap() int {
	runtime.GC()
	runtime.GC() // what finalizers held on to
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// The estimate on which the budget stands is what checkpoints really take.
func TestBytesOfCheckpointsAreHonest(t *testing.T) {
	for _, spec := range []Spec{
		{Problem: "beale", Optimizer: "adam", Batch: 1, Noise: 1},
		{Problem: "beale", Optimizer: "sgd", Schedule: "cosine"},
		{Problem: "digits", Optimizer: "lbfgs", Batch: 64},
		{Problem: "iris/mlp", Optimizer: "sam", Batch: 8},
		{Problem: "rosenbrock", Optimizer: "bfgs"},
	} {
		r := must(t, spec)
		const n = 100
		kept := make([]*checkpoint, 0, n)
		before, own := heap(), 0
		for range n {
			kept = append(kept, r.checkpoint())
			own += kept[len(kept)-1].own
		}
		real := heap() - before
		if ratio := float64(own) / float64(real); ratio < 0.8 || ratio > 1.25 {
			t.Errorf("%s on %s: %d checkpoints take %d bytes, the estimate is %d", spec.Optimizer, spec.Problem, n, real, own)
		}
		runtime.KeepAlive(kept)
		runtime.KeepAlive(r)
	}
}

// bytesOf is what a Live's run may take: its records, checkpoints, branches and what lies ahead.
func bytesOf(l *Live) int {
	seen := make(records)
	n := seen.add(l.run) + l.ladder.bytes(l.run)
	if l.future != nil && l.future.head != nil {
		n += l.future.head.own + seen.add(&l.future.head.run)
	}
	for _, b := range l.branches.list {
		n += once(seen, b.Losses, cap(b.Losses)) + once(seen, b.Path, cap(b.Path)) + once(seen, b.Trail, cap(b.Trail))
	}
	return n
}

// However far a run goes and whatever a person does with it, what is kept of it is bounded.
func TestMemoryIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := Spec{Problem: "beale", Optimizer: "sgd", Batch: 1, Noise: 30, Seed: rapid.Uint64().Draw(t, "seed"), Set: map[string]string{"lr": "1e-4"}}
		run, err := New(spec)
		if err != nil {
			t.Fatal(err)
		}
		l := &Live{run: run, ladder: ladder{budget: 1 << 20}}
		most := 0
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			l.advance(rapid.IntRange(1, 20_000).Draw(t, "steps"))
			l.ladder.add(l.run)
			if rapid.Bool().Draw(t, "back") {
				if err := l.goTo(l.run.step - rapid.IntRange(0, 3000).Draw(t, "n")); err != nil {
					t.Fatal(err)
				}
				for l.seek != nil {
					l.seekOn(1 << 20)
				}
				if err := l.command(Command{Op: OpScale, Key: "lr", Factor: 0.99}); err != nil {
					t.Fatal(err)
				}
			}
			most = max(most, bytesOf(l))
		}
		// Two runs' records, the budget, and 32 branches of 256 points.
		if bound := 2*400_000 + 1<<20 + maxBranches*maxBranchPoints*150; most > bound {
			t.Errorf("%d bytes are kept after %d steps, the bound is %d", most, l.run.step, bound)
		}
	})
}

// BenchmarkNineRuns reports the memory of nine runs of b.N steps each, which have all the checkpoints and branches that
// are kept: -bench NineRuns -benchtime 1000000000x.
func BenchmarkNineRuns(b *testing.B) {
	before := heap()
	var lives []*Live
	for i := range 9 {
		spec := Spec{Problem: "beale", Optimizer: "sgd", Batch: 1, Noise: 3, Seed: uint64(i), Set: map[string]string{"lr": "1e-4"}}
		l, err := Launch(context.Background(), spec, Unlimited, true)
		if err != nil {
			b.Fatal(err)
		}
		defer l.Stop()
		lives = append(lives, l)
		for range maxBranches {
			step := l.Snapshot().Step + 1000
			l.Single(1000)
			for l.Snapshot().Step < step {
				time.Sleep(100 * time.Microsecond)
			}
			l.Rewind(500)
			id, _ := l.Do(Command{Op: OpSet, Key: "noise", Value: "3"})
			for l.Snapshot().Applied < id {
				time.Sleep(100 * time.Microsecond)
			}
		}
	}
	b.ResetTimer()
	for _, l := range lives {
		l.Pause(false)
	}
	most := 0
	for _, l := range lives {
		for l.Snapshot().Step < b.N {
			time.Sleep(10 * time.Millisecond)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, int(m.HeapAlloc))
	}
	b.StopTimer()
	for _, l := range lives {
		l.Pause(true)
	}
	b.ReportMetric(float64(heap()-before)/1e6, "MB-kept")
	b.ReportMetric(float64(most)/1e6, "MB-heap")
	rungs, bytes := 0, 0
	for _, l := range lives {
		done := make(chan struct{})
		l.send(message{control: func(l *Live) error {
			rungs, bytes = rungs+len(l.ladder.rungs), bytes+l.ladder.bytes(l.run)
			close(done)
			return nil
		}})
		<-done
	}
	b.ReportMetric(float64(rungs)/9, "checkpoints/run")
	b.ReportMetric(float64(bytes)/9e6, "MB-checkpoints/run")
}
