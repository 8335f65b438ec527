package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"
)

// cast is a terminal whose output is recorded as well, in version 2 of asciinema's format
// (https://docs.asciinema.org/manual/asciicast/v2/): a line of JSON that describes the recording, then one for each piece of
// output or change of size, with its time in seconds. What cannot be recorded does not disturb the screen: err tells of it.
type cast struct {
	*os.File // the terminal

	mu    sync.Mutex
	file  *os.File
	begin time.Time
	rest  []byte // the first bytes of a character whose others are still to come
	w, h  int
	err   error
}

// newCast begins a recording of the terminal. It refuses to overwrite a file.
func newCast(name string, terminal *os.File) (*cast, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	c := &cast{File: terminal, file: f, begin: time.Now(), w: 80, h: 24}
	if w, h, err := term.GetSize(terminal.Fd()); err == nil && w > 0 && h > 0 {
		c.w, c.h = w, h
	}
	c.line(map[string]any{
		"version": 2, "width": c.w, "height": c.h, "timestamp": c.begin.Unix(), "title": "opttui",
		"env": map[string]string{"TERM": os.Getenv("TERM"), "COLORTERM": os.Getenv("COLORTERM")},
	})
	return c, c.err
}

// Write writes to the terminal and records it.
func (c *cast) Write(p []byte) (int, error) {
	n, err := c.File.Write(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	whole := append(c.rest, p[:n]...)
	cut := len(whole) // a piece must not end within a character
	for i := 1; i < utf8.UTFMax && i <= len(whole); i++ {
		if b := whole[len(whole)-i]; utf8.RuneStart(b) {
			if !utf8.FullRune(whole[len(whole)-i:]) {
				cut -= i
			}
			break
		}
	}
	c.event("o", string(whole[:cut]))
	c.rest = append([]byte(nil), whole[cut:]...)
	return n, err
}

// filter records changes of the terminal's size, of which the program is told by messages.
func (c *cast) filter(_ tea.Model, msg tea.Msg) tea.Msg {
	if size, ok := msg.(tea.WindowSizeMsg); ok {
		c.mu.Lock()
		defer c.mu.Unlock()
		if size.Width != c.w || size.Height != c.h {
			c.w, c.h = size.Width, size.Height
			c.event("r", fmt.Sprintf("%dx%d", c.w, c.h))
		}
	}
	return msg
}

func (c *cast) event(kind, data string) {
	if data != "" {
		c.line([]any{time.Since(c.begin).Seconds(), kind, data})
	}
}

func (c *cast) line(v any) {
	if c.err != nil {
		return
	}
	b, err := json.Marshal(v)
	if err == nil {
		_, err = c.file.Write(append(b, '\n'))
	}
	c.err = err
}

// end closes the recording and tells whether all of it is there. The terminal stays open.
func (c *cast) end() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.file.Close(); c.err == nil {
		c.err = err
	}
	return c.err
}
