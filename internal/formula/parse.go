package formula

import (
	"slices"
	"strings"
	"unicode/utf8"

	"opttui/internal/usage"
)

// parser reads tokens by operator precedence (Pratt 1973).
type parser struct {
	shown  string
	tokens []token
	i      int
	depth  int
	loops  []string // indexes of the sums that are being read
}

// parse returns the tree of a formula and the formula as it can be shown.
func parse(text string) (tree *node, shown string, err error) {
	if len(text) > maxRunes*utf8.UTFMax || utf8.RuneCountInString(text) > maxRunes {
		return nil, "", errorAt("", 0, "the formula is longer than %d characters", maxRunes)
	}
	shown = show(text)
	if strings.TrimSpace(shown) == "" {
		return nil, shown, errorAt(shown, 0, "the formula is empty: write a function of x, y, z or of x1, x2, …")
	}
	tokens, err := lex(shown)
	if err != nil {
		return nil, shown, err
	}
	p := &parser{shown: shown, tokens: tokens}
	if tree, err = p.expr(precIf); err != nil {
		return nil, shown, err
	}
	if t := p.peek(); t.kind != tokEnd {
		return nil, shown, p.stray(t)
	}
	if tree.op.condition() {
		return nil, shown, p.errorf(tree.at, "the formula is a condition, not a number: write %s ? 1 : 0", excerpt(tree.String()))
	}
	return tree, shown, nil
}

// excerpt returns a text that is not long, or an ellipsis.
func excerpt(s string) string {
	if utf8.RuneCountInString(s) > 20 {
		return "…"
	}
	return s
}

func (p *parser) errorf(column int, format string, args ...any) error {
	return errorAt(p.shown, column, format, args...)
}

func (p *parser) peek() token { return p.tokens[p.i] }

func (p *parser) next() token {
	t := p.tokens[p.i]
	if t.kind != tokEnd {
		p.i++
	}
	return t
}

func (t token) is(symbol string) bool { return t.kind == tokSymbol && t.text == symbol }

// took takes the next token if it is that symbol.
func (p *parser) took(symbol string) bool {
	if p.peek().is(symbol) {
		p.i++
		return true
	}
	return false
}

// missing is the error for a token in the place of an operand.
func (p *parser) missing(t token) error {
	if t.kind == tokEnd {
		return p.errorf(t.at, "the formula ends too early: something is missing after %s", p.tokens[p.i-1].text)
	}
	return p.errorf(t.at, "something is missing before %s", t.text)
}

// stray is the error for a token with which a formula cannot go on after an operand.
func (p *parser) stray(t token) error {
	switch {
	case t.is(")"):
		return p.errorf(t.at, "nothing opens this )")
	case t.is(",") && p.i > 0 && p.tokens[p.i-1].kind == tokNumber && p.tokens[p.i+1].kind == tokNumber:
		return p.errorf(t.at, "a decimal number is written with a point: %s.%s", p.tokens[p.i-1].text, p.tokens[p.i+1].text)
	case t.is("!"):
		return p.errorf(t.at, "! is not: it stands before a condition; for a factorial write gamma(x+1)")
	default:
		return p.errorf(t.at, "%s cannot stand here", t.text)
	}
}

// expr reads an expression of operators that bind at least that tightly.
func (p *parser) expr(least int) (*node, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		return nil, p.errorf(p.peek().at, "the formula is nested more than %d deep", maxDepth)
	}
	left, err := p.prefix()
	for err == nil {
		t := p.peek()
		if t.kind == tokRaised {
			p.next()
			left, err = p.make(opPow, t.at, left, raisedTo(t))
			continue
		}
		if t.kind == tokNumber || t.kind == tokName || t.is("(") {
			return nil, p.sideBySide(t)
		}
		in, ok := infix{}, false
		if t.kind == tokSymbol {
			in, ok = infixes[t.text]
		}
		if !ok || in.prec < least {
			return left, nil
		}
		p.next()
		left, err = p.after(left, in, t)
	}
	return nil, err
}

// raisedTo is the exponent that superscript digits are.
func raisedTo(t token) *node {
	digits, negative := strings.CutPrefix(t.text, "-")
	n := &node{op: opNumber, at: t.at, val: t.val, name: digits}
	if negative {
		n.val = -n.val
		n = &node{op: opNeg, at: t.at, args: []*node{n}}
	}
	return n
}

// after reads what follows the operator t.
func (p *parser) after(left *node, in infix, t token) (*node, error) {
	if in.op == opIf {
		return p.conditional(left, t)
	}
	tighter := in.prec + 1
	if in.op == opPow {
		tighter = precPow // right-associative
	}
	right, err := p.expr(tighter)
	if err != nil {
		return nil, err
	}
	if next := p.peek(); in.prec == precCompare && next.kind == tokSymbol && infixes[next.text].prec == precCompare {
		return nil, p.errorf(next.at, "comparisons cannot be chained: write a %s b && b %s c", t.text, next.text)
	}
	return p.make(in.op, t.at, left, right)
}

func (p *parser) conditional(c *node, t token) (*node, error) {
	a, err := p.expr(precIf)
	if err != nil {
		return nil, err
	}
	if next := p.peek(); !p.took(":") {
		if next.kind != tokEnd {
			return nil, p.stray(next)
		}
		return nil, p.errorf(t.at, "this ? has no : after it: write condition ? a : b")
	}
	b, err := p.expr(precIf)
	if err != nil {
		return nil, err
	}
	return p.make(opIf, t.at, c, a, b)
}

// sideBySide is the error for an operand that follows another one.
func (p *parser) sideBySide(t token) error {
	a, b := p.tokens[p.i-1].text, t.text
	if a == ")" || b == "(" || a == "]" {
		return p.errorf(t.at, "there is no operator between %s and %s: to multiply, write * there", a, b)
	}
	return p.errorf(t.at, "there is no operator between %s and %s: write %s*%s", a, b, a, b)
}

// prefix reads an operand with the signs before it.
func (p *parser) prefix() (*node, error) {
	t := p.peek()
	switch {
	case t.is("-"), t.is("+"), t.is("!"):
		p.next()
		n, err := p.expr(precUnary)
		switch {
		case err != nil:
			return nil, err
		case t.text == "-":
			return p.make(opNeg, t.at, n)
		case t.text == "!":
			return p.make(opNot, t.at, n)
		case n.op.condition():
			return nil, p.notNumber(n)
		}
		return n, nil
	case t.is("("):
		p.next()
		n, err := p.expr(precIf)
		if err != nil {
			return nil, err
		}
		return n, p.closed(t)
	case t.kind == tokNumber:
		p.next()
		return &node{op: opNumber, at: t.at, val: t.val, name: t.text}, nil
	case t.kind == tokName:
		p.next()
		return p.name(t)
	default:
		return nil, p.missing(t)
	}
}

// closed takes the bracket that closes the one at open.
func (p *parser) closed(open token) error {
	other := map[string]string{"(": ")", "[": "]"}[open.text]
	t := p.peek()
	switch {
	case p.took(other):
		return nil
	case t.kind == tokEnd:
		return p.errorf(open.at, "nothing closes this %s", open.text)
	default:
		return p.stray(t)
	}
}

// name reads what begins with a name: a call, a constant, a variable or a parameter.
func (p *parser) name(t token) (*node, error) {
	f, isFunction := functionNamed[t.text]
	next := p.peek()
	switch {
	case slices.Contains(p.loops, t.text):
		return &node{op: opName, at: t.at, name: t.text}, nil
	case isFunction && next.is("("):
		return p.call(f, t)
	case isFunction && (next.is("^") || next.is("**") || next.kind == tokRaised):
		return nil, p.errorf(t.at, "%s is a function: write %s(x)^2 for its square", t.text, t.text)
	case isFunction:
		return nil, p.errorf(t.at, "%s is a function: write %s(…)", t.text, t.text)
	case next.is("["):
		return p.indexed(t)
	}
	if c, ok := constants[t.text]; ok {
		return &node{op: opNumber, at: t.at, val: c, name: t.text}, nil
	}
	if next.is("(") {
		return nil, p.noFunction(t)
	}
	return &node{op: opName, at: t.at, name: t.text}, p.confusable(t)
}

// noFunction is the error for an unknown name before a bracket.
func (p *parser) noFunction(t token) error {
	known := Functions()
	if utf8.RuneCountInString(t.text) == 1 || isVariable(t.text) {
		return p.errorf(t.at, "%s is no function: to multiply, write %s*(…)", t.text, t.text)
	}
	if near := usage.Nearest(t.text, known); near != "" {
		return p.errorf(t.at, "there is no function %s: did you mean %s?", t.text, near)
	}
	return p.errorf(t.at, "there is no function %s: known are %s; to multiply, write %s*(…)", t.text, strings.Join(known, ", "), t.text)
}

// confusable refuses names of which a person hardly means that they are parameters.
func (p *parser) confusable(t token) error {
	lower := strings.ToLower(t.text)
	_, isFunction := functionNamed[lower]
	_, isConstant := constants[lower]
	switch {
	case isVariable(t.text):
		return nil
	case lower != t.text && (isFunction || isVariable(lower) || isConstant && lower != "e"):
		return p.errorf(t.at, "%s is written %s", t.text, lower)
	case len(t.text) > 1 && strings.Trim(t.text, "xyz") == "":
		return p.errorf(t.at, "there is no variable %s: to multiply, write %s", t.text, strings.Join(strings.Split(t.text, ""), "*"))
	case t.text[0] == 'x' && len(t.text) > 1 && strings.Trim(t.text[1:], "0123456789") == "":
		return p.errorf(t.at, "there is no variable %s: they are numbered x1, x2, …", t.text)
	default:
		return nil
	}
}

// isVariable tells whether a name is x, y, z or x1, x2, ….
func isVariable(name string) bool {
	if name == "x" || name == "y" || name == "z" {
		return true
	}
	digits, ok := strings.CutPrefix(name, "x")
	return ok && digits != "" && len(digits) <= 5 && digits[0] != '0' && strings.Trim(digits, "0123456789") == ""
}

// call reads the arguments of a function.
func (p *parser) call(f function, name token) (*node, error) {
	open := p.next()
	loop := ""
	if f.op == opSum || f.op == opProd {
		t := p.next()
		if t.kind != tokName || !p.took(",") {
			return nil, p.errorf(t.at, "%s begins with the name of its index: write %s(i, 1, n, …)", f.name, f.name)
		}
		if why := p.taken(t.text); why != "" {
			return nil, p.errorf(t.at, "%s cannot be an index: it is %s", t.text, why)
		}
		loop = t.text
	}
	var args []*node
	for {
		if loop != "" && len(args) == 2 {
			p.loops = append(p.loops, loop)
		}
		if p.peek().is(")") && len(args) == 0 {
			return nil, p.errorf(p.peek().at, "%s wants %s", f.name, f.arity())
		}
		n, err := p.expr(precIf)
		if err != nil {
			return nil, err
		}
		args = append(args, n)
		if !p.took(",") {
			break
		}
	}
	if err := p.closed(open); err != nil {
		return nil, err
	}
	if loop != "" {
		return p.makeSum(f, name, loop, args)
	}
	if n := len(args); n < f.least || f.most > 0 && n > f.most {
		return nil, p.errorf(name.at, "%s wants %s, not %d", f.name, f.arity(), n)
	}
	return p.make(f.op, name.at, args...)
}

// arity says how many arguments a function wants.
func (f function) arity() string {
	switch {
	case f.most == 0:
		return "one argument or more"
	case f.most == 1:
		return "one argument"
	case f.op == opSum || f.op == opProd:
		return "an index, its first and its last value, and a term"
	default:
		return "two arguments"
	}
}

// taken says what a name is already, "" if it is free.
func (p *parser) taken(name string) string {
	_, isConstant := constants[name]
	_, isFunction := functionNamed[name]
	switch {
	case isVariable(name):
		return "a variable"
	case isConstant:
		return "a constant"
	case isFunction:
		return "a function"
	case slices.Contains(p.loops, name):
		return "the index of a sum around this one"
	default:
		return ""
	}
}

func (p *parser) makeSum(f function, name token, loop string, args []*node) (*node, error) {
	if len(args) != 3 {
		return nil, p.errorf(name.at, "%s wants %s: write %s(i, 1, n, …)", f.name, f.arity(), f.name)
	}
	p.loops = p.loops[:len(p.loops)-1]
	n, err := p.make(f.op, name.at, args...)
	if err == nil {
		n.name = loop
	}
	return n, err
}

// indexed reads x[…].
func (p *parser) indexed(t token) (*node, error) {
	if t.text != "x" {
		return nil, p.errorf(t.at, "only x has numbers: write x[…]")
	}
	open := p.next()
	n, err := p.expr(precIf)
	if err != nil {
		return nil, err
	}
	if err := p.closed(open); err != nil {
		return nil, err
	}
	return p.make(opIndex, t.at, n)
}

// make returns a node whose operands are of the right sort.
func (p *parser) make(o op, at int, args ...*node) (*node, error) {
	for i, a := range args {
		wants := o == opAnd || o == opOr || o == opNot || o == opIf && i == 0
		switch {
		case wants && !a.op.condition():
			return nil, p.errorf(a.at, "a condition is wanted here, as in x > 0, not a number")
		case !wants && a.op.condition():
			return nil, p.notNumber(a)
		}
	}
	return &node{op: o, at: at, args: args}, nil
}

func (p *parser) notNumber(n *node) error {
	return p.errorf(n.at, "a number is wanted here, not a condition: write x > 0 ? 1 : 0")
}
