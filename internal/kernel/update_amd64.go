package kernel

// vectors is how many of n numbers the assembly takes at this level: all but a rest, or none.
func vectors(n int) int {
	if level == portable {
		return 0
	}
	return n &^ 7
}

// vectors updates as many of the parameters as can be done in whole vectors, and returns how many.
func (c *SGD) vectors(x, g []float64) int {
	n := vectors(len(x))
	switch {
	case n == 0:
	case level == avx512:
		sgdAVX512(&x[0], &g[0], n, &c.Rate)
	default:
		sgdAVX2(&x[0], &g[0], n, &c.Rate)
	}
	return n
}

// vectors updates as many of the parameters as can be done in whole vectors, and returns how many.
func (c *Momentum) vectors(x, g, v []float64) int {
	n := vectors(len(x))
	switch {
	case n == 0:
	case level == avx512:
		momentumAVX512(&x[0], &g[0], &v[0], n, &c.Alpha)
	default:
		momentumAVX2(&x[0], &g[0], &v[0], n, &c.Alpha)
	}
	return n
}

// vectors updates as many of the parameters as can be done in whole vectors, and returns how many.
func (c *Nesterov) vectors(x, g, v []float64) int {
	n := vectors(len(x))
	switch {
	case n == 0:
	case level == avx512:
		nesterovAVX512(&x[0], &g[0], &v[0], n, &c.Rate)
	default:
		nesterovAVX2(&x[0], &g[0], &v[0], n, &c.Rate)
	}
	return n
}

// vectors updates as many of the parameters as can be done in whole vectors, and returns how many.
func (c *LookAhead) vectors(x, g, v []float64) int {
	n := vectors(len(x))
	switch {
	case n == 0:
	case level == avx512:
		lookAheadAVX512(&x[0], &g[0], &v[0], n, &c.Rate)
	default:
		lookAheadAVX2(&x[0], &g[0], &v[0], n, &c.Rate)
	}
	return n
}

// vectors updates as many of the parameters as can be done in whole vectors, and returns how many.
func (c *AdaGrad) vectors(x, g, r []float64) int {
	n := vectors(len(x))
	switch {
	case n == 0:
	case level == avx512:
		adaGradAVX512(&x[0], &g[0], &r[0], n, &c.Rate)
	default:
		adaGradAVX2(&x[0], &g[0], &r[0], n, &c.Rate)
	}
	return n
}

// vectors updates as many of the parameters as can be done in whole vectors, and returns how many.
func (c *RMSProp) vectors(x, g, r []float64) int {
	n := vectors(len(x))
	switch {
	case n == 0:
	case level == avx512:
		rmsPropAVX512(&x[0], &g[0], &r[0], n, &c.Rate)
	default:
		rmsPropAVX2(&x[0], &g[0], &r[0], n, &c.Rate)
	}
	return n
}

// vectors updates as many of the parameters as can be done in whole vectors, and returns how many.
func (c *AdaDelta) vectors(x, g, r, u, q []float64) int {
	n := vectors(len(x))
	switch {
	case n == 0:
	case level == avx512:
		adaDeltaAVX512(&x[0], &g[0], &r[0], &u[0], &q[0], n, &c.Rate)
	default:
		adaDeltaAVX2(&x[0], &g[0], &r[0], &u[0], &q[0], n, &c.Rate)
	}
	return n
}

// vectors updates as many of the parameters as can be done in whole vectors, and returns how many.
func (c *Adam) vectors(x, g, s, r []float64) int {
	n := vectors(len(x))
	switch {
	case n == 0:
	case level == avx512:
		adamAVX512(&x[0], &g[0], &s[0], &r[0], n, &c.Rate)
	default:
		adamAVX2(&x[0], &g[0], &s[0], &r[0], n, &c.Rate)
	}
	return n
}

// vectors updates as many of the parameters as can be done in whole vectors, and returns how many.
func (c *AMSGrad) vectors(x, g, s, r, m []float64) int {
	n := vectors(len(x))
	switch {
	case n == 0:
	case level == avx512:
		amsGradAVX512(&x[0], &g[0], &s[0], &r[0], &m[0], n, &c.Rate)
	default:
		amsGradAVX2(&x[0], &g[0], &s[0], &r[0], &m[0], n, &c.Rate)
	}
	return n
}

// vectors updates as many of the parameters as can be done in whole vectors, and returns how many.
func (c *NAdam) vectors(x, g, s, r []float64) int {
	n := vectors(len(x))
	switch {
	case n == 0:
	case level == avx512:
		nAdamAVX512(&x[0], &g[0], &s[0], &r[0], n, &c.Rate)
	default:
		nAdamAVX2(&x[0], &g[0], &s[0], &r[0], n, &c.Rate)
	}
	return n
}

// vectors updates as many of the parameters as can be done in whole vectors, and returns how many.
func (c *RAdam) vectors(x, g, s, r []float64) int {
	n := vectors(len(x))
	switch {
	case n == 0:
	case level == avx512:
		rAdamAVX512(&x[0], &g[0], &s[0], &r[0], n, &c.Rate)
	default:
		rAdamAVX2(&x[0], &g[0], &s[0], &r[0], n, &c.Rate)
	}
	return n
}

// vectors updates as many of the parameters as can be done in whole vectors, and returns how many.
func (c *AdaMax) vectors(x, g, s, m []float64) int {
	n := vectors(len(x))
	switch {
	case n == 0:
	case level == avx512:
		adaMaxAVX512(&x[0], &g[0], &s[0], &m[0], n, &c.Rate)
	default:
		adaMaxAVX2(&x[0], &g[0], &s[0], &m[0], n, &c.Rate)
	}
	return n
}

// vectors updates as many of the parameters as can be done in whole vectors, and returns how many.
func (c *Lion) vectors(x, g, m []float64) int {
	n := vectors(len(x))
	switch {
	case n == 0:
	case level == avx512:
		lionAVX512(&x[0], &g[0], &m[0], n, &c.Rate)
	default:
		lionAVX2(&x[0], &g[0], &m[0], n, &c.Rate)
	}
	return n
}
