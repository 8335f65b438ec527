package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

func random[T Float](rng *rand.Rand, n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(rng.NormFloat64())
	}
	return x
}

func TestQuick(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 1))
		for m := range 20 {
			for n := range 40 {
				k := rng.IntN(9)
				quick[float64](t, rng, m, n, k)
				quick[float32](t, rng, m, n, k)
			}
		}
	})
}

func quick[T Float](t *testing.T, rng *rand.Rand, m, n, k int) {
	a, b := Dense(random[T](rng, m*k), m, k), Dense(random[T](rng, k*n), k, n)
	from := Dense(random[T](rng, m*n), m, n)
	c := Dense(make([]T, m*n), m, n)
	new(Multiplier[T]).Multiply(c, from, a, b)
	for i := range m {
		for j := range n {
			want := float64(from.Data[i*n+j])
			for l := range k {
				want += float64(a.Data[i*k+l]) * float64(b.Data[l*n+j])
			}
			if math.Abs(float64(c.Data[i*n+j])-want) > 1e-5 {
				t.Fatalf("%d %d %d: %d %d %v %v", m, n, k, i, j, c.Data[i*n+j], want)
			}
		}
	}
}

func BenchmarkMultiply(b *testing.B) {
	shapes := [][3]int{{64, 128, 64}, {64, 64, 128}, {64, 10, 128}, {64, 128, 10}, {128, 10, 64}, {64, 256, 784}, {128, 256, 784}, {256, 256, 256}, {512, 512, 512}}
	for _, s := range shapes {
		m, n, k := s[0], s[1], s[2]
		name := fmt.Sprintf("%dx%dx%d", m, n, k)
		for _, l := range Levels() {
			b.Run(name+"/float64/"+l, func(b *testing.B) { benchmarkMultiply[float64](b, l, m, n, k) })
			b.Run(name+"/float32/"+l, func(b *testing.B) { benchmarkMultiply[float32](b, l, m, n, k) })
		}
		b.Run(name+"/float64/gonum", func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 1))
			x, y, z := random[float64](rng, m*k), random[float64](rng, k*n), make([]float64, m*n)
			rates[float64](b, fastest(), 2*m*n*k, func() {
				gonum.Implementation{}.Dgemm(blas.NoTrans, blas.NoTrans, m, n, k, 1, x, k, y, n, 0, z, n)
			})
		})
	}
}

func benchmarkMultiply[T Float](b *testing.B, name string, m, n, k int) {
	use(b, name)
	rng := rand.New(rand.NewPCG(1, 1))
	x, y, z := Dense(random[T](rng, m*k), m, k), Dense(random[T](rng, k*n), k, n), Dense(make([]T, m*n), m, n)
	var mu Multiplier[T]
	rates[T](b, slices.Index(names, name), 2*m*n*k, func() { mu.Multiply(z, Matrix[T]{}, x, y) })
}
