//go:build linux

package main

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"opttui/bench/watch"
)

// plan is what is to be done.
type plan struct {
	sessions, w, h int
	span           time.Duration
	profile        string // file, "" for none
	unlimited      bool   // runs
	page           string // the result goes to, "" for none
}

// warmUp is how long the sessions run before anything counts.
const warmUp = 3 * time.Second

// run does it.
func (p plan) run() (*result, error) {
	s, err := startServer(p)
	if err != nil {
		return nil, err
	}
	r := &result{plan: p}
	if err := r.fill(s); err != nil {
		_ = s.stop()
		return nil, err
	}
	return r, s.stop()
}

// fill measures a server that has just begun.
func (r *result) fill(s *server) (err error) {
	if err := r.firstOf(s); err != nil {
		return err
	}
	if r.before, err = s.state(tell); err != nil {
		return err
	}
	clients, err := r.gather(s.address)
	if err != nil {
		return err
	}
	stop := make(chan struct{})
	var dead atomic.Int64
	var players sync.WaitGroup
	for _, c := range clients {
		players.Go(func() {
			if c.play(stop) != nil {
				dead.Add(1)
			}
		})
	}
	time.Sleep(warmUp)
	begin, err := watch.ProcessorTime(s.cmd.Process.Pid)
	if err != nil {
		return err
	}
	mine, err := watch.ProcessorTime(os.Getpid())
	if err != nil {
		return err
	}
	for _, c := range clients {
		c.counting(true)
	}
	began := time.Now()
	time.Sleep(r.span)
	took := time.Since(began)
	for _, c := range clients {
		c.counting(false)
	}
	if r.loaded, err = s.state(tell); err != nil {
		return err
	}
	r.serverLoad = (r.loaded.cpu - begin).Seconds() / took.Seconds()
	now, err := watch.ProcessorTime(os.Getpid())
	if err != nil {
		return err
	}
	r.clientLoad = (now - mine).Seconds() / took.Seconds()
	close(stop)
	players.Wait()
	r.died = int(dead.Load())
	for _, c := range clients {
		r.add(c, took)
	}
	var leaving sync.WaitGroup
	for _, c := range clients {
		leaving.Go(c.leave)
	}
	leaving.Wait()
	r.after, err = s.settled(r.before)
	return err
}

// firstOf lets one visitor come and go, so that what is made only once is there before anything is compared.
func (r *result) firstOf(s *server) error {
	c, err := connect(s.address, r.w, r.h)
	if err != nil {
		return err
	}
	if err := c.ready(); err != nil {
		return err
	}
	c.leave()
	time.Sleep(time.Second)
	return nil
}

// gather connects all sessions and waits until each shows a lab.
func (r *result) gather(address string) ([]*client, error) {
	clients := make([]*client, r.sessions)
	failed := make([]error, r.sessions)
	var coming sync.WaitGroup
	few := make(chan struct{}, 8) // as many handshakes at a time
	for i := range clients {
		coming.Go(func() {
			few <- struct{}{}
			defer func() { <-few }()
			if clients[i], failed[i] = connect(address, r.w, r.h); failed[i] == nil {
				failed[i] = clients[i].ready()
			}
		})
	}
	coming.Wait()
	for i, err := range failed {
		if err != nil {
			return nil, fmt.Errorf("session %d: %w", i+1, err)
		}
	}
	return clients, nil
}
