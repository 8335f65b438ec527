package watch

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ResidentMemory reads how much memory a process has: VmRSS of proc(5).
func ResidentMemory(pid int) (uint64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			kB, err := strconv.ParseUint(f[1], 10, 64)
			return kB << 10, err
		}
	}
	return 0, fmt.Errorf("process %d has no VmRSS", pid)
}

// ProcessorTime reads the time that a process has computed: the sum of its threads' schedstat, in nanoseconds.
func ProcessorTime(pid int) (sum time.Duration, err error) {
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return 0, err
	}
	for _, t := range tasks {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/schedstat", pid, t.Name()))
		if err != nil {
			continue // it has just ended
		}
		ns, _, _ := strings.Cut(string(b), " ")
		n, err := strconv.ParseInt(ns, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(n)
	}
	return sum, nil
}

// Quantile is the value that the share q of the values does not exceed; the zero value where there are none.
func Quantile[T int | float64 | time.Duration](values []T, q float64) (v T) {
	if len(values) == 0 {
		return v
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// Mega is a number of bytes in megabytes of 2²⁰.
func Mega(bytes float64) float64 { return bytes / (1 << 20) }
