// Package tail follows files that other programs write: as they grow, are cut short, or are replaced by new ones of the
// same name.
package tail

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// Follower reads what is new in a file. It belongs to one goroutine at a time.
type Follower struct {
	path string
	file *os.File
	info fs.FileInfo // of the file when it was last looked at
	at   int64
	buf  []byte
	head []byte // what the file begins with, and
	last []byte // what was read last: they tell whether it has been written anew
}

// New follows the file at path from its beginning. It need not be there yet.
func New(path string) *Follower { return &Follower{path: path} }

// Lend has the file read into buf until the next call, so that followers that take turns share memory.
func (f *Follower) Lend(buf []byte) { f.buf = buf }

// Open tells whether the file is held open.
func (f *Follower) Open() bool { return f.file != nil }

// Close lets go of the file. The next Poll opens it again and goes on where this ended, where it is still the same.
func (f *Follower) Close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}

// Modified is when the file was last written to, as of the last Poll; the zero time if there was none.
func (f *Follower) Modified() time.Time {
	if f.info == nil {
		return time.Time{}
	}
	return f.info.ModTime()
}

// Progress is how many bytes have been read of how many there are, as of the last Poll.
func (f *Follower) Progress() (read, size int64) {
	if f.info == nil {
		return 0, 0
	}
	return f.at, max(f.info.Size(), f.at)
}

// Sizes of what is read at a time, and of what is compared to tell whether a file is still the same.
const (
	chunkSize = 256 << 10
	headSize  = 256
	lastSize  = 64
)

// Poll reads what is new, about most bytes of it at the most, and calls chunk with each piece, which the next one
// overwrites. Where the file has been cut short or written anew, or another one has taken its place, again is called, and the
// reading begins anew. It returns how many bytes were read: 0 is the end for now. A file that is not there is none with
// nothing new.
func (f *Follower) Poll(most int, chunk func([]byte), again func()) (n int, err error) {
	if f.quiet() {
		return 0, nil
	}
	for n < most {
		there, err := f.open(again)
		if !there || err != nil {
			return n, err
		}
		before := f.info
		if f.info, err = f.file.Stat(); err != nil {
			return n, err
		}
		size := f.info.Size()
		written := size > f.at || before != nil && !before.ModTime().Equal(f.info.ModTime())
		switch {
		case size < f.at || n == 0 && written && !f.same():
			f.begin()
			again()
		case size > f.at:
			got, err := f.read()
			if n += got; got > 0 {
				chunk(f.buf[:got])
			}
			if err != nil && !errors.Is(err, io.EOF) {
				return n, err
			}
			if got == 0 { // it is just being cut
				return n, nil
			}
		default:
			changed, err := f.changed()
			if err != nil || !changed {
				return n, err
			}
		}
	}
	return n, nil
}

// quiet tells, as is nearly always so, that nothing has been written to the file since all of it was read.
func (f *Follower) quiet() bool {
	if f.info == nil {
		return false
	}
	now, err := os.Stat(f.path)
	return err == nil && now.Size() == f.at && now.ModTime().Equal(f.info.ModTime()) && os.SameFile(f.info, now)
}

// begin forgets what was read.
func (f *Follower) begin() { f.at, f.head, f.last = 0, f.head[:0], f.last[:0] }

// open opens the file, where it is there and not open yet.
func (f *Follower) open(again func()) (bool, error) {
	if f.file != nil {
		return true, nil
	}
	info, err := os.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case info.IsDir():
		return false, &fs.PathError{Op: "read", Path: f.path, Err: errors.New("it is a folder")}
	case !info.Mode().IsRegular(): // to open a pipe might never return
		return false, &fs.PathError{Op: "read", Path: f.path, Err: errors.New("it is not a regular file")}
	}
	if f.file, err = os.Open(f.path); err != nil {
		f.file = nil
		return false, err
	}
	if f.info != nil && !os.SameFile(f.info, info) {
		f.begin()
		again()
	}
	return true, nil
}

// read reads the next piece and remembers what it will be known by.
func (f *Follower) read() (int, error) {
	if f.buf == nil {
		f.buf = make([]byte, chunkSize)
	}
	n, err := f.file.ReadAt(f.buf, f.at)
	f.at += int64(n)
	piece := f.buf[:n]
	f.head = append(f.head, piece[:min(n, headSize-len(f.head))]...)
	f.last = append(f.last, piece[max(n-lastSize, 0):]...)
	if over := len(f.last) - lastSize; over > 0 {
		f.last = append(f.last[:0], f.last[over:]...)
	}
	return n, err
}

// same tells whether what was read is still there: a program that writes all of its file anew may have made it longer at
// once.
func (f *Follower) same() bool {
	var there [headSize]byte
	for _, known := range []struct {
		text []byte
		at   int64
	}{{f.head, 0}, {f.last, f.at - int64(len(f.last))}} {
		n, _ := f.file.ReadAt(there[:len(known.text)], known.at)
		if !bytes.Equal(there[:n], known.text) {
			return false
		}
	}
	return true
}

// changed looks, at the end of the file, whether another one has taken its place, and lets go of it then.
func (f *Follower) changed() (bool, error) {
	there, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) { // moved away: a new one may come
		return false, nil
	}
	if err != nil || os.SameFile(f.info, there) {
		return false, err
	}
	return true, f.Close()
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

// Overwrite forgets what of a line without an end has been written over: all before its last carriage return, as progress
// bars have many of.
func (l *Lines) Overwrite() {
	if at := bytes.LastIndexByte(bytes.TrimRight(l.part, "\r"), '\r'); at >= 0 {
		l.part, l.cut = append(l.part[:0], l.part[at+1:]...), false
	}
}

// Part is what there is of a line without an end.
func (l *Lines) Part() (text []byte, cut bool) { return trim(l.part), l.cut }

// Pending tells whether there is part of a line.
func (l *Lines) Pending() bool { return len(l.part) > 0 || l.cut }

func trim(text []byte) []byte {
	if n := len(text); n > 0 && text[n-1] == '\r' {
		return text[:n-1]
	}
	return text
}
