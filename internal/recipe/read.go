package recipe

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"opttui/internal/train"
	"opttui/internal/usage"
)

// maxSize bounds a file in bytes: a journal of a million commands is smaller.
const maxSize = 256 << 20

// Read reads a recipe and checks that its runs can be made. Errors name the line and the field, and are *usage.Error
// but for what could not be read. Paths of data files are relative to the working folder.
func Read(in io.Reader) (*Recipe, error) { return read(in, "") }

// ReadFile reads a recipe from a file, as Read does. Paths of data files are relative to the recipe's folder.
func ReadFile(name string) (*Recipe, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r, err := read(file, filepath.Dir(name))
	if err != nil {
		return nil, prefixed(name+", ", err)
	}
	return r, nil
}

// prefixed puts words before an error; one that is for people stays so.
func prefixed(words string, err error) error {
	var wrong *usage.Error
	if errors.As(err, &wrong) {
		return usage.Errorf("%s%v", words, err)
	}
	return fmt.Errorf("%s%w", words, err)
}

func read(in io.Reader, folder string) (*Recipe, error) {
	data, err := io.ReadAll(io.LimitReader(in, maxSize+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxSize {
		return nil, usage.Errorf("a recipe has %d MB at the most", maxSize>>20)
	}
	r, b, err := decode(data)
	if err != nil {
		return nil, usage.From(err)
	}
	for i := range r.Runs {
		if d := r.Runs[i].Data; d != nil && folder != "" && !filepath.IsAbs(d.Path) {
			d.Path = filepath.Join(folder, d.Path)
		}
	}
	return r, b.locate(r.checkRuns())
}

// decode reads what can be told from the file alone, without making the runs. Errors are *lineError.
func decode(data []byte) (*Recipe, *binder, error) {
	n, err := parse(data)
	if err != nil {
		return nil, nil, err
	}
	r, b := new(Recipe), &binder{lines: make(map[string]int)}
	if err := b.bind(n, reflect.ValueOf(r).Elem(), ""); err != nil {
		return nil, nil, err
	}
	if f := r.check(); f != nil {
		return nil, nil, &lineError{b.lineOf(f.path), f.path, f.err}
	}
	return r, b, nil
}

// fault is what is wrong with a field.
type fault struct {
	path string
	err  error
}

// locate makes the error of a fault; no fault is no error.
func (b *binder) locate(f *fault) error {
	if f == nil {
		return nil
	}
	return prefixed("", &lineError{b.lineOf(f.path), f.path, f.err})
}

// checkRuns makes every run, and carries out its journal without taking steps.
func (r *Recipe) checkRuns() *fault {
	for i := range r.Runs {
		path := fmt.Sprintf("runs[%d]", i)
		if f := r.Runs[i].check(); f != nil {
			return &fault{join(path, f.path), f.err}
		}
	}
	return nil
}

func (r *Run) check() *fault {
	if r.Data != nil && r.DataSHA256 != "" {
		sum, err := sumOf(r.Data.Path)
		if err != nil {
			return &fault{"data.path", err}
		}
		if !strings.EqualFold(sum, r.DataSHA256) {
			return &fault{"data_sha256", usage.Errorf("%s has changed since the recipe was made: its SHA-256 is %s", r.Data.Path, sum)}
		}
	}
	if _, err := r.Ref().Resolve(); err != nil {
		return &fault{r.problemField(), err}
	}
	run, err := train.New(r.Spec)
	if err != nil {
		return &fault{blame(r.Spec, err), err}
	}
	for j, e := range r.Journal {
		if err := run.Apply(e.Command); err != nil {
			return &fault{fmt.Sprintf("journal[%d].command", j), err}
		}
	}
	return nil
}

// problemField is the field that says which problem it is.
func (r *Run) problemField() string {
	switch {
	case r.Formula != nil:
		return "formula"
	case r.Data != nil:
		return "data"
	default:
		return "problem"
	}
}

// blame finds the field of a spec that is to blame for an error of train.New: without it there is another error, or
// none. Of several settings the one that the error names is meant.
func blame(spec train.Spec, err error) string {
	changes := func(edit func(*train.Spec)) bool {
		s := spec.Clone()
		edit(&s)
		_, other := train.New(s)
		return other == nil || other.Error() != err.Error()
	}
	found := ""
	for _, key := range slices.Sorted(maps.Keys(spec.Set)) {
		bare := key[strings.LastIndexByte(key, '.')+1:]
		named := strings.Contains(err.Error(), bare)
		if (found == "" || named) && changes(func(s *train.Spec) { delete(s.Set, key) }) {
			found = "set." + key
			if named {
				return found
			}
		}
	}
	if found != "" {
		return found
	}
	for _, f := range []struct {
		name string
		edit func(*train.Spec)
	}{
		{"schedule", func(s *train.Spec) { s.Schedule = "" }},
		{"convention", func(s *train.Spec) { s.Convention = "" }},
		{"batch", func(s *train.Spec) { s.Batch = 0 }},
		{"noise", func(s *train.Spec) { s.Noise = 0 }},
		{"start", func(s *train.Spec) { s.Start = nil }},
	} {
		if changes(f.edit) {
			return f.name
		}
	}
	return "optimizer"
}
