package kernel

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"unsafe"
)

// fence hands out numbers that end, or begin, where the next address is that of a page which nobody may touch: who reads
// or writes beside a slice ends the test.
type fence struct {
	t     *testing.T
	rng   *rand.Rand
	atEnd bool
}

func fenced[T Float](f *fence, n int) []T {
	if n == 0 {
		return []T{}
	}
	size, page := n*int(unsafe.Sizeof(T(0))), syscall.Getpagesize()
	inner := (size + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, inner+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = syscall.Munmap(m) })
	for _, forbidden := range [][]byte{m[:page], m[page+inner:]} {
		if err := syscall.Mprotect(forbidden, syscall.PROT_NONE); err != nil {
			f.t.Fatal(err)
		}
	}
	at := page
	if f.atEnd {
		at += inner - size
	}
	x := unsafe.Slice((*T)(unsafe.Pointer(&m[at])), n)
	for i := range x {
		x[i] = T(f.rng.Float64())
	}
	return x
}

func fencedMatrix[T Float](f *fence, rows, cols, pad int) Matrix[T] {
	m := Matrix[T]{Rows: rows, Cols: cols, Down: cols + pad, Right: 1}
	m.Data = fenced[T](f, m.size())
	return m
}

// TestNothingBeside: kernels touch nothing beside their slices, at no length.
func TestNothingBeside(t *testing.T) {
	for _, atEnd := range []bool{false, true} {
		t.Run(fmt.Sprint("end ", atEnd), func(t *testing.T) {
			atEachLevel(t, func(t *testing.T) {
				f := &fence{t, rand.New(rand.NewPCG(1, 1)), atEnd}
				for n := range 50 {
					beside[float64](f, n)
					beside[float32](f, n)
					besideUpdates(f, n)
				}
				products[float64](f)
				products[float32](f)
			})
		})
	}
}

func beside[T Float](f *fence, n int) {
	x := func() []T { return fenced[T](f, n) }
	Mul(x(), x())
	Exp(x())
	Tanh(x(), x())
	Tanh(x(), nil)
	ReLU(x(), x())
	Convert(fenced[float64](f, n), x())
	Convert(fenced[float32](f, n), x())
}

func besideUpdates(f *fence, n int) {
	x := func() []float64 { return fenced[float64](f, n) }
	Dot(x(), x())
	AxpyDot(x(), 2, x(), x())
	Axpy(x(), 2, x())
	MaxAbs(x())
	rowTimes(x(), x(), x(), 2)
	rank2Times(x(), 1, x(), 2, x(), x(), x(), 3)
	(&SGD{}).Update(x(), x())
	(&Momentum{}).Update(x(), x(), x())
	(&AdaDelta{}).Update(x(), x(), x(), x(), x())
	(&Adam{}).Update(x(), x(), x(), x())
	(&AMSGrad{}).Update(x(), x(), x(), x(), x())
	(&Lion{}).Update(x(), x(), x())
}

// products multiplies matrices of all widths up to three panels, with rows that follow each other and that do not.
func products[T Float](f *fence) {
	var m Multiplier[T]
	for cols := 1; cols < 70; cols += 1 + f.rng.IntN(3) {
		rows, inner, pad := 1+f.rng.IntN(20), f.rng.IntN(5), f.rng.IntN(3)
		a := fencedMatrix[T](f, rows, inner, pad)
		if cols%2 == 0 {
			a = fencedMatrix[T](f, inner, rows, pad).T()
		}
		m.Multiply(fencedMatrix[T](f, rows, cols, pad), fencedMatrix[T](f, rows, cols, pad), a, fencedMatrix[T](f, inner, cols, pad))
	}
	const wide = 512 // of which panels are copied
	m.Multiply(fencedMatrix[T](f, fewRows+5, wide, 0), Matrix[T]{}, fencedMatrix[T](f, fewRows+5, 3, 0), fencedMatrix[T](f, 3, wide, 0))
}
