package events

import (
	"encoding/binary"
	"errors"
	"math"
)

// Wire types (protobuf.dev/programming-guides/encoding).
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

// message is an encoded message of Protocol Buffers to which fields are appended.
type message []byte

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

// field is one of a message: its number as bits where it is a number, its bytes where it is text or a message.
type field struct {
	number uint64
	wire   uint8
	bits   uint64
	data   []byte
}

func (f field) float() float64  { return float64(math.Float32frombits(uint32(f.bits))) }
func (f field) double() float64 { return math.Float64frombits(f.bits) }

var errMessage = errors.New("a record holds no event")

// next cuts the first field off the message. There must be one.
func (m *message) next() (field, error) {
	b := *m
	key, n := binary.Uvarint(b)
	if n <= 0 {
		return field{}, errMessage
	}
	f := field{number: key >> 3, wire: uint8(key & 7)}
	b = b[n:]
	switch f.wire {
	case wireVarint:
		if f.bits, n = binary.Uvarint(b); n <= 0 {
			return f, errMessage
		}
	case wireFixed64:
		if n = 8; len(b) < n {
			return f, errMessage
		}
		f.bits = binary.LittleEndian.Uint64(b)
	case wireFixed32:
		if n = 4; len(b) < n {
			return f, errMessage
		}
		f.bits = uint64(binary.LittleEndian.Uint32(b))
	case wireBytes:
		size, k := binary.Uvarint(b)
		if k <= 0 || size > uint64(len(b)-k) {
			return f, errMessage
		}
		n = k + int(size)
		f.data = b[k:n]
	default: // groups are in no event
		return f, errMessage
	}
	*m = b[n:]
	return f, nil
}
