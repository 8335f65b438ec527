package formula

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzFormula: any text is refused with a place in it, or compiles to something that can be evaluated and written.
func FuzzFormula(f *testing.F) {
	for _, c := range smooth {
		f.Add(c.text, 0.3, -1.5)
	}
	for _, text := range []string{
		"2x", "x²·π − x⁻²", "sum(i,1,99,x[i]*x[i+1])", "sum(i,1,1e9,0)*x", "x>0?.5:1", "((((((x", "x\x1b[2J", "\xff", "1e999x", "x_1+x₂",
		"a*b*c*x^d", "x^x^x^x", "gamma(lgamma(x))", "x/0", "0/0*x", "min(x,x,x)", "-x^-x", "prod(k,-3,3,k-x)", "x<1&&x>2||!(x==1)?1:2",
		strings.Repeat("(", 300) + "x", strings.Repeat("1+", 2000) + "x", strings.Repeat("-", 199) + "x",
	} {
		f.Add(text, 0., math.Inf(1))
	}
	f.Fuzz(func(t *testing.T, text string, a, b float64) {
		began := time.Now()
		formula, err := Compile(text)
		if took := time.Since(began); took > time.Minute {
			t.Errorf("%q took %v", text, took)
		}
		if err != nil {
			checkError(t, text, err)
			return
		}
		n := formula.NewTape().Dim()
		if len(formula.code) > maxOperations || n < 1 || n > maxOperations {
			t.Fatalf("%q has %d operations and %d variables", text, len(formula.code), n)
		}
		results := evaluate(formula, a, b)
		if again := evaluate(formula, a, b); !same(results, again) {
			t.Errorf("%q: two evaluations differ", text)
		}
		if text = formula.String(); utf8.RuneCountInString(text) > maxRunes {
			return // blanks made it too long
		}
		printed, err := Compile(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !printed.tree.equal(formula.tree) || printed.String() != text || !same(results, evaluate(printed, a, b)) {
			t.Errorf("%s is not read back as what it was", text)
		}
	})
}

func checkError(t *testing.T, text string, err error) {
	var e *Error
	if !errors.As(err, &e) || e.Msg == "" {
		t.Fatalf("%q: %v", text, err)
	}
	if e.Column < 0 || e.Column > utf8.RuneCountInString(text)+1 {
		t.Errorf("%q: column %d of %d: %v", text, e.Column, utf8.RuneCountInString(text), err)
	}
	for _, r := range err.Error() {
		if r < ' ' && r != '\n' || r == 0x7f {
			t.Errorf("%q: the error would be obeyed by a terminal: %q", text, err)
		}
	}
}

// evaluate returns the value, the gradient, a Hessian–vector product, and for few variables the Hessian.
func evaluate(f *Formula, a, b float64) []float64 {
	tp := f.NewTape()
	n := tp.Dim()
	x, v, g, hv := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range x {
		x[i], v[i] = a+float64(i)*b, b
	}
	results := []float64{tp.Value(x), tp.Gradient(x, g)}
	tp.HessVec(x, v, hv)
	results = append(append(results, g...), hv...)
	if n <= 4 {
		h := make([]float64, n*n)
		tp.Hessian(x, h)
		results = append(results, h...)
	}
	return results
}

func same(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) })
}
