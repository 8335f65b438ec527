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

// ask opens a prompt in place of the status line.
func (m *Model) ask(label, hint string, take func(text string) error) tea.Cmd {
	in := m.newInput(40)
	cmd := in.Focus()
	m.prompt = &prompt{label: label, hint: hint, input: in, take: take}
	return cmd
}

// newInput is a text field for so many characters.
func (m *Model) newInput(limit int) textinput.Model {
	in := textinput.New()
	in.Prompt = ""
	in.CharLimit = limit
	in.KeyMap.Paste.SetEnabled(m.guest == nil) // it starts a program that reads the clipboard of this machine
	return in
}

func (p *prompt) key(m *Model, msg tea.KeyPressMsg) tea.Cmd {
	switch msg.String() {
	case "esc":
		m.prompt = nil
		return nil
	case "enter":
		if text := strings.TrimSpace(p.input.Value()); text != "" {
			if err := p.take(text); err != nil {
				m.refuse("%v", err)
				return nil
			}
		}
		m.prompt = nil
		return nil
	}
	var cmd tea.Cmd
	p.input, cmd = p.input.Update(msg)
	return cmd
}

func (p *prompt) draw(m *Model, r rect) {
	x := r.x + 1
	x += m.screen.Text(x, r.y, p.label+" = ", m.accent(), plot.Bold)
	x += drawInput(m.screen, x, r.y, p.input)
	if m.refused {
		m.screen.Text(x+2, r.y, clip(m.status, r.w-x-2), m.warn(), plot.Bold)
		return
	}
	m.screen.Text(x+2, r.y, clip(p.hint+" · enter sets it, esc leaves it", r.w-x-2), m.dim(), m.faint())
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
