package optim

import (
	"gonum.org/v1/gonum/floats"

	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "lbfgs", Title: "L-BFGS", Order: 2, Unit: NoRate, SameFunction: true,
		Formula: "θ ← θ − αBg, α from a strong-Wolfe search;  B: BFGS's of the last m pairs s = Δθ, y = Δg, begun at (sᵀy/yᵀy)I",
		Source:  "Liu & Nocedal 1989; Nocedal & Wright 2006, algs. 7.4 and 7.5",
		Advice:  "smooth problems of any size with the full batch; on minibatches or noise it keeps jumping and SGD ends lower",
		New: func(Convention) Optimizer {
			o := &lbfgs{}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

// lbfgs multiplies by BFGS's inverse Hessian without forming it, in 4mn operations for m pairs.
type lbfgs struct {
	search  search
	history float64
	ring    []pair // one more than history: the next pair is made in the slot after head
	head    int    // the newest pair; older ones lie before it
	count   int
}

// pair is one step's Δθ and Δg.
type pair struct {
	s, y  []float64
	rho   float64 // ϱ = 1/sᵀy
	scale float64 // sᵀy/yᵀy
	a     float64 // ϱsᵀq of the recursion's first loop
}

func newRing(history, n int) []pair {
	ring := make([]pair, history+1)
	memory := make([]float64, 2*n*len(ring))
	for i := range ring {
		ring[i].s, ring[i].y, memory = memory[:n:n], memory[n:2*n:2*n], memory[2*n:]
	}
	return ring
}

func (o *lbfgs) Init(l Layout) {
	o.search.init(l.Dim)
	o.ring = newRing(int(o.history), l.Dim)
	o.head, o.count = 0, 0
}

// at returns the pair that is k older than the newest; −1 is the slot of the next one.
func (o *lbfgs) at(k int) *pair {
	i, n := o.head-k, len(o.ring)
	if i < 0 {
		i += n
	} else if i == n {
		i = 0
	}
	return &o.ring[i]
}

func (o *lbfgs) Step(obj Objective, p *Point) error {
	if int(o.history) != len(o.ring)-1 {
		o.resize(len(p.X))
	}
	moved, err := o.search.step(obj, p, o)
	if !moved {
		return err
	}
	q := o.at(-1)
	floats.SubTo(q.s, p.X, o.search.x0)
	floats.SubTo(q.y, p.G, o.search.g0)
	sy, yy := kernel.Dot(q.s, q.y), kernel.Dot(q.y, q.y)
	if curved(sy, kernel.Dot(q.s, q.s), yy) {
		q.rho, q.scale = 1/sy, sy/yy
		o.head = (o.head + 1) % len(o.ring)
		o.count = min(o.count+1, len(o.ring)-1)
	}
	return nil
}

// direction is the two-loop recursion (algorithm 7.4) for d = −Bg. Each pass over d also takes its product with the vector of
// the next one.
func (o *lbfgs) direction(g, d []float64) float64 {
	steepest(g, d)
	if o.count == 0 {
		return firstStep(g)
	}
	oldest := o.count - 1
	dot := kernel.Dot(o.at(0).s, d)
	for k := range o.count {
		q, next := o.at(k), o.at(min(k+1, oldest))
		q.a = q.rho * dot
		if k < oldest {
			dot = kernel.AxpyDot(d, -q.a, q.y, next.s)
		} else {
			dot = kernel.AxpyDot(d, -q.a, q.y, next.y)
		}
	}
	scale := o.at(0).scale
	floats.Scale(scale, d)
	dot *= scale
	for k := oldest; k > 0; k-- {
		q := o.at(k)
		dot = kernel.AxpyDot(d, q.a-q.rho*dot, q.s, o.at(k-1).y)
	}
	q := o.at(0)
	kernel.Axpy(d, q.a-q.rho*dot, q.s)
	return 1
}

func (o *lbfgs) forget() bool {
	was := o.count > 0
	o.count = 0
	return was
}

// resize makes a ring for the present history and moves the newest pairs there.
func (o *lbfgs) resize(n int) {
	old := *o
	o.ring = newRing(int(o.history), n)
	o.count = min(o.count, int(o.history))
	o.head = max(o.count-1, 0)
	for k := range o.count {
		o.at(k).set(old.at(k))
	}
}

func (q *pair) set(from *pair) {
	copy(q.s, from.s)
	copy(q.y, from.y)
	q.rho, q.scale = from.rho, from.scale
}

func (o *lbfgs) Knobs() []knob.Knob {
	return []knob.Knob{
		knob.Knob{
			Key: "history", Symbol: "m", Doc: "how many of the last steps the estimate of the curvature is made of",
			Unit: "steps", Default: 10, Min: 1, Max: 100, Integer: true,
		}.Bind(&o.history),
		c1Knob(&o.search.c1), c2Knob(&o.search.c2, 0.9),
	}
}

// Readings shows the step length and how much memory is in use.
func (o *lbfgs) Readings() []Reading {
	return append(o.search.readings(), Reading{Symbol: "k", Name: "pairs remembered", Value: float64(o.count)})
}

func (o *lbfgs) Clone() Optimizer {
	c := *o
	c.search = o.search.clone()
	if len(o.ring) > 0 {
		c.ring = newRing(len(o.ring)-1, len(o.search.d))
		for i := range o.ring {
			c.ring[i].set(&o.ring[i])
		}
	}
	return &c
}

func (o *lbfgs) Slots() []Slot { return []Slot{{Kind: Own("lbfgs", "curvature pairs")}} }
