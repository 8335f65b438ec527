package ui

import (
	"fmt"
	"math"
	"time"

	"opttui/internal/advice"
	"opttui/internal/curvature"
	"opttui/internal/plot"
	"opttui/internal/train"
)

// watch lets the watcher of a run see it as it is now. The curvature is known of the selected run alone.
func (m *Model) watch(l *lane) {
	var report *curvature.Report
	if !m.gauges.stale(l) {
		report = m.gauges.seen.report
	}
	a := l.watcher.See(time.Now(), l.snap, report)
	m.dirty = m.dirty || a != l.advice
	l.advice = a
}

// heed does what the advice on the selected run says.
func (m *Model) heed() {
	l := m.lane()
	a := l.advice
	if a == nil || a.Key == "" {
		m.refuse("there is no advice to follow: run %d gives no reason for one", m.sel+1)
		return
	}
	l.advice, l.watcher = nil, advice.Watcher{}
	commands, does := a.Commands, a.Does
	if n := l.setback(a); n > 1 {
		if lr, ok := l.snap.Setting("optimizer.lr"); ok { // what was measured then has not been enough
			by := math.Pow(4, float64(n))
			commands = []train.Command{{Op: train.OpSet, Key: "optimizer.lr", Value: number(lr.Value / by)}}
			does = fmt.Sprintf("back to step %d again, ε ÷ %g", a.To, by)
		}
	}
	switch {
	case a.Back:
		id, ok := l.live.GoTo(a.To)
		m.send(l, id, ok)
	case a.Restart:
		id, ok := l.live.Restart(nil)
		m.send(l, id, ok)
	}
	for _, c := range commands {
		m.change(l, c)
	}
	if a.Back && !m.paused { // going back rests a run
		id, ok := l.live.Pause(false)
		m.send(l, id, ok)
	}
	m.say("%s", does)
}

// setback counts how many times on end the run has diverged from one place, this time included.
func (l *lane) setback(a *advice.Advice) int {
	switch {
	case a.Kind != advice.Diverged:
		l.setbacks = 0
	case l.setbacks == 0 || max(a.To-l.setTo, l.setTo-a.To) > 100:
		l.setbacks, l.setTo = 1, a.To
	default:
		l.setbacks++
	}
	return l.setbacks
}

// advised is the advice on the selected run with the key that applies it, and its colour; "" for none.
func (m *Model) advised() (string, plot.Color) {
	a := m.lane().advice
	if a == nil {
		return "", 0
	}
	text, color := m.line(a.Text), m.accent()
	if a.Urgency > advice.Hint {
		color = m.warn()
	}
	if a.Key != "" {
		text += " · " + a.Key + ": " + m.line(a.Does)
	}
	return text, color
}

// failing is the first run but the selected one that cannot go on, and −1 where there is none.
func (m *Model) failing() int {
	for i, l := range m.lanes {
		switch l.snap.Status {
		case train.Diverged, train.Stopped, train.Crashed:
			if i != m.sel || l.snap.Status == train.Crashed {
				return i
			}
		}
	}
	return -1
}
