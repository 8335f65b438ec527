package formula

// Tape evaluates a formula. It holds scratch memory and the parameters' values, so it belongs to one goroutine.
//
// All intermediate results have one place each in v. A derivative by them has the same place in its own slice.
type Tape struct {
	f      *Formula
	v      []float64
	slopes []slope // of the operations that depend on a variable
	bends  []bend
	dot    []float64 // derivatives of the results along a direction
	adj    []float64 // derivatives of f by the results
	adjDot []float64 // and of those along the direction
}

// NewTape returns a Tape whose parameters are all 1.
func (f *Formula) NewTape() *Tape {
	leaves := len(f.vars) + len(f.params)
	n := leaves + len(f.numbers) + len(f.code)
	t := &Tape{
		f: f, v: make([]float64, n), slopes: make([]slope, len(f.code)-f.first), bends: make([]bend, len(f.code)-f.first),
		dot: make([]float64, n), adj: make([]float64, n), adjDot: make([]float64, n),
	}
	for i := range f.params {
		t.v[len(f.vars)+i] = 1
	}
	copy(t.v[leaves:], f.numbers)
	for i, in := range f.code[f.first:] { // those that never change
		switch in.op {
		case opAdd, opSub, opNeg:
			t.slopes[i] = slopeOf(in.op, 0, 0, 0, 0)
		}
		switch in.op {
		case opMul, opSquare:
			t.bends[i] = bendOf(in.op, 0, 0, 0, 0, slope{})
		}
	}
	return t
}

// Clone returns an independent Tape with the same parameters.
func (t *Tape) Clone() *Tape {
	c := t.f.NewTape()
	copy(c.v, t.v)
	return c
}

// Dim returns the number of variables.
func (t *Tape) Dim() int { return len(t.f.vars) }

// Param returns where the value of parameter i is kept.
func (t *Tape) Param(i int) *float64 { return &t.v[len(t.f.vars)+i] }

// Value returns f(x).
func (t *Tape) Value(x []float64) float64 {
	copy(t.v[:len(t.f.vars)], x)
	t.run(t.f.code, len(t.v)-len(t.f.code))
	return t.v[t.f.root]
}

// run carries out operations, of which the first has its result at that place.
func (t *Tape) run(code []instr, place int) {
	v := t.v
	out := v[place:]
	for i, in := range code {
		a, b := v[in.a], v[in.b]
		var r float64
		switch in.op {
		case opAdd:
			r = a + b
		case opSub:
			r = a - b
		case opMul:
			r = a * b
		case opSquare:
			r = a * a
		default:
			r = apply(in.op, a, b, v[in.c])
		}
		out[i] = r
	}
}

// active returns the operations that depend on a variable and the place of the first one's result.
func (t *Tape) active() ([]instr, int) {
	code := t.f.code[t.f.first:]
	return code, len(t.v) - len(code)
}

// linearise runs the formula at x and notes the first derivatives of every operation.
func (t *Tape) linearise(x []float64) {
	v := t.v
	copy(v[:len(t.f.vars)], x)
	t.run(t.f.code[:t.f.first], len(v)-len(t.f.code))
	code, place := t.active()
	out, slopes := v[place:], t.slopes[:len(code)]
	for i, in := range code {
		a, b := v[in.a], v[in.b]
		var r float64
		switch in.op {
		case opAdd:
			r = a + b
		case opSub:
			r = a - b
		case opMul:
			r = a * b
			slopes[i] = slope{b, a}
		case opSquare:
			r = a * a
			slopes[i].a = 2 * a
		case opNeg:
			r = -a
		default:
			c := v[in.c]
			r = apply(in.op, a, b, c)
			slopes[i] = slopeOf(in.op, a, b, c, r)
		}
		out[i] = r
	}
}

// backward computes adj from the slopes.
func (t *Tape) backward() {
	adj := t.adj
	clear(adj)
	adj[t.f.root] = 1
	code, place := t.active()
	for i := len(code) - 1; i >= 0; i-- {
		w := adj[place+i]
		if w == 0 {
			continue
		}
		in, s := code[i], t.slopes[i]
		if s.a != 0 {
			adj[in.a] += w * s.a
		}
		if s.b != 0 {
			adj[in.b] += w * s.b
		}
	}
}

// Gradient writes ∇f(x) to g, of length Dim, and returns f(x).
func (t *Tape) Gradient(x, g []float64) float64 {
	t.linearise(x)
	t.backward()
	copy(g, t.adj[:len(t.f.vars)])
	return t.v[t.f.root]
}

// curve notes the second derivatives of every operation, after linearise.
func (t *Tape) curve() {
	v := t.v
	code, place := t.active()
	for i, in := range code {
		switch in.op {
		case opAdd, opSub, opNeg, opMul, opSquare: // they never change
		default:
			t.bends[i] = bendOf(in.op, v[in.a], v[in.b], v[in.c], v[place+i], t.slopes[i])
		}
	}
}

// along computes adjDot for the direction in dot[:Dim], after curve and backward. By the chain rule, the adjoint of a
// gains w·s, so its derivative along the direction gains ẇ·s + w·ṡ, with ṡ = s_a·ȧ + s_b·ḃ.
func (t *Tape) along() {
	code, place := t.active()
	dot, adj, adjDot := t.dot, t.adj, t.adjDot
	clear(dot[len(t.f.vars):])
	for i, in := range code {
		s := t.slopes[i]
		dot[place+i] = product(s.a, dot[in.a]) + product(s.b, dot[in.b])
	}
	clear(adjDot)
	for i := len(code) - 1; i >= 0; i-- {
		in, w, wd := code[i], adj[place+i], adjDot[place+i]
		if wd != 0 {
			s := t.slopes[i]
			adjDot[in.a] += product(wd, s.a)
			adjDot[in.b] += product(wd, s.b)
		}
		if w != 0 {
			c, da, db := t.bends[i], dot[in.a], dot[in.b]
			adjDot[in.a] += product(w, product(c.aa, da)+product(c.ab, db))
			adjDot[in.b] += product(w, product(c.ab, da)+product(c.bb, db))
		}
	}
}

// HessVec writes ∇²f(x)·v to hv. All have length Dim and do not overlap.
func (t *Tape) HessVec(x, v, hv []float64) {
	t.linearise(x)
	t.backward()
	t.curve()
	n := len(t.f.vars)
	copy(t.dot[:n], v)
	t.along()
	copy(hv, t.adjDot[:n])
}

// Hessian writes the Dim×Dim matrix ∇²f(x) to h, row by row. It is exactly symmetric.
func (t *Tape) Hessian(x, h []float64) {
	t.linearise(x)
	t.backward()
	t.curve()
	n := len(t.f.vars)
	for j := range n {
		clear(t.dot[:n])
		t.dot[j] = 1
		t.along()
		for i := range j + 1 {
			h[i*n+j], h[j*n+i] = t.adjDot[i], t.adjDot[i]
		}
	}
}
