package watch

import (
	"math"
	"time"

	"opttui/internal/events"
	"opttui/internal/protocol"
)

// scalars reads an event file of TensorBoard's.
type scalars struct {
	sink    *sink
	records events.Records
	names   map[string]string
	values  []protocol.Value
	event   events.Event
	came    time.Time
	path    string
}

func newScalars(s *sink, path string) *scalars {
	return &scalars{sink: s, names: make(map[string]string), path: path}
}

func (s *scalars) add(piece []byte, came time.Time) {
	s.came = came
	s.records.Add(piece, s.record)
}

func (s *scalars) idle() {}

func (s *scalars) record(data []byte, err error) {
	if err == nil {
		s.values = s.values[:0]
		err = events.Read(data, s.scalar)
	}
	if err != nil {
		s.sink.strange(s.path + ": " + err.Error())
		return
	}
	if len(s.values) == 0 {
		return
	}
	when := s.came
	if t := s.event.WallTime; t > 0 && t < 1e11 {
		whole, part := math.Modf(t)
		when = time.Unix(int64(whole), int64(part*1e9))
	}
	s.sink.log(float64(s.event.Step), s.values, when)
}

func (s *scalars) scalar(e events.Event, tag []byte, v float64) {
	s.event = e
	name, ok := s.names[string(tag)]
	if !ok && len(s.names) < maxNames {
		name, ok = protocol.Clean(string(tag), maxName), true
		s.names[string(tag)] = name
	}
	if ok && len(s.values) < protocol.MaxFields {
		s.values = append(s.values, protocol.Value{Name: name, V: v})
	}
}
