package kernel

import (
	"slices"
	"testing"
	"time"
	"unsafe"
)

// peakFlops does at least n floating-point operations as fast as the machine can at a level, and returns how many. It is nil
// on machines for which there is no assembly.
var peakFlops func(level, bytes, n int) int

// rates runs work, which does n floating-point operations, in rounds between which the machine shows what it can do at
// most. It reports both rates, each the median of the rounds, and the ratio.
func rates[T Float](b *testing.B, level, n int, work func()) {
	bytes := int(unsafe.Sizeof(T(0)))
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
