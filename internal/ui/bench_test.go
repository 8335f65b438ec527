package ui

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"opttui/internal/paint"
	"opttui/internal/problems"
	"opttui/internal/train"
)

// wire counts what the program writes to its terminal, one entry a write: the renderer writes a frame at once.
type wire struct {
	mu     sync.Mutex
	frames []int
	keep   bool
	all    bytes.Buffer
}

func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.frames = append(w.frames, len(p))
	if w.keep {
		w.all.Write(p)
	}
	return len(p), nil
}

func (w *wire) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.frames)
}

// onTerminal runs the real program, renderer and all, on a terminal of w×h cells that only counts, and calls
// during when it runs.
func onTerminal(b *testing.B, w, h int, o Options, during func(p *tea.Program, m *Model, out *wire)) {
	b.Helper()
	m, err := New(context.Background(), o)
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	out := &wire{}
	screen := paint.NewScreen(out)
	p := tea.NewProgram(paint.On(screen, m), tea.WithOutput(screen), tea.WithInput(nil), tea.WithWindowSize(w, h), tea.WithFPS(FPS),
		tea.WithColorProfile(colorprofile.TrueColor), tea.WithoutSignalHandler(), tea.WithEnvironment([]string{"TERM=xterm-256color"}))
	done := make(chan error, 1)
	go func() { _, err := p.Run(); done <- err }()
	during(p, m, out)
	p.Quit()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// waitFrames waits for n more frames.
func waitFrames(out *wire, n int) {
	for end := out.count() + n; out.count() < end; {
		time.Sleep(5 * time.Millisecond)
	}
}

// BenchmarkFrame measures a frame of a steady race at 200×60 and 30 frames a second through the real renderer:
// bytes written in the median and processor time, that of the runs (60 steps a second) included. An operation
// is a frame.
func BenchmarkFrame(b *testing.B) {
	for _, problem := range []string{"beale", "digits"} {
		b.Run(problem, func(b *testing.B) {
			onTerminal(b, 200, 60, Options{Runs: DefaultRuns(problems.Ref{Name: problem}, 7)}, func(_ *tea.Program, _ *Model, out *wire) {
				waitFrames(out, 90)
				first, cpu := out.count(), cpuTime()
				b.ResetTimer()
				waitFrames(out, b.N)
				b.StopTimer()
				used := cpuTime() - cpu
				out.mu.Lock()
				defer out.mu.Unlock()
				sizes := slices.Clone(out.frames[first:])
				slices.Sort(sizes)
				b.ReportMetric(float64(sizes[len(sizes)/2]), "median-B/frame")
				b.ReportMetric(float64(sizes[len(sizes)*95/100]), "p95-B/frame")
				b.ReportMetric(used.Seconds()*1e3/float64(len(sizes)), "cpu-ms/frame")
			})
		})
	}
}

// BenchmarkDraw measures drawing alone, of races with a history of some thousand steps.
func BenchmarkDraw(b *testing.B) {
	for _, runs := range []int{2, MaxRuns} {
		b.Run(fmt.Sprint(runs, " runs"), func(b *testing.B) {
			var specs []train.Spec
			for i := range runs {
				specs = append(specs, Start(problems.Ref{Name: "beale"}, []string{"momentum", "adam", "rmsprop"}[i%3], uint64(i)))
			}
			m, err := New(context.Background(), Options{Runs: specs, Paused: true})
			if err != nil {
				b.Fatal(err)
			}
			defer m.Close()
			m.Update(tea.WindowSizeMsg{Width: 200, Height: 60})
			m.single(3000)
			time.Sleep(500 * time.Millisecond)
			m.Update(tickMsg{})
			b.ReportAllocs()
			cpu := cpuTime()
			for b.Loop() {
				m.dirty = true
				m.Canvas()
			}
			b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/float64(b.N), "cpu-µs/frame")
		})
	}
}

// BenchmarkUnlimitedWithScreen compares an unlimited run that is watched at 200×60 with the same run headless,
// in turns: "kept" is the share of the headless steps a second that the watched run makes.
func BenchmarkUnlimitedWithScreen(b *testing.B) {
	spec := train.Spec{Problem: "beale", Optimizer: "sgd", Batch: 1}
	const slice = time.Second
	var watched, headless float64
	for range b.N {
		onTerminal(b, 200, 60, Options{Runs: []train.Spec{spec}, Rate: train.Unlimited}, func(_ *tea.Program, m *Model, out *wire) {
			waitFrames(out, 10)
			from := m.lanes[0].live.Snapshot().Step
			begin := time.Now()
			time.Sleep(slice)
			to := m.lanes[0].live.Snapshot().Step
			watched += float64(to-from) / time.Since(begin).Seconds()
		})
		r, err := train.New(spec)
		if err != nil {
			b.Fatal(err)
		}
		r.Advance(1e6)
		begin := time.Now()
		for time.Since(begin) < slice {
			r.Advance(1e5)
		}
		headless += float64(r.Step()-1e6) / time.Since(begin).Seconds()
	}
	b.ReportMetric(watched/headless, "kept")
	b.ReportMetric(watched/float64(b.N), "watched-steps/s")
}

// BenchmarkKeyToFrame measures from a key that halves or doubles the learning rate to the end of the frame after the
// one in which it took effect, while two runs go as fast as they can on all cores. An operation is a key.
func BenchmarkKeyToFrame(b *testing.B) {
	onTerminal(b, 200, 60, Options{Runs: DefaultRuns(problems.Ref{Name: "beale"}, 7), Rate: train.Unlimited}, func(p *tea.Program, m *Model, out *wire) {
		waitFrames(out, 30)
		live := m.lanes[0].live
		var took []float64
		b.ResetTimer()
		for i := range b.N {
			key := "]"
			if i%2 == 0 {
				key = "["
			}
			begin, before := time.Now(), len(live.Snapshot().Journal)
			p.Send(keyMsg(key))
			for len(live.Snapshot().Journal) == before {
				time.Sleep(100 * time.Microsecond)
			}
			waitFrames(out, 1)
			took = append(took, time.Since(begin).Seconds()*1e3)
		}
		b.StopTimer()
		slices.Sort(took)
		b.ReportMetric(took[len(took)/2], "median-ms")
		b.ReportMetric(took[len(took)*99/100], "p99-ms")
	})
}
