package recipe

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"opttui/internal/dataset"
	"opttui/internal/kernel"
	"opttui/internal/optim"
	"opttui/internal/problems"
	"opttui/internal/train"
	"opttui/internal/usage"
)

// anyText draws what may be printed, with what JSON escapes.
func anyText(most int) *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]rune(`ab z"\/<&>'αε→²{}[],:`)), 0, most), func(r []rune) string { return string(r) })
}

// ran draws a run with the journal that a person's keys made.
func ran(t *rapid.T, ref problems.Ref) Run {
	spec := train.Spec{
		Optimizer:  rapid.SampledFrom([]string{"sgd", "momentum", "adam", "lbfgs"}).Draw(t, "optimizer"),
		Schedule:   rapid.SampledFrom(train.ScheduleNames()).Draw(t, "schedule"),
		Convention: rapid.SampledFrom(append([]string{""}, optim.Conventions...)).Draw(t, "convention"),
		Batch:      rapid.IntRange(0, 100).Draw(t, "batch"),
		Noise:      rapid.Float64Range(0, 10).Draw(t, "noise"),
		Seed:       rapid.Uint64().Draw(t, "seed"),
	}.On(ref)
	if rapid.Bool().Draw(t, "start") {
		spec.Start = []float64{rapid.Float64Range(-1, 1).Draw(t, "x"), rapid.Float64Range(-1, 1).Draw(t, "y")}
	}
	if rapid.Bool().Draw(t, "set") && spec.Optimizer != "lbfgs" {
		spec.Set = map[string]string{"optimizer.lr": "0.00125", "run.switch_warmup": "3"}
	}
	run, err := train.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	for range rapid.IntRange(0, 4).Draw(t, "commands") {
		run.Advance(rapid.IntRange(0, 5).Draw(t, "steps"))
		_ = run.Apply(rapid.SampledFrom([]train.Command{
			{Op: train.OpScale, Key: "lr", Factor: 0.3}, {Op: train.OpOptimizer, Value: "adam", Set: map[string]string{"beta1": "0.7"}},
			{Op: train.OpSchedule, Value: "cosine"}, {Op: train.OpConvention}, {Op: train.OpTurn, Key: "run.noise", Notches: 3},
		}).Draw(t, "command"))
	}
	journal := run.Journal()
	if len(journal) == 0 {
		journal = nil
	}
	return Run{Spec: spec, Name: anyText(20).Draw(t, "name"), Journal: journal}
}

// What is written is read again as it was, and written again in the same text.
func TestWriteRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ref := rapid.SampledFrom([]problems.Ref{
			{Name: "beale"},
			{Name: problems.OwnFormula, Formula: &problems.Formula{Text: "(x-1)^2 + a*y^2", Domain: [][2]float64{{-2, 0.1}, {-1e-9, 3}}}},
		}).Draw(t, "problem")
		r := &Recipe{Version: Version, Title: anyText(40).Draw(t, "title"), Kernel: kernel.Name()}
		for range rapid.IntRange(1, 3).Draw(t, "runs") {
			r.Runs = append(r.Runs, ran(t, ref))
		}
		for range rapid.IntRange(0, MaxCaption).Draw(t, "captions") {
			r.Caption = append(r.Caption, anyText(Columns).Draw(t, "caption"))
		}
		for range rapid.IntRange(0, MaxKeys).Draw(t, "keys") {
			r.Keys = append(r.Keys, Key{"]", anyText(30).Draw(t, "key")})
		}
		r.View = View{
			Speed:  rapid.SampledFrom([]Speed{0, 1, 0.25, 1e7, Speed(train.Unlimited)}).Draw(t, "speed"),
			Select: rapid.IntRange(0, len(r.Runs)).Draw(t, "select"), Picture: rapid.SampledFrom(Pictures).Draw(t, "picture"),
			Axis: rapid.SampledFrom(Axes).Draw(t, "axis"), Linear: rapid.Bool().Draw(t, "linear"), Paused: rapid.Bool().Draw(t, "paused"),
			Steps: rapid.IntRange(0, maxSteps).Draw(t, "stop"),
		}
		if rapid.Bool().Draw(t, "more") {
			alpha := 0.98
			r.View.Smoothing = &alpha
			r.View.Zoom = [][2]float64{{-math.Pi, 1e-300}, {0, math.MaxFloat64}}
			r.View.Smoothings = []Smoothing{{Alpha: 1.0 / 3}, {0.98, StartZero}}
		}
		var text, again bytes.Buffer
		if err := r.Write(&text); err != nil {
			t.Fatal(err)
		}
		got, err := Read(bytes.NewReader(text.Bytes()))
		if err != nil {
			t.Fatalf("%v\n%s", err, text.String())
		}
		if !reflect.DeepEqual(got, r) {
			t.Fatalf("read is %+v\nwritten was %+v\n%s", got, r, text.String())
		}
		if err := got.Write(&again); err != nil || again.String() != text.String() {
			t.Fatalf("written again (%v):\n%s\nfirst:\n%s", err, again.String(), text.String())
		}
	})
}

// recipeWith returns a recipe of one run with more fields in it, on lines 3 and 4.
func recipeWith(run, more string) string {
	return "{\"version\": 1,\n \"runs\": [\n  {\"problem\": \"beale\", \"optimizer\": \"adam\", \"seed\": 1" + run + "}]\n" + more + "}\n"
}

// Whatever is wrong is told with its line and its field, and what is allowed.
func TestErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "line 1: unexpected end"},
		{"{\n\"version\": 1,\n}", "line 3: invalid character '}'"},
		{"{\"version\": 1}\n\n x", "line 3: invalid character 'x' after top-level value"},
		{"{\"version\": 1,\n \"runs\": [", "line 2: unexpected end"},
		{"[1]", "line 1: an object in {} is wanted here, not a list in []"},
		{"{}", "line 1: version: it is missing: this program reads version 1"},
		{`{"version": 2}`, "line 1: version: 2 is not known"},
		{`{"version": 1}`, "line 1: runs: there are none"},
		{`{"version": 1.5}`, "line 1: version: a whole number is wanted here, not 1.5"},
		{recipeWith("", `,"titel": "x"`), `line 4: unknown field "titel": did you mean "title"?`},
		{recipeWith("", `,"Title": "x"`), `line 4: unknown field "Title": did you mean "title"?`},
		{recipeWith("", `,"title": 7`), "line 4: title: a text in quotes is wanted here, not 7"},
		{recipeWith("", `,"title": null`), "line 4: title: a text in quotes is wanted here, not null"},
		{recipeWith("", `,"title": "a","title": "b"`), `line 4: "title" is given twice`},
		{recipeWith("", `,"title": "\u001b[2J"`), "line 4: title: \"\\x1b[2J\" has characters that cannot be printed"},
		{recipeWith("", `,"caption": ["", "`+strings.Repeat("x", 77)+`"]`), "line 4: caption[1]: it has 77 columns: allowed are 76"},
		{recipeWith("", `,"caption": ["","","",""]`), "line 4: caption: it has 4 lines"},
		{recipeWith("", `,"keys": [{"key": "]", "txt": "x"}]`), `line 4: keys[0]: unknown field "txt": did you mean "text"?`},
		{recipeWith(`,"optimzer": "x"`, ""), `line 3: runs[0]: unknown field "optimzer": did you mean "optimizer"?`},
		{recipeWith(`,"batch": "all"`, ""), `line 3: runs[0].batch: a number is wanted here, not "all"`},
		{recipeWith(`,"batch": -1`, ""), "line 3: runs[0].batch: batch cannot be -1"},
		{recipeWith(`,"noise": 1e400`, ""), "line 3: runs[0].noise: a finite number is wanted here, not 1e400"},
		{recipeWith(`,"noise": -2`, ""), "line 3: runs[0].noise: noise cannot be -2"},
		{recipeWith(`,"start": [1,2,3]`, ""), "line 3: runs[0].start: "},
		{recipeWith(`,"schedule": "cosin"`, ""), `line 3: runs[0].schedule: unknown schedule "cosin": did you mean "cosine"?`},
		{recipeWith(`,"convention": "pytorch"`, ""), "line 3: runs[0].convention: unknown convention"},
		{recipeWith(",\"set\": {\"lr\": \"1\",\n\"beta1\": \"2\"}", ""), "line 4: runs[0].set.beta1: beta1 cannot be 2"},
		{recipeWith(",\"set\": {\n\"beta\": \"0.5\",\"lr\": \"1\"}", ""), `line 4: runs[0].set.beta: adam on beale has no setting "beta"`},
		{recipeWith(`,"set": {"lr": 1}`, ""), "line 3: runs[0].set.lr: a text in quotes is wanted here, not 1"},
		{recipeWith(",\"journal\": [{\"step\": 3, \"command\": {\"op\": \"convention\"}},\n {\"step\": 2, \"command\": {\"op\": \"convention\"}}]", ""), "line 4: runs[0].journal[1].step: 2 comes after 3"},
		{recipeWith(`,"journal": [{"step": 3, "command": {"op": "sett"}}]`, ""), `line 3: runs[0].journal[0].command: unknown command "sett"`},
		{recipeWith(`,"journal": [{"step": 3, "command": {"op": "set", "key": "alfa", "value": "1"}}]`, ""), `line 3: runs[0].journal[0].command: adam on beale has no setting "alfa"`},
		{recipeWith(`},{"problem": "booth", "optimizer": "adam", "seed": 1`, ""), "line 3: runs[1].problem: it is another one"},
		{recipeWith(`,"formula": {"text": "x^2"}`, ""), `line 3: runs[0].formula: it belongs to the problem "formula", and this is "beale"`},
		{recipeWith(`,"data": {"path": "none.csv", "target": "y"}`, ""), `line 3: runs[0].data: it belongs to the problem "data" or one of its models, and this is "beale"`},
		{strings.Replace(recipeWith("", ""), "beale", "bale", 1), `line 3: runs[0].problem: unknown problem "bale": did you mean "beale"?`},
		{strings.Replace(recipeWith("", ""), "adam", "adm", 1), `line 3: runs[0].optimizer: unknown optimizer "adm": did you mean "adam"?`},
		{strings.Replace(recipeWith("", ""), "adam", "lm", 1), ""},
		{recipeWith("", `,"view": {"speed": "fast"}`), `line 4: view.speed: cannot be "fast": allowed is`},
		{recipeWith("", `,"view": {"speed": -1}`), "line 4: view.speed: cannot be -1"},
		{recipeWith("", `,"view": {"select": 2}`), "line 4: view.select: there is no run 2"},
		{recipeWith("", `,"view": {"picture": "landscap"}`), `line 4: view.picture: unknown picture "landscap": did you mean "landscape"?`},
		{recipeWith("", `,"view": {"axis": "epochs"}`), `line 4: view.axis: unknown axis "epochs": did you mean "epoch"?`},
		{recipeWith("", `,"view": {"smoothing": 0.7}`), "line 4: view.smoothing: it cannot be 0.7: allowed are 0 0.5 0.9 0.98 0.995"},
		{recipeWith("", `,"view": {"smoothings": [{"alpha": 0.9}, {"alpha": 1}]}`), "line 4: view.smoothings[1].alpha: it cannot be 1"},
		{recipeWith("", `,"view": {"smoothings": [{"alpha": 0.9, "start": "none"}]}`), `line 4: view.smoothings[0].start: unknown start "none"`},
		{recipeWith("", `,"view": {"zoom": [[1, 1]]}`), "line 4: view.zoom[0]: the interval from 1 to 1 is empty"},
		{recipeWith("", `,"view": {"zoom": [[1, 2, 3]]}`), "line 4: view.zoom[0]: 2 numbers are wanted here, not 3"},
		{recipeWith("", `,"view": {"steps": -1}`), "line 4: view.steps: it cannot be -1"},
		{`{"version": 1, "runs": [{"problem": "formula", "optimizer": "sgd", "seed": 0, "formula": {"text": "x +"}}]}`, "line 1: runs[0].formula: "},
	} {
		_, err := Read(strings.NewReader(c.text))
		var wrong *usage.Error
		switch {
		case c.want == "" && err == nil:
		case err == nil:
			t.Errorf("%s\nis read, wanted was %q", c.text, c.want)
		case !errors.As(err, &wrong):
			t.Errorf("%v is not for people", err)
		case !strings.HasPrefix(err.Error(), c.want) || c.want == "":
			t.Errorf("%s\nis told as  %s\nwanted was  %s", c.text, err, c.want)
		}
	}
}

// A data file is found beside the recipe, and one that has changed is refused.
func TestDataFile(t *testing.T) {
	folder := t.TempDir()
	csv := filepath.Join(folder, "d.csv")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(csv, "a,y\n1,2\n2,4\n3,6\n4,8\n5,10\n6,12\n7,14\n")
	run, err := train.New(train.Spec{Problem: "data/linear", Optimizer: "sgd", Data: &dataset.File{Path: csv, Target: "y"}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Of(run.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Runs[0].DataSHA256) != 64 {
		t.Fatalf("the sum is %q", r.Runs[0].DataSHA256)
	}
	r.Runs[0].Data.Path = "d.csv"
	var text bytes.Buffer
	if err := r.Write(&text); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(folder, "r.json")
	write(name, text.String())
	got, err := ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got.Runs[0].Data.Path != csv {
		t.Errorf("the data are looked for at %s", got.Runs[0].Data.Path)
	}
	write(csv, "a,y\n1,2\n2,4\n3,6\n4,8\n5,10\n6,12\n7,15\n")
	if _, err = ReadFile(name); err == nil || !regexp.MustCompile(`r\.json, line \d+: runs\[0\]\.data_sha256: .*has changed`).MatchString(err.Error()) {
		t.Errorf("changed data: %v", err)
	}
	if err := os.Remove(csv); err != nil {
		t.Fatal(err)
	}
	if _, err = ReadFile(name); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "runs[0].data.path") {
		t.Errorf("data that are gone: %v", err)
	}
}

// Of writes down what makes the very same run again.
func TestOf(t *testing.T) {
	run, err := train.New(train.Spec{Problem: "beale", Optimizer: "momentum", Noise: 0.1, Batch: 1, Seed: 4, Set: map[string]string{"lr": "0.001"}})
	if err != nil {
		t.Fatal(err)
	}
	run.Advance(20)
	for _, c := range []train.Command{{Op: train.OpScale, Key: "lr", Factor: 2}, {Op: train.OpOptimizer, Value: "adam"}} {
		if err := run.Apply(c); err != nil {
			t.Fatal(err)
		}
		run.Advance(15)
	}
	r, err := Of(run.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	if r.View.Steps != 50 || len(r.Runs[0].Journal) != 2 || r.Kernel == "" {
		t.Errorf("%+v", r)
	}
	again, err := r.Runs[0].Train()
	if err != nil {
		t.Fatal(err)
	}
	again.Advance(50)
	if a, b := run.X(), again.X(); !reflect.DeepEqual(a, b) || run.Loss() != again.Loss() {
		t.Errorf("the run is at %v, again at %v", a, b)
	}
}

// FuzzRead: whatever stands in a file is read, or refused with its line.
func FuzzRead(f *testing.F) {
	for _, s := range Lecture() {
		var b bytes.Buffer
		if err := s.Recipe.Write(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte(recipeWith(`,"set": {"lr": "1"}`, `,"view": {"speed": "unlimited"}`)))
	f.Add([]byte("{\"version\": 1,\n\"runs\": [{}]}"))
	line := regexp.MustCompile(`^line [1-9]\d*: `)
	f.Fuzz(func(t *testing.T, data []byte) {
		r, _, err := decode(data)
		if err == nil && !small(r) {
			return // making it takes long, or reads files
		}
		if _, err = Read(bytes.NewReader(data)); err != nil && !line.MatchString(err.Error()) {
			t.Errorf("%v names no line", err)
		}
	})
}

// small tells whether the runs are on a landscape of few dimensions.
func small(r *Recipe) bool {
	for _, run := range r.Runs {
		p, err := problems.Find(run.Problem)
		if err == nil && p.Domain == nil || strings.Contains(run.Problem, "/") || run.Data != nil || len(run.Set) > 0 && run.Formula == nil {
			return false
		}
	}
	return true
}
