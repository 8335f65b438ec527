//go:build !amd64

package kernel

func dot(_, _ []float64) (int, float64)                             { return 0, 0 }
func axpy(_ []float64, _ float64, _ []float64) int                  { return 0 }
func axpyDot(_ []float64, _ float64, _, _ []float64) (int, float64) { return 0, 0 }
func rowTimesVectors(_, _, _ []float64, _ float64) (int, float64)   { return 0, 0 }
func maxAbs(_ []float64) (int, float64)                             { return 0, 0 }
func rank2TimesVectors(_ []float64, _ float64, _ []float64, _ float64, _, _, _ []float64, _ float64) (int, float64) {
	return 0, 0
}
