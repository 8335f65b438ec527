package ui

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// artefact is a file to be written: what its name ends in, and its content.
type artefact struct {
	ending string
	write  func(w io.Writer) error
}

// save writes files into the folder where the program was started, in a goroutine of its own, and says where they are.
// Their names begin with what they are about and end with the time; nothing is ever overwritten.
func (m *Model) save(about string, files ...artefact) {
	switch {
	case m.guest != nil:
		m.refuse(noFiles)
		return
	case m.ready != nil: // it would be forgotten
		m.refuse("not written: something else is on its way, try again when it is there")
		return
	}
	name := fmt.Sprintf("opttui-%s-%s", fileName(about), time.Now().Format("20060102-150405"))
	m.later("writing", func() func() {
		written, err := writeAll(name, files)
		return func() {
			if err != nil {
				m.refuse("not written: %v", err)
				return
			}
			m.say("written: %s", strings.Join(written, ", "))
		}
	})
}

// fileName keeps of a name what is harmless in the name of a file.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		default:
			return '-'
		}
	}, s)
}

// writeAll writes the files and returns their names. Each is made whole before it is created.
func writeAll(name string, files []artefact) ([]string, error) {
	var written []string
	for _, a := range files {
		var b bytes.Buffer
		if err := a.write(&b); err != nil {
			return written, err
		}
		f, err := create(name, a.ending)
		if err != nil {
			return written, err
		}
		_, err = f.Write(b.Bytes())
		if closing := f.Close(); err == nil {
			err = closing
		}
		if err != nil {
			return written, err
		}
		written = append(written, filepath.Base(f.Name()))
	}
	return written, nil
}

// create makes a new file, with a number in its name where there is one of that name already.
func create(name, ending string) (*os.File, error) {
	for i := 1; ; i++ {
		n := name + "." + ending
		if i > 1 {
			n = fmt.Sprintf("%s-%d.%s", name, i, ending)
		}
		f, err := os.OpenFile(n, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if !os.IsExist(err) || i == 100 {
			return f, err
		}
	}
}
