package kernel

import "testing"

// flops reports the rate at which floating-point operations were done, n in each round.
func flops(b *testing.B, n int) {
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}
