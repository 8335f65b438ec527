package formula

import "math"

// slope has the first derivatives of an operation by its operands a and b, bend the second ones.
type (
	slope struct{ a, b float64 }
	bend  struct{ aa, ab, bb float64 }
)

// slopeOf returns the first derivatives of the operation with the operands a, b, c and the result r.
func slopeOf(o op, a, b, c, r float64) slope {
	switch o {
	case opAdd:
		return slope{1, 1}
	case opSub:
		return slope{1, -1}
	case opNeg:
		return slope{a: -1}
	case opMul:
		return slope{b, a}
	case opDiv:
		return slope{1 / b, -r / b}
	case opSquare:
		return slope{a: 2 * a}
	case opPowi:
		return slope{a: c * powi(a, int(c)-1)}
	case opPowBase:
		return slope{a: powBase(a, b)}
	case opPowExp:
		return slope{b: powExp(a, b, r)}
	case opPow:
		return slope{powBase(a, b), powExp(a, b, r)}
	case opIf:
		return choice(c != 0)
	case opMin:
		return choice(a <= b || math.IsNaN(a))
	case opMax:
		return choice(a >= b || math.IsNaN(a))
	case opHypot:
		if r == 0 {
			return slope{}
		}
		return slope{a / r, b / r}
	case opAtan2:
		h := math.Hypot(a, b)
		return slope{b / h / h, -a / h / h}
	default:
		return slope{a: derivative(o, a, r)}
	}
}

// choice is the slope of a result that is one of the operands.
func choice(first bool) slope {
	if first {
		return slope{a: 1}
	}
	return slope{b: 1}
}

// powBase is ∂(a^b)/∂a.
func powBase(a, b float64) float64 { return product(b, math.Pow(a, b-1)) }

// powExp is ∂(a^b)/∂b, r = a^b. At a = 0 it is the limit 0 for b > 0.
func powExp(a, b, r float64) float64 {
	switch {
	case a == 0 && b > 0:
		return 0
	case a <= 0:
		return math.NaN()
	default:
		return product(r, math.Log(a))
	}
}

// bendOf returns the second derivatives of the operation with the operands a, b, c, the result r and the slopes s.
func bendOf(o op, a, b, c, r float64, s slope) bend {
	switch o {
	case opMul:
		return bend{ab: 1}
	case opDiv:
		return bend{ab: -s.a / b, bb: -2 * s.b / b}
	case opSquare:
		return bend{aa: 2}
	case opPowi:
		return bend{aa: c * (c - 1) * powi(a, int(c)-2)}
	case opPowBase:
		return bend{aa: powBaseBase(a, b)}
	case opPowExp:
		return bend{bb: powExpExp(a, b, s.b)}
	case opPow:
		return bend{powBaseBase(a, b), powBaseExp(a, b), powExpExp(a, b, s.b)}
	case opHypot:
		if r == 0 {
			return bend{}
		}
		u, v := a/r, b/r
		return bend{v / r * v, -u / r * v, u / r * u}
	case opAtan2:
		h := math.Hypot(a, b)
		u, v := b/h, a/h
		return bend{-2 * u * v / h / h, (v - u) * (v + u) / h / h, 2 * u * v / h / h}
	case opAdd, opSub, opNeg, opIf, opMin, opMax:
		return bend{}
	default:
		return bend{aa: second(o, a, r, s.a)}
	}
}

func powBaseBase(a, b float64) float64 { return product(b*(b-1), math.Pow(a, b-2)) }

// powBaseExp is ∂²(a^b)/∂a∂b = a^(b−1) (1 + b ln a).
func powBaseExp(a, b float64) float64 {
	switch {
	case a == 0 && b > 1:
		return 0
	case a <= 0:
		return math.NaN()
	default:
		return product(math.Pow(a, b-1), 1+b*math.Log(a))
	}
}

// powExpExp is ∂²(a^b)/∂b², slope = ∂(a^b)/∂b.
func powExpExp(a, b, slope float64) float64 {
	if a == 0 && b > 0 {
		return 0
	}
	return product(slope, math.Log(a))
}

// product is p·q where 0 outweighs everything.
func product(p, q float64) float64 {
	if p == 0 || q == 0 {
		return 0
	}
	return p * q
}

// derivative returns f′(a) of a function of one variable with f(a) = r.
func derivative(o op, a, r float64) float64 {
	switch o {
	case opSin:
		return math.Cos(a)
	case opCos:
		return -math.Sin(a)
	case opTan:
		return 1 + r*r
	case opAsin:
		return 1 / math.Sqrt((1-a)*(1+a))
	case opAcos:
		return -1 / math.Sqrt((1-a)*(1+a))
	case opAtan:
		return 1 / (1 + a*a)
	case opSinh:
		return math.Cosh(a)
	case opCosh:
		return math.Sinh(a)
	case opTanh:
		c := math.Cosh(a)
		return 1 / c / c
	case opExp:
		return r
	case opExpm1:
		return math.Exp(a)
	case opLog:
		return reciprocal(a)
	case opLog2:
		return reciprocal(a) / math.Ln2
	case opLog10:
		return reciprocal(a) / math.Ln10
	case opLog1p:
		return reciprocal(1 + a)
	case opSqrt:
		return 0.5 / r
	case opCbrt:
		return 1 / (3 * r * r)
	case opAbs:
		return sign(a)
	case opErf:
		return 2 / math.SqrtPi * math.Exp(-a*a)
	case opGamma:
		return r * digamma(a)
	case opLgamma:
		return digamma(a)
	case opSigmoid:
		return sigmoidSlope(a)
	case opRelu:
		return math.Max(sign(a), 0)
	case opSoftplus:
		return sigmoid(a)
	default: // steps: sign, floor, ceil, conditions
		return 0
	}
}

// reciprocal is the derivative of ln, which is defined for a ≥ 0 only.
func reciprocal(a float64) float64 {
	if a < 0 {
		return math.NaN()
	}
	return 1 / a
}

// sigmoidSlope is σ(1−σ), without loss of digits far from 0.
func sigmoidSlope(a float64) float64 {
	e := math.Exp(-math.Abs(a))
	return e / ((1 + e) * (1 + e))
}

// second returns f″(a) of a function of one variable with f(a) = r and f′(a) = p.
func second(o op, a, r, p float64) float64 {
	switch o {
	case opSin, opCos:
		return -r
	case opTan:
		return 2 * r * p
	case opAsin, opAcos:
		return a * p / ((1 - a) * (1 + a))
	case opAtan:
		return -2 * product(a*p, p)
	case opSinh, opCosh, opExp:
		return r
	case opTanh:
		return -2 * r * p
	case opExpm1:
		return p
	case opLog, opLog2, opLog10:
		return -p / a
	case opLog1p:
		return -p / (1 + a)
	case opSqrt:
		return -p / (2 * a)
	case opCbrt:
		return -2 * p / (3 * a)
	case opErf:
		return -2 * product(a, p)
	case opGamma:
		d := digamma(a)
		return r * (d*d + trigamma(a))
	case opLgamma:
		return trigamma(a)
	case opSigmoid:
		return -p * math.Tanh(a/2)
	case opSoftplus:
		return sigmoidSlope(a)
	default: // piecewise linear or constant: abs, relu, sign, floor, ceil, conditions
		return 0
	}
}
