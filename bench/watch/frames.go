package watch

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// Frames are the frames that a program draws on a terminal which can tell where each of them ends (DEC's private mode 2026).
type Frames struct {
	Each func(at time.Time) // is called after each frame, which Shows then has; nil for nothing

	mu    sync.Mutex
	glass *Glass
	keys  io.Writer // for answers to the program's questions
	bytes int       // of the frame that has begun
	count bool
	seen  []Frame
	first time.Time // output
	text  string    // that is looked for
	found time.Time // when it was there for the first time
}

// Frame is one that is complete.
type Frame struct {
	At    time.Time
	Bytes int
}

// NewFrames watches a terminal of w×h cells, and answers on its keyboard.
func NewFrames(w, h int, keys io.Writer) *Frames { return &Frames{glass: NewGlass(w, h), keys: keys} }

// What a program asks a terminal, and what one answers: that it has synchronized output, and that it is dark.
var dialogue = []struct{ question, answer string }{
	{"\x1b[?2026$p", "\x1b[?2026;2$y"},
	{"\x1b]11;?", "\x1b]11;rgb:0000/0000/0000\x1b\\"},
}

var frameBegin, frameEnd = []byte("\x1b[?2026h"), []byte("\x1b[?2026l")

// Read takes all that r gives until it ends.
func (f *Frames) Read(r io.Reader) {
	b := make([]byte, 64<<10)
	for {
		n, err := r.Read(b)
		if n > 0 {
			f.take(b[:n], time.Now())
		}
		if err != nil {
			return
		}
	}
}

// take takes a piece of output that came at a time. An end of a frame that two pieces share is missed, which happens to one
// frame in thousands.
func (f *Frames) take(b []byte, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first.IsZero() {
		f.first = at
	}
	for _, d := range dialogue {
		if bytes.Contains(b, []byte(d.question)) {
			_, _ = io.WriteString(f.keys, d.answer)
		}
	}
	defer func() {
		if f.text != "" && f.found.IsZero() && f.glass.Shows(f.text) {
			f.found = at
		}
	}()
	for len(b) > 0 {
		if bytes.HasPrefix(b, frameBegin) {
			f.bytes = 0
		}
		end := bytes.Index(b, frameEnd)
		if end < 0 {
			f.bytes += len(b)
			_, _ = f.glass.Write(b)
			return
		}
		end += len(frameEnd)
		_, _ = f.glass.Write(b[:end])
		if f.count {
			f.seen = append(f.seen, Frame{at, f.bytes + end})
		}
		if f.Each != nil {
			f.Each(at)
		}
		f.bytes, b = 0, b[end:]
	}
}

// Count begins to count, or ends it; what was counted before is forgotten at the beginning.
func (f *Frames) Count(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count = on; on {
		f.seen = nil
	}
}

// Counted are the frames that were counted.
func (f *Frames) Counted() []Frame {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen
}

// Find looks for a text from now on.
func (f *Frames) Find(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.text = text
}

// Found is when the first output came, and when the text that Find looks for was there.
func (f *Frames) Found() (output, text time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.first, f.found
}

// Look calls a function with the text on the terminal. Each may be called by others meanwhile only after it.
func (f *Frames) Look(look func(*Glass)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	look(f.glass)
}

// Wait waits until the text is there, and reports false where it is not within a time.
func (f *Frames) Wait(text string, atMost time.Duration) (there bool) {
	for end := time.Now().Add(atMost); !there && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		f.Look(func(g *Glass) { there = g.Shows(text) })
	}
	return there
}
