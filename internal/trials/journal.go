package trials

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"opttui/internal/usage"
)

// entry is what came out of a trial: a line of the journal.
type entry struct {
	Key      string    `json:"key"`
	Loss     []float64 `json:"loss"`
	Diverged bool      `json:"diverged,omitempty"`
	Seconds  float64   `json:"seconds"`
	Exit     int       `json:"exit,omitempty"`
}

// header is the first line.
type header struct {
	Format  string   `json:"format"`
	Command []string `json:"command"`
	Loss    string   `json:"loss,omitempty"`
}

const format = "opttui trials 1"

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

// FileFor is where the trials of a command are kept in a folder: the same command finds them again.
func FileFor(dir string, command []string, loss string) string {
	h := sha256.New()
	for _, arg := range append([]string{loss}, command...) {
		h.Write([]byte(arg))
		h.Write([]byte{0})
	}
	return filepath.Join(dir, "trials", hex.EncodeToString(h.Sum(nil)[:8])+".jsonl")
}

// journal keeps what came out.
type journal struct {
	mu    sync.Mutex
	file  *os.File // nil keeps nothing
	known map[string]entry
}

// openJournal reads what is known of the command. A line that was torn by a crash is left out. The journal of another
// command is a *usage.Error.
func openJournal(o Options) (*journal, error) {
	j := &journal{known: make(map[string]entry)}
	if o.Journal == "" {
		return j, nil
	}
	if err := os.MkdirAll(filepath.Dir(o.Journal), 0o700); err != nil {
		return nil, err
	}
	mine, err := json.Marshal(header{format, o.Command, o.Loss})
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(o.Journal)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if o.Fresh {
		text = nil
	}
	good, err := j.read(text, mine)
	if err != nil {
		return nil, usage.Errorf("%s %v", o.Journal, err)
	}
	if j.file, err = os.OpenFile(o.Journal, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
		return nil, err
	}
	if err := j.file.Truncate(int64(good)); err != nil {
		return nil, err
	}
	if good == 0 {
		return j, j.write(mine)
	}
	return j, nil
}

// read takes in what a journal has, and returns how many bytes of it are good.
func (j *journal) read(text, mine []byte) (good int, err error) {
	in := bufio.NewReader(bytes.NewReader(text))
	for n := 0; ; n++ {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return good, nil // the last line is torn, or there is none
		}
		if n == 0 {
			if !bytes.Equal(bytes.TrimSpace(line), mine) {
				return 0, errors.New("keeps the trials of another command, or is no journal of trials: name another file, or --fresh to begin anew")
			}
		} else {
			var e entry
			if json.Unmarshal(line, &e) != nil || e.Key == "" {
				return good, nil
			}
			j.known[e.Key] = e
		}
		good += len(line)
	}
}

func (j *journal) get(key string) (entry, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e, ok := j.known[key]
	return e, ok
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
