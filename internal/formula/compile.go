package formula

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// instr is an operation: its result follows those of the operations before it. a, b and c are places of operands in
// Tape.v; where an operation has fewer, the rest are equal to a.
type instr struct {
	op      op
	a, b, c int32
}

// compiler turns a tree into a list of operations, each of which stands once. While it works, operands are indexes of
// code, where leaves stand, too.
type compiler struct {
	shown  string
	code   []instr
	value  []float64 // of the numbers in code
	known  map[instr]int32
	number map[uint64]int32
	names  map[string]int32
	vars   []variable
	params []string
	loops  []loop
	steps  int
}

type variable struct {
	name string
	at   int // the column of its first appearance
}

// loop is the index of a sum and its present value.
type loop struct {
	name string
	val  float64
}

func compile(tree *node, shown string) (*Formula, error) {
	c := &compiler{
		shown: shown, known: map[instr]int32{}, number: map[uint64]int32{}, names: map[string]int32{},
	}
	root, err := c.build(tree)
	if err != nil {
		return nil, err
	}
	if err := c.sortVariables(); err != nil {
		return nil, err
	}
	f := c.layout(root)
	f.tree = tree
	return f, nil
}

func (c *compiler) errorf(n *node, format string, args ...any) error {
	return errorAt(c.shown, n.at, format, args...)
}

// build compiles a node and returns the index of its result.
func (c *compiler) build(n *node) (int32, error) {
	if c.steps++; c.steps > maxOperations {
		return 0, c.errorf(n, "the formula has more than %d operations, with its sums written out", maxOperations)
	}
	switch n.op {
	case opNumber:
		return c.constant(n.val), nil
	case opName:
		return c.named(n.name, n.at), nil
	case opIndex:
		i, err := c.whole(n.args[0], "the number of a variable")
		if err != nil {
			return 0, err
		}
		if i < 1 || i > maxOperations {
			return 0, c.errorf(n, "there is no variable x[%d]: they are numbered x[1], x[2], …", i)
		}
		return c.named("x"+strconv.Itoa(i), n.at), nil
	case opSum, opProd:
		return c.buildSum(n)
	}
	args := make([]int32, len(n.args))
	for i, a := range n.args {
		var err error
		if args[i], err = c.build(a); err != nil {
			return 0, err
		}
	}
	switch {
	case n.op == opMin || n.op == opMax:
		result := args[0]
		for _, a := range args[1:] {
			result = c.emit(n.op, result, a, result)
		}
		return result, nil
	case n.op == opIf:
		return c.emit(opIf, args[1], args[2], args[0]), nil
	case len(args) == 1:
		return c.emit(n.op, args[0], args[0], args[0]), nil
	default:
		return c.emit(n.op, args[0], args[1], args[0]), nil
	}
}

// whole compiles what must be a whole number when the formula is read.
func (c *compiler) whole(n *node, what string) (int, error) {
	i, err := c.build(n)
	if err != nil {
		return 0, err
	}
	v := c.value[i]
	if c.code[i].op != opNumber || v != math.Trunc(v) || math.Abs(v) > 1e9 {
		return 0, c.errorf(n, "%s must be a whole number, like 10", what)
	}
	return int(v), nil
}

// buildSum writes a sum or a product out.
func (c *compiler) buildSum(n *node) (int32, error) {
	name := nameOf[n.op]
	from, err := c.whole(n.args[0], "the first index of a "+name)
	if err != nil {
		return 0, err
	}
	to, err := c.whole(n.args[1], "the last index of a "+name)
	if err != nil {
		return 0, err
	}
	join, result := opAdd, c.constant(0)
	if n.op == opProd {
		join, result = opMul, c.constant(1)
	}
	c.loops = append(c.loops, loop{name: n.name})
	for i := from; i <= to; i++ {
		c.loops[len(c.loops)-1].val = float64(i)
		term, err := c.build(n.args[2])
		if err != nil {
			return 0, err
		}
		if i == from {
			result = term
		} else {
			result = c.emit(join, result, term, result)
		}
	}
	c.loops = c.loops[:len(c.loops)-1]
	return result, nil
}

// constant returns the index of a number.
func (c *compiler) constant(v float64) int32 {
	bits := math.Float64bits(v)
	i, ok := c.number[bits]
	if !ok {
		i = c.add(instr{op: opNumber}, v)
		c.number[bits] = i
	}
	return i
}

func (c *compiler) add(in instr, v float64) int32 {
	c.code = append(c.code, in)
	c.value = append(c.value, v)
	return int32(len(c.code) - 1)
}

// named returns the index of an index's value, a variable or a parameter.
func (c *compiler) named(name string, at int) int32 {
	for _, l := range c.loops {
		if l.name == name {
			return c.constant(l.val)
		}
	}
	i, ok := c.names[name]
	switch {
	case ok:
		return i
	case isVariable(name):
		i = c.add(instr{op: opVariable}, 0)
		c.vars = append(c.vars, variable{name, at})
	default:
		i = c.add(instr{op: opParameter}, 0)
		c.params = append(c.params, name)
	}
	c.names[name] = i
	return i
}

// emit returns the index of the result of an operation. What is known already is not computed again, and what depends
// on nothing is computed now.
func (c *compiler) emit(o op, a, b, cond int32) int32 {
	switch o {
	case opGreater:
		o, a, b = opLess, b, a
	case opGreaterEq:
		o, a, b = opLessEq, b, a
	case opAdd, opMul:
		if b < a {
			a, b = b, a
		}
	case opPow:
		if i, ok := c.power(a, b); ok {
			return i
		}
	}
	if o != opIf && o != opPowi {
		cond = a // so that equal operations look equal
	}
	isNumber := func(i int32) bool { return c.code[i].op == opNumber }
	if isNumber(a) && isNumber(b) && isNumber(cond) {
		return c.constant(apply(o, c.value[a], c.value[b], c.value[cond]))
	}
	in := instr{o, a, b, cond}
	i, ok := c.known[in]
	if !ok {
		i = c.add(in, 0)
		c.known[in] = i
	}
	return i
}

// mostPowi is the largest exponent that is made of products.
const mostPowi = 64

// power compiles a^b where it is simpler than in general: b is a small whole number, or a is e.
func (c *compiler) power(a, b int32) (int32, bool) {
	v := c.value[b]
	switch {
	case c.code[b].op != opNumber:
		if c.code[a].op == opNumber && c.value[a] == math.E {
			return c.emit(opExp, b, b, b), true
		}
		return 0, false
	case v != math.Trunc(v) || math.Abs(v) > mostPowi:
		return 0, false
	case v == 0:
		return c.constant(1), true
	case v == 1:
		return a, true
	case v == 2:
		return c.emit(opSquare, a, a, a), true
	default:
		return c.emit(opPowi, a, a, b), true
	}
}

// sortVariables puts the variables in their order and refuses those that do not go together.
func (c *compiler) sortVariables() error {
	if len(c.vars) == 0 {
		msg := "the formula has no variable: they are x, y and z, or x1, x2, …"
		if len(c.params) > 0 {
			msg += fmt.Sprintf("; %s is a parameter", c.params[0])
		}
		return errorAt(c.shown, 0, "%s", msg)
	}
	numbered := func(v variable) bool { return len(v.name) > 1 }
	first := c.vars[0]
	for _, v := range c.vars {
		if numbered(v) != numbered(first) {
			return errorAt(c.shown, v.at, "%s and %s do not go together: the variables are x, y and z, or x1, x2, …", first.name, v.name)
		}
	}
	slices.SortFunc(c.vars, func(a, b variable) int {
		if len(a.name) != len(b.name) {
			return len(a.name) - len(b.name)
		}
		if a.name < b.name {
			return -1
		}
		return 1
	})
	for i, v := range c.vars {
		if want := "x" + strconv.Itoa(i+1); numbered(v) && v.name != want {
			return errorAt(c.shown, v.at, "%s is there, but no %s: number the variables x1, x2, … without a gap", v.name, want)
		}
	}
	return nil
}

// layout drops what the result does not need and gives everything its place in Tape.v: the variables, the parameters,
// the numbers, the operations on parameters alone, and the others.
func (c *compiler) layout(root int32) *Formula {
	f := &Formula{params: c.params}
	place := make([]int32, len(c.code))
	next := int32(0)
	put := func(i int32) { place[i] = next; next++ }
	for _, v := range c.vars {
		f.vars = append(f.vars, v.name)
		put(c.names[v.name])
	}
	for _, p := range c.params {
		put(c.names[p])
	}
	needed, active := c.needed(root), make([]bool, len(c.code))
	for i, in := range c.code {
		switch {
		case !needed[i]:
		case in.op == opNumber:
			f.numbers = append(f.numbers, c.value[i])
			put(int32(i))
		case in.op == opVariable:
			active[i] = true
		case !in.op.leaf():
			active[i] = active[in.a] || active[in.b] || active[in.c]
		}
	}
	for _, which := range []bool{false, true} {
		if which {
			f.first = len(f.code)
		}
		for i, in := range c.code {
			if !needed[i] || in.op.leaf() || active[i] != which {
				continue
			}
			if in.op == opPow && !active[in.b] {
				in.op = opPowBase
			} else if in.op == opPow && !active[in.a] {
				in.op = opPowExp
			}
			put(int32(i))
			f.code = append(f.code, instr{in.op, place[in.a], place[in.b], place[in.c]})
		}
	}
	f.root = int(place[root])
	return f
}

// needed marks what the result depends on.
func (c *compiler) needed(root int32) []bool {
	marks := make([]bool, len(c.code))
	marks[root] = true
	for i := len(c.code) - 1; i >= 0; i-- {
		if in := c.code[i]; marks[i] && !in.op.leaf() {
			marks[in.a], marks[in.b], marks[in.c] = true, true, true
		}
	}
	return marks
}

func (o op) leaf() bool { return o == opNumber || o == opVariable || o == opParameter }
