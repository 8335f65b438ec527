package serve

import (
	"context"
	"io"

	uv "github.com/charmbracelet/ultraviolet"
)

// listen passes on what the client types, until the input ends. Bubble Tea's own reader waits for ever where a program
// ends with keys still on their way; Send does not.
func (v *visit) listen(ctx context.Context, in io.Reader, term string) {
	events := make(chan uv.Event)
	go func() {
		defer close(events)
		_ = uv.NewTerminalReader(in, term).StreamEvents(ctx, events) // the visit ends with its input
	}()
	for e := range events {
		switch e.(type) {
		case uv.WindowSizeEvent, uv.PixelSizeEvent, uv.CellSizeEvent: // sizes come through the door, where they are clamped
		default:
			v.program.Send(e)
		}
	}
}

// silent is an input without keys, for a program that is sent its keys. With none at all it would ask the terminal nothing.
type silent struct{ ctx context.Context }

// Read implements io.Reader.
func (s silent) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, io.EOF
}
