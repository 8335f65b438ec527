// Package dataset reads tables of samples: those embedded in the program and the user's own. Part of the samples is
// held out from training, and features are standardised.
package dataset

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
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

// add appends a copy of sample i of another table.
func (s *Samples) add(from Samples, i int) {
	s.X = append(s.X, from.Row(i)...)
	if from.Y != nil {
		s.Y = append(s.Y, from.Y[i])
	} else {
		s.T = append(s.T, from.T[i])
	}
}

// ReadCSV reads a table with a header row: numbers, and in the last column the name of the class, or else a number.
// Classes are put in order, numbers before words. All samples are for training; see Split.
func ReadCSV(r io.Reader, classes bool) (*Dataset, error) {
	in := csv.NewReader(r)
	in.ReuseRecord = true
	in.TrimLeadingSpace = true
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the table is empty")
	} else if err != nil {
		return nil, err
	}
	n := len(header) - 1
	if n < 1 {
		return nil, errors.New("a table needs at least one column of numbers and the column of the classes")
	}
	d := &Dataset{Features: slices.Clone(header[:n]), Target: header[n]}
	var labels []string
	for {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		for i, text := range rec[:n] {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
				line, _ := in.FieldPos(i)
				return nil, fmt.Errorf("line %d, column %s: %q is not a finite number", line, d.Features[i], text)
			}
			d.Train.X = append(d.Train.X, v)
		}
		labels = append(labels, rec[n])
	}
	if !classes {
		for i, text := range labels {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil || v-v != 0 {
				return nil, fmt.Errorf("row %d, column %s: %q is not a finite number", i+1, d.Target, text)
			}
			d.Train.T = append(d.Train.T, v)
		}
		return d, nil
	}
	d.Classes = slices.Compact(slices.SortedFunc(slices.Values(labels), compareLabels))
	if len(d.Classes) < 2 {
		return nil, fmt.Errorf("the last column must name at least two classes; it has %d", len(d.Classes))
	}
	number := make(map[string]int)
	for i, c := range d.Classes {
		number[c] = i
	}
	for _, l := range labels {
		d.Train.Y = append(d.Train.Y, number[l])
	}
	return d, nil
}

// Split returns the data with about the given share of the samples (of each class, where there are classes) held out
// for testing, chosen at random with PCG(seed, 0). Both parts keep the order of the samples.
func (d *Dataset) Split(share float64, seed uint64) *Dataset {
	members := make([][]int, max(len(d.Classes), 1))
	for i := range d.Train.Len() {
		class := 0
		if !d.Numeric() {
			class = d.Train.Y[i]
		}
		members[class] = append(members[class], i)
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	held := make([]bool, d.Train.Len())
	for _, m := range members {
		rng.Shuffle(len(m), func(i, j int) { m[i], m[j] = m[j], m[i] })
		for _, i := range m[:int(math.Round(share*float64(len(m))))] {
			held[i] = true
		}
	}
	out := *d
	out.Train, out.Test = Samples{}, Samples{}
	for i, h := range held {
		part := &out.Train
		if h {
			part = &out.Test
		}
		part.add(d.Train, i)
	}
	return &out
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
	p := len(d.Features)
	for j := range p {
		standardise(d.Train.X, d.Test.X, j, p)
	}
	if d.Numeric() {
		standardise(d.Train.T, d.Test.T, 0, 1)
	}
}

// standardise does so for column j of tables with p columns.
func standardise(train, test []float64, j, p int) {
	n := float64(len(train) / p)
	mean, variance := 0.0, 0.0
	for i := j; i < len(train); i += p {
		mean += train[i] / n
	}
	for i := j; i < len(train); i += p {
		v := train[i] - mean
		variance += v * v / n
	}
	if variance == 0 {
		variance = 1
	}
	for _, x := range [][]float64{train, test} {
		for i := j; i < len(x); i += p {
			x[i] = (x[i] - mean) / math.Sqrt(variance)
		}
	}
}

// compareLabels orders names of classes: numbers first and by size, then words.
func compareLabels(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	switch {
	case errX == nil && errY == nil:
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b))
	case errX == nil:
		return -1
	case errY == nil:
		return 1
	default:
		return cmp.Compare(a, b)
	}
}
