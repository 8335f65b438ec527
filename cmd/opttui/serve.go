package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"opttui/internal/journal"
	"opttui/internal/problems"
	"opttui/internal/serve"
	"opttui/internal/ui"
	"opttui/internal/usage"
)

// drainTime is how long visitors have to leave when the server is stopped.
const drainTime = 10 * time.Second

// mostSessions bounds the visitors at once: each takes some megabytes.
const mostSessions = 10_000

// serving are the flags of opttui serve.
type serving struct {
	listen, hostKey, keys string
	public, check         bool
	lecture               bool
	lasting               bool // it was said how long a session may take
	limits                serve.Limits
}

func serveCommand() *cobra.Command {
	var s serving
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the screen over SSH",
		Long: `Serve the screen over SSH: whoever connects with ssh gets a lab of their own at once, in their own terminal.

Without --authorized-keys and --public only this machine can connect, and everybody on it may. Visitors read and
write no files here, start no programs, and share the processors evenly. docs/serving.md tells more.

With --lecture there is one lab. Who has the first key with role="driver" in the file of --authorized-keys drives it,
everybody else looks on, at the size of their own terminal, and b gives them a branch of the run as a lab of their own.
Keys without a role, or with role="viewer", are viewers'; with --public everybody may look on who can reach the
address. Without --lecture roles mean nothing.`,
		Example: `  opttui serve
  ssh -p 23234 localhost

  opttui serve --listen :23234 --authorized-keys class.pub
  opttui serve --listen :23234 --public
  opttui serve --listen :23234 --lecture --authorized-keys class.pub --public --per-address 40`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	fs := cmd.Flags()
	fs.StringVar(&s.listen, "listen", "127.0.0.1:23234", "`address` to listen on")
	fs.StringVar(&s.hostKey, "host-key", "", "`file` of the key by which clients know this server; made where there is none (default: in the state folder)")
	fs.StringVar(&s.keys, "authorized-keys", "", "`file` with the public keys of those who may come in, as for sshd; role=\"driver\" before a key gives it the lecture")
	fs.BoolVar(&s.public, "public", false, "let everybody in who can reach the address; in a lecture as viewers")
	fs.BoolVar(&s.lecture, "lecture", false, "one lab that everybody sees and the driver's key drives")
	fs.BoolVar(&s.check, "check", false, "print what would be served to whom, and end")
	fs.IntVar(&s.limits.Connections, "sessions", 100, "`number` of visitors at once")
	fs.IntVar(&s.limits.PerAddress, "per-address", 10, "`number` of them from one address; a class behind one router has one")
	fs.DurationVar(&s.limits.Idle, "idle", 5*time.Minute, "`time` without a key until a session ends, in a lecture a private branch")
	fs.DurationVar(&s.limits.Longest, "longest", 0, "`time` that a session may take (default 30m, in a lecture 3h)")
	completeNothing(cmd, "listen", "sessions", "per-address", "idle", "longest")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		s.lasting = cmd.Flags().Changed("longest")
		return s.run(cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	return cmd
}

// run serves until a signal comes.
func (s *serving) run(stdout, stderr io.Writer) error {
	c, err := s.config(stderr)
	if err != nil {
		return err
	}
	known := c.Keys != nil || s.public
	tell := func(at net.Addr) {
		fmt.Fprintf(stdout, "to connect:      %s\nhost key:        %s\nwho may come in: %s\n", connection(at), serve.Fingerprint(c.HostKey), s.who(c))
	}
	if s.check { // also while the server runs
		at, err := serve.Address(s.listen, known)
		if err != nil {
			return err
		}
		tell(at)
		fmt.Fprint(stdout, c.Limits.Text(c.Lecture))
		return nil
	}
	l, err := serve.Listen(s.listen, known)
	if err != nil {
		return err
	}
	defer l.Close()
	tell(l.Addr())
	server, err := serve.New(c)
	if err != nil {
		return err
	}
	signals, stop := catchOne()
	defer stop()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-signals:
	}
	fmt.Fprintln(stderr, "opttui: saying good-bye to everybody; another signal ends at once")
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	server.Shutdown(ctx)
	return nil
}

// config is what the flags say.
func (s *serving) config(stderr io.Writer) (c serve.Config, err error) {
	switch {
	case s.lecture && s.keys == "":
		return c, usage.Errorf("a lecture needs to know its driver: --authorized-keys FILE, with a line in it like %s; the public key is in ~/.ssh/id_ed25519.pub, or ssh-keygen makes one", driverLine)
	case s.public && s.keys != "" && !s.lecture:
		return c, usage.Errorf("--public lets everybody in and --authorized-keys does not: choose one; both are for a --lecture")
	case min(s.limits.Connections, s.limits.PerAddress) < 1 || s.limits.Connections > mostSessions:
		return c, usage.Errorf("--sessions and --per-address cannot be %d and %d: allowed are numbers from 1 to %d", s.limits.Connections, s.limits.PerAddress, mostSessions)
	case s.limits.Idle < time.Second || s.lasting && s.limits.Longest < time.Second:
		return c, usage.Errorf("--idle and --longest must be a second at least, as in 90s or 5m")
	}
	c.Limits, c.Lecture, c.Public = s.limits, s.lecture, s.public
	c.Options = ui.Options{Runs: ui.DefaultRuns(problems.Ref{Name: "beale"}, 0)}
	c.Log = slog.New(slog.NewTextHandler(stderr, nil)) // which quotes what is not plain text
	if s.keys != "" {
		if c.Keys, err = serve.ReadKeys(s.keys); err != nil {
			return c, err
		}
		if _, _, ok := c.Keys.Driver(); s.lecture && !ok {
			return c, usage.Errorf(`nobody could drive the lecture: write role="driver" before a key in %s, as in %s`, s.keys, driverLine)
		}
	}
	path := s.hostKey
	if path == "" {
		dir, err := journal.Dir()
		if err != nil {
			return c, err
		}
		path = filepath.Join(dir, "serve", "host_ed25519")
	}
	c.HostKey, err = serve.HostKey(path)
	return c, err
}

// driverLine is how a key is given a lecture.
const driverLine = `role="driver" ssh-ed25519 AAAA… name`

// who says in words who may come in, and who drives.
func (s *serving) who(c serve.Config) string {
	if s.lecture {
		key, line, _ := c.Keys.Driver()
		viewers := fmt.Sprintf("the holders of the other %d keys in %s, as viewers", c.Keys.Len()-1, s.keys)
		switch {
		case s.public:
			viewers = "everybody who can reach this address, without a key or a password, as viewers"
		case c.Keys.Len() == 1:
			viewers = "nobody but the driver: add keys to the file, or --public"
		}
		return fmt.Sprintf("%s\nwho drives:      the holder of the key %s in line %d of %s", viewers, key, line, s.keys)
	}
	switch {
	case c.Keys != nil:
		return fmt.Sprintf("the holders of %d keys in %s", c.Keys.Len(), s.keys)
	case s.public:
		return "everybody who can reach this address, without a key or a password"
	default:
		return "everybody on this machine"
	}
}

// connection is the command that connects to an address.
func connection(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "this-machine"
	} else if ip.IsLoopback() {
		host = "localhost"
	}
	return fmt.Sprintf("ssh -p %s %s", port, host)
}
