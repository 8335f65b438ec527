package export

import (
	"bufio"
	"io"

	"opttui/internal/events"
)

// Events writes a file for TensorBoard with the scalars loss (the mean of the steps since the row before) and, where
// there is one, lr. Steps without a finite loss are left out.
func Events(w io.Writer, h History) error {
	out := bufio.NewWriter(w)
	begin := float64(h.Started.UnixNano()) / 1e9
	record := events.AppendVersion(nil, begin)
	var scalars []events.Scalar
	_, err := out.Write(record)
	if err != nil {
		return err
	}
	err = h.rows(func(r row) error {
		scalars = scalars[:0]
		if r.finite {
			scalars = append(scalars, events.Scalar{Tag: "loss", V: r.Mean})
		}
		if r.hasRate {
			scalars = append(scalars, events.Scalar{Tag: "lr", V: r.lr})
		}
		if len(scalars) == 0 {
			return nil
		}
		record = events.AppendScalars(record[:0], begin+r.Seconds, int64(r.step), scalars)
		_, err := out.Write(record)
		return err
	})
	if err != nil {
		return err
	}
	return out.Flush()
}
