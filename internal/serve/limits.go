package serve

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Limits bound what visitors may take. A zero is the value in brackets.
type Limits struct {
	Connections int           // at once, in all [100]
	PerAddress  int           // at once from one IPv4 address or one IPv6 network of 64 bits [10]
	PerSecond   float64       // new connections a second from one such address, on average [2]; as many as PerAddress may come together
	Handshake   time.Duration // from the connection until it is known who comes [5 s]
	Arrival     time.Duration // from the connection to the beginning of the session [30 s]
	Rest        time.Duration // without a key until the runs are paused [1 min]
	Idle        time.Duration // without a key until the visit ends [5 min]
	Longest     time.Duration // visit [30 min]
	Grace       time.Duration // for a terminal to take the good-bye before it is cut off [3 s]
}

func (l Limits) withDefaults() Limits {
	l.Connections = cmp.Or(l.Connections, 100)
	l.PerAddress = cmp.Or(l.PerAddress, 10)
	l.PerSecond = cmp.Or(l.PerSecond, 2)
	l.Handshake = cmp.Or(l.Handshake, 5*time.Second)
	l.Arrival = cmp.Or(l.Arrival, 30*time.Second)
	l.Rest = cmp.Or(l.Rest, time.Minute)
	l.Idle = cmp.Or(l.Idle, 5*time.Minute)
	l.Longest = cmp.Or(l.Longest, 30*time.Minute)
	l.Grace = cmp.Or(l.Grace, 3*time.Second)
	return l
}

// String lists the limits, one a line.
func (l Limits) String() string {
	l = l.withDefaults()
	var b strings.Builder
	fmt.Fprintf(&b, "connections      %d at once, %d of them from one address, which may make %g a second\n", l.Connections, l.PerAddress, l.PerSecond)
	fmt.Fprintf(&b, "session          one a connection, known within %s, begun within %s, with a terminal of %d×%d at the most\n", span(l.Handshake), span(l.Arrival), mostWidth, mostHeight)
	fmt.Fprintf(&b, "time             paused after %s without a key, ended after %s without one or %s in all\n", span(l.Rest), span(l.Idle), span(l.Longest))
	fmt.Fprintf(&b, "input            %d keys and %d bytes a second; of the environment %s\n", keyRate, inputRate, strings.Join(passed, ", "))
	return b.String()
}

// span writes a duration as people do: 5m, not 5m0s.
func span(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
