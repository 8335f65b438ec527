package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// exactDot sums products with an error far below that of float64.
func exactDot(a, b []float64) (sum, size float64) {
	rest := 0.0
	for i := range a {
		p := a[i] * b[i]
		rest += math.FMA(a[i], b[i], -p)
		t := sum + p
		if math.Abs(sum) >= math.Abs(p) {
			rest += (sum - t) + p
		} else {
			rest += (p - t) + sum
		}
		sum = t
		size += math.Abs(p)
	}
	return sum + rest, size
}

// near fails where a sum of n terms whose sizes add up to size is further off than its rounding may make it.
func near(fatal func(string, ...any), what string, got, want, size float64, n int) {
	if !(math.Abs(got-want) <= float64(n+4)*0x1p-53*size) {
		fatal("%s at level %s: %v, want %v (%g apart, terms %g in all)", what, Level(), got, want, got-want, size)
	}
}

func TestLinear(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			n := rapid.IntRange(0, 150).Draw(rt, "n")
			number := rapid.OneOf(rapid.Float64Range(-3, 3), rapid.Float64Range(-1e9, 1e9))
			draw := func(name string) []float64 { return rapid.SliceOfN(number, n, n).Draw(rt, name) }
			y, p, z := draw("y"), draw("p"), draw("z")
			alpha := number.Draw(rt, "alpha")

			want, size := exactDot(y, z)
			near(rt.Fatalf, "Dot", Dot(y, z), want, size, n)

			for name, f := range map[string]func(got []float64) float64{
				"Axpy":    func(got []float64) float64 { Axpy(got, alpha, p); return Dot(got, z) },
				"AxpyDot": func(got []float64) float64 { return AxpyDot(got, alpha, p, z) },
			} {
				got := slices.Clone(y)
				dot := f(got)
				for i := range got {
					want, size := exactDot([]float64{1, alpha}, []float64{y[i], p[i]})
					near(rt.Fatalf, fmt.Sprintf("%s, element %d of %d", name, i, n), got[i], want, size, 3)
				}
				want, size := exactDot(got, z)
				near(rt.Fatalf, name, dot, want, size, n)
			}

			most := 0.0
			for _, v := range y {
				most = max(most, math.Abs(v))
			}
			if got := MaxAbs(y); got != most {
				rt.Fatalf("MaxAbs(%v) = %v", y, got)
			}
		})
	})
}

// TestSymmetric compares products and updates with those of the whole matrix, element by element.
func TestSymmetric(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			n := rapid.IntRange(0, 60).Draw(rt, "n")
			number := rapid.Float64Range(-3, 3)
			draw := func(name string) []float64 { return rapid.SliceOfN(number, n, n).Draw(rt, name) }
			s, u, v, w := draw("s"), draw("u"), draw("v"), draw("w")
			c, rho := number.Draw(rt, "c"), number.Draw(rt, "rho")
			m := NewSymmetric(n)
			m.SetIdentity(2)
			check := func(what string, element func(i, j int) (value, size float64)) {
				t.Helper()
				for i := range n {
					sum, sizes := 0.0, 0.0
					for j := range n {
						e, size := element(i, j)
						sum += e * v[j]
						sizes += size * math.Abs(v[j])
					}
					near(rt.Fatalf, fmt.Sprintf("%s, element %d of %d", what, i, n), w[i], sum, sizes, 3*n+8)
				}
			}
			m.Times(v, w)
			check("identity", func(i, j int) (float64, float64) {
				if i == j {
					return 2, 2
				}
				return 0, 0
			})
			updated := func(i, j int) (value, size float64) {
				value, size = exactDot([]float64{c * s[i], -rho * u[i], -rho * s[i]}, []float64{s[j], s[j], u[j]})
				if i == j {
					value, size = value+2, size+2
				}
				return value, size
			}
			m.Rank2Times(c, s, rho, u, v, w)
			check("Rank2Times", updated)
			m.Clone().Times(v, w)
			check("Times", updated)
		})
	})
}

// TestLinearInAssembly: its levels give the same bits.
func TestLinearInAssembly(t *testing.T) {
	if len(Levels()) < 3 {
		t.Skip("there is only one level of assembly here")
	}
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 150).Draw(rt, "n")
		draw := func(name string) []float64 {
			return rapid.SliceOfN(rapid.Float64Range(-3, 3), n, n).Draw(rt, name)
		}
		y, p, z := draw("y"), draw("p"), draw("z")
		all := func(level string) (out []float64) {
			use(t, level)
			a := slices.Clone(y)
			out = append(out, Dot(a, z), AxpyDot(a, 0.7, p, z), Norm(a), MaxAbs(a))
			Axpy(a, -0.3, z)
			m := NewSymmetric(n)
			m.SetIdentity(1.5)
			w := make([]float64, n)
			m.Rank2Times(0.9, y, 0.4, p, z, w)
			out = append(out, w...)
			m.Times(p, w)
			return append(append(out, w...), a...)
		}
		if a, b := all(AVX2), all(AVX512); !slices.Equal(a, b) {
			rt.Fatalf("n = %d: %v with AVX2, %v with AVX-512", n, a, b)
		}
	})
}

func TestMaxAbsPassesOverNaN(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		for at := range 40 {
			a := make([]float64, 40)
			a[at] = math.NaN()
			a[(at+7)%40] = -2
			if got := MaxAbs(a); got != 2 {
				t.Errorf("NaN at %d: %v", at, got)
			}
		}
	})
}

func TestNorm(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		for _, scale := range []float64{1, 1e-200, 1e200, 5e-324} {
			a := make([]float64, 64)
			for i := range a {
				a[i] = scale
			}
			if got := Norm(a); !(math.Abs(got-8*scale) <= 1e-14*8*scale) {
				t.Errorf("Norm of 64 times %g = %g", scale, got)
			}
		}
		for _, c := range []struct{ a, want float64 }{{0, 0}, {math.Inf(-1), math.Inf(1)}, {math.NaN(), math.NaN()}} {
			if got := Norm([]float64{0, c.a, 1e-200}); got != c.want && (got == got || c.want == c.want) && c.a != 0 {
				t.Errorf("Norm with %g = %g", c.a, got)
			}
		}
	})
}

func BenchmarkLinear(b *testing.B) {
	for _, n := range []int{2, 1000, 100_000} {
		v := make([][]float64, 3)
		rng := rand.New(rand.NewPCG(1, 2))
		for i := range v {
			v[i] = make([]float64, n)
			for k := range v[i] {
				v[i][k] = rng.Float64()
			}
		}
		for _, name := range Levels() {
			for what, f := range map[string]func(){
				"Dot":     func() { Dot(v[0], v[1]) },
				"Axpy":    func() { Axpy(v[0], 1e-9, v[1]) },
				"AxpyDot": func() { AxpyDot(v[0], 1e-9, v[1], v[2]) },
				"MaxAbs":  func() { MaxAbs(v[0]) },
			} {
				b.Run(fmt.Sprintf("%s/n=%d/%s", what, n, name), func(b *testing.B) {
					use(b, name)
					for b.Loop() {
						f()
					}
				})
			}
		}
	}
}
