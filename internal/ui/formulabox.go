package ui

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"opttui/internal/formula"
	"opttui/internal/plot"
	"opttui/internal/problems"
)

// formulaBox is where a formula is typed, with a picture of it as it stands.
type formulaBox struct {
	inputs  [2]textinput.Model // the formula, and the intervals of its variables
	at      int                // which of them is typed into
	text    [2]string          // for which spec was made
	spec    problems.Spec
	err     error
	problem problems.Problem // an instance for the preview
}

const formulaLimit = 1000 // characters

// typeFormula opens the box, with the formula that runs if there is one.
func (m *Model) typeFormula() {
	b := &formulaBox{}
	for i := range b.inputs {
		b.inputs[i] = m.newInput(formulaLimit)
	}
	if f := m.lane().snap.Spec.Formula; f != nil {
		b.inputs[0].SetValue(f.Text)
		b.inputs[1].SetValue(problems.FormatDomain(f.Domain))
	}
	b.inputs[0].Focus()
	m.formula = b
	b.update(m)
}

// formula is the formula as it is typed.
func (b *formulaBox) formula() (*problems.Formula, error) {
	domain, err := problems.ParseDomain(b.text[1])
	return &problems.Formula{Text: b.text[0], Domain: domain}, err
}

// update reads the formula again after a key.
func (b *formulaBox) update(m *Model) {
	text := [2]string{strings.TrimSpace(b.inputs[0].Value()), strings.TrimSpace(b.inputs[1].Value())}
	if text == b.text {
		return
	}
	b.text = text
	f, err := b.formula()
	if err == nil && text[0] != "" {
		var spec problems.Spec
		if spec, err = f.Spec(); err == nil {
			b.spec, b.problem = spec, spec.New()
			for _, k := range b.problem.Knobs() { // as the run has them, which keeps them
				if set, ok := m.lane().snap.Setting("problem." + k.Key); ok && m.lane().snap.Spec.Formula != nil {
					_ = k.Set(set.Value)
				}
			}
		}
	}
	if b.err = err; text[0] == "" {
		b.problem = nil
	} // else the picture of the last formula without a mistake stays
}

func (b *formulaBox) key(m *Model, msg tea.KeyPressMsg) tea.Cmd {
	switch msg.String() {
	case "esc":
		m.formula = nil
		return nil
	case "tab", "shift+tab", "up", "down":
		b.inputs[b.at].Blur()
		b.at = 1 - b.at
		return b.inputs[b.at].Focus()
	case "enter":
		f, err := b.formula()
		switch {
		case b.text[0] == "":
			m.formula = nil
		case err == nil && b.err == nil:
			m.formula = nil
			m.setProblem(problems.Ref{Name: problems.OwnFormula, Formula: f})
		default:
			err = cmp.Or(err, b.err)
			m.refuse("%s", firstLine(err.Error()))
		}
		return nil
	}
	var cmd tea.Cmd
	b.inputs[b.at], cmd = b.inputs[b.at].Update(msg)
	b.update(m)
	return cmd
}

func (b *formulaBox) paste(m *Model, msg tea.PasteMsg) {
	b.inputs[b.at], _ = b.inputs[b.at].Update(msg)
	b.update(m)
	m.dirty = true
}

func (b *formulaBox) draw(m *Model) {
	w, h := min(m.w-4, 100), min(m.h-4, 24)
	box := pane{rect{(m.w - w) / 2, max(1, (m.h-h)/2), w, h}, true}
	m.screen.Fill(box.x, box.y, box.w, box.h, plot.Cell{R: ' '})
	m.frameOf(box, "formula ── enter starts it, tab goes to the domain, ctrl-u clears, esc leaves")
	in := box.inner()
	x, room := in.x+1, in.w-2
	labels := [2]string{"f = ", "domain "}
	rows := [2]int{in.y, in.y + 2}
	for i, input := range b.inputs {
		n := m.screen.Text(x, rows[i], labels[i], m.dim(), m.faint())
		b.drawField(m, x+n, rows[i], room-n, input, i == b.at)
	}
	if b.text[1] == "" && b.at == 0 {
		m.screen.Text(x+len(labels[1]), rows[1], clip("-5:5 for every variable, else as in -2:2,-1:3", room-len(labels[1])), m.dim(), m.faint())
	}
	b.drawMessage(m, x, in.y+1, room, len(labels[0]))
	if b.err != nil && b.problem != nil {
		m.screen.Text(x, in.y+3, clip("below: before the mistake", room), m.dim(), m.faint())
	}
	if b.text[0] == "" {
		for i, line := range wrap("functions: "+strings.Join(formula.Functions(), " ")+"; constants pi, e; c ? a : b; sum(i, 1, 10, x[i]^2)", room) {
			if in.y+4+i < in.y+in.h {
				m.screen.Text(x, in.y+4+i, line, m.dim(), m.faint())
			}
		}
	}
	b.drawPreview(m, rect{in.x, in.y + 4, in.w, in.h - 4})
}

// drawField shows the part of a long text that the cursor is in.
func (b *formulaBox) drawField(m *Model, x, y, room int, in textinput.Model, active bool) {
	text := []rune(in.Value() + " ")
	from := b.scroll(in, room)
	attr := plot.Attr(0)
	if active {
		attr = plot.Bold
	}
	m.screen.Text(x, y, string(text[from:min(len(text), from+room)]), 0, attr)
	if at := x + in.Position() - from; active && at >= 0 && at < m.screen.W && y < m.screen.H {
		m.screen.At(at, y).A |= plot.Reverse
	}
}

// scroll is the first character of a field that is shown.
func (b *formulaBox) scroll(in textinput.Model, room int) int {
	return max(0, in.Position()-room+1)
}

// drawMessage tells what is wrong, below where it is, or what the formula is about.
func (b *formulaBox) drawMessage(m *Model, x, y, room, label int) {
	if b.text[0] == "" {
		m.screen.Text(x+label, y, clip("as in (1-x)^2 + a*(y-x^2)^2: x, y, z or x1, x2 … are variables, other names become settings", room-label), m.dim(), m.faint())
		return
	}
	if b.err == nil {
		m.screen.Text(x+label, y, clip(b.spec.Kind, room-label), m.accent(), 0)
		return
	}
	text, at := firstLine(b.err.Error()), label
	var e *formula.Error
	if errors.As(b.err, &e) && e.Column > 0 {
		blanks := len([]rune(b.inputs[0].Value())) - len([]rune(strings.TrimLeft(b.inputs[0].Value(), " ")))
		text, at = "^ "+e.Msg, label+blanks+e.Column-1-b.scroll(b.inputs[0], room-label)
		if at+width(text) > room { // no room to the right of the caret
			m.screen.Text(x+max(0, min(at, room-1)), y, "^", m.warn(), plot.Bold)
			at = max(0, at-width(e.Msg)-1)
			text = e.Msg
		}
	}
	m.screen.Text(x+max(at, 0), y, clip(text, room-max(at, 0)), m.warn(), plot.Bold)
}

// previewTime bounds how long a preview may take to compute: keys must not wait for it.
const previewTime = 10 * time.Millisecond

// affordable is how many values there is time for.
func (b *formulaBox) affordable(x []float64) int {
	cost := time.Hour
	for range 5 { // the least of some: any one may be interrupted
		began := time.Now()
		b.problem.Value(x)
		cost = min(cost, time.Since(began))
	}
	return max(int(previewTime/max(cost, time.Microsecond/2)), 16)
}

// drawPreview is the landscape of two variables, or the curve of one.
func (b *formulaBox) drawPreview(m *Model, r rect) {
	if b.problem == nil || r.w < 8 || r.h < 3 {
		return
	}
	n, box := b.problem.Dim(), b.spec.Shown()
	x := b.problem.Start(0)
	points := b.affordable(x)
	switch n {
	case 1:
		count := min(2*r.w, points)
		curve := make([]plot.Point, 0, count+1)
		for i := range count + 1 {
			x[0] = box[0][0] + (box[0][1]-box[0][0])*float64(i)/float64(count)
			curve = append(curve, plot.Value(x[0], b.problem.Value(x)))
		}
		chart := &m.boxed(b).chart
		m.blank(chart)
		chart.Series = append(chart.Series, plot.Series{Points: curve, Color: m.accent()})
		chart.Draw(m.screen, r.x, r.y, r.w, r.h)
	case 2:
		nx, ny := 2*r.w, 2*r.h
		for nx*ny > points && nx > 4 && ny > 4 {
			nx, ny = nx/2, ny/2
		}
		view := plot.View{X0: box[0][0], X1: box[0][1], Y0: box[1][0], Y1: box[1][1]}
		values := make([]float64, 0, nx*ny)
		for j := range ny {
			for i := range nx {
				x[0], x[1] = view.FromCell(i, j, nx, ny)
				values = append(values, b.problem.Value(x))
			}
		}
		field := &m.boxed(b).field
		field.ComputeGrid(values, nx, ny, view, r.w, r.h, math.NaN())
		field.Draw(m.screen, r.x, r.y, m.mode)
	default:
		m.screen.Text(r.x+1, r.y+r.h/2, clip(fmt.Sprintf("%d variables: v shows planes through the run", n), r.w-2), m.dim(), m.faint())
	}
}
