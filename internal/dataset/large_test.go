package dataset

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// BenchmarkLargeFile reads a table of some 200 MB in a stream. It reports the rate, and the most memory that the
// process has had over the size of the numbers in it.
func BenchmarkLargeFile(b *testing.B) {
	const columns, count = 50, 500_000
	path := filepath.Join(b.TempDir(), "large.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	for j := range columns {
		fmt.Fprintf(w, "c%d,", j)
	}
	fmt.Fprintln(w, "kind")
	for i := range count {
		for j := range columns {
			fmt.Fprintf(w, "%.4f,", float64((i*31+j*17)%9973)/7)
		}
		fmt.Fprintln(w, []string{"a", "b", "c"}[i%3])
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	info, _ := f.Stat()
	_ = f.Close()
	b.SetBytes(info.Size())
	for b.Loop() {
		runtime.GC()
		begin := time.Now()
		d, err := load(File{Path: path}, nil)
		if err != nil || d.Train.Len()+d.Test.Len() != count {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size())/1e6/time.Since(begin).Seconds(), "MB/s")
		if peak := peakMemory(); peak > 0 {
			b.ReportMetric(peak/(8*columns*count), "peak/numbers")
		}
		b.ReportMetric(float64(info.Size())/1e6, "MB")
	}
}

// peakMemory is the most memory in bytes that the process has had, 0 where the system does not tell.
func peakMemory() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(status), "\n") {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kb); n == 1 {
			return 1024 * kb
		}
	}
	return 0
}
