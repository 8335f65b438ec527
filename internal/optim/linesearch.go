package optim

import (
	"errors"
	"math"
	"slices"

	"opttui/internal/kernel"
	"opttui/internal/knob"
)

var (
	errNotFinite     = errors.New("the value or the gradient is not a number here, or too large, so there is no direction to go")
	errNowhereFinite = errors.New("the value is not finite next to here, however short the step")
	errContrary      = errors.New("the value rises where the gradient says that it falls: the two do not belong to one function")
)

const (
	maxTrials  = 30    // evaluations in one line search
	maxBlind   = 4     // of them, those whose value differs from the first one by no more than rounding
	maxGrowth  = 1e4   // longest step of one line search, in first trial steps: unbounded functions have no end
	expansion  = 4     // longest next trial while the search is still going outward
	shortest   = 0.1   // next trial, as a share of one at which the function was not finite
	rounding   = 1e-12 // values this near to each other, relative to them, may differ by rounding alone
	clearRatio = 1e-6  // a step this long, relative to x, is not confused by rounding
	lostShare  = 1e-4  // coordinates smaller than this share of the largest are as inexact as one of this size
)

// search is the line search under the quasi-Newton and conjugate-gradient rules. From x it looks along a
// direction d for a step α to a point that fulfils the strong Wolfe conditions on φ(α) = f(x + αd):
//
//	φ(α) ≤ φ(0) + c₁αφ'(0)   sufficient decrease (Armijo)
//	|φ'(α)| ≤ c₂|φ'(0)|      curvature
//
// It brackets and zooms as in Nocedal & Wright 2006, algorithms 3.5 and 3.6, with the cubic interpolation of
// their eq. 3.59 and the safeguard of Moré & Thuente 1994 that bisects a bracket which shrinks too slowly.
// Three things are added. Where f or φ' is not finite, the step counts as too long. Where two values differ by
// no more than their rounding, their slopes decide (Hager & Zhang 2005, the approximate Wolfe conditions), so
// that a run ends at the accuracy of its gradient and not at the square root of it. And the step is bounded.
//
// (gonum's MoreThuente is not used: it forgets its bracket whenever the slope keeps its sign, and cannot be
// told of a value that is not finite.)
type search struct {
	c1, c2 float64
	alpha  float64   // the last accepted step
	f0     float64   // φ(0)
	slope0 float64   // φ'(0) = gᵀd < 0
	norm0  float64   // ‖g‖ at the start
	least  float64   // changes of x up to this are none
	x0, g0 []float64 // start of the step and the gradient there
	d      []float64 // direction
	best   []float64 // gradient at the best trial so far
	stuck  bool      // nothing was found from f0, norm0: do not look there again

	tried, finite, risen, contrary int // trials of this step by their kind, see note
}

// trial is a step with the value and the slope there.
type trial struct{ a, f, d float64 }

// finite tells whether the function exists at t.
func (t trial) finite() bool { return isFinite(t.f) && isFinite(t.d) }

// directions is what a rule tells its line search.
type directions interface {
	// direction writes the search direction at the gradient g to d, which holds the last one, and returns
	// the first step to try.
	direction(g, d []float64) float64
	// forget makes the next direction steepest descent and reports whether that changes anything.
	forget() bool
}

func (s *search) init(n int) {
	*s = search{
		c1: s.c1, c2: s.c2,
		x0: zeros(s.x0, n), g0: zeros(s.g0, n), d: zeros(s.d, n), best: zeros(s.best, n),
	}
}

func (s *search) clone() search {
	c := *s
	c.x0, c.g0, c.d, c.best = slices.Clone(s.x0), slices.Clone(s.g0), slices.Clone(s.d), slices.Clone(s.best)
	return c
}

func c1Knob(p *float64) knob.Knob {
	return knob.Knob{
		Key: "c1", Symbol: "c₁", Doc: "sufficient decrease: a step must lower the value by this share of what the slope promises",
		Default: 1e-4, Min: 1e-12, Max: 0.5, Scale: knob.Log,
	}.Bind(p)
}

func c2Knob(p *float64, def float64) knob.Knob {
	return knob.Knob{
		Key: "c2", Symbol: "c₂", Doc: "curvature: the slope may keep this share of its size; smaller searches more exactly and costs more evaluations",
		Default: def, Min: 1e-6, Max: 0.999, Scale: knob.Log,
	}.Bind(p)
}

// readings shows the step length, which stands where other rules have a learning rate.
func (s *search) readings() []Reading {
	return []Reading{{Symbol: "α", Name: "step along the direction", Value: s.alpha}}
}

// step makes one update of the rule r: a search along its direction and, when that finds nothing, along
// steepest descent. It leaves the new value and gradient in p. Where no step changes the value by more than
// rounding the point is a critical one as far as can be told: p stays, moved is false, and there is no error.
func (s *search) step(obj Objective, p *Point, r directions) (moved bool, err error) {
	norm := kernel.Norm(p.G)
	if s.settled(p, norm) {
		return false, nil
	}
	if err := s.begin(p, norm); err != nil {
		return false, err
	}
	for {
		a := r.direction(s.g0, s.d)
		s.slope0 = kernel.Dot(s.g0, s.d)
		if s.slope0 < 0 && isFinite(s.slope0) && s.along(obj, p, a) {
			p.Fresh = true
			return true, nil
		}
		if !r.forget() {
			return false, s.stay(p)
		}
	}
}

// settled tells whether there is nothing to do at p with the norm of its gradient: that is zero, or a search from there has
// failed.
func (s *search) settled(p *Point, norm float64) bool {
	if norm == 0 || s.stuck && p.F == s.f0 && norm == s.norm0 {
		p.Fresh = true
		return true
	}
	return false
}

// begin notes where the step starts.
func (s *search) begin(p *Point, norm float64) error {
	s.f0, s.norm0, s.stuck = p.F, norm, false
	if !isFinite(s.f0) || !isFinite(s.norm0*s.norm0) {
		return errNotFinite
	}
	copy(s.x0, p.X)
	copy(s.g0, p.G)
	s.least = lostShare * machineEpsilon * kernel.MaxAbs(p.X)
	s.tried, s.finite, s.risen, s.contrary = 0, 0, 0, 0
	return nil
}

// stay puts p back to the start of a step that has found nothing, and tells why where that is an error.
func (s *search) stay(p *Point) error {
	copy(p.X, s.x0)
	copy(p.G, s.g0)
	p.F = s.f0
	switch {
	case s.tried > 0 && s.finite == 0:
		return errNowhereFinite
	case s.contrary > 0 && s.contrary == s.risen:
		return errContrary
	}
	p.Fresh, s.stuck = true, true
	return nil
}

// slack is how far two values near f0 may lie apart by rounding.
func (s *search) slack() float64 { return rounding * math.Abs(s.f0) }

// note counts a trial by its kind. Where the value went clearly up, the slope should have turned by then. One
// trial may land behind a hill where it leads down again; that all of a step do tells of a wrong gradient.
func (s *search) note(t trial) trial {
	s.tried++
	if !t.finite() {
		return t
	}
	s.finite++
	if t.f > s.f0+s.slack() && t.a*kernel.MaxAbs(s.d) > clearRatio*kernel.MaxAbs(s.x0) {
		s.risen++
		if t.d <= s.slope0/2 {
			s.contrary++
		}
	}
	return t
}

// blind tells whether the value at t differs from f0 by no more than rounding, so that slopes have to decide.
// They may not where they have contradicted the values.
func (s *search) blind(t trial) bool {
	return math.Abs(t.f-s.f0) <= s.slack() && s.contrary == 0
}

// along searches from x0 along d, beginning with the step a. On success p is at the accepted point.
func (s *search) along(obj Objective, p *Point, a float64) bool {
	slack := s.slack()
	lo := trial{0, s.f0, s.slope0} // the best step so far; the slope there leads towards hi
	hi := trial{a: math.Inf(1)}    // the other end of the bracket
	limit := a * maxGrowth
	w1, w2 := math.Inf(1), math.Inf(1) // width of the bracket one and two trials ago
	last := 0.0                        // the step at which p stands
	blind := 0
	for range maxTrials {
		last = a
		if !s.move(p, a) {
			break // the step is lost in the rounding of x
		}
		f := obj.Gradient(p.X, p.G)
		t := s.note(trial{a, f, kernel.Dot(p.G, s.d)})
		before := lo
		switch {
		case !t.finite() || !s.decreases(t) || t.f > lo.f+slack:
			hi = t
		case math.Abs(t.d) <= -s.c2*s.slope0:
			s.alpha, p.F = a, t.f
			return true
		default:
			if t.d*(hi.a-lo.a) >= 0 {
				hi = lo
			}
			lo = t
			copy(s.best, p.G)
		}
		if s.blind(t) {
			blind++
		}
		if blind == maxBlind || lo.a >= limit && math.IsInf(hi.a, 1) {
			break
		}
		if math.IsInf(hi.a, 1) {
			a = min(outward(before, lo), limit)
			continue
		}
		a = inward(lo, hi, slack)
		w := math.Abs(hi.a - lo.a)
		if w > 2./3*w2 && hi.finite() {
			a = lo.a + (hi.a-lo.a)/2
		}
		w1, w2 = w, w1
	}
	if lo.a == 0 {
		return false
	}
	// The decrease is enough, though the slope is still steep: the best there is within the bounds.
	if last != lo.a {
		s.move(p, lo.a)
		copy(p.G, s.best)
	}
	s.alpha, p.F = lo.a, lo.f
	return true
}

// move puts p.X at x0 + a·d and reports whether that is another point than x0, beyond rounding.
func (s *search) move(p *Point, a float64) bool {
	copy(p.X, s.x0)
	kernel.Axpy(p.X, a, s.d)
	for i, x := range s.x0 {
		if !(math.Abs(p.X[i]-x) <= s.least) {
			return true
		}
	}
	return false
}

// decreases tests for sufficient decrease, by the slope where the values agree to rounding. There, a parabola
// with the slopes φ'(0) and φ'(α) fulfils the Armijo condition when φ'(α) ≤ (2c₁−1)φ'(0).
func (s *search) decreases(t trial) bool {
	return t.f <= s.f0+s.c1*t.a*s.slope0 ||
		s.blind(t) && t.d <= (2*s.c1-1)*s.slope0
}

// outward returns the next step after b while no upper bound is known, from the step a before: where the
// line through the slopes is zero, or the longest allowed when the slope does not grow.
func outward(a, b trial) float64 {
	c := b.a + (b.a-a.a)*b.d/(a.d-b.d)
	if !(b.d > a.d) || !isFinite(c) {
		return expansion * b.a
	}
	return min(max(c, b.a*1.01), expansion*b.a)
}

// inward returns the next step between lo and hi: the minimum of the cubic through their values and slopes,
// or, where the values do not differ, the zero of the line through their slopes. It keeps off the ends.
func inward(lo, hi trial, slack float64) float64 {
	w := hi.a - lo.a
	if !hi.finite() {
		if lo.a == 0 {
			return shortest * hi.a
		}
		return lo.a + w/2
	}
	var c float64
	if math.Abs(hi.f-lo.f) <= slack && lo.d*hi.d < 0 {
		c = lo.d / (lo.d - hi.d)
	} else {
		d1 := lo.d + hi.d - 3*(hi.f-lo.f)/w
		d2 := math.Copysign(math.Sqrt(d1*d1-lo.d*hi.d), w)
		c = 1 - (hi.d+d2-d1)/(hi.d-lo.d+2*d2)
	}
	if !isFinite(c) {
		c = 0.5
	}
	return lo.a + w*min(max(c, 0.02), 0.98)
}

// firstStep is the first trial step along −g when nothing is known of the curvature: a move of length one at
// the most, as in scipy and torch.optim.LBFGS.
func firstStep(g []float64) float64 { return math.Min(1, 1/kernel.Norm(g)) }

// steepest writes −g to d.
func steepest(g, d []float64) {
	for i, v := range g {
		d[i] = -v
	}
}
