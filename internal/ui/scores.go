package ui

import (
	"fmt"
	"math"

	"opttui/internal/plot"
	"opttui/internal/problems"
	"opttui/internal/train"
)

// drawScores is the panel of a model: how well it does on its training data and on data held out from it, and
// below, where there is room, its weights as pictures.
func (m *Model) drawScores(p pane) {
	s := m.lane().snap
	title := "scores"
	if sc, ok := s.Score(); ok {
		title = fmt.Sprintf("%s ── held out %s, training %s", m.measure(), m.score(sc.TestAccuracy), m.score(sc.TrainAccuracy))
	}
	m.frameOf(p, title)
	in := p.inner()
	in.h -= m.drawWeights(in)
	if in.h < 14 {
		m.drawScore(&m.accuracy, in, accuracies)
		return
	}
	top := in.h * 55 / 100
	m.drawScore(&m.accuracy, rect{in.x, in.y, in.w, top}, accuracies)
	title = "loss, all data"
	if sc, ok := s.Score(); ok {
		title = fmt.Sprintf("loss, all data ── held out %s, training %s", value(sc.TestLoss), value(sc.TrainLoss))
	}
	m.frameOf(pane{rect{in.x, in.y + top, in.w, in.h - top}, false}, title)
	m.losses.Log = !m.linear
	m.drawScore(&m.losses, rect{in.x, in.y + top + 1, in.w, in.h - top - 1}, totalLosses)
}

// measure is what the model's scores call accuracy.
func (m *Model) measure() string {
	if s, ok := m.world.problem.(problems.Scored); ok {
		return s.Measure()
	}
	return "accuracy"
}

// score writes what the model's scores call accuracy: shares in percent, and R² as a number.
func (m *Model) score(v float64) string {
	if m.measure() == "accuracy" {
		return percent(v)
	}
	return value(v)
}

// accuracies are cut off below: a model that is far worse than none would flatten what follows.
func accuracies(s problems.Score) (train, test float64) {
	const least = -0.5
	return math.Max(s.TrainAccuracy, least), math.Max(s.TestAccuracy, least)
}

func totalLosses(s problems.Score) (train, test float64) { return s.TrainLoss, s.TestLoss }

// drawScore draws one pair of scores of all runs: the held-out one in the run's colour, the training one dimmer.
func (m *Model) drawScore(c *plot.Chart, in rect, of func(problems.Score) (train, test float64)) {
	m.blank(c)
	for _, l := range m.backToFront() {
		var train, test []plot.Point
		for _, sc := range l.snap.Scores {
			if x, ok := m.stepPosition(l.snap, sc.Step); ok {
				a, b := of(sc.Score)
				train = append(train, plot.Value(x, a))
				if !math.IsNaN(sc.TestLoss) { // small data: none is held out
					test = append(test, plot.Value(x, b))
				}
			}
		}
		c.Series = append(c.Series,
			plot.Series{Points: train, Color: plot.Mix(m.tint(l), m.dim(), 0.7)},
			plot.Series{Points: test, Color: m.tint(l), Marker: l.marker})
	}
	c.Draw(m.screen, in.x, in.y, in.w, in.h)
}

// drawWeights shows the selected run's weights as pictures along the bottom of r, and returns how many rows they
// take: none where the problem has no pictures or there is no room.
func (m *Model) drawWeights(r rect) int {
	s := m.lane().snap
	pics := s.Pictures
	if len(pics) == 0 || m.mode != plot.Colour {
		return 0
	}
	w, h := pics[0].W, (pics[0].H+1)/2+1 // a line for the name
	rows := 1
	for rows < len(pics) && (len(pics)+rows-1)/rows*(w+1) > r.w {
		rows++
	}
	across := (len(pics) + rows - 1) / rows
	if across*(w+1) > r.w || r.h < rows*h+8 {
		return 0
	}
	gap := min((r.w-across*w)/across, 4)
	left := r.x + (r.w-across*(w+gap)+gap)/2
	for i, p := range pics {
		x := left + i%across*(w+gap)
		y := r.y + r.h - (rows-i/across)*h
		m.screen.Text(x+w/2-width(p.Name)/2, y, p.Name, m.dim(), m.faint())
		drawPicture(m.screen, x, y+1, p)
	}
	return rows * h
}

// drawPicture paints values from −1 to 1 in half blocks.
func drawPicture(c *plot.Canvas, x, y int, p train.Picture) {
	at := func(i, j int) plot.Color {
		if j >= p.H {
			return 0
		}
		return plot.Heat(0.5 + 0.5*p.V[j*p.W+i])
	}
	for j := 0; j < p.H; j += 2 {
		for i := range p.W {
			c.Set(x+i, y+j/2, plot.Cell{R: '▀', FG: at(i, j), BG: at(i, j+1)})
		}
	}
}
