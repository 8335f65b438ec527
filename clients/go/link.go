package opttui

import (
	"bufio"
	"encoding/json"
	"errors"
	"net"
	"sync"
	"time"
)

// Bounds of what waits.
const (
	maxWaiting  = 256 << 10 // bytes of numbers for opttui to read
	maxAnswers  = 256       // for opttui to read; while there are more, no commands are taken
	maxCommands = 64        // for the program
	maxCommand  = 4096      // bytes of one
	maxTunables = 64        // that opttui takes
	dialTime    = time.Second
	closeTime   = 200 * time.Millisecond // that opttui has to read the last numbers
)

// link is a connection. The program never waits for it: a goroutine writes and another one reads. A nil link is closed.
type link struct {
	conn net.Conn
	both sync.WaitGroup

	mu      sync.Mutex
	changed *sync.Cond // with each change of what is below
	numbers [][]byte
	size    int // of numbers in bytes
	answers [][]byte
	asked   []command
	closing bool // nothing more comes
	gone    bool
}

// dial returns nil where nobody listens.
func dial(path string) *link {
	conn, err := net.DialTimeout("unix", path, dialTime)
	if err != nil {
		return nil
	}
	l := &link{conn: conn}
	l.changed = sync.NewCond(&l.mu)
	l.both.Go(l.write)
	l.both.Go(l.read)
	return l
}

func (l *link) open() bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.gone && !l.closing
}

// close writes what waits, for a short time, and ends the connection.
func (l *link) close() {
	if l == nil {
		return
	}
	_ = l.conn.SetWriteDeadline(time.Now().Add(closeTime))
	l.mu.Lock()
	l.closing = true
	l.changed.Broadcast()
	l.mu.Unlock()
	l.both.Wait()
}

// lose gives up the connection.
func (l *link) lose() {
	_ = l.conn.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = true
	l.changed.Broadcast()
}

// put lets a line be written. Where there is no room for it, the oldest numbers make some.
func (l *link) put(line []byte, answer bool) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing || l.gone {
		return
	}
	if answer {
		l.answers = append(l.answers, line)
	} else {
		l.numbers, l.size = append(l.numbers, line), l.size+len(line)
		for l.size > maxWaiting {
			l.size -= len(l.numbers[0])
			l.numbers = l.numbers[1:]
		}
	}
	l.changed.Broadcast()
}

// write writes lines, answers before numbers, until the connection is over.
func (l *link) write() {
	defer l.lose()
	for {
		l.mu.Lock()
		for len(l.answers)+len(l.numbers) == 0 && !l.closing && !l.gone {
			l.changed.Wait()
		}
		var line []byte
		switch {
		case l.gone || len(l.answers)+len(l.numbers) == 0:
			l.mu.Unlock()
			return
		case len(l.answers) > 0:
			line, l.answers = l.answers[0], l.answers[1:]
		default:
			line, l.numbers = l.numbers[0], l.numbers[1:]
			l.size -= len(line)
		}
		l.changed.Broadcast()
		l.mu.Unlock()
		if _, err := l.conn.Write(line); err != nil {
			return
		}
	}
}

// read takes commands until the connection is over. What is no command is passed over.
func (l *link) read() {
	defer l.lose()
	in := bufio.NewReaderSize(l.conn, maxCommand)
	long := false // what comes is the rest of a line that is too long
	for {
		line, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			long = true
			continue
		case err != nil:
			return
		}
		var c command
		if !long && json.Unmarshal(line, &c) == nil {
			l.take(c)
		}
		long = false
	}
}

// take keeps a command until the program asks for it. Once the connection is to end nobody does.
func (l *link) take(c command) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for (len(l.asked) >= maxCommands || len(l.answers) >= maxAnswers) && !l.closing && !l.gone {
		l.changed.Wait()
	}
	if !l.closing && !l.gone {
		l.asked = append(l.asked, c)
		l.changed.Broadcast()
	}
}

// commands returns what has been asked for.
func (l *link) commands() []command {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.asked
	l.asked = nil
	l.changed.Broadcast()
	return all
}

// wait returns when a command comes, or the connection is over: then false.
func (l *link) wait() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.asked) == 0 && !l.closing && !l.gone {
		l.changed.Wait()
	}
	return !l.closing && !l.gone
}
