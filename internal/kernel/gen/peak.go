package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// peakChains is how many additions are under way at a time: more than a processor takes to finish one, times how many
// it begins at once.
const peakChains = 12

// peak writes loops of fused multiply-adds alone, which say what a machine can do at most: a yardstick for benchmarks.
func peak(c *build.Context) {
	peakLoop(c, "fmaPeak64avx512", c.ZMM, c.VFMADD231PD)
	peakLoop(c, "fmaPeak32avx512", c.ZMM, c.VFMADD231PS)
	peakLoop(c, "fmaPeak64avx2", c.YMM, c.VFMADD231PD)
	peakLoop(c, "fmaPeak32avx2", c.YMM, c.VFMADD231PS)
}

func peakLoop[V reg.VecVirtual](c *build.Context, name string, vector func() V, fma func(...operand.Op)) {
	function(c, name, "func(n int)", "does n rounds of 12 fused multiply-adds of whole vectors.")
	n := c.Load(c.Param("n"), c.GP64())
	sums := make([]operand.Op, peakChains)
	for i := range sums {
		v := vector()
		c.VXORPS(v.AsY(), v.AsY(), v.AsY())
		sums[i] = v
	}
	one := vector()
	c.VXORPS(one.AsY(), one.AsY(), one.AsY())
	c.Label("loop")
	for _, s := range sums {
		fma(one, one, s)
	}
	c.DECQ(n)
	c.JNZ(operand.LabelRef("loop"))
	c.VZEROUPPER()
	c.RET()
}
