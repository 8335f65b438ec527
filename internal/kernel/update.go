package kernel

import "math"

// The updates of the rules of package optim, each in one pass. A type holds the coefficients of a rule for one step, and its
// Update moves the parameters θ in x and the rule's vectors, which all have the length of x and do not overlap. Where a
// formula says g it means G + λθ with the gradient G in g. All levels give the same bits on amd64: no operation is fused
// with another.

// fewest is the number of parameters below which a plain loop is faster than the call of one in assembly.
const fewest = 16

// Tiny is the smallest number that updates keep. Smaller ones count as zero, in parameters, gradients and what rules
// remember: a run that has converged would otherwise compute with denormal numbers for ever, which takes several times as
// long.
const Tiny = 0x1p-959 // about 2e-289; a power of two that one instruction can test for

// Flush is v, or 0 where |v| < Tiny.
func Flush(v float64) float64 {
	if math.Abs(v) < Tiny {
		return 0
	}
	return v
}

// Sign is −1, 0 or 1, and NaN for NaN.
func Sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	default:
		return v
	}
}

// larger is the larger of a and b, and b where one of them is NaN.
func larger(a, b float64) float64 {
	if a > b {
		return a
	}
	return b
}

// SGD is gradient descent: θ ← θ − εg.
type SGD struct {
	Rate  float64 // ε
	Decay float64 // λ
}

// Update takes one step.
func (c *SGD) Update(x, g []float64) {
	g = g[:len(x)]
	k := 0
	if len(x) >= fewest {
		k = c.vectors(x, g)
	}
	for i := k; i < len(x); i++ {
		v := x[i]
		x[i] = Flush(v - c.Rate*Flush(g[i]+c.Decay*v))
	}
}

// Momentum is v ← αv + ug, θ ← θ + sv.
type Momentum struct {
	Alpha float64 // α
	Unit  float64 // u
	Scale float64 // s
	Decay float64 // λ
}

// Update takes one step.
func (c *Momentum) Update(x, g, v []float64) {
	g = g[:len(x)]
	v = v[:len(x)]
	k := 0
	if len(x) >= fewest {
		k = c.vectors(x, g, v)
	}
	for i := k; i < len(x); i++ {
		w := x[i]
		v[i] = Flush(c.Alpha*v[i] + c.Unit*Flush(g[i]+c.Decay*w))
		x[i] = Flush(w + c.Scale*v[i])
	}
}

// Nesterov is v ← αv + g, θ ← θ − ε(g + αv).
type Nesterov struct {
	Rate  float64 // ε
	Alpha float64 // α
	Decay float64 // λ
}

// Update takes one step.
func (c *Nesterov) Update(x, g, v []float64) {
	g = g[:len(x)]
	v = v[:len(x)]
	k := 0
	if len(x) >= fewest {
		k = c.vectors(x, g, v)
	}
	for i := k; i < len(x); i++ {
		w := x[i]
		d := Flush(g[i] + c.Decay*w)
		v[i] = Flush(c.Alpha*v[i] + d)
		x[i] = Flush(w - c.Rate*(d+c.Alpha*v[i]))
	}
}

// LookAhead is v ← αv − εg, y ← y − εg from y = θ + αv, where the gradient was taken.
type LookAhead struct {
	Rate  float64 // ε
	Alpha float64 // α
	Decay float64 // λ
}

// Update takes one step.
func (c *LookAhead) Update(x, g, v []float64) {
	g = g[:len(x)]
	v = v[:len(x)]
	k := 0
	if len(x) >= fewest {
		k = c.vectors(x, g, v)
	}
	for i := k; i < len(x); i++ {
		y := x[i]
		d := c.Rate * Flush(g[i]+c.Decay*y)
		v[i] = Flush(c.Alpha*v[i] - d)
		x[i] = Flush(y - d)
	}
}

// AdaGrad is r ← r + g², θ ← θ − εg/root(r).
type AdaGrad struct {
	Rate    float64 // ε
	Inside  float64 // δ inside the root
	Outside float64 // δ outside it
	Decay   float64 // λ
}

// Update takes one step.
func (c *AdaGrad) Update(x, g, r []float64) {
	g = g[:len(x)]
	r = r[:len(x)]
	k := 0
	if len(x) >= fewest {
		k = c.vectors(x, g, r)
	}
	for i := k; i < len(x); i++ {
		v := x[i]
		d := Flush(g[i] + c.Decay*v)
		r[i] = Flush(r[i] + d*d)
		x[i] = Flush(v - c.Rate*d/(math.Sqrt(r[i]+c.Inside)+c.Outside))
	}
}

// RMSProp is r ← ρr + σg², θ ← θ − εg/root(r).
type RMSProp struct {
	Rate    float64 // ε
	Rho     float64 // ρ
	Sigma   float64 // σ = 1−ρ
	Inside  float64 // δ inside the root
	Outside float64 // δ outside it
	Decay   float64 // λ
}

// Update takes one step.
func (c *RMSProp) Update(x, g, r []float64) {
	g = g[:len(x)]
	r = r[:len(x)]
	k := 0
	if len(x) >= fewest {
		k = c.vectors(x, g, r)
	}
	for i := k; i < len(x); i++ {
		v := x[i]
		d := Flush(g[i] + c.Decay*v)
		r[i] = Flush(c.Rho*r[i] + c.Sigma*d*d)
		x[i] = Flush(v - c.Rate*(d/(math.Sqrt(r[i]+c.Inside)+c.Outside)))
	}
}

// AdaDelta is r ← ρr + σg², q = √(u+δ)/√(r+δ), Δ = qg, u ← ρu + σΔ², θ ← θ − εΔ.
type AdaDelta struct {
	Rate  float64 // ε
	Rho   float64 // ρ
	Sigma float64 // σ = 1−ρ
	Eps   float64 // δ
	Decay float64 // λ
}

// Update takes one step.
func (c *AdaDelta) Update(x, g, r, u, q []float64) {
	g = g[:len(x)]
	r = r[:len(x)]
	u = u[:len(x)]
	q = q[:len(x)]
	k := 0
	if len(x) >= fewest {
		k = c.vectors(x, g, r, u, q)
	}
	for i := k; i < len(x); i++ {
		v := x[i]
		d := Flush(g[i] + c.Decay*v)
		r[i] = Flush(c.Rho*r[i] + c.Sigma*d*d)
		q[i] = math.Sqrt(u[i]+c.Eps) / math.Sqrt(r[i]+c.Eps)
		d = Flush(q[i] * d)
		u[i] = Flush(c.Rho*u[i] + c.Sigma*d*d)
		x[i] = Flush(v - c.Rate*d)
	}
}

// Adam is s ← αs + ug, r ← ρr + σg², θ ← kθ − εs/root(cr); the ε holds the bias correction of s.
type Adam struct {
	Rate    float64 // ε/(1−Πβ₁)
	Alpha   float64 // α = β₁
	Unit    float64 // u = 1−β₁
	Rho     float64 // ρ = β₂
	Sigma   float64 // σ = 1−β₂
	Correct float64 // c = 1/(1−Πβ₂)
	Inside  float64 // δ inside the root
	Outside float64 // δ outside it
	Keep    float64 // k, what a decoupled decay leaves of θ
	Decay   float64 // λ
}

// Update takes one step.
func (c *Adam) Update(x, g, s, r []float64) {
	g = g[:len(x)]
	s = s[:len(x)]
	r = r[:len(x)]
	k := 0
	if len(x) >= fewest {
		k = c.vectors(x, g, s, r)
	}
	for i := k; i < len(x); i++ {
		v := x[i]
		d := Flush(g[i] + c.Decay*v)
		a := Flush(c.Alpha*s[i] + c.Unit*d)
		b := Flush(c.Rho*r[i] + c.Sigma*d*d)
		x[i] = Flush(c.Keep*v - c.Rate*a/(math.Sqrt(c.Correct*b+c.Inside)+c.Outside))
		s[i], r[i] = a, b
	}
}

// AMSGrad is Adam with the largest r so far, m ← max(m, r), in the root.
type AMSGrad Adam

// Update takes one step.
func (c *AMSGrad) Update(x, g, s, r, m []float64) {
	g = g[:len(x)]
	s = s[:len(x)]
	r = r[:len(x)]
	m = m[:len(x)]
	k := 0
	if len(x) >= fewest {
		k = c.vectors(x, g, s, r, m)
	}
	for i := k; i < len(x); i++ {
		v := x[i]
		d := Flush(g[i] + c.Decay*v)
		s[i] = Flush(c.Alpha*s[i] + c.Unit*d)
		r[i] = Flush(c.Rho*r[i] + c.Sigma*d*d)
		m[i] = larger(m[i], r[i])
		x[i] = Flush(c.Keep*v - c.Rate*s[i]/(math.Sqrt(c.Correct*m[i]+c.Inside)+c.Outside))
	}
}

// NAdam is s ← αs + ug, r ← ρr + σg², θ ← θ − ε(ng + as)/(√(cr) + δ).
type NAdam struct {
	Rate    float64 // ε
	Alpha   float64 // α = β₁
	Unit    float64 // u = 1−β₁
	Rho     float64 // ρ = β₂
	Sigma   float64 // σ = 1−β₂
	Correct float64 // c = 1/(1−Πβ₂)
	Outside float64 // δ
	Now     float64 // n, the weight of g
	Ahead   float64 // a, the weight of s
	Decay   float64 // λ
}

// Update takes one step.
func (c *NAdam) Update(x, g, s, r []float64) {
	g = g[:len(x)]
	s = s[:len(x)]
	r = r[:len(x)]
	k := 0
	if len(x) >= fewest {
		k = c.vectors(x, g, s, r)
	}
	for i := k; i < len(x); i++ {
		v := x[i]
		d := Flush(g[i] + c.Decay*v)
		s[i] = Flush(c.Alpha*s[i] + c.Unit*d)
		r[i] = Flush(c.Rho*r[i] + c.Sigma*d*d)
		x[i] = Flush(v - c.Rate*(c.Now*d+c.Ahead*s[i])/(math.Sqrt(c.Correct*r[i])+c.Outside))
	}
}

// RAdam is s ← αs + ug, r ← ρr + σg², θ ← θ − εs/(√r + δ); the ε holds the corrections.
type RAdam struct {
	Rate    float64 // ε, rectified and corrected
	Alpha   float64 // α = β₁
	Unit    float64 // u = 1−β₁
	Rho     float64 // ρ = β₂
	Sigma   float64 // σ = 1−β₂
	Outside float64 // δ
	Decay   float64 // λ
}

// Update takes one step.
func (c *RAdam) Update(x, g, s, r []float64) {
	g = g[:len(x)]
	s = s[:len(x)]
	r = r[:len(x)]
	k := 0
	if len(x) >= fewest {
		k = c.vectors(x, g, s, r)
	}
	for i := k; i < len(x); i++ {
		v := x[i]
		d := Flush(g[i] + c.Decay*v)
		s[i] = Flush(c.Alpha*s[i] + c.Unit*d)
		r[i] = Flush(c.Rho*r[i] + c.Sigma*d*d)
		x[i] = Flush(v - c.Rate*(s[i]/(math.Sqrt(r[i])+c.Outside)))
	}
}

// AdaMax is s ← αs + ug, m ← max(ρm, |g|+δ), θ ← θ − εs/m; the ε holds the bias correction of s.
type AdaMax struct {
	Rate  float64 // ε/(1−Πβ₁)
	Alpha float64 // α = β₁
	Unit  float64 // u = 1−β₁
	Rho   float64 // ρ = β₂
	Eps   float64 // δ
	Decay float64 // λ
}

// Update takes one step.
func (c *AdaMax) Update(x, g, s, m []float64) {
	g = g[:len(x)]
	s = s[:len(x)]
	m = m[:len(x)]
	k := 0
	if len(x) >= fewest {
		k = c.vectors(x, g, s, m)
	}
	for i := k; i < len(x); i++ {
		v := x[i]
		d := Flush(g[i] + c.Decay*v)
		s[i] = Flush(c.Alpha*s[i] + c.Unit*d)
		m[i] = larger(math.Abs(d)+c.Eps, c.Rho*m[i])
		x[i] = Flush(v - c.Rate*s[i]/m[i])
	}
}

// Lion is θ ← θ − ε(sign(αm + ug) + λθ), m ← ρm + σg.
type Lion struct {
	Rate  float64 // ε
	Alpha float64 // α = β₁
	Unit  float64 // u = 1−β₁
	Rho   float64 // ρ = β₂
	Sigma float64 // σ = 1−β₂
	Decay float64 // λ
}

// Update takes one step.
func (c *Lion) Update(x, g, m []float64) {
	g = g[:len(x)]
	m = m[:len(x)]
	k := 0
	if len(x) >= fewest {
		k = c.vectors(x, g, m)
	}
	for i := k; i < len(x); i++ {
		v, d := x[i], Flush(g[i])
		x[i] = Flush(v - c.Rate*(Sign(Flush(c.Alpha*m[i]+c.Unit*d))+c.Decay*v))
		m[i] = Flush(c.Rho*m[i] + c.Sigma*d)
	}
}
