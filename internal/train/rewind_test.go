package train

import (
	"context"
	"runtime"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// machine drives a Live and knows what it must be: the replay of a prefix of the recorded journal.
type machine struct {
	t    *rapid.T
	live *Live
	spec Spec
	full []Entry // the recorded line
	end  int     // its furthest step
	at   int
	over bool
}

// settled waits until a message has taken effect and the run rests.
func (m *machine) settled(id uint64, ok bool) *Snapshot {
	if !ok {
		m.t.Fatal("the mailbox is full")
	}
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		s := m.live.Snapshot()
		if s.Status == Crashed {
			m.t.Fatal(s.Err)
		}
		if s.Applied >= id && s.Seeking == nil {
			return s
		}
		runtime.Gosched()
	}
	m.t.Fatalf("message %d is never done: %+v", id, m.live.Snapshot())
	return nil
}

func (m *machine) step(n int) {
	if m.over {
		return
	}
	if m.ahead() {
		m.cut()
	}
	m.settled(m.live.Single(n))
	for {
		s := m.live.Snapshot()
		if m.over = s.Status != Paused; s.Step == m.at+n || m.over {
			m.at = s.Step
			break
		}
		runtime.Gosched()
	}
	m.end = max(m.end, m.at)
}

func (m *machine) ahead() bool { return len(m.full) > 0 && m.full[len(m.full)-1].Step > m.at }

// cut forgets the future.
func (m *machine) cut() {
	for m.ahead() {
		m.full = m.full[:len(m.full)-1]
	}
	m.end = m.at
}

func (m *machine) goTo(step int) {
	var s *Snapshot
	switch {
	case step < m.at && step >= 0:
		s = m.settled(m.live.Rewind(m.at - step))
	default:
		s = m.settled(m.live.GoTo(step))
	}
	want := min(max(step, 0), m.end)
	if s.Step != want {
		m.t.Fatalf("at step %d after going to %d, the line ends at %d", s.Step, step, m.end)
	}
	if m.at = want; want < m.end && (s.Ahead == nil || s.Ahead.End != m.end) {
		m.t.Fatalf("at step %d of %d nothing lies ahead", want, m.end)
	}
	m.over = s.Status != Paused
}

func (m *machine) command() {
	r := m.copy()
	s := m.settled(m.live.Do(anyCommand(m.t, r)))
	if s.Refused != "" {
		return
	}
	m.cut()
	m.full = append(m.full, s.Journal[len(s.Journal)-1])
	if s.Ahead != nil {
		m.t.Fatal("a command left the recorded future as it was")
	}
	m.over = s.Status != Paused
}

func (m *machine) copy() *Run {
	c := make(chan *Run, 1)
	m.settled(m.live.Branch(c))
	return <-c
}

// check compares with the replay.
func (m *machine) check() *Run {
	n := len(m.full)
	for n > 0 && m.full[n-1].Step > m.at {
		n--
	}
	want, err := Replay(m.spec, m.full[:n], m.at)
	if err != nil {
		m.t.Fatal(err)
	}
	got := m.copy()
	if got.Err() != nil && want.Err() == nil {
		want.Advance(1) // the attempt at which the rule gave up
	}
	if got.Hash() != want.Hash() {
		m.t.Fatalf("step %d of %d is not that of the replay:\n%s", m.at, m.end, diff(got, want))
	}
	return want
}

// The promise of the time machine: however a person goes back and forth, changes things and goes on, the run is bit for
// bit the replay of the commands that led to it. (.ci/run asks for more cases than the usual hundred, by -rapid.checks.)
func TestLiveIsReplayIsRewind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := anySpec(t)
		live, err := Launch(context.Background(), spec, Unlimited, true, Budget(rapid.SampledFrom([]int{0, 20_000, DefaultBudget}).Draw(t, "budget")))
		if err != nil {
			t.Fatal(err)
		}
		defer live.Stop()
		m := &machine{t: t, live: live, spec: spec}
		for range rapid.IntRange(1, 12).Draw(t, "actions") {
			switch rapid.IntRange(0, 4).Draw(t, "action") {
			case 0, 1:
				m.step(rapid.IntRange(1, 50).Draw(t, "steps"))
				live.send(message{control: func(l *Live) error { l.ladder.add(l.run); return nil }})
			case 2:
				m.goTo(rapid.IntRange(-1, m.end+5).Draw(t, "to"))
			case 3:
				m.command()
			case 4:
				m.goTo(m.at - rapid.IntRange(0, 3).Draw(t, "back"))
				m.check()
			}
		}
		m.check()
		m.step(20)
		if d := diff(m.check(), m.copy()); d != "" {
			t.Fatalf("the records differ after %d steps:\n%s", m.at, d)
		}
	})
}
