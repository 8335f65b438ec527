package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
)

// result is what came out of a piece of work; index 0 is this program, then come the rivals.
type result struct {
	work
	values  []float64
	seconds [][]float64 // of one unit, of each side and round
}

// times is how many times as fast as the rival this program is: the median over the rounds.
func (r result) times(rival int) float64 {
	scale := r.rivals[rival].scale
	if scale == 0 {
		scale = 1
	}
	ratios := make([]float64, len(r.seconds[0]))
	for k, own := range r.seconds[0] {
		ratios[k] = scale * r.seconds[rival+1][k] / own
	}
	return median(ratios)
}

// verdict tells whether the goal against the rival is met.
func (r result) verdict(rival int) (goal, met string) {
	g := r.rivals[rival].goal
	switch {
	case g == 0:
		return "", ""
	case r.wide && !slices.Contains(flags(), "avx512f"):
		return fmt.Sprintf("%g×", g), "skipped: no AVX-512"
	case r.times(rival) >= g:
		return fmt.Sprintf("%g×", g), "met"
	default:
		return fmt.Sprintf("%g×", g), "**missed**"
	}
}

// lines are for the terminal.
func (r result) lines() []string {
	var lines []string
	for i, v := range r.rivals {
		goal, met := r.verdict(i)
		lines = append(lines, fmt.Sprintf("%-58s %10s  %-20s %10s  %9s  %7s %s", r.name, duration(median(r.seconds[0])),
			v.name, duration(median(r.seconds[i+1])), ratio(r.times(i)), goal, met))
	}
	return lines
}

// rows are for the page.
func (r result) rows() string {
	var b strings.Builder
	for i, v := range r.rivals {
		goal, met := r.verdict(i)
		name, own := r.name, duration(median(r.seconds[0]))
		if i > 0 {
			name, own = "", ""
		}
		fmt.Fprintf(&b, "| %s | %s | %s %s | %s | %s | %s |\n", name, own, v.name, duration(median(r.seconds[i+1])), ratio(r.times(i)), goal, met)
	}
	return b.String()
}

func ratio(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f×", v)
	}
	return fmt.Sprintf("%.3g×", v)
}

func duration(s float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}} {
		if s >= u.size {
			return fmt.Sprintf("%.3g %s", s/u.size, u.name)
		}
	}
	return fmt.Sprintf("%.3g ns", s/1e-9)
}

// The page is written between these marks; the rest of it is people's.
const (
	openMark  = "<!-- bench/compare.sh writes from here -->\n"
	closeMark = "<!-- to here -->\n"
)

func writePage(path string, results []result, versions map[string]string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(old, []byte(openMark))
	_, after, closed := bytes.Cut(rest, []byte(closeMark))
	if !ok || !closed {
		return fmt.Errorf("%s has not the marks between which to write", path)
	}
	page := slices.Concat(before, []byte(openMark), []byte(section(results, versions)), []byte(closeMark), after)
	return os.WriteFile(path, page, 0o644)
}

// section is what the page says.
func section(results []result, versions map[string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s, %d processors, %s; AVX-512 %s. %s, gonum %s; PyTorch %s, SciPy %s, NumPy %s on %s's interpreter, one thread each, "+
		"OPENBLAS_CORETYPE=%s, which was the fastest of those that `bench/compare.sh` tries. Times are processor time, medians of rounds in which all take turns; "+
		"a ratio is the median of the rounds' ratios. Before the rounds the values that all come to are compared: they agree to nine digits, "+
		"in float32 to four (solutions: all reach 10⁻¹⁰). When all was measured the machine's load average was %s: other work that "+
		"shares the caches with a side slows it down, so the ratios of a quiet machine are the ones to trust.\n",
		model(), runtime.NumCPU(), strings.Join(features(), ", "), present(slices.Contains(flags(), "avx512f")),
		runtime.Version(), gonum(), versions["torch"], versions["scipy"], versions["numpy"], "Debian", os.Getenv("OPENBLAS_CORETYPE"), load())
	heading := ""
	for _, r := range results {
		if r.heading != heading {
			heading = r.heading
			fmt.Fprintf(&b, "\n### %s\n\n| | this program | peer | times as fast | goal | |\n|---|---|---|---|---|---|\n", heading)
		}
		b.WriteString(r.rows())
	}
	b.WriteString("\n")
	return b.String()
}

func present(is bool) string {
	if is {
		return "is there"
	}
	return "is missing, and its goals are skipped"
}

func gonum() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if d.Path == "gonum.org/v1/gonum" {
				return d.Version
			}
		}
	}
	return "?"
}

// cpuinfo is a line of /proc/cpuinfo, where there is one.
func cpuinfo(key string) string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// load is the machine's load average over the last 15 minutes.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if fields := strings.Fields(string(text)); err == nil && len(fields) > 2 {
		return fields[2]
	}
	return "unknown"
}

func model() string { return strings.TrimSpace(runtime.GOARCH + " " + cpuinfo("model name")) }

func flags() []string { return strings.Fields(cpuinfo("flags")) }

// features are those of the processor's flags that the kernels can use.
func features() []string {
	var found []string
	for _, f := range []string{"avx2", "fma", "avx512f", "avx512dq", "avx512vl"} {
		if slices.Contains(flags(), f) {
			found = append(found, f)
		}
	}
	return found
}
