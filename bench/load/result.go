//go:build linux

package main

import (
	"fmt"
	"strings"
	"time"

	"opttui/bench/watch"
)

// result is what was measured.
type result struct {
	plan
	before, loaded, after  state
	serverLoad, clientLoad float64 // processors
	died, unheeded         int
	delays                 []time.Duration
	bytes                  []int
	rates                  []float64 // frames a second of each session
}

// add takes over what a client has counted.
func (r *result) add(c *client, took time.Duration) {
	frames := c.frames.Counted()
	for _, f := range frames {
		r.bytes = append(r.bytes, f.Bytes)
	}
	r.rates = append(r.rates, float64(len(frames))/took.Seconds())
	r.delays = append(r.delays, c.delays...)
	r.unheeded += c.unheeded
}

// Bounds that do not depend on how fast the machine is.
const (
	mostMemory = 8 << 20 // bytes a session
	mostLeft   = 1 << 20 // bytes of heap when all have gone
	mostBytes  = 1000    // a frame, in the median
)

// perSession is what each session takes of what all take.
func (r *result) perSession(before, loaded uint64) float64 {
	return (float64(loaded) - float64(before)) / float64(r.sessions)
}

// faults are the bounds that do not hold.
func (r *result) faults() (f []string) {
	if r.died > 0 {
		f = append(f, fmt.Sprintf("%d sessions died", r.died))
	}
	if r.after.Goroutines > r.before.Goroutines {
		f = append(f, fmt.Sprintf("%d goroutines are left of %d", r.after.Goroutines, r.before.Goroutines))
	}
	if left := int64(r.after.Heap) - int64(r.before.Heap); left > mostLeft {
		f = append(f, fmt.Sprintf("%.1f MB of heap are left", watch.Mega(float64(left))))
	}
	if m := r.perSession(r.before.rss, r.loaded.rss); m > mostMemory {
		f = append(f, fmt.Sprintf("%.1f MB of memory a session", watch.Mega(m)))
	}
	if b := watch.Quantile(r.bytes, 0.5); b > mostBytes || b == 0 {
		f = append(f, fmt.Sprintf("%d bytes a frame in the median", b))
	}
	return f
}

// String is the result as a Markdown table.
func (r *result) String() string {
	var b strings.Builder
	row := func(what, format string, values ...any) {
		fmt.Fprintf(&b, "| %s | %s |\n", what, fmt.Sprintf(format, values...))
	}
	ms := func(d time.Duration) float64 { return d.Seconds() * 1e3 }
	fmt.Fprintf(&b, "| %d sessions of %d×%d for %g s | |\n|---|---|\n", r.sessions, r.w, r.h, r.span.Seconds())
	row("sessions that died", "%d", r.died)
	row("from a key to the frame that shows it", "p50 %.0f ms, p99 %.0f ms, longest %.0f ms, of %d keys (%d more were overtaken by the next)",
		ms(watch.Quantile(r.delays, 0.5)), ms(watch.Quantile(r.delays, 0.99)), ms(watch.Quantile(r.delays, 1)), len(r.delays), r.unheeded)
	row("bytes a frame", "median %d, p95 %d", watch.Quantile(r.bytes, 0.5), watch.Quantile(r.bytes, 0.95))
	row("frames a second and session", "median %.1f, fewest %.1f", watch.Quantile(r.rates, 0.5), watch.Quantile(r.rates, 0))
	row("memory a session", "heap %.2f MB, resident %.2f MB", watch.Mega(r.perSession(r.before.Heap, r.loaded.Heap)), watch.Mega(r.perSession(r.before.rss, r.loaded.rss)))
	row("processors", "the server %.2f, the clients %.2f", r.serverLoad, r.clientLoad)
	row("goroutines before, under load, after", "%d, %d, %d", r.before.Goroutines, r.loaded.Goroutines, r.after.Goroutines)
	row("heap before, under load, after", "%.1f, %.1f, %.1f MB", watch.Mega(float64(r.before.Heap)), watch.Mega(float64(r.loaded.Heap)), watch.Mega(float64(r.after.Heap)))
	row("resident before, under load, after", "%.1f, %.1f, %.1f MB", watch.Mega(float64(r.before.rss)), watch.Mega(float64(r.loaded.rss)), watch.Mega(float64(r.after.rss)))
	return b.String()
}
