//go:build !race

// The race detector has seen the searches in the other tests: thousands more would only take a minute.

package critical

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// kacRice returns the shares of the critical points of a Gaussian field with covariance exp(−r²/2) that have
// 0, 1, … n negative eigenvalues. By the Kac–Rice formula the density of critical points is proportional to E|det H|,
// as value and Hessian at a point are independent of the gradient there. H is −fI plus a symmetric matrix of normal
// numbers, of variance 2 on the diagonal and 1 beside it.
func kacRice(n, samples int) []float64 {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	share, total := make([]float64, n+1), 0.0
	h := mat.NewSymDense(n, nil)
	var eig mat.EigenSym
	for range samples {
		f := rng.NormFloat64()
		for i := range n {
			h.SetSym(i, i, math.Sqrt2*rng.NormFloat64()-f)
			for j := range i {
				h.SetSym(i, j, rng.NormFloat64())
			}
		}
		eig.Factorize(h, false)
		det, negative := 1.0, 0
		for _, l := range eig.Values(nil) {
			det *= math.Abs(l)
			if l < 0 {
				negative++
			}
		}
		share[negative] += det
		total += det
	}
	for i := range share {
		share[i] /= total
	}
	return share
}

// TestKacRice: the shares of minima, saddles and maxima are those that theory tells, but for the bias that the
// command's help owns up to: the search finds minima and maxima too seldom, the more dimensions the more.
func TestKacRice(t *testing.T) {
	if s := kacRice(2, 100000); math.Abs(s[0]-0.25) > 0.01 || math.Abs(s[1]-0.5) > 0.01 {
		t.Fatalf("in the plane half of the critical points are saddles, by topology; the formula gives %v", s)
	}
	for _, c := range []struct {
		n           int
		least, most float64 // found share of minima and maxima, as a share of the true one
	}{{1, 0.95, 1.05}, {2, 0.9, 1.1}, {3, 0.75, 1.02}, {5, 0.45, 0.95}} {
		want := kacRice(c.n, 50000)
		var points []Point
		for seed := range 20 {
			points = append(points, field(c.n, seed+1).Look(context.Background(), 100).Points...)
		}
		k := KindsOf(c.n, points)
		ratio := float64(k.Minima+k.Maxima) / float64(k.All) / (want[0] + want[c.n])
		t.Logf("n = %d: %+v, minima by theory %.4f, ratio %.2f", c.n, k, want[0], ratio)
		if ratio < c.least || ratio > c.most {
			t.Errorf("n = %d: minima and maxima are %.2f of their true share, not %.2f to %.2f", c.n, ratio, c.least, c.most)
		}
		if math.Abs(k.Index-0.5) > 0.03 {
			t.Errorf("n = %d: mean index %v", c.n, k.Index)
		}
	}
}
