package kernel

import "golang.org/x/sys/cpu"

// fastest is the fastest level that this machine has.
func fastest() int {
	x := &cpu.X86
	switch {
	case !x.HasAVX2 || !x.HasFMA:
		return portable
	case !x.HasAVX512F || !x.HasAVX512BW || !x.HasAVX512DQ || !x.HasAVX512VL || !x.HasBMI2: // masks are made with BZHI
		return avx2
	default:
		return avx512
	}
}
