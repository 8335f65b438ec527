package journal

import (
	"reflect"
	"time"

	"opttui/internal/train"
)

// seen is what is recorded of a run.
type seen struct {
	life    int           // a run that is taken up again begins its lives anew
	journal []train.Entry // commands, those ahead of a run that went back among them
	step    int           // where a reader of the records takes it to be
	beat    time.Time     // when that was
}

// Observe records what is new in a snapshot of run id: that it started or restarted, its commands, that it went back
// and on from there, and from time to time how far it has come. Whoever calls it with each snapshot before showing it has
// nothing on the screen that is not recorded. A run that is gone is told by Remove.
func (s *Session) Observe(id int, snap *train.Snapshot) {
	s.mu.Lock()
	k := s.known[id]
	s.mu.Unlock()
	if k == nil || k.life != snap.Life {
		k = &seen{life: snap.Life}
		s.mu.Lock()
		s.known[id] = k
		s.mu.Unlock()
		s.Run(id, snap.Origin)
	}
	s.commands(id, k, snap)
	s.beat(id, k, snap)
}

// Last is Observe at the end of a session: however lately it was done, it records how far the run has come.
func (s *Session) Last(id int, snap *train.Snapshot) {
	s.Observe(id, snap)
	s.mu.Lock()
	k := s.known[id]
	s.mu.Unlock()
	if step := reached(snap); step != k.step && s.Heartbeat(id, step) {
		k.step = step
	}
}

// reached is the step where the run is, or is going.
func reached(snap *train.Snapshot) int {
	if snap.Seeking != nil {
		return snap.Seeking.Target
	}
	return snap.Step
}

// commands records how the journal has changed. What lies ahead of a run that went back belongs to it until the run
// goes on in another way.
func (s *Session) commands(id int, k *seen, snap *train.Snapshot) {
	line := snap.Journal
	if snap.Ahead != nil {
		line = append(line[:len(line):len(line)], snap.Ahead.Journal...)
	}
	if len(line) == len(k.journal) && (len(line) == 0 || &line[0] == &k.journal[0]) {
		return // as nearly always
	}
	same := 0
	for same < min(len(line), len(k.journal)) && equal(line[same], k.journal[same]) {
		same++
	}
	if same < len(k.journal) {
		step := k.journal[same].Step - 1
		for same > 0 && line[same-1].Step > step { // the record takes all of that step away
			same--
		}
		s.Rewind(id, step)
		k.step = step
		for same > 0 && line[same-1].Step > step { // gone with the others of its step: again
			same--
		}
	}
	for _, e := range line[same:] {
		s.Command(id, e)
		k.step = max(k.step, e.Step)
	}
	k.journal = line
}

// equal compares what entries do; another version may word their notes in another way.
func equal(a, b train.Entry) bool {
	return a.Step == b.Step && a.Stopped == b.Stopped && reflect.DeepEqual(a.Command, b.Command)
}

// beatTime is the shortest time between two heartbeats of a run that runs. It grows with the session, so that there
// are not more than a few thousand however long it is; a run that rests has its step recorded at once.
const beatTime = time.Second

func (s *Session) beat(id int, k *seen, snap *train.Snapshot) {
	step := reached(snap)
	now := s.now()
	every := max(beatTime, now.Sub(s.started)/100)
	if step == k.step || snap.Status == train.Running && now.Sub(k.beat) < every {
		return
	}
	if s.Heartbeat(id, step) {
		k.step, k.beat = step, now
	}
}
