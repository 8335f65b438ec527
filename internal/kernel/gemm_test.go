package kernel

import (
	"math"
	"slices"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// untouched marks memory between the rows of a matrix.
const untouched = -12345

// product is a product of matrices that was drawn.
type product[T Float] struct{ c, from, a, b Matrix[T] }

// draw draws a product of matrices with elements from the generator.
func draw[T Float](t *rapid.T, element *rapid.Generator[T]) product[T] {
	size := rapid.IntRange(0, 70)
	m, n, k := size.Draw(t, "m"), size.Draw(t, "n"), size.Draw(t, "k")
	p := product[T]{a: drawMatrix(t, "a", m, k, element), b: drawMatrix(t, "b", k, n, element), c: drawRows(t, "c", m, n, element)}
	switch rapid.SampledFrom([]string{"nothing", "C", "a row", "a matrix"}).Draw(t, "from") {
	case "C":
		p.from = p.c
	case "a row":
		p.from = Repeat(drawRows(t, "from", 1, n, element).Data[:n], m)
	case "a matrix":
		p.from = drawRows(t, "from", m, n, element)
	}
	return p
}

// drawMatrix draws a matrix that may be a transposed one.
func drawMatrix[T Float](t *rapid.T, label string, rows, cols int, element *rapid.Generator[T]) Matrix[T] {
	if rapid.Bool().Draw(t, label+" transposed") {
		return drawRows(t, label, cols, rows, element).T()
	}
	return drawRows(t, label, rows, cols, element)
}

// drawRows draws a matrix whose rows may have something between them.
func drawRows[T Float](t *rapid.T, label string, rows, cols int, element *rapid.Generator[T]) Matrix[T] {
	m := Matrix[T]{Rows: rows, Cols: cols, Right: 1, Down: cols + rapid.IntRange(0, 3).Draw(t, label+" gap")}
	if rapid.IntRange(0, 9).Draw(t, label+" page") == 0 {
		m.Down = 4096 / int(unsafe.Sizeof(T(0))) // B is copied then
	}
	m.Data = make([]T, rows*m.Down+cols)
	for i := range m.Data {
		m.Data[i] = untouched
	}
	some := rapid.SliceOfN(element, 1, 12).Draw(t, label)
	for i := range rows {
		for j := range cols {
			m.Data[i*m.Down+j] = some[(i*7+j*5+i*j)%len(some)]
		}
	}
	return m
}

// fresh returns the same product with a C of its own.
func (p product[T]) fresh() product[T] {
	own := p
	own.c.Data = slices.Clone(p.c.Data)
	if unsafe.SliceData(p.from.Data) == unsafe.SliceData(p.c.Data) {
		own.from.Data = own.c.Data
	}
	return own
}

func (m *Matrix[T]) at(i, j int) T { return m.Data[i*m.Down+j*m.Right] }

// want returns what element (i, j) is to be, from before the product was computed, and the sum of the absolute values.
func (p *product[T]) want(i, j int) (sum, size float64) {
	if p.from.Data != nil {
		sum = float64(p.from.at(i, j))
		size = math.Abs(sum)
	}
	for l := range p.a.Cols {
		v := float64(p.a.at(i, l)) * float64(p.b.at(l, j))
		sum += v
		size += math.Abs(v)
	}
	return sum, size
}

func bothTypes(t *testing.T, double func(*rapid.T), single func(*rapid.T)) {
	t.Run("float64", func(t *testing.T) { rapid.Check(t, double) })
	t.Run("float32", func(t *testing.T) { rapid.Check(t, single) })
}

// TestMultiply asserts the bound on the error of a sum of products (Higham 2002, § 3.1), γ_(k+1) times the sum of the
// absolute values. At the portable level and at the others alike: that is how far they can be apart.
func TestMultiply(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		bothTypes(t,
			func(t *rapid.T) { testMultiply(t, draw(t, rapid.Float64Range(-1e3, 1e3)), 0x1p-53) },
			func(t *rapid.T) { testMultiply(t, draw(t, rapid.Float32Range(-1e3, 1e3)), 0x1p-24) })
	})
}

func testMultiply[T Float](t *rapid.T, before product[T], unit float64) {
	p := before.fresh()
	new(Multiplier[T]).Multiply(p.c, p.from, p.a, p.b)
	bound := float64(p.a.Cols+2) * unit * 1.01
	for i := range p.c.Rows {
		for j := range p.c.Cols {
			want, size := before.want(i, j)
			// Products of small numbers lose digits where numbers end.
			if got := float64(p.c.at(i, j)); math.Abs(got-want) > bound*size+float64(p.a.Cols)*float64(math.SmallestNonzeroFloat32) {
				t.Fatalf("element %d, %d is %v, want %v", i, j, got, want)
			}
		}
	}
	testRest(t, before, p)
}

// testRest asserts that only C has been written.
func testRest[T Float](t *rapid.T, before, p product[T]) {
	for i, v := range p.c.Data {
		if row, column := i/max(1, p.c.Down), i%max(1, p.c.Down); (row >= p.c.Rows || column >= p.c.Cols) && v != before.c.Data[i] {
			t.Fatalf("memory outside of C has been written")
		}
	}
}

// exact are numbers with which all sums are exact, so that all levels must agree, and what is not a number.
var exact = []float64{0, 1, -1, 2, -3, 7, 0, 1, 5, -8, math.Inf(1), math.Inf(-1), math.NaN(), math.Copysign(0, -1)}

func TestMultiplyExactly(t *testing.T) {
	element := rapid.SampledFrom(exact)
	single := rapid.Map(element, func(v float64) float32 { return float32(v) })
	atEachLevel(t, func(t *testing.T) {
		bothTypes(t,
			func(t *rapid.T) { testExactly(t, draw(t, element)) },
			func(t *rapid.T) { testExactly(t, draw(t, single)) })
	})
}

func testExactly[T Float](t *rapid.T, before product[T]) {
	p := before.fresh()
	new(Multiplier[T]).Multiply(p.c, p.from, p.a, p.b)
	for i := range p.c.Rows {
		for j := range p.c.Cols {
			want, _ := before.want(i, j)
			if got := float64(p.c.at(i, j)); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
				t.Fatalf("element %d, %d is %v, want %v", i, j, got, want)
			}
		}
	}
}

// TestLevelsOfAssemblyAgree: bit for bit, and so does a part of the rows and columns alone.
func TestLevelsOfAssemblyAgree(t *testing.T) {
	levels := Levels()[1:]
	if len(levels) == 0 {
		t.Skip("no assembly for this machine")
	}
	use(t, Level()) // restores it
	bothTypes(t,
		func(t *rapid.T) { testAgree(t, levels, draw(t, rapid.Float64Range(-1, 1))) },
		func(t *rapid.T) { testAgree(t, levels, draw(t, rapid.Float32Range(-1, 1))) })
}

func testAgree[T Float](t *rapid.T, levels []string, before product[T]) {
	var first []T
	for _, name := range levels {
		if err := Use(name); err != nil {
			t.Fatal(err)
		}
		whole, parts := before.fresh(), before.fresh()
		new(Multiplier[T]).Multiply(whole.c, whole.from, whole.a, whole.b)
		row := rapid.IntRange(0, before.c.Rows).Draw(t, "row")
		parts.rows(0, row)
		parts.rows(row, before.c.Rows)
		if first == nil {
			first = whole.c.Data
		}
		if !slices.Equal(first, whole.c.Data) || !slices.Equal(first, parts.c.Data) {
			t.Fatalf("%s, whole or in parts from row %d on, differs from %s", name, row, levels[0])
		}
	}
}

// rows computes some of the rows alone.
func (p product[T]) rows(from, to int) {
	part := func(m Matrix[T]) Matrix[T] {
		if m.Data != nil && to > from {
			m.Data = m.Data[from*m.Down:]
		}
		m.Rows = to - from
		return m
	}
	new(Multiplier[T]).Multiply(part(p.c), part(p.from), part(p.a), p.b)
}

// FuzzMultiply is TestMultiplyExactly for sizes and elements from bytes.
func FuzzMultiply(f *testing.F) {
	f.Add([]byte("\x08\x10\x40\x00abcdefgh"))
	f.Add([]byte("\x07\x21\x03\xff\x00\x0a\x0b\x0c"))
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		before := Level()
		defer func() { _ = Use(before) }()
		if err := Use(rapid.SampledFrom(Levels()).Draw(t, "level")); err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "single") {
			testExactly(t, draw(t, rapid.Map(rapid.SampledFrom(exact), func(v float64) float32 { return float32(v) })))
			return
		}
		testExactly(t, draw(t, rapid.SampledFrom(exact)))
	}))
}

func TestMultiplyRefusesSizesThatDoNotFit(t *testing.T) {
	x := make([]float64, 12)
	whole := func(rows, cols int) Matrix[float64] { return Dense(x, rows, cols) }
	short := Matrix[float64]{Data: x[:5], Rows: 2, Cols: 3, Down: 3, Right: 1}
	for _, c := range []product[float64]{
		{c: whole(2, 3), a: whole(2, 2), b: whole(3, 3)},
		{c: whole(2, 3), a: whole(3, 2), b: whole(2, 3)},
		{c: whole(2, 2), a: whole(2, 2), b: whole(2, 3)},
		{c: whole(3, 2).T(), a: whole(2, 2), b: whole(2, 3)},
		{c: short, a: whole(2, 2), b: whole(2, 3)},
		{c: whole(2, 3), a: whole(2, 2), b: short},
		{c: whole(2, 3), a: whole(2, 2), b: whole(2, 3), from: whole(2, 2)},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v is not refused", c)
				}
			}()
			new(Multiplier[float64]).Multiply(c.c, c.from, c.a, c.b)
		}()
	}
}

func TestMultiplyDoesNotAllocate(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		x, y, z := make([]float64, 20*30), make([]float64, 30*40), make([]float64, 20*40)
		var m Multiplier[float64]
		if n := testing.AllocsPerRun(10, func() {
			m.Multiply(Dense(z, 20, 40), Matrix[float64]{}, Dense(x, 20, 30), Dense(y, 30, 40))
			m.Multiply(Dense(z, 20, 40), Dense(z, 20, 40), Dense(x, 30, 20).T(), Dense(y, 40, 30).T())
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}
