package ui

import (
	"context"
	"slices"
	"sync"

	"opttui/internal/lrfinder"
	"opttui/internal/plot"
	"opttui/internal/train"
)

// search is what the finder and the sweep have in common: trials of one run's settings in a goroutine of its own, which
// tells as it goes on, and the screen that looks at it.
type search struct {
	lane  *lane
	stop  context.CancelFunc
	guest *Guest // who computes within bounds, nil for nobody

	mu       sync.Mutex // guards what the search tells
	progress lrfinder.Progress
	err      error
	news     bool // since the last frame
}

// fresh reports whether there is something new to draw.
func (s *search) fresh() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := s.news
	s.news = false
	return news
}

// share is how much of the search has been done.
func (s *search) share() float64 {
	return float64(s.progress.Done) / float64(max(s.progress.Total, 1))
}

// drawTrial draws the losses of a trial, a curve for each seed.
func (s *search) drawTrial(m *Model, t *lrfinder.Trial, r rect) {
	c := &m.boxed(s).trial
	m.blank(c)
	c.Log = true
	for _, losses := range t.Curves() {
		points := make([]plot.Point, len(losses))
		for i, v := range losses {
			points[i] = plot.Value(float64(i), v)
		}
		c.Series = append(c.Series, plot.Series{Points: points, Color: m.tint(s.lane)})
	}
	c.Draw(m.screen, r.x, r.y, r.w, r.h)
}

// give sends commands to a run.
func (m *Model) give(l *lane, commands []train.Command) {
	for _, c := range commands {
		m.change(l, c)
	}
}

// undo gives a run the settings back that it had before a finder or a sweep set others.
type undo struct {
	lane *lane
	back []train.Command
}

// takeBack takes back what the last finder or sweep has set.
func (m *Model) takeBack() {
	if m.undo == nil || !slices.Contains(m.lanes, m.undo.lane) {
		m.refuse("there is nothing to take back")
		return
	}
	m.give(m.undo.lane, m.undo.back)
	m.undo = nil
}
