package formula

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"opttui/internal/usage"
)

// value evaluates a formula of x at x = 3 and y = 2.
func value(t *testing.T, text string) float64 {
	t.Helper()
	f, err := Compile(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return f.NewTape().Value([]float64{3, 2}[:len(f.vars)])
}

// TestMeaning: formulas mean what they mean in mathematics.
func TestMeaning(t *testing.T) {
	for text, want := range map[string]float64{
		"-x^2":                              -9,
		"(-x)^2":                            9,
		"-x²":                               -9,
		"2^-x":                              0.125,
		"2^-x^2":                            math.Pow(2, -9),
		"x^2^3":                             6561,
		"x**2**3":                           6561,
		"x²^3":                              729,
		"2^x²":                              512,
		"x⁻²":                               1. / 9,
		"x¹²":                               531441,
		"-x*y":                              -6,
		"x - y - 1":                         0,
		"x/y/2":                             0.75,
		"x/y*2":                             3,
		"x--y":                              5,
		"x*-y":                              -6,
		"+x":                                3,
		"2 + 3*x":                           11,
		".5*x + 1.*y + 1e-3":                3.501,
		"1E2*x":                             300,
		"2*e*x":                             6 * math.E,
		"e^x":                               math.Exp(3),
		"π·x×2÷4−1":                         1.5*math.Pi - 1,
		"tau*x - 2*pi*x":                    0,
		"x₁ + x_2":                          5,
		"x>0?.5:1":                          0.5,
		"x < 0 ? 1 : x < 5 ? 2 : 3*x":       2,
		"x > 0 && y > 2 ? 1 : 2":            2,
		"x > 0 || y > 2 ? 1 : 2":            1,
		"!(x > 0) || y ≤ 2 ? 1 : 2":         1,
		"x ≥ 3 && x ≠ y ? 1 : 2":            1,
		"x == 3 && !(x != 3) ? 1 : 2":       1,
		"x>3 || x>2 && y>5 ? 1 : 2":         2,
		"min(x, y, 1)":                      1,
		"max(x, y, 1, 7)":                   7,
		"min(x)":                            3,
		"pow(x, y)":                         9,
		"hypot(x+1, y+1)":                   5,
		"atan2(x, y)":                       math.Atan2(3, 2),
		"log(x) - ln(x)":                    0,
		"log2(8*x/3) + log10(100*x/3)":      5,
		"expm1(log1p(x))":                   3,
		"cbrt(9*x)":                         3,
		"abs(-x) + sign(-y)":                2,
		"floor(x/2) + ceil(x/2)":            3,
		"gamma(x+1) + exp(lgamma(x))":       8,
		"sigmoid(x) + sigmoid(-x)":          1,
		"relu(x) + relu(-x)":                3,
		"softplus(x) - softplus(-x)":        3,
		"0^0 + 0*x":                         1,
		"x^0":                               1,
		"a*x + b":                           4,
		"sum(i, 1, 10, i)*x":                165,
		"sum(i, 1, 2, x[i])":                5,
		"sum(i, 1, 3, sum(j, 1, i, x^0))*x": 18,
		"prod(i, 1, 4, i) + 0*x":            24,
		"prod(i, 1, 2, x[3-i])":             6,
		"sum(i, 3, 1, x) + prod(k, 1, 0, x) + 0*x": 1,
		"x[1] + x[1+1]": 5,
		"z + x":         5,
	} {
		if got := value(t, text); math.Abs(got-want) > 1e-14*math.Abs(want) {
			t.Errorf("%s is %v, want %v", text, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ text, vars, params string }{
		{"x", "x", ""},
		{"z*y", "y z", ""},
		{"y + x", "x y", ""},
		{"b*x2 + a*x1 + b", "x1 x2", "b a"},
		{"sum(i, 1, 12, i*x[i])", "x1 x2 x3 x4 x5 x6 x7 x8 x9 x10 x11 x12", ""},
		{"α*x^E + max_rate - x2y", "x", "α E max_rate x2y"},
		{"sum(i, 1, 2, x) + i", "x", "i"},
		{"1 < 2 ? x : y", "x y", ""},
	} {
		f, err := Compile(c.text)
		if err != nil {
			t.Fatalf("%q: %v", c.text, err)
		}
		if v, p := strings.Join(f.Vars(), " "), strings.Join(f.Params(), " "); v != c.vars || p != c.params {
			t.Errorf("%s has the variables %q and the parameters %q, want %q and %q", c.text, v, p, c.vars, c.params)
		}
	}
}

func TestErrors(t *testing.T) {
	deep := strings.Repeat("(", 250) + "x" + strings.Repeat(")", 250)
	for _, c := range []struct {
		text   string
		column int
		msg    string
	}{
		{"", 0, "the formula is empty: write a function of x, y, z or of x1, x2, …"},
		{" \t\n", 0, "the formula is empty: write a function of x, y, z or of x1, x2, …"},
		{"2x + 1", 2, "there is no operator between 2 and x: write 2*x"},
		{"2 x", 3, "there is no operator between 2 and x: write 2*x"},
		{"π·x + 2e", 8, "there is no operator between 2 and e: write 2*e"},
		{"0x10", 2, "there is no operator between 0 and x10: write 0*x10"},
		{"x 2", 3, "there is no operator between x and 2: write x*2"},
		{"(x+1)(x-1)", 6, "there is no operator between ) and (: to multiply, write * there"},
		{"2(x+1)", 2, "there is no operator between 2 and (: to multiply, write * there"},
		{"x(x+1)", 1, "x is no function: to multiply, write x*(…)"},
		{"a(x+1)", 1, "a is no function: to multiply, write a*(…)"},
		{"x + sni(x)", 5, "there is no function sni: did you mean sin?"},
		{"x + SIN(x)", 5, "there is no function SIN: did you mean sin?"},
		{"something(x)", 1, "there is no function something: known are sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, exp, expm1, ln, log, log2, log10, log1p, sqrt, cbrt, abs, sign, floor, ceil, erf, gamma, lgamma, sigmoid, relu, softplus, min, max, pow, hypot, atan2, sum, prod; to multiply, write something*(…)"},
		{"sin x", 1, "sin is a function: write sin(…)"},
		{"sin^2(x)", 1, "sin is a function: write sin(x)^2 for its square"},
		{"sin²(x)", 1, "sin is a function: write sin(x)^2 for its square"},
		{"x + Max", 5, "Max is written max"},
		{"PI*x", 1, "PI is written pi"},
		{"x + X", 5, "X is written x"},
		{"X1", 1, "X1 is written x1"},
		{"1 + xy", 5, "there is no variable xy: to multiply, write x*y"},
		{"x0 + x1", 1, "there is no variable x0: they are numbered x1, x2, …"},
		{"x01", 1, "there is no variable x01: they are numbered x1, x2, …"},
		{"x123456", 1, "there is no variable x123456: they are numbered x1, x2, …"},
		{"x1 + x3", 6, "x3 is there, but no x2: number the variables x1, x2, … without a gap"},
		{"x2", 1, "x2 is there, but no x1: number the variables x1, x2, … without a gap"},
		{"x + y + x1", 9, "x and x1 do not go together: the variables are x, y and z, or x1, x2, …"},
		{"x[1] + y", 8, "x1 and y do not go together: the variables are x, y and z, or x1, x2, …"},
		{"2*a", 0, "the formula has no variable: they are x, y and z, or x1, x2, …; a is a parameter"},
		{"42", 0, "the formula has no variable: they are x, y and z, or x1, x2, …"},
		{"sin(x", 4, "nothing closes this ("},
		{"((x)", 1, "nothing closes this ("},
		{"x)", 2, "nothing opens this )"},
		{"()", 2, "something is missing before )"},
		{"x +", 4, "the formula ends too early: something is missing after +"},
		{"* x", 1, "something is missing before *"},
		{"x + * 2", 5, "something is missing before *"},
		{"(x + )", 6, "something is missing before )"},
		{"-", 2, "the formula ends too early: something is missing after -"},
		{"3,5*x", 2, "a decimal number is written with a point: 3.5"},
		{"x, y", 2, ", cannot stand here"},
		{"x]", 2, "] cannot stand here"},
		{"x : 2", 3, ": cannot stand here"},
		{"x!", 2, "! is not: it stands before a condition; for a factorial write gamma(x+1)"},
		{"y = x^2", 3, "= has no meaning here: the formula is the function alone, without an equation; to compare, write =="},
		{"x & 1", 3, "& has no meaning here: write && for and"},
		{"|x|", 1, "| has no meaning here: write || for or, and abs(x) for an absolute value"},
		{"x % 2", 3, "% has no meaning here: write x - y*floor(x/y) for the remainder of a division, x/100 for a percentage"},
		{"√x", 1, "√ has no meaning here: write sqrt(x) for a root"},
		{"x # y", 3, "# has no meaning in a formula"},
		{"x\x00", 2, "� has no meaning in a formula"},
		{"1e999*x", 1, "1e999 is too large: allowed are numbers up to 1.8e308"},
		{"x⁻", 2, "this exponent is not a number"},
		{"x < 1", 3, "the formula is a condition, not a number: write x < 1 ? 1 : 0"},
		{"1 < x < 3", 7, "comparisons cannot be chained: write a < b && b < c"},
		{"(x < 1)*2", 4, "a number is wanted here, not a condition: write x > 0 ? 1 : 0"},
		{"+(x < 1)", 5, "a number is wanted here, not a condition: write x > 0 ? 1 : 0"},
		{"sin(x < 1)", 7, "a number is wanted here, not a condition: write x > 0 ? 1 : 0"},
		{"x ? 1 : 2", 1, "a condition is wanted here, as in x > 0, not a number"},
		{"!x ? 1 : 2", 2, "a condition is wanted here, as in x > 0, not a number"},
		{"x > 0 && y ? 1 : 2", 10, "a condition is wanted here, as in x > 0, not a number"},
		{"x > 0 ? 1", 7, "this ? has no : after it: write condition ? a : b"},
		{"(x > 0 ? 1) + 2", 11, "nothing opens this )"},
		{"min()", 5, "min wants one argument or more"},
		{"sin()", 5, "sin wants one argument"},
		{"x + pow(x)", 5, "pow wants two arguments, not 1"},
		{"sin(x, y)", 1, "sin wants one argument, not 2"},
		{"min(x, )", 8, "something is missing before )"},
		{"y[1]", 1, "only x has numbers: write x[…]"},
		{"x[0]", 1, "there is no variable x[0]: they are numbered x[1], x[2], …"},
		{"x[a]", 3, "the number of a variable must be a whole number, like 10"},
		{"x[1.5]", 3, "the number of a variable must be a whole number, like 10"},
		{"x[1", 2, "nothing closes this ["},
		{"sum(x)", 5, "sum begins with the name of its index: write sum(i, 1, n, …)"},
		{"sum(1, 2, 3, x)", 5, "sum begins with the name of its index: write sum(i, 1, n, …)"},
		{"sum(i, 1, 2)", 1, "sum wants an index, its first and its last value, and a term: write sum(i, 1, n, …)"},
		{"sum(i, 1, 2, x, y)", 1, "sum wants an index, its first and its last value, and a term: write sum(i, 1, n, …)"},
		{"sum(x, 1, 2, x)", 5, "x cannot be an index: it is a variable"},
		{"sum(e, 1, 2, x)", 5, "e cannot be an index: it is a constant"},
		{"sum(abs, 1, 2, x)", 5, "abs cannot be an index: it is a function"},
		{"sum(i, 1, 2, sum(i, 1, 2, x))", 18, "i cannot be an index: it is the index of a sum around this one"},
		{"sum(i, 1, n, x[i])", 11, "the last index of a sum must be a whole number, like 10"},
		{"prod(i, x, 3, i)", 9, "the first index of a prod must be a whole number, like 10"},
		{"sum(i, 1, 1e9, 0)*x", 16, "the formula has more than 10000 operations, with its sums written out"},
		{"sum(i, 1, 1e9, sum(j, 1, 1e9, x))", 31, "the formula has more than 10000 operations, with its sums written out"},
		{deep, 201, "the formula is nested more than 200 deep"},
		{strings.Repeat("-", 300) + "x", 201, "the formula is nested more than 200 deep"},
		{strings.Repeat("x^", 300) + "x", 401, "the formula is nested more than 200 deep"},
		{strings.Repeat("x>0?1:", 300) + "x", 1197, "the formula is nested more than 200 deep"},
		{strings.Repeat("x+", 2100) + "x", 0, "the formula is longer than 4096 characters"},
	} {
		_, err := Compile(c.text)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if e.Msg != c.msg || e.Column != c.column {
			t.Errorf("%q: column %d: %s\nwant %d: %s", c.text, e.Column, e.Msg, c.column, c.msg)
		}
		var bad *usage.Error
		if !errors.As(err, &bad) || bad.Msg != err.Error() {
			t.Errorf("%q: %v is no mistake in what was asked for", c.text, err)
		}
	}
}

// TestMark: the mark is below the place, whatever is before it.
func TestMark(t *testing.T) {
	for text, want := range map[string]string{
		"2x":           "there is no operator between 2 and x: write 2*x\n  2x\n   ^",
		"αβ²\t· 2x":    "there is no operator between 2 and x: write 2*x\n  αβ² · 2x\n         ^",
		"\x1b[31m2x":   "� has no meaning in a formula\n  �[31m2x\n  ^",
		"42":           "the formula has no variable: they are x, y and z, or x1, x2, …",
		"x+\xff\xfe+1": "� has no meaning in a formula\n  x+��+1\n    ^",
	} {
		if _, err := Compile(text); err == nil || err.Error() != want {
			t.Errorf("%q:\n%v\nwant\n%s", text, err, want)
		}
	}
	long := strings.Repeat("x + ", 50) + "2x" + strings.Repeat(" + x", 50)
	_, err := Compile(long)
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 3 {
		t.Fatalf("%v", err)
	}
	shown, mark := []rune(lines[1]), []rune(lines[2])
	if len(shown) > 70 || shown[len(mark)-1] != 'x' || shown[len(mark)-2] != '2' || mark[len(mark)-1] != '^' {
		t.Errorf("a long formula is marked so:\n%v", err)
	}
}

// aTree draws a tree of any kind that parse could return.
func aTree(t *rapid.T, depth int, loops []string) *node {
	num := func() *node { return aTree(t, depth-1, loops) }
	if depth <= 0 || rapid.IntRange(0, 4).Draw(t, "leaf") == 0 {
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			return &node{op: opNumber, val: rapid.Float64Range(0, math.MaxFloat64).Draw(t, "number")}
		case 1:
			return &node{op: opNumber, name: "pi", val: math.Pi}
		default:
			names := append([]string{"x", "y", "z", "x1", "x12", "a", "beta", "θ"}, loops...)
			return &node{op: opName, name: rapid.SampledFrom(names).Draw(t, "name")}
		}
	}
	switch rapid.IntRange(0, 6).Draw(t, "kind") {
	case 0:
		return &node{op: opNeg, args: []*node{num()}}
	case 1, 2, 3:
		o := rapid.SampledFrom([]op{opAdd, opSub, opMul, opDiv, opPow}).Draw(t, "op")
		return &node{op: o, args: []*node{num(), num()}}
	case 4:
		return &node{op: opIf, args: []*node{aCondition(t, depth-1, loops), num(), num()}}
	case 5:
		return &node{op: opIndex, name: "", args: []*node{num()}}
	default:
		f := rapid.SampledFrom(functions).Draw(t, "function")
		n := &node{op: f.op}
		if f.op == opSum || f.op == opProd {
			n.name = strings.Repeat("i", len(loops)+1)
			n.args = []*node{num(), num(), aTree(t, depth-1, append(slices.Clone(loops), n.name))}
			return n
		}
		for range max(f.least, rapid.IntRange(1, max(f.most, 1)).Draw(t, "arguments")) {
			n.args = append(n.args, num())
		}
		return n
	}
}

func aCondition(t *rapid.T, depth int, loops []string) *node {
	kind := rapid.IntRange(0, 3).Draw(t, "condition")
	if depth <= 0 {
		kind = 0
	}
	sub := func() *node { return aCondition(t, depth-1, loops) }
	switch kind {
	case 1:
		return &node{op: opNot, args: []*node{sub()}}
	case 2:
		return &node{op: rapid.SampledFrom([]op{opAnd, opOr}).Draw(t, "op"), args: []*node{sub(), sub()}}
	default:
		o := rapid.SampledFrom([]op{opLess, opLessEq, opGreater, opGreaterEq, opEqual, opNotEqual}).Draw(t, "op")
		return &node{op: o, args: []*node{aTree(t, depth-1, loops), aTree(t, depth-1, loops)}}
	}
}

// TestPrinted: a tree that is written is read back as the same tree, with no bracket too few.
func TestPrinted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree := aTree(t, 5, nil)
		text := tree.String()
		if len([]rune(text)) > maxRunes {
			t.Skip("too long")
		}
		got, _, err := parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !got.equal(tree) {
			t.Fatalf("%s is read as %s", text, got)
		}
	})
}

// TestString: what is shown has no bracket too many, and numbers as they were typed.
func TestString(t *testing.T) {
	for text, want := range map[string]string{
		"((1-x)^2)+(100*((y-(x^2))^2))": "(1 - x)^2 + 100*(y - x^2)^2",
		"-(x^2)":                        "-x^2",
		"(-x)²":                         "(-x)^2",
		"x-(y-1)-(z+0.10)":              "x - (y - 1) - (z + 0.10)",
		"(x*y)/(y*z)":                   "x*y/(y*z)",
		"(x^y)^z":                       "(x^y)^z",
		"x^(y^z)":                       "x^y^z",
		"x>0?(y>0?1:2):(z>0?3:4)":       "x > 0 ? y > 0 ? 1 : 2 : z > 0 ? 3 : 4",
		"(x>0?1:2)*3":                   "(x > 0 ? 1 : 2)*3",
		"pow(x,π)+log(x)":               "x^π + ln(x)",
		"x₁·x₂":                         "x1*x2",
	} {
		f, err := Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		if f.String() != want {
			t.Errorf("%s is shown as %s, want %s", text, f, want)
		}
	}
}
