package plane

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"opttui/internal/kernel"
)

// Grid is a survey as far as it has come. It never changes.
type Grid struct {
	Values   []float64 // NX×NY, upper row first; they stand for the middles of equal rectangles
	NX, NY   int
	Done     float64 // share of the evaluations that have been made
	Complete bool
}

// strides are the distances of the points of the passes: the first picture is there after a
// 256th of the work, or more where it is small.
var strides = [...]int{16, 8, 4, 2, 1}

// publishTime is how often a survey shows how far it has come.
const publishTime = 20 * time.Millisecond

// Survey computes the loss over a part of a plane on several processors. Points are taken in passes that are ever finer,
// each of which fills the gaps of the one before; what is computed does not depend on the number of processors.
type Survey struct {
	loss   *Loss
	plane  *Plane
	rect   Rect
	nx, ny int
	values []float64 // of all points; NaN where there is none yet

	share Share

	grid atomic.Pointer[Grid]
	err  atomic.Pointer[error]
	stop context.CancelFunc
	done chan struct{}
}

// Share lets one worker compute in turns with others, who may have nothing to do with the survey: it waits for the first
// turn, next is called after each point and waits for another one where that is due, end gives up the last.
type Share func(ctx context.Context) (next func() bool, end func())

// Start begins to survey nx×ny points, the middles of equal rectangles. It goes on until it is complete, the context
// is done or Stop is called. The loss is cloned and not used itself. Workers are how many points are computed at a time, 0
// for as many as there are processors; they share as they are told, nil is whenever they like.
func Start(ctx context.Context, loss *Loss, p *Plane, r Rect, nx, ny, workers int, share Share) *Survey {
	ctx, stop := context.WithCancel(ctx)
	s := &Survey{
		loss: loss, plane: p, rect: r, nx: max(nx, 0), ny: max(ny, 0), share: share, stop: stop, done: make(chan struct{}),
	}
	s.values = make([]float64, s.nx*s.ny)
	for i := range s.values {
		s.values[i] = math.NaN()
	}
	clones := make([]*Loss, cmp.Or(workers, runtime.GOMAXPROCS(0)))
	for i := range clones {
		clones[i] = loss.Clone()
	}
	go s.run(ctx, clones)
	return s
}

// Grid returns the survey as far as it has come, nil before the first pass is done.
func (s *Survey) Grid() *Grid { return s.grid.Load() }

// Err returns why the survey ended before it was complete, nil where it was told to.
func (s *Survey) Err() error {
	if e := s.err.Load(); e != nil {
		return *e
	}
	return nil
}

// Samples returns on how many of the training samples the loss is taken, both 0 where there are none.
func (s *Survey) Samples() (used, all int) { return s.loss.Samples() }

// Stop ends the survey and waits for it, which takes no longer than an evaluation.
func (s *Survey) Stop() {
	s.stop()
	<-s.done
}

func (s *Survey) run(ctx context.Context, clones []*Loss) {
	defer close(s.done)
	defer s.stop()
	finished, before := 0, 0
	for _, stride := range strides {
		if stride > 1 && 4*stride > min(s.nx, s.ny) {
			continue // so few points would be no picture
		}
		points := s.pass(stride, before)
		before = stride
		if !s.evaluate(ctx, clones, points, finished) {
			return
		}
		finished += len(points)
		s.publish(stride, finished)
	}
}

// pass lists the points at a stride that were not in the pass before, at a larger one; 0 is none.
func (s *Survey) pass(stride, before int) []int {
	var points []int
	for j := 0; j < s.ny; j += stride {
		for i := 0; i < s.nx; i += stride {
			if before > 0 && i%before == 0 && j%before == 0 {
				continue
			}
			points = append(points, j*s.nx+i)
		}
	}
	return points
}

// evaluate takes the loss at points and reports whether it got through.
func (s *Survey) evaluate(ctx context.Context, clones []*Loss, points []int, finished int) bool {
	var (
		taken, made atomic.Int64
		workers     sync.WaitGroup
	)
	for _, loss := range clones {
		workers.Go(func() {
			defer s.rescue()
			kernel.Enter()
			defer kernel.Leave()
			x := make([]float64, len(s.plane.Origin))
			next := func() bool { return ctx.Err() == nil }
			if s.share != nil {
				var end func()
				next, end = s.share(ctx)
				defer end()
			}
			for next() {
				i := int(taken.Add(1)) - 1
				if i >= len(points) {
					return
				}
				a, b := s.point(points[i])
				s.plane.At(a, b, x)
				s.values[points[i]] = loss.Value(x)
				made.Add(1)
				runtime.Gosched() // runs have the right of way
			}
		})
	}
	through := make(chan struct{})
	go func() { workers.Wait(); close(through) }()
	tick := time.NewTicker(publishTime)
	defer tick.Stop()
	for {
		select {
		case <-through:
			return ctx.Err() == nil && s.Err() == nil
		case <-tick.C:
			if last := s.grid.Load(); last != nil { // the picture of the last pass, and how far this one has come
				g := *last
				g.Done = float64(finished+int(made.Load())) / float64(len(s.values))
				s.grid.Store(&g)
			}
		}
	}
}

// rescue ends the survey with an error where an evaluation panics.
func (s *Survey) rescue() {
	if p := recover(); p != nil {
		err := fmt.Errorf("the loss cannot be computed here: %v", p)
		s.err.Store(&err)
		s.stop()
	}
}

// point returns the coordinates of a point.
func (s *Survey) point(k int) (a, b float64) {
	fx, fy := (float64(k%s.nx)+0.5)/float64(s.nx), (float64(k/s.nx)+0.5)/float64(s.ny)
	return s.rect.X0 + fx*(s.rect.X1-s.rect.X0), s.rect.Y1 - fy*(s.rect.Y1-s.rect.Y0)
}

// publish shows the points of all passes up to that of the stride. A coarse pass has its points at the upper left of
// its squares, not in their middles, so its values are interpolated to all nx×ny middles here.
func (s *Survey) publish(stride, finished int) {
	g := &Grid{NX: s.nx, NY: s.ny, Complete: stride == 1, Done: 1}
	if n := len(s.values); n > 0 {
		g.Done = float64(finished) / float64(n)
	}
	g.Values = make([]float64, len(s.values))
	for j := range s.ny {
		y0, y1, ty := s.between(j, stride, s.ny)
		for i := range s.nx {
			x0, x1, tx := s.between(i, stride, s.nx)
			upper := mix(s.values[y0*s.nx+x0], s.values[y0*s.nx+x1], tx)
			lower := mix(s.values[y1*s.nx+x0], s.values[y1*s.nx+x1], tx)
			g.Values[j*s.nx+i] = mix(upper, lower, ty)
		}
	}
	s.grid.Store(g)
}

// between finds the points of the stride that i lies between, and how far.
func (s *Survey) between(i, stride, n int) (lo, hi int, t float64) {
	lo = i / stride * stride
	if hi = lo + stride; hi >= n {
		return lo, lo, 0
	}
	return lo, hi, float64(i-lo) / float64(stride)
}

// mix interpolates; next to a value that is not finite the nearer one counts.
func mix(a, b, t float64) float64 {
	if a-a == 0 && b-b == 0 {
		return a + (b-a)*t
	}
	if t < 0.5 {
		return a
	}
	return b
}
