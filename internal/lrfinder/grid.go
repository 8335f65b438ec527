package lrfinder

import (
	"context"
	"fmt"
	"math"
	"slices"

	"opttui/internal/knob"
)

// rates is the first grid.
func (f *Finder) rates() []float64 {
	n := float64(f.PerDecade)
	if f.fixed() {
		k := max(1, int(math.Round(n*math.Log10(f.Hi/f.Lo))))
		out := make([]float64, k+1)
		for i := range out {
			out[i] = f.Lo * math.Pow(f.Hi/f.Lo, float64(i)/float64(k))
		}
		out[k] = f.Hi
		return out
	}
	lo, hi := 1e-6, 10.0
	if l := f.res.Limit.LR; l == l {
		lo, hi = math.Min(lo, 1e-4*l), math.Max(hi, 10*l)
	}
	// On the marks of the scale, so that grids of different problems are alike.
	return f.marks(math.Floor(n*math.Log10(lo)+1e-9), math.Ceil(n*math.Log10(hi)-1e-9))
}

// fixed tells whether the range was chosen by a person.
func (f *Finder) fixed() bool { return f.Lo > 0 }

// marks are the rates 10^(i/n) from i = from to to, n a decade, as far as rules may have them.
func (f *Finder) marks(from, to float64) []float64 {
	var out []float64
	for i := from; i <= to; i++ {
		lr := math.Pow(10, i/float64(f.PerDecade))
		out = append(out, math.Min(math.Max(lr, leastLR), mostLR))
	}
	return slices.Compact(out)
}

// grid tries all rates of the grid, and more where the best one is at its border or no rate is unstable. Then it makes
// the range test over the same rates.
func (f *Finder) grid(ctx context.Context) error {
	first := f.rates()
	for rates := first; len(rates) > 0; {
		if _, err := f.evaluate(ctx, f.Iterations, rates...); err != nil {
			return err
		}
		f.order()
		if f.bottomless() || f.fixed() {
			break
		}
		rates = f.beyond()
	}
	f.reason()
	if f.res.Reason != "" {
		return nil
	}
	return f.pool.each(ctx, 1, func(_ int, b brake) error {
		r := f.source.rangeTest(first[0], first[len(first)-1], f.judge.seeds[0].excess, b)
		if !b.stop.Load() {
			f.res.Range = r
		}
		return nil
	}, func(int) {})
}

// beyond returns two more decades of rates beside the grid where they are wanted, none where it is wide enough.
func (f *Finder) beyond() []float64 {
	trials := f.res.Trials
	best := f.lowest()
	unstable := slices.ContainsFunc(trials[best:], func(t *Trial) bool { return t.Status != OK })
	var out []float64
	n := float64(f.PerDecade)
	if lo := trials[0].LR; best == 0 && lo > leastLR {
		at := math.Round(n * math.Log10(lo))
		out = append(out, f.marks(at-2*n, at-1)...)
	}
	if hi := trials[len(trials)-1].LR; !unstable && hi < mostLR {
		at := math.Round(n * math.Log10(hi))
		out = append(out, f.marks(at+1, at+2*n)...)
	}
	return out
}

// lowest is the index of the trial with the best score, the lower rate of two that are as good.
func (f *Finder) lowest() int {
	best := 0
	for i, t := range f.res.Trials {
		if t.Loss < f.res.Trials[best].Loss {
			best = i
		}
	}
	return best
}

// bottomless tells whether some rate makes the loss fall without bound.
func (f *Finder) bottomless() bool {
	for _, t := range f.res.Trials {
		for s, c := range t.curves {
			if l := f.judge.seeds[s]; bottomless(l.start, c.loss) && c.loss[len(c.loss)-1] < l.start {
				return true
			}
		}
	}
	return false
}

// reason says why the grid has no best rate, if it has none.
func (f *Finder) reason() {
	trials := f.res.Trials
	best := trials[f.lowest()]
	lo, hi := knob.Sig3(trials[0].LR), knob.Sig3(trials[len(trials)-1].LR)
	tiny := 1e-12 * math.Max(1, math.Abs(f.res.StartLoss))
	moved := slices.ContainsFunc(trials, func(t *Trial) bool { return math.Abs(t.Loss-f.res.StartLoss) > tiny })
	switch {
	case f.bottomless():
		f.res.Reason = "the loss falls without bound, the faster the larger the rate: the function has no minimum here, so there is no best rate"
	case math.IsNaN(f.res.StartLoss):
		f.res.Reason = "the loss is not finite at the start, whatever the rate"
	case !moved && f.source.stuck():
		f.res.Reason = "the gradient is zero at the start, so no rate moves the run"
	case !moved:
		f.res.Reason = fmt.Sprintf("the learning rate makes no difference: from %s to %s the loss after %d iterations is that of the start", lo, hi, f.Iterations)
	case !(best.Loss < f.res.StartLoss-tiny):
		f.res.Reason = fmt.Sprintf("no rate from %s to %s lowers the loss in %d iterations: the run is already where noise and curvature keep it", lo, hi, f.Iterations)
	case slices.ContainsFunc(trials, func(t *Trial) bool { return t != best && t.Loss != best.Loss }):
		return
	default:
		f.res.Reason = fmt.Sprintf("the learning rate makes no difference: from %s to %s the loss after %d iterations is the same", lo, hi, f.Iterations)
	}
}

// refine narrows the best rate down between its neighbours: by golden sections of log ε where the curve has one valley,
// else by trying many rates.
func (f *Finder) refine(ctx context.Context) error {
	best := f.lowest()
	lo := f.res.Trials[max(best-1, 0)].LR
	hi := f.res.Trials[min(best+1, len(f.res.Trials)-1)].LR
	var err error
	if f.unimodal(best) {
		err = f.golden(ctx, lo, hi)
	} else {
		err = f.dense(ctx, lo, hi)
	}
	f.order()
	t := f.res.Trials[f.lowest()]
	f.res.Best, f.res.BestLoss = t.LR, t.Loss
	f.res.Suggested, f.res.Chosen = t.LR, t.LR // as long as nothing more is known
	if f.fixed() && (t.LR == f.Lo || t.LR == f.Hi) {
		f.res.note("the best rate is at the border of the range that was asked for: a wider one may have a better")
	}
	return err
}

// unimodal tells whether the scores fall to the best and then rise, but for rises and falls of less than a hundredth of
// what the best gains.
func (f *Finder) unimodal(best int) bool {
	slack := 0.01 * (f.res.StartLoss - f.res.Trials[best].Loss)
	for i, t := range f.res.Trials[1:] {
		before := f.res.Trials[i]
		if i < best && t.Loss > before.Loss+slack || i >= best && t.Loss < before.Loss-slack {
			return false
		}
	}
	return true
}

// golden is the search by golden sections (Kiefer 1953) for the lowest score between lo and hi.
func (f *Finder) golden(ctx context.Context, lo, hi float64) error {
	const section = 0.6180339887498949
	score := func(u float64) (float64, error) {
		t, err := f.evaluate(ctx, f.Iterations, math.Exp(u))
		if err != nil {
			return 0, err
		}
		return t[0].Loss, nil
	}
	a, b := math.Log(lo), math.Log(hi)
	c, d := b-section*(b-a), a+section*(b-a)
	fc, err := score(c)
	if err != nil {
		return err
	}
	fd, err := score(d)
	for err == nil && b-a > math.Log(f.BestWithin) {
		if fc <= fd {
			b, d, fd = d, c, fc
			c = b - section*(b-a)
			fc, err = score(c)
		} else {
			a, c, fc = c, d, fd
			d = a + section*(b-a)
			fd, err = score(d)
		}
	}
	return err
}

// dense tries rates between lo and hi that are no further apart than the best one is wanted.
func (f *Finder) dense(ctx context.Context, lo, hi float64) error {
	n := int(math.Ceil(math.Log(hi/lo)/math.Log(f.BestWithin) - 1e-9))
	var rates []float64
	for i := 1; i < n; i++ {
		rates = append(rates, lo*math.Pow(hi/lo, float64(i)/float64(n)))
	}
	_, err := f.evaluate(ctx, f.Iterations, rates...)
	return err
}
