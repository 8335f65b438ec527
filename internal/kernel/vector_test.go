package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// digits is the precision of the reference for tanh, in bits.
const digits = 300

// float is a number with so many bits.
func float(v float64) *big.Float { return new(big.Float).SetPrec(digits).SetFloat64(v) }

// bigExp returns exp x, by its Taylor series for an argument so small that it ends soon.
func bigExp(x float64) *big.Float {
	const halvings = 12
	y := float(x)
	y.SetMantExp(y, -halvings)
	exp, term := float(1), float(1)
	for k := 1.0; k < 40; k++ {
		term.Quo(term.Mul(term, y), float(k))
		exp.Add(exp, term)
	}
	for range halvings {
		exp.Mul(exp, exp)
	}
	return exp
}

// bigTanh returns tanh x.
func bigTanh(x float64) *big.Float {
	e := bigExp(2 * x)
	return new(big.Float).Quo(new(big.Float).Sub(e, float(1)), new(big.Float).Add(e, float(1)))
}

// ulps returns how far got is from want, in units of the last place of a number like want with so many bits.
func ulps(got float64, want *big.Float, bits int) float64 {
	if want.Sign() == 0 {
		return math.Abs(got) * math.Inf(1)
	}
	diff, _ := new(big.Float).Sub(want, float(got)).Float64()
	_, exponent := math.Frexp(got)
	return math.Abs(math.Ldexp(diff, bits-exponent))
}

// arguments are numbers of all sizes where tanh is neither its argument nor 1, and some more.
func arguments[T Float]() []T {
	rng := rand.New(rand.NewPCG(1, 1))
	var x []T
	for range 4000 {
		x = append(x, T(math.Exp(-20*rng.Float64())*22*(2*rng.Float64()-1)))
	}
	return x
}

func TestTanh(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		t.Run("float64", func(t *testing.T) { testTanh[float64](t, 53) })
		t.Run("float32", func(t *testing.T) { testTanh[float32](t, 24) })
	})
}

// testTanh asserts what Tanh says.
func testTanh[T Float](t *testing.T, bits int) {
	x := arguments[T]()
	y, slope := slices.Clone(x), make([]T, len(x))
	Tanh(y, slope)
	worst := 0.0
	for i, v := range x {
		off := ulps(float64(y[i]), bigTanh(float64(v)), bits)
		worst = max(worst, off)
		if off > 3 {
			t.Fatalf("tanh %v = %v: off by %v units", v, y[i], off)
		}
		if off := float64(slope[i]) - float64(1-y[i]*y[i]); math.Abs(off) > math.Ldexp(1, -bits) {
			t.Fatalf("slope of tanh at %v is %v, off by %v", v, slope[i], off)
		}
	}
	t.Logf("at most %.2f units", worst)
	again := slices.Clone(x)
	if Tanh(again, nil); !slices.Equal(y, again) {
		t.Error("without slopes it is different")
	}
}

func TestExp(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		t.Run("float64", func(t *testing.T) { testExp[float64](t, 53, 700) })
		t.Run("float32", func(t *testing.T) { testExp[float32](t, 24, 87) })
	})
}

// testExp asserts what Exp says, for arguments up to most.
func testExp[T Float](t *testing.T, bits int, most float64) {
	x := arguments[T]()
	for i := range x {
		x[i] *= T(most / 22)
	}
	y := slices.Clone(x)
	Exp(y)
	for i, v := range x {
		if off := ulps(float64(y[i]), bigExp(float64(v)), bits); off > 2 {
			t.Fatalf("exp %v = %v: off by %v units", v, y[i], off)
		}
	}
}

func TestExpAtTheEnds(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		for _, x := range []float64{0, math.Copysign(0, -1), 708.9, 710, -708.5, -720, -744, -746, 1e300, -1e300, math.Inf(1), math.Inf(-1), math.NaN()} {
			got := []float64{x}
			// Numbers near the least have few digits.
			if Exp(got); !same(got[0], math.Exp(x)) && math.Abs(got[0]/math.Exp(x)-1) > 1e-15 && math.Abs(got[0]-math.Exp(x)) > 5e-324 {
				t.Errorf("exp %v = %v, want %v", x, got[0], math.Exp(x))
			}
			single := []float32{float32(x)}
			if want := float32(math.Exp(float64(single[0]))); x < -87 || x > 88 {
				if Exp(single); !same(single[0], want) {
					t.Errorf("exp %v = %v in float32, want %v", x, single[0], want)
				}
			}
		}
	})
}

func TestTanhAtTheEnds(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		x := []float64{0, math.Copysign(0, -1), 1e-300, -5e-324, 20, -30, 1e300, math.Inf(1), math.Inf(-1), math.NaN()}
		want := []float64{0, math.Copysign(0, -1), 1e-300, -5e-324, 1, -1, 1, 1, -1, math.NaN()}
		slope := make([]float64, len(x))
		Tanh(x, slope)
		for i := range x {
			if !same(x[i], want[i]) || !same(slope[i], 1-want[i]*want[i]) {
				t.Errorf("tanh is %v with slope %v, want %v", x[i], slope[i], want[i])
			}
		}
	})
}

// same tells whether two numbers are equal, NaN to itself, and −0 not to 0.
func same[T Float](a, b T) bool {
	return math.Float64bits(float64(a)) == math.Float64bits(float64(b)) || a != a && b != b
}

// numbers are slices of any length, with what is not a number among the elements.
func numbers[T Float]() *rapid.Generator[[]T] {
	return rapid.Map(rapid.SliceOfN(rapid.OneOf(rapid.Float64(), rapid.SampledFrom(exact)), 0, 70), func(x []float64) []T {
		y := make([]T, len(x))
		for i, v := range x {
			y[i] = T(v)
		}
		return y
	})
}

func TestMul(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		bothTypes(t, testMul[float64], testMul[float32])
	})
}

func testMul[T Float](t *rapid.T) {
	x, factor := numbers[T]().Draw(t, "x"), T(rapid.SampledFrom(exact).Draw(t, "factor"))
	got, y := slices.Clone(x), make([]T, len(x)+1)
	for i := range y {
		y[i] = factor + T(i)
	}
	Mul(got, y)
	for i, v := range x {
		if want := v * y[i]; !same(got[i], want) {
			t.Fatalf("%v times %v is %v", v, y[i], got[i])
		}
	}
}

func TestReLU(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		bothTypes(t, testReLU[float64], testReLU[float32])
	})
}

func testReLU[T Float](t *rapid.T) {
	x := numbers[T]().Draw(t, "x")
	y, only, slope := slices.Clone(x), slices.Clone(x), make([]T, len(x))
	ReLU(y, slope)
	ReLU(only, nil)
	for i, v := range x {
		var want T
		if v > 0 {
			want = 1
		}
		if !same(y[i], max(0, v)) || !same(only[i], y[i]) || slope[i] != want {
			t.Fatalf("ReLU of %v is %v, and %v without slopes; the slope is %v", v, y[i], only[i], slope[i])
		}
	}
}

func TestConvert(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			x := numbers[float64]().Draw(t, "x")
			single, double, copied := make([]float32, len(x)+1), make([]float64, len(x)), make([]float64, len(x))
			single[len(x)] = untouched
			Convert(single, x)
			Convert(double, single[:len(x)])
			Convert(copied, x)
			for i, v := range x {
				if !same(single[i], float32(v)) || !same(double[i], float64(float32(v))) || !same(copied[i], v) {
					t.Fatalf("%v became %v, %v and %v", v, single[i], double[i], copied[i])
				}
			}
			if single[len(x)] != untouched {
				t.Fatal("more has been written than was to be")
			}
		})
	})
}

func TestVectorsDoNotAllocate(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		x, y, z := make([]float64, 37), make([]float64, 37), make([]float32, 37)
		if n := testing.AllocsPerRun(10, func() {
			Exp(y)
			Tanh(x, y)
			ReLU(x, nil)
			Mul(x, y)
			Convert(z, x)
			Convert(x, z)
			Convert(x, y)
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

// TestLevelsOfAssemblyAgreeOnFunctions: bit for bit.
func TestLevelsOfAssemblyAgreeOnFunctions(t *testing.T) {
	var first []float64
	for _, name := range Levels()[1:] {
		use(t, name)
		x := arguments[float64]()
		Exp(x[:len(x)/2])
		if Tanh(x[len(x)/2:], nil); first == nil {
			first = x
		}
		if !slices.Equal(x, first) {
			t.Errorf("%s differs from %s", name, Levels()[1])
		}
	}
}
