package journal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"opttui/internal/dataset"
	"opttui/internal/kernel"
	"opttui/internal/leak"
	"opttui/internal/train"
	"opttui/internal/usage"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("JOURNAL_TEST_VICTIM"); dir != "" {
		victim(dir)
	}
	leak.Main(m)
}

// disk is a file that holds room bytes and fails as it is told to.
type disk struct {
	mu      sync.Mutex
	data    []byte
	room    int
	stuck   bool // cannot be truncated
	silent  bool // writes in part without an error
	synced  int  // how many bytes survive a power cut
	syncs   int
	hold    chan struct{} // a sync waits for it
	waiting chan struct{} // told that one does
}

func (d *disk) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := min(len(p), d.room-len(d.data))
	d.data = append(d.data, p[:n]...)
	if n < len(p) && !d.silent {
		return n, syscall.ENOSPC
	}
	return n, nil
}

func (d *disk) Truncate(size int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stuck {
		return errors.New("the disk is gone")
	}
	d.data = d.data[:size]
	return nil
}

func (d *disk) Sync() error {
	d.mu.Lock()
	length, hold := len(d.data), d.hold
	d.syncs++
	d.mu.Unlock()
	if hold != nil {
		d.waiting <- struct{}{}
		<-hold
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.synced = length
	return nil
}

func (d *disk) Close() error { return nil }

func (d *disk) set(change func(*disk)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d)
}

// clock is a time that tests move.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func on(d *disk) (*Session, *clock) {
	c := &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	s := newSession(func() (file, string, error) { return d, "test", nil }, c.now)
	s.begin(newHeader("v1", c.t))
	return s, c
}

func beale() train.Spec { return train.Spec{Problem: "beale", Optimizer: "adam", Seed: 3} }

func half(step int) train.Entry {
	return train.Entry{Step: step, Command: train.Command{Op: train.OpSet, Key: "optimizer.lr", Value: "0.5"}, Note: "ε 0.5"}
}

func parse(t *testing.T, data []byte) *Log {
	t.Helper()
	l, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestSessionIsReadBack(t *testing.T) {
	d := &disk{room: 1 << 20}
	s, _ := on(d)
	s.Run(0, beale())
	s.Run(1, beale())
	s.Run(4, beale())
	s.Command(0, half(10))
	s.Command(0, half(20))
	s.Command(4, half(5))
	s.Rewind(0, 15)
	s.Command(0, half(17))
	s.Heartbeat(0, 40)
	s.Remove(1)
	s.Run(4, beale())
	s.Heartbeat(4, 9)
	if err := s.Close(); err != nil || d.synced != len(d.data) {
		t.Errorf("%v; %d of %d bytes synced", err, d.synced, len(d.data))
	}
	s.Heartbeat(0, 50) // after the end
	l := parse(t, d.data)
	want := []Run{
		{ID: 0, Spec: beale(), Journal: []train.Entry{half(10), half(17)}, Step: 40},
		{ID: 4, Spec: beale(), Step: 9},
	}
	if diff := cmp.Diff(want, l.Runs(), cmp.AllowUnexported(Run{})); diff != "" {
		t.Error(diff)
	}
	if !l.Clean() || l.Lost != 0 || l.Header.Program != "v1" || l.Header.Arch == "" || l.Header.Started.Year() != 2026 {
		t.Errorf("%+v", l)
	}
	r := l.Runs()[0]
	run, err := train.Replay(r.Spec, r.Journal, r.Step)
	if err != nil || run.Step() != 40 || len(run.Journal()) != 2 {
		t.Errorf("made again: %v (%v)", run, err)
	}
	if text := string(d.data); strings.Count(text, "\n") != 14 || !strings.Contains(text, `"value":"0.5"`) {
		t.Errorf("the file is not readable:\n%s", text)
	}
}

// Whatever a disk does, what it has is a prefix of what was recorded, and when it takes writes again nothing is missing.
func TestAnyDisk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &disk{room: 1 << 20}
		s, c := on(d)
		defer s.Close()
		s.Run(0, beale())
		commands := 0
		check := func() {
			l, err := Parse(d.data)
			if err != nil {
				return // not even the header fitted
			}
			for i, r := range l.Records {
				if i == 0 && r.Op != OpRun || i > 0 && (r.Op != OpCommand || r.Entry.Step != i) {
					t.Fatalf("record %d is %+v", i, r)
				}
			}
		}
		for range rapid.IntRange(1, 30).Draw(t, "events") {
			room := rapid.IntRange(len(d.data), len(d.data)+300).Draw(t, "room")
			stuck, silent := rapid.Bool().Draw(t, "stuck"), rapid.Bool().Draw(t, "silent")
			d.set(func(d *disk) { d.room, d.stuck, d.silent = room, stuck, silent })
			commands++
			s.Command(0, half(commands))
			check()
			c.t = c.t.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "seconds")) * time.Second)
			if whole := parse2(d.data); (whole < commands+1) != (s.Warning() != "") {
				t.Fatalf("%d of %d records are saved, and the warning is %q", whole, commands+1, s.Warning())
			}
		}
		d.set(func(d *disk) { d.room, d.stuck = 1<<20, false })
		if err := s.Sync(); err != nil || parse2(d.data) != commands+1 || s.Warning() != "" {
			t.Fatalf("%v: %d of %d records are saved in the end; the warning is %q", err, parse2(d.data), commands+1, s.Warning())
		}
	})
}

func parse2(data []byte) int {
	l, err := Parse(data)
	if err != nil {
		return 0
	}
	return len(l.Records)
}

// Records that come while the disk is busy are carried there together.
func TestGroupCommit(t *testing.T) {
	d := &disk{room: 1 << 20, hold: make(chan struct{}), waiting: make(chan struct{})}
	s, _ := on(d)
	<-d.waiting
	for i := range 100 {
		s.Command(0, half(i))
	}
	if n := parse2(d.data); n != 100 {
		t.Errorf("%d of 100 records were handed over while the disk was busy", n)
	}
	hold := d.hold
	d.set(func(d *disk) { d.hold = nil })
	close(hold)
	if err := s.Sync(); err != nil || d.syncs > 3 || d.synced != len(d.data) {
		t.Errorf("%v: %d syncs, %d of %d bytes", err, d.syncs, d.synced, len(d.data))
	}
	s.Close()
}

// A disk that takes nothing for ever costs bounded memory.
func TestPendingIsBounded(t *testing.T) {
	d := &disk{}
	s, _ := on(d)
	big := half(1)
	big.Note = strings.Repeat("x", 100_000)
	for range 100 {
		s.Command(0, big)
	}
	if len(s.pending) > maxPending || !strings.Contains(s.Warning(), "not saved any more") {
		t.Errorf("%d bytes are pending; %q", len(s.pending), s.Warning())
	}
	d.set(func(d *disk) { d.room = 1 << 30 })
	s.Command(0, half(2))
	if len(d.data) != 0 {
		t.Error("a session with a gap is written")
	}
	s.Close()
}

func TestCuttingLeavesAPrefix(t *testing.T) {
	d := &disk{room: 1 << 20}
	s, _ := on(d)
	s.Run(0, beale())
	for i := range 5 {
		s.Command(0, half(i))
	}
	s.Close()
	whole := parse(t, d.data)
	for n := range d.data {
		l, err := Parse(d.data[:n])
		if err != nil {
			if n >= bytes.IndexByte(d.data, '\n')+1 {
				t.Fatalf("cut at %d: %v", n, err)
			}
			continue
		}
		if l.Good+l.Lost != n || len(l.Records) > 0 && !cmp.Equal(l.Records, whole.Records[:len(l.Records)]) {
			t.Fatalf("cut at %d: %d records, %d bytes good, %d lost", n, len(l.Records), l.Good, l.Lost)
		}
		if n == len(d.data)-1 && len(l.Records) != len(whole.Records)-1 {
			t.Fatalf("without its last byte the session has %d of %d records", len(l.Records), len(whole.Records))
		}
	}
}

func FuzzParse(f *testing.F) {
	d := &disk{room: 1 << 20}
	s, _ := on(d)
	s.Run(0, beale())
	s.Command(0, half(3))
	s.Rewind(0, 2)
	s.Close()
	f.Add(d.data, 10, byte(1))
	f.Add([]byte("00000000 {}\n"), 0, byte(0))
	f.Fuzz(func(t *testing.T, data []byte, at int, flip byte) {
		l, err := Parse(data)
		var bad *usage.Error
		if err != nil {
			if !errors.As(err, &bad) {
				t.Fatalf("%v is not written for people", err)
			}
			return
		}
		if l.Good+l.Lost != len(data) {
			t.Fatalf("%d good and %d lost of %d bytes", l.Good, l.Lost, len(data))
		}
		l.Runs()
		// Damage takes away what follows it, and changes nothing before.
		if at < 0 || at >= l.Good || flip == 0 {
			return
		}
		damaged := bytes.Clone(data)
		damaged[at] ^= flip
		if m, err := Parse(damaged); err == nil && (m.Good > at && data[at] != damaged[at] && !isHex(data[at], damaged[at])) {
			t.Fatalf("damage at byte %d is not seen", at)
		}
	})
}

// isHex tells whether two bytes are one digit, in lower and in upper case.
func isHex(a, b byte) bool { return bytes.EqualFold([]byte{a}, []byte{b}) }

func TestListAndResume(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "opttui")
	if list, err := List(dir); err != nil || len(list) != 0 {
		t.Errorf("a folder that is not there has %v, %v", list, err)
	}
	first := Create(dir, "v1")
	second := Create(dir, "v1") // at the same time
	if first.ID() == second.ID() || first.ID() == "" || first.Warning() != "" {
		t.Fatalf("two sessions are called %q and %q; %s", first.ID(), second.ID(), first.Warning())
	}
	first.Run(0, beale())
	first.Command(0, half(10))
	second.Run(2, beale())
	how := func(id string) (s Summary) {
		list, err := List(dir)
		if err != nil || len(list) != 2 {
			t.Fatalf("%v, %v", list, err)
		}
		for _, s := range list {
			if s.ID == id {
				return s
			}
		}
		t.Fatalf("%s is not listed", id)
		return s
	}
	if s := how(first.ID()); s.How != InUse || s.Commands != 1 || s.Step != 10 || s.Problem != "beale" || s.Optimizers[0] != "adam" {
		t.Errorf("%+v", s)
	}
	var bad *usage.Error
	if _, _, err := Resume(dir, first.ID()); !errors.As(err, &bad) || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a session in use is resumed: %v", err)
	}
	if err := first.Close(); err != nil || how(first.ID()).How != Clean {
		t.Errorf("%v: closed, it is %q", err, how(first.ID()).How)
	}
	abandon(second, "1234")
	if s := how(second.ID()); s.How != Crashed || s.Lost != 4 {
		t.Errorf("%+v", s)
	}
	again, l, err := Resume(dir, second.ID())
	if err != nil || len(l.Runs()) != 1 || l.Lost != 4 {
		t.Fatalf("%+v, %v", l, err)
	}
	again.Command(2, half(7))
	if s := how(second.ID()); s.How != InUse || s.Lost != 0 || s.Commands != 1 {
		t.Errorf("resumed: %+v", s)
	}
	again.Close()
	if _, _, err := Resume(dir, "nothing"); !errors.As(err, &bad) {
		t.Errorf("a session that is not there: %v", err)
	}
}

// abandon leaves a session as a crash does, with a torn record at its end.
func abandon(s *Session, torn string) {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	close(s.wake)
	<-s.done
	_, _ = s.file.Write([]byte(torn))
	_ = s.file.Close()
}

func TestPrune(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	for i := range maxSessions + 10 {
		f, _, err := create(dir, now.Add(-time.Duration(i)*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		if err := os.Chtimes(f.Name(), now, now.Add(-time.Duration(i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	old, _, err := create(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	used, _, err := create(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []*os.File{old, used} {
		if err := os.Chtimes(f.Name(), now, now.Add(-2*maxAge)); err != nil {
			t.Fatal(err)
		}
	}
	old.Close()
	other := filepath.Join(dir, "mine.txt")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	prune(dir, now)
	files, err := sessions(dir)
	if err != nil || len(files) != maxSessions+1 || files[0].written.Before(now.Add(-time.Second)) {
		t.Errorf("%d sessions are left (%v)", len(files), err)
	}
	if _, err := os.Stat(used.Name()); err != nil {
		t.Errorf("a session in use was pruned: %v", err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("a file of somebody else was pruned: %v", err)
	}
	used.Close()
}

// A list that another opttui makes locks a file for a moment: that does not keep anybody from taking the session up.
func TestSessionIsTakenUpWhileItIsListed(t *testing.T) {
	dir := t.TempDir()
	s := Create(dir, "v1")
	s.Run(0, beale())
	id := s.ID()
	abandon(s, "")
	ended := make(chan struct{})
	stop := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = List(dir)
			}
		}
	}()
	for range 200 {
		s, _, err := Resume(dir, id)
		if err != nil {
			t.Error(err)
			break
		}
		_ = s.Close()
	}
	close(stop)
	<-ended
}

// Without a home a session goes on unsaved, as on any disk that refuses.
func TestNoHome(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", "relative")
	t.Setenv("HOME", "")
	s := Begin("v1")
	s.Run(0, beale())
	if why := s.Warning(); !strings.Contains(why, "HOME") || !strings.Contains(why, "goes on") {
		t.Errorf("warning %q", why)
	}
	if err := s.Close(); err == nil {
		t.Error("the session was kept")
	}
}

func TestReadOnlyFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "blocked")
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // a file where the folder should be: root can write anywhere
		t.Fatal(err)
	}
	s := Create(dir, "v1")
	c := &clock{time.Now()}
	s.now = c.now
	s.Run(0, beale())
	if s.Warning() == "" || s.ID() != "" {
		t.Errorf("warning %q, ID %q", s.Warning(), s.ID())
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	c.t = c.t.Add(2 * retryTime)
	s.Command(0, half(1))
	l, err := Read(dir, s.ID())
	if err != nil || len(l.Records) != 2 || s.Warning() != "" {
		t.Errorf("%v, %v; warning %q", l, err, s.Warning())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestDirIsThatOfXDG(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", "/var/x")
	if dir, _ := Dir(); dir != "/var/x/opttui" {
		t.Errorf("%s", dir)
	}
	t.Setenv("XDG_STATE_HOME", "relative")
	t.Setenv("HOME", "/home/me")
	if dir, _ := Dir(); dir != "/home/me/.local/state/opttui" {
		t.Errorf("%s", dir)
	}
}

// A session on a file that was named relative to the folder of then is taken up in any other.
func TestDataFileIsFoundFromAnotherFolder(t *testing.T) {
	here := t.TempDir()
	t.Chdir(here)
	d := &disk{room: 1 << 20}
	s, _ := on(d)
	file := &dataset.File{Path: "d.csv"}
	s.Run(0, train.Spec{Problem: "data", Optimizer: "sgd", Data: file})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := Parse(d.data)
	if err != nil {
		t.Fatal(err)
	}
	got := l.Runs()[0].Spec.Data.Path
	if dir, err := filepath.EvalSymlinks(filepath.Dir(got)); err != nil || !filepath.IsAbs(got) || filepath.Base(got) != "d.csv" {
		t.Errorf("the file is %s, in %s (%v)", got, dir, err)
	}
	if file.Path != "d.csv" {
		t.Errorf("the run's own file is %s now", file.Path)
	}
}

// Another data file in the place of the old one is noticed, and so is one that was written to.
func TestOtherDataIsNoticed(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(text string, changed time.Time) {
		t.Helper()
		if err := errors.Join(os.WriteFile("d.csv", []byte(text), 0o600), os.Chtimes("d.csv", changed, changed)); err != nil {
			t.Fatal(err)
		}
	}
	then := time.Date(2025, 1, 2, 3, 4, 5, 678, time.UTC)
	write("a,b\n1,2\n", then)
	d := &disk{room: 1 << 20}
	s, _ := on(d)
	s.Run(0, train.Spec{Problem: "data", Optimizer: "sgd", Data: &dataset.File{Path: "d.csv"}})
	s.Run(1, beale())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	runs := parse(t, d.data).Runs()
	for _, c := range []struct {
		text    string
		changed time.Time
		want    bool
	}{
		{"a,b\n1,2\n", then, false},
		{"a,b\n1,3\n", then.Add(time.Second), true},
		{"a,b\n1,22\n", then, true},
	} {
		write(c.text, c.changed)
		if got := runs[0].OtherData(); got != c.want {
			t.Errorf("%q of %v: %v", c.text, c.changed, got)
		}
	}
	if runs[1].OtherData() {
		t.Error("a run without data has other data")
	}
	// One that is gone is for whoever reads it to tell.
	if err := os.Remove("d.csv"); err != nil || runs[0].OtherData() {
		t.Errorf("%v, gone: %v", err, runs[0].OtherData())
	}
}

// A session goes on with the kernels that it was recorded with.
func TestResumeUsesTheKernelsOfTheSession(t *testing.T) {
	levels := kernel.Levels()
	before := kernel.Level()
	defer func() { _ = kernel.Use(before) }()
	if os.Getenv(kernel.Environment) != "" || len(levels) == 1 {
		t.Skip("there is nothing to choose")
	}
	if err := kernel.Use(kernel.Portable); err != nil {
		t.Fatal(err)
	}
	dir, recorded := t.TempDir(), kernel.Name()
	s := Create(dir, "v1")
	id := s.ID()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := kernel.Use(levels[len(levels)-1]); err != nil {
			t.Fatal(err)
		}
		s, l, err := Resume(dir, id)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if l.Kernel() != recorded || kernel.Name() != recorded {
			t.Errorf("recorded with %q, it says %q and goes on with %q", recorded, l.Kernel(), kernel.Name())
		}
	}
}
