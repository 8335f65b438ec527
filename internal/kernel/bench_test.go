package kernel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	"unsafe"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// peakFlops does at least n floating-point operations as fast as the machine can at a level, and returns how many. It is nil
// on machines for which there is no assembly.
var peakFlops func(level, bytes, n int) int

// rates runs work, which does n floating-point operations, in rounds between which the machine shows what it can do at
// most. It reports both rates, each the median of the rounds, and the ratio.
func rates[T Float](b *testing.B, level, n int, work func()) {
	bytes := int(unsafe.Sizeof(T(0)))
	Cores(1)
	defer Cores(0)
	repeat := max(1, 2_000_000/n)
	var ours, peak []float64
	b.ReportAllocs()
	for b.Loop() {
		begin := time.Now()
		for range repeat {
			work()
		}
		ours = append(ours, float64(n*repeat)/float64(time.Since(begin)))
		if peakFlops != nil {
			begin = time.Now()
			m := peakFlops(level, bytes, n*repeat)
			peak = append(peak, float64(m)/float64(time.Since(begin)))
		}
	}
	b.ReportMetric(median(ours), "GFLOP/s")
	if peakFlops != nil {
		b.ReportMetric(median(peak), "peak-GFLOP/s")
		b.ReportMetric(100*median(ours)/median(peak), "%peak")
	}
	b.ReportMetric(0, "ns/op")
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

// BenchmarkMultiply has products of m × k by k × n as they are in networks, and gonum for comparison.
func BenchmarkMultiply(b *testing.B) {
	for _, s := range [][3]int{{64, 64, 128}, {64, 128, 64}, {64, 10, 128}, {64, 256, 784}, {784, 256, 64}} {
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

// BenchmarkTanh has the function and its derivative, and math for comparison.
func BenchmarkTanh(b *testing.B) {
	for _, name := range Levels() {
		b.Run("float64/"+name, func(b *testing.B) { benchmarkTanh[float64](b, name) })
		b.Run("float32/"+name, func(b *testing.B) { benchmarkTanh[float32](b, name) })
	}
}

func benchmarkTanh[T Float](b *testing.B, name string) {
	use(b, name)
	x := random[T](rand.New(rand.NewPCG(1, 1)), 8192)
	y, slope := make([]T, len(x)), make([]T, len(x))
	b.SetBytes(int64(len(x)) * int64(unsafe.Sizeof(x[0])))
	b.ReportAllocs()
	for b.Loop() {
		copy(y, x)
		Tanh(y, slope)
	}
}

func random[T Float](rng *rand.Rand, n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(rng.NormFloat64())
	}
	return x
}
