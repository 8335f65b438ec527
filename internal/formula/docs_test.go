package formula

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The page on formulas names every function.
func TestDocs(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "docs", "formulas.md"))
	if err != nil {
		t.Fatal(err)
	}
	words := strings.FieldsFunc(string(b), func(r rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789", r) })
	for _, name := range Functions() {
		if !slices.Contains(words, name) {
			t.Errorf("docs/formulas.md does not name %s", name)
		}
	}
}
