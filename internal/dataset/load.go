package dataset

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"

	"opttui/internal/usage"
)

// File is a table of the user's own.
type File struct {
	Path string `json:"path"` // CSV, or an idx file of images; either may be gzipped
	// Target is the name of the column to predict; "" is the one called target, label, class or y, or else the last.
	// Of an idx file it is the path of the labels; "" is the file whose name says so.
	Target  string   `json:"target,omitempty"`
	Ignore  []string `json:"ignore,omitempty"`  // names of columns to leave out
	Missing string   `json:"missing,omitempty"` // what to do about missing values: see MissingRules
	As      string   `json:"as,omitempty"`      // what the target is: AsClass, AsNumber, or "" to find out
}

// What a target can be told to be.
const (
	AsClass  = "class"
	AsNumber = "number"
)

// MissingRules are what can be done about missing values, where they are not refused: leave their rows out, or put the
// mean of the column's training rows in their place.
var MissingRules = []string{skipMissing, meanMissing}

const (
	skipMissing = "skip"
	meanMissing = "mean"
)

var (
	loadedMutex sync.Mutex
	loaded      = map[string]*Dataset{}
)

// Load reads the file, holds a fifth of it out and standardises it. The same file is read once: it is shared by all who
// ask for it. Errors are *usage.Error where the person can name something else, and plain ones for unreadable files.
func Load(f File) (*Dataset, error) { return LoadWith(f, nil) }

// LoadWith is Load, and tells progress how many of the file's bytes have been read. It is told nothing of a file that
// has been read before.
func LoadWith(f File, progress func(done, total int64)) (*Dataset, error) {
	path, err := filepath.Abs(f.Path)
	if err != nil {
		return nil, err
	}
	named := f
	named.Path = path
	key, err := json.Marshal(named)
	if err != nil {
		return nil, err
	}
	// The lock is held while reading: whoever asks for the same file meanwhile waits for it.
	loadedMutex.Lock()
	defer loadedMutex.Unlock()
	if d, ok := loaded[string(key)]; ok {
		return d, nil
	}
	d, err := load(f, progress)
	if err != nil {
		return nil, err
	}
	loaded[string(key)] = d
	if f.As == "" { // the same as if it had been told what it is
		named.As = AsClass
		if d.Numeric() {
			named.As = AsNumber
		}
		if key, err = json.Marshal(named); err == nil {
			loaded[string(key)] = d
		}
	}
	return d, nil
}

func load(f File, progress func(done, total int64)) (*Dataset, error) {
	if f.Missing != "" && f.Missing != skipMissing && f.Missing != meanMissing {
		return nil, usage.Unknown("rule for missing values", f.Missing, MissingRules)
	}
	in, err := openFile(f.Path, progress)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	// What is read and thrown away must not take as much memory as what is kept.
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	d := &Dataset{}
	d.describeFile(f.Path)
	if magic, err := in.Peek(4); err == nil && isIDX(magic) {
		labels, err := labelsOf(f)
		if err != nil {
			return nil, err
		}
		l, err := openFile(labels, nil)
		if err != nil {
			return nil, fmt.Errorf("the labels of %s: %w", filepath.Base(f.Path), err)
		}
		defer l.Close()
		err = d.readIDX(in, l, f.As)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Path, err)
		}
	} else if err := d.readCSV(in, f); err != nil {
		return nil, located(f.Path, err)
	}
	return d, nil
}

// located puts the file's name in front of an error and keeps its kind.
func located(path string, err error) error {
	if _, ok := err.(*usage.Error); ok {
		return usage.Errorf("%s: %v", path, err)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// describeFile fills in what a file's name says.
func (d *Dataset) describeFile(path string) {
	d.Title = strings.Map(printable, filepath.Base(path))
	d.Name, _, _ = strings.Cut(d.Title, ".")
	d.Source = "your file " + d.Title
}

// file is an open table: unpacked, and with the number of bytes that have been taken from the disk.
type file struct {
	*bufio.Reader
	disk  *os.File
	taken *counter
}

// counter counts the bytes of a file that have been read.
type counter struct {
	r           io.Reader
	done, total int64
	tell        func(done, total int64)
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.done += int64(n)
	if c.tell != nil {
		c.tell(c.done, c.total)
	}
	return n, err
}

func (f *file) Close() error {
	if f.disk == nil {
		return nil
	}
	return f.disk.Close()
}

const bufferSize = 1 << 20

// openFile opens a table and unpacks it where it is gzipped, whatever its name.
func openFile(path string, progress func(done, total int64)) (*file, error) {
	disk, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := disk.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a folder, not a file", path)
	}
	if err != nil {
		disk.Close()
		return nil, err
	}
	c := &counter{r: disk, total: info.Size(), tell: progress}
	f, err := unpack(c)
	if err != nil {
		disk.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f.disk, f.taken = disk, c
	return f, nil
}

// unpack reads what a stream holds, which may be gzipped.
func unpack(r io.Reader) (*file, error) {
	b := bufio.NewReaderSize(r, bufferSize)
	magic, _ := b.Peek(2)
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return &file{Reader: b}, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, fmt.Errorf("it begins like a gzip file and is none: %w", err)
	}
	return &file{Reader: bufio.NewReaderSize(z, bufferSize)}, nil
}
