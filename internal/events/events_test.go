package events

import (
	"hash/crc32"
	"testing"
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
