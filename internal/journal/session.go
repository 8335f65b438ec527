package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"opttui/internal/filelock"
	"opttui/internal/kernel"
	"opttui/internal/train"
	"opttui/internal/usage"
)

// file is what a session needs of *os.File.
type file interface {
	io.WriteCloser
	Truncate(size int64) error
	Sync() error
}

// maxPending bounds the bytes that wait for a disk which takes none.
const maxPending = 4 << 20

// retryTime is how long a disk that has refused is left alone.
const retryTime = time.Second

// Session is a session that is being written. Each method hands its record to the operating system before it returns,
// so that it survives the end of the program, by whatever; a goroutine of the session's own sees to it that what was
// written survives a power cut as well, many records at a time. A disk that is full or cannot be written does no harm:
// the session goes on, Warning tells, and records are kept in memory and tried again later.
//
// All methods may be called from any goroutine, but Observe from one only.
type Session struct {
	open func() (file, string, error)
	now  func() time.Time

	mu      sync.Mutex
	id      string
	file    file
	good    int64  // length of the file up to the last whole record
	torn    bool   // a part of a record may follow
	pending []byte // whole records that are not in the file yet
	over    bool   // too much is pending: nothing more can be kept
	err     error  // why the last write failed; nil after one that did not
	tried   time.Time
	closed  bool
	synced  int64 // length that survives a power cut
	started time.Time
	known   map[int]*seen // by run

	wake chan struct{} // has room for one
	done chan struct{}
	cond *sync.Cond // a sync has ended
	serr error      // of the last one
}

// Begin is Create in the folder of Dir. Where there is none the session cannot be kept, and Warning tells why.
func Begin(program string) *Session {
	dir, err := Dir()
	if err == nil {
		return Create(dir, program)
	}
	s := newSession(func() (file, string, error) { return nil, "", err }, time.Now)
	s.begin(newHeader(program, time.Now()))
	return s
}

// Create begins a session in a folder, for a version of the program, and prunes old ones. It does not fail: see Session.
func Create(dir, program string) *Session {
	now := time.Now()
	prune(dir, now)
	s := newSession(func() (file, string, error) {
		f, id, err := create(dir, now)
		if err != nil {
			return nil, "", err
		}
		return f, id, nil
	}, time.Now)
	s.begin(newHeader(program, now))
	return s
}

// Resume takes up the session with the given ID: what could not be read of it is cut off, and new records follow on the
// old. Where this machine has them, the session's kernels are used from now on (see kernel.Follow). Errors are
// *usage.Error, but for what a disk does.
func Resume(dir, id string) (*Session, *Log, error) {
	if _, err := Read(dir, id); err != nil {
		return nil, nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, id+suffix), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, nil, err
	}
	if errors.Is(take(f), filelock.ErrInUse) {
		_ = f.Close()
		return nil, nil, usage.Errorf("session %s is in use by another opttui", id)
	}
	l, err := Read(dir, id) // again: the file may have grown before it was locked
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	s := newSession(func() (file, string, error) { return f, id, nil }, time.Now)
	s.good, s.torn = int64(l.Good), true
	for _, r := range l.Runs() {
		s.known[r.ID] = &seen{journal: r.Journal, step: r.Step}
	}
	kernel.Follow(l.Kernel())
	s.put(Record{Op: OpResume, Kernel: kernel.Name()})
	return s, l, nil
}

func newSession(open func() (file, string, error), now func() time.Time) *Session {
	s := &Session{
		open: open, now: now, started: now(), known: make(map[int]*seen),
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	s.cond = sync.NewCond(&s.mu)
	go s.syncer()
	return s
}

// begin writes the header.
func (s *Session) begin(h Header) {
	line, err := frame(h)
	if err != nil {
		panic("journal: " + err.Error()) // cannot be: it has nothing but texts and numbers
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = append(s.pending, line...)
	s.flush()
}

// ID is the name by which the session is resumed, "" while it has no file.
func (s *Session) ID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id
}

// Run records that run id has started, in the place of any other with this id. A data file is recorded by a path that
// holds in any folder: the session may be taken up in another.
func (s *Session) Run(id int, spec train.Spec) {
	r := Record{Op: OpRun, ID: id, Spec: &spec}
	if spec.Data != nil {
		r.Stamp = stampOf(spec.Data.Path)
		file := *spec.Data
		if path, err := filepath.Abs(file.Path); err == nil { // else it has to be taken up in the same one
			file.Path, spec.Data = path, &file
		}
	}
	s.put(r)
}

// Command records that a command has taken effect.
func (s *Session) Command(id int, e train.Entry) { s.put(Record{Op: OpCommand, ID: id, Entry: &e}) }

// Rewind records that the run was taken back to a step and went on from there.
func (s *Session) Rewind(id, step int) { s.put(Record{Op: OpRewind, ID: id, Step: step}) }

// Remove records that the run is no more.
func (s *Session) Remove(id int) {
	s.put(Record{Op: OpRemove, ID: id})
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, id)
}

// Heartbeat records how far the run has come. Where the disk takes nothing it is let go, and the result is false:
// another will follow.
func (s *Session) Heartbeat(id, step int) bool {
	s.Retry()
	s.mu.Lock()
	waits := len(s.pending) > 0
	s.mu.Unlock()
	if waits {
		return false
	}
	s.put(Record{Op: OpBeat, ID: id, Step: step})
	return true
}

// Close ends the session: its file says so, is on the disk, and may be resumed by another. The error is that of a disk
// which did not take all. Nothing is recorded after it.
func (s *Session) Close() error {
	s.put(Record{Op: OpClose})
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.flush()
	s.mu.Unlock()
	close(s.wake)
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	err := errors.Join(s.err, s.serr)
	if s.file != nil {
		err = errors.Join(err, s.file.Close())
	}
	return err
}

// Warning says that the session is not being saved, and why; "" while it is.
func (s *Session) Warning() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.over:
		return "this session is not saved any more: the disk has taken nothing for too long"
	case s.err != nil:
		return fmt.Sprintf("this session cannot be saved: %v. It goes on, and saving is tried again", s.err)
	case s.serr != nil:
		return fmt.Sprintf("this session may not survive a power cut: %v", s.serr)
	}
	return ""
}

// Sync waits until everything recorded so far survives a power cut. It returns the error of a disk that refuses.
func (s *Session) Sync() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flush()
	if s.err != nil {
		return s.err
	}
	for want := s.good; s.synced < want && !s.closed; {
		s.signal()
		s.cond.Wait()
		if s.serr != nil {
			return s.serr
		}
	}
	return nil
}

// put writes a record.
func (s *Session) put(r Record) {
	line, err := frame(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.over {
		return
	}
	if err != nil { // a value that JSON has not: what follows could not be replayed
		s.err, s.over = err, true
		return
	}
	if s.over = len(s.pending)+len(line) > maxPending; s.over {
		return
	}
	fresh := len(s.pending) == 0
	s.pending = append(s.pending, line...)
	if fresh || s.now().Sub(s.tried) >= retryTime || r.Op == OpClose {
		s.flush()
	}
}

// Retry tries again to write what is pending, if it is time. Whoever calls it now and then need not wait for something to
// record.
func (s *Session) Retry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pending) > 0 && !s.closed && s.now().Sub(s.tried) >= retryTime {
		s.flush()
	}
}

// flush writes what is pending. Of a record that was written in part nothing may stay: the next one would be lost
// behind it. The lock is held.
func (s *Session) flush() {
	if len(s.pending) == 0 || s.over {
		return
	}
	s.tried = s.now()
	if s.err = s.write(); s.err == nil {
		s.pending = s.pending[:0]
		s.signal()
	}
}

func (s *Session) write() error {
	if s.file == nil {
		f, id, err := s.open()
		if err != nil {
			return err
		}
		s.file, s.id = f, id
	}
	if s.torn {
		if err := s.file.Truncate(s.good); err != nil {
			return err
		}
		s.torn = false
	}
	n, err := s.file.Write(s.pending)
	if err == nil && n < len(s.pending) {
		err = io.ErrShortWrite
	}
	if err != nil {
		s.torn = s.file.Truncate(s.good) != nil
		return err
	}
	s.good += int64(n)
	return nil
}

// signal wakes the syncer, unless it has been woken already. The lock is held.
func (s *Session) signal() {
	if s.closed {
		return
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// syncer carries what was written to the disk, all of it at once however much came meanwhile.
func (s *Session) syncer() {
	defer close(s.done)
	for range s.wake {
		s.sync()
	}
	s.sync()
}

func (s *Session) sync() {
	s.mu.Lock()
	f, length := s.file, s.good
	s.mu.Unlock()
	if f == nil {
		return
	}
	err := f.Sync()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.serr = err; err == nil {
		s.synced = length
	}
	s.cond.Broadcast()
}
