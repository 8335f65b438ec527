package export

import (
	"bufio"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math"
)

// Events writes a file for TensorBoard with the scalars loss (the mean of the steps since the row before) and, where
// there is one, lr. Steps without a finite loss are left out.
//
// The file is a sequence of TFRecords (tensorflow/core/lib/io/record_writer.h), each an Event
// (tensorflow/core/util/event.proto) in the encoding of Protocol Buffers.
func Events(w io.Writer, h History) error {
	out := bufio.NewWriter(w)
	begin := float64(h.Started.UnixNano()) / 1e9
	var version message
	version.double(1, begin)
	version.bytes(3, []byte("brain.Event:2"))
	writeRecord(out, version)
	_ = h.rows(func(r row) error {
		var summary message
		if r.finite {
			summary.bytes(1, scalar("loss", r.Mean))
		}
		if r.hasRate {
			summary.bytes(1, scalar("lr", r.lr))
		}
		if len(summary) == 0 {
			return nil
		}
		var event message
		event.double(1, begin+r.Seconds)
		event.varint(2, uint64(r.step))
		event.bytes(5, summary)
		return writeRecord(out, event)
	})
	return out.Flush() // it has the error of any write before
}

// scalar is a Summary.Value (tensorflow/core/framework/summary.proto) with a simple_value.
func scalar(tag string, v float64) message {
	var m message
	m.bytes(1, []byte(tag))
	m.float(2, float32(v))
	return m
}

// message is an encoded message of Protocol Buffers to which fields are appended.
type message []byte

// Wire types (protobuf.dev/programming-guides/encoding).
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

func (m *message) tag(field, wire uint64) { *m = binary.AppendUvarint(*m, field<<3|wire) }

func (m *message) varint(field, v uint64) {
	m.tag(field, wireVarint)
	*m = binary.AppendUvarint(*m, v)
}

func (m *message) double(field uint64, v float64) {
	m.tag(field, wireFixed64)
	*m = binary.LittleEndian.AppendUint64(*m, math.Float64bits(v))
}

func (m *message) float(field uint64, v float32) {
	m.tag(field, wireFixed32)
	*m = binary.LittleEndian.AppendUint32(*m, math.Float32bits(v))
}

func (m *message) bytes(field uint64, b []byte) {
	m.tag(field, wireBytes)
	*m = binary.AppendUvarint(*m, uint64(len(b)))
	*m = append(*m, b...)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is the checksum of a TFRecord: a CRC-32C, turned and shifted so that data with sums in it keep good sums.
func masked(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// writeRecord writes length, its sum, data, their sum.
func writeRecord(w io.Writer, data []byte) error {
	head := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	head = binary.LittleEndian.AppendUint32(head, masked(head))
	tail := binary.LittleEndian.AppendUint32(nil, masked(data))
	for _, b := range [][]byte{head, data, tail} {
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}
