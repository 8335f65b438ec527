package watch

import (
	"math"
	"slices"
	"strings"
	"time"

	"opttui/internal/monitor"
	"opttui/internal/protocol"
)

// Bounds of the names in a file.
const (
	maxName  = 200  // characters
	maxNames = 4096 // that are told apart
)

// Ranks of what a number can be counted by: the less, the better. That of a step's name is its place among
// protocol.StepNames.
var (
	byEpoch = len(protocol.StepNames)
	byRow   = len(protocol.StepNames) + 1
)

// column is what a name in a file stands for.
type column struct {
	name string
	rank int // as what to count by; byRow for ordinary numbers
	time bool
}

// columnOf is the column of a name.
func columnOf(name string) *column {
	c := &column{name: protocol.Clean(name, maxName), rank: byRow}
	plain := strings.ReplaceAll(strings.ToLower(c.name), " ", "_")
	if i := slices.Index(protocol.StepNames, plain); i >= 0 {
		c.rank = i
	} else if plain == "epoch" {
		c.rank, c.name = byEpoch, plain // the name by which it is known as an axis
	}
	c.time = slices.Contains([]string{"time", "timestamp", "wall_time", "_timestamp"}, plain)
	return c
}

// sink is a run, to which one file or several log.
type sink struct {
	run   *monitor.Run
	begun bool
	bad   bool // something was wrong: that stays to be read
}

func (s *sink) log(x float64, values []protocol.Value, when time.Time) {
	if !s.begun {
		s.run.Began(when)
		s.begun = true
	}
	s.run.Log(x, values, when)
}

func (s *sink) strange(why string) {
	s.bad = true
	s.run.Strange(why)
}

func (s *sink) worry(format string, args ...any) {
	s.bad = true
	s.run.Tell(true, format, args...)
}

// rows makes steps of rows of numbers with names: it picks what they are counted by, and their time.
type rows struct {
	sink   *sink
	names  map[string]*column
	values []protocol.Value
	best   int // rank of the best number to count by in this row, and
	at     int // its place in values

	rank  int     // of what is counted by
	row   int     // rows so far
	x     float64 // of the last row
	step  float64 // that the last row had
	base  float64 // of the steps that begin again with every epoch
	epoch float64 // of the last row with a step
	seen  float64 // epoch of this row
	when  time.Time
	full  bool // there are more names than are told apart
}

func newRows(s *sink) *rows {
	r := &rows{sink: s, names: make(map[string]*column), rank: byRow, epoch: math.NaN()}
	r.begin()
	return r
}

// begin begins a row.
func (r *rows) begin() { r.values, r.best, r.seen = r.values[:0], byRow, math.NaN() }

// column returns the column of a name, nil where there are too many.
func (r *rows) column(name []byte) *column {
	if c, ok := r.names[string(name)]; ok {
		return c
	}
	if len(r.names) == maxNames {
		if !r.full {
			r.full = true
			r.sink.worry("the file has more than %d names: those after them are left out", maxNames)
		}
		return nil
	}
	c := columnOf(string(name))
	r.names[string(name)] = c
	return c
}

// number takes in a number of this row.
func (r *rows) number(c *column, v float64) {
	if c.time && r.unix(v) {
		return
	}
	if c.rank < byEpoch && v-v != 0 {
		return // no step
	}
	if c.rank < r.best && v-v == 0 {
		r.best, r.at = c.rank, len(r.values)
	}
	if c.rank == byEpoch {
		r.seen = v
	}
	if len(r.values) < protocol.MaxFields+1 { // one of them may be the step
		r.values = append(r.values, protocol.Value{Name: c.name, V: v})
	}
}

// unix takes a number as seconds or milliseconds since 1970, where it is about those of our time.
func (r *rows) unix(v float64) bool {
	if v >= 1e12 && v < 1e13 {
		v /= 1000
	}
	if !(v >= 1e9 && v < 1e10) {
		return false
	}
	whole, part := math.Modf(v)
	r.when = time.Unix(int64(whole), int64(part*1e9))
	return true
}

// layouts are how programs write times. Fractions of a second are taken with all of them.
var layouts = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00"}

// text takes in a text of this row: it may be a time.
func (r *rows) text(c *column, text []byte) {
	if !c.time || len(text) < 19 || len(text) > 40 || text[0] < '0' || text[0] > '9' {
		return
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, string(text), time.Local); err == nil {
			r.when = t
			return
		}
	}
}

// end logs this row, which came at a time where it does not tell another itself.
func (r *rows) end(came time.Time) {
	if r.best <= r.rank && r.best < byRow {
		r.rank = r.best
		r.count(r.values[r.at].V)
		if r.best < byEpoch {
			r.values = slices.Delete(r.values, r.at, r.at+1)
		}
	} else if r.rank == byRow {
		r.x = float64(r.row)
	}
	if len(r.values) > 0 {
		r.row++
		if !r.when.IsZero() {
			came = r.when
		}
		r.sink.log(r.x, r.values, came)
	}
	r.begin()
}

// count sets where this row is by its step. One that begins again while the epoch goes up is counted on: it is that of the
// epoch.
func (r *rows) count(step float64) {
	if r.rank < byEpoch {
		if step < r.step && r.seen > r.epoch {
			r.base = r.x
		}
		if r.seen == r.seen {
			r.epoch = r.seen
		}
	}
	r.step = step
	r.x = r.base + step
}
