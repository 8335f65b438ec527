package serve

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"opttui/internal/usage"
)

// Address reads an address to listen on. Where other machines can reach it, known tells whether it has been said who may
// come in.
func Address(address string, known bool) (*net.TCPAddr, error) {
	at, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, usage.Errorf("cannot listen on %q: %v; an address is like 127.0.0.1:23234 or :23234", address, err)
	}
	if !known && !at.IP.IsLoopback() {
		return nil, usage.Errorf("%s can be reached from other machines: say who may come in, by --authorized-keys FILE, or --public for everybody", address)
	}
	return at, nil
}

// Listen listens on an address.
func Listen(address string, known bool) (net.Listener, error) {
	at, err := Address(address, known)
	if err != nil {
		return nil, err
	}
	l, err := net.ListenTCP("tcp", at)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use already, perhaps by another opttui serve: choose another port by --listen", at)
	case err != nil:
		return nil, err
	}
	return l, nil
}
