package jsonl

import (
	"bufio"
	"errors"
	"io"
)

// ErrLong is a line that is longer than is read. The next one can be read after it.
var ErrLong = errors.New("a line is too long")

// Lines reads lines of bounded length.
type Lines struct {
	in   *bufio.Reader
	most int
	line []byte
}

// NewLines reads lines of at most so many bytes.
func NewLines(r io.Reader, most int) *Lines {
	return &Lines{in: bufio.NewReaderSize(r, 64<<10), most: most}
}

// Next returns the next line without its end, in memory that the next call overwrites. The error is ErrLong for a line
// that is too long, which is passed over, or that of the reader; a last line without an end is returned before it.
func (l *Lines) Next() ([]byte, error) {
	l.line = l.line[:0]
	long := false
	for {
		part, err := l.in.ReadSlice('\n')
		if whole := err == nil; whole && len(l.line) == 0 && !long && len(part)-1 <= l.most {
			return trimmed(part), nil // as nearly always: nothing is copied
		}
		if !long && len(l.line)+len(part) <= l.most+1 {
			l.line = append(l.line, part...)
		} else {
			long, l.line = true, nil // whoever sends such lines does not keep the memory
		}
		switch {
		case err == bufio.ErrBufferFull:
		case long && (err == nil || err == io.EOF):
			return nil, ErrLong
		case err == nil || err == io.EOF && len(l.line) > 0:
			return trimmed(l.line), nil
		default:
			return nil, err
		}
	}
}

// trimmed cuts off the end of a line.
func trimmed(line []byte) []byte {
	n := len(line)
	if n > 0 && line[n-1] == '\n' {
		n--
		if n > 0 && line[n-1] == '\r' {
			n--
		}
	}
	return line[:n]
}
