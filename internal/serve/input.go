package serve

import (
	"context"
	"io"
	"sync/atomic"

	uv "github.com/charmbracelet/ultraviolet"
	"golang.org/x/time/rate"
)

// Of a client's input is heard no more than this. Each key may change a run, which remembers all its changes.
const (
	keyRate  = 100  // keys, clicks and pastes a second, on average
	keyBurst = 1000 // at once: a formula that is pasted into a terminal which does not tell so

	inputRate  = 4096      // bytes a second that a client may type, paste or point, on average
	inputBurst = 64 * 1024 // at once: a long paste, which must not be held up in the middle of an escape sequence

	// What one paste or one escape sequence may be long. All of it is in memory until its end, and of a sequence all is
	// read again whenever there is more of it: so that is not more often than there are keys, either.
	longestInput = 32 * 1024
)

// input is what a client types, as fast as a person can.
type input struct {
	io.Reader
	ctx   context.Context
	bytes *rate.Limiter
	reads *rate.Limiter
	since atomic.Int64 // bytes since the last key that was made of them
	visit *visit
}

func (v *visit) newInput(ctx context.Context, r io.Reader) *input {
	return &input{
		Reader: r, ctx: ctx, visit: v,
		bytes: rate.NewLimiter(inputRate, inputBurst), reads: rate.NewLimiter(keyRate, keyBurst),
	}
}

// Read implements io.Reader. The visit ends with its input.
func (in *input) Read(p []byte) (int, error) {
	n, err := in.Reader.Read(p[:min(len(p), inputRate)])
	if err == nil {
		err = in.bytes.WaitN(in.ctx, n)
	}
	if err == nil {
		err = in.reads.Wait(in.ctx)
	}
	if err == nil && in.since.Add(int64(n)) > longestInput {
		in.visit.end("that is more than can be pasted at once: good-bye")
		return 0, io.EOF
	}
	if err != nil {
		in.visit.end("there is no more input: good-bye")
	}
	return n, err
}

// listen reads keys for the program until ctx is over or the input ends. Bubble Tea could do so itself, but what it has
// read when it ends waits for ever for somebody to take it, and a panic over strange bytes would be one of the server.
func (v *visit) listen(ctx context.Context, r io.Reader, term string) {
	keys := make(chan uv.Event)
	in := v.newInput(ctx, r)
	go func() {
		defer close(keys)
		defer v.rescue(nil)
		_ = uv.NewTerminalReader(in, term).StreamEvents(ctx, keys)
	}()
	go func() {
		bucket := rate.NewLimiter(keyRate, keyBurst)
		for k := range keys {
			in.since.Store(0)
			switch k.(type) {
			case uv.WindowSizeEvent, uv.PixelSizeEvent, uv.CellSizeEvent: // sizes come through the door, where they are clamped
				continue
			case uv.MouseMotionEvent:
				if !bucket.Allow() { // the next one tells as much
					continue
				}
			default:
				_ = bucket.Wait(ctx)
			}
			v.program.Send(k) // nothing where the program has ended
		}
	}()
}
