//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"time"

	"opttui/bench/watch"
	"opttui/internal/plot"
)

// The marks in the page between which the result goes.
const markBegin, markEnd = "<!-- load: begin -->\n", "<!-- load: end -->\n"

// write puts the result into a page.
func (r *result) write(file string) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, rest, begins := bytes.Cut(page, []byte(markBegin))
	_, tail, ends := bytes.Cut(rest, []byte(markEnd))
	if !begins || !ends {
		return fmt.Errorf("%s has no marks for the result", file)
	}
	var b bytes.Buffer
	b.Write(head)
	fmt.Fprintf(&b, "%s%s\n%s/%s, %d processors for the server and its clients together.\n%s", markBegin, r, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), markEnd)
	b.Write(tail)
	return os.WriteFile(file, b.Bytes(), 0o644)
}

// grow plots the server's memory against the number of sessions.
func (p plan) grow(file string) error {
	p.span = 3 * time.Second
	heap := plot.Series{Name: "heap", Color: plot.RunColor(0), Marker: '●'}
	resident := plot.Series{Name: "resident", Color: plot.RunColor(1), Marker: '▲'}
	for _, n := range []int{1, 10, 25, 50, 75, 100} {
		p.sessions = n
		r, err := p.run()
		if err != nil {
			return err
		}
		fmt.Printf("%d sessions: heap %.1f MB, resident %.1f MB\n", n, watch.Mega(float64(r.loaded.Heap)), watch.Mega(float64(r.loaded.rss)))
		heap.Points = append(heap.Points, plot.Value(float64(n), watch.Mega(float64(r.loaded.Heap))))
		resident.Points = append(resident.Points, plot.Value(float64(n), watch.Mega(float64(r.loaded.rss))))
	}
	c := plot.Chart{XLabel: "sessions", YLabel: "MB", Series: []plot.Series{heap, resident}}
	var b bytes.Buffer
	if err := plot.ExportCurves(&b, "svg", fmt.Sprintf("Memory of the server, sessions of %d×%d", p.w, p.h), &c); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}
