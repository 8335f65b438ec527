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
	stop    atomic.Bool // looked at after every step: jobs end early when it is set
}

// each calls job(i) for every i below n, and finished(i) in the caller's goroutine after each, in the order in which they
// finish. It returns ctx's error when it is over before all is done; jobs that were then cut short are not reported. A
// panic in a job becomes an error.
func (p *pool) each(ctx context.Context, n int, job func(i int), finished func(i int)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.stop.Store(false)
	release := context.AfterFunc(ctx, func() { p.stop.Store(true) })
	defer release()

	var (
		next   atomic.Int64
		wg     sync.WaitGroup
		defect error
		once   sync.Once
		ready  = make(chan int, n)
	)
	for range min(p.workers, n) {
		wg.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					once.Do(func() {
						defect = fmt.Errorf("a trial crashed, which is a defect of the program: %v\n%s", r, debug.Stack())
					})
					p.stop.Store(true)
				}
			}()
			kernel.Enter()
			defer kernel.Leave()
			for !p.stop.Load() {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				job(i)
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
	case defect != nil:
		return defect
	case done < n:
		return ctx.Err()
	default:
		return nil
	}
}
