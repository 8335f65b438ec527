package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// lanes writes arithmetic on vectors of float64, for AVX2 or AVX-512. Every operation rounds by itself, as in Go on amd64,
// so that what is made of them gives the same bits as Go does.
type lanes struct {
	c    *build.Context
	wide bool // AVX-512
}

// count is the number of float64 in a vector.
func (l lanes) count() int {
	if l.wide {
		return 8
	}
	return 4
}

// suffix ends the names of functions at the level.
func (l lanes) suffix() string {
	if l.wide {
		return "AVX512"
	}
	return "AVX2"
}

func (l lanes) register() reg.VecVirtual {
	if l.wide {
		return l.c.ZMM()
	}
	return l.c.YMM()
}

// binary is a op b, where op has its operands the other way round, as the assembler wants them.
func (l lanes) binary(op func(...operand.Op), a, b operand.Op) reg.VecVirtual {
	v := l.register()
	op(b, a, v)
	return v
}

func (l lanes) add(a, b operand.Op) reg.VecVirtual { return l.binary(l.c.VADDPD, a, b) }
func (l lanes) sub(a, b operand.Op) reg.VecVirtual { return l.binary(l.c.VSUBPD, a, b) }
func (l lanes) mul(a, b operand.Op) reg.VecVirtual { return l.binary(l.c.VMULPD, a, b) }
func (l lanes) div(a, b operand.Op) reg.VecVirtual { return l.binary(l.c.VDIVPD, a, b) }

// max is b where a and b are zeros or one of them is NaN.
func (l lanes) max(a, b operand.Op) reg.VecVirtual { return l.binary(l.c.VMAXPD, a, b) }

func (l lanes) sqrt(a operand.Op) reg.VecVirtual {
	v := l.register()
	l.c.VSQRTPD(a, v)
	return v
}

// and is a and b bit by bit.
func (l lanes) and(a, b operand.Op) reg.VecVirtual { return l.binary(l.c.VANDPD, a, b) }

func (l lanes) or(a, b operand.Op) reg.VecVirtual { return l.binary(l.c.VORPD, a, b) }

// Predicates of VCMPPD: a < b is false, and a and b are not ordered.
const (
	notLess   = 5
	unordered = 3
)

// keep is v where a < b is false (and so where one of them is NaN), and zero elsewhere.
func (l lanes) keep(v reg.VecVirtual, a, b operand.Op) reg.VecVirtual {
	kept := l.register()
	if l.wide {
		k := l.c.K()
		l.c.VCMPPD(operand.Imm(notLess), b, a, k)
		l.c.VMOVAPD_Z(v, k, kept)
		return kept
	}
	mask := l.register()
	l.c.VCMPPD(operand.Imm(notLess), b, a, mask)
	l.c.VANDPD(v, mask, kept)
	return kept
}

// orNaN is v, and a where that is NaN.
func (l lanes) orNaN(v, a reg.VecVirtual) reg.VecVirtual {
	if l.wide {
		k := l.c.K()
		l.c.VCMPPD(operand.Imm(unordered), a, a, k)
		l.c.VMOVAPD(a, k, v)
		return v
	}
	mask, chosen := l.register(), l.register()
	l.c.VCMPPD(operand.Imm(unordered), a, a, mask)
	l.c.VBLENDVPD(mask, a, v, chosen)
	return chosen
}

// broadcast puts the number at m in all lanes.
func (l lanes) broadcast(m operand.Mem) reg.VecVirtual {
	v := l.register()
	l.c.VBROADCASTSD(m, v)
	return v
}

// constant is a number in all lanes, given by its bits.
func (l lanes) constant(bits uint64) reg.VecVirtual {
	general, first := l.c.GP64(), l.c.XMM()
	l.c.MOVQ(operand.U64(bits), general)
	l.c.VMOVQ(general, first)
	v := l.register()
	l.c.VBROADCASTSD(first, v)
	return v
}
