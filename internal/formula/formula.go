// Package formula reads a function that a person typed, as in "(1-x)^2 + a*(y-x^2)^2", and evaluates it with exact
// derivatives.
//
// The text is parsed to a tree (parse.go), the tree is compiled to a list of operations without branches or loops
// (compile.go), and a Tape runs that list: forward for the value, backward for the gradient, and forward and backward
// again for Hessian–vector products (Griewank & Walther 2008, Evaluating Derivatives, ch. 3 and 5). A run of a Tape
// allocates nothing.
//
// The parser is our own because the kept ones read programs, not formulas: "x>0?.5:1" and "let" mean something else
// there, and their errors are for programmers.
//
// # Grammar
//
// From the loosest to the tightest: c ? a : b; || and &&; one comparison of < <= > >= == !=; + and −; * and /; unary +,
// − and !; ^ or **, which is right-associative and binds tighter than unary minus: -x^2 is −(x²), and 2^-x is allowed.
// x², x₁, ·, ×, ÷, −, ≤, ≥, ≠ and π may be typed. A multiplication sign cannot be left out. sum(i, 1, n, …) and
// prod(i, 1, n, …) are written out for the whole numbers i, for which x[i] is xᵢ.
//
// # Where there is no derivative
//
// Something is chosen that a descent can go on with, mostly 0: |x| and relu have the derivative 0 at 0, hypot has 0 at
// (0, 0); sign, floor, ceil and conditions have 0 everywhere; at a tie min and max follow the earlier argument; c ? a :
// b has the derivatives of the branch that is taken. A factor 0 outweighs an infinite or undefined one in the chain
// rule: √(x²) has the derivative 0 at 0. Outside a function's domain values and derivatives are NaN. 0^0 is 1.
package formula

import (
	"fmt"
	"slices"
	"strings"

	"opttui/internal/usage"
)

// Limits of a formula. They keep every step of its compilation short and every stack shallow.
const (
	maxRunes      = 4096
	maxDepth      = 200
	maxOperations = 10000 // after sums are written out
)

// Error is a mistake in a formula, with its place. errors.As finds a *usage.Error in it.
type Error struct {
	Msg    string
	Column int    // of the rune in Text that is to be marked, counted from 1; 0 where it is about the whole formula
	Text   string // the formula, rune by rune as it was typed, without characters that a terminal could obey
}

// Error returns the message and, below, the part of the formula around the mistake with a mark under it.
func (e *Error) Error() string {
	if e.Column == 0 {
		return e.Msg
	}
	text, mark := e.Excerpt(60)
	return e.Msg + "\n  " + text + "\n  " + mark
}

// Unwrap makes the error one of usage.
func (e *Error) Unwrap() error { return &usage.Error{Msg: e.Error()} }

// Excerpt returns about width runes of the formula around the mistake, and blanks with a ^ that belongs below them.
func (e *Error) Excerpt(width int) (text, mark string) {
	runes := []rune(e.Text)
	at := max(e.Column-1, 0)
	from := 0
	if len(runes) > width && at > width*2/3 {
		from = at - width/2
	}
	to := min(from+width, len(runes))
	text = string(runes[from:to])
	if to < len(runes) {
		text += "…"
	}
	at -= from
	if from > 0 {
		text = "…" + text
		at++
	}
	return text, strings.Repeat(" ", at) + "^"
}

// Formula is a compiled formula. It is never changed, so Tapes share it.
type Formula struct {
	tree    *node
	vars    []string
	params  []string
	numbers []float64
	code    []instr
	first   int // the first operation that depends on a variable; those before it depend on parameters alone
	root    int
}

// Compile reads a formula. Errors are *Error.
func Compile(text string) (*Formula, error) {
	tree, shown, err := parse(text)
	if err != nil {
		return nil, err
	}
	return compile(tree, shown)
}

// Vars returns the variables in their order: some of x, y and z, or x1 to xn.
func (f *Formula) Vars() []string { return slices.Clone(f.vars) }

// Params returns the other names, in the order of their first appearance.
func (f *Formula) Params() []string { return slices.Clone(f.params) }

// String writes the formula as it was understood.
func (f *Formula) String() string { return f.tree.String() }

func errorAt(text string, column int, format string, args ...any) error {
	return &Error{Msg: fmt.Sprintf(format, args...), Column: column, Text: text}
}
