package lrfinder

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"opttui/internal/kernel"
)

// pool carries out independent jobs on several processors. What a job computes depends on nothing but its number, so
// the results do not depend on how many workers there are.
type pool struct {
	workers int
	share   Share
	stop    atomic.Bool // looked at after every step: jobs end early when it is set
}

// Share lets one worker compute in turns with others, who may have nothing to do with the search: it waits for the first
// turn, next is called after each step and waits for another one where that is due, end gives up the last.
// next reports false when ctx is over.
type Share func(ctx context.Context) (next func() bool, end func())

// brake tells a job after each step whether it is to stop.
type brake struct {
	ctx  context.Context
	stop *atomic.Bool
	next func() bool // nil for a worker that shares with nobody
}

// on reports that the job is to stop. It may wait for a turn.
func (b brake) on() bool { return b.stop.Load() || b.next != nil && !b.next() }

// each calls job(i, …) for every i below n, and finished(i) in the caller's goroutine after each, in the order in which they
// finish. It returns ctx's error when it is over before all is done; jobs that were then cut short are not reported. The
// first error of a job ends all; a panic in one becomes an error.
func (p *pool) each(ctx context.Context, n int, job func(i int, b brake) error, finished func(i int)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.stop.Store(false)
	work, end := context.WithCancel(ctx)
	defer end()
	release := context.AfterFunc(work, func() { p.stop.Store(true) })
	defer release()

	var (
		next   atomic.Int64
		wg     sync.WaitGroup
		failed error
		once   sync.Once
		ready  = make(chan int, n)
	)
	for range min(p.workers, n) {
		wg.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					once.Do(func() {
						failed = fmt.Errorf("a trial crashed, which is a defect of the program: %v\n%s", r, debug.Stack())
					})
					p.stop.Store(true)
					end()
				}
			}()
			kernel.Enter()
			defer kernel.Leave()
			b := brake{ctx: work, stop: &p.stop}
			if p.share != nil {
				next, giveUp := p.share(work)
				defer giveUp()
				b.next = next
			}
			for !b.on() {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := job(i, b); err != nil {
					once.Do(func() { failed = err })
					p.stop.Store(true)
					end()
					return
				}
				if !p.stop.Load() {
					ready <- i
				}
			}
		})
	}
	go func() { wg.Wait(); close(ready) }()
	done := 0
	for i := range ready {
		done++
		finished(i)
	}
	switch {
	case failed != nil && ctx.Err() == nil:
		return failed
	case done < n:
		return ctx.Err()
	default:
		return nil
	}
}
