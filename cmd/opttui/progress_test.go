package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestBar(t *testing.T) {
	b := newProgress(nil, false, 200, "steps")
	b.of("coarse", 200)
	want := "coarse  25% |" + strings.Repeat("█", 7) + strings.Repeat(" ", 23) + "| 50/200 · 25 steps/s · 6s left"
	if got := b.line(50, 2*time.Second); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := b.line(300, time.Second); !strings.Contains(got, "100% |"+strings.Repeat("█", barWidth)+"|") {
		t.Errorf("%q", got)
	}
}

func TestBarIsGoneInTheEnd(t *testing.T) {
	var out bytes.Buffer
	b := newProgress(&out, true, 10, "steps")
	b.set(1)
	b.set(2) // too soon to be drawn again
	b.clear()
	b.set(3)
	if s := out.String(); strings.Count(s, "\r") != 2 || !strings.HasSuffix(s, "\r\x1b[K") {
		t.Errorf("%q", s)
	}
	out.Reset()
	b = newProgress(&out, false, 10, "steps")
	b.set(1)
	b.clear()
	if out.Len() > 0 {
		t.Errorf("a hidden bar writes %q", out.String())
	}
}
