package events

import (
	"encoding/binary"
	"math"
)

// Numbers of the fields that are used: of Event, and of Summary, Summary.Value and SummaryMetadata
// (tensorflow/core/framework/summary.proto).
const (
	eventWallTime = 1
	eventStep     = 2
	eventVersion  = 3
	eventSummary  = 5

	summaryValue = 1

	valueTag      = 1
	valueSimple   = 2
	valueTensor   = 8
	valueMetadata = 9

	metadataPlugin = 1
	pluginName     = 1
)

// Event is what is read of one.
type Event struct {
	WallTime float64 // seconds since 1970
	Step     int64
}

// Read reads an event and calls scalar for each number in it, with its tag in memory of data. What is no scalar (pictures,
// histograms, texts) is passed over. All of the event is looked at before the first call: a damaged one tells nothing.
func Read(data []byte, scalar func(e Event, tag []byte, v float64)) error {
	e, err := head(data)
	if err != nil {
		return err
	}
	for _, tell := range [...]bool{false, true} {
		for m := message(data); len(m) > 0; {
			f, err := m.next()
			if err != nil {
				return err
			}
			if f.number == eventSummary && f.wire == wireBytes {
				if err := summary(f.data, e, scalar, tell); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// head reads the numbers of an event, which may come after what they belong to.
func head(m message) (e Event, err error) {
	for len(m) > 0 {
		f, err := m.next()
		switch {
		case err != nil:
			return e, err
		case f.number == eventWallTime && f.wire == wireFixed64:
			e.WallTime = f.double()
		case f.number == eventStep && f.wire == wireVarint:
			e.Step = int64(f.bits)
		}
	}
	return e, nil
}

func summary(m message, e Event, scalar func(e Event, tag []byte, v float64), tell bool) error {
	for len(m) > 0 {
		f, err := m.next()
		if err != nil {
			return err
		}
		if f.number != summaryValue || f.wire != wireBytes {
			continue
		}
		tag, v, ok, err := value(f.data)
		if err != nil {
			return err
		}
		if ok && tell {
			scalar(e, tag, v)
		}
	}
	return nil
}

// value reads a Summary.Value, and reports whether it is a scalar.
func value(m message) (tag []byte, v float64, ok bool, err error) {
	foreign := false
	for len(m) > 0 {
		f, err := m.next()
		if err != nil {
			return nil, 0, false, err
		}
		switch {
		case f.number == valueTag && f.wire == wireBytes:
			tag = f.data
		case f.number == valueSimple && f.wire == wireFixed32:
			v, ok = f.float(), true
		case f.number == valueTensor && f.wire == wireBytes:
			if v, ok, err = scalarOf(f.data); err != nil {
				return nil, 0, false, err
			}
		case f.number == valueMetadata && f.wire == wireBytes:
			if foreign, err = ofOtherPlugin(f.data); err != nil {
				return nil, 0, false, err
			}
		}
	}
	return tag, v, ok && !foreign, nil
}

// ofOtherPlugin tells whether a SummaryMetadata says that a value is for another plugin than that for scalars.
func ofOtherPlugin(m message) (bool, error) {
	other := false
	for len(m) > 0 {
		f, err := m.next()
		if err != nil {
			return false, err
		}
		if f.number != metadataPlugin || f.wire != wireBytes {
			continue
		}
		for p := message(f.data); len(p) > 0; {
			g, err := p.next()
			if err != nil {
				return false, err
			}
			if g.number == pluginName && g.wire == wireBytes {
				other = string(g.data) != "scalars" && len(g.data) > 0
			}
		}
	}
	return other, nil
}

// Numbers of the fields of a TensorProto (tensorflow/core/framework/tensor.proto).
const (
	tensorType    = 1
	tensorShape   = 2
	tensorContent = 4
	tensorFloat   = 5
	tensorDouble  = 6
	tensorInt     = 7 // and smaller integers
	tensorInt64   = 10
	tensorHalf    = 13 // bits of both kinds of half
	tensorUint32  = 16
	tensorUint64  = 17

	shapeDimension = 2
)

// Types of elements (tensorflow/core/framework/types.proto).
const (
	typeFloat    = 1
	typeDouble   = 2
	typeInt32    = 3
	typeUint8    = 4
	typeInt16    = 5
	typeInt8     = 6
	typeInt64    = 9
	typeBfloat16 = 14
	typeUint16   = 17
	typeHalf     = 19
	typeUint32   = 22
	typeUint64   = 23
)

// tensor is what is known of a TensorProto: its type and the bits of its only element.
type tensor struct {
	kind uint64
	bits uint64
	has  bool // there is an element
	many bool // there is more than one, or a dimension
}

// scalarOf reads a TensorProto, and reports whether it is a number without dimensions. One without an element is 0, the
// default, which is not written.
func scalarOf(m message) (v float64, ok bool, err error) {
	var t tensor
	for len(m) > 0 {
		f, err := m.next()
		if err != nil {
			return 0, false, err
		}
		switch f.number {
		case tensorType:
			t.kind = f.bits
		case tensorShape:
			if err := t.shape(f.data); err != nil {
				return 0, false, err
			}
		case tensorContent:
			t.content(f.data)
		case tensorFloat, tensorDouble, tensorInt, tensorInt64, tensorHalf, tensorUint32, tensorUint64:
			t.element(f)
		}
	}
	v, ok = t.number()
	return v, ok && !t.many, nil
}

func (t *tensor) shape(m message) error {
	for len(m) > 0 {
		f, err := m.next()
		if err != nil {
			return err
		}
		t.many = t.many || f.number == shapeDimension
	}
	return nil
}

// content takes in the bytes of the elements, little-endian.
func (t *tensor) content(b []byte) {
	if len(b) == 0 {
		return
	}
	if t.has || len(b) > 8 {
		t.many = true
		return
	}
	var all [8]byte
	copy(all[:], b)
	t.bits, t.has = binary.LittleEndian.Uint64(all[:]), true
}

// element takes in elements, of which there are several in one field where they are packed.
func (t *tensor) element(f field) {
	if f.wire != wireBytes {
		t.many = t.many || t.has
		t.bits, t.has = f.bits, true
		return
	}
	switch f.number {
	case tensorFloat, tensorDouble:
		t.content(f.data)
	default:
		v, n := binary.Uvarint(f.data)
		t.many = t.many || t.has || n != len(f.data)
		t.bits, t.has = v, true
	}
}

// number is the element as a number, and whether it is one at all.
func (t *tensor) number() (float64, bool) {
	switch b := t.bits; t.kind {
	case typeFloat:
		return float64(math.Float32frombits(uint32(b))), true
	case typeDouble:
		return math.Float64frombits(b), true
	case typeHalf:
		return half(uint16(b)), true
	case typeBfloat16:
		return float64(math.Float32frombits(uint32(uint16(b)) << 16)), true
	case typeInt8:
		return float64(int8(b)), true
	case typeInt16:
		return float64(int16(b)), true
	case typeInt32:
		return float64(int32(b)), true
	case typeInt64:
		return float64(int64(b)), true
	case typeUint8, typeUint16, typeUint32, typeUint64:
		return float64(b), true
	}
	return 0, false
}

// half is a number of IEEE 754 binary16.
func half(b uint16) float64 {
	exponent, fraction := int(b>>10&31), float64(b&1023)
	v := math.Ldexp(1+fraction/1024, exponent-15)
	switch {
	case exponent == 0:
		v = math.Ldexp(fraction, -24)
	case exponent == 31 && fraction == 0:
		v = math.Inf(1)
	case exponent == 31:
		v = math.NaN()
	}
	if b>>15 == 1 {
		return -v
	}
	return v
}
