package kernel

import "testing"

// BenchmarkPeak is what the machine can do at most: fused multiply-adds alone.
func BenchmarkPeak(b *testing.B) {
	for _, p := range []struct {
		name  string
		level int
		lanes int
		loop  func(n int)
	}{
		{"float64/avx2", avx2, 4, fmaPeak64avx2},
		{"float32/avx2", avx2, 8, fmaPeak32avx2},
		{"float64/avx512", avx512, 8, fmaPeak64avx512},
		{"float32/avx512", avx512, 16, fmaPeak32avx512},
	} {
		b.Run(p.name, func(b *testing.B) {
			if p.level > fastest() {
				b.Skip("not on this machine")
			}
			const rounds = 1000
			for b.Loop() {
				p.loop(rounds)
			}
			flops(b, 2*12*rounds*p.lanes)
		})
	}
}
