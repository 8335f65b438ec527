package monitor

// Bounds of what is kept of what a program prints.
const (
	maxLines = 5000
	maxLine  = 2000 // characters
)

// Line is one that a program has printed. Loud ones came by its standard error.
type Line struct {
	Text string
	Loud bool
}

// ring keeps the last lines.
type ring struct {
	lines []Line
	first int     // of the oldest, once all places are taken
	total int     // that were ever printed
	begun [2]Line // of each output, what there is of a line without an end
}

func (r *ring) add(l Line) {
	r.total++
	if len(r.lines) < maxLines {
		r.lines = append(r.lines, l)
		return
	}
	r.lines[r.first] = l
	r.first = (r.first + 1) % maxLines
}

// last returns up to n lines, of which the newest comes so many lines before the end; at the end those that are begun
// follow.
func (r *ring) last(n, before int) []Line {
	var begun []Line
	for _, l := range r.begun {
		if l.Text != "" && before <= 0 && n > 0 {
			begun = append(begun, l)
			n--
		}
	}
	end := max(len(r.lines)-max(before, 0), 0)
	begin := max(end-n, 0)
	out := make([]Line, 0, end-begin)
	for i := begin; i < end; i++ {
		out = append(out, r.lines[(r.first+i)%len(r.lines)])
	}
	return append(out, begun...)
}
