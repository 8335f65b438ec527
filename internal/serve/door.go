package serve

import (
	"slices"
	"strings"
	"sync"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// size is that of a terminal, in cells.
type size struct{ w, h int }

// The largest terminal that is drawn on; the rest of a larger one stays empty. Nobody has such a large one, and whoever
// says so wants memory.
const mostWidth, mostHeight = 400, 150

// clamped is the size that is drawn; that of terminals which do not know theirs is the usual one.
func clamped(w, h uint32) size {
	if w == 0 || h == 0 {
		return size{80, 24}
	}
	return size{int(min(w, mostWidth)), int(min(h, mostHeight))}
}

// passed are the variables that a client may set.
var passed = []string{"COLORTERM", "NO_COLOR"}

// mostValue bounds the value of a variable, in bytes.
const mostValue = 64

// door is what a client has told of its terminal. Its requests come through here, and only those that a terminal needs
// get further.
type door struct {
	sizes chan size // the latest; has room for one

	mu   sync.Mutex
	pty  bool
	term string
	size size // at first
	env  map[string]string
}

// open is the handler of session channels: one a connection.
func (s *Server) open(srv *ssh.Server, conn *gossh.ServerConn, asked gossh.NewChannel, ctx ssh.Context) {
	v := visitorOf(ctx)
	if v.opened.Swap(true) {
		_ = asked.Reject(gossh.ResourceShortage, "one session a connection")
		return
	}
	v.role = roleOf(conn)
	ssh.DefaultSessionHandler(srv, conn, filtered{asked, v}, ctx)
}

// filtered is a channel of which only some requests can be heard.
type filtered struct {
	gossh.NewChannel
	visitor *visitor
}

// Accept implements gossh.NewChannel.
func (f filtered) Accept() (gossh.Channel, <-chan *gossh.Request, error) {
	ch, all, err := f.NewChannel.Accept()
	if err != nil {
		return ch, all, err
	}
	some := make(chan *gossh.Request)
	go func() {
		defer close(some)
		for r := range all {
			if f.visitor.door.hear(r) {
				some <- r
			}
		}
	}()
	return ch, some, nil
}

// hear answers a request, or reports that it is for the session's handler.
func (d *door) hear(r *gossh.Request) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch r.Type {
	case "pty-req":
		return d.terminal(r)
	case "shell", "exec": // of a command nothing is carried out, but people are to read why
		return true
	case "window-change":
		var to struct{ W, H, PixelW, PixelH uint32 }
		ok := gossh.Unmarshal(r.Payload, &to) == nil
		if ok {
			d.resize(clamped(to.W, to.H))
		}
		_ = r.Reply(ok, nil)
	case "env":
		_ = r.Reply(d.set(r.Payload), nil)
	default: // subsystems, agents, X11, signals, breaks
		_ = r.Reply(false, nil)
	}
	return false
}

// terminal takes in what the client says of its terminal. The request goes on with what was taken of it.
func (d *door) terminal(r *gossh.Request) bool {
	var to struct {
		Term                 string
		W, H, PixelW, PixelH uint32
		Modes                string
	}
	if d.pty || gossh.Unmarshal(r.Payload, &to) != nil {
		_ = r.Reply(false, nil)
		return false
	}
	d.pty, d.term, d.size = true, termName(to.Term), clamped(to.W, to.H)
	to.Term, to.W, to.H, to.PixelW, to.PixelH, to.Modes = d.term, uint32(d.size.w), uint32(d.size.h), 0, 0, ""
	r.Payload = gossh.Marshal(&to)
	return true
}

// resize remembers the latest size alone: a client that sends thousands gets one.
func (d *door) resize(to size) {
	select {
	case <-d.sizes:
	default:
	}
	d.sizes <- to
}

// set takes in a variable, where it is one that counts.
func (d *door) set(payload []byte) bool {
	var v struct{ Name, Value string }
	if gossh.Unmarshal(payload, &v) != nil || !slices.Contains(passed, v.Name) || len(v.Value) > mostValue {
		return false
	}
	if d.env == nil {
		d.env = map[string]string{}
	}
	d.env[v.Name] = v.Value
	return true
}

// seen is the terminal of a session that begins: whether there is one, what it is called, its environment and its size.
func (d *door) seen() (pty bool, term string, env []string, at size) {
	d.mu.Lock()
	defer d.mu.Unlock()
	env = []string{"TERM=" + d.term}
	if c := d.env["COLORTERM"]; c != "" {
		env = append(env, "COLORTERM="+c)
	}
	if d.env["NO_COLOR"] != "" { // whatever it says: https://no-color.org
		env = append(env, "NO_COLOR=1")
	}
	return d.pty, d.term, env, d.size
}

// termName is the name of a terminal, which becomes the name of a file where its abilities are looked up. What is no
// name at all is taken for the least that a terminal can be.
func termName(s string) string {
	strange := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-+_.", r))
	}
	if len(s) > mostValue || strings.ContainsFunc(s, strange) || strings.Contains(s, "..") {
		return "vt100"
	}
	return s
}
