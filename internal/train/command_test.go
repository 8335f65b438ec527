package train

import (
	"strings"
	"testing"
)

// A journal is kept in memory: it has an end, and a run at its end goes on as before.
func TestJournalIsBounded(t *testing.T) {
	r, err := New(Spec{Problem: "beale", Optimizer: "sgd"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range mostEntries {
		if err := r.Apply(Command{Op: OpTurn, Key: "lr", Notches: 1 - 2*(i%2)}); err != nil {
			t.Fatal(err)
		}
	}
	before := r.Hash()
	if err := r.Apply(Command{Op: OpTurn, Key: "lr", Notches: 1}); err == nil || !strings.Contains(err.Error(), "20000 changes") {
		t.Errorf("one change more: %v", err)
	}
	if r.Hash() != before {
		t.Error("a refused change changes the run")
	}
	if n := r.Advance(10); n != 10 {
		t.Errorf("it goes on for %d steps", n)
	}
}
