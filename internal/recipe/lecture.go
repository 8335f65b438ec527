package recipe

import (
	"embed"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"opttui/internal/usage"
)

// Scenario is a recipe of a demo.
type Scenario struct {
	Name   string // that of its file, without the extension: "06-ravine"
	Recipe *Recipe
}

//go:embed lecture/*.json
var lecture embed.FS

// Lecture returns the scenarios of the lecture, one a topic, in its order. They are shared: nobody may change them.
var Lecture = sync.OnceValue(func() []Scenario {
	files, err := lecture.ReadDir("lecture")
	if err != nil {
		panic(err)
	}
	var all []Scenario
	for _, f := range files {
		data, err := lecture.ReadFile("lecture/" + f.Name())
		if err != nil {
			panic(err)
		}
		r, _, err := decode(data)
		if err != nil {
			panic("lecture/" + f.Name() + ": " + err.Error()) // the tests read every one
		}
		all = append(all, Scenario{strings.TrimSuffix(f.Name(), ".json"), r})
	}
	return all
})

// Folder reads all recipes of a folder as scenarios, in the order of their names.
func Folder(folder string) ([]Scenario, error) {
	if _, err := os.Stat(folder); err != nil {
		return nil, err
	}
	names, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, usage.Errorf("there are no recipes (*.json) in %s", folder)
	}
	slices.Sort(names)
	return Files(names...)
}

// Files reads recipes as scenarios.
func Files(names ...string) ([]Scenario, error) {
	var all []Scenario
	for _, name := range names {
		r, err := ReadFile(name)
		if err != nil {
			return nil, err
		}
		all = append(all, Scenario{strings.TrimSuffix(filepath.Base(name), filepath.Ext(name)), r})
	}
	return all, nil
}

// Find returns the index of a scenario by its number from 1 or its name, which may come without a leading number.
func Find(all []Scenario, name string) (int, error) {
	if n, err := strconv.Atoi(name); err == nil {
		if n < 1 || n > len(all) {
			return 0, usage.Errorf("there is no scenario %d: allowed is 1 to %d", n, len(all))
		}
		return n - 1, nil
	}
	var names []string
	for i, s := range all {
		short := strings.TrimLeft(s.Name, "0123456789-_")
		if name == s.Name || name == short {
			return i, nil
		}
		names = append(names, short)
	}
	return 0, usage.Unknown("scenario", name, names)
}
