package kernel

import (
	"fmt"
	"unsafe"
)

// Multiplier multiplies matrices and keeps the memory that this takes, so that it allocates only for products larger than any
// before. Its zero value is ready for use. It is for one goroutine at a time.
type Multiplier[T Float] struct {
	packed, room []T
	shared       *shared[T]
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
	if b.Right != 1 {
		b = m.pack(&b)
	}
	if helped(2 * c.Rows * c.Cols * a.Cols * int(unsafe.Sizeof(T(0))) / 8) {
		m.share(&c, &from, &a, &b)
		return
	}
	grow(&m.room, panelSize(&c, &b))
	multiply(&c, &from, &a, &b, m.room)
}

// grow makes x at least n long. What was in it is lost.
func grow[T Float](x *[]T, n int) {
	if len(*x) < n {
		*x = make([]T, n)
	}
}

// pack returns a copy of B with contiguous rows.
func (m *Multiplier[T]) pack(b *Matrix[T]) Matrix[T] {
	grow(&m.packed, b.Rows*b.Cols)
	p := Dense(m.packed, b.Rows, b.Cols)
	for j := range b.Cols {
		for k := range b.Rows {
			p.Data[k*b.Cols+j] = b.Data[j*b.Right+k*b.Down]
		}
	}
	return p
}

// multiply is Multiply where the rows of B are contiguous. It uses room for a copy of a panel where panelSize says so.
func multiply[T Float](c, from, a, b *Matrix[T], room []T) {
	if panelSize(c, b) == 0 {
		room = nil
	}
	if level == portable || !multiplyAssembled(c, from, a, b, room) {
		multiplyPortable(c, from, a, b)
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

// narrow is the number of columns below which the portable version takes four rows of A at a time instead of four of B.
const narrow = 4

// multiplyPortable is multiply in Go.
func multiplyPortable[T Float](c, from, a, b *Matrix[T]) {
	for i := range c.Rows {
		row := c.Data[i*c.Down:][:c.Cols]
		if from.Data == nil {
			clear(row)
		} else {
			copy(row, from.Data[i*from.Down:])
		}
	}
	if c.Cols < narrow {
		addByColumns(c, a, b)
		return
	}
	for i := range c.Rows {
		addRow(c.Data[i*c.Down:][:c.Cols], a.Data[min(i*a.Down, len(a.Data)):], a.Right, b)
	}
}

// addRow adds a row of A, of which the elements are right apart, times B to a row of C. It takes four rows of B at a time,
// so that C is read and written less often.
func addRow[T Float](row, a []T, right int, b *Matrix[T]) {
	n, k := len(row), 0
	for ; k+4 <= b.Rows; k += 4 {
		a0, a1, a2, a3 := a[k*right], a[(k+1)*right], a[(k+2)*right], a[(k+3)*right]
		b0, b1 := b.Data[k*b.Down:][:n], b.Data[(k+1)*b.Down:][:n]
		b2, b3 := b.Data[(k+2)*b.Down:][:n], b.Data[(k+3)*b.Down:][:n]
		for j, v := range row {
			row[j] = v + a0*b0[j] + a1*b1[j] + a2*b2[j] + a3*b3[j]
		}
	}
	for ; k < b.Rows; k++ {
		x := a[k*right]
		for j, v := range b.Data[k*b.Down:][:n] {
			row[j] += x * v
		}
	}
}

// addByColumns adds AB to C, a column after the other, with four sums at a time.
func addByColumns[T Float](c, a, b *Matrix[T]) {
	for j := range c.Cols {
		i := 0
		for ; i+4 <= c.Rows; i += 4 {
			at := i*c.Down + j
			s0, s1, s2, s3 := c.Data[at], c.Data[at+c.Down], c.Data[at+2*c.Down], c.Data[at+3*c.Down]
			for k := range a.Cols {
				x, p := b.Data[k*b.Down+j], i*a.Down+k*a.Right
				s0 += a.Data[p] * x
				s1 += a.Data[p+a.Down] * x
				s2 += a.Data[p+2*a.Down] * x
				s3 += a.Data[p+3*a.Down] * x
			}
			c.Data[at], c.Data[at+c.Down], c.Data[at+2*c.Down], c.Data[at+3*c.Down] = s0, s1, s2, s3
		}
		for ; i < c.Rows; i++ {
			sum := c.Data[i*c.Down+j]
			for k := range a.Cols {
				sum += a.Data[i*a.Down+k*a.Right] * b.Data[k*b.Down+j]
			}
			c.Data[i*c.Down+j] = sum
		}
	}
}
