package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// barWidth is the width of the bar alone, in columns.
const barWidth = 30

// progressBar is a bar in one line of a terminal. Its methods may be called from any goroutine.
type progressBar struct {
	out  io.Writer // nil for a bar that is not shown
	unit string

	mu           sync.Mutex
	phase        string
	total        int64
	began, drawn time.Time
}

// newProgress returns a bar of so many units, which is drawn on a terminal alone.
func newProgress(out io.Writer, shown bool, total int64, unit string) *progressBar {
	b := &progressBar{unit: unit, total: total, began: time.Now()}
	if shown {
		b.out = out
	}
	return b
}

// of says what goes on and how much of it there is.
func (b *progressBar) of(phase string, total int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.phase, b.total = phase, total
}

// set draws the bar with so much done, unless it was drawn a moment ago.
func (b *progressBar) set(done int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if b.out == nil || b.total < 1 || now.Sub(b.drawn) < beat/2 {
		return
	}
	b.drawn = now
	fmt.Fprintf(b.out, "\r%s\x1b[K", b.line(done, now.Sub(b.began)))
}

// line is the bar with so much done after some time.
func (b *progressBar) line(done int64, took time.Duration) string {
	share := min(max(float64(done)/float64(b.total), 0), 1)
	full := int(share * barWidth)
	line := fmt.Sprintf("%3.0f%% |%s%s| %d/%d", 100*share, strings.Repeat("█", full), strings.Repeat(" ", barWidth-full), done, b.total)
	if b.phase != "" {
		line = b.phase + " " + line
	}
	if took > 0 && done > 0 {
		left := time.Duration(float64(took) * (1/share - 1)).Round(time.Second)
		line += fmt.Sprintf(" · %.3g %s/s · %v left", float64(done)/took.Seconds(), b.unit, left)
	}
	return line
}

// clear takes the bar off the terminal.
func (b *progressBar) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.out != nil && !b.drawn.IsZero() {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
	b.out = nil
}
