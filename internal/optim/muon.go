package optim

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"opttui/internal/kernel"
	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "muon", Title: "Muon", Order: 1, Unit: PerStep,
		Formula: "matrices: M ← αM + (1−α)G;  W ← (1−ελ)W − ε√max(1, rows/cols) · NS₅((1−α)G + αM);  all else AdamW with ε_A",
		Source:  "Jordan et al. 2024, Muon: an optimizer for hidden layers in neural networks, and the author's code. NS₅ is five Newton–Schulz steps X ← 3.4445X − 4.7750XXᵀX + 2.0315(XXᵀ)²X from X/‖X‖",
		Advice:  "for the hidden layers of networks: all directions of a matrix move alike. Where there are no matrices it is AdamW",
		New: func(Convention) Optimizer {
			o := &muon{}
			knob.Reset(o.Knobs())
			return o
		},
	})
}

// muon keeps M where its AdamW keeps s.
type muon struct {
	lr, momentum, nesterov, weightDecay float64
	matrices                            []Block
	rest                                [][2]int // index ranges that belong to no matrix
	schulz                              schulz
	moments                             // AdamW's; its lr is ε_A
}

func (o *muon) Init(l Layout) {
	o.start(l.Dim)
	o.matrices, o.rest = nil, nil
	end, largest, side := 0, 0, 0
	for _, b := range l.Blocks { // in the order of their offsets
		if b.Rows < 2 || b.Cols < 2 {
			continue
		}
		if b.Offset > end {
			o.rest = append(o.rest, [2]int{end, b.Offset})
		}
		end = b.Offset + b.Rows*b.Cols
		o.matrices = append(o.matrices, b)
		largest, side = max(largest, b.Rows*b.Cols), max(side, min(b.Rows, b.Cols))
	}
	if end < l.Dim {
		o.rest = append(o.rest, [2]int{end, l.Dim})
	}
	o.schulz = newSchulz(largest, side)
}

func (o *muon) Step(_ Objective, p *Point) error {
	o.age()
	for _, b := range o.matrices {
		lo, hi := b.Offset, b.Offset+b.Rows*b.Cols
		o.turn(p.X[lo:hi], p.G[lo:hi], o.s[lo:hi], b, p.LR)
	}
	lr := 0.0 // the schedule goes for AdamW's rate, too
	if o.lr > 0 {
		lr = o.moments.lr * p.LR / o.lr
	}
	u := kernel.Adam{Keep: 1 - lr*o.weightDecay}
	o.fill(&u, lr, Torch)
	for _, span := range o.rest {
		from, to := span[0], span[1]
		u.Update(p.X[from:to], p.G[from:to], o.s[from:to], o.r[from:to])
	}
	return nil
}

// turn is the step of one matrix w with gradient g and momentum m.
func (o *muon) turn(w, g, m []float64, b Block, lr float64) {
	for i := range m {
		m[i] = kernel.Flush(o.momentum*m[i] + (1-o.momentum)*g[i])
		if o.nesterov != 0 {
			g[i] = (1-o.momentum)*g[i] + o.momentum*m[i]
		} else {
			g[i] = m[i]
		}
	}
	o.schulz.orthogonalize(g, b.Rows, b.Cols)
	step := lr * math.Sqrt(math.Max(1, float64(b.Rows)/float64(b.Cols)))
	for i := range w {
		w[i] = kernel.Flush((1-lr*o.weightDecay)*w[i] - step*g[i])
	}
}

func (o *muon) Knobs() []knob.Knob {
	aux := lrKnob(&o.moments.lr, 3e-4)
	aux.Key, aux.Symbol, aux.Doc = "adam_lr", "ε_A", "learning rate of AdamW, for what is not a matrix; the schedule scales it as it scales ε"
	return []knob.Knob{
		lrKnob(&o.lr, 2e-2),
		rateKnob(&o.momentum, "momentum", "α", "decay rate of the average M of gradients", 0.95),
		knob.Switch("nesterov", "", "orthogonalize (1−α)G + αM instead of M", true).Bind(&o.nesterov),
		decoupledDecayKnob(&o.weightDecay, 0),
		aux,
		beta1Knob(&o.beta1, 0.9),
		beta2Knob(&o.beta2, 0.95),
		epsOutsideKnob(&o.eps, 1e-10),
	}
}

func (o *muon) Clone() Optimizer {
	c := *o
	c.moments, c.schulz = o.moments.clone(), newSchulz(len(o.schulz.x), o.schulz.side)
	return &c
}

func (o *muon) Slots() []Slot { return []Slot{{Kind: Own("muon", "momentum"), V: o.s}} }

// schulz is the working memory of the Newton–Schulz iteration, which turns a matrix into one with the same
// singular vectors and all singular values near 1 (about 0.7 to 1.2; very small ones do not get that far).
type schulz struct {
	side int
	x, y []float64 // k×m with k ≤ m
	a, b []float64 // k×k
}

func newSchulz(largest, side int) schulz {
	return schulz{side: side, x: make([]float64, largest), y: make([]float64, largest), a: make([]float64, side*side), b: make([]float64, side*side)}
}

// orthogonalize overwrites g, rows×cols row by row, with its orthogonalized matrix.
func (w *schulz) orthogonalize(g []float64, rows, cols int) {
	const (
		steps   = 5
		c1      = 3.4445
		c3      = -4.7750
		c5      = 2.0315
		nothing = 1e-7 // keeps a zero gradient zero
	)
	k, m := min(rows, cols), max(rows, cols)
	x, y, a, b := w.x[:k*m], w.y[:k*m], w.a[:k*k], w.b[:k*k]
	scale := 1 / (kernel.Norm(g) + nothing)
	transpose(x, g, rows, cols, rows > cols, scale)
	for range steps { // X ← c₁X + (c₃A + c₅A²)X with A = XXᵀ
		gram(a, x, k, m)
		gram(b, a, k, k) // A is symmetric: AAᵀ = A²
		for i := range b {
			b[i] = c3*a[i] + c5*b[i]
		}
		for i := range k {
			row := y[i*m : (i+1)*m]
			floats.ScaleTo(row, c1, x[i*m:(i+1)*m])
			for j := range k {
				kernel.Axpy(row, b[i*k+j], x[j*m:(j+1)*m])
			}
		}
		x, y = y, x
	}
	transpose(g, x, k, m, rows > cols, 1)
}

// gram writes XXᵀ for the k×m matrix X to a.
func gram(a, x []float64, k, m int) {
	for i := range k {
		for j := range i + 1 {
			d := kernel.Dot(x[i*m:(i+1)*m], x[j*m:(j+1)*m])
			a[i*k+j], a[j*k+i] = d, d
		}
	}
}

// transpose writes scale times the rows×cols matrix src, turned over if so wished, to dst.
func transpose(dst, src []float64, rows, cols int, turned bool, scale float64) {
	if !turned {
		floats.ScaleTo(dst, scale, src)
		return
	}
	for i := range rows {
		for j := range cols {
			dst[j*rows+i] = scale * src[i*cols+j]
		}
	}
}
