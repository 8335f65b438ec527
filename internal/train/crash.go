package train

import (
	"fmt"
	"runtime/debug"
	"time"
)

// rescue turns a panic into a crashed run that can be seen and restarted.
func (l *Live) rescue() {
	if p := recover(); p != nil {
		l.crash(p)
		l.publish(time.Now())
	}
}

// rescueLast turns a panic while a snapshot is made into a crashed run, of which the last snapshot is shown.
func (l *Live) rescueLast(last *Snapshot) {
	p := recover()
	if p == nil {
		return
	}
	l.crash(p)
	s := *last
	l.seq++
	s.Seq, s.Applied, s.Refused = l.seq, l.applied, l.refused
	s.Life, s.Seeking, s.Status, s.Err = l.life, nil, Crashed, l.crashed
	l.snap.Store(&s)
}

func (l *Live) crash(p any) {
	l.crashed, l.seek, l.singles = fmt.Sprintf("%v\n%s", p, debug.Stack()), nil, 0
}
