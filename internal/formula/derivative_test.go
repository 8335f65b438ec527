package formula

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/num/hyperdual"
	"pgregory.net/rapid"
)

func tape(t testing.TB, text string) *Tape {
	t.Helper()
	f, err := Compile(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return f.NewTape()
}

// slopeAt estimates F′(0) by Ridders' method: central differences, extrapolated to a step of 0. spread tells how well
// neighbouring estimates agree.
func slopeAt(f func(t float64) float64) (best, spread float64) {
	const h0, levels = 0.02, 8
	spread = math.Inf(1)
	var above []float64
	for i := range levels {
		h := h0 * math.Pow(2, -float64(i))
		row := []float64{(f(h) - f(-h)) / (2 * h)}
		for j := 1; j <= i; j++ {
			a, b := row[j-1], above[j-1]
			next := a + (a-b)/(math.Pow(4, float64(j))-1)
			if s := math.Max(math.Abs(next-a), math.Abs(next-b)); s < spread {
				best, spread = next, s
			}
			row = append(row, next)
		}
		above = row
	}
	return best, spread
}

// checkByDifferences compares the gradient with differences of the value, and the Hessian with differences of the
// gradient.
func checkByDifferences(tp *Tape, x []float64) error {
	n := tp.Dim()
	g, h, hv, other := make([]float64, n), make([]float64, n*n), make([]float64, n), make([]float64, n)
	if f, v := tp.Gradient(x, g), tp.Value(x); f != v {
		return fmt.Errorf("at %v Gradient returns %v, Value %v", x, f, v)
	}
	tp.Hessian(x, h)
	near := func(what string, got, want, spread float64) error {
		if tol := 1e-8*math.Max(1, math.Abs(want)) + 10*spread; !(math.Abs(got-want) <= tol) || spread > 1e-4*math.Max(1, math.Abs(want)) {
			return fmt.Errorf("at %v %s is %.12g, differences give %.12g ± %.1g", x, what, got, want, spread)
		}
		return nil
	}
	for j := range n {
		y := slices.Clone(x)
		at := func(t float64) []float64 { y[j] = x[j] + t; return y }
		want, spread := slopeAt(func(t float64) float64 { return tp.Value(at(t)) })
		if err := near(fmt.Sprintf("gradient[%d]", j), g[j], want, spread); err != nil {
			return err
		}
		for i := range n {
			want, spread := slopeAt(func(t float64) float64 { tp.Gradient(at(t), other); return other[i] })
			if err := near(fmt.Sprintf("Hessian[%d,%d]", i, j), h[i*n+j], want, spread); err != nil {
				return err
			}
		}
		clear(other)
		other[j] = 1
		tp.HessVec(x, other, hv)
		for i := range n {
			if d := math.Abs(hv[i] - h[i*n+j]); !(d <= 1e-13*math.Max(1, math.Abs(hv[i]))) {
				return fmt.Errorf("at %v HessVec along x[%d] is %v, the Hessian's column is %v", x, j, hv, h)
			}
		}
	}
	return nil
}

// smooth has formulas in which every operation that has derivatives occurs, alone and in something, with points at which
// they have them.
var smooth = []struct {
	text   string
	points [][]float64
}{
	{"x + y - x*y/(3 + x) - -y", [][]float64{{0.3, -0.7}, {-1.2, 2}}},
	{"x^2*y^3 + x^-1 - y^-3 + x^7 + (x*y)^64/1e9", [][]float64{{0.9, -0.7}, {-1.2, 1.3}}},
	{"x^1.5 + y^-0.3 + x^100*1e-9 + (x+y)^a", [][]float64{{0.9, 0.7}, {1.2, 1.3}}},
	{"x^y + 2^x + e^(x*y)", [][]float64{{0.9, 0.7}, {1.2, 1.3}, {2, -1}}},
	{"y^x*x", [][]float64{{0.9, 0.7}, {-1.2, 1.3}}},
	{"sin(x*y)*cos(x - y) + tan(x/2)", [][]float64{{0.3, -0.7}, {-1.2, 2}}},
	{"asin(x*y/3) + acos(x/2)*y + atan(x + y^2)", [][]float64{{0.3, -0.7}, {-0.9, 1.4}}},
	{"sinh(x)*cosh(y) + tanh(x*y)", [][]float64{{0.3, -0.7}, {-1.2, 2}}},
	{"exp(x*y) + expm1(x - y)*x", [][]float64{{0.3, -0.7}, {-1.2, 2}}},
	{"ln(x*y) + log2(x)*y + log10(x + y)/y + log1p(x*y^2)", [][]float64{{0.3, 0.7}, {1.2, 2}}},
	{"sqrt(x*y) + cbrt(x)*y + cbrt(-y)", [][]float64{{0.3, 0.7}, {1.2, 2}}},
	{"abs(x*y)*x + sign(x)*y + floor(x)*y^2 + ceil(y)*x^2", [][]float64{{0.3, -0.7}, {-1.2, 1.9}}},
	{"erf(x*y) + x*erf(y)", [][]float64{{0.3, -0.7}, {-1.2, 2}}},
	{"gamma(x)*y + lgamma(y*x)", [][]float64{{0.3, 0.7}, {1.2, 2}, {-1.4, 0.5}, {-2.6, -2}, {9, 1}}},
	{"sigmoid(3*x*y) + softplus(x - 2*y)*x + relu(x)*y + relu(-y)", [][]float64{{0.3, -0.7}, {-1.2, 2}, {9, -9}}},
	{"min(x, y^2, x*y)*x + max(x, y, x*y)*y", [][]float64{{0.3, -0.7}, {-1.2, 2}, {3, 2}}},
	{"hypot(x, y)*x + atan2(x*y, x + 2*y)", [][]float64{{0.3, -0.7}, {-1.2, 2}, {0, 1}, {-3, 1}}},
	{"x > 0 && y < 1 ? x^2*y : x < -5 || !(y == 3) ? sin(x*y) : y", [][]float64{{0.3, -0.7}, {-1.2, 2}, {-7, 3}}},
	{"x > 0 ? sqrt(x) : y/(x - x) + 2*x", [][]float64{{0.3, -0.7}}},
	{"sum(i, 1, 3, 100*(x[i+1] - x[i]^2)^2 + (1 - x[i])^2)", [][]float64{{0.3, -0.7, 0.2, 1}}},
	{"prod(i, 1, 4, x[i])*sin(x[2])", [][]float64{{0.3, -0.7, 0.2, 1}, {0, 0.7, 0.2, 1}}},
	{"x", [][]float64{{3}}},
	{"2 + 0*x", [][]float64{{3}}},
	{"1 < 2 ? a : x", [][]float64{{3}}},
}

func TestDerivativesByDifferences(t *testing.T) {
	used := make(map[op]bool)
	for _, c := range smooth {
		tp := tape(t, c.text)
		for i := range tp.f.params {
			*tp.Param(i) = 1.7
		}
		for _, in := range tp.f.code {
			used[in.op] = true
		}
		for _, x := range c.points {
			if err := checkByDifferences(tp, x); err != nil {
				t.Errorf("%s: %v", c.text, err)
			}
		}
	}
	for o := opAdd; o <= opPowExp; o++ {
		if !used[o] && !o.leaf() && o != opGreater && o != opGreaterEq && o != opLessEq && o != opNotEqual {
			t.Errorf("operation %d (%s) is in none of the formulas", o, nameOf[o])
		}
	}
}

// TestTheCheckSeesErrors: one wrong derivative is noticed.
func TestTheCheckSeesErrors(t *testing.T) {
	tp := tape(t, "(1-x)^2 + 100*(y-x^2)^2")
	x := []float64{-1.2, 1}
	if err := checkByDifferences(tp, x); err != nil {
		t.Fatal(err)
	}
	for i := range tp.f.code { // x² becomes x³ in the code, but not in the derivatives
		if tp.f.code[i].op == opAdd {
			tp.slopes[i].a *= 1 + 1e-6
		}
	}
	if checkByDifferences(tp, x) == nil {
		t.Error("a slope that is wrong by a millionth is not noticed")
	}
}

// hyper evaluates a tree by gonum's hyper-dual numbers, which carry exact second derivatives forward. They know nothing
// of tapes and adjoints. Size becomes that of the largest number on the way: it tells how many digits may be lost.
func hyper(n *node, at map[string]hyperdual.Number, size *float64) hyperdual.Number {
	h := hyperOf(n, at, size)
	for _, v := range []float64{h.Real, h.E1mag, h.E2mag, h.E1E2mag} {
		*size = math.Max(*size, math.Abs(v)) // NaN stays
	}
	return h
}

func hyperOf(n *node, at map[string]hyperdual.Number, size *float64) hyperdual.Number {
	arg := func(i int) hyperdual.Number { return hyper(n.args[i], at, size) }
	switch n.op {
	case opNumber:
		return hyperdual.Number{Real: n.val}
	case opName:
		return at[n.name]
	case opAdd:
		return hyperdual.Add(arg(0), arg(1))
	case opSub:
		return hyperdual.Sub(arg(0), arg(1))
	case opMul:
		return hyperdual.Mul(arg(0), arg(1))
	case opDiv:
		a, b := arg(0), arg(1)
		if math.Abs(b.Real) < 0.01 {
			*size = math.NaN()
		}
		return hyperdual.Mul(a, hyperdual.Inv(b))
	case opAbs:
		if a := arg(0); a.Real != 0 {
			return hyperdual.Abs(a)
		}
		return hyperdual.Number{Real: math.NaN()} // a kink
	case opNeg:
		return hyperdual.Scale(-1, arg(0))
	case opPow:
		if b := n.args[1]; b.op == opNumber && b.val == math.Trunc(b.val) { // PowReal is off near 0
			a := arg(0)
			p := a
			for range int(b.val) - 1 {
				p = hyperdual.Mul(p, a)
			}
			return p
		}
		return hyperdual.Pow(arg(0), arg(1))
	}
	a := arg(0)
	switch r := math.Abs(a.Real); {
	case (n.op == opAsin || n.op == opAcos) && r > 0.99, (n.op == opLog || n.op == opSqrt) && r < 0.01:
		*size = math.NaN() // so near to where there are no derivatives that digits get lost
	case r == 0:
		*size = math.NaN() // at 0 gonum drops second derivatives
	}
	return map[op]func(hyperdual.Number) hyperdual.Number{
		opSin: hyperdual.Sin, opCos: hyperdual.Cos, opTan: hyperdual.Tan, opAsin: hyperdual.Asin, opAcos: hyperdual.Acos,
		opAtan: hyperdual.Atan, opSinh: hyperdual.Sinh, opCosh: hyperdual.Cosh, opTanh: hyperdual.Tanh,
		opExp: hyperdual.Exp, opLog: hyperdual.Log, opSqrt: hyperdual.Sqrt,
	}[n.op](a)
}

// elementary draws a tree of what both sides know.
func elementary(t *rapid.T, depth int) *node {
	if depth <= 0 || rapid.IntRange(0, 5).Draw(t, "leaf") == 0 {
		if rapid.Bool().Draw(t, "number") {
			return &node{op: opNumber, val: float64(rapid.IntRange(1, 40).Draw(t, "tenths")) / 10}
		}
		return &node{op: opName, name: rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "name")}
	}
	sub := func() *node { return elementary(t, depth-1) }
	o := rapid.SampledFrom([]op{
		opAdd, opSub, opMul, opDiv, opNeg, opPow, opSin, opCos, opTan, opAsin, opAcos, opAtan, opSinh, opCosh, opTanh, opExp, opLog, opSqrt, opAbs,
	}).Draw(t, "op")
	switch o {
	case opPow:
		if rapid.Bool().Draw(t, "whole") {
			return &node{op: o, args: []*node{sub(), {op: opNumber, val: float64(rapid.IntRange(2, 5).Draw(t, "exponent"))}}}
		}
		return &node{op: o, args: []*node{{op: opExp, args: []*node{{op: opSin, args: []*node{sub()}}}}, sub()}} // of what is positive
	case opAdd, opSub, opMul, opDiv:
		return &node{op: o, args: []*node{sub(), sub()}}
	default:
		return &node{op: o, args: []*node{sub()}}
	}
}

// TestSecondOpinion: on random formulas all derivatives are those of hyper-dual numbers.
func TestSecondOpinion(t *testing.T) {
	compared := 0
	rapid.Check(t, func(t *rapid.T) {
		tree := elementary(t, 4)
		tree = &node{op: opAdd, args: []*node{tree, {op: opMul, args: []*node{{op: opName, name: "x"}, {op: opMul, args: []*node{{op: opName, name: "y"}, {op: opName, name: "z"}}}}}}}
		f, err := Compile(tree.String())
		if err != nil {
			t.Fatal(err)
		}
		coordinate := rapid.Float64Range(-2, 2)
		x := []float64{coordinate.Draw(t, "x"), coordinate.Draw(t, "y"), coordinate.Draw(t, "z")}
		tp, n := f.NewTape(), 3
		g, h := make([]float64, n), make([]float64, n*n)
		v := tp.Gradient(x, g)
		tp.Hessian(x, h)
		for i := range n {
			for j := range n {
				at := map[string]hyperdual.Number{"x": {Real: x[0]}, "y": {Real: x[1]}, "z": {Real: x[2]}}
				a := at[f.vars[i]]
				a.E1mag = 1
				at[f.vars[i]] = a
				a = at[f.vars[j]]
				a.E2mag = 1
				at[f.vars[j]] = a
				size := 1.0
				want := hyper(tree, at, &size)
				if !(size < 1e4) {
					return // no derivatives there, or few digits
				}
				near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-10*size }
				if !near(v, want.Real) || !near(g[i], want.E1mag) || !near(h[i*n+j], want.E1E2mag) {
					t.Fatalf("%s at %v: f = %v, f_%d = %v, f_%d%d = %v; want %v", f, x, v, i, g[i], i, j, h[i*n+j], want)
				}
				compared++
			}
		}
	})
	if compared < 100 {
		t.Errorf("only %d derivatives were compared", compared)
	}
}

// TestKinks: the derivatives that package's documentation promises where there are none.
func TestKinks(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		text  string
		x     float64
		f, fp float64
		fpp   float64
	}{
		{"abs(x)", 0, 0, 0, 0},
		{"relu(x)", 0, 0, 0, 0},
		{"sign(x)", 0, 0, 0, 0},
		{"sign(x)", -3, -1, 0, 0},
		{"floor(x)", 2, 2, 0, 0},
		{"ceil(x)", 2, 2, 0, 0},
		{"hypot(x, 0)", 0, 0, 0, 0},
		{"sqrt(x^2)", 0, 0, 0, inf},
		{"min(x, 2*x)", 0, 0, 1, 0},
		{"min(2*x, x)", 0, 0, 2, 0},
		{"max(x, 2*x, 3*x)", 0, 0, 1, 0},
		{"max(-x, x^2)", 0, 0, -1, 0},
		{"x > 0 ? ln(x) : 1 - x", 0, 1, -1, 0},
		{"x > 0 ? ln(x) : 1 - x", -1, 2, -1, 0},
		{"x == 0 ? 1 : sin(x)/x", 0, 1, 0, 0},
		{"x^2", 0, 0, 0, 2},
		{"x^3", 0, 0, 0, 0},
		{"x^1 + x^0", 0, 1, 1, 0},
		{"(x-1)^2", 0, 1, -2, 2},
		{"x^3", -2, -8, 12, -12},
		{"x^-1", -2, -0.5, -0.25, -0.25},
		{"x^100", -1, 1, -100, 9900},
		{"x^a", 0, 0, 1, 0},
		{"x^a", -2, -2, 1, 0},
		{"x^(a+1)", -2, 4, -4, 2},
		{"x^(a+1)", 0, 0, 0, 2},
		{"x^(2*x)", 0, 1, nan, nan},
		{"x^(x+3)", 0, 0, 0, 0},
		{"0^x", 0, 1, nan, nan},
		{"0^x", 2, 0, 0, 0},
		{"x^0.5", 0, 0, inf, -inf},
		{"x^0.5", -1, nan, nan, nan},
		{"sqrt(x)", 0, 0, inf, -inf},
		{"sqrt(x)", -1, nan, nan, nan},
		{"ln(x)", 0, -inf, inf, -inf},
		{"ln(x)", -1, nan, nan, nan},
		{"log1p(x)", -2, nan, nan, nan},
		{"asin(x)", 2, nan, nan, nan},
		{"acos(x)", -2, nan, nan, nan},
		{"1/x", 0, inf, -inf, inf},
		{"cbrt(x)", 0, 0, inf, -inf},
		{"gamma(x)", -1, nan, nan, nan},
		{"lgamma(x)", 0, inf, nan, nan},
		{"exp(x)", 1000, inf, inf, inf},
		{"sigmoid(x)", 1000, 1, 0, 0},
		{"sigmoid(x)", -1000, 0, 0, 0},
		{"softplus(x)", 1000, 1000, 1, 0},
		{"softplus(x)", -1000, 0, 0, 0},
		{"tanh(x)", 1000, 1, 0, 0},
		{"atan(x)", 1e200, math.Pi / 2, 0, 0},
		{"erf(x)", 1e200, 1, 0, 0},
		{"abs(x)", nan, nan, nan, 0},
		{"relu(x)", nan, nan, nan, 0},
		{"max(x, 1)", nan, nan, 1, 0},
		{"max(1, x)", nan, nan, 1, 0},
	} {
		tp := tape(t, c.text)
		g, h := []float64{0}, []float64{0}
		f := tp.Gradient([]float64{c.x}, g)
		tp.Hessian([]float64{c.x}, h)
		same := func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) < 1e-13 }
		if !same(f, c.f) || !same(g[0], c.fp) || !same(h[0], c.fpp) {
			t.Errorf("%s at %v: f = %v, f′ = %v, f″ = %v; want %v, %v, %v", c.text, c.x, f, g[0], h[0], c.f, c.fp, c.fpp)
		}
	}
}

// TestPolygamma compares with known values (DLMF 5.4) and with gonum.
func TestPolygamma(t *testing.T) {
	const gamma = 0.57721566490153286060651209008240243
	for _, c := range []struct{ x, psi, psi1 float64 }{
		{1, -gamma, math.Pi * math.Pi / 6},
		{0.5, -gamma - 2*math.Ln2, math.Pi * math.Pi / 2},
		{2, 1 - gamma, math.Pi*math.Pi/6 - 1},
		{-0.5, 2 - gamma - 2*math.Ln2, math.Pi*math.Pi/2 + 4},
	} {
		if d, e := digamma(c.x)-c.psi, trigamma(c.x)/c.psi1-1; math.Abs(d) > 1e-14 || math.Abs(e) > 1e-14 {
			t.Errorf("ψ(%v) = %v, ψ′ = %v, want %v and %v", c.x, digamma(c.x), trigamma(c.x), c.psi, c.psi1)
		}
	}
	for _, x := range []float64{1e-9, 0.1, 0.9, 1.4, 3, 14.9, 15.1, 100, 1e9, -0.1, -7.3, -100.7} {
		if got, want := digamma(x), mathext.Digamma(x); math.Abs(got-want) > 1e-9*math.Max(1, math.Abs(want)) {
			t.Errorf("ψ(%v) = %v, gonum says %v", x, got, want)
		}
		if got, want := trigamma(x), mathext.Zeta(2, x); math.Abs(got-want) > 1e-12*math.Abs(want) {
			t.Errorf("ψ′(%v) = %v, gonum says %v", x, got, want)
		}
	}
	if r := digamma(-1e-20) * 1e-20; math.Abs(r-1) > 1e-14 {
		t.Errorf("ψ(−1e-20) is not 1e20 but %v", digamma(-1e-20))
	}
}

// TestPowers: whole exponents are exact where the result is.
func TestPowers(t *testing.T) {
	for n := -mostPowi; n <= mostPowi; n++ {
		for _, a := range []float64{-3, -2, -1, -0.5, 1, 2, 3, 10} {
			want := math.Pow(a, float64(n))
			if got := powi(a, n); math.Abs(got-want) > 1e-14*math.Abs(want) {
				t.Errorf("%v^%d is %v, want %v", a, n, got, want)
			}
		}
		if powi(2, n) != math.Ldexp(1, n) {
			t.Errorf("2^%d is %v", n, powi(2, n))
		}
	}
}

// TestSharing: what occurs twice is computed once, and numbers are computed when the formula is read.
func TestSharing(t *testing.T) {
	for text, want := range map[string]int{
		"x + y":                               1,
		"sin(x*y) + cos(y*x)":                 4,
		"(x+1)^2 + (1+x)^2":                   3,
		"x*(2^3 - 8/2)":                       1,
		"(x - y)*a*(2 + 3) + (x - y)*a*(1+4)": 4,
		"sum(i, 1, 10, x)":                    9,
		"(1-x)^2 + 100*(y-x^2)^2":             7,
	} {
		if got := len(tape(t, text).f.code); got != want {
			t.Errorf("%s takes %d operations, want %d", text, got, want)
		}
	}
	f := tape(t, "sin(a)*b + x*cos(a*b)").f
	if f.first != 4 || len(f.code) != 6 {
		t.Errorf("of %d operations %d do without variables, want 4 of 6", len(f.code), f.first)
	}
}

func TestParameters(t *testing.T) {
	tp := tape(t, "a*x^2 + b*x")
	if v := tp.Value([]float64{3}); v != 12 {
		t.Errorf("with all parameters 1, f(3) = %v", v)
	}
	c := tp.Clone()
	*tp.Param(0), *tp.Param(1) = 2, -1
	if v, w := tp.Value([]float64{3}), c.Value([]float64{3}); v != 15 || w != 12 {
		t.Errorf("f(3) = %v, of a clone made before %v", v, w)
	}
	if v := tp.Clone().Value([]float64{3}); v != 15 {
		t.Errorf("a clone made afterwards has f(3) = %v", v)
	}
}
