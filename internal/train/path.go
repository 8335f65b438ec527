package train

import "math"

// maxPath bounds the number of corners that a path keeps.
const maxPath = 4096

// XY is a point of the plane.
type XY struct{ X, Y float64 }

// Path keeps the shape of a trajectory in the plane in bounded memory: a point is kept when it lies further
// than a tolerance from the last kept one, and the tolerance doubles whenever the path is full. Unlike every
// k-th point, this keeps the first, large moves of a run that then converges for a million steps.
type Path struct {
	kept  []XY
	steps []int // of each kept point
	n     int   // points seen: the step of the next one
	last  XY    // the point kept last; NaN before the first
	tol   XY
}

// NewPath returns an empty path with the tolerance of each coordinate.
func NewPath(tol XY) *Path {
	nowhere := XY{math.NaN(), math.NaN()}
	return &Path{kept: make([]XY, 0, maxPath), steps: make([]int, 0, maxPath), last: nowhere, tol: tol}
}

// Add appends the point of the next step, beginning with step 0; points that are not finite are left out.
func (p *Path) Add(x, y float64) {
	p.n++
	if math.Abs(x-p.last.X) < p.tol.X && math.Abs(y-p.last.Y) < p.tol.Y {
		return
	}
	p.keep(XY{x, y})
}

// keep appends the point of the last step.
func (p *Path) keep(at XY) {
	if (at.X-at.X)+(at.Y-at.Y) != 0 {
		return
	}
	p.kept, p.steps, p.last = append(p.kept, at), append(p.steps, p.n-1), at
	if len(p.kept) == maxPath {
		p.thin()
	}
}

// thin doubles the tolerance until at most half of the points remain. The kept points go to new memory,
// since readers may still hold the old.
func (p *Path) thin() {
	old, at := p.kept, p.steps
	for len(old) > maxPath/2 {
		p.tol.X, p.tol.Y = 2*p.tol.X, 2*p.tol.Y
		kept, steps := make([]XY, 1, maxPath), make([]int, 1, maxPath)
		kept[0], steps[0] = old[0], at[0]
		for i, q := range old[1:] {
			last := kept[len(kept)-1]
			if math.Abs(q.X-last.X) >= p.tol.X || math.Abs(q.Y-last.Y) >= p.tol.Y {
				kept, steps = append(kept, q), append(steps, at[i+1])
			}
		}
		old, at = kept, steps
	}
	p.kept, p.steps, p.last = old, at, old[len(old)-1]
}

// View returns the kept points for reading by other goroutines.
func (p *Path) View() []XY { return p.kept }

// Steps returns the step of each kept point, for reading by other goroutines.
func (p *Path) Steps() []int { return p.steps }

func (p *Path) clone() *Path {
	c := *p
	c.kept = append(make([]XY, 0, maxPath), p.kept...)
	c.steps = append(make([]int, 0, maxPath), p.steps...)
	return &c
}

// frozen is the path as it is now, in shared memory: whoever goes on from it clones it first.
func (p *Path) frozen() *Path {
	c := *p
	n := len(p.kept)
	c.kept, c.steps = p.kept[:n:n], p.steps[:n:n]
	return &c
}
