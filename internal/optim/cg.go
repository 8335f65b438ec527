package optim

import (
	"math"

	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "cg", Title: "Conjugate gradient", Order: 2, Unit: NoRate, SameFunction: true,
		Formula: "d ← −g + βd;  θ ← θ + αd, α from a strong-Wolfe search;  β = max(0, g′ᵀ(g′−g)/gᵀg), g′ the new g",
		Source:  "Nocedal & Wright 2006, alg. 5.4, with eqs. 5.45 (polak_ribiere+), 5.41a (fletcher_reeves), 5.46 (hestenes_stiefel); Shewchuk 1994",
		Advice:  "smooth problems without noise of any size in three vectors of memory; usually L-BFGS is faster",
		New: func(Convention) Optimizer {
			o := &cg{}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

// Formulas for β.
const (
	polakRibiere = iota
	fletcherReeves
	hestenesStiefel
)

// cg keeps the directions of a quadratic conjugate, dᵢᵀHdⱼ = 0, so that with exact searches n steps reach its
// minimum. It starts again with steepest descent when a direction does not lead down. β is made at the end
// of a step, of two gradients of the same minibatch.
type cg struct {
	search  search // search.d is the last direction
	formula float64
	beta    float64 // β of the next direction
	drop    float64 // αφ′(0) of the last step: the next one is expected to go down as far (section 3.5)
	warm    bool    // there is a last step
}

func (o *cg) Init(l Layout) {
	o.search.init(l.Dim)
	o.beta, o.drop, o.warm = 0, 0, false
}

func (o *cg) Step(obj Objective, p *Point) error {
	s := &o.search
	moved, err := s.step(obj, p, o)
	if !moved {
		return err
	}
	o.warm = true
	o.drop = s.alpha * s.slope0
	gg := kernel.Dot(s.g0, s.g0)
	newNew, newOld := kernel.Dot(p.G, p.G), kernel.Dot(p.G, s.g0)
	switch o.formula {
	case fletcherReeves:
		o.beta = newNew / gg
	case hestenesStiefel:
		o.beta = (newNew - newOld) / (kernel.Dot(s.d, p.G) - s.slope0)
	default:
		o.beta = math.Max(0, (newNew-newOld)/gg)
	}
	return nil
}

func (o *cg) direction(g, d []float64) float64 {
	if !o.warm {
		steepest(g, d)
		return firstStep(g)
	}
	for i, v := range g {
		d[i] = -v + o.beta*d[i]
	}
	a := o.drop / kernel.Dot(g, d)
	if !(a > 0) || !isFinite(a) {
		return firstStep(g)
	}
	return a
}

func (o *cg) forget() bool {
	was := o.warm
	o.warm, o.beta = false, 0
	return was
}

func (o *cg) Knobs() []knob.Knob {
	return []knob.Knob{
		knob.Enum("beta", "β", "how much of the last direction is kept: max(0, g′ᵀ(g′−g)/gᵀg), which restarts by itself, g′ᵀg′/gᵀg, or g′ᵀ(g′−g)/dᵀ(g′−g)",
			polakRibiere, "polak_ribiere+", "fletcher_reeves", "hestenes_stiefel").Bind(&o.formula),
		c1Knob(&o.search.c1), c2Knob(&o.search.c2, 0.1),
	}
}

// Readings shows the step length and β.
func (o *cg) Readings() []Reading {
	return append(o.search.readings(), Reading{Symbol: "β", Name: "share of the last direction", Value: o.beta})
}

func (o *cg) Clone() Optimizer {
	c := *o
	c.search = o.search.clone()
	return &c
}

func (o *cg) Slots() []Slot { return []Slot{{Kind: Own("cg", "direction")}} }
