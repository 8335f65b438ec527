package problems

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"opttui/internal/knob"
)

// The derivatives of every problem are checked by differences. A problem without a Hessian does not pass
// unless it is named here.
var withoutHessian = []string{
	"breast_cancer/autoencoder", "breast_cancer/factorization", "breast_cancer/mlp",
	"diabetes/autoencoder", "diabetes/factorization", "diabetes/mlp",
	"digits", "digits/autoencoder", "digits/factorization", "digits/mlp",
	"iris/autoencoder", "iris/factorization", "iris/mlp",
	"wine/autoencoder", "wine/factorization", "wine/mlp",
}

// differentiate estimates dF/dt at 0 of a function F(t) with n components by Ridders' method: central
// differences with steps h, h/2, h/4 …, extrapolated to h = 0 (Richardson), of which each component takes the
// value that agrees best with its neighbours in the tableau.
func differentiate(n int, f func(t float64, out []float64)) []float64 {
	const h0, levels = 0.05, 7
	best, spread := make([]float64, n), slices.Repeat([]float64{math.Inf(1)}, n)
	lo, hi := make([]float64, n), make([]float64, n)
	var above [][]float64 // the previous row of the tableau
	for i := range levels {
		h := h0 * math.Pow(2, -float64(i))
		f(-h, lo)
		f(h, hi)
		row := [][]float64{make([]float64, n)}
		for k := range n {
			row[0][k] = (hi[k] - lo[k]) / (2 * h)
		}
		for j := 1; j <= i; j++ {
			next, w := make([]float64, n), math.Pow(4, float64(j))
			for k := range n {
				a, b := row[j-1][k], above[j-1][k]
				next[k] = a + (a-b)/(w-1)
				if s := math.Max(math.Abs(next[k]-a), math.Abs(next[k]-b)); s < spread[k] {
					best[k], spread[k] = next[k], s
				}
			}
			row = append(row, next)
		}
		above = row
	}
	return best
}

// agree compares derivatives with estimates, with a tolerance relative to the largest of them.
func agree(what string, got, want []float64) error {
	scale := 1.0
	for _, w := range want {
		scale = math.Max(scale, math.Abs(w))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= 1e-8*scale) {
			return fmt.Errorf("%s[%d] is %.12g, differences give %.12g", what, i, got[i], want[i])
		}
	}
	return nil
}

// shifted calls f with x + t e_i.
func shifted(x []float64, i int, t float64, f func(x []float64)) {
	old := x[i]
	x[i] += t
	f(x)
	x[i] = old
}

// checkGradient compares the gradient at x with differences of the value, and the value Gradient returns with
// Value.
func checkGradient(p Problem, x []float64) error {
	n := p.Dim()
	g, want := make([]float64, n), make([]float64, n)
	f, v := p.Gradient(x, g), p.Value(x)
	if !(math.Abs(f-v) <= 1e-14*math.Max(1, math.Abs(v))) {
		return fmt.Errorf("at %v Gradient returns %.17g, Value %.17g", x, f, v)
	}
	step := 1 + n/200 // of many parameters some, and all at once along a direction
	for i := range n {
		want[i] = g[i]
		if i%step == 0 {
			want[i] = differentiate(1, func(t float64, out []float64) {
				shifted(x, i, t, func(x []float64) { out[0] = p.Value(x) })
			})[0]
		}
	}
	if err := agree("gradient", g, want); err != nil {
		return fmt.Errorf("at %.6g: %w", x, err)
	}
	if step == 1 {
		return nil
	}
	dir, y := direction(n, 1), make([]float64, n)
	along := differentiate(1, func(t float64, out []float64) {
		floats.AddScaledTo(y, x, t, dir)
		out[0] = p.Value(y)
	})
	return agree("slope along a direction", []float64{floats.Dot(g, dir)}, along)
}

// direction returns a random vector of length 1 that has no small components.
func direction(n int, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 9))
	v := make([]float64, n)
	for i := range v {
		v[i] = (0.5 + rng.Float64()) * float64(2*rng.IntN(2)-1)
	}
	floats.Scale(1/floats.Norm(v, 2), v)
	return v
}

// checkHessian compares the Hessian at x with differences of the gradient.
func checkHessian(p Problem, x []float64) error {
	hp, ok := p.(Hessianer)
	if !ok {
		return errors.New("no Hessian")
	}
	n := p.Dim()
	h, want := make([]float64, n*n), make([]float64, n*n)
	hp.Hessian(x, h)
	for j := range n {
		column := differentiate(n, func(t float64, out []float64) {
			shifted(x, j, t, func(x []float64) { p.Gradient(x, out) })
		})
		for i := range n {
			want[i*n+j] = column[i]
		}
	}
	if err := agree("Hessian", h, want); err != nil {
		return fmt.Errorf("at %.6g: %w", x, err)
	}
	return nil
}

// onBatch is a model's loss on some samples as a problem of its own.
type onBatch struct {
	Problem
	batch []int
}

func (o onBatch) Value(x []float64) float64 { return o.Problem.(Sampled).ValueOn(o.batch, x) }
func (o onBatch) Gradient(x, g []float64) float64 {
	return o.Problem.(Sampled).GradientOn(o.batch, x, g)
}

// handy returns the problem, or for a model with many parameters its loss on four samples, of which all the
// derivatives can be estimated quickly. TestPartition ties the whole to its minibatches.
func handy(s Spec) Problem {
	p := s.New()
	if sp, ok := p.(Sampled); ok && p.Dim() > 100 {
		n := sp.Samples()
		return onBatch{p, []int{0, n / 2, 3 * n / 4, n - 1}}
	}
	return p
}

// pointsOf returns the default start, the known minima, and 50 random points each in the domain and the view
// (around 0 for models; fewer the more parameters there are, as each point then checks as many derivatives).
func pointsOf(s Spec) [][]float64 {
	rng := rand.New(rand.NewPCG(7, 7))
	p := s.New()
	points := [][]float64{p.Start(0)}
	for _, m := range s.Minima {
		switch s.Name {
		case "ackley": // a cone: see TestAckleyCone
		case "brown_badly_scaled": // differences have no digits there: see TestBadlyScaled
		default:
			points = append(points, m.X)
		}
	}
	for range min(50, max(1, 1000/p.Dim())) {
		if s.Domain == nil {
			if len(points) > 4 {
				break
			}
			x := make([]float64, p.Dim())
			for i := range x {
				x[i] = rng.NormFloat64()
			}
			points = append(points, x)
			continue
		}
		points = append(points, randomIn(rng, s.Domain), randomIn(rng, s.Shown()))
	}
	return points
}

func first(n int, points [][]float64) [][]float64 { return points[:min(n, len(points))] }

func randomIn(rng *rand.Rand, box [][2]float64) []float64 {
	x := make([]float64, len(box))
	for i, b := range box {
		x[i] = b[0] + rng.Float64()*(b[1]-b[0])
	}
	return x
}

func TestDerivatives(t *testing.T) {
	for _, s := range All() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			p, whole := handy(s), s.New()
			_, has := whole.(Hessianer)
			if has == slices.Contains(withoutHessian, s.Name) {
				t.Fatalf("has a Hessian: %t; withoutHessian is %v", has, withoutHessian)
			}
			for _, x := range pointsOf(s) {
				if err := checkGradient(p, x); err != nil {
					t.Error(err)
				}
				if !has {
					continue
				}
				if err := checkHessian(whole, x); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestDerivativesAtOtherKnobs(t *testing.T) {
	for _, s := range All() {
		p := s.New()
		for _, k := range p.Knobs() {
			if k.Restart {
				continue // see TestOtherDimensions
			}
			if slices.Contains(withoutHessian, s.Name) {
				continue // networks: see TestNetworksOfAllDepths
			}
			for _, v := range []float64{k.Min, k.Turned(k.Default, 3), k.Max} {
				if err := k.Set(v); err != nil {
					t.Fatal(err)
				}
				for _, x := range first(20, pointsOf(s)) {
					if err := errors.Join(checkGradient(p, x), checkHessian(p, x)); err != nil {
						t.Errorf("%s with %s = %v: %v", s.Name, k.Key, v, err)
					}
				}
			}
			knob.Reset([]knob.Knob{k})
		}
	}
}

// wrongGradient and wrongHessian spoil one entry a little.
type wrongGradient struct {
	Problem
	at int
}

func (w wrongGradient) Gradient(x, g []float64) float64 {
	f := w.Problem.Gradient(x, g)
	g[w.at] += 1e-5 * (1 + math.Abs(g[w.at]))
	return f
}

type wrongHessian struct {
	Problem
	at int
}

func (w wrongHessian) Hessian(x, h []float64) {
	w.Problem.(Hessianer).Hessian(x, h)
	h[w.at] += 1e-5 * (1 + math.Abs(h[w.at]))
}

type wrongValue struct{ Problem }

func (w wrongValue) Value(x []float64) float64 { return w.Problem.Value(x) + 1e-5 }

// TestTheCheckerSeesErrors spoils every entry of every landscape's derivatives, and some of the models'.
func TestTheCheckerSeesErrors(t *testing.T) {
	caught := func(points [][]float64, check func(x []float64) error) bool {
		return slices.ContainsFunc(points, func(x []float64) bool { return check(x) != nil })
	}
	for _, s := range All() {
		p, whole, points := handy(s), s.New(), first(4, pointsOf(s))
		entries := func(n int) []int {
			if n > 4 {
				return []int{0, n / 2, n - 1}
			}
			return []int{0, 1, 2, 3}[:n]
		}
		for _, i := range entries(p.Dim()) {
			if !caught(points, func(x []float64) error { return checkGradient(wrongGradient{p, i}, x) }) {
				t.Errorf("%s: a wrong gradient[%d] is not noticed", s.Name, i)
			}
		}
		if !caught(points, func(x []float64) error { return checkGradient(wrongValue{p}, x) }) && s.Name != "brown_badly_scaled" { // its values are 10¹²
			t.Errorf("%s: a wrong value is not noticed", s.Name)
		}
		if slices.Contains(withoutHessian, s.Name) {
			continue
		}
		for _, i := range entries(p.Dim() * p.Dim()) {
			if !caught(points, func(x []float64) error { return checkHessian(wrongHessian{whole, i}, x) }) {
				t.Errorf("%s: a wrong Hessian[%d] is not noticed", s.Name, i)
			}
		}
	}
	type noHessian struct{ Problem }
	if checkHessian(noHessian{beale()}, []float64{1, 1}) == nil {
		t.Error("a missing Hessian is not noticed")
	}
}

func TestAckleyCone(t *testing.T) {
	p := ackley()
	g, h := []float64{1, 1}, []float64{1, 1, 1, 1}
	if f := p.Gradient([]float64{0, 0}, g); f != 0 || p.Value([]float64{0, 0}) != 0 || g[0] != 0 || g[1] != 0 {
		t.Errorf("at the cone point f = %v, gradient = %v, want 0", f, g)
	}
	if p.Hessian([]float64{0, 0}, h); !slices.Equal(h, make([]float64, 4)) {
		t.Errorf("at the cone point the Hessian is %v, want 0", h)
	}
	// Beside it the gradient points away from it with the cone's slope 2√2.
	for _, x := range []float64{1e-9, 1e-200, 5e-324} {
		if p.Gradient([]float64{0, -x}, g); g[0] != 0 || math.Abs(g[1]+2*math.Sqrt2) > 1e-6 {
			t.Errorf("at (0, %g) the gradient is %v, want (0, −2√2)", -x, g)
		}
	}
}

func TestLeastSquares(t *testing.T) {
	var names []string
	for _, s := range All() {
		p := s.New()
		ls, ok := p.(LeastSquares)
		if !ok {
			continue
		}
		names = append(names, s.Name)
		m, n := ls.Residuals(), p.Dim()
		r, j := make([]float64, m), make([]float64, m*n)
		g, jr, want := make([]float64, n), make([]float64, n), make([]float64, m*n)
		for _, x := range pointsOf(s) {
			f := p.Gradient(x, g)
			ls.Residual(x, r)
			ls.Jacobian(x, j)
			sum := 0.0
			clear(jr)
			for i, v := range r {
				sum += v * v / 2
				for k := range n {
					jr[k] += j[i*n+k] * v
				}
			}
			if math.Abs(sum-f) > 1e-13*math.Max(1, f) {
				t.Errorf("%s at %v: ½‖r‖² = %v, f = %v", s.Name, x, sum, f)
			}
			if err := agree("Jᵀr", jr, g); err != nil {
				t.Errorf("%s at %v: %v", s.Name, x, err)
			}
			for k := range n {
				if n > 100 && k%20 > 0 { // of large Jacobians, Jᵀr has been checked
					for i := range m {
						want[i*n+k] = j[i*n+k]
					}
					continue
				}
				column := differentiate(m, func(t float64, out []float64) {
					shifted(x, k, t, func(x []float64) { ls.Residual(x, out) })
				})
				for i := range m {
					want[i*n+k] = column[i]
				}
			}
			if err := agree("Jacobian", j, want); err != nil {
				t.Errorf("%s at %v: %v", s.Name, x, err)
			}
		}
	}
	for _, s := range specs {
		if _, ok := s.New().(*sumOfSquares); ok {
			names = slices.DeleteFunc(names, func(name string) bool { return name == s.Name })
		}
	}
	if want := []string{"beale", "booth", "himmelblau", "rosenbrock", "diabetes", "diabetes/mlp", "diabetes/ridge"}; !slices.Equal(names, want) {
		t.Errorf("least squares: %v, want %v", names, want)
	}
}
