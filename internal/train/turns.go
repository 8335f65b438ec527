package train

import (
	"context"
	"sync"
	"time"
)

// Turns share processors out among runs: whoever has a turn computes for about a millisecond. Those who wait are served
// in the order in which they came.
type Turns struct {
	free chan struct{}
	of   *Turns // those whom this one shares with; nil for none
}

// NewTurns lets n runs compute at a time.
func NewTurns(n int) *Turns { return &Turns{free: make(chan struct{}, max(n, 1))} }

// Party returns turns for one party of several: its runs compute one at a time, so that it gets no more than another one,
// however many runs it has.
func (t *Turns) Party() *Turns { return &Turns{free: make(chan struct{}, 1), of: t} }

// Within makes a run take turns.
func Within(t *Turns) Option { return func(l *Live) { l.turns = t } }

// take waits until it is the run's turn, and lets the run answer messages meanwhile. It reports false when ctx is over.
func (t *Turns) take(ctx context.Context, l *Live) bool {
	if t == nil {
		return true
	}
	for taken := false; !taken; {
		select {
		case t.free <- struct{}{}:
			taken = true
		case m := <-l.mail:
			l.take(m)
		case <-ctx.Done():
			return false
		}
	}
	if !t.of.take(ctx, l) {
		<-t.free
		return false
	}
	return true
}

// longTurn is how long a party may keep all others waiting: one step of a large model can take seconds.
const longTurn = 20 * time.Millisecond

// begun returns what ends the turn that was taken. One that takes long goes on beside those of other parties, among
// which the operating system shares the processors; its own party waits for it.
func (t *Turns) begun() (end func()) {
	if t == nil || t.of == nil {
		return t.give
	}
	others := sync.OnceFunc(t.of.give)
	late := time.AfterFunc(longTurn, others)
	return func() {
		late.Stop()
		others()
		<-t.free
	}
}

// give ends the turn.
func (t *Turns) give() {
	for ; t != nil; t = t.of {
		<-t.free
	}
}

// Share takes turns for something that computes beside the runs: a search, a survey, a measurement. It waits for the
// first; next is called after each piece of work and now and then waits for another turn; end gives up the last one.
// Where ctx is over, next reports false, and there may be no turn. Of nil turns there are as many as anybody wants.
func (t *Turns) Share(ctx context.Context) (next func() bool, end func()) {
	if t == nil {
		return func() bool { return ctx.Err() == nil }, func() {}
	}
	var (
		give  func() // ends the present turn; nil for none
		since time.Time
	)
	end = func() {
		if give != nil {
			give()
			give = nil
		}
	}
	wait := func() bool {
		if !t.take(ctx, &Live{}) {
			return false
		}
		give, since = t.begun(), time.Now()
		return true
	}
	wait()
	return func() bool {
		switch {
		case give == nil:
			return false
		case time.Since(since) < batchTime:
			return true
		}
		end()
		return wait()
	}, end
}
