package trials

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"opttui/internal/filelock"
	"opttui/internal/usage"
)

// entry is what came out of a trial: a line of the journal.
type entry struct {
	Key      string    `json:"key"`
	Loss     []float64 `json:"loss"`
	Diverged bool      `json:"diverged,omitempty"`
	Seconds  float64   `json:"seconds"`
	Exit     int       `json:"exit,omitempty"`
	Late     bool      `json:"late,omitempty"` // it was ended after Seconds, before it had told all
}

// header is the first line.
type header struct {
	Format  string   `json:"format"`
	Folder  string   `json:"folder"` // where the command was given: another folder has other programs
	Command []string `json:"command"`
	Loss    string   `json:"loss,omitempty"`
}

const format = "opttui trials 1"

// here is the folder in which programs are started, "" where that cannot be known.
func here() string {
	folder, err := os.Getwd()
	if err != nil {
		return ""
	}
	return folder
}

// keyOf names a trial.
func keyOf(set map[string]string, seed, steps int) string {
	text, err := json.Marshal(struct { // maps are written in the order of their keys
		Set   map[string]string `json:"set"`
		Seed  int               `json:"seed"`
		Steps int               `json:"steps"`
	}{set, seed, steps})
	if err != nil {
		panic("trials: " + err.Error()) // cannot be: it has nothing but texts and numbers
	}
	return string(text)
}

// FileFor is where the trials of a command are kept in a folder: the same command, given in the same place, finds them
// again.
func FileFor(dir string, command []string, loss string) string {
	h := sha256.New()
	for _, arg := range append([]string{here(), loss}, command...) {
		h.Write([]byte(arg))
		h.Write([]byte{0})
	}
	return filepath.Join(dir, "trials", hex.EncodeToString(h.Sum(nil)[:8])+".jsonl")
}

// journal keeps what came out.
type journal struct {
	timeout time.Duration
	mu      sync.Mutex
	file    *os.File // nil keeps nothing
	known   map[string]entry
}

// openJournal reads what is known of the command, and keeps others from writing to the file. A line that was torn by a
// crash is left out. The journal of another command, one that is in use and any other file are a *usage.Error.
func openJournal(o Options) (_ *journal, err error) {
	j := &journal{timeout: o.Timeout, known: make(map[string]entry)}
	if o.Journal == "" {
		return j, nil
	}
	if err := os.MkdirAll(filepath.Dir(o.Journal), 0o700); err != nil {
		return nil, err
	}
	mine, err := json.Marshal(header{format, here(), o.Command, o.Loss})
	if err != nil {
		return nil, err
	}
	if j.file, err = os.OpenFile(o.Journal, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = j.file.Close()
		}
	}()
	if errors.Is(filelock.Lock(j.file), filelock.ErrInUse) {
		return nil, usage.Errorf("%s is in use by another opttui: wait until that ends, or name another file by --journal", o.Journal)
	}
	text, err := io.ReadAll(j.file)
	if err != nil {
		return nil, err
	}
	good, err := j.read(text, mine, o.Fresh)
	if err != nil {
		return nil, usage.Errorf("%s %v", o.Journal, err)
	}
	if err := j.file.Truncate(int64(good)); err != nil {
		return nil, err
	}
	if good == 0 {
		return j, j.write(mine)
	}
	return j, nil
}

// read takes in what a journal has, and returns how many bytes of it are to stay: all but a last line that was torn, or
// none where it begins anew.
func (j *journal) read(text, mine []byte, fresh bool) (good int, err error) {
	first, rest, whole := bytes.Cut(text, []byte{'\n'})
	var h header
	switch {
	case !whole && bytes.HasPrefix(mine, first):
		return 0, nil // new, or torn at once
	case json.Unmarshal(first, &h) != nil || h.Format != format:
		return 0, errors.New("is no journal of trials: name another file")
	case fresh:
		return 0, nil
	case !whole || !bytes.Equal(first, mine):
		return 0, errors.New("keeps the trials of another command, or of another folder: name another file, or --fresh to begin anew")
	}
	for good = len(first) + 1; ; {
		line, after, whole := bytes.Cut(rest, []byte{'\n'})
		if !whole {
			return good, nil
		}
		var e entry
		if json.Unmarshal(line, &e) == nil && e.Key != "" { // else it was torn, and what follows is still good
			j.known[e.Key] = e
		}
		good, rest = good+len(line)+1, after
	}
}

// get returns what is known of a trial. One that was ended for its time is not, where it may now take longer.
func (j *journal) get(key string) (entry, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e, ok := j.known[key]
	return e, ok && !(e.Late && (j.timeout == 0 || j.timeout.Seconds() > e.Seconds))
}

// put keeps what came out, so that it survives whatever comes.
func (j *journal) put(e entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.known[e.Key] = e
	if j.file == nil {
		return nil
	}
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return j.write(text)
}

func (j *journal) write(text []byte) error {
	if _, err := j.file.Write(append(text, '\n')); err != nil {
		return err
	}
	return j.file.Sync()
}

func (j *journal) close() error {
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}

// Split splits a launcher as people write it: "srun -n1".
func Split(launch string) []string { return strings.Fields(launch) }
