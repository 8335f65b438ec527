// Package journal keeps what a person does in a session on disk, so that it survives a crash.
//
// A session is one file that is only ever appended to. Each line is a record: the CRC-32C of its JSON in eight
// hexadecimal digits, a space, the JSON, a newline. The first record is the Header. A write that was torn in the middle
// is found by the sum, and what stands before it is good: cutting a file anywhere leaves a prefix of its records.
//
// A run is a pure function of its spec and its commands, so that they and the step reached are all there is to keep.
package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"runtime"
	"strconv"
	"time"

	"opttui/internal/kernel"
	"opttui/internal/train"
)

// Version is the version of the format that is written.
const Version = 1

// Header is the first record of a session.
type Header struct {
	Format  string    `json:"format"`  // "opttui session"
	Version int       `json:"version"` // of the format
	Program string    `json:"program"` // version of the program
	OS      string    `json:"os"`
	Arch    string    `json:"arch"`
	Kernel  string    `json:"kernel,omitempty"` // what the numbers were made with: see kernel.Name
	Started time.Time `json:"started"`
}

const format = "opttui session"

func newHeader(program string, now time.Time) Header {
	return Header{Format: format, Version: Version, Program: program, OS: runtime.GOOS, Arch: runtime.GOARCH, Kernel: kernel.Name(), Started: now}
}

// Op says what a record is about.
type Op string

const (
	// OpRun: run ID starts as Spec. It takes the place of an earlier run ID.
	OpRun Op = "run"
	// OpCommand: Entry was carried out on run ID.
	OpCommand Op = "command"
	// OpRewind: run ID was taken back to Step and went on from there: commands after it are no more.
	OpRewind Op = "rewind"
	// OpRemove: run ID was taken away.
	OpRemove Op = "remove"
	// OpBeat: run ID has reached Step.
	OpBeat Op = "beat"
	// OpClose: the session was ended by the person.
	OpClose Op = "close"
	// OpResume: the session was taken up again, with these kernels.
	OpResume Op = "resume"
)

// Record is one line of a session after its header.
type Record struct {
	Op    Op           `json:"op"`
	ID    int          `json:"id"` // of the run: its colour
	Spec  *train.Spec  `json:"spec,omitempty"`
	Entry *train.Entry `json:"entry,omitempty"`
	Step  int          `json:"step,omitempty"`
	Stamp *Stamp       `json:"stamp,omitempty"` // of the data file that a started run reads

	Kernel string `json:"kernel,omitempty"`
}

// Stamp is by what a data file is known again without being read: another one may have taken its place.
type Stamp struct {
	Size    int64     `json:"size"` // in bytes
	Changed time.Time `json:"changed"`
}

// stampOf returns the stamp of a file, nil where there is none.
func stampOf(path string) *Stamp {
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	return &Stamp{Size: info.Size(), Changed: info.ModTime().UTC()}
}

// valid tells whether the record has what its Op needs.
func (r Record) valid() bool {
	switch r.Op {
	case OpRun:
		return r.Spec != nil
	case OpCommand:
		return r.Entry != nil
	case OpRewind, OpRemove, OpBeat, OpClose, OpResume:
		return true
	}
	return false
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// frame writes v as a line.
func frame(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%08x %s\n", crc32.Checksum(text, castagnoli), text), nil
}

// unframe returns the JSON of the first line of data and its length with sum and newline, false where the line is not
// whole.
func unframe(data []byte) (text []byte, n int, ok bool) {
	end := bytes.IndexByte(data, '\n')
	if end < 9 || data[8] != ' ' {
		return nil, 0, false
	}
	sum, err := strconv.ParseUint(string(data[:8]), 16, 32)
	text = data[9:end]
	if err != nil || crc32.Checksum(text, castagnoli) != uint32(sum) {
		return nil, 0, false
	}
	return text, end + 1, true
}
