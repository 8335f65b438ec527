package main

import (
	"math"
	"strings"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An update is one pass over the parameters of an optimizer: the formula of ../update.go in the same order of operations.
type update struct {
	name         string
	vectors      string // the names of the slices, in the order of the arguments
	coefficients string // the names of the numbers, in the order of the fields of the formula's type
	body         func(b *body)
}

// body writes what is done with one vector of each slice.
type body struct {
	lanes
	at    map[string]operand.Mem
	held  map[string]reg.VecVirtual // coefficients, for the whole loop
	field map[string]operand.Mem    // where there are not registers enough to hold them
	tiny  reg.VecVirtual            // all the smallest number that is not flushed
	large reg.VecVirtual            // the bits of the exponent of which at least one is set in what is not flushed
	bits  reg.VecVirtual            // the bits of |x|
}

// load reads a vector.
func (b *body) load(name string) reg.VecVirtual {
	v := b.register()
	b.c.VMOVUPD(b.at[name], v)
	return v
}

func (b *body) store(name string, v reg.VecVirtual) { b.c.VMOVUPD(v, b.at[name]) }

// move stores θ, flushed.
func (b *body) move(x reg.VecVirtual) { b.store("x", b.flush(x)) }

// coef is a coefficient in all lanes.
func (b *body) coef(name string) reg.VecVirtual {
	if v, ok := b.held[name]; ok {
		return v
	}
	return b.broadcast(b.field[name])
}

// flush is v without what is too small.
func (b *body) flush(v reg.VecVirtual) reg.VecVirtual {
	if !b.wide {
		return b.keep(v, b.abs(v), b.tiny)
	}
	k, kept := b.c.K(), b.register()
	b.c.VPTESTMQ(b.large, v, k)
	b.c.VMOVAPD_Z(v, k, kept)
	return kept
}

func (b *body) abs(v reg.VecVirtual) reg.VecVirtual { return b.and(v, b.bits) }

// gradient is G + λθ, flushed.
func (b *body) gradient(x reg.VecVirtual) reg.VecVirtual {
	return b.flush(b.add(b.load("grad"), b.mul(b.coef("decay"), x)))
}

// average is a ← αa + βg, flushed and stored.
func (b *body) average(name, alpha, beta string, g reg.VecVirtual) reg.VecVirtual {
	a := b.flush(b.add(b.mul(b.coef(alpha), b.load(name)), b.mul(b.coef(beta), g)))
	b.store(name, a)
	return a
}

// square is r ← ρr + (σg)g, flushed and stored.
func (b *body) square(name, rho, sigma string, g reg.VecVirtual) reg.VecVirtual {
	r := b.flush(b.add(b.mul(b.coef(rho), b.load(name)), b.mul(b.mul(b.coef(sigma), g), g)))
	b.store(name, r)
	return r
}

// root is √(r + inside) + outside.
func (b *body) root(r reg.VecVirtual) reg.VecVirtual {
	return b.add(b.sqrt(b.add(r, b.coef("inside"))), b.coef("outside"))
}

var updates = []update{
	{"sgd", "x grad", "rate decay", func(b *body) {
		x := b.load("x")
		g := b.gradient(x)
		b.move(b.sub(x, b.mul(b.coef("rate"), g)))
	}},
	{"momentum", "x grad v", "alpha unit scale decay", func(b *body) {
		x := b.load("x")
		v := b.average("v", "alpha", "unit", b.gradient(x))
		b.move(b.add(x, b.mul(b.coef("scale"), v)))
	}},
	{"nesterov", "x grad v", "rate alpha decay", func(b *body) {
		x := b.load("x")
		g := b.gradient(x)
		v := b.flush(b.add(b.mul(b.coef("alpha"), b.load("v")), g))
		b.store("v", v)
		b.move(b.sub(x, b.mul(b.coef("rate"), b.add(g, b.mul(b.coef("alpha"), v)))))
	}},
	{"lookAhead", "x grad v", "rate alpha decay", func(b *body) {
		y := b.load("x")
		d := b.mul(b.coef("rate"), b.gradient(y))
		b.store("v", b.flush(b.sub(b.mul(b.coef("alpha"), b.load("v")), d)))
		b.move(b.sub(y, d))
	}},
	{"adaGrad", "x grad r", "rate inside outside decay", func(b *body) {
		x := b.load("x")
		g := b.gradient(x)
		r := b.flush(b.add(b.load("r"), b.mul(g, g)))
		b.store("r", r)
		b.move(b.sub(x, b.div(b.mul(b.coef("rate"), g), b.root(r))))
	}},
	{"rmsProp", "x grad r", "rate rho sigma inside outside decay", func(b *body) {
		x := b.load("x")
		g := b.gradient(x)
		r := b.square("r", "rho", "sigma", g)
		b.move(b.sub(x, b.mul(b.coef("rate"), b.div(g, b.root(r)))))
	}},
	{"adaDelta", "x grad r u scale", "rate rho sigma eps decay", func(b *body) {
		x := b.load("x")
		g := b.gradient(x)
		r := b.square("r", "rho", "sigma", g)
		u := b.sqrt(b.add(b.load("u"), b.coef("eps")))
		scale := b.div(u, b.sqrt(b.add(r, b.coef("eps"))))
		b.store("scale", scale)
		d := b.flush(b.mul(scale, g))
		b.square("u", "rho", "sigma", d)
		b.move(b.sub(x, b.mul(b.coef("rate"), d)))
	}},
	{"adam", "x grad s r", "rate alpha unit rho sigma correct inside outside keep decay", func(b *body) {
		x := b.load("x")
		g := b.gradient(x)
		s := b.average("s", "alpha", "unit", g)
		r := b.square("r", "rho", "sigma", g)
		b.adapt(x, s, r)
	}},
	{"amsGrad", "x grad s r most", "rate alpha unit rho sigma correct inside outside keep decay", func(b *body) {
		x := b.load("x")
		g := b.gradient(x)
		s := b.average("s", "alpha", "unit", g)
		r := b.max(b.load("most"), b.square("r", "rho", "sigma", g))
		b.store("most", r)
		b.adapt(x, s, r)
	}},
	{"nAdam", "x grad s r", "rate alpha unit rho sigma correct outside now ahead decay", func(b *body) {
		x := b.load("x")
		g := b.gradient(x)
		s := b.average("s", "alpha", "unit", g)
		r := b.square("r", "rho", "sigma", g)
		step := b.add(b.mul(b.coef("now"), g), b.mul(b.coef("ahead"), s))
		root := b.add(b.sqrt(b.mul(b.coef("correct"), r)), b.coef("outside"))
		b.move(b.sub(x, b.div(b.mul(b.coef("rate"), step), root)))
	}},
	{"rAdam", "x grad s r", "rate alpha unit rho sigma outside decay", func(b *body) {
		x := b.load("x")
		g := b.gradient(x)
		s := b.average("s", "alpha", "unit", g)
		r := b.square("r", "rho", "sigma", g)
		b.move(b.sub(x, b.mul(b.coef("rate"), b.div(s, b.add(b.sqrt(r), b.coef("outside"))))))
	}},
	{"adaMax", "x grad s u", "rate alpha unit rho eps decay", func(b *body) {
		x := b.load("x")
		g := b.gradient(x)
		s := b.average("s", "alpha", "unit", g)
		u := b.max(b.add(b.abs(g), b.coef("eps")), b.mul(b.coef("rho"), b.load("u")))
		b.store("u", u)
		b.move(b.sub(x, b.div(b.mul(b.coef("rate"), s), u)))
	}},
	{"lion", "x grad m", "rate alpha unit rho sigma decay", func(b *body) {
		x, m := b.load("x"), b.load("m")
		g := b.flush(b.load("grad"))
		to := b.flush(b.add(b.mul(b.coef("alpha"), m), b.mul(b.coef("unit"), g)))
		b.move(b.sub(x, b.mul(b.coef("rate"), b.add(b.sign(to), b.mul(b.coef("decay"), x)))))
		b.average("m", "rho", "sigma", g)
	}},
}

// adapt is θ ← kθ − (εs)/root(cr).
func (b *body) adapt(x, s, r reg.VecVirtual) {
	step := b.div(b.mul(b.coef("rate"), s), b.root(b.mul(b.coef("correct"), r)))
	b.move(b.sub(b.mul(b.coef("keep"), x), step))
}

// sign is −1, 0 or 1, and NaN for NaN, of a number that is flushed.
func (b *body) sign(v reg.VecVirtual) reg.VecVirtual {
	one := b.constant(math.Float64bits(1))
	signed := b.or(one, b.and(v, b.constant(1<<63)))
	return b.orNaN(b.keep(signed, b.abs(v), b.tiny), v)
}

// tiny is kernel.Tiny, 2^(64−1023): exponents from there on have one of the bits from 64 on.
const tiny = 0x1p-959

// update writes all updates at both levels.
func writeUpdates(c *build.Context) {
	for _, u := range updates {
		u.write(lanes{c, true})
		u.write(lanes{c, false})
	}
}

// write writes the loop. Its count n is a positive multiple of the vector's length, and c points to the coefficients.
func (u update) write(l lanes) {
	c := l.c
	names := strings.Fields(u.vectors)
	function(c, u.name+l.suffix(), "func("+strings.Join(names, ", ")+" *float64, n int, c *float64)",
		"is the loop of the update over n numbers, a positive multiple of the length of a vector; c points to its coefficients.")
	b := &body{lanes: l, at: map[string]operand.Mem{}, held: map[string]reg.VecVirtual{}, field: map[string]operand.Mem{}}
	i := c.GP64()
	for _, name := range names {
		b.at[name] = operand.Mem{Base: c.Load(c.Param(name), c.GP64()), Index: i, Scale: 8}
	}
	n := c.Load(c.Param("n"), c.GP64())
	base := c.Load(c.Param("c"), c.GP64())
	for k, name := range strings.Fields(u.coefficients) {
		b.field[name] = operand.Mem{Base: base, Disp: 8 * k}
		if l.wide {
			b.held[name] = b.broadcast(b.field[name])
		}
	}
	b.tiny = b.constant(math.Float64bits(tiny))
	b.large = b.constant(0x7c0 << 52)
	b.bits = b.constant(1<<63 - 1)
	c.XORQ(i, i)
	c.Label("loop")
	u.body(b)
	c.ADDQ(operand.Imm(uint64(l.count())), i)
	c.CMPQ(i, n)
	c.JLT(operand.LabelRef("loop"))
	c.VZEROUPPER()
	c.RET()
}
