package serve

import (
	"io"
	"strings"
	"testing"
)

// A terminal can also type its size, which is no way round the door.
func TestTypedSizes(t *testing.T) {
	fresh, made := toys(false)
	h := begin(t, Config{New: fresh})
	c := h.connect(t).shell("xterm", 80, 24)
	c.see("keys")
	c.press("\x1b[8;3000;3000t\x1b[48;3000;3000;0;0tk")
	c.see("k>")
	lab := get(t, made)
	lab.mu.Lock()
	defer lab.mu.Unlock()
	for _, s := range lab.sizes {
		if s.Width != 80 || s.Height != 24 {
			t.Errorf("a size of %v", s)
		}
	}
}

// Who leaves in the middle of a flood of keys leaves nothing behind: TestMain looks.
func TestLeavingAmongKeys(t *testing.T) {
	for _, last := range []string{"q", ""} {
		fresh, made := toys(true)
		h := begin(t, Config{New: fresh, Limits: Limits{Grace: 1}})
		c := h.connect(t).shell("xterm", 80, 24)
		c.see("tick")
		if _, err := io.WriteString(c.in, "k"+last+strings.Repeat("k", 3000)); err != nil {
			t.Fatal(err)
		}
		c.see("k")
		c.ssh.Close()
		get(t, get(t, made).closed)
		h.empty(t)
	}
}
