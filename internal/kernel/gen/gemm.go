package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// unit is a set of instructions with an element type.
type unit struct {
	name  string // as in the names of functions
	bytes int    // of an element
	lanes int    // elements in a register
	// registers are all there are; with so few to spare it is decided here what is where.
	registers []reg.VecPhysical
	// rows are the heights of the tiles of C that are kept in registers, from the largest to 1: as many accumulators as
	// the processor needs to be busy, beside the registers for B and A.
	rows []int

	move, fma, broadcast, xor func(ops ...operand.Op)
	// loadPart and storePart move the lanes of a mask alone.
	loadPart, storePart func(from, mask, to operand.Op)
	// mask reads the mask of the last register of a panel. It may be nil: such panels have all lanes.
	mask func(at operand.Mem) operand.Op
}

// load reads a register; a nil mask leaves out no lane.
func (u *unit) load(from operand.Mem, mask operand.Op, to reg.VecPhysical) {
	if mask == nil {
		u.move(from, to)
		return
	}
	u.loadPart(from, mask, to)
}

// store writes what load reads.
func (u *unit) store(from reg.VecPhysical, mask operand.Op, to operand.Mem) {
	if mask == nil {
		u.move(from, to)
		return
	}
	u.storePart(from, mask, to)
}

// gemm writes, for every unit and for panels one and two registers wide, a function that computes a panel of C.
func gemm(c *build.Context) {
	gather(c)
	for _, u := range avx512Units(c) {
		gemmPanel(c, u, 1)
		gemmPanel(c, u, 2)
	}
	for _, u := range avx2Units(c) {
		gemmPanel(c, u, 1)
		gemmPanel(c, u, 2)
	}
}

// avx512Units use a mask always, which costs nothing here.
func avx512Units(c *build.Context) []*unit {
	double := &unit{
		name: "64avx512", bytes: 8, lanes: 8,
		move: c.VMOVUPD, fma: c.VFMADD231PD, broadcast: c.VBROADCASTSD, loadPart: c.VMOVUPD_Z,
	}
	single := &unit{
		name: "32avx512", bytes: 4, lanes: 16,
		move: c.VMOVUPS, fma: c.VFMADD231PS, broadcast: c.VBROADCASTSS, loadPart: c.VMOVUPS_Z,
	}
	for _, u := range []*unit{double, single} {
		u.rows = []int{8, 4, 2, 1}
		u.registers, u.xor = zmm, c.VPXORQ
		u.storePart = func(from, mask, to operand.Op) { u.move(from, mask, to) }
		u.mask = func(at operand.Mem) operand.Op {
			k := c.K()
			c.KMOVW(at, k)
			return k
		}
	}
	return []*unit{double, single}
}

// avx2Units use a mask only in panels that need one: stores with masks are slow.
func avx2Units(c *build.Context) []*unit {
	double := unit{
		name: "64avx2", bytes: 8, lanes: 4,
		move: c.VMOVUPD, fma: c.VFMADD231PD, broadcast: c.VBROADCASTSD, loadPart: c.VMASKMOVPD, storePart: c.VMASKMOVPD,
	}
	single := unit{
		name: "32avx2", bytes: 4, lanes: 8,
		move: c.VMOVUPS, fma: c.VFMADD231PS, broadcast: c.VBROADCASTSS, loadPart: c.VMASKMOVPS, storePart: c.VMASKMOVPS,
	}
	var units []*unit
	for _, u := range []unit{double, single} {
		u.rows = []int{6, 4, 2, 1}
		u.registers = ymm
		u.xor = func(ops ...operand.Op) { c.VXORPS(ops[0], ops[1], ops[2]) }
		whole, part := u, u
		whole.mask = func(operand.Mem) operand.Op { return nil }
		part.name += "part"
		part.mask = func(at operand.Mem) operand.Op {
			last := ymm[len(ymm)-1]
			part.move(at, last)
			return last
		}
		units = append(units, &whole, &part)
	}
	return units
}

// tiler writes the code of a panel: rows of tiles, one below the other.
type tiler struct {
	*build.Context
	*unit
	vectors int // the width
	masks   []operand.Op

	panel         gotypes.Component
	a, b, c, from reg.GPVirtual // where the tile is; b is the panel's
	rowA, rowA3   reg.GPVirtual // from row to row of A, in bytes; three times that
	colA, rowB    reg.GPVirtual // from column to column, and from row to row
}

// gemmPanel writes the function of a unit for panels of so many registers' width.
func gemmPanel(ctx *build.Context, u *unit, vectors int) {
	name := fmt.Sprintf("gemm%sx%d", u.name, vectors)
	function(ctx, name, "func(p *panel)", fmt.Sprintf("computes a panel of C that is %d registers wide, or less.", vectors))
	t := &tiler{Context: ctx, unit: u, vectors: vectors, panel: ctx.Dereference(ctx.Param("p"))}
	t.a, t.b, t.c, t.from = t.field("a"), t.field("b"), t.field("c"), t.field("from")
	t.rowA, t.colA, t.rowB = t.field("rowA"), t.field("colA"), t.field("rowB")
	t.masks = make([]operand.Op, vectors)
	t.masks[vectors-1] = u.mask(operand.Mem{Base: t.field("mask")})
	t.rowA3 = ctx.GP64()
	ctx.LEAQ(operand.Mem{Base: t.rowA, Index: t.rowA, Scale: 2}, t.rowA3)
	for i, rows := range u.rows {
		here, next := fmt.Sprintf("rows%d", rows), "done"
		if i+1 < len(u.rows) {
			next = fmt.Sprintf("rows%d", u.rows[i+1])
		}
		ctx.Label(here)
		ctx.CMPQ(t.address("rows"), operand.Imm(uint64(rows)))
		ctx.JL(operand.LabelRef(next))
		t.tile(rows)
		ctx.SUBQ(operand.Imm(uint64(rows)), t.address("rows"))
		ctx.JMP(operand.LabelRef(here))
	}
	ctx.Label("done")
	ctx.VZEROUPPER()
	ctx.RET()
}

// address is where a field of the panel is.
func (t *tiler) address(name string) operand.Mem {
	basic, err := t.panel.Field(name).Resolve()
	if err != nil {
		panic(err)
	}
	return basic.Addr
}

// field reads a field of the panel.
func (t *tiler) field(name string) reg.GPVirtual {
	r := t.GP64()
	t.MOVQ(t.address(name), r)
	return r
}

// tile writes the code for one tile, and goes on to the place of the next.
func (t *tiler) tile(rows int) {
	sums := make([][]reg.VecPhysical, rows)
	for i := range sums {
		sums[i] = t.registers[i*t.vectors : (i+1)*t.vectors]
	}
	t.begin(sums)
	t.multiply(sums)
	for i := range sums {
		for j, s := range sums[i] {
			t.store(s, t.masks[j], operand.Mem{Base: t.c, Disp: j * t.lanes * t.bytes})
		}
		t.ADDQ(t.address("rowC"), t.c)
	}
	for range rows / 4 {
		t.LEAQ(operand.Mem{Base: t.a, Index: t.rowA, Scale: 4}, t.a)
	}
	if rows%4 > 0 {
		t.LEAQ(operand.Mem{Base: t.a, Index: t.rowA, Scale: uint8(rows % 4)}, t.a)
	}
}

// begin writes the code that makes the sums zero, or what they are to be added to.
func (t *tiler) begin(sums [][]reg.VecPhysical) {
	zero, ready := fmt.Sprintf("zero%d", len(sums)), fmt.Sprintf("ready%d", len(sums))
	t.TESTQ(t.from, t.from)
	t.JZ(operand.LabelRef(zero))
	for i := range sums {
		for j, s := range sums[i] {
			t.load(operand.Mem{Base: t.from, Disp: j * t.lanes * t.bytes}, t.masks[j], s)
		}
		t.ADDQ(t.address("rowF"), t.from)
	}
	t.JMP(operand.LabelRef(ready))
	t.Label(zero)
	for i := range sums {
		for _, s := range sums[i] {
			t.xor(s, s, s)
		}
	}
	t.Label(ready)
}

// multiply writes the loop over the inner index, which adds a column of A times a row of B to the sums.
func (t *tiler) multiply(sums [][]reg.VecPhysical) {
	rows := len(sums)
	loop, over := fmt.Sprintf("inner%d", rows), fmt.Sprintf("over%d", rows)
	n, a, a3, b := t.field("inner"), t.GP64(), t.GP64(), t.GP64()
	t.TESTQ(n, n)
	t.JZ(operand.LabelRef(over))
	t.MOVQ(t.a, a)
	t.LEAQ(operand.Mem{Base: t.a, Index: t.rowA3, Scale: 1}, a3)
	t.MOVQ(t.b, b)
	t.Label(loop)
	spare := t.registers[rows*t.vectors:]
	row, x := spare[:t.vectors], spare[t.vectors]
	for j := range row {
		t.load(operand.Mem{Base: b, Disp: j * t.lanes * t.bytes}, t.masks[j], row[j])
	}
	for i := range sums {
		t.broadcast(t.element(a, a3, i), x)
		for j, s := range sums[i] {
			t.fma(x, row[j], s)
		}
	}
	t.ADDQ(t.colA, a)
	t.ADDQ(t.colA, a3)
	t.ADDQ(t.rowB, b)
	t.DECQ(n)
	t.JNZ(operand.LabelRef(loop))
	t.Label(over)
}

// element is that of A in row i of the tile, given the element in row 0 and that in row 3.
func (t *tiler) element(a, a3 reg.GPVirtual, i int) operand.Mem {
	return []operand.Mem{
		{Base: a},
		{Base: a, Index: t.rowA, Scale: 1},
		{Base: a, Index: t.rowA, Scale: 2},
		{Base: a3},
		{Base: a, Index: t.rowA, Scale: 4},
		{Base: a3, Index: t.rowA, Scale: 2},
		{Base: a3, Index: t.rowA3, Scale: 1},
		{Base: a3, Index: t.rowA, Scale: 4},
	}[i]
}

var (
	zmm = []reg.VecPhysical{
		reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
		reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
		reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
		reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
	}
	ymm = []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
	}
)

// gather writes, for each set of instructions, the function that copies a panel of B, two registers wide, to where its rows
// are contiguous.
func gather(c *build.Context) {
	gatherRows(c, "avx512", 64, func() reg.VecVirtual { return c.ZMM() })
	gatherRows(c, "avx2", 32, func() reg.VecVirtual { return c.YMM() })
}

func gatherRows(c *build.Context, set string, width int, register func() reg.VecVirtual) {
	function(c, "gather"+set, "func(to, from *byte, rows, step int)", fmt.Sprintf("copies rows of %d bytes, which are step bytes apart.", 2*width))
	to, from := c.Load(c.Param("to"), c.GP64()), c.Load(c.Param("from"), c.GP64())
	rows, step := c.Load(c.Param("rows"), c.GP64()), c.Load(c.Param("step"), c.GP64())
	x, y := register(), register()
	c.Label("loop")
	c.VMOVUPS(operand.Mem{Base: from}, x)
	c.VMOVUPS(operand.Mem{Base: from, Disp: width}, y)
	c.VMOVUPS(x, operand.Mem{Base: to})
	c.VMOVUPS(y, operand.Mem{Base: to, Disp: width})
	c.ADDQ(operand.Imm(uint64(2*width)), to)
	c.ADDQ(step, from)
	c.DECQ(rows)
	c.JNZ(operand.LabelRef("loop"))
	c.VZEROUPPER()
	c.RET()
}
