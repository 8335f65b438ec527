package problems

import (
	"strconv"
	"strings"

	"opttui/internal/usage"
)

// ParseDomain reads intervals lo:hi separated by commas, as in "-2:2,-1:3"; nothing is no interval.
func ParseDomain(text string) ([][2]float64, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var domain [][2]float64
	for _, part := range strings.Split(text, ",") {
		lo, hi, ok := strings.Cut(part, ":")
		a, errA := strconv.ParseFloat(strings.TrimSpace(lo), 64)
		b, errB := strconv.ParseFloat(strings.TrimSpace(hi), 64)
		if width := b - a; !ok || errA != nil || errB != nil || !(a < b) || width-width != 0 {
			return nil, usage.Errorf("domain cannot be %q: allowed are intervals low:high, the low end below the high one, separated by commas, as in -2:2,-1:3", text)
		}
		domain = append(domain, [2]float64{a, b})
	}
	return domain, nil
}

// FormatDomain writes intervals as ParseDomain reads them.
func FormatDomain(domain [][2]float64) string {
	var parts []string
	for _, d := range domain {
		parts = append(parts, strconv.FormatFloat(d[0], 'g', -1, 64)+":"+strconv.FormatFloat(d[1], 'g', -1, 64))
	}
	return strings.Join(parts, ",")
}
