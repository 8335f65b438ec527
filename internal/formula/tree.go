package formula

import (
	"strconv"
	"strings"
)

// node is a node of the tree of a formula.
type node struct {
	op   op
	at   int     // column
	val  float64 // of a number
	name string  // of a variable, a parameter, an index; of a number as it was typed
	args []*node
}

// binary are the texts of the operators between two operands.
var binary = map[op]string{
	opAdd: " + ", opSub: " - ", opMul: "*", opDiv: "/", opPow: "^", opOr: " || ", opAnd: " && ",
	opLess: " < ", opLessEq: " <= ", opGreater: " > ", opGreaterEq: " >= ", opEqual: " == ", opNotEqual: " != ",
}

var precOf = func() map[op]int {
	prec := make(map[op]int)
	for _, in := range infixes {
		prec[in.op] = in.prec
	}
	return prec
}()

func (n *node) prec() int {
	switch n.op {
	case opNeg, opNot:
		return precUnary
	default:
		if p, ok := precOf[n.op]; ok {
			return p
		}
		return precAtom
	}
}

// String writes the formula with as few brackets as it needs. Parsing it gives the same tree.
func (n *node) String() string {
	var b strings.Builder
	n.write(&b)
	return b.String()
}

// writeIn writes an operand where operators that bind less tightly than least need brackets.
func (n *node) writeIn(b *strings.Builder, least int) {
	if n.prec() >= least {
		n.write(b)
		return
	}
	b.WriteByte('(')
	n.write(b)
	b.WriteByte(')')
}

func (n *node) write(b *strings.Builder) {
	prec := n.prec()
	switch n.op {
	case opNumber:
		if n.name != "" {
			b.WriteString(n.name)
		} else {
			b.WriteString(strconv.FormatFloat(n.val, 'g', -1, 64))
		}
	case opName:
		b.WriteString(n.name)
	case opIndex:
		b.WriteString("x[")
		n.args[0].write(b)
		b.WriteByte(']')
	case opNeg, opNot:
		b.WriteString(map[op]string{opNeg: "-", opNot: "!"}[n.op])
		n.args[0].writeIn(b, precUnary)
	case opIf:
		n.args[0].writeIn(b, precIf+1)
		b.WriteString(" ? ")
		n.args[1].write(b)
		b.WriteString(" : ")
		n.args[2].write(b)
	case opPow:
		n.args[0].writeIn(b, precAtom)
		b.WriteByte('^')
		n.args[1].writeIn(b, precUnary)
	default:
		if text, ok := binary[n.op]; ok {
			left := prec
			if prec == precCompare {
				left++
			}
			n.args[0].writeIn(b, left)
			b.WriteString(text)
			n.args[1].writeIn(b, prec+1)
			return
		}
		n.writeCall(b)
	}
}

func (n *node) writeCall(b *strings.Builder) {
	b.WriteString(nameOf[n.op])
	b.WriteByte('(')
	if n.op == opSum || n.op == opProd {
		b.WriteString(n.name)
		b.WriteString(", ")
	}
	for i, a := range n.args {
		if i > 0 {
			b.WriteString(", ")
		}
		a.write(b)
	}
	b.WriteByte(')')
}

// equal tells whether two trees are of the same formula, wherever it stands.
func (n *node) equal(m *node) bool {
	if n.op != m.op || len(n.args) != len(m.args) || n.op == opNumber && n.val != m.val || n.op != opNumber && n.name != m.name {
		return false
	}
	for i := range n.args {
		if !n.args[i].equal(m.args[i]) {
			return false
		}
	}
	return true
}
