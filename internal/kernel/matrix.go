package kernel

// Float are the numbers that the kernels take.
type Float interface{ float32 | float64 }

// Matrix is a matrix somewhere in memory: element (i, j) is Data[i*Down+j*Right].
type Matrix[T Float] struct {
	Data        []T
	Rows, Cols  int
	Down, Right int
}

// Dense returns the matrix whose rows lie one after the other in data.
func Dense[T Float](data []T, rows, cols int) Matrix[T] {
	return Matrix[T]{Data: data[:rows*cols], Rows: rows, Cols: cols, Down: cols, Right: 1}
}

// Repeat returns the matrix of which every row is the given one.
func Repeat[T Float](row []T, rows int) Matrix[T] {
	return Matrix[T]{Data: row, Rows: rows, Cols: len(row), Right: 1}
}

// T returns the transposed matrix, in the same place.
func (m Matrix[T]) T() Matrix[T] {
	return Matrix[T]{Data: m.Data, Rows: m.Cols, Cols: m.Rows, Down: m.Right, Right: m.Down}
}

// part returns some rows, in the same place.
func (m *Matrix[T]) part(from, to int) Matrix[T] {
	p := *m
	p.Rows = to - from
	if p.size() > 0 && m.Data != nil {
		p.Data = m.Data[from*m.Down:]
	}
	return p
}

// size returns how long Data must be at least.
func (m *Matrix[T]) size() int {
	if m.Rows == 0 || m.Cols == 0 {
		return 0
	}
	return (m.Rows-1)*m.Down + (m.Cols-1)*m.Right + 1
}
