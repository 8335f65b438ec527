package ui

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"

	"opttui/internal/train"
)

// ranks are the places of the runs of a race, 1 for the lowest loss, compared where the slowest of them is on the
// horizontal axis of the curves: at equal steps, evaluations, epochs or seconds. Runs that have diverged come last. It is
// nil where there is nothing to rank, or all are level.
func (m *Model) ranks() []int {
	if len(m.lanes) < 2 {
		return nil
	}
	level := math.Inf(1)
	for _, l := range m.lanes {
		if s := l.snap; s.Status != train.Diverged && s.Status != train.Stopped {
			level = math.Min(level, m.reached(s))
		}
	}
	losses := make([]float64, len(m.lanes))
	order := make([]int, len(m.lanes))
	for i, l := range m.lanes {
		losses[i], order[i] = m.lossAt(l.snap, level), i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(losses[a], losses[b]) })
	ranks := make([]int, len(order))
	for place, i := range order {
		ranks[i] = place + 1
		if place > 0 && losses[i] == losses[order[place-1]] {
			ranks[i] = ranks[order[place-1]]
		}
	}
	if slices.Max(ranks) == 1 {
		return nil // all are level
	}
	return ranks
}

// reached is where the run is on the horizontal axis.
func (m *Model) reached(s *train.Snapshot) float64 {
	n := s.History.Len()
	if n == 0 {
		return 0
	}
	b, last := s.History.At(n - 1)
	return m.position(b, last)
}

// lossAt is the run's loss at a level of the horizontal axis: where it is, or where it was; averaged where there is noise.
func (m *Model) lossAt(s *train.Snapshot, level float64) float64 {
	h := s.History
	if s.Loss-s.Loss != 0 || h.Len() == 0 {
		return math.Inf(1)
	}
	i := sort.Search(h.Len(), func(i int) bool { b, last := h.At(i); return m.position(b, last) >= level })
	_, last := h.At(min(i, h.Len()-1))
	return lossOf(s, last)
}

// ordinal writes a place: 1st, 2nd.
func ordinal(n int) string {
	suffix := "th"
	switch n {
	case 1:
		suffix = "st"
	case 2:
		suffix = "nd"
	case 3:
		suffix = "rd"
	}
	return fmt.Sprintf("%d%s", n, suffix)
}
