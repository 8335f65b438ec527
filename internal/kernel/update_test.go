package kernel

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// anUpdate is an update for the tests: c are its coefficients, as many as it has, and v its vectors, x and g first.
type anUpdate struct {
	name    string
	vectors int
	step    func(c *[10]float64, v [][]float64)
}

// allUpdates are the updates, each with its coefficients in their order.
var allUpdates = []anUpdate{
	{"SGD", 2, func(c *[10]float64, v [][]float64) { (&SGD{c[0], c[1]}).Update(v[0], v[1]) }},
	{"Momentum", 3, func(c *[10]float64, v [][]float64) {
		(&Momentum{c[0], c[1], c[2], c[3]}).Update(v[0], v[1], v[2])
	}},
	{"Nesterov", 3, func(c *[10]float64, v [][]float64) { (&Nesterov{c[0], c[1], c[2]}).Update(v[0], v[1], v[2]) }},
	{"LookAhead", 3, func(c *[10]float64, v [][]float64) { (&LookAhead{c[0], c[1], c[2]}).Update(v[0], v[1], v[2]) }},
	{"AdaGrad", 3, func(c *[10]float64, v [][]float64) {
		(&AdaGrad{c[0], c[1], c[2], c[3]}).Update(v[0], v[1], v[2])
	}},
	{"RMSProp", 3, func(c *[10]float64, v [][]float64) {
		(&RMSProp{c[0], c[1], c[2], c[3], c[4], c[5]}).Update(v[0], v[1], v[2])
	}},
	{"AdaDelta", 5, func(c *[10]float64, v [][]float64) {
		(&AdaDelta{c[0], c[1], c[2], c[3], c[4]}).Update(v[0], v[1], v[2], v[3], v[4])
	}},
	{"Adam", 4, func(c *[10]float64, v [][]float64) { a := adamOf(c); a.Update(v[0], v[1], v[2], v[3]) }},
	{"AMSGrad", 5, func(c *[10]float64, v [][]float64) {
		a := AMSGrad(adamOf(c))
		a.Update(v[0], v[1], v[2], v[3], v[4])
	}},
	{"NAdam", 4, func(c *[10]float64, v [][]float64) {
		(&NAdam{c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9]}).Update(v[0], v[1], v[2], v[3])
	}},
	{"RAdam", 4, func(c *[10]float64, v [][]float64) {
		(&RAdam{c[0], c[1], c[2], c[3], c[4], c[5], c[6]}).Update(v[0], v[1], v[2], v[3])
	}},
	{"AdaMax", 4, func(c *[10]float64, v [][]float64) {
		(&AdaMax{c[0], c[1], c[2], c[3], c[4], c[5]}).Update(v[0], v[1], v[2], v[3])
	}},
	{"Lion", 3, func(c *[10]float64, v [][]float64) {
		(&Lion{c[0], c[1], c[2], c[3], c[4], c[5]}).Update(v[0], v[1], v[2])
	}},
}

func adamOf(c *[10]float64) Adam {
	return Adam{c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9]}
}

// sameAtAllLevels takes some steps at each level and fails where the bits differ from the portable ones. NaN is NaN.
func sameAtAllLevels(t *testing.T, fatal func(format string, args ...any), u anUpdate, c [10]float64, v [][]float64) {
	t.Helper()
	const steps = 3
	var want [][]float64
	for _, name := range Levels() {
		use(t, name)
		got := make([][]float64, len(v))
		for i := range v {
			got[i] = slices.Clone(v[i])
		}
		for range steps {
			u.step(&c, got)
		}
		if name == Portable {
			want = got
			continue
		}
		for i := range got {
			for k := range got[i] {
				a, b := want[i][k], got[i][k]
				if math.Float64bits(a) != math.Float64bits(b) && (a == a || b == b) {
					fatal("%s, vector %d, number %d of %d: %s gives %v (%#x), portable %v (%#x); coefficients %v",
						u.name, i, k, len(got[i]), name, b, math.Float64bits(b), a, math.Float64bits(a), c)
				}
			}
		}
	}
}

// awkward are numbers at which something may go wrong.
var awkward = []float64{0, math.Copysign(0, -1), 1, -1, Tiny, -Tiny, math.Nextafter(Tiny, 0), 1e-310, -5e-324, 1e-160, 1e160,
	math.MaxFloat64, math.Inf(1), math.Inf(-1), math.NaN()}

func TestUpdatesGiveTheSameBitsAtAllLevels(t *testing.T) {
	for _, u := range allUpdates {
		t.Run(u.name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				n := rapid.IntRange(0, 70).Draw(rt, "n")
				number := rapid.OneOf(rapid.Float64Range(-3, 3), rapid.Float64(), rapid.SampledFrom(awkward))
				var c [10]float64
				for i := range c {
					c[i] = rapid.Float64Range(0, 2).Draw(rt, "c")
				}
				v := make([][]float64, u.vectors)
				for i := range v {
					v[i] = rapid.SliceOfN(number, n, n).Draw(rt, "v")
				}
				sameAtAllLevels(t, rt.Fatalf, u, c, v)
			})
		})
	}
}

func FuzzUpdates(f *testing.F) {
	f.Add(uint8(0), []byte("any bytes will do, but there should be some hundreds of them for the loops in assembly to be used"))
	var all []byte
	for range 12 {
		for _, a := range awkward {
			all = binary.LittleEndian.AppendUint64(all, math.Float64bits(a))
		}
	}
	for i := range allUpdates {
		f.Add(uint8(i), all)
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		u := allUpdates[int(which)%len(allUpdates)]
		var numbers []float64
		for ; len(data) >= 8; data = data[8:] {
			numbers = append(numbers, math.Float64frombits(binary.LittleEndian.Uint64(data)))
		}
		var c [10]float64
		numbers = numbers[copy(c[:], numbers):]
		n := len(numbers) / u.vectors
		v := make([][]float64, u.vectors)
		for i := range v {
			v[i] = numbers[i*n : i*n+n]
		}
		sameAtAllLevels(t, t.Fatalf, u, c, v)
	})
}

// TestUpdatesLeaveNothingTiny: with gradients that have died away, what rules remember dies away to zero, never to a
// denormal number.
func TestUpdatesLeaveNothingTiny(t *testing.T) {
	for _, u := range allUpdates {
		c := [10]float64{1e-3, 0.9, 0.1, 0.9, 0.1, 1, 0, 1e-8, 1, 0}
		if u.name == "NAdam" {
			c[6] = 1e-8 // its only stabiliser
		}
		t.Run(u.name, func(t *testing.T) {
			atEachLevel(t, func(t *testing.T) {
				v := vectorsOf(u, 40)
				clear(v[1])
				for range 10_000 {
					u.step(&c, v)
					for i := range v[2:] {
						for _, a := range v[2+i] {
							if a != Flush(a) {
								t.Fatalf("vector %d holds %g", 2+i, a)
							}
						}
					}
				}
			})
		})
	}
}

// TestUpdatesOfNothing: no parameters are no trouble, and slices of unequal length are refused.
func TestUpdatesOfNothing(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		for _, u := range allUpdates {
			u.step(&[10]float64{}, make([][]float64, u.vectors))
			v := vectorsOf(u, 64)
			v[1] = v[1][:63:63]
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s takes 63 gradients for 64 parameters", u.name)
					}
				}()
				u.step(&[10]float64{}, v)
			}()
		}
	})
}

func vectorsOf(u anUpdate, n int) [][]float64 {
	rng := rand.New(rand.NewPCG(1, 2))
	v := make([][]float64, u.vectors)
	for i := range v {
		v[i] = make([]float64, n)
		for k := range v[i] {
			v[i][k] = rng.Float64()
		}
	}
	return v
}

func BenchmarkUpdate(b *testing.B) {
	c := [10]float64{1e-3, 0.9, 0.1, 0.999, 0.001, 1, 0, 1e-8, 1, 0}
	for _, u := range allUpdates {
		for _, n := range []int{2, 16, 1000, 100_000} {
			for _, name := range Levels() {
				b.Run(fmt.Sprintf("%s/n=%d/%s", u.name, n, name), func(b *testing.B) {
					use(b, name)
					v := vectorsOf(u, n)
					for b.Loop() {
						u.step(&c, v)
					}
				})
			}
		}
	}
}
