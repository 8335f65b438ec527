package kernel

func init() {
	peakFlops = func(level, bytes, n int) int {
		rounds := func(lanes int) int { return n/(2*12*lanes) + 1 }
		loop, lanes := fmaPeak64avx512, 8
		switch {
		case level == avx512 && bytes == 4:
			loop, lanes = fmaPeak32avx512, 16
		case level == avx2 && bytes == 8:
			loop, lanes = fmaPeak64avx2, 4
		case level == avx2:
			loop, lanes = fmaPeak32avx2, 8
		}
		loop(rounds(lanes))
		return 2 * 12 * lanes * rounds(lanes)
	}
}
