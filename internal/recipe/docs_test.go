package recipe

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// The page's example is a recipe, and the page has a row for every field.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/recipes.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(page), "<!-- example -->\n```json\n")
	example, _, ok2 := strings.Cut(rest, "```\n")
	if !ok || !ok2 {
		t.Fatal("the page has no example")
	}
	r, err := Read(strings.NewReader(example))
	if err != nil {
		t.Fatal(err)
	}
	wrong := strings.Replace(example, `{"lr": "0.3"}`, `{"lr": "-1"}`, 1)
	_, err = Read(strings.NewReader(wrong))
	if err == nil || !strings.Contains(string(page), "race.json, "+err.Error()) {
		t.Errorf("the page does not have the message %q", err)
	}
	run, err := r.Runs[0].Train()
	if err != nil {
		t.Fatal(err)
	}
	if run.Advance(120); run.Loss() < 1 || len(run.Journal()) != 1 {
		t.Errorf("the first run's loss is %g", run.Loss())
	}
	for _, of := range []any{Recipe{}, Run{}, View{}, Smoothing{}} {
		collect(reflect.ValueOf(of), func(name string, _ reflect.Value) {
			if !strings.Contains(string(page), "`"+name+"`") {
				t.Errorf("the page says nothing about %s", name)
			}
		})
	}
	for _, names := range [][]string{Pictures, Axes, starts} {
		for _, name := range names {
			if !strings.Contains(string(page), "`"+name+"`") {
				t.Errorf("the page does not name %s", name)
			}
		}
	}
}
