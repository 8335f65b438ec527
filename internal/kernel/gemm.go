package kernel

import "fmt"

// Multiplier multiplies matrices and keeps the memory that this takes, so that it allocates only for products larger than any
// before. Its zero value is ready for use. It is for one goroutine at a time.
type Multiplier[T Float] struct {
	packed []T
}

// Multiply sets C = From + A·B. From may be C itself; without data it is zero. Each element of C is From's plus the products
// in the order of the inner index, and with assembly each product is added with a single rounding, so it does not depend
// on what is computed beside it. The rows of C and From must be contiguous (Right is 1). C may not overlap with A or B. It
// panics if the sizes do not fit.
func (m *Multiplier[T]) Multiply(c, from, a, b Matrix[T]) {
	check(&c, &from, &a, &b)
	if c.Rows == 0 || c.Cols == 0 {
		return
	}
	if level == portable || !m.assembled(&c, &from, &a, &b) {
		m.portable(&c, &from, &a, &b)
	}
}

// scratch returns memory for n numbers, with anything in them.
func (m *Multiplier[T]) scratch(n int) []T {
	if len(m.packed) < n {
		m.packed = make([]T, n)
	}
	return m.packed[:n]
}

// pack copies the columns of b from j on, as many as fit beside each other into rows of the given width.
func pack[T Float](to []T, b *Matrix[T], j, width int) {
	if b.Right == 1 {
		for k := range b.Rows {
			copy(to[k*width:(k+1)*width], b.Data[k*b.Down+j:])
		}
		return
	}
	for i := range width {
		column := b.Data[(j+i)*b.Right:]
		for k := range b.Rows {
			to[k*width+i] = column[k*b.Down]
		}
	}
}

// check panics if the matrices cannot be those of Multiply.
func check[T Float](c, from, a, b *Matrix[T]) {
	fits := a.Rows == c.Rows && b.Cols == c.Cols && a.Cols == b.Rows && c.Right == 1
	if from.Data != nil {
		fits = fits && from.Rows == c.Rows && from.Cols == c.Cols && from.Right == 1 && len(from.Data) >= from.size()
	}
	if !fits || len(a.Data) < a.size() || len(b.Data) < b.size() || len(c.Data) < c.size() {
		panic(fmt.Sprintf("kernel: %d × %d cannot be %d × %d times %d × %d", c.Rows, c.Cols, a.Rows, a.Cols, b.Rows, b.Cols))
	}
}

// portable is Multiply in Go. Four rows of B at a time are added to a row of C, which is read and written less often then.
func (m *Multiplier[T]) portable(c, from, a, b *Matrix[T]) {
	n := c.Cols
	if b.Right != 1 {
		packed := Dense(m.scratch(b.Rows*n), b.Rows, n)
		pack(packed.Data, b, 0, n)
		b = &packed
	}
	for i := range c.Rows {
		row := c.Data[i*c.Down:][:n]
		if from.Data == nil {
			clear(row)
		} else {
			copy(row, from.Data[i*from.Down:][:n])
		}
		k := 0
		for ; k+4 <= a.Cols; k += 4 {
			at := i*a.Down + k*a.Right
			a0, a1, a2, a3 := a.Data[at], a.Data[at+a.Right], a.Data[at+2*a.Right], a.Data[at+3*a.Right]
			b0, b1 := b.Data[k*b.Down:][:n], b.Data[(k+1)*b.Down:][:n]
			b2, b3 := b.Data[(k+2)*b.Down:][:n], b.Data[(k+3)*b.Down:][:n]
			for j, v := range row {
				row[j] = v + a0*b0[j] + a1*b1[j] + a2*b2[j] + a3*b3[j]
			}
		}
		for ; k < a.Cols; k++ {
			x := a.Data[i*a.Down+k*a.Right]
			for j, v := range b.Data[k*b.Down:][:n] {
				row[j] += x * v
			}
		}
	}
}
