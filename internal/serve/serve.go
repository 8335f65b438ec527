// Package serve shows the lab over SSH: one process, and for each visitor a Bubble Tea program of its own.
//
// A visitor is a stranger until the opposite is known. So what a session may do is passed in explicitly (ui.Guest), what
// the SSH protocol offers beside a terminal is refused (door.go), and who comes is counted before anything is computed for
// it (gate.go).
package serve

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"sync/atomic"

	"charm.land/ssh"
	"charm.land/wish/v2"
	gossh "golang.org/x/crypto/ssh"

	"opttui/internal/paint"
	"opttui/internal/train"
	"opttui/internal/ui"
)

// Lab is what a visitor sees.
type Lab interface {
	paint.Model
	Close() // ends all that computes for it
}

// Config says what is served to whom.
type Config struct {
	HostKey gossh.Signer
	Keys    *Keys // who may come in; nil for everybody
	Limits  Limits
	Options ui.Options // that each visitor begins with
	Log     *slog.Logger

	// New makes a visitor's lab; nil is ui.New.
	New func(context.Context, ui.Options) (Lab, error)
}

// Server is the lab on a network.
type Server struct {
	config Config
	limits Limits
	log    *slog.Logger
	ssh    *ssh.Server
	gate   *gate
	turns  *train.Turns
	pace   ui.Pace

	mu     sync.Mutex
	visits map[*visit]struct{}
	ending bool
	here   atomic.Int64 // visits
	gone   sync.WaitGroup
}

// New makes a server. It serves nothing yet.
func New(c Config) (*Server, error) {
	if c.New == nil {
		c.New = func(ctx context.Context, o ui.Options) (Lab, error) { return ui.New(ctx, o) }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		config: c, limits: c.Limits.withDefaults(), log: c.Log, visits: map[*visit]struct{}{},
		// One processor is left to the screens, where there are several.
		turns: train.NewTurns(runtime.GOMAXPROCS(0) - 1),
	}
	s.gate = newGate(s.limits, s.log)
	options := []ssh.Option{
		wish.WithVersion("opttui"),
		wish.WithMiddleware(s.receive),
		func(srv *ssh.Server) error {
			srv.AddHostKey(c.HostKey)
			srv.ConnCallback = s.gate.admit
			srv.HandshakeTimeout = s.limits.Handshake
			srv.ChannelHandlers = map[string]ssh.ChannelHandler{"session": s.open}
			srv.RequestHandlers = map[string]ssh.RequestHandler{}     // no forwarding
			srv.SubsystemHandlers = map[string]ssh.SubsystemHandler{} // no files
			return nil
		},
	}
	if c.Keys != nil {
		options = append(options, wish.WithPublicKeyAuth(func(_ ssh.Context, key ssh.PublicKey) bool { return c.Keys.Have(key) }))
	}
	var err error
	s.ssh, err = wish.NewServer(options...)
	return s, err
}

// Serve answers until Shutdown is called; then it returns nil, perhaps before Shutdown does.
func (s *Server) Serve(l net.Listener) error {
	if err := s.ssh.Serve(l); !errors.Is(err, ssh.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown takes no new visitors, says good-bye to those who are there, and waits until they have gone. Those who are
// still there when ctx is over are cut off.
func (s *Server) Shutdown(ctx context.Context) {
	s.mu.Lock()
	s.ending = true
	for v := range s.visits {
		v.end("the server is being stopped: good-bye")
	}
	s.mu.Unlock()
	s.gate.shut()
	_ = s.ssh.Shutdown(ctx)
	_ = s.ssh.Close()
	s.gone.Wait()
}

// begin counts a visit, and reports whether there may be another one.
func (s *Server) begin(v *visit) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending {
		return false
	}
	s.visits[v] = struct{}{}
	s.here.Add(1)
	s.gone.Add(1)
	return true
}

func (s *Server) over(v *visit) {
	s.mu.Lock()
	delete(s.visits, v)
	s.mu.Unlock()
	s.here.Add(-1)
	s.gone.Done()
}
