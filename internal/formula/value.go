package formula

import "math"

// apply returns the result of an operation; conditions are 0 and 1.
func apply(o op, a, b, c float64) float64 {
	switch o {
	case opAdd:
		return a + b
	case opSub:
		return a - b
	case opMul:
		return a * b
	case opDiv:
		return a / b
	case opNeg:
		return -a
	case opSquare:
		return a * a
	case opPowi:
		return powi(a, int(c))
	case opPow, opPowBase, opPowExp:
		return math.Pow(a, b)
	case opIf:
		if c != 0 {
			return a
		}
		return b
	case opMin:
		return math.Min(a, b)
	case opMax:
		return math.Max(a, b)
	case opHypot:
		return math.Hypot(a, b)
	case opAtan2:
		return math.Atan2(a, b)
	default:
		if o.condition() {
			return truth(o, a, b)
		}
		return call(o, a)
	}
}

// truth returns a condition.
func truth(o op, a, b float64) float64 {
	holds := false
	switch o {
	case opLess:
		holds = a < b
	case opLessEq:
		holds = a <= b
	case opEqual:
		holds = a == b
	case opNotEqual:
		holds = a != b
	case opAnd:
		holds = a != 0 && b != 0
	case opOr:
		holds = a != 0 || b != 0
	case opNot:
		holds = a == 0
	}
	if holds {
		return 1
	}
	return 0
}

// call returns a function of one variable.
func call(o op, a float64) float64 {
	switch o {
	case opSin:
		return math.Sin(a)
	case opCos:
		return math.Cos(a)
	case opTan:
		return math.Tan(a)
	case opAsin:
		return math.Asin(a)
	case opAcos:
		return math.Acos(a)
	case opAtan:
		return math.Atan(a)
	case opSinh:
		return math.Sinh(a)
	case opCosh:
		return math.Cosh(a)
	case opTanh:
		return math.Tanh(a)
	case opExp:
		return math.Exp(a)
	case opExpm1:
		return math.Expm1(a)
	case opLog:
		return math.Log(a)
	case opLog2:
		return math.Log2(a)
	case opLog10:
		return math.Log10(a)
	case opLog1p:
		return math.Log1p(a)
	case opSqrt:
		return math.Sqrt(a)
	case opCbrt:
		return math.Cbrt(a)
	case opAbs:
		return math.Abs(a)
	case opSign:
		return sign(a)
	case opFloor:
		return math.Floor(a)
	case opCeil:
		return math.Ceil(a)
	case opErf:
		return math.Erf(a)
	case opGamma:
		return math.Gamma(a)
	case opLgamma:
		v, _ := math.Lgamma(a)
		return v
	case opSigmoid:
		return sigmoid(a)
	case opRelu:
		return math.Max(a, 0)
	case opSoftplus:
		return math.Max(a, 0) + math.Log1p(math.Exp(-math.Abs(a)))
	default:
		return math.NaN()
	}
}

// powi returns aⁿ by squaring, to a few units in the last place.
func powi(a float64, n int) float64 {
	if n < 0 {
		a, n = 1/a, -n
	}
	r := 1.0
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			r *= a
		}
		a *= a
	}
	return r
}

// sign returns −1, 0 or 1, or NaN.
func sign(a float64) float64 {
	switch {
	case a > 0:
		return 1
	case a < 0:
		return -1
	default:
		return a
	}
}

// sigmoid returns 1/(1+e^−a) without overflow.
func sigmoid(a float64) float64 {
	e := math.Exp(-math.Abs(a))
	if a < 0 {
		return e / (1 + e)
	}
	return 1 / (1 + e)
}
