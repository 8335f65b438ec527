package kernel

import "unsafe"

// page is where addresses begin again that share places in a cache: rows of B that are a multiple of it apart push each
// other out.
const page = 4096

// fewRows is the number of rows of C below which it does not pay to copy B.
const fewRows = 32

// panelSize is how much memory multiply needs to copy a panel of B, 0 where it does not.
func panelSize[T Float](c, b *Matrix[T]) int {
	bytes := int(unsafe.Sizeof(T(0)))
	if level == portable || b.Down == 0 || b.Down*bytes%page != 0 || c.Rows < fewRows {
		return 0
	}
	return b.Rows * 2 * 64 / bytes
}

// multiplyAssembled is multiply with assembly, panel by panel. It reports that it has been done.
func multiplyAssembled[T Float](c, from, a, b *Matrix[T], room []T) bool {
	bytes := int(unsafe.Sizeof(T(0)))
	lanes := 64 / bytes
	if level == avx2 {
		lanes = 32 / bytes
	}
	p := panel{
		rowA: a.Down * bytes, colA: a.Right * bytes,
		rowC: c.Down * bytes, rowF: from.Down * bytes,
		inner: a.Cols, a: unsafe.Pointer(unsafe.SliceData(a.Data)),
	}
	for j := 0; j < c.Cols; j += 2 * lanes {
		width := min(2*lanes, c.Cols-j)
		p.c = unsafe.Pointer(&c.Data[j])
		if a.Cols > 0 {
			p.b = unsafe.Pointer(&b.Data[j])
		}
		p.rowB = b.Down * bytes
		if len(room) > 0 && a.Cols > 0 && width == 2*lanes {
			p.gather((*byte)(pointer(room)), width*bytes)
		}
		if from.Data != nil {
			p.from = unsafe.Pointer(&from.Data[j])
		}
		p.rows = c.Rows
		p.compute(bytes, lanes, width)
	}
	return true
}

// gather copies the panel of B, two whole registers wide, to where its rows are contiguous.
func (p *panel) gather(to *byte, width int) {
	if level == avx512 {
		gatheravx512(to, (*byte)(p.b), p.inner, p.rowB)
	} else {
		gatheravx2(to, (*byte)(p.b), p.inner, p.rowB)
	}
	p.b, p.rowB = unsafe.Pointer(to), width
}

// compute has a panel of the given width computed, at most two registers.
func (p *panel) compute(bytes, lanes, width int) {
	single := width <= lanes
	last := width
	if !single {
		last -= lanes
	}
	if level == avx512 {
		bits := &lowBits[last]
		p.mask = unsafe.Pointer(bits)
		switch {
		case bytes == 8 && single:
			gemm64avx512x1(p)
		case bytes == 8:
			gemm64avx512x2(p)
		case single:
			gemm32avx512x1(p)
		default:
			gemm32avx512x2(p)
		}
		return
	}
	p.mask = unsafe.Pointer(&lowLanes[32-last*bytes])
	part := last < lanes
	switch {
	case bytes == 8 && single && part:
		gemm64avx2partx1(p)
	case bytes == 8 && part:
		gemm64avx2partx2(p)
	case bytes == 8 && single:
		gemm64avx2x1(p)
	case bytes == 8:
		gemm64avx2x2(p)
	case single && part:
		gemm32avx2partx1(p)
	case part:
		gemm32avx2partx2(p)
	case single:
		gemm32avx2x1(p)
	default:
		gemm32avx2x2(p)
	}
}

// lowBits are the masks with so many bits.
var lowBits = func() (m [17]uint16) {
	for i := range m {
		m[i] = uint16(1<<i - 1)
	}
	return m
}()

// lowLanes are ones and then zeros: a register read from 32 − n on has ones in its first n bytes.
var lowLanes = func() (m [64]uint8) {
	for i := range 32 {
		m[i] = 0xff
	}
	return m
}()
