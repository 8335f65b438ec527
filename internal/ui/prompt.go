package ui

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"opttui/internal/plot"
)

// prompt is the line in which something is typed.
type prompt struct {
	label string
	hint  string // what is there now, and what is allowed
	input textinput.Model
	take  func(text string) error // an error keeps the prompt open
}

func (p *prompt) key(b *board, msg tea.KeyPressMsg) tea.Cmd {
	switch msg.String() {
	case "esc":
		b.prompt = nil
		return nil
	case "enter":
		if text := strings.TrimSpace(p.input.Value()); text != "" {
			if err := p.take(text); err != nil {
				b.refuse("%v", err)
				return nil
			}
		}
		b.prompt = nil
		return nil
	}
	var cmd tea.Cmd
	p.input, cmd = p.input.Update(msg)
	return cmd
}

func (p *prompt) draw(b *board, r rect) {
	x := r.x + 1
	x += b.screen.Text(x, r.y, p.label+" = ", b.accent(), plot.Bold)
	x += drawInput(b.screen, x, r.y, p.input)
	if b.refused {
		b.screen.Text(x+2, r.y, clip(b.status, r.w-x-2), b.warn(), plot.Bold)
		return
	}
	b.screen.Text(x+2, r.y, clip(p.hint+" · enter sets it, esc leaves it", r.w-x-2), b.dim(), b.faint())
}

// drawInput writes a text field with its cursor and returns its width.
func drawInput(c *plot.Canvas, x, y int, in textinput.Model) int {
	text := []rune(in.Value() + " ")
	n := c.Text(x, y, string(text), 0, plot.Bold)
	if at := x + in.Position(); at < c.W && y < c.H && at >= 0 && y >= 0 {
		c.At(at, y).A |= plot.Reverse
	}
	return n
}

// paste puts pasted text where text is being typed.
func (m *Model) paste(text string) {
	text = strings.Join(strings.Fields(text), " ")
	msg := tea.PasteMsg{Content: text}
	switch {
	case m.formula != nil:
		m.formula.paste(m, msg)
	case m.prompt != nil:
		m.prompt.input, _ = m.prompt.input.Update(msg)
	case m.picker != nil:
		m.picker.input, _ = m.picker.input.Update(msg)
		m.picker.filter()
	}
}
