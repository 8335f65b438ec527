package watch

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"opttui/internal/protocol"
	"opttui/internal/tail"
)

// Amounts of reading.
const (
	turnBytes = 4 << 20 // of a run at a time, before others have their turn
	maxOpen   = 128     // files held open
)

// What a file that has nothing new is spared, in polls.
const (
	tailAfter = 50  // until a last line without an end counts
	slowAfter = 100 // until it is looked at less often
	slowEvery = 5
	failEvery = 10 // for one that cannot be read
)

// source is a run and the files that log to it. One worker reads it at a time.
type source struct {
	sink
	queued atomic.Bool // it waits for a worker, or has one
	behind atomic.Bool // it has not been read to its end since it was found, or since much came

	mu    sync.Mutex
	files []*file // in the order of their names: the older first; replaced as a whole
}

// file is one of a source's.
type file struct {
	path   string
	shown  string // path, fit for the screen
	format format
	tail   *tail.Follower
	parser parser
	idle   int    // polls without anything new
	wait   int    // polls that are left out
	failed string // what was told last of why it cannot be read
}

// add adds a file.
func (s *source) add(path string, f format) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behind.Store(true)
	shown := protocol.Clean(path, maxText)
	s.files = append(slices.Clone(s.files), &file{
		path: path, shown: shown, format: f, tail: tail.New(path), parser: newParser(f, &s.sink, shown),
	})
	slices.SortStableFunc(s.files, func(a, b *file) int { return strings.Compare(a.path, b.path) })
}

// turn reads what is new, and reports whether there is more. open counts the files that are held open.
func (s *source) turn(buf []byte, open *atomic.Int64) (more bool) {
	s.mu.Lock()
	files := s.files
	s.mu.Unlock()
	left := turnBytes
	for _, f := range files {
		if left -= s.poll(f, left, buf, open); left <= 0 {
			s.progress(f)
			return true
		}
	}
	if s.behind.Swap(false) && !s.bad {
		s.run.Tell(false, "")
	}
	return false
}

// poll reads what is new in a file, about most bytes of it at the most, and returns how much that was.
func (s *source) poll(f *file, most int, buf []byte, open *atomic.Int64) int {
	if f.wait > 0 {
		f.wait--
		return 0
	}
	before := f.tail.Open()
	f.tail.Lend(buf)
	n, err := f.tail.Poll(most, func(piece []byte) { f.parser.add(piece, f.tail.Modified()) }, func() {
		f.parser = anew(f.parser, f.format, &s.sink, f.shown)
	})
	f.tail.Lend(nil)
	s.told(f, err)
	switch {
	case n > 0:
		f.idle = 0
	case err == nil:
		if f.idle++; f.idle == tailAfter {
			f.parser.idle()
		} else if f.idle > slowAfter {
			f.wait = slowEvery - 1
		}
	}
	held := open.Add(count(f.tail.Open()) - count(before))
	if n < most && held > maxOpen && f.tail.Open() {
		_ = f.tail.Close()
		open.Add(-1)
	}
	return n
}

func count(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// told tells why a file cannot be read, once.
func (s *source) told(f *file, err error) {
	if err == nil {
		f.failed = ""
		return
	}
	f.wait = failEvery - 1
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	if why := err.Error(); why != f.failed {
		f.failed = why
		s.worry("%s: %s", f.shown, why)
	}
}

// progress tells how far the reading of a large file is.
func (s *source) progress(f *file) {
	const large = 32 << 20
	if at, size := f.tail.Progress(); size-at > large || s.behind.Load() && size > large {
		s.behind.Store(true)
		if !s.bad {
			s.run.Tell(false, "%s: %d %% of %d MB read", filepath.Base(f.shown), 100*at/size, size>>20)
		}
	}
}
