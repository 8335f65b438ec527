package ui

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"opttui/internal/plane"
	"opttui/internal/plot"
	"opttui/internal/problems"
)

// exploration says which landscape is wanted of a problem with many parameters.
type exploration struct {
	problem problems.Problem // the explorer's own
	picture picture
	axes    [2]int    // of pictureCoordinates
	seed    uint64    // of pictureRandom
	origin  []float64 // the parameters that the plane goes through
	trail   [][]float64
	others  [][]float64  // where other runs have been, to be shown as well
	plane   *plane.Plane // one that is known already, nil to make it
	view    plot.View    // the part that is wanted; none: what fits the path
	w, h    int          // points
	guest   *Guest       // who computes within bounds, nil for nobody
}

// explorer computes a landscape in goroutines of its own, beside the runs and the screen.
type explorer struct {
	stop  context.CancelFunc
	given *plane.Plane // what it was told to survey, nil where it makes the plane
	found atomic.Pointer[explored]
	theta atomic.Pointer[[]float64] // where the run is by now
	gap   atomic.Pointer[gap]
	err   atomic.Pointer[error]
}

// explored is a plane with the survey of its landscape.
type explored struct {
	plane   *plane.Plane
	fit     plot.View // what fits the path
	view    plot.View // what is surveyed
	outside float64   // share of the path outside the plane
	survey  *plane.Survey
}

// gap is how much the loss at a run's parameters is above that at the nearest point of the plane.
type gap struct{ loss, above float64 }

// explore begins. The result grows until stop is called; the goroutine ends within one evaluation then.
func explore(ctx context.Context, all *sync.WaitGroup, want exploration) *explorer {
	ctx, stop := context.WithCancel(ctx)
	e := &explorer{stop: stop, given: want.plane}
	e.theta.Store(&want.origin)
	all.Go(func() { e.run(ctx, want) })
	return e
}

// known is the plane that is explored, nil as long as it is not made.
func (e *explorer) known() *plane.Plane {
	if found := e.found.Load(); found != nil {
		return found.plane
	}
	return e.given
}

// gapTime is how often the run's distance from the plane is measured, in loss.
const gapTime = 200 * time.Millisecond

// problem is why there is nothing to see, nil while all goes well.
func (e *explorer) problem() error {
	if err := e.err.Load(); err != nil {
		return *err
	}
	if found := e.found.Load(); found != nil {
		return found.survey.Err()
	}
	return nil
}

func (e *explorer) run(ctx context.Context, want exploration) {
	defer func() {
		if p := recover(); p != nil { // no picture is worth the program
			err := fmt.Errorf("the plane cannot be computed: %v", p)
			e.err.Store(&err)
		}
	}()
	x := &explored{plane: want.plane}
	if x.plane == nil {
		x.plane = want.makePlane()
	}
	x.outside = x.plane.Outside(want.trail)
	x.fit = plot.View(x.plane.Fit(slices.Concat(want.trail, want.others)))
	x.view = want.view
	if !x.view.Valid() {
		x.view = x.fit
	}
	loss := plane.NewLoss(want.problem)
	x.survey = plane.Start(ctx, loss, x.plane, plane.Rect(x.view), want.w, want.h, want.guest.workers(), want.guest.share())
	defer x.survey.Stop()
	e.found.Store(x)

	tick := time.NewTicker(gapTime)
	defer tick.Stop()
	own, near := loss.Clone(), make([]float64, len(want.origin))
	var last *[]float64
	for {
		if theta := e.theta.Load(); theta != last && len(*theta) == len(near) {
			last = theta
			a, b, _ := x.plane.Project(*theta)
			x.plane.At(a, b, near)
			l := own.Value(*theta)
			e.gap.Store(&gap{loss: l, above: l - own.Value(near)})
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (want exploration) makePlane() *plane.Plane {
	switch want.picture {
	case pictureRandom:
		var blocks []problems.Block
		if b, ok := want.problem.(problems.Blocked); ok {
			blocks = b.Blocks()
		}
		return plane.Random(want.origin, blocks, want.seed)
	case pictureCoordinates:
		return plane.Coordinates(want.origin, want.axes[0], want.axes[1])
	default:
		return plane.Principal(want.origin, want.trail)
	}
}
