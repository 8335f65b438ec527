package advice

import (
	"os"
	"strings"
	"testing"
)

// TestDocs: docs/advice.md has a row for each kind, in the order in which they are told.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/advice.md")
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, kind := range Kinds {
		i := strings.Index(string(page), "\n| "+string(kind)+" |")
		if i < at {
			t.Errorf("the row of %q is at %d, after one at %d", kind, i, at)
		}
		at = i
	}
	if len(judges) != len(Kinds)-2 { // diverged and bottomless are told apart by one, and overfitting is for programs
		t.Errorf("%d judges, %d kinds", len(judges), len(Kinds))
	}
}
