package train

import "time"

// mailboxSize bounds how many messages wait for a run; a person cannot press so many keys in a millisecond.
const mailboxSize = 256

// message asks the goroutine of a Live for something: a command or a control.
type message struct {
	id      uint64
	command *Command
	control func(*Live) error
	probe   chan<- *Probe // has room for one
	copy    chan<- *Run   // has room for one
	when    when
}

// when says what a message does while the run is on its way to another step, or has single steps still to take. It never
// overtakes one that waits.
type when int

const (
	waits  when = iota // for the arrival, and for the single steps
	steers             // waits for the arrival alone
	rests              // waits for the arrival, and gives up the single steps
	seeks              // changes the way; where there is none it waits for the single steps
	ends               // ends the way, and gives up the single steps
)

func (l *Live) send(m message) (uint64, bool) {
	// The number is taken first and given back on failure only by not being used: numbers may be skipped.
	m.id = l.sent.Add(1)
	select {
	case l.mail <- m:
		return m.id, true
	default:
		return m.id, false
	}
}

// take carries out one message and all that wait behind it.
func (l *Live) take(m message) {
	if m.probe == nil && m.copy == nil { // a person is to read why the last key was refused
		l.refused = ""
	}
	for {
		l.receive(m)
		select {
		case m = <-l.mail:
		default:
			l.clock = time.Now() // time spent idle is not running time
			l.publish(l.clock)
			return
		}
	}
}

// receive carries out a message, or puts it off until the run has arrived where it is going and has taken its single
// steps.
func (l *Live) receive(m message) {
	for m.when == ends || m.when == rests && l.seek == nil { // what has waited may begin another way, or ask for steps
		l.seek, l.singles = nil, 0
		if len(l.waiting) == 0 {
			break
		}
		l.drain()
	}
	switch {
	case len(l.waiting) == 0 && l.ready(m):
		l.handle(m)
	case len(l.waiting) == mailboxSize:
		l.refused = "too many keys while the run goes to another step"
	default:
		l.waiting = append(l.waiting, m)
	}
}

// ready tells whether a message that nothing waits before can be carried out now. A run that is over takes no more steps.
func (l *Live) ready(m message) bool {
	if l.seek != nil {
		return m.when == seeks
	}
	if l.run.Over() {
		l.singles = 0 // a command that helps is not to be followed by steps asked for before
	}
	return l.singles == 0 || m.when == steers
}

// drain carries out what has waited, until a message among it sends the run on another way or asks for single steps.
func (l *Live) drain() {
	for len(l.waiting) > 0 && l.ready(l.waiting[0]) {
		m := l.waiting[0]
		l.waiting = l.waiting[1:]
		l.handle(m)
	}
}
