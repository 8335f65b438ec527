// Package watch follows the logs of training programs that other programs write: JSON lines, tables and TensorBoard's
// event files. docs/watch.md says what is read and how.
package watch

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"opttui/internal/monitor"
	"opttui/internal/usage"
)

// Bounds of what is watched at once.
const (
	MaxRuns  = 512
	MaxFiles = 2048
)

// Options are how files are watched. The zero Options are the usual ones.
type Options struct {
	Every time.Duration // between two looks at a file; 0 is 100 ms
}

// Watcher follows files and looks for new ones.
type Watcher struct {
	targets []string
	every   time.Duration
	found   *finder
	sources atomic.Pointer[[]*source] // in the order in which they were found
	queue   chan *source              // those with a turn to come
	open    atomic.Int64              // files held open
	notices atomic.Pointer[[]string]
	cancel  context.CancelFunc
	workers sync.WaitGroup
}

// Start follows files, those in folders (also the ones that come later) and those that match patterns, until Close. What is
// not there yet is waited for. The error is for a person.
func Start(paths []string, o Options) (*Watcher, error) {
	if len(paths) == 0 || slices.Contains(paths, "") {
		return nil, usage.Errorf("name a file to watch, a folder, or a pattern in quotes")
	}
	if o.Every < 0 {
		return nil, usage.Errorf("files cannot be looked at every %v", o.Every)
	}
	w := prepare(paths, o)
	var ctx context.Context
	ctx, w.cancel = context.WithCancel(context.Background())
	w.look()
	w.workers.Go(func() { w.schedule(ctx) })
	for range workers {
		w.workers.Go(func() { w.work(ctx) })
	}
	return w, nil
}

func prepare(paths []string, o Options) *Watcher {
	w := &Watcher{targets: slices.Clone(paths), every: o.Every, queue: make(chan *source, MaxRuns)}
	if w.every == 0 {
		w.every = 100 * time.Millisecond
	}
	w.found = newFinder()
	w.sources.Store(&[]*source{})
	w.notices.Store(&[]string{})
	return w
}

// Close ends the watching. The runs stay as they are.
func (w *Watcher) Close() error {
	w.cancel()
	w.workers.Wait()
	for _, s := range *w.sources.Load() {
		for _, f := range s.files {
			_ = f.tail.Close() // it was only read
		}
	}
	return nil
}

// Runs returns the runs found so far. New ones come behind those that were there.
func (w *Watcher) Runs() []*monitor.Run {
	all := *w.sources.Load()
	runs := make([]*monitor.Run, len(all))
	for i, s := range all {
		runs[i] = s.run
	}
	return runs
}

// Notices are what there is to say of the watching as a whole: what has not been found yet, and bounds that were hit.
func (w *Watcher) Notices() []string { return *w.notices.Load() }

// CaughtUp tells whether all that was found has been read up to its end.
func (w *Watcher) CaughtUp() bool {
	return !slices.ContainsFunc(*w.sources.Load(), func(s *source) bool { return s.behind.Load() })
}

// workers is how many runs are read at once. A file system that does not answer holds up one of them.
const workers = 4

// work gives those in the queue their turn.
func (w *Watcher) work(ctx context.Context) {
	buf := make([]byte, 256<<10)
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-w.queue:
			if s.turn(buf, &w.open) {
				w.queue <- s // it has a place: nobody else may put it there
				continue
			}
			s.queued.Store(false)
		}
	}
}

// schedule puts all into the queue that are not there, again and again, and looks for new files once a second, or less often
// where that takes long.
func (w *Watcher) schedule(ctx context.Context) {
	const share = 20 // of the time at most may be spent on looking
	ticker := time.NewTicker(w.every)
	defer ticker.Stop()
	next := time.Now().Add(time.Second)
	for {
		for _, s := range *w.sources.Load() {
			if s.queued.CompareAndSwap(false, true) {
				w.queue <- s
			}
		}
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			if now.After(next) {
				w.look()
				next = now.Add(max(time.Second, share*time.Since(now)))
			}
		}
	}
}
