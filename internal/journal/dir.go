package journal

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"opttui/internal/filelock"
)

// suffix of the files.
const suffix = ".session"

// What is kept of old sessions.
const (
	maxSessions = 50
	maxAge      = 30 * 24 * time.Hour
)

// Dir is the folder of the sessions, as the XDG Base Directory Specification has it for state.
func Dir() (string, error) {
	state := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) { // the specification says to ignore others
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "opttui"), nil
}

// sessionFile is a file in the folder.
type sessionFile struct {
	id, path string
	written  time.Time
}

// sessions lists the files, the latest first.
func sessions(dir string) ([]sessionFile, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var files []sessionFile
	for _, e := range entries {
		id, ok := strings.CutSuffix(e.Name(), suffix)
		info, err := e.Info()
		if ok && err == nil && info.Mode().IsRegular() {
			files = append(files, sessionFile{id, filepath.Join(dir, e.Name()), info.ModTime()})
		}
	}
	slices.SortFunc(files, func(a, b sessionFile) int {
		return cmp.Or(b.written.Compare(a.written), cmp.Compare(b.id, a.id))
	})
	return files, err
}

// prune removes old sessions, but none that is in use.
func prune(dir string, now time.Time) {
	files, _ := sessions(dir) // what cannot be seen cannot be removed
	for i, f := range files {
		if (i >= maxSessions || now.Sub(f.written) > maxAge) && !inUse(f.path) {
			_ = os.Remove(f.path) // another opttui may have been faster
		}
	}
}

// create makes a new file, named by the time, and takes it in use.
func create(dir string, now time.Time) (f *os.File, id string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, "", err
	}
	base := now.Format("20060102-150405")
	for i := 1; ; i++ {
		id = base
		if i > 1 {
			id = fmt.Sprintf("%s-%d", base, i)
		}
		f, err = os.OpenFile(filepath.Join(dir, id+suffix), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
		if !errors.Is(err, fs.ErrExist) || i == 1000 {
			break
		}
	}
	if err != nil {
		return nil, "", err
	}
	_ = take(f) // nobody else has a file that is new
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync() // the name, too, is to survive a power cut; not every system can
		_ = d.Close()
	}
	return f, id, nil
}

// take takes the file in use until it is closed. On a file system without locks that has no effect: its sessions may be
// offered while they are in use.
func take(f *os.File) (err error) {
	for range 100 { // a list that another opttui makes locks each file for a moment
		if err = filelock.Lock(f); !errors.Is(err, filelock.ErrInUse) {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	return err
}

// inUse tells whether an opttui has the file open.
func inUse(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return filelock.Locked(f)
}
