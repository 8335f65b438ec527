package critical

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Kinds is what a set of critical points of functions of n variables is made of.
type Kinds struct {
	All, Minima, Saddles, Maxima int
	// Index is the mean share of negative eigenvalues: 0 for minima alone, 1 for maxima alone.
	Index float64
	// ByValue is the same for the third of the points where f is lowest, the middle and the highest third.
	ByValue [3]float64
	// Correlation is that of the share of negative eigenvalues with f. Numbers of which there are none are NaN.
	Correlation float64
}

// KindsOf counts the points of a function of n variables by their kind.
func KindsOf(n int, points []Point) Kinds {
	points = slices.Clone(points)
	slices.SortStableFunc(points, func(a, b Point) int { return cmp.Compare(a.F, b.F) })
	k := Kinds{All: len(points), Correlation: math.NaN()}
	values, shares := make([]float64, len(points)), make([]float64, len(points))
	for i, p := range points {
		values[i], shares[i] = p.F, float64(p.Negative)/float64(n)
		switch p.Negative {
		case 0:
			k.Minima++
		case n:
			k.Maxima++
		default:
			k.Saddles++
		}
	}
	k.Index = stat.Mean(shares, nil)
	for i := range k.ByValue {
		k.ByValue[i] = stat.Mean(shares[i*len(shares)/3:(i+1)*len(shares)/3], nil)
	}
	if len(points) > 1 {
		k.Correlation = stat.Correlation(values, shares, nil)
	}
	return k
}
