package dataset

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"
	"testing"
)

func TestEmbeddedData(t *testing.T) {
	for _, c := range []struct {
		name              string
		features, classes int
		train, test       int
		sum               uint64 // of the samples held out
	}{
		{"iris", 4, 3, 120, 30, 0xfa5cf0dbc892c640},
		{"digits", 64, 10, 1438, 359, 0x84f71ff8bc03ca7b},
	} {
		d := Open(c.name)
		if again := Open(c.name); again != d {
			t.Errorf("%s is parsed twice", c.name)
		}
		if len(d.Features) != c.features || len(d.Classes) != c.classes || d.Train.Len() != c.train || d.Test.Len() != c.test {
			t.Errorf("%s: %d features, %d classes, %d + %d samples", c.name, len(d.Features), len(d.Classes), d.Train.Len(), d.Test.Len())
		}
		for k, class := range d.Classes {
			in := func(s Samples) (n int) {
				for _, y := range s.Y {
					if y == k {
						n++
					}
				}
				return n
			}
			if share := float64(in(d.Test)) / float64(in(d.Train)+in(d.Test)); math.Abs(share-heldOut) > 0.003 {
				t.Errorf("%s: %.3f of class %s is held out", c.name, share, class)
			}
		}
		// The split must never change: recorded runs depend on it.
		hash := fnv.New64a()
		for i, y := range d.Test.Y {
			hash.Write([]byte{byte(y)})
			for _, v := range d.Test.Row(i) {
				hash.Write([]byte{byte(int(math.Round(v * 16)))})
			}
		}
		if hash.Sum64() != c.sum {
			t.Errorf("%s: the samples held out have changed: %#x", c.name, hash.Sum64())
		}
	}
}

// TestEmbeddedBits: recorded runs depend on every bit of the embedded data.
func TestEmbeddedBits(t *testing.T) {
	for name, want := range map[string]uint64{
		"breast_cancer": 0x84f633de55fc42de,
		"diabetes":      0x7bc221ca1655c83b,
		"digits":        0xc125d9fbbb0b27c7,
		"iris":          0x66b14b348bcefba2,
		"wine":          0xce2a2f146b769428,
	} {
		d, hash := Open(name), fnv.New64a()
		for _, s := range []Samples{d.Train, d.Test} {
			for _, x := range [][]float64{s.X, s.T} {
				for _, v := range x {
					hash.Write(binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)))
				}
			}
			for _, y := range s.Y {
				hash.Write(binary.LittleEndian.AppendUint64(nil, uint64(y)))
			}
		}
		if got := hash.Sum64(); got != want {
			t.Errorf("%s has hash %#x, not %#x", name, got, want)
		}
	}
}

func TestScaling(t *testing.T) {
	iris := Open("iris")
	for j := range 4 {
		mean, square := 0.0, 0.0
		for i := range iris.Train.Len() {
			v := iris.Train.Row(i)[j]
			mean += v / 120
			square += v * v / 120
		}
		if math.Abs(mean) > 1e-12 || math.Abs(square-1) > 1e-12 {
			t.Errorf("feature %d has mean %v and mean square %v", j, mean, square)
		}
	}
	digits := Open("digits")
	if lo, hi := slices.Min(digits.Train.X), slices.Max(digits.Train.X); lo != 0 || hi != 1 {
		t.Errorf("pixels from %v to %v", lo, hi)
	}
	d := &Dataset{Features: []string{"same"}, Train: Samples{X: []float64{3, 3}, Y: []int{0, 1}}, Test: Samples{X: []float64{4}, Y: []int{0}}}
	d.Standardise()
	for _, c := range []struct{ x, want []float64 }{
		{[]float64{0.1, 0.1, 0.1, 0.1, 0.1, 0.1}, make([]float64, 6)}, // the rounded mean is not 0.1
		{[]float64{1e9 + 1, 1e9 - 1, 1e9 + 1, 1e9 - 1}, []float64{1, -1, 1, -1}},
		{[]float64{1e15 + 1, 1e15 - 1, 1e15 + 1, 1e15 - 1}, []float64{1, -1, 1, -1}},
		{[]float64{1e308, -1e308, 1e308, -1e308}, []float64{1, -1, 1, -1}},
		{[]float64{1e-200, -1e-200}, []float64{1, -1}},
	} {
		if standardise(c.x, nil, 1); !slices.EqualFunc(c.x, c.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }) {
			t.Errorf("standardised to %v, want %v", c.x, c.want)
		}
	}
	if !slices.Equal(d.Train.X, []float64{0, 0}) || d.Test.X[0] != 1 {
		t.Errorf("a constant feature becomes %v and %v", d.Train.X, d.Test.X)
	}
}
