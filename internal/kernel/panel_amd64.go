package kernel

import "unsafe"

// panel is what the assembly is told about a panel of C = From + A·B: some neighbouring columns, as many as two registers
// have elements, or less. The generator reads this file. Steps are in bytes. Calls
// leave rows at zero.
type panel struct {
	a, b, c, from    unsafe.Pointer // the first elements; no from stands for zeros
	rowA, colA       int            // from an element of A to the one below it, and to the right of it
	rowB, rowC, rowF int            // from row to row of B, C and From
	rows, inner      int            // rows of C and A; columns of A and rows of B
	mask             unsafe.Pointer // which elements of the last register count
}
