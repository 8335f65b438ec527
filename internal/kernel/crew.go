package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// A large product is shared with a helper, a goroutine that else waits on a channel, where nobody else computes: the
// processors are for the runs first. Each element of the product is the same whoever computes it.

const (
	// mostCores is how many processors work on a product: with more, one run would leave none to what else goes on.
	mostCores = 2
	// sharedFlops is the size of products of float64, in floating-point operations, from which on it pays to wake a helper;
	// those of float32 take half the time. An idle processor of a virtual machine needs 200 µs to come.
	sharedFlops = 16 << 20
	// rowsOfTiles is a multiple of the height of tiles: shares end between tiles.
	rowsOfTiles = 8
)

var (
	cores     atomic.Int32 // at most; 0 stands for the usual number
	computing atomic.Int32 // goroutines between Enter and Leave
	helpers   sync.Once
	calls     = make(chan interface{ help() })
)

// Cores lets a product use at most n processors; 0 is the usual number, two where there are so many.
func Cores(n int) { cores.Store(int32(n)) }

// Enter says that a goroutine begins to compute, so that products know whether they are alone.
func Enter() { computing.Add(1) }

// Leave is the end of what Enter begins.
func Leave() { computing.Add(-1) }

// helped tells whether a product of so many operations on float64 is to be shared, or of twice as many on float32.
func helped(flops int) bool {
	if flops < sharedFlops || computing.Load() > 1 {
		return false
	}
	n := int(cores.Load())
	if n == 0 {
		n = min(mostCores, runtime.GOMAXPROCS(0))
	}
	if n == 1 {
		return false
	}
	helpers.Do(func() {
		for range mostCores - 1 {
			go func() {
				for c := range calls {
					c.help()
				}
			}()
		}
	})
	return true
}

// shared is a product that several goroutines compute, some rows at a time.
type shared[T Float] struct {
	c, from, a, b Matrix[T]
	next          atomic.Int64 // the first row that nobody has taken
	state         atomic.Int32 // closed, offered or taken; the fields change only while it is closed
	rows          int          // to be taken at a time
	room          []T          // of the helper
	done          chan struct{}
}

// Whether a helper may work on a product.
const (
	closed  = iota
	offered // a helper may take it
	taken   // a helper has
)

// share computes a product together with a helper, if there is one that has nothing to do. It does not wait for one that comes
// too late: that one helps with the next product, if there is one by then.
func (m *Multiplier[T]) share(c, from, a, b *Matrix[T]) {
	if m.shared == nil {
		m.shared = &shared[T]{done: make(chan struct{}, 1)}
	}
	s := m.shared
	grow(&m.room, panelSize(c, b))
	grow(&s.room, panelSize(c, b))
	s.c, s.from, s.a, s.b = *c, *from, *a, *b
	s.rows = (c.Rows/(2*mostCores) + rowsOfTiles) / rowsOfTiles * rowsOfTiles
	s.next.Store(0)
	s.state.Store(offered)
	select {
	case calls <- s:
	default: // it is busy, or on its way since an earlier call
	}
	s.work(m.room)
	if !s.state.CompareAndSwap(offered, closed) {
		<-s.done
	}
}

// work computes rows until there are no more to take.
func (s *shared[T]) work(room []T) {
	for {
		end := int(s.next.Add(int64(s.rows)))
		first := end - s.rows
		if first >= s.c.Rows {
			return
		}
		end = min(end, s.c.Rows)
		c, from, a := s.c.part(first, end), s.from.part(first, end), s.a.part(first, end)
		multiply(&c, &from, &a, &s.b, room)
	}
}

func (s *shared[T]) help() {
	if s.state.CompareAndSwap(offered, taken) {
		s.work(s.room)
		s.state.Store(closed)
		s.done <- struct{}{}
	}
}
