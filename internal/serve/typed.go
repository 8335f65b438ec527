package serve

import (
	"context"
	"io"

	uv "github.com/charmbracelet/ultraviolet"
	"golang.org/x/time/rate"
)

// Keys, clicks and pastes that are heard of a client. Each may change a run, which remembers all its changes.
const (
	keyRate  = 100  // a second
	keyBurst = 1000 // at once: a formula that is pasted into a terminal which does not tell so
)

// listen passes on what the client types, until the input ends. Bubble Tea's own reader waits for ever where a program
// ends with keys still on their way; Send does not.
func (v *visit) listen(ctx context.Context, in io.Reader, term string) {
	events := make(chan uv.Event)
	go func() {
		defer close(events)
		_ = uv.NewTerminalReader(in, term).StreamEvents(ctx, events) // the visit ends with its input
	}()
	bucket := rate.NewLimiter(keyRate, keyBurst)
	for e := range events {
		switch e.(type) {
		case uv.WindowSizeEvent, uv.PixelSizeEvent, uv.CellSizeEvent: // sizes come through the door, where they are clamped
			continue
		case uv.MouseMotionEvent:
			if !bucket.Allow() { // the next one tells as much
				continue
			}
		default:
			_ = bucket.Wait(ctx)
		}
		v.program.Send(e)
	}
}

// silent is an input without keys, for a program that is sent its keys. With none at all it would ask the terminal nothing.
type silent struct{ ctx context.Context }

// Read implements io.Reader.
func (s silent) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, io.EOF
}
