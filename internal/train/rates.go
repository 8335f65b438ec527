package train

import (
	"context"
	"math"

	"opttui/internal/optim"
	"opttui/internal/usage"
)

// maxRates bounds the points that Rates returns.
const maxRates = 4096

// Rates recomputes a run to the given step and returns its learning rate as the points of a manual schedule: on a run
// with the first of them as ε₀ it makes the same steps. Where a rate that changes in every step would take too many points,
// small changes are left out, and exact is false. It returns ctx's error when it is done before.
func Rates(ctx context.Context, spec Spec, journal []Entry, step int) (points []optim.RatePoint, exact bool, err error) {
	r, err := New(spec)
	if err != nil {
		return nil, false, err
	}
	tolerance, before := 0.0, -1
	for target := 0; target <= step && !r.Over(); target++ {
		if _, err := r.follow(journal, target, math.MaxInt); err != nil {
			return nil, false, err
		}
		if r.step == before {
			break // the run is over
		}
		before = r.step
		if !r.HasRate() {
			return nil, false, usage.Errorf("%s has no learning rate", r.optSpec.Name)
		}
		if n := len(points); n == 0 || differs(points[n-1].Rate, r.lr, tolerance) {
			points = append(points, optim.RatePoint{Step: r.step, Rate: r.lr})
		}
		for len(points) > maxRates {
			tolerance = max(2*tolerance, 1e-4)
			points = coarser(points, tolerance)
		}
		if target%1024 == 0 && ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
	}
	return points, tolerance == 0, nil
}

// differs tells whether two rates are further apart than a share of the first.
func differs(a, b, tolerance float64) bool { return a != b && math.Abs(a-b) > tolerance*a }

// coarser leaves out points that differ little from the one before.
func coarser(points []optim.RatePoint, tolerance float64) []optim.RatePoint {
	kept := points[:1]
	for _, p := range points[1:] {
		if differs(kept[len(kept)-1].Rate, p.Rate, tolerance) {
			kept = append(kept, p)
		}
	}
	return kept
}
