package problems

import (
	"math"

	"opttui/internal/knob"
)

// landscape is a function of two variables with hand-derived first and second derivatives.
type landscape struct {
	start [2]float64
	f     func(x, y float64) float64
	grad  func(x, y float64) (f, gx, gy float64)
	hess  func(x, y float64) (xx, xy, yy float64)
}

func (l *landscape) Dim() int               { return 2 }
func (l *landscape) Start(uint64) []float64 { return []float64{l.start[0], l.start[1]} }
func (l *landscape) Knobs() []knob.Knob     { return nil }
func (l *landscape) Clone() Problem         { c := *l; return &c }

// OfTwo returns a problem of two variables as a function of them, for drawing it. Like the problem it belongs to one goroutine.
func OfTwo(p Problem) func(x, y float64) float64 {
	if l, ok := p.(interface {
		plain() func(x, y float64) float64
	}); ok {
		return l.plain()
	}
	at := make([]float64, 2)
	return func(x, y float64) float64 {
		at[0], at[1] = x, y
		return p.Value(at)
	}
}

// plain is the function itself.
func (l *landscape) plain() func(x, y float64) float64 { return l.f }

func (l *landscape) Value(x []float64) float64 { return l.f(x[0], x[1]) }

func (l *landscape) Gradient(x, g []float64) (f float64) {
	f, g[0], g[1] = l.grad(x[0], x[1])
	return f
}

func (l *landscape) Hessian(x, h []float64) {
	xx, xy, yy := l.hess(x[0], x[1])
	h[0], h[1], h[2], h[3] = xx, xy, xy, yy
}

// squares is a landscape that is a sum of squares, f = a₁² + … + a_m² = ½‖r‖² with r = √2 a.
type squares struct {
	landscape
	m     int
	terms func(x, y float64, a []float64) // the m terms a
	slope func(x, y float64, j []float64) // their m×2 Jacobian ∂a/∂(x, y), row by row
}

func (s *squares) Clone() Problem { c := *s; return &c }
func (s *squares) Residuals() int { return s.m }

func (s *squares) Residual(x, r []float64) {
	s.terms(x[0], x[1], r)
	for i := range r {
		r[i] *= math.Sqrt2
	}
}

func (s *squares) Jacobian(x, j []float64) {
	s.slope(x[0], x[1], j)
	for i := range j {
		j[i] *= math.Sqrt2
	}
}

// square is the domain [lo, hi]².
func square(lo, hi float64) [][2]float64 { return [][2]float64{{lo, hi}, {lo, hi}} }

// global and local are known minimisers (x, y) with value f.
func global(x, y, f float64) Minimum { return Minimum{X: []float64{x, y}, F: f, Global: true} }
func local(x, y, f float64) Minimum  { return Minimum{X: []float64{x, y}, F: f} }
