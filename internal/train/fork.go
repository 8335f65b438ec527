package train

import "time"

// Branch sends a copy of the run as it is now, which goes on exactly as this one would if nobody touched it. The
// channel must have room for it.
func (l *Live) Branch(to chan<- *Run) (uint64, bool) {
	return l.send(message{control: func(l *Live) error {
		to <- l.run.Clone()
		return nil
	}})
}

// Copy is Branch for somebody who only looks on: nothing in later snapshots tells of it. It never comes where the run is
// stopped before.
func (l *Live) Copy(to chan<- *Run) bool {
	_, ok := l.send(message{copy: to})
	return ok
}

// Fork is Do, and sends a copy of the run from right before the command took effect: its ghost. Nothing is sent when
// the command is refused. The channel must have room for it.
func (l *Live) Fork(c Command, to chan<- *Run) (uint64, bool) {
	return l.send(message{control: func(l *Live) error {
		ghost := l.run.Clone()
		if err := l.command(c); err != nil {
			return err
		}
		to <- ghost
		return nil
	}})
}

// Follow makes the run keep pace with another one: it goes as fast as it can, but never further than the other's latest
// snapshot, so that the two can be compared at equal steps. A nil leader lets it go at its own rate again.
//
// The leader is never held up, and needs not know. A pause of the follower itself comes first.
func (l *Live) Follow(leader *Live) (uint64, bool) {
	return l.send(message{control: func(l *Live) error {
		l.leader = leader
		return nil
	}})
}

// restTime is how long a follower waits for a leader that does not move.
const restTime = 20 * time.Millisecond

// lag is how many steps the run is behind its leader, or else how long to wait before looking again.
func (l *Live) lag() (steps int, wait time.Duration) {
	s := l.leader.Snapshot()
	if d := s.Step - l.run.step; d > 0 {
		return d, 0
	}
	if s.Status == Running {
		return 0, publishTime
	}
	return 0, restTime
}
