package serve

import (
	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// Role is what the holder of a key may do in a lecture. It follows from the key alone.
type Role string

// Roles, as they are written in a file of keys.
const (
	Viewer Role = "viewer"
	Driver Role = "driver"
)

// roleExtension is the name under which a connection keeps its role.
const roleExtension = "role@opttui"

// mostTries is how many keys a client may offer: agents with dozens of them offer all, and whoever has none of the file
// comes in after the last. The time for the handshake bounds them, too.
const mostTries = 100

// auth says how clients prove who they are. Permissions are those of the method that succeeds: what a callback finds out
// about a key that is only offered does not outlive it.
//
// Clients try the method "none" first, and a server that accepts it never sees a key. So where keys tell roles and everybody
// may come in, "none" is refused; then clients offer their keys, and those that have none of the file go on with
// keyboard-interactive, which succeeds without a question (RFC 4256, section 3.4, allows that).
func (s *Server) auth(ssh.Context) *gossh.ServerConfig {
	c := &gossh.ServerConfig{MaxAuthTries: mostTries}
	if s.config.Keys == nil {
		return c // and everybody may come in
	}
	c.PublicKeyCallback = func(_ gossh.ConnMetadata, key gossh.PublicKey) (*gossh.Permissions, error) {
		role, ok := s.config.Keys.Role(key)
		if !ok {
			return nil, ssh.ErrPermissionDenied
		}
		return &gossh.Permissions{Extensions: map[string]string{roleExtension: string(role)}}, nil
	}
	if s.config.Public {
		c.KeyboardInteractiveCallback = func(gossh.ConnMetadata, gossh.KeyboardInteractiveChallenge) (*gossh.Permissions, error) {
			return &gossh.Permissions{}, nil
		}
	}
	return c
}

// roleOf is the role that a connection has by its key.
func roleOf(conn *gossh.ServerConn) Role {
	if p := conn.Permissions; p != nil && p.Extensions[roleExtension] == string(Driver) {
		return Driver
	}
	return Viewer
}
