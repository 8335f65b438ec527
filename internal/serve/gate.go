package serve

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"charm.land/ssh"
	"golang.org/x/time/rate"
)

// gate counts connections before anything is computed for them: keys are exchanged behind it.
type gate struct {
	limits Limits
	spare  int // places beyond the limits, which the driver of a lecture finds free
	log    *slog.Logger
	salt   [32]byte

	mu       sync.Mutex
	inside   map[*visitor]struct{}
	origins  map[netip.Prefix]*origin
	closed   bool
	refused  int // since that was logged
	reported rate.Sometimes
}

// origin is where connections come from: an IPv4 address or an IPv6 network.
type origin struct {
	inside int
	bucket *rate.Limiter
}

const mostOrigins = 4096 // that are remembered

func newGate(l Limits, log *slog.Logger) *gate {
	g := &gate{
		limits: l, log: log, inside: map[*visitor]struct{}{}, origins: map[netip.Prefix]*origin{},
		reported: rate.Sometimes{First: 1, Interval: time.Second},
	}
	rand.Read(g.salt[:])
	return g
}

// visitor is a connection that was let in.
type visitor struct {
	net.Conn
	name  string      // in the log: tells visitors apart, and not where they come from
	late  *time.Timer // closes it where no session begins
	leave func()

	opened atomic.Bool // a session has been asked for
	role   Role        // known when it is opened
	spare  bool        // it has a place that is kept for a driver
	door   door
}

// Close closes the connection and makes room for another one.
func (v *visitor) Close() error {
	v.late.Stop()
	return v.cut()
}

func (v *visitor) cut() error {
	defer v.leave()
	return v.Conn.Close()
}

type visitorKey struct{}

// visitorOf is the connection that a context belongs to.
func visitorOf(ctx ssh.Context) *visitor { return ctx.Value(visitorKey{}).(*visitor) }

// admit lets a connection in, or returns nil.
func (g *gate) admit(ctx ssh.Context, c net.Conn) net.Conn {
	from := originOf(c.RemoteAddr())
	v := &visitor{Conn: c, name: g.nameOf(from)}
	v.door.sizes = make(chan size, 1)
	v.leave = sync.OnceFunc(func() { g.leave(v, from) })
	if why := g.enter(v, from); why != "" {
		g.refuse(why, v.name)
		return nil
	}
	ctx.SetValue(visitorKey{}, v)
	return v
}

// enter counts a visitor in, or returns why not.
func (g *gate) enter(v *visitor, from netip.Prefix) (why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	o := g.origins[from]
	if o == nil {
		if len(g.origins) >= mostOrigins {
			g.forget()
		}
		if len(g.origins) >= mostOrigins {
			return "too many addresses"
		}
		o = &origin{bucket: rate.NewLimiter(rate.Limit(g.limits.PerSecond), g.limits.PerAddress)}
		g.origins[from] = o
	}
	switch {
	case g.closed:
		return "the server is being stopped"
	case !o.bucket.Allow():
		return "too many a second from one address"
	case o.inside >= g.limits.PerAddress+g.spare:
		return "too many at once from one address"
	case len(g.inside) >= g.limits.Connections+g.spare:
		return "too many at once"
	}
	v.spare = o.inside >= g.limits.PerAddress || len(g.inside) >= g.limits.Connections
	o.inside++
	g.inside[v] = struct{}{}
	v.late = time.AfterFunc(g.limits.Arrival, func() { _ = v.cut() })
	return ""
}

func (g *gate) leave(v *visitor, from netip.Prefix) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.inside, v)
	g.origins[from].inside--
}

// forget drops the origins of which there is nothing to remember.
func (g *gate) forget() {
	for from, o := range g.origins {
		if o.inside == 0 && o.bucket.Tokens() >= float64(g.limits.PerAddress) {
			delete(g.origins, from)
		}
	}
}

// shut lets nobody in any more, and closes the connections that have no session yet.
func (g *gate) shut() {
	g.mu.Lock()
	g.closed = true
	var waiting []*visitor
	for v := range g.inside {
		if v.late.Stop() { // a session's beginning stops it, too
			waiting = append(waiting, v)
		}
	}
	g.mu.Unlock()
	for _, v := range waiting {
		_ = v.cut()
	}
}

// refuse logs that connections were refused, but not as often as a flood of them comes.
func (g *gate) refuse(why, name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refused++
	g.reported.Do(func() {
		g.log.Warn("refused", "why", why, "from", name, "connections", g.refused)
		g.refused = 0
	})
}

// nameOf is a short name for an origin that cannot be turned back, and is another one after the next start.
func (g *gate) nameOf(from netip.Prefix) string {
	mac := hmac.New(sha256.New, g.salt[:])
	mac.Write([]byte(from.String()))
	return hex.EncodeToString(mac.Sum(nil)[:6])
}

// originOf is where an address is counted: an IPv6 network of 64 bits is one customer's.
func originOf(a net.Addr) netip.Prefix {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := t.AddrPort().Addr().Unmap().WithZone("")
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
