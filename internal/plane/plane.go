// Package plane computes the landscape of a problem with many parameters: the loss on a plane through a point, in the
// background and coarse to fine.
package plane

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"opttui/internal/problems"
)

// Plane is the points Origin + aU + bV. The directions need not be orthogonal or of length one. It never changes, so
// goroutines may share it.
type Plane struct {
	Origin, U, V   []float64
	LabelU, LabelV string
	// A0 and B0 are the coordinates of the origin: those of a plane of two parameters are the parameters themselves.
	A0, B0 float64
	// Size is how far the picture reaches around the origin at least, in coordinates.
	Size float64
	// Note says what is unusual about the plane, "" when nothing is.
	Note string

	uu, uv, vv float64 // products of the directions
}

func newPlane(p Plane) *Plane {
	p.uu, p.uv, p.vv = floats.Dot(p.U, p.U), floats.Dot(p.U, p.V), floats.Dot(p.V, p.V)
	return &p
}

// Coordinates is the plane along the parameters i and j, counted from 0.
func Coordinates(origin []float64, i, j int) *Plane {
	n := len(origin)
	p := Plane{
		Origin: origin, U: make([]float64, n), V: make([]float64, n),
		LabelU: fmt.Sprintf("x%d", i+1), LabelV: fmt.Sprintf("x%d", j+1),
		A0: origin[i], B0: origin[j], Size: 1,
	}
	p.U[i], p.V[j] = 1, 1
	return newPlane(p)
}

// Random is the plane of two filter-normalised random directions (Li, Xu, Taylor, Studer & Goldstein 2018,
// "Visualizing the loss landscape of neural nets", § 4): each filter, which is the weights into one unit, here a column
// of a block, is drawn from a normal distribution and scaled to the length of that filter at the origin. A vector, as
// are biases, is one filter. Without blocks all parameters are one.
func Random(origin []float64, blocks []problems.Block, seed uint64) *Plane {
	rng := rand.New(rand.NewPCG(seed, 0x706c616e65))
	direction := func() []float64 {
		d := make([]float64, len(origin))
		for i := range d {
			d[i] = rng.NormFloat64()
		}
		if blocks == nil {
			blocks = []problems.Block{{Rows: 1, Cols: len(origin)}}
		}
		for _, b := range blocks {
			if b.Rows == 1 {
				scaleFilter(d, origin, b.Offset, b.Cols, 1)
				continue
			}
			for c := range b.Cols {
				scaleFilter(d, origin, b.Offset+c, b.Rows, b.Cols)
			}
		}
		if floats.Norm(d, 2) == 0 { // the origin is zero: there are no lengths to take over
			for i := range d {
				d[i] = rng.NormFloat64()
			}
			floats.Scale(1/floats.Norm(d, 2), d)
		}
		return d
	}
	return newPlane(Plane{
		Origin: origin, U: direction(), V: direction(), LabelU: "α", LabelV: "β", Size: 1,
	})
}

// scaleFilter gives the n numbers of d from offset at the given stride the length that those of x have.
func scaleFilter(d, x []float64, offset, n, stride int) {
	have, want := 0.0, 0.0
	for k := range n {
		i := offset + k*stride
		have, want = have+d[i]*d[i], want+x[i]*x[i]
	}
	scale := 0.0
	if have > 0 {
		scale = math.Sqrt(want / have)
	}
	for k := range n {
		d[offset+k*stride] *= scale
	}
}

// mostPoints is how many points of a path its principal components are computed from.
const mostPoints = 64

// Principal is the plane of the first two principal components of the path about the origin (Li et al. 2018, § 7).
// They are found from the products of the k displacements with one another, so the cost is k²n.
func Principal(origin []float64, path [][]float64) *Plane {
	var shifts [][]float64
	for i := range min(len(path), mostPoints) {
		x := path[i]
		if len(path) > mostPoints {
			x = path[i*(len(path)-1)/(mostPoints-1)]
		}
		d := make([]float64, len(origin))
		floats.SubTo(d, x, origin)
		if v := floats.Dot(d, d); v > 0 && v-v == 0 {
			shifts = append(shifts, d)
		}
	}
	p := Plane{Origin: origin, LabelU: "PC 1", LabelV: "PC 2"}
	components := principal(shifts)
	longest := 0.0
	for _, d := range shifts {
		longest = math.Max(longest, floats.Norm(d, 2))
	}
	p.Size = longest / 4
	if p.Size == 0 {
		p.Size = 1
	}
	rng := rand.New(rand.NewPCG(uint64(len(origin)), 0x706c616e65))
	for len(components) < 2 {
		p.Note = "the path has fewer than two directions: random ones complete the plane"
		components = append(components, orthogonal(rng, len(origin), components))
	}
	p.U, p.V = components[0], components[1]
	return newPlane(p)
}

// principal returns up to two orthonormal directions in which the vectors vary most about zero.
func principal(shifts [][]float64) [][]float64 {
	k := len(shifts)
	if k == 0 {
		return nil
	}
	gram := mat.NewSymDense(k, nil)
	for i := range k {
		for j := i; j < k; j++ {
			gram.SetSym(i, j, floats.Dot(shifts[i], shifts[j]))
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(gram, true) {
		return nil
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	values := eigen.Values(nil)
	var out [][]float64
	for c := k - 1; c >= max(0, k-2); c-- { // the largest come last
		if !(values[c] > 1e-12*values[k-1]) {
			break
		}
		d := make([]float64, len(shifts[0]))
		for i, s := range shifts {
			floats.AddScaled(d, vectors.At(i, c), s)
		}
		// The sign is arbitrary: let the path come from the positive side.
		sign := 1.0
		if floats.Dot(d, shifts[0]) < 0 {
			sign = -1
		}
		norm := floats.Norm(d, 2)
		if !(norm > 0) {
			break
		}
		floats.Scale(sign/norm, d)
		out = append(out, d)
	}
	return out
}

// orthogonal draws a direction of length one that is orthogonal to the others.
func orthogonal(rng *rand.Rand, n int, others [][]float64) []float64 {
	d := make([]float64, n)
	for {
		for i := range d {
			d[i] = rng.NormFloat64()
		}
		for _, o := range others {
			floats.AddScaled(d, -floats.Dot(d, o), o)
		}
		if norm := floats.Norm(d, 2); norm > 1e-6 || n <= len(others) {
			floats.Scale(1/math.Max(norm, 1e-6), d)
			return d
		}
	}
}

// At writes the parameters at the coordinates a, b to x.
func (p *Plane) At(a, b float64, x []float64) {
	a, b = a-p.A0, b-p.B0
	for i, o := range p.Origin {
		x[i] = o + a*p.U[i] + b*p.V[i]
	}
}

// Project returns the coordinates of the point of the plane that is nearest to x, and how far that is.
func (p *Plane) Project(x []float64) (a, b, outside float64) {
	du, dv := 0.0, 0.0
	for i, o := range p.Origin {
		d := x[i] - o
		du, dv = du+d*p.U[i], dv+d*p.V[i]
	}
	det := p.uu*p.vv - p.uv*p.uv
	switch {
	case det > 1e-14*p.uu*p.vv:
		a, b = (du*p.vv-dv*p.uv)/det, (dv*p.uu-du*p.uv)/det
	case p.uu > 0: // the directions are parallel: the plane is a line
		a = du / p.uu
	}
	for i, o := range p.Origin { // not as a difference of squares, of which little would be left
		d := x[i] - o - a*p.U[i] - b*p.V[i]
		outside += d * d
	}
	return p.A0 + a, p.B0 + b, math.Sqrt(outside)
}

// Outside is the share of the path that the plane does not show: the sum of the squared distances of its points from
// the plane, over that of their squared distances from the origin. It is 0 for a path that has not moved.
func (p *Plane) Outside(path [][]float64) float64 {
	out, all := 0.0, 0.0
	for _, x := range path {
		_, _, d := p.Project(x)
		r := floats.Distance(x, p.Origin, 2)
		if r-r == 0 {
			out, all = out+d*d, all+r*r
		}
	}
	if all == 0 {
		return 0
	}
	return out / all
}

// Rect is a part of the plane, in its coordinates.
type Rect struct{ X0, X1, Y0, Y1 float64 }

// Fit returns a part of the plane that shows the origin and the path with a margin.
func (p *Plane) Fit(path [][]float64) Rect {
	r := Rect{p.A0, p.A0, p.B0, p.B0}
	for _, x := range path {
		a, b, _ := p.Project(x)
		if (a-a)+(b-b) == 0 {
			r.X0, r.X1 = math.Min(r.X0, a), math.Max(r.X1, a)
			r.Y0, r.Y1 = math.Min(r.Y0, b), math.Max(r.Y1, b)
		}
	}
	grow := func(lo, hi, other float64) (float64, float64) {
		margin := math.Max(0.2*(hi-lo), 0.1*other)
		if least := 2 * p.Size; hi-lo+2*margin < least {
			margin = (least - (hi - lo)) / 2
		}
		return lo - margin, hi + margin
	}
	w, h := r.X1-r.X0, r.Y1-r.Y0
	r.X0, r.X1 = grow(r.X0, r.X1, h)
	r.Y0, r.Y1 = grow(r.Y0, r.Y1, w)
	return r
}

// Width is how far the sides of the rectangle are apart, in parameters.
func (p *Plane) Width(r Rect) float64 {
	return math.Min((r.X1-r.X0)*math.Sqrt(p.uu), (r.Y1-r.Y0)*math.Sqrt(p.vv))
}
