package serve

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opttui/internal/paint"
)

// A terminal can also type its size, which is no way round the door.
func TestTypedSizes(t *testing.T) {
	fresh, made := toys(false)
	h := begin(t, Config{New: fresh})
	c := h.connect(t).shell("xterm", 80, 24)
	c.see("keys")
	c.press("\x1b[8;1000;1000tk\x1b[48;900;900;0;0tk")
	lab := get(t, made)
	until(t, "the keys are not heard", func() bool { return lab.has("kk") })
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
		lab := get(t, made)
		until(t, "the key is not heard", func() bool { return lab.has("k") })
		c.ssh.Close()
		get(t, lab.closed)
		h.empty(t)
	}
}

// Of thousands of keys only so many are heard, and fewer are drawn.
func TestFloodOfKeys(t *testing.T) {
	fresh, made := toys(false)
	h := begin(t, Config{New: fresh})
	began := time.Now()
	c := h.connect(t).shell("xterm", 80, 24)
	lab := get(t, made)
	c.press(strings.Repeat("k", keyBurst-1) + "x" + strings.Repeat("y", 2000))
	until(t, "the keys are not heard", func() bool { return lab.has("x") })
	n := lab.views.Load() // before the time is taken
	if took := time.Since(began); n > 10+int64(took/paint.Gap) {
		t.Errorf("%d frames are drawn in %v", n, took)
	}
	until(t, "no key is heard after a flood of them", func() bool { return lab.has("yy") })
	lab.mu.Lock()
	defer lab.mu.Unlock()
	if n, most := len(lab.keys), keyBurst+10+int(2*keyRate*time.Since(began).Seconds()); n > most {
		t.Errorf("%d keys are heard", n)
	}
}

// The last of several keys is drawn, too.
func TestLastKeyIsDrawn(t *testing.T) {
	fresh, _ := toys(false)
	h := begin(t, Config{New: fresh})
	c := h.connect(t).shell("xterm", 80, 24)
	c.press("kkkkkkkx")
	c.see("x>")
}

// A paste or an escape sequence that does not end would fill the memory, and a sequence would be read again and again.
func TestInputWithoutAnEnd(t *testing.T) {
	for name, begins := range map[string]string{"a paste": "\x1b[200~", "a sequence": "\x1b]"} {
		t.Run(name, func(t *testing.T) {
			fresh, _ := toys(false)
			h := begin(t, Config{New: fresh})
			c := h.connect(t).shell("xterm", 80, 24)
			c.see("keys")
			go func() { _, _ = io.WriteString(c.in, begins+strings.Repeat("x", 2*longestInput)) }()
			c.see("more than can be pasted at once")
			c.ended()
		})
	}
}

// Pastes that are not so long are heard, one after the other.
func TestLongPastes(t *testing.T) {
	fresh, made := toys(false)
	h := begin(t, Config{New: fresh})
	c := h.connect(t).shell("xterm", 80, 24)
	paste := "\x1b[200~" + strings.Repeat("x", longestInput*2/3) + "\x1b[201~"
	c.press(paste + paste + "k")
	lab := get(t, made)
	until(t, "the key is not heard", func() bool { return lab.has("k") })
}

// endless is input without an end, of which so many bytes come at a time.
type endless int

func (e endless) Read(p []byte) (int, error) { return min(int(e), len(p)), nil }

// Whoever types without an end is slowed down before the next bytes are read: by how many they are, and where they come one
// by one by how often that is.
func TestInputIsSlowedDown(t *testing.T) {
	for name, x := range map[string]struct {
		at, most int           // bytes at a time, and in all
		atLeast  time.Duration // that they take
	}{
		"a flood":      {1 << 20, inputBurst + 3*inputRate, 3 * time.Second},
		"single bytes": {1, keyBurst + 3*keyRate, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := (&visit{}).newInput(t.Context(), endless(x.at))
				began, p := time.Now(), make([]byte, 1<<20)
				for read := 0; read < x.most; {
					n, err := in.Read(p)
					if err != nil || n > inputRate {
						t.Fatalf("%d bytes in one piece, %v", n, err)
					}
					in.since.Store(0) // keys are made of them
					read += n
				}
				if took := time.Since(began); took < x.atLeast-time.Millisecond || took > 2*x.atLeast {
					t.Errorf("it takes %v", took)
				}
			})
		})
	}
}
