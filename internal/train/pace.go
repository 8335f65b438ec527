package train

import "time"

// speedTime is how long the speed is measured.
const speedTime = 500 * time.Millisecond

// pace decides how many steps to take at a time.
type pace struct {
	begin time.Time // when the present rate began
	steps int       // taken since
	rate  float64
	size  float64 // steps that take about batchTime
}

// chunk is how many steps to take before looking at the mailbox and the clock again.
func (p *pace) chunk() int { return max(1, int(p.size)) }

// maxChunk bounds the steps that are taken at a time.
const maxChunk = 1e6

// learn adjusts the chunk to the time that the last one took.
func (p *pace) learn(steps int, took time.Duration) {
	if steps == 0 || steps < p.chunk() {
		return
	}
	want := p.size * float64(batchTime) / float64(max(took, time.Microsecond))
	p.size = min(max(want, 1), max(2*p.size, 2), maxChunk)
}

// maxDebt is how long a run that could not keep up tries to make up for; older debts are forgiven.
const maxDebt = 100 * time.Millisecond

// leastWait is how long a run waits at least for steps to become due. A processor that is woken for every step of several runs
// would do nothing else, and nobody sees them come one by one.
const leastWait = 25 * time.Millisecond

// longest is how long a run waits before it looks again.
const longest = time.Hour

// due returns how many steps are owed at this rate, or else how long until the next is, both within bounds.
func (p *pace) due(now time.Time, rate float64) (steps int, until time.Duration) {
	if p.rate != rate {
		// The first step is owed at once, so that even at one step a second a key shows its effect.
		p.begin, p.steps, p.rate = now, -1, rate
	}
	owed := now.Sub(p.begin).Seconds()*rate - float64(p.steps)
	if limit := max(1, rate*maxDebt.Seconds()); owed > 2*limit {
		p.begin, p.steps = now, -1
		owed = 1
	}
	if owed >= 1 {
		return int(min(owed, maxChunk)), 0
	}
	return 0, max(leastWait, time.Duration(min((1-owed)/rate, longest.Seconds())*float64(time.Second)))
}

func (p *pace) paid(steps int) { p.steps += steps }

// meter measures steps a second over windows of half a second.
type meter struct {
	since time.Time
	steps int
	speed float64
}

func (m *meter) count(steps int, now time.Time) {
	if m.since.IsZero() {
		m.since = now
	}
	m.steps += steps
	if d := now.Sub(m.since); d >= speedTime {
		m.speed = float64(m.steps) / d.Seconds()
		m.since, m.steps = now, 0
	}
}
