package dataset

import (
	"bytes"
	"math"
	"testing"
)

// FuzzCSV: any bytes are a table or an error, and a table is well-formed. Memory is bounded by what is read.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"a,b,kind\n1,2,x\n2,1,y\n3,3,x\n4,1,y\n5,2,x\n",
		"1;2;3\n2;3;4\n3;4;5\n4;5;6\n5;6;7\n6;7;8\n",
		"\ufeffa\tb\r\n1\t2\r\n\r\n3\t4\r\n5\t6\r\n7\t8\r\n9\t10\r\n",
		"a,b\n1e308,1\n-1e308,2\n1e308,3\n-1e308,4\n1,5\n",
		"a,b\n5e-324,1\n0,2\n0,3\n5e-324,4\n1e-320,5\n",
		"a,b\n?,1\nNA,2\n,3\nnull,4\n1,5\n2,\n3,7\n",
		"a,a,,\n1,2,3,4\n1,2,3,4\n1,2,3,4\n1,2,3,5\n1,2,3,5\n",
		"\"a,\"\"b\",c\n\"1\",2\n3,4\n5,6\n7,8\n9,10\n",
		"x\n1\n", "", ",", "\n\n\n", "\"", "yes,no\ntrue,1\nfalse,2\nyes,3\nno,4\nyes,5\n",
	} {
		for rule := range uint8(9) {
			f.Add([]byte(seed), rule)
		}
	}
	f.Add(packed([]byte("a,b\n1,2\n3,4\n5,6\n7,8\n9,1\n")), uint8(0))
	f.Fuzz(func(t *testing.T, b []byte, rule uint8) {
		in, err := unpack(bytes.NewReader(b))
		if err != nil {
			return
		}
		d := &Dataset{}
		file := File{Missing: []string{"", skipMissing, meanMissing}[rule%3], As: []string{"", AsClass, AsNumber}[rule/3%3]}
		if d.readCSV(in, file) == nil {
			check(t, d)
		}
	})
}

// FuzzIDX: any bytes are samples with their labels or an error, whatever the header announces.
func FuzzIDX(f *testing.F) {
	pixels, labels := make([]byte, 24), []byte{0, 1, 0, 1, 1, 0}
	f.Add(idx(8, []int{6, 2, 2}, pixels), idx(8, []int{6}, labels), true)
	f.Add(idx(9, []int{6, 4}, pixels), idx(8, []int{6}, labels), false)
	f.Add(idx(0x0b, []int{6, 2}, pixels), idx(9, []int{6}, labels), false)
	f.Add(idx(0x0d, []int{6, 1}, pixels), idx(8, []int{6}, labels), false)
	f.Add(idx(0x0e, []int{3, 1}, pixels), idx(8, []int{3}, labels[:3]), false)
	f.Add(idx(8, []int{math.MaxUint32, math.MaxUint32, 2}, pixels), idx(8, []int{6}, labels), false)
	f.Add([]byte{0, 0, 8, 255}, []byte{}, true)
	f.Fuzz(func(t *testing.T, samples, labels []byte, number bool) {
		d := &Dataset{}
		as := ""
		if number {
			as = AsNumber
		}
		if d.readIDX(bytes.NewReader(samples), bytes.NewReader(labels), as) == nil {
			check(t, d)
		}
	})
}
