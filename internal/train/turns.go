package train

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Turns share processors out among runs: whoever has a turn computes for about a millisecond. Those who wait are served
// in the order in which they came.
type Turns struct {
	most int    // at a time
	of   *Turns // those whom this one shares with; nil for none

	mu    sync.Mutex
	taken int
	queue []chan struct{} // of those who wait; each is closed when it is their turn
}

// NewTurns lets n runs compute at a time.
func NewTurns(n int) *Turns { return &Turns{most: max(n, 1)} }

// Party returns turns for one party of several: its runs compute one at a time, so that it gets no more than another one,
// however many runs it has.
func (t *Turns) Party() *Turns { return &Turns{most: 1, of: t} }

// Within makes a run take turns.
func Within(t *Turns) Option { return func(l *Live) { l.turns = t } }

// take waits until it is the run's turn, and lets the run answer messages meanwhile, which do not cost it its place. It
// reports false when ctx is over.
func (t *Turns) take(ctx context.Context, l *Live) bool {
	if t == nil {
		return true
	}
	if ctx.Err() != nil {
		return false
	}
	for place := t.queueUp(); place != nil; {
		select {
		case <-place:
			place = nil
		case m := <-l.mail:
			l.take(m)
		case <-ctx.Done():
			t.leave(place)
			return false
		}
	}
	if !t.of.take(ctx, l) {
		t.pass()
		return false
	}
	return true
}

// queueUp takes a turn, or returns the place of who has to wait.
func (t *Turns) queueUp() (place chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken < t.most {
		t.taken++
		return nil
	}
	place = make(chan struct{})
	t.queue = append(t.queue, place)
	return place
}

// leave gives a place up, or the turn that it has become meanwhile.
func (t *Turns) leave(place chan struct{}) {
	t.mu.Lock()
	i := slices.Index(t.queue, place)
	if i >= 0 {
		t.queue = slices.Delete(t.queue, i, i+1)
	}
	t.mu.Unlock()
	if i < 0 {
		t.pass()
	}
}

// pass gives a turn to who has waited longest.
func (t *Turns) pass() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.queue) == 0 {
		t.taken--
		return
	}
	close(t.queue[0])
	t.queue = slices.Delete(t.queue, 0, 1)
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
		t.pass()
	}
}

// give ends the turn.
func (t *Turns) give() {
	for ; t != nil; t = t.of {
		t.pass()
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
