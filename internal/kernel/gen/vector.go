package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vectors is a set of instructions for functions of each element of a slice, with an element type. Where operands are named
// in order, that is Go's: the result is the last.
type vectors struct {
	*build.Context
	name     string // as in the names of functions
	bytes    int    // of an element
	lanes    int    // elements in a register
	register func() reg.VecVirtual

	move, and, or, xor, add, sub, mul, div, min, max func(...operand.Op)
	fma213, fma231, fnma231                          func(...operand.Op)
	shift, addBits                                   func(...operand.Op) // of whole numbers as long as an element
	// where returns value in the lanes where x compares with y as the predicate says, and 0 in the others.
	where func(predicate uint64, y operand.Op, x, value reg.VecVirtual) reg.VecVirtual
	// first makes a mask of the first n elements, fewer than there are lanes; loadPart and storePart move these alone.
	first               func(n reg.GPVirtual) operand.Op
	loadPart, storePart func(from, mask, to operand.Op)
	table               operand.Mem // for such masks: a register of ones, then one of zeros
}

// eachVectors calls f for all sets and types.
func eachVectors(c *build.Context, f func(v *vectors)) {
	double := vectors{
		Context: c, bytes: 8, move: c.VMOVUPD, and: c.VANDPD, or: c.VORPD, xor: c.VXORPD,
		add: c.VADDPD, sub: c.VSUBPD, mul: c.VMULPD, div: c.VDIVPD, min: c.VMINPD, max: c.VMAXPD,
		fma213: c.VFMADD213PD, fma231: c.VFMADD231PD, fnma231: c.VFNMADD231PD, shift: c.VPSLLQ, addBits: c.VPADDQ,
	}
	single := vectors{
		Context: c, bytes: 4, move: c.VMOVUPS, and: c.VANDPS, or: c.VORPS, xor: c.VXORPS,
		add: c.VADDPS, sub: c.VSUBPS, mul: c.VMULPS, div: c.VDIVPS, min: c.VMINPS, max: c.VMAXPS,
		fma213: c.VFMADD213PS, fma231: c.VFMADD231PS, fnma231: c.VFNMADD231PS, shift: c.VPSLLD, addBits: c.VPADDD,
	}
	double.loadPart, single.loadPart = c.VMOVUPD_Z, c.VMOVUPS_Z
	for _, v := range []vectors{double, single} {
		v.name, v.lanes = fmt.Sprintf("%davx512", 8*v.bytes), 64/v.bytes
		v.register = func() reg.VecVirtual { return c.ZMM() }
		v.storePart = func(from, mask, to operand.Op) { v.move(from, mask, to) }
		v.first, v.where = v.bits, v.whereBits
		f(&v)
	}
	double.loadPart, double.storePart = c.VMASKMOVPD, c.VMASKMOVPD
	single.loadPart, single.storePart = c.VMASKMOVPS, c.VMASKMOVPS
	for _, v := range []vectors{double, single} {
		v.name, v.lanes = fmt.Sprintf("%davx2", 8*v.bytes), 32/v.bytes
		v.register = func() reg.VecVirtual { return c.YMM() }
		v.first, v.where = v.ones, v.whereOnes
		f(&v)
	}
}

// bits makes a mask of n ones.
func (v *vectors) bits(n reg.GPVirtual) operand.Op {
	all, k := v.GP64(), v.K()
	v.MOVQ(operand.I32(-1), all)
	v.BZHIQ(n, all, all)
	v.KMOVW(all.As32(), k)
	return k
}

// ones makes a register that begins with n elements of ones, by reading from where so many are left before zeros begin.
func (v *vectors) ones(n reg.GPVirtual) operand.Op {
	if v.table.Base == nil {
		v.table = v.pattern("ones", 1<<(8*v.bytes)-1)
		for range 4 {
			v.AppendDatum(operand.U64(0))
		}
	}
	at, mask := v.GP64(), v.YMM()
	v.LEAQ(v.table.Offset(32), at)
	v.NEGQ(n)
	v.VMOVUPS(operand.Mem{Base: at, Index: n, Scale: uint8(v.bytes)}, mask)
	return mask
}

func (v *vectors) whereBits(predicate uint64, y operand.Op, x, value reg.VecVirtual) reg.VecVirtual {
	compare, move := v.VCMPPD, v.VMOVAPD_Z
	if v.bytes == 4 {
		compare, move = v.VCMPPS, v.VMOVAPS_Z
	}
	k, z := v.K(), v.register()
	compare(operand.Imm(predicate), y, x, k)
	move(value, k, z)
	return z
}

func (v *vectors) whereOnes(predicate uint64, y operand.Op, x, value reg.VecVirtual) reg.VecVirtual {
	compare := v.VCMPPD
	if v.bytes == 4 {
		compare = v.VCMPPS
	}
	z := v.register()
	compare(operand.Imm(predicate), y, x, z)
	v.and(value, z, z)
	return z
}

// constant returns a number that fills a register, in memory.
func (v *vectors) constant(name string, x float64) operand.Mem {
	if v.bytes == 4 {
		return v.pattern(name, uint64(math.Float32bits(float32(x))))
	}
	return v.pattern(name, math.Float64bits(x))
}

// pattern is constant for bits.
func (v *vectors) pattern(name string, x uint64) operand.Mem {
	if v.bytes == 4 {
		x |= x << 32
	}
	m := v.StaticGlobal(name + v.name)
	v.DataAttributes(attr.RODATA | attr.NOPTR)
	for range v.lanes * v.bytes / 8 {
		v.AppendDatum(operand.U64(x))
	}
	return m
}

// loop writes a function of slices of the same length, which is not zero. Its arguments are pointers to their first elements, by
// name, and the length. body is given the elements of the last slices, as many as reads, in registers, and returns those that are to be
// written to the first ones, in this order.
func (v *vectors) loop(name, doc string, slices []string, reads int, body func(x []reg.VecVirtual) []reg.VecVirtual) {
	signature := fmt.Sprintf("func(%s *float%d, n int)", strings.Join(slices, ", "), 8*v.bytes)
	function(v.Context, name+v.name, signature, doc)
	at := make([]operand.Mem, len(slices))
	for i, p := range slices {
		at[i] = operand.Mem{Base: v.Load(v.Param(p), v.GP64())}
	}
	n := v.GP64()
	v.Load(v.Param("n"), n)
	v.SUBQ(operand.Imm(uint64(v.lanes)), n)
	v.JL(operand.LabelRef("rest"))
	v.Label("loop")
	v.round(at, reads, nil, body)
	for _, m := range at {
		v.ADDQ(operand.Imm(uint64(v.lanes*v.bytes)), m.Base)
	}
	v.SUBQ(operand.Imm(uint64(v.lanes)), n)
	v.JGE(operand.LabelRef("loop"))
	v.Label("rest")
	v.ADDQ(operand.Imm(uint64(v.lanes)), n)
	v.JZ(operand.LabelRef("done"))
	v.round(at, reads, v.first(n), body)
	v.Label("done")
	v.VZEROUPPER()
	v.RET()
}

// round writes the code for one register of each slice, or for the part of it that mask has.
func (v *vectors) round(at []operand.Mem, reads int, mask operand.Op, body func(x []reg.VecVirtual) []reg.VecVirtual) {
	x := make([]reg.VecVirtual, reads)
	for i, m := range at[len(at)-reads:] {
		x[i] = v.register()
		if mask == nil {
			v.move(m, x[i])
		} else {
			v.loadPart(m, mask, x[i])
		}
	}
	for i, y := range body(x) {
		if mask == nil {
			v.move(y, at[i])
		} else {
			v.storePart(y, mask, at[i])
		}
	}
}

// vector writes functions of each element of slices.
func vector(c *build.Context) {
	eachVectors(c, func(v *vectors) {
		v.product()
		v.relu()
		e := v.exponential()
		v.exp(e)
		v.tanh(e)
	})
	convert(c, "avx512", 8, c.ZMM, c.YMM)
	convert(c, "avx2", 4, c.YMM, c.XMM)
}

// product writes x *= y.
func (v *vectors) product() {
	v.loop("mul", "multiplies x by y.", []string{"x", "y"}, 2, func(x []reg.VecVirtual) []reg.VecVirtual {
		v.mul(x[1], x[0], x[0])
		return []reg.VecVirtual{x[0]}
	})
}

// Predicates of comparisons (Intel 64 Software Developer's Manual, CMPPD).
const (
	notLessOrEqual = 0x16 // greater, or not a number
	greater        = 0x1e
)

// relu writes x = max(0, x), and slope = 1 where x was positive.
func (v *vectors) relu() {
	zero, one := v.constant("reluZero", 0), v.constant("reluOne", 1)
	v.loop("relu", "replaces slope by 1 where x is positive, else by 0, and then x by max(0, x).", []string{"slope", "x"}, 1, func(x []reg.VecVirtual) []reg.VecVirtual {
		ones := v.register()
		v.move(one, ones)
		return []reg.VecVirtual{v.where(greater, zero, x[0], ones), v.where(notLessOrEqual, zero, x[0], x[0])}
	})
}

// exponential is what exp y is computed with: with n = y/ln 2, rounded, and r = y − n ln 2 it is 2ⁿ(1 + p), where
// p = exp(r) − 1 by its Taylor series.
type exponential struct {
	*vectors
	magic            operand.Mem // the sum of a number and this one has the number, rounded, in its low bits
	log2e, high, low operand.Mem // 1/ln 2; ln 2 in two parts, of which the first has zeros at its end
	one, exponent    operand.Mem // 1, and the exponent of 1 where it is in a number
	series           []operand.Mem
	mantissa         operand.Constant // bits
}

func (v *vectors) exponential() *exponential {
	magic, terms, mantissa, bias, high, low := 0x1.8p52, 13, 52, uint64(1023)<<52, 0x1.62e42feep-1, 0x1.a39ef35793c76p-33
	if v.bytes == 4 {
		magic, terms, mantissa, bias, high, low = 0x1.8p23, 8, 23, 127<<23, 0x1.62e4p-1, 0x1.7f7d1cp-20
	}
	e := &exponential{
		vectors: v, mantissa: operand.Imm(uint64(mantissa)),
		magic: v.constant("expMagic", magic), log2e: v.constant("expLog2e", math.Log2E),
		high: v.constant("expHigh", high), low: v.constant("expLow", low),
		one: v.constant("expOne", 1), exponent: v.pattern("expBias", bias),
	}
	factorial := 1.0
	for k := 2; k <= terms; k++ {
		factorial *= float64(k)
		e.series = append(e.series, v.constant(fmt.Sprintf("expSeries%d_", k), 1/factorial))
	}
	return e
}

// split writes the code for n, in a form that power takes, and p.
func (e *exponential) split(y reg.VecVirtual) (n, p reg.VecVirtual) {
	n, p = e.register(), e.register()
	whole, r, q := e.register(), e.register(), e.register()
	e.move(e.magic, n)
	e.fma231(e.log2e, y, n)
	e.sub(e.magic, n, whole)
	e.move(y, r)
	e.fnma231(e.high, whole, r)
	e.fnma231(e.low, whole, r)
	last := len(e.series) - 1
	e.move(e.series[last], q)
	for k := last - 1; k >= 0; k-- {
		e.fma213(e.series[k], r, q)
	}
	e.mul(r, r, p)
	e.fma213(r, q, p)
	return n, p
}

// power writes the code for 2ⁿ.
func (e *exponential) power(n reg.VecVirtual) reg.VecVirtual {
	z := e.register()
	e.shift(e.mantissa, n, z)
	e.addBits(e.exponent, z, z)
	return z
}

// exp writes x = exp x. Powers of two from the least to the largest number are products of two that are in the middle.
func (v *vectors) exp(e *exponential) {
	bound := 800.0 // of what differs from 0 and infinity
	if v.bytes == 4 {
		bound = 120
	}
	most, least, half := v.constant("expMost", bound), v.constant("expLeast", -bound), v.constant("expHalf", 0.5)
	v.loop("exp", "replaces x by exp x.", []string{"x"}, 1, func(x []reg.VecVirtual) []reg.VecVirtual {
		y, b := x[0], v.register()
		v.move(most, b)
		v.min(y, b, y) // NaN stays
		v.move(least, b)
		v.max(y, b, y)
		n, p := e.split(y)
		whole, first := v.register(), v.register()
		v.sub(e.magic, n, whole)
		v.move(e.magic, first)
		v.fma231(half, whole, first)
		v.sub(e.magic, first, b)
		v.sub(b, whole, whole)
		v.add(e.magic, whole, whole)
		v.add(e.one, p, p)
		v.mul(e.power(first), p, p)
		v.mul(e.power(whole), p, p)
		return []reg.VecVirtual{p}
	})
}

// tanh writes x = tanh x, and slope = 1 − x² with the new x. With y = 2 min(|x|, bound) it is e/(e + 2), where
// e = exp(y) − 1 = 2ⁿp + (2ⁿ − 1), which leaves small numbers their digits.
func (v *vectors) tanh(e *exponential) {
	bound := 20.0 // tanh is 1 from there on
	if v.bytes == 4 {
		bound = 10
	}
	sign, most, two := v.pattern("tanhSign", 1<<(8*v.bytes-1)), v.constant("tanhBound", bound), v.constant("tanhTwo", 2)
	v.loop("tanh", "replaces slope by 1 − tanh² x, and then x by tanh x.", []string{"slope", "x"}, 1, func(x []reg.VecVirtual) []reg.VecVirtual {
		y, negative, b := x[0], v.register(), v.register()
		v.move(sign, negative)
		v.and(y, negative, negative)
		v.xor(negative, y, y)
		v.move(most, b)
		v.min(y, b, y) // NaN stays
		v.add(y, y, y)
		n, p := e.split(y)
		power, z, slope := e.power(n), v.register(), v.register()
		v.sub(e.one, power, z)
		v.fma231(power, p, z)
		v.add(two, z, p)
		v.div(p, z, z)
		v.or(negative, z, z)
		v.move(e.one, slope)
		v.fnma231(z, z, slope)
		return []reg.VecVirtual{slope, z}
	})
}

// convert writes the functions that copy numbers of one type to the other, with so many in a register of the large type.
func convert[Large, Small reg.VecVirtual](c *build.Context, set string, lanes int, large func() Large, small func() Small) {
	round := c.VCVTPD2PS
	if lanes == 4 {
		round = c.VCVTPD2PSY
	}
	copies := func(name, signature string, body func(to, from operand.Mem), toBytes, fromBytes int) {
		function(c, name+set, signature, fmt.Sprintf("copies n numbers; n is a multiple of %d and not zero.", lanes))
		to := operand.Mem{Base: c.Load(c.Param("to"), c.GP64())}
		from := operand.Mem{Base: c.Load(c.Param("from"), c.GP64())}
		n := c.Load(c.Param("n"), c.GP64())
		c.Label("loop")
		body(to, from)
		c.ADDQ(operand.Imm(uint64(toBytes*lanes)), to.Base)
		c.ADDQ(operand.Imm(uint64(fromBytes*lanes)), from.Base)
		c.SUBQ(operand.Imm(uint64(lanes)), n)
		c.JNZ(operand.LabelRef("loop"))
		c.VZEROUPPER()
		c.RET()
	}
	copies("narrow", "func(to *float32, from *float64, n int)", func(to, from operand.Mem) {
		x, y := large(), small()
		c.VMOVUPD(from, x)
		round(x, y)
		c.VMOVUPS(y, to)
	}, 4, 8)
	copies("widen", "func(to *float64, from *float32, n int)", func(to, from operand.Mem) {
		x := large()
		c.VCVTPS2PD(from, x)
		c.VMOVUPD(x, to)
	}, 8, 4)
}
