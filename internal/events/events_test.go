package events

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The masked sum of TensorFlow's crc32c_test.cc, of 32 zeros: the CRC is 0x8a9136aa.
func TestMaskedSum(t *testing.T) {
	zeros := make([]byte, 32)
	if c := crc32.Checksum(zeros, castagnoli); c != 0x8a9136aa {
		t.Errorf("CRC %#x", c)
	}
	const crc uint32 = 0x8a9136aa
	rotated := uint64(crc)>>15 | uint64(crc)<<17&0xffffffff
	if got, want := masked(zeros), uint32(rotated+0xa282ead8); got != want {
		t.Errorf("masked %#x, want %#x", got, want)
	}
}

// A file, byte for byte, as the descriptions of its formats have it.
func TestWritten(t *testing.T) {
	got := AppendScalars(AppendVersion(nil, 1.5), 2, 300, []Scalar{{"loss", 0.5}})
	version := unhex(t, "09 000000000000f83f 1a 0d", hex.EncodeToString([]byte("brain.Event:2")))
	event := unhex(t, "09 0000000000000040 10 ac02 2a 0d 0a 0b 0a 04 6c6f7373 15 0000003f")
	var want []byte
	for _, data := range [][]byte{version, event} {
		length := append([]byte{byte(len(data))}, make([]byte, 7)...)
		for _, part := range [][]byte{length, data} {
			want = append(want, part...)
			want = binary.LittleEndian.AppendUint32(want, masked(part))
		}
	}
	if !bytes.Equal(got, want) {
		t.Errorf("\n%x, not\n%x", got, want)
	}
	if !IsRecord(got) || IsRecord(got[1:]) || IsRecord(got[:11]) {
		t.Error("a record is not known")
	}
}

func unhex(t *testing.T, parts ...string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Join(parts, ""), " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// read reads an event as text.
func read(data []byte) (string, error) {
	var out []string
	err := Read(data, func(e Event, tag []byte, v float64) {
		out = append(out, fmt.Sprintf("%v %d %s=%v", e.WallTime, e.Step, tag, v))
	})
	return strings.Join(out, " "), err
}

// eventOf is an event with one value, which has the tag a and what else is given.
func eventOf(value message) []byte {
	v := message("\x0a\x01a")
	v = append(v, value...)
	var summary, event message
	summary.bytes(summaryValue, v)
	event.bytes(eventSummary, summary) // before the numbers: fields come in any order
	event.varint(eventStep, 7)
	event.double(eventWallTime, 0.5)
	return event
}

func tensorOf(fields ...func(*message)) []byte {
	var m, v message
	for _, f := range fields {
		f(&m)
	}
	v.bytes(valueTensor, m)
	return eventOf(v)
}

func varint(field, v uint64) func(*message) { return func(m *message) { m.varint(field, v) } }
func data(field uint64, text string) func(*message) {
	return func(m *message) { m.bytes(field, []byte(text)) }
}

func TestRead(t *testing.T) {
	var simple, plugin message
	simple.float(valueSimple, -2)
	withPlugin := func(name string) []byte {
		plugin = nil
		plugin.bytes(pluginName, []byte(name))
		var metadata, v message
		metadata.bytes(metadataPlugin, plugin)
		v.bytes(valueMetadata, metadata)
		return eventOf(append(v, simple...))
	}
	const is = "0.5 7 a="
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"simple", eventOf(simple), is + "-2"},
		{"of the plugin for scalars", withPlugin("scalars"), is + "-2"},
		{"of another plugin", withPlugin("hparams"), ""},
		{"no value", eventOf(nil), ""},
		{"a histogram", eventOf(message("\x2a\x02\x08\x01")), ""},
		{"floats", tensorOf(varint(1, 1), data(5, "\x00\x00\x20\x40")), is + "2.5"},
		{"a float unpacked", tensorOf(varint(1, 1), func(m *message) { m.float(5, 2.5) }), is + "2.5"},
		{"a float's bytes", tensorOf(varint(1, 1), data(2, ""), data(4, "\x00\x00\x20\xc0")), is + "-2.5"},
		{"a double's bytes", tensorOf(varint(1, 2), data(4, "\x00\x00\x00\x00\x00\x00\x04\x40")), is + "2.5"},
		{"a double", tensorOf(varint(1, 2), data(6, "\x00\x00\x00\x00\x00\x00\x04\x40")), is + "2.5"},
		{"a half", tensorOf(varint(1, 19), varint(13, 0x4100)), is + "2.5"},
		{"halves packed", tensorOf(varint(1, 19), data(13, "\x80\x82\x01")), is + "2.5"},
		{"a half's bytes", tensorOf(varint(1, 19), data(4, "\x00\xc1")), is + "-2.5"},
		{"a bfloat16", tensorOf(varint(1, 14), varint(13, 0x4020)), is + "2.5"},
		{"an int32", tensorOf(varint(1, 3), varint(7, math.MaxUint64)), is + "-1"},
		{"an int64", tensorOf(varint(1, 9), data(4, "\xfe\xff\xff\xff\xff\xff\xff\xff")), is + "-2"},
		{"an int16's bytes", tensorOf(varint(1, 5), data(4, "\xfe\xff")), is + "-2"},
		{"a uint8", tensorOf(varint(1, 4), varint(7, 200)), is + "200"},
		{"zero, not written", tensorOf(varint(1, 1)), is + "0"},
		{"a vector", tensorOf(varint(1, 1), data(2, "\x12\x02\x08\x01"), data(5, "\x00\x00\x20\x40")), ""},
		{"two halves", tensorOf(varint(1, 19), data(13, "\x01\x01")), ""},
		{"two doubles", tensorOf(varint(1, 2), data(6, strings.Repeat("\x00", 16))), ""},
		{"a text", tensorOf(varint(1, 7), data(8, "text")), ""},
	} {
		got, err := read(c.data)
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v, not %q", c.name, got, err, c.want)
		}
		for n := range len(c.data) { // what is cut off is no event, or one without its end
			if got, err := read(c.data[:n]); err == nil && got == c.want && c.want != "" {
				t.Errorf("%s: the same of %d bytes", c.name, n)
			}
		}
	}
}

func TestHalf(t *testing.T) {
	for bits, want := range map[uint16]float64{0: 0, 0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x0001: math.Ldexp(1, -24), 0x03ff: 1023 * math.Ldexp(1, -24), 0x0400: math.Ldexp(1, -14), 0x7c00: math.Inf(1), 0xfc00: math.Inf(-1), 0x3555: 0.333251953125} {
		if got := half(bits); got != want {
			t.Errorf("%#x is %v, not %v", bits, got, want)
		}
	}
	if v := half(0x7e00); v == v {
		t.Errorf("%v is a number", v)
	}
}

// What is read in pieces is what is read at once: records, damaged ones, large ones.
func TestRecordsOfAnyPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var file []byte
		var want []string
		for range rapid.IntRange(0, 6).Draw(t, "records") {
			data := []byte(rapid.StringN(0, 20, 40).Draw(t, "data"))
			at := len(file)
			file = AppendRecord(file, data)
			switch rapid.IntRange(0, 6).Draw(t, "kind") {
			case 0:
				file[at+headSize+rapid.IntRange(0, len(data)+3).Draw(t, "at")] ^= 4
				want = append(want, ErrData.Error())
			case 1:
				file = AppendRecord(file[:at], make([]byte, MaxRecord+1))
			case 2:
				file[at+rapid.IntRange(0, headSize-1).Draw(t, "at")] ^= 4
				if len(want) == 0 || want[len(want)-1] != ErrLength.Error() {
					want = append(want, ErrLength.Error())
				}
			default:
				want = append(want, string(data))
			}
			if len(want) > 0 && want[len(want)-1] == ErrLength.Error() {
				break
			}
		}
		whole := rapid.Bool().Draw(t, "whole")
		lost := len(want) > 0 && want[len(want)-1] == ErrLength.Error()
		if !whole && !lost {
			file = append(file, AppendRecord(nil, []byte("half"))[:rapid.IntRange(1, 19).Draw(t, "half")]...)
		}
		var r Records
		var got []string
		for rest := file; len(rest) > 0; {
			n := min(len(rest), rapid.SampledFrom([]int{1, 4, 12, 13, 30, 1 << 19, 1 << 22}).Draw(t, "n"))
			r.Add(bytes.Clone(rest[:n]), func(data []byte, err error) {
				if err != nil {
					data = []byte(err.Error())
				}
				got = append(got, string(data))
			})
			rest = rest[n:]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		if !lost && r.Pending() == whole {
			t.Errorf("pending %v", r.Pending())
		}
	})
}

// FuzzRead: any bytes are an event or none, and those with a good sum around them come out as they went in.
func FuzzRead(f *testing.F) {
	var simple message
	simple.float(valueSimple, 1)
	f.Add([]byte(eventOf(simple)), 3)
	f.Add(tensorOf(varint(1, 19), data(13, "\x80\x82\x03")), 5)
	f.Add([]byte{0x2a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, 0)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		n := 0
		if err := Read(data, func(Event, []byte, float64) { n++ }); err != nil && n > 0 {
			t.Errorf("%d numbers of a damaged event", n)
		}
		file := AppendRecord(nil, data)
		cut = min(max(cut, 0), len(file))
		var r Records
		var got [][]byte
		for _, piece := range [][]byte{file[:cut], file[cut:]} {
			r.Add(piece, func(data []byte, err error) {
				if err != nil {
					t.Error(err)
				}
				got = append(got, bytes.Clone(data))
			})
		}
		if len(data) <= MaxRecord && (len(got) != 1 || !bytes.Equal(got[0], data)) {
			t.Errorf("%q is %q", data, got)
		}
		r = Records{}
		r.Add(data, func(_ []byte, err error) {
			if err != nil && !errors.Is(err, ErrData) && !errors.Is(err, ErrLength) {
				t.Error(err)
			}
		})
	})
}
