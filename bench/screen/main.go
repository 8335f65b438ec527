//go:build linux

// Screen measures what the screen of opttui costs, from outside: the built program runs on a pseudo-terminal of 200×60, whose
// frames are counted, and the kernel tells what the process takes. It writes docs/screen.md and the plots in it.
//
//	go run ./bench/screen               all of it: about a quarter of an hour
//	go run ./bench/screen -minutes 60   with an hour for the memory that a long session takes
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

func main() {
	minutes := flag.Float64("minutes", 6, "how long the session is whose memory is looked at")
	docs := flag.String("docs", "docs", "folder that the page and its plots go to")
	steps := flag.Float64("steps", 1e9, "the longest history")
	flag.Parse()
	if err := measure(*docs, *steps, time.Duration(*minutes*float64(time.Minute))); err != nil {
		fmt.Fprintln(os.Stderr, "screen:", err)
		os.Exit(1)
	}
}

// measure measures everything, in the order of the page.
func measure(docs string, steps float64, session time.Duration) error {
	dir, err := os.MkdirTemp("", "opttui-screen")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var p page
	if p.plain, err = build(filepath.Join(dir, "plain")); err != nil {
		return err
	}
	if p.release, err = build(filepath.Join(dir, "opttui"), "-trimpath", "-ldflags=-s -w"); err != nil {
		return err
	}
	b := bench{program: filepath.Join(dir, "opttui"), dir: dir}
	for _, part := range []func(*page) error{b.starts, b.steady, b.keys, b.unlimited, b.byRuns, b.byHistory(steps), b.long(session)} {
		if err := part(&p); err != nil {
			return err
		}
	}
	return p.write(docs)
}
