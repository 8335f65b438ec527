package serve

import (
	"context"
	"io"

	uv "github.com/charmbracelet/ultraviolet"
	"golang.org/x/time/rate"
)

// Of a client's input is heard no more than this. Each key may change a run, which remembers all its changes.
const (
	keyRate  = 100  // keys, clicks and pastes a second, on average
	keyBurst = 1000 // at once: a formula that is pasted into a terminal which does not tell so

	inputRate  = 4096      // bytes a second that a client may type, paste or point, on average
	inputBurst = 64 * 1024 // at once: a long paste, which must not be held up in the middle of an escape sequence
)

// input is what a client types, as fast as a person can.
type input struct {
	io.Reader
	ctx    context.Context
	bucket *rate.Limiter
	visit  *visit
}

func (v *visit) newInput(ctx context.Context, r io.Reader) *input {
	return &input{Reader: r, ctx: ctx, bucket: rate.NewLimiter(inputRate, inputBurst), visit: v}
}

// Read implements io.Reader. The visit ends with its input.
func (in *input) Read(p []byte) (int, error) {
	n, err := in.Reader.Read(p[:min(len(p), inputRate)])
	if err == nil {
		err = in.bucket.WaitN(in.ctx, n)
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
	go func() {
		defer close(keys)
		defer v.rescue(nil)
		_ = uv.NewTerminalReader(v.newInput(ctx, r), term).StreamEvents(ctx, keys)
	}()
	go func() {
		bucket := rate.NewLimiter(keyRate, keyBurst)
		for k := range keys {
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
