package ui

import (
	"context"
	"io"
	"slices"
	"time"

	"opttui/internal/train"
	"opttui/internal/usage"
)

// Shot says what Picture draws.
type Shot struct {
	What   string // "screen", "curves" or "landscape", the latter two for slides
	Format string // "svg", or "png" but for the screen
	W, H   int    // of the screen, in cells
	Steps  int    // of all runs
}

// Shots are what can be drawn.
var Shots = []string{"screen", "curves", "landscape"}

// Picture writes a picture of the runs after a number of steps. Errors about what is asked for are *usage.Error.
func Picture(ctx context.Context, out io.Writer, o Options, shot Shot) error {
	if shot.What == "screen" && shot.Format == "png" {
		return usage.Errorf("the screen is written as SVG alone: curves and landscape can be PNG")
	}
	o.Paused = true
	m, err := New(ctx, o)
	if err != nil {
		return err
	}
	defer m.Close()
	m.resize(shot.W, shot.H)
	m.single(shot.Steps)
	m.render()                   // says where the picture is, which a survey needs to know
	busy := func(l *lane) bool { // a run may end before its last step, by divergence
		return l.snap.Applied < l.sent || l.snap.Step < shot.Steps && l.snap.Status == train.Paused
	}
	for m.pull(); slices.ContainsFunc(m.lanes, busy) || m.surveying() || !m.Settled(); m.pull() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	m.status = ""
	m.render()
	files := m.screenFile
	switch shot.What {
	case "curves":
		files = m.curveFiles
	case "landscape":
		files = m.landscapeFiles
	}
	all, err := files()
	if err != nil {
		return usage.From(err)
	}
	for _, f := range all {
		if f.ending == shot.Format {
			return f.write(out)
		}
	}
	return usage.Errorf("%s cannot be written as %s", shot.What, shot.Format)
}
