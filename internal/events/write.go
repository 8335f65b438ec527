package events

// Scalar is a number with the name that TensorBoard calls its tag.
type Scalar struct {
	Tag string
	V   float64 // written as float32
}

// AppendVersion appends the record that a file begins with, of a time in seconds since 1970.
func AppendVersion(to []byte, wallTime float64) []byte {
	var m message
	m.double(eventWallTime, wallTime)
	m.bytes(eventVersion, []byte("brain.Event:2"))
	return AppendRecord(to, m)
}

// AppendScalars appends a record with the numbers of a step.
func AppendScalars(to []byte, wallTime float64, step int64, all []Scalar) []byte {
	var summary message
	for _, s := range all {
		var v message
		v.bytes(valueTag, []byte(s.Tag))
		v.float(valueSimple, float32(s.V))
		summary.bytes(summaryValue, v)
	}
	var event message
	event.double(eventWallTime, wallTime)
	event.varint(eventStep, uint64(step))
	event.bytes(eventSummary, summary)
	return AppendRecord(to, event)
}
