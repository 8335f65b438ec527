package ui

import (
	"path/filepath"
	"slices"

	"opttui/internal/journal"
	"opttui/internal/plot"
	"opttui/internal/train"
)

// record writes what is new of a run to the session's journal, before it is shown.
func (m *Model) record(l *lane, s *train.Snapshot) {
	if m.journal == nil {
		return
	}
	m.journal.Observe(l.id, s)
}

// retry lets the journal write what a disk has refused, also while all runs rest, and tells when that begins or is over.
func (m *Model) retry() {
	if m.journal == nil {
		return
	}
	m.journal.Retry()
	if why := m.journal.Warning(); why != m.unsaved {
		if m.unsaved = why; why != "" {
			m.refuse("%s", why)
		}
	}
}

// Last writes to the session's journal where the runs are now that the screen is gone.
func (m *Model) Last() {
	if m.journal == nil {
		return
	}
	for _, l := range m.lanes {
		m.journal.Last(l.id, l.live.Snapshot())
	}
}

// unrecord tells the journal that a run is no more.
func (m *Model) unrecord(l *lane) {
	if m.journal != nil {
		m.journal.Remove(l.id)
	}
}

// takeUp begins with the runs of an earlier session, which compute their steps again and rest where they were then.
func (m *Model) takeUp(runs []journal.Run) error {
	m.paused = true
	for _, r := range runs {
		live, err := train.LaunchReplay(m.ctx, r.Spec, r.Journal, r.Step, m.speed, m.options...)
		if err != nil {
			return err
		}
		m.show(live)
		l := m.lanes[len(m.lanes)-1]
		l.id, l.color, l.dark, l.marker = r.ID, plot.RunColor(r.ID), plot.RunColorLight(r.ID), m.markerOf(r.ID)
		m.keep(r.Spec.Ref())
	}
	m.world.reset(m.lanes[0].snap)
	if i := slices.IndexFunc(runs, journal.Run.OtherData); i >= 0 {
		m.refuse("%s has changed since: the runs may not be what they were", filepath.Base(runs[i].Spec.Data.Path))
		return nil
	}
	m.say("the session goes on where it was: space runs")
	return nil
}
