package formula

import "math"

// op is what a node of the tree or an operation of the tape does.
type op uint8

const (
	opNumber op = iota // leaves of the tree
	opName
	opIndex // x[a]
	opSum   // of c for the index from a to b
	opProd

	opAdd
	opSub
	opMul
	opDiv
	opPow
	opNeg

	opIf // a ? b : c in the tree; on the tape c ? a : b
	opOr // conditions from here
	opAnd
	opLess
	opLessEq
	opGreater
	opGreaterEq
	opEqual
	opNotEqual
	opNot // to here

	opSin // functions
	opCos
	opTan
	opAsin
	opAcos
	opAtan
	opSinh
	opCosh
	opTanh
	opExp
	opExpm1
	opLog
	opLog2
	opLog10
	opLog1p
	opSqrt
	opCbrt
	opAbs
	opSign
	opFloor
	opCeil
	opErf
	opGamma
	opLgamma
	opSigmoid
	opRelu
	opSoftplus
	opMin
	opMax
	opHypot
	opAtan2

	opVariable // leaves of the tape
	opParameter
	opSquare  // a²
	opPowi    // a to the whole number c
	opPowBase // a^b where only a depends on variables
	opPowExp  // a^b where only b does
)

// condition tells whether the result is true or false, not a number.
func (o op) condition() bool { return o >= opOr && o <= opNot }

// function is one that can be called by its name.
type function struct {
	name        string
	op          op
	least, most int // arguments; most 0 is any number
}

var functions = []function{
	{"sin", opSin, 1, 1}, {"cos", opCos, 1, 1}, {"tan", opTan, 1, 1},
	{"asin", opAsin, 1, 1}, {"acos", opAcos, 1, 1}, {"atan", opAtan, 1, 1},
	{"sinh", opSinh, 1, 1}, {"cosh", opCosh, 1, 1}, {"tanh", opTanh, 1, 1},
	{"exp", opExp, 1, 1}, {"expm1", opExpm1, 1, 1},
	{"ln", opLog, 1, 1}, {"log", opLog, 1, 1}, {"log2", opLog2, 1, 1}, {"log10", opLog10, 1, 1}, {"log1p", opLog1p, 1, 1},
	{"sqrt", opSqrt, 1, 1}, {"cbrt", opCbrt, 1, 1}, {"abs", opAbs, 1, 1}, {"sign", opSign, 1, 1},
	{"floor", opFloor, 1, 1}, {"ceil", opCeil, 1, 1},
	{"erf", opErf, 1, 1}, {"gamma", opGamma, 1, 1}, {"lgamma", opLgamma, 1, 1},
	{"sigmoid", opSigmoid, 1, 1}, {"relu", opRelu, 1, 1}, {"softplus", opSoftplus, 1, 1},
	{"min", opMin, 1, 0}, {"max", opMax, 1, 0},
	{"pow", opPow, 2, 2}, {"hypot", opHypot, 2, 2}, {"atan2", opAtan2, 2, 2},
	{"sum", opSum, 4, 4}, {"prod", opProd, 4, 4},
}

var functionNamed, nameOf = func() (map[string]function, map[op]string) {
	named, names := make(map[string]function), make(map[op]string)
	for _, f := range functions {
		named[f.name] = f
		if names[f.op] == "" {
			names[f.op] = f.name
		}
	}
	return named, names
}()

// Functions lists the names of all functions.
func Functions() []string {
	names := make([]string, len(functions))
	for i, f := range functions {
		names[i] = f.name
	}
	return names
}

var constants = map[string]float64{"pi": math.Pi, "π": math.Pi, "tau": 2 * math.Pi, "τ": 2 * math.Pi, "e": math.E}

// Precedences, from loose to tight.
const (
	precIf = iota + 1
	precOr
	precAnd
	precCompare
	precAdd
	precMul
	precUnary
	precPow
	precAtom
)

// infix is a binary operator; "?" begins a ternary one.
type infix struct {
	op   op
	prec int
}

var infixes = map[string]infix{
	"?": {opIf, precIf}, "||": {opOr, precOr}, "&&": {opAnd, precAnd},
	"<": {opLess, precCompare}, "<=": {opLessEq, precCompare}, ">": {opGreater, precCompare},
	">=": {opGreaterEq, precCompare}, "==": {opEqual, precCompare}, "!=": {opNotEqual, precCompare},
	"+": {opAdd, precAdd}, "-": {opSub, precAdd}, "*": {opMul, precMul}, "/": {opDiv, precMul},
	"^": {opPow, precPow}, "**": {opPow, precPow},
}
