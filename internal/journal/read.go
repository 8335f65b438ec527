package journal

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"opttui/internal/train"
	"opttui/internal/usage"
)

// Log is what a session's file says.
type Log struct {
	Header  Header
	Records []Record
	Good    int // bytes up to the end of the last good record
	Lost    int // bytes after it: a torn record, or damage and all that follows
}

// Parse reads a session from the bytes of its file. Damage ends it: Log has what stands before. The error, a
// *usage.Error, says that there is not even a header, or that a newer version has written the file.
func Parse(data []byte) (*Log, error) {
	l := &Log{}
	text, n, ok := unframe(data)
	if !ok || json.Unmarshal(text, &l.Header) != nil || l.Header.Format != format {
		return nil, usage.Errorf("this is not a session of opttui, or its first line is damaged")
	}
	if l.Header.Version > Version {
		return nil, usage.Errorf("the session was written by a newer opttui (%s), in version %d of the format; this one reads up to %d",
			l.Header.Program, l.Header.Version, Version)
	}
	l.Good = n
	for {
		text, n, ok := unframe(data[l.Good:])
		var r Record
		if !ok || json.Unmarshal(text, &r) != nil || !r.valid() {
			l.Lost = len(data) - l.Good
			return l, nil
		}
		l.Records = append(l.Records, r)
		l.Good += n
	}
}

// Run is a run of a session: with train.Replay or train.LaunchReplay it is made again.
type Run struct {
	ID      int
	Spec    train.Spec
	Journal []train.Entry
	Step    int // where it was last; commands may lie ahead of it, when the person had gone back
	stamp   *Stamp
}

// OtherData tells whether the data file that the run was made with has changed since, so that it may become another
// run.
func (r Run) OtherData() bool {
	if r.Spec.Data == nil || r.stamp == nil {
		return false
	}
	now := stampOf(r.Spec.Data.Path)
	return now != nil && (now.Size != r.stamp.Size || !now.Changed.Equal(r.stamp.Changed))
}

// Runs are the runs that the session had at its end, by ID.
func (l *Log) Runs() []Run {
	runs := make(map[int]*Run)
	for _, rec := range l.Records {
		r := runs[rec.ID]
		switch {
		case rec.Op == OpRun:
			runs[rec.ID] = &Run{ID: rec.ID, Spec: *rec.Spec, stamp: rec.Stamp}
		case r == nil: // nothing is known of it: it was removed
		case rec.Op == OpCommand:
			r.Journal = append(r.Journal, *rec.Entry)
			r.Step = max(r.Step, rec.Entry.Step)
		case rec.Op == OpRewind:
			r.Journal = slices.DeleteFunc(r.Journal, func(e train.Entry) bool { return e.Step > rec.Step })
			r.Step = rec.Step
		case rec.Op == OpRemove:
			delete(runs, rec.ID)
		case rec.Op == OpBeat:
			r.Step = rec.Step
		}
	}
	out := make([]Run, 0, len(runs))
	for _, r := range runs {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b Run) int { return a.ID - b.ID })
	return out
}

// Kernel is what the session's numbers were made with at its end, "" where it does not say.
func (l *Log) Kernel() string {
	name := l.Header.Kernel
	for _, r := range l.Records {
		if r.Op == OpResume {
			name = r.Kernel
		}
	}
	return name
}

// Clean tells whether the session was ended by the person.
func (l *Log) Clean() bool {
	n := len(l.Records)
	return n > 0 && l.Records[n-1].Op == OpClose && l.Lost == 0
}

// Read reads the session with the given ID. The error of one that is not there is a *usage.Error.
func Read(dir, id string) (*Log, error) {
	data, err := os.ReadFile(filepath.Join(dir, id+suffix))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usage.Errorf("there is no session %q: opttui resume --list shows them", id)
	}
	if err != nil {
		return nil, err
	}
	return Parse(data)
}

// How a session ended.
const (
	Clean   = "clean"   // by the person
	Crashed = "crashed" // otherwise
	InUse   = "in use"  // not yet: an opttui has it
)

// Summary is a session in a list of them.
type Summary struct {
	ID         string    `json:"id"`
	Started    time.Time `json:"started"`
	Ended      time.Time `json:"ended"`      // when it was last written
	How        string    `json:"how"`        // Clean, Crashed or InUse
	Problem    string    `json:"problem"`    // where the runs differ, all of them with commas
	Optimizers []string  `json:"optimizers"` // as the runs began
	Step       int       `json:"step"`       // of the run that has come furthest
	Commands   int       `json:"commands"`
	Lost       int       `json:"lost"` // bytes at the end that could not be read
}

// List returns the sessions in a folder that have runs, the latest first. A folder that is not there has none.
func List(dir string) ([]Summary, error) {
	files, err := sessions(dir)
	if err != nil {
		return nil, err
	}
	list := []Summary{}
	for _, f := range files {
		data, err := os.ReadFile(f.path)
		if err != nil {
			continue // it has been pruned meanwhile, or belongs to somebody else
		}
		l, err := Parse(data)
		if err != nil {
			continue
		}
		s := l.summary()
		s.ID, s.Ended = f.id, f.written
		switch {
		case inUse(f.path):
			s.How = InUse
		case l.Clean():
			s.How = Clean
		default:
			s.How = Crashed
		}
		if len(s.Optimizers) > 0 {
			list = append(list, s)
		}
	}
	return list, nil
}

func (l *Log) summary() Summary {
	s := Summary{Started: l.Header.Started, Lost: l.Lost}
	var names []string
	for _, r := range l.Runs() {
		if !slices.Contains(names, r.Spec.Problem) {
			names = append(names, r.Spec.Problem)
		}
		s.Optimizers = append(s.Optimizers, r.Spec.Optimizer)
		s.Step = max(s.Step, r.Step)
		s.Commands += len(r.Journal)
	}
	s.Problem = strings.Join(names, ", ")
	return s
}
