// Package events is the format of TensorBoard's event files: TFRecords (tensorflow/core/lib/io/record_writer.h), each
// with an Event (tensorflow/core/util/event.proto) in the encoding of Protocol Buffers.
package events

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is the checksum of a TFRecord: a CRC-32C, turned and shifted so that data with sums in it keep good sums.
func masked(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

const (
	headSize = 12 // a length of 8 bytes and its sum
	tailSize = 4  // the sum of the data
)

// AppendRecord appends a TFRecord with the data: length, its sum, data, their sum.
func AppendRecord(to, data []byte) []byte {
	n := len(to)
	to = binary.LittleEndian.AppendUint64(to, uint64(len(data)))
	to = binary.LittleEndian.AppendUint32(to, masked(to[n:]))
	to = append(to, data...)
	return binary.LittleEndian.AppendUint32(to, masked(data))
}

// IsRecord tells whether a file that begins with these bytes is one of TFRecords. There must be 12 of them.
func IsRecord(start []byte) bool {
	return len(start) >= headSize && masked(start[:8]) == binary.LittleEndian.Uint32(start[8:])
}

// MaxRecord is the size of the largest record that is read: those with numbers in them are small. Larger ones, with
// pictures or graphs, are passed over.
const MaxRecord = 1 << 20

// What can be wrong with records.
var (
	ErrLength = errors.New("a record's length is damaged: nothing after it can be read")
	ErrData   = errors.New("a record is damaged")
)

// Records puts records together from pieces of a file. The zero Records is at its beginning.
type Records struct {
	part []byte // of a record that is not whole yet
	skip uint64 // bytes of a large record that are still to come
	lost bool   // after ErrLength
}

// Add takes in a piece and calls record for every whole record with its data, in memory that is overwritten later, or
// with what is wrong: ErrData for one whose sum is wrong, ErrLength at most once for the rest of the file.
func (r *Records) Add(piece []byte, record func(data []byte, err error)) {
	for len(piece) > 0 && !r.lost {
		if r.skip > 0 {
			n := min(r.skip, uint64(len(piece)))
			r.skip -= n
			piece = piece[n:]
			continue
		}
		if len(r.part) == 0 { // as nearly always: nothing is copied
			if n := r.whole(piece, record); n > 0 {
				piece = piece[n:]
				continue
			}
		}
		if r.lost || r.skip > 0 {
			continue
		}
		n := min(r.missing(), len(piece))
		r.part = append(r.part, piece[:n]...)
		piece = piece[n:]
		if r.whole(r.part, record) > 0 || r.skip > 0 {
			r.part = r.part[:0]
		}
	}
	if r.lost || cap(r.part) > 64<<10 && len(r.part) == 0 {
		r.part = nil
	}
}

// whole reads the record that b begins with, where it is whole, and returns its size, else 0. Of a large one it sets what is to
// be skipped beyond the part that has been taken in.
func (r *Records) whole(b []byte, record func(data []byte, err error)) int {
	if len(b) < headSize {
		return 0
	}
	if !IsRecord(b) {
		r.lost = true
		record(nil, ErrLength)
		return 0
	}
	size := binary.LittleEndian.Uint64(b)
	if size > MaxRecord {
		r.skip = min(size, math.MaxInt64) + headSize + tailSize - uint64(len(r.part))
		return 0
	}
	end := headSize + int(size)
	if len(b) < end+tailSize {
		return 0
	}
	if data := b[headSize:end]; masked(data) == binary.LittleEndian.Uint32(b[end:]) {
		record(data, nil)
	} else {
		record(nil, ErrData)
	}
	return end + tailSize
}

// missing is how many bytes the part lacks of its head, or of a record of which the head is there.
func (r *Records) missing() int {
	if len(r.part) < headSize {
		return headSize - len(r.part)
	}
	return headSize + int(binary.LittleEndian.Uint64(r.part)) + tailSize - len(r.part)
}

// Pending tells whether there is part of a record.
func (r *Records) Pending() bool { return len(r.part) > 0 || r.skip > 0 }
