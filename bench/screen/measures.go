//go:build linux

package main

import (
	"fmt"
	"math"
	"os/exec"
	"slices"
	"strings"
	"time"

	"opttui/bench/watch"
)

// bench is a built program and a folder for its files.
type bench struct{ program, dir string }

// rules are what the runs of a race are by.
var rules = []string{"momentum", "adam", "rmsprop", "nesterov", "adagrad", "sgd", "adadelta", "adamw", "adamax"}

// race is the program with so many runs on Beale's function, at the usual 60 steps a second.
func (b bench) race(runs int) (*session, error) {
	s, err := b.start("--no-journal", "--problem", "beale", "--optimizer", strings.Join(rules[:runs], ","))
	if err != nil {
		return nil, err
	}
	return s, s.ready()
}

// starts measures from the start of the process to the first bytes and to the first whole frame.
func (b bench) starts(p *page) error {
	for range 15 {
		s, err := b.start("--no-journal")
		if err != nil {
			return err
		}
		if err := s.ready(); err != nil {
			return err
		}
		s.quit()
		output, frame := s.frames.Found()
		p.firstBytes = append(p.firstBytes, output.Sub(s.began))
		p.firstFrame = append(p.firstFrame, frame.Sub(s.began))
	}
	return nil
}

// steady measures frames of nine runs.
func (b bench) steady(p *page) error {
	s, err := b.race(len(rules))
	if err != nil {
		return err
	}
	defer s.quit()
	time.Sleep(3 * time.Second)
	if p.steady, err = s.watch(20 * time.Second); err != nil {
		return err
	}
	p.steadyMemory, err = watch.ResidentMemory(s.cmd.Process.Pid)
	return err
}

// keys measures frames while a key comes 200 times a second: tab, which selects another run.
func (b bench) keys(p *page) error {
	s, err := b.race(len(rules))
	if err != nil {
		return err
	}
	defer s.quit()
	time.Sleep(3 * time.Second)
	stop := s.hold("\t")
	defer stop()
	time.Sleep(time.Second)
	p.keys, err = s.watch(10 * time.Second)
	return err
}

// hold presses a key 200 times a second until stop is called.
func (s *session) hold(key string) (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		beat := time.NewTicker(5 * time.Millisecond)
		defer beat.Stop()
		for {
			select {
			case <-end:
				return
			case <-beat.C:
				s.press(key)
			}
		}
	}()
	return func() { close(end); <-ended }
}

// unlimited compares the steps a second of a run at full speed on the screen with those of the same run without one, in
// turns, and takes the median.
func (b bench) unlimited(p *page) error {
	args := []string{"--problem", "beale", "--optimizer", "sgd", "--batch", "1", "--lr", "0.001"}
	for range 5 {
		alone, err := b.headless(args)
		if err != nil {
			return err
		}
		s, err := b.start(append(args, "--speed", "max", "--no-journal")...)
		if err != nil {
			return err
		}
		if err := s.ready(); err != nil {
			return err
		}
		time.Sleep(time.Second)
		from, began := s.step(), time.Now()
		time.Sleep(3 * time.Second)
		watched := (s.step() - from) / time.Since(began).Seconds()
		s.quit()
		p.kept = append(p.kept, watched/alone)
		p.speed = append(p.speed, watched)
	}
	return nil
}

// headless is how many steps a second a run takes without a screen, its start left out.
func (b bench) headless(args []string) (float64, error) {
	took := func(steps int) (float64, error) {
		began := time.Now()
		n := fmt.Sprint(steps)
		out, err := exec.Command(b.program, append([]string{"run", "--steps", n, "--every", n}, args...)...).CombinedOutput()
		if err != nil {
			return 0, fmt.Errorf("%w: %s", err, out)
		}
		return time.Since(began).Seconds(), nil
	}
	const few, many = 1e6, 4e7
	short, err := took(few)
	if err != nil {
		return 0, err
	}
	long, err := took(many)
	return (many - few) / (long - short), err
}

// byRuns measures what a frame costs with one to nine runs.
func (b bench) byRuns(p *page) error {
	for runs := 1; runs <= len(rules); runs++ {
		s, err := b.race(runs)
		if err != nil {
			return err
		}
		time.Sleep(3 * time.Second)
		c, err := s.watch(6 * time.Second)
		s.quit()
		if err != nil {
			return err
		}
		p.runs = append(p.runs, sample{float64(runs), c})
	}
	return nil
}

// byHistory measures what a frame costs after ever more steps of one run.
func (b bench) byHistory(most float64) func(*page) error {
	return func(p *page) error {
		s, err := b.start("--no-journal", "--problem", "beale", "--optimizer", "sgd", "--batch", "1", "--lr", "0.001", "--speed", "max")
		if err != nil {
			return err
		}
		if err := s.ready(); err != nil {
			return err
		}
		defer s.quit()
		for steps := 1e3; steps <= most; steps *= 10 {
			for s.step() < steps {
				time.Sleep(10 * time.Millisecond)
			}
			s.press("<<<") // 60 steps a second
			time.Sleep(time.Second)
			at := s.step()
			c, err := s.watch(5 * time.Second)
			if err != nil {
				return err
			}
			p.history = append(p.history, sample{math.Log10(at), c})
			s.press(">>>")
		}
		return nil
	}
}

// long measures the memory of a session of nine runs in which a key is held, so that as many frames are drawn as can be.
func (b bench) long(span time.Duration) func(*page) error {
	return func(p *page) error {
		s, err := b.race(len(rules))
		if err != nil {
			return err
		}
		defer s.quit()
		stop := s.hold("\t")
		defer stop()
		s.frames.Count(true)
		began := time.Now()
		for len(p.memory) < 20 {
			time.Sleep(span / 20)
			rss, err := watch.ResidentMemory(s.cmd.Process.Pid)
			if err != nil {
				return err
			}
			p.memory = append(p.memory, rss)
		}
		p.session, p.sessionFrames = time.Since(began), len(s.frames.Counted())
		return nil
	}
}

// sample is what frames cost at one place of a plot.
type sample struct {
	x float64
	cost
}

// median is the one in the middle.
func median[T int | float64 | time.Duration](values []T) T { return watch.Quantile(values, 0.5) }

// most is the largest one.
func most(values []uint64) uint64 { return slices.Max(values) }
