package optim

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"opttui/internal/knob"
)

func init() { RegisterSchedule(manualSpec(nil)) }

// manualPrefix begins the name of a manual schedule that has points: "manual:0=0.1,500=0.01".
const manualPrefix = "manual:"

// RatePoint is a learning rate and the step from which it holds.
type RatePoint struct {
	Step int
	Rate float64
}

// maxRate bounds the rates of points, as it does the knob's.
const maxRate = 1e6

func manualSpec(points []RatePoint) ScheduleSpec {
	text := ""
	if len(points) > 0 {
		text = FormatRates(points)
	}
	return ScheduleSpec{
		Name: "manual", Points: text, Title: "Manual",
		Formula: "ε_k = ε₀ r_k/r₀,  r_k the rate of the last point at or before step k",
		Source:  "the person at the keyboard; piecewise constant, as torch.optim.lr_scheduler.MultiStepLR with any factors",
		Advice:  "repeats what was done by hand, as an export of it says; --schedule manual:0=0.1,500=0.01 writes the points, and without any it is constant",
		New:     func(float64) Schedule { return &manual{points} },
	}
}

// manual is a schedule of points. With ε₀ the rate of the first one, each rate is exactly as written.
type manual struct{ points []RatePoint }

func (m *manual) Rate(k int, base float64) float64 {
	if len(m.points) == 0 {
		return base
	}
	i := sort.Search(len(m.points), func(i int) bool { return m.points[i].Step > k })
	first, rate := m.points[0].Rate, m.points[max(i-1, 0)].Rate
	if base == first || first == 0 {
		return rate
	}
	return base * (rate / first)
}

func (*manual) Knobs() []knob.Knob { return nil }

func (m *manual) Clone() Schedule { return m } // nothing in it ever changes

// FormatRates writes points as they stand in the name of a schedule; ParseRates reads them bit for bit.
func FormatRates(points []RatePoint) string {
	texts := make([]string, len(points))
	for i, p := range points {
		texts[i] = strconv.Itoa(p.Step) + "=" + strconv.FormatFloat(p.Rate, 'g', -1, 64)
	}
	return strings.Join(texts, ",")
}

// ParseRates reads points, "0=0.1,500=0.01", in the order of their steps. The error is written for people.
func ParseRates(text string) ([]RatePoint, error) {
	var points []RatePoint
	for _, field := range strings.Split(text, ",") {
		step, rate, ok := strings.Cut(field, "=")
		k, errStep := strconv.Atoi(strings.TrimSpace(step))
		r, errRate := strconv.ParseFloat(strings.TrimSpace(rate), 64)
		if !ok || errStep != nil || errRate != nil {
			return nil, fmt.Errorf("a point of a manual schedule cannot be %q: write step=rate, as in manual:0=0.1,500=0.01", field)
		}
		points = append(points, RatePoint{k, r})
	}
	return points, CheckRates(points)
}

// CheckRates returns an error, written for people, when the points are none of a manual schedule.
func CheckRates(points []RatePoint) error {
	if len(points) == 0 {
		return fmt.Errorf("a manual schedule needs a point, as in manual:0=0.1")
	}
	for i, p := range points {
		if p.Step < 0 || p.Step > maxSteps || !(p.Rate >= 0 && p.Rate <= maxRate) {
			return fmt.Errorf("a point of a manual schedule cannot be %d=%g: allowed are steps from 0 to 1e9 and rates from 0 to 1e6", p.Step, p.Rate)
		}
		if i > 0 && p.Step <= points[i-1].Step {
			return fmt.Errorf("the points of a manual schedule go up: step %d cannot stand after step %d", p.Step, points[i-1].Step)
		}
	}
	return nil
}

// FindSchedule finds a schedule by name, with its points where it is a manual one. The error of wrong points is written
// for people; ok is false for a name that is not known.
func FindSchedule(name string) (spec ScheduleSpec, ok bool, err error) {
	text, written := strings.CutPrefix(name, manualPrefix)
	if !written {
		spec, ok = LookupSchedule(name)
		return spec, ok, nil
	}
	points, err := ParseRates(text)
	return manualSpec(slices.Clip(points)), true, err
}

// Written is the name by which FindSchedule finds the schedule.
func (s ScheduleSpec) Written() string {
	if s.Points == "" {
		return s.Name
	}
	return manualPrefix + s.Points
}
