package ui

import (
	"context"
	"io"
	"slices"
	"time"

	"opttui/internal/plot"
	"opttui/internal/train"
)

// Picture writes the screen of w×h cells as an SVG, as it is after the given number of steps of all runs.
func Picture(ctx context.Context, out io.Writer, o Options, w, h, steps int) error {
	o.Paused = true
	m, err := New(ctx, o)
	if err != nil {
		return err
	}
	defer m.Close()
	m.resize(w, h)
	m.single(steps)
	m.render()                   // says where the picture is, which a survey needs to know
	busy := func(l *lane) bool { // a run may end before its last step, by divergence
		return l.snap.Applied < l.sent || l.snap.Step < steps && l.snap.Status == train.Paused
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
	return plot.ScreenSVG(out, m.screen, plot.ScreenOptions{Title: "opttui"})
}
