package recipe

import (
	"bytes"
	"flag"
	"os"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the lecture's recipes anew, as Write does")

// The lecture's recipes are written as Write writes them, and can be made.
func TestLectureFiles(t *testing.T) {
	for _, s := range Lecture() {
		name := "lecture/" + s.Name + ".json"
		var b bytes.Buffer
		if err := s.Recipe.Write(&b); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if *update && !bytes.Equal(text, b.Bytes()) {
			if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			text = b.Bytes()
		}
		if !bytes.Equal(text, b.Bytes()) {
			t.Errorf("%s is not as Write writes it: go test ./internal/recipe -update", name)
		}
		if _, err := ReadFile(name); err != nil {
			t.Error(err)
		}
		if n := len(s.Recipe.Keys); n < 2 || len(s.Recipe.Caption) == 0 || s.Recipe.View.Steps == 0 {
			t.Errorf("%s lacks a caption, keys to try or steps", name)
		}
		for _, run := range s.Recipe.Runs {
			if utf8.RuneCountInString(run.Name) > 11 { // the list of runs has no more room on 80 columns
				t.Errorf("%s: the name %q is too long", name, run.Name)
			}
		}
	}
}
