// Package dataset reads tables of samples: those embedded in the program and the user's own. Part of the samples is
// held out from training, and features are standardised.
package dataset

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Info is what is known of a data set without reading it.
type Info struct {
	Name   string // "digits", or the name of the user's file
	Title  string // as in a heading: "Digits"
	What   string // what the samples are: "1 438 images of digits"
	Source string
	Kinds  int // the number of classes, 0 where the target is a number
	Batch  int // the usual minibatch size, 0 for all samples
}

// Dataset is a table of samples, part of which is held out from training. Problems share it read-only.
type Dataset struct {
	Info
	Features    []string // names of the columns of X
	Target      string   // name of the column that is to be predicted
	Classes     []string // names of the classes; nil where the target is a number
	Train, Test Samples
	Image       [2]int // width and height where a sample is an image, else zero
}

// Numeric tells whether the target is a number rather than one of a few classes.
func (d *Dataset) Numeric() bool { return d.Classes == nil }

// Samples are the rows of a table.
type Samples struct {
	X []float64 // Len × features, row by row
	Y []int     // the class of each row, an index into Classes; nil where the target is a number
	T []float64 // the number of each row; nil where the target is a class
}

// Len returns the number of samples.
func (s Samples) Len() int { return max(len(s.Y), len(s.T)) }

// Row returns the features of sample i.
func (s Samples) Row(i int) []float64 {
	n := len(s.X) / s.Len()
	return s.X[i*n : (i+1)*n]
}

// hold sets about the given share of the samples (of each class, where there are classes) apart for testing, chosen at
// random with PCG(seed, 0). Both parts keep the order of the samples, and both stay in the memory that the whole had:
// beside it there is room for the smaller part alone.
func (d *Dataset) hold(share float64, seed uint64) {
	whole, n, p := d.Train, d.Train.Len(), len(d.Features)
	members := make([][]int32, max(len(d.Classes), 1))
	for i := range n {
		class := 0
		if !d.Numeric() {
			class = whole.Y[i]
		}
		members[class] = append(members[class], int32(i))
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	held, count := make([]bool, n), 0
	for _, m := range members {
		rng.Shuffle(len(m), func(i, j int) { m[i], m[j] = m[j], m[i] })
		apart := m[:int(math.Round(share*float64(len(m))))]
		for _, i := range apart {
			held[i] = true
		}
		count += len(apart)
	}
	at := n - count
	d.Train = Samples{X: whole.X[: at*p : at*p]}
	d.Test = Samples{X: partition(whole.X, held, count, p)}
	if d.Numeric() {
		d.Test.T = partition(whole.T, held, count, 1)
		d.Train.T = whole.T[:at:at]
	} else {
		d.Test.Y = partition(whole.Y, held, count, 1)
		d.Train.Y = whole.Y[:at:at]
	}
}

// partition moves the rows of p numbers that are held, so many of them, behind the others and returns them.
func partition[T any](v []T, held []bool, count, p int) []T {
	apart, at := make([]T, 0, count*p), 0
	for i, h := range held {
		row := v[i*p : (i+1)*p]
		if h {
			apart = append(apart, row...)
			continue
		}
		copy(v[at:], row)
		at += p
	}
	copy(v[at:], apart)
	return v[at : at+len(apart) : at+len(apart)]
}

// fillMissing puts the mean of a column's training samples where a value is missing; 0 where all are.
func (d *Dataset) fillMissing() {
	p := len(d.Features)
	mean, count := make([]float64, p), make([]float64, p)
	for i, v := range d.Train.X {
		if v == v {
			count[i%p]++
		}
	}
	for i, v := range d.Train.X {
		if v == v {
			mean[i%p] += v / count[i%p] // divided first: no sum overflows
		}
	}
	for _, x := range [][]float64{d.Train.X, d.Test.X} {
		for i, v := range x {
			if v != v {
				x[i] = mean[i%p]
			}
		}
	}
}

// describe fills in what the samples are, for headings, before what is there already.
func (d *Dataset) describe() {
	d.Kinds = len(d.Classes)
	rows := d.Train.Len() + d.Test.Len()
	what := "a number"
	if d.Kinds > 0 {
		what = fmt.Sprintf("%d classes", d.Kinds)
	}
	d.What = fmt.Sprintf("%d rows with %d numbers, target %s: %s%s", rows, len(d.Features), d.Target, what, d.What)
	const large = 1000
	if d.Train.Len() > large {
		d.Batch = 64
	}
}

// Scale multiplies all features by c.
func (d *Dataset) Scale(c float64) {
	for _, x := range [][]float64{d.Train.X, d.Test.X} {
		for i := range x {
			x[i] *= c
		}
	}
}

// Standardise shifts and scales every feature, and a numeric target, to mean 0 and (population) standard deviation 1
// over the training samples. A column that is the same in all of them is only shifted.
func (d *Dataset) Standardise() {
	standardise(d.Train.X, d.Test.X, len(d.Features))
	if d.Numeric() {
		standardise(d.Train.T, d.Test.T, 1)
	}
}

// standardise does so for tables with p columns, row by row.
func standardise(train, test []float64, p int) {
	if len(train) == 0 {
		return
	}
	mean := columnMeans(train, make([]float64, p))
	deviation := deviations(train, mean)
	for j, v := range deviation {
		if mean[j] != 0 && v < 1e-6*math.Abs(mean[j]) {
			// The rounding of the mean counts beside the deviation: measure again from there.
			mean = columnMeans(train, mean)
			deviation = deviations(train, mean)
			break
		}
	}
	for j, v := range deviation {
		if constant(train, j, p) {
			mean[j], deviation[j] = train[j], 1
		} else if v == 0 { // the squares are too small for numbers
			deviation[j] = farthest(train, mean[j], j, p)
		}
	}
	for _, x := range [][]float64{train, test} {
		for i, v := range x {
			v = (v/2 - mean[i%p]/2) / (deviation[i%p] / 2)
			x[i] = min(max(v, -math.MaxFloat64), math.MaxFloat64) // a held-out value may be anywhere
		}
	}
}

// columnMeans are the means of the columns, as base plus the means of what they are above it.
func columnMeans(x, base []float64) []float64 {
	p := len(base)
	n := float64(len(x) / p)
	mean := make([]float64, p)
	for i, v := range x {
		mean[i%p] += v/n - base[i%p]/n
	}
	for j := range mean {
		mean[j] += base[j]
	}
	return mean
}

// deviations are the standard deviations of the columns, or where the squares overflow, how far they go from the mean.
func deviations(x, mean []float64) []float64 {
	p := len(mean)
	n := float64(len(x) / p)
	out := make([]float64, p)
	for i, v := range x {
		v -= mean[i%p]
		out[i%p] += v * v / n
	}
	for j, v := range out {
		if out[j] = math.Sqrt(v); v-v != 0 {
			out[j] = farthest(x, mean[j], j, p)
		}
	}
	return out
}

// constant tells whether column j is the same in all rows.
func constant(x []float64, j, p int) bool {
	for i := j; i < len(x); i += p {
		if x[i] != x[j] {
			return false
		}
	}
	return true
}

// farthest is how far column j goes from its mean at the most.
func farthest(train []float64, mean float64, j, p int) float64 {
	most := 0.0
	for i := j; i < len(train); i += p {
		most = math.Max(most, math.Abs(train[i]/2-mean/2))
	}
	return math.Max(math.Min(2*most, math.MaxFloat64), math.SmallestNonzeroFloat64*4)
}
