package watch

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"opttui/internal/monitor"
	"opttui/internal/protocol"
)

// Bounds of the search in folders, and of what is told of it.
const (
	maxText    = 500   // characters
	maxDepth   = 8     // of folders in each other
	maxEntries = 20000 // that are looked at in one search
)

// finder remembers what was found.
type finder struct {
	known   map[string]bool    // files, by their absolute path
	byDir   map[string]*source // runs of event files, by their folder
	names   map[string]bool    // of runs
	fresh   []*source          // found by this search
	entries int                // seen by it
	logs    int                // among them
	notices []string           // of it
}

func newFinder() *finder {
	return &finder{known: make(map[string]bool), byDir: make(map[string]*source), names: make(map[string]bool)}
}

// look searches for files that are new.
func (w *Watcher) look() {
	f := w.found
	f.fresh, f.entries, f.logs, f.notices = nil, 0, 0, nil
	for _, t := range w.targets {
		f.target(t)
	}
	if len(f.fresh) > 0 {
		all := append(slices.Clone(*w.sources.Load()), f.fresh...)
		w.sources.Store(&all)
	}
	w.notices.Store(&f.notices)
}

// notice says something once a search.
func (f *finder) notice(format string, args ...any) {
	if text := protocol.Clean(fmt.Sprintf(format, args...), maxText); !slices.Contains(f.notices, text) {
		f.notices = append(f.notices, text)
	}
}

// target searches for what was asked for.
func (f *finder) target(path string) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		f.folder(path)
	case err == nil || !errors.Is(err, fs.ErrNotExist):
		f.file(path, path)
	case strings.ContainsAny(path, `*?[`):
		f.pattern(path)
	default:
		f.notice("%s is not there yet", path)
		if format := formatOf(path); format == isJSONL || format == isTable {
			f.file(path, path) // its run waits for it
		}
	}
}

// pattern searches for what matches a pattern.
func (f *finder) pattern(pattern string) {
	matches, err := filepath.Glob(pattern)
	if err != nil {
		f.notice("%s is no pattern: %v", pattern, err)
		return
	}
	if len(matches) == 0 {
		f.notice("nothing is called %s yet", pattern)
	}
	for _, path := range matches {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			f.folder(path)
		} else if err == nil {
			f.file(path, path)
		}
	}
}

// folder searches for logs in a folder and those in it. Links are not followed: they mostly lead to the latest of what is
// there already.
func (f *finder) folder(root string) {
	before := f.logs
	f.walk(root, root, 0)
	if f.logs == before {
		f.notice("there is no log in %s yet", root)
	}
}

func (f *finder) walk(root, dir string, depth int) {
	if depth > maxDepth {
		f.notice("%s: folders more than %d deep are left out", root, maxDepth)
		return
	}
	entries, err := entriesOf(dir, maxEntries-f.entries+1)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.notice("%v", err)
	}
	for _, e := range entries {
		if f.entries++; f.entries > maxEntries {
			f.notice("%s: more than %d files and folders: not all are looked at", root, maxEntries)
			return
		}
		path := filepath.Join(dir, e.Name())
		switch hidden := strings.HasPrefix(e.Name(), "."); {
		case e.IsDir() && !hidden:
			f.walk(root, path, depth+1)
		case e.Type().IsRegular() && isLog(path):
			f.logs++
			f.file(path, filepath.Join(baseOf(root), strings.TrimPrefix(path, filepath.Clean(root))))
		}
	}
}

// entriesOf returns up to so many entries of a folder, by name.
func entriesOf(dir string, most int) ([]fs.DirEntry, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.ReadDir(max(most, 1))
	if errors.Is(err, io.EOF) {
		err = nil
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

// baseOf is the last name of a folder, "" for one that has none, as the one that is worked in.
func baseOf(dir string) string {
	if base := filepath.Base(dir); base != "." && base != ".." && base != string(filepath.Separator) {
		return base
	}
	return ""
}

// file takes in a file, if it is new, and gives its run a name for people.
func (f *finder) file(path, name string) {
	key, err := filepath.Abs(path)
	if err != nil {
		key = filepath.Clean(path)
	}
	if f.known[key] {
		return
	}
	if len(f.known) == MaxFiles {
		f.notice("more than %d files: those found after them are left out", MaxFiles)
		return
	}
	format := formatOf(path)
	if format != isEvents {
		if s := f.run(name, path); s != nil {
			f.known[key] = true
			s.add(path, format)
		}
		return
	}
	dir := filepath.Dir(key)
	s := f.byDir[dir]
	if s == nil {
		if name = filepath.Dir(name); name == "." {
			name = filepath.Base(dir)
		}
		if s = f.run(name, filepath.Dir(path)); s == nil {
			return
		}
		f.byDir[dir] = s
	}
	f.known[key] = true
	s.add(path, format)
}

// run makes a run, nil where there are enough. It is called by its path where another one has its name.
func (f *finder) run(name, path string) *source {
	if len(f.names) == MaxRuns {
		f.notice("more than %d runs: those found after them are left out", MaxRuns)
		return nil
	}
	for n, second := 2, name; f.names[name]; n++ {
		name = path
		if f.names[name] {
			name = fmt.Sprintf("%s (%d)", second, n)
		}
	}
	f.names[name] = true
	s := &source{sink: sink{run: monitor.NewRun(protocol.Clean(name, maxText), time.Now())}}
	f.fresh = append(f.fresh, s)
	return s
}
