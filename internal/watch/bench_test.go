package watch

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"opttui/internal/events"
	"opttui/internal/monitor"
)

// row appends one row with five numbers beside the step.
func row(b []byte, f format, i int, v *[5]float64) []byte {
	switch f {
	case isJSONL:
		return fmt.Appendf(b, "{\"step\": %d, \"loss\": %.6g, \"grad_norm\": %.6g, \"lr\": %.6g, \"val\": {\"loss\": %.6g, \"acc\": %.6g}}\n", i, v[0], v[1], v[2], v[3], v[4])
	case isTable:
		return fmt.Appendf(b, "%d,%.6g,%.6g,%.6g,%.6g,%.6g\n", i, v[0], v[1], v[2], v[3], v[4])
	}
	var all []events.Scalar
	for k, name := range []string{"loss", "grad_norm", "lr", "val/loss", "val/acc"} {
		all = append(all, events.Scalar{Tag: name, V: v[k]})
	}
	return events.AppendScalars(b, 1.7e9+float64(i), int64(i), all)
}

func BenchmarkFormats(b *testing.B) {
	const rows = 20_000
	for _, f := range []struct {
		name string
		f    format
	}{{"jsonl", isJSONL}, {"csv", isTable}, {"events", isEvents}} {
		b.Run(f.name, func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 2))
			var text []byte
			if f.f == isTable {
				text = append(text, "step,loss,grad_norm,lr,val/loss,val/acc\n"...)
			}
			for i := range rows {
				text = row(text, f.f, i, &[5]float64{r.Float64(), r.Float64(), 1e-3 * r.Float64(), r.Float64(), r.Float64()})
			}
			came := time.Now()
			s := &sink{run: monitor.NewRun("", came)}
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				p := newParser(f.f, s, "")
				for at := 0; at < len(text); at += 256 << 10 {
					p.add(text[at:min(at+256<<10, len(text))], came)
				}
			}
			seconds := b.Elapsed().Seconds()
			b.ReportMetric(float64(rows*b.N)/seconds, "rows/s")
			b.ReportMetric(float64(5*rows*b.N)/seconds, "values/s")
		})
	}
}

// BenchmarkIdle is a look at 500 files in which nothing is new, as ten times a second.
func BenchmarkIdle(b *testing.B) {
	dir := b.TempDir()
	for i := range 500 {
		writeFile(b, filepath.Join(dir, fmt.Sprint(i, ".csv")), "step,loss\n1,2\n")
	}
	w := prepare([]string{dir}, Options{})
	w.pass()
	buf := make([]byte, 64<<10)
	b.ReportAllocs()
	for b.Loop() {
		for _, s := range *w.sources.Load() {
			s.turn(buf, &w.open)
		}
	}
}

// BenchmarkFile reads a file of 64 MB from the disk's cache.
func BenchmarkFile(b *testing.B) {
	path := filepath.Join(b.TempDir(), "a.jsonl")
	var text []byte
	for i := 0; len(text) < 64<<20; i++ {
		text = row(text, isJSONL, i, &[5]float64{1.25, 2.5, 1e-3, 0.123456, 0.5})
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		w := prepare([]string{path}, Options{})
		w.pass()
	}
}
