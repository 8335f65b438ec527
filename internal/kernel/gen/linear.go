package main

import (
	"strings"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// chunk is what partial sums are kept of: 8 numbers at both levels, so that these give the same bits.
const chunk = 8

// sums is how many chunks of partial sums are under way in a loop at a time: about as many as a processor takes steps for one.
const sums = 4

// linear writes loops of linear algebra on vectors: those of ../linear.go, with fused multiply-adds.
func linear(c *build.Context) {
	for _, l := range []lanes{{c, true}, {c, false}} {
		l.sum("dot", "a b", "", "returns Σ aᵢbᵢ.", func(b *body, k int, sum reg.VecVirtual) {
			b.fma(b.loadAt("a", k), b.loadAt("b", k), sum)
		})
		l.sum("axpy", "y x", "alpha", "adds αx to y.", func(b *body, k int, _ reg.VecVirtual) {
			b.storeAt("y", k, b.fma(b.loadAt("x", k), b.held["alpha"], b.loadAt("y", k)))
		})
		l.sum("axpyDot", "y x z", "alpha", "adds αx to y and returns Σ yᵢzᵢ.", func(b *body, k int, sum reg.VecVirtual) {
			y := b.fma(b.loadAt("x", k), b.held["alpha"], b.loadAt("y", k))
			b.storeAt("y", k, y)
			b.fma(y, b.loadAt("z", k), sum)
		})
		l.sum("rowTimes", "r v w", "alpha", "adds αr to w and returns Σ rᵢvᵢ.", func(b *body, k int, sum reg.VecVirtual) {
			b.bothWays(b.loadAt("r", k), k, sum)
		})
		l.sum("rank2Times", "r p q v w", "a b alpha",
			"adds ap + bq to r, and then αr to w, and returns Σ rᵢvᵢ.", func(b *body, k int, sum reg.VecVirtual) {
				r := b.fma(b.loadAt("p", k), b.held["a"], b.loadAt("r", k))
				b.fma(b.loadAt("q", k), b.held["b"], r)
				b.storeAt("r", k, r)
				b.bothWays(r, k, sum)
			})
		l.sum("maxAbs", "a", "", "returns the largest |aᵢ| of those that are numbers.", func(b *body, k int, sum reg.VecVirtual) {
			b.c.VMAXPD(sum, b.abs(b.loadAt("a", k)), sum)
		})
	}
}

// bothWays uses a part of a row of a symmetric matrix as that and as part of a column.
func (b *body) bothWays(r reg.VecVirtual, k int, sum reg.VecVirtual) {
	b.fma(r, b.loadAt("v", k), sum)
	b.storeAt("w", k, b.fma(r, b.held["alpha"], b.loadAt("w", k)))
}

// fma adds ab to sum, and returns it.
func (l lanes) fma(a, b, sum reg.VecVirtual) reg.VecVirtual {
	l.c.VFMADD231PD(b, a, sum)
	return sum
}

// loadAt reads the vector k vectors further on.
func (b *body) loadAt(name string, k int) reg.VecVirtual {
	v := b.register()
	b.c.VMOVUPD(b.shifted(name, k), v)
	return v
}

func (b *body) storeAt(name string, k int, v reg.VecVirtual) { b.c.VMOVUPD(v, b.shifted(name, k)) }

func (b *body) shifted(name string, k int) operand.Mem {
	m := b.at[name]
	m.Disp += 8 * k * b.count()
	return m
}

// sum writes a loop over n numbers, a positive multiple of a chunk, that goes over vectors with numbers as
// coefficients, and has partial sums where it returns one.
func (l lanes) sum(name, vectors, coefficients, doc string, part func(b *body, k int, sum reg.VecVirtual)) {
	c := l.c
	names := strings.Fields(vectors)
	signature := "func(" + strings.Join(names, ", ") + " *float64, n int"
	for _, a := range strings.Fields(coefficients) {
		signature += ", " + a + " float64"
	}
	returns := strings.Contains(doc, "returns")
	if returns {
		signature += ") float64"
	} else {
		signature += ")"
	}
	function(c, name+l.suffix(), signature, doc+" n is a positive multiple of 8.")
	b := &body{lanes: l, at: map[string]operand.Mem{}, held: map[string]reg.VecVirtual{}}
	i := c.GP64()
	for _, v := range names {
		b.at[v] = operand.Mem{Base: c.Load(c.Param(v), c.GP64()), Index: i, Scale: 8}
	}
	n := c.Load(c.Param("n"), c.GP64())
	for _, a := range strings.Fields(coefficients) {
		m, err := c.Param(a).Resolve()
		if err != nil {
			panic(err)
		}
		b.held[a] = b.broadcast(m.Addr)
	}
	b.bits = b.constant(1<<63 - 1)
	var partial []reg.VecVirtual
	each := chunk / l.count() // vectors in a chunk
	for range sums * each {
		v := l.register()
		if returns {
			c.VXORPD(v.AsX(), v.AsX(), v.AsX())
		}
		partial = append(partial, v)
	}
	c.XORQ(i, i)
	last := c.GP64() // up to which whole rounds of the loop go
	c.MOVQ(n, last)
	c.SUBQ(operand.Imm((sums-1)*chunk), last)
	c.JMP(operand.LabelRef("test"))
	c.Label("loop")
	for k := range sums * each {
		part(b, k, partial[k])
	}
	c.ADDQ(operand.Imm(sums*chunk), i)
	c.Label("test")
	c.CMPQ(i, last)
	c.JLT(operand.LabelRef("loop"))
	c.JMP(operand.LabelRef("resttest"))
	c.Label("rest")
	for k := range each {
		part(b, k, partial[k])
	}
	c.ADDQ(operand.Imm(chunk), i)
	c.Label("resttest")
	c.CMPQ(i, n)
	c.JLT(operand.LabelRef("rest"))
	if returns {
		join := c.VADDPD
		if name == "maxAbs" {
			join = c.VMAXPD
		}
		c.Store(l.fold(partial, join), c.ReturnIndex(0))
	}
	c.VZEROUPPER()
	c.RET()
}

// fold joins all lanes of all vectors into one number, in the same order at both levels.
func (l lanes) fold(v []reg.VecVirtual, join func(...operand.Op)) reg.Register {
	for n := len(v) / 2; n > 0; n /= 2 {
		for k := range n {
			join(v[k+n], v[k], v[k])
		}
	}
	c, half := l.c, l.c.XMM()
	y := v[0].AsY()
	if l.wide {
		upper := c.YMM()
		c.VEXTRACTF64X4(operand.Imm(1), v[0], upper)
		join(upper, y, y)
	}
	x := v[0].AsX()
	c.VEXTRACTF128(operand.Imm(1), y, half)
	join(half, x, x)
	c.VUNPCKHPD(x, x, half)
	join(half, x, x)
	return x
}
