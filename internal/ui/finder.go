package ui

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	tea "charm.land/bubbletea/v2"

	"opttui/internal/lrfinder"
	"opttui/internal/plot"
	"opttui/internal/report"
	"opttui/internal/train"
)

// finderBox shows a search for the initial learning rate of one run as it goes on. The search has runs of its own, from
// the start and with the settings of now; the run itself goes on untouched.
type finderBox struct {
	search
	rule   string
	trials []*lrfinder.Trial // by ascending rate
	result *lrfinder.Result  // nil until the end

	at float64 // the rate under the cursor, 0 until it is moved: the best so far
}

// findRate opens the learning-rate finder for the selected run.
func (m *Model) findRate() {
	l := m.lane()
	if _, ok := l.snap.Setting("optimizer.lr"); !ok {
		m.refuse("%s has no learning rate to look for", l.snap.Optimizer.Name)
		return
	}
	ctx, stop := context.WithCancel(m.ctx)
	b := &finderBox{search: search{lane: l, stop: stop, guest: m.guest}, rule: l.snap.Optimizer.Name}
	m.finder = b
	spec := l.snap.Spec.Clone()
	m.beside(func() { b.find(ctx, spec) })
}

func (b *finderBox) find(ctx context.Context, spec train.Spec) {
	f, err := lrfinder.New(spec, lrfinder.Options{Progress: b.told, Workers: b.guest.workers(), Share: b.guest.share()})
	var result *lrfinder.Result
	if err == nil {
		result, err = f.Find(ctx)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.result, b.err, b.news = result, err, true
	if result != nil {
		b.trials = result.Trials
	}
}

// told takes in what has been found so far.
func (b *finderBox) told(p lrfinder.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.progress, b.news = p, true
	if t := p.Trial; t != nil {
		i, found := slices.BinarySearchFunc(b.trials, t.LR, func(t *lrfinder.Trial, lr float64) int {
			return cmp.Compare(t.LR, lr)
		})
		if !found {
			b.trials = slices.Insert(slices.Clone(b.trials), i, t)
		}
	}
}

// cursor returns the trial under the cursor: the best so far where nobody has moved it.
func (b *finderBox) cursor() int {
	best := -1
	for i, t := range b.trials {
		switch {
		case b.at > 0 && t.LR <= b.at*(1+1e-9):
			best = i
		case b.at > 0:
		case b.result != nil && b.result.Answered():
			if math.Abs(math.Log(t.LR/b.result.Chosen)) < math.Abs(math.Log(b.trials[max(best, 0)].LR/b.result.Chosen)) || best < 0 {
				best = i
			}
		case t.Status == lrfinder.OK && (best < 0 || t.Loss < b.trials[best].Loss):
			best = i
		}
	}
	return max(best, 0)
}

func (b *finderBox) key(m *Model, msg tea.KeyPressMsg) {
	b.mu.Lock()
	defer b.mu.Unlock()
	step := 0
	switch msg.String() {
	case "esc", "f":
		b.stop()
		m.finder = nil
	case "left":
		step = -1
	case "right":
		step = 1
	case "enter":
		b.apply(m)
	case "E":
		b.export(m)
	default:
		m.refuse("← → look at a trial, enter takes its rate, E writes files, esc leaves")
	}
	if n := len(b.trials); step != 0 && n > 0 {
		b.at = b.trials[min(max(b.cursor()+step, 0), n-1)].LR
	}
}

// apply gives the run the rate that was chosen, or that under the cursor where it has been moved.
func (b *finderBox) apply(m *Model) {
	rate := math.NaN()
	switch {
	case b.at > 0:
		rate = b.trials[b.cursor()].LR
	case b.result != nil && b.result.Answered():
		rate = b.result.Chosen
	}
	if math.IsNaN(rate) {
		m.refuse("there is no answer yet: ← → choose a trial by hand")
		return
	}
	b.stop()
	m.finder = nil
	old, ok := b.lane.snap.Setting("optimizer.lr")
	if !ok || !slices.Contains(m.lanes, b.lane) {
		m.refuse("the run is not there any more, or has no learning rate now")
		return
	}
	set := func(v float64) []train.Command {
		return []train.Command{{Op: train.OpSet, Key: "optimizer.lr", Value: number(v)}}
	}
	m.undo = &undo{b.lane, set(old.Value)}
	m.give(b.lane, set(rate))
}

// export writes the trials as a table and as a picture.
func (b *finderBox) export(m *Model) {
	r := b.result
	if r == nil || len(r.Trials) == 0 {
		m.refuse("the search goes on: E writes its trials when it is done")
		return
	}
	problem := b.lane.snap.Spec.Problem
	m.save("rates-"+problem,
		artefact{"csv", func(w io.Writer) error { return report.RatesCSV(w, r) }},
		artefact{"svg", func(w io.Writer) error { return report.RatesPicture(w, "svg", b.rule+" on "+problem, r) }})
}

func (b *finderBox) draw(m *Model) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w, h := min(m.w-2, 110), min(m.h-2, 34)
	box := pane{rect{(m.w - w) / 2, max(1, (m.h-h)/2), w, h}, true}
	m.screen.Fill(box.x, box.y, box.w, box.h, plot.Cell{R: ' '})
	m.frameOf(box, fmt.Sprintf("learning rate of %s ── ← → look at a trial, enter takes the rate, E writes CSV and SVG, esc leaves", b.rule))
	in := box.inner()
	lines := b.words()
	text := min(len(lines), max(in.h-8, 1))
	for i, line := range lines[:text] {
		if m.ascii {
			line = words.Replace(line)
		}
		m.screen.Text(in.x+1, in.y+in.h-text+i, clip(line, in.w-2), 0, 0)
	}
	if b.result == nil && b.err == nil {
		m.drawShare(rect{in.x, in.y + in.h - text, in.w, 1}, b.share())
	}
	charts := rect{in.x, in.y, in.w, in.h - text}
	if len(b.trials) == 0 {
		return
	}
	left := charts
	if in.w >= 70 {
		left.w = in.w * 62 / 100
		t, right := b.trials[b.cursor()], rect{in.x + left.w, in.y, in.w - left.w, charts.h - 1}
		b.drawTrial(m, t, right)
		m.screen.Text(right.x+2, right.y+right.h, clip(fmt.Sprintf("ε %s: loss %s, %s", value(t.LR), value(t.Loss), t.Status), right.w-3), m.dim(), m.faint())
	}
	b.drawRates(m, left)
}

// drawRates is the loss after the trials against their rates, with what was found.
func (b *finderBox) drawRates(m *Model, r rect) {
	c := &m.boxed(&b.search).chart
	m.blank(c)
	c.Log = true
	var stable, bad []plot.Point
	for _, t := range b.trials {
		p := plot.Value(math.Log10(t.LR), t.Loss)
		if t.Status == lrfinder.OK {
			stable = append(stable, p)
		} else if t.Loss-t.Loss == 0 {
			bad = append(bad, p)
		}
	}
	top := math.Inf(-1)
	for _, p := range stable {
		top = math.Max(top, p.Mid)
	}
	for i := range bad { // they would flatten what matters
		bad[i] = plot.Value(bad[i].X, math.Min(bad[i].Mid, 10*math.Abs(top)))
	}
	c.Series = append(c.Series,
		plot.Series{Points: bad, Color: m.warn()},
		plot.Series{Points: stable, Color: m.tint(b.lane), Marker: 0})
	mark := func(lr float64, text string, col plot.Color) {
		if lr > 0 && !math.IsInf(lr, 1) {
			c.Marks = append(c.Marks, plot.Mark{X: math.Log10(lr), Text: text, Color: col})
		}
	}
	if q := b.result; q != nil {
		mark(q.Best, "ε*", m.accent())
		mark(q.Edge, "edge", m.warn())
		mark(q.Limit.LR, "limit", m.dim())
		mark(q.Suggested, "ε₀", m.accent())
	}
	mark(b.trials[b.cursor()].LR, "›", 0)
	c.Draw(m.screen, r.x, r.y, r.w, r.h-1)
	m.screen.Text(r.x+2, r.y+r.h-1, clip("loss after the trials, by log₁₀ ε", r.w-3), m.dim(), m.faint())
}

// words tell what has been found, or how far the search is.
func (b *finderBox) words() []string {
	switch q := b.result; {
	case b.err != nil:
		return []string{firstLine(b.err.Error())}
	case q == nil:
		return []string{fmt.Sprintf("looking: %s", b.progress.Phase)}
	case q.Reason != "":
		return []string{"no answer: " + q.Reason}
	default:
		limit := ""
		if q.Limit.LR > 0 {
			limit = fmt.Sprintf(" · theory: stable below %s", value(q.Limit.LR))
		}
		lines := []string{
			fmt.Sprintf("ε* %s does best after %d iterations · unstable from %s on%s", value(q.Best), q.Iterations, value(q.Edge), limit),
			ruleWords(q),
		}
		for _, c := range q.Check {
			line := fmt.Sprintf("   %-12s %-9s loss %-9s", c.Name, value(c.LR), value(c.Loss))
			lower := slices.ContainsFunc(q.Check, func(d lrfinder.Candidate) bool { return d.Loss < c.Loss })
			switch {
			case c.LR != q.Chosen:
			case lower: // see Finder.better
				line += " ← none is better for sure"
			default:
				line += " ← the best of these"
			}
			lines = append(lines, line)
		}
		return append(lines, fmt.Sprintf("enter takes %s; u takes it back", value(q.Chosen)))
	}
}

// ruleWords say whether the lecture's rule holds, by the longer runs.
func ruleWords(q *lrfinder.Result) string {
	rule := "somewhat above ε*, as the rule of thumb says: ε₀ " + value(q.Suggested)
	switch q.Rule {
	case lrfinder.Holds:
		return rule + "; it holds here, after ten times the iterations"
	case lrfinder.Fails:
		return rule + "; it fails here, after ten times the iterations"
	default:
		return rule + "; whether it holds here cannot be told"
	}
}
