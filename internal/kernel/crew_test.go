package kernel

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"
)

// TestSharedProductIsTheSame: whoever computes which rows.
func TestSharedProductIsTheSame(t *testing.T) {
	const rows, cols, inner = 301, 230, 130
	if 2*rows*cols*inner < sharedFlops {
		t.Fatal("this is too small to be shared")
	}
	atEachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 1))
		for _, transposed := range []bool{false, true} {
			a, b := Dense(random[float64](rng, rows*inner), rows, inner), Dense(random[float64](rng, inner*cols), inner, cols)
			from := Dense(random[float64](rng, rows*cols), rows, cols)
			if transposed {
				a, b = Dense(a.Data, inner, rows).T(), Dense(b.Data, cols, inner).T()
			}
			alone, together := Dense(make([]float64, rows*cols), rows, cols), Dense(make([]float64, rows*cols), rows, cols)
			var m Multiplier[float64]
			Cores(1)
			m.Multiply(alone, from, a, b)
			Cores(2)
			defer Cores(0)
			for range 20 {
				clear(together.Data)
				m.Multiply(together, from, a, b)
				if !slices.Equal(together.Data, alone.Data) {
					t.Fatalf("it is different, transposed: %v", transposed)
				}
			}
		}
	})
}

// TestHelperHelps waits for a product that both have computed rows of.
func TestHelperHelps(t *testing.T) {
	const rows, cols = 64, 8
	s := &shared[float64]{
		c: Dense(make([]float64, rows*cols), rows, cols), a: Dense(make([]float64, rows), rows, 1), b: Dense(make([]float64, cols), 1, cols),
		rows: 8, done: make(chan struct{}, 1),
	}
	s.state.Store(offered)
	Cores(2)
	defer Cores(0)
	if !helped(sharedFlops) {
		t.Fatal("a large product is not shared")
	}
	select {
	case calls <- s:
	case <-time.After(time.Minute):
		t.Fatal("there is no helper")
	}
	<-s.done
	if s.next.Load() < rows {
		t.Errorf("the helper left at row %d", s.next.Load())
	}
	s.next.Store(0)
	if s.help(); s.next.Load() != 0 {
		t.Error("who comes too late works on what is not offered")
	}
}

func TestProductsAreNotSharedWhereOthersCompute(t *testing.T) {
	Cores(2)
	defer Cores(0)
	Enter()
	defer Leave()
	if !helped(sharedFlops) {
		t.Error("who is alone is not helped")
	}
	Enter()
	if helped(sharedFlops) {
		t.Error("who is not alone is helped")
	}
	Leave()
	if helped(sharedFlops - 1) {
		t.Error("a small product is shared")
	}
	Cores(1)
	if helped(sharedFlops) {
		t.Error("it is shared with a single processor")
	}
}

func TestSharedProductDoesNotAllocate(t *testing.T) {
	Cores(2)
	defer Cores(0)
	const n = 205
	x, y, z := make([]float64, n*n), make([]float64, n*n), make([]float64, n*n)
	var m Multiplier[float64]
	if got := testing.AllocsPerRun(10, func() {
		m.Multiply(Dense(z, n, n), Matrix[float64]{}, Dense(x, n, n), Dense(y, n, n))
		runtime.Gosched()
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}
