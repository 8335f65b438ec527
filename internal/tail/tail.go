// Package tail follows files that other programs write: as they grow, are cut short, or are replaced by new ones of the
// same name.
package tail

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
)

// Follower reads what is new in a file. It belongs to one goroutine.
type Follower struct {
	path string
	file *os.File
	at   int64
	buf  []byte
}

// New follows the file at path from its beginning. It need not be there yet.
func New(path string) *Follower { return &Follower{path: path} }

// Close lets go of the file.
func (f *Follower) Close() error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}

// chunkSize is how much is read at a time.
const chunkSize = 256 << 10

// Poll reads what is new, about most bytes of it at the most, and calls chunk with each piece, which the next one
// overwrites. Where the file has been cut short or another one has taken its place, again is called, and the reading
// begins anew. It returns how many bytes were read: 0 is the end for now. A file that is not there is none with nothing
// new.
func (f *Follower) Poll(most int, chunk func([]byte), again func()) (n int, err error) {
	if f.buf == nil {
		f.buf = make([]byte, chunkSize)
	}
	for n < most {
		if there, err := f.open(); !there || err != nil {
			return n, err
		}
		got, err := f.file.ReadAt(f.buf, f.at)
		if got > 0 {
			f.at += int64(got)
			n += got
			chunk(f.buf[:got])
		}
		switch {
		case err == nil:
		case !errors.Is(err, io.EOF):
			return n, err
		case got == 0:
			changed, err := f.changed()
			if err != nil || !changed {
				return n, err
			}
			again()
		}
	}
	return n, nil
}

// open opens the file, where it is there and not open yet.
func (f *Follower) open() (bool, error) {
	if f.file != nil {
		return true, nil
	}
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	f.file, f.at = file, 0
	return true, nil
}

// changed looks, at the end of the file, whether it is still the same: cut short, or replaced by another.
func (f *Follower) changed() (bool, error) {
	mine, err := f.file.Stat()
	if err != nil {
		return false, err
	}
	if mine.Size() < f.at {
		f.at = 0
		return true, nil
	}
	there, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) { // moved away: a new one may come
		return false, nil
	}
	if err != nil || os.SameFile(mine, there) {
		return false, err
	}
	err = f.file.Close()
	f.file = nil
	return true, err
}

// Lines puts lines together from pieces. A line that is longer than Most bytes is cut, and the rest of it passed over.
type Lines struct {
	Most int
	part []byte
	cut  bool
}

// Add takes in a piece and calls line for every whole line, without its end, in memory that the next one overwrites; cut
// tells that there was more of it.
func (l *Lines) Add(piece []byte, line func(text []byte, cut bool)) {
	for len(piece) > 0 {
		end := bytes.IndexByte(piece, '\n')
		text := piece
		if end >= 0 {
			text = piece[:end]
		}
		if end >= 0 && len(l.part) == 0 && !l.cut && len(text) <= l.Most {
			line(trim(text), false) // as nearly always: nothing is copied
		} else {
			room := min(l.Most-len(l.part), len(text))
			l.cut = l.cut || room < len(text)
			l.part = append(l.part, text[:room]...)
			if end >= 0 {
				l.Flush(line)
			}
		}
		if end < 0 {
			return
		}
		piece = piece[end+1:]
	}
}

// Flush calls line with what there is of a line without an end.
func (l *Lines) Flush(line func(text []byte, cut bool)) {
	text, cut := l.part, l.cut
	l.part, l.cut = l.part[:0], false
	line(trim(text), cut)
	if cap(l.part) > 64<<10 {
		l.part = nil
	}
}

// Drop forgets what there is of a line.
func (l *Lines) Drop() { l.part, l.cut = l.part[:0], false }

// Pending tells whether there is part of a line.
func (l *Lines) Pending() bool { return len(l.part) > 0 || l.cut }

func trim(text []byte) []byte {
	if n := len(text); n > 0 && text[n-1] == '\r' {
		return text[:n-1]
	}
	return text
}
