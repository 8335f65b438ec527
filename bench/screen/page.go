//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"opttui/bench/watch"
	"opttui/internal/plot"
)

// page is what was measured.
type page struct {
	plain, release         int64 // bytes of the program
	firstBytes, firstFrame []time.Duration
	steady, keys           cost
	steadyMemory           uint64
	kept, speed            []float64
	runs, history          []sample
	memory                 []uint64
	session                time.Duration
	sessionFrames          int
}

// write writes the page and its plots.
func (p *page) write(docs string) error {
	var b bytes.Buffer
	p.text(&b)
	if err := os.WriteFile(filepath.Join(docs, "screen.md"), b.Bytes(), 0o644); err != nil {
		return err
	}
	for name, c := range map[string]struct {
		title, x string
		samples  []sample
	}{
		"frame-runs.svg":    {"What a frame costs, by runs", "runs", p.runs},
		"frame-history.svg": {"What a frame costs, by the steps behind it", "log10 of steps", p.history},
	} {
		if err := draw(filepath.Join(docs, name), c.title, c.x, c.samples); err != nil {
			return err
		}
	}
	return nil
}

// draw draws the processor time of frames against something.
func draw(file, title, x string, samples []sample) error {
	s := plot.Series{Name: "ms of processors a frame, at 200×60", Color: plot.RunColor(1), Marker: '●'}
	most := 0.0
	for _, m := range samples {
		s.Points = append(s.Points, plot.Value(m.x, m.cpu))
		most = max(most, m.cpu)
	}
	c := plot.Chart{XLabel: x, YLabel: "ms", YRange: [2]float64{0, 1.3 * most}, Series: []plot.Series{s}}
	var b bytes.Buffer
	if err := plot.ExportCurves(&b, "svg", title, &c); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}

func ms(d time.Duration) float64 { return d.Seconds() * 1e3 }

// text is the page.
func (p *page) text(b *bytes.Buffer) {
	fmt.Fprintf(b, `# What the screen costs

Written by `+"`go run ./bench/screen`"+`, which runs the release build on a pseudo-terminal of %d×%d with true colour and
looks at it from outside: frames are counted where the program says that they end, processor time and memory are the
kernel's. Here: %s/%s, %d processors, which other work may have shared; processor time is what compares best.

| | measured | goal |
|---|---|---|
`, width, height, runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	row := func(what, goal, format string, values ...any) {
		fmt.Fprintf(b, "| %s | %s | %s |\n", what, fmt.Sprintf(format, values...), goal)
	}
	row("processor time a frame, nine runs and their steps included", "≤ 4 ms", "%.2f ms", p.steady.cpu)
	row("bytes a frame, median (p95)", "≤ 800", "%d (%d)", p.steady.bytes, p.steady.p95)
	row("frames a second", "30", "%.1f", p.steady.fps)
	row("memory after 25 s", "", "%.1f MB", watch.Mega(float64(p.steadyMemory)))
	row(fmt.Sprintf("memory of a session of %v and %d frames, at most (at its end)", p.session.Round(time.Second), p.sessionFrames), "≤ 40 MB",
		"%.1f MB (%.1f MB)", watch.Mega(float64(most(p.memory))), watch.Mega(float64(p.memory[len(p.memory)-1])))
	row("while a key is held, 200 times a second: frames a second", "≥ 30", "%.1f", p.keys.fps)
	row("— frames that come more than half a frame late", "0", "%d of %d; the longest gap is %.0f ms", p.keys.late, p.keys.frames, ms(p.keys.longest))
	row("steps a second of a run at full speed, of those without a screen", "≥ 97 %", "%.1f %% (%.3g steps/s)", 100*median(p.kept), median(p.speed))
	row("from the start to the first bytes, median", "≤ 150 ms", "%.0f ms", ms(median(p.firstBytes)))
	row("from the start to the first whole frame, median", "", "%.0f ms", ms(median(p.firstFrame)))
	row("size of the program, release build", "≤ 20 MB", "%.1f MB", float64(p.release)/1e6)
	row("— with the tables for debuggers", "", "%.1f MB", float64(p.plain)/1e6)
	fmt.Fprint(b, `
The release build is

`+"```sh"+`
go build -trimpath -ldflags="-s -w" ./cmd/opttui
`+"```"+`

## How it grows

Frames of one to nine runs, at 60 steps a second each:

![processor time a frame against runs](frame-runs.svg)

Frames of one run that has taken 10³ to 10⁹ steps; memory for curves and paths is bounded, and so is the time to draw them:

![processor time a frame against steps](frame-history.svg)

## How it is done

The program draws on a canvas of cells, compares it with the cells on the terminal, and sends those that differ. Bubble Tea
runs the program, reads the keys and sets up the terminal, but what it would draw is an empty window: its own renderer
parses each frame from a string into cells again, which takes longer than to draw it, and keeps old strings in memory.

A key's frame is drawn at once, but not more than 60 a second. The screen looks at the runs 30 times a second, and less
often, down to 8 times, the later its clock ticks, which is how it notices that the machine is busy.
`)
}
