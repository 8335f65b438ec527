package recipe

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"opttui/internal/usage"
)

// lineError is a mistake on a line of the file, in the field of that path.
type lineError struct {
	line int
	path string // as in runs[0].set.lr, "" for none
	err  error
}

func (e *lineError) Error() string {
	at := fmt.Sprintf("line %d: ", e.line)
	if e.path != "" {
		at += e.path + ": "
	}
	return at + e.err.Error()
}

func (e *lineError) Unwrap() error { return e.err }

// binder copies a tree of JSON into Go values, by the names that their json tags give. It refuses what encoding/json
// would let pass: unknown fields, fields given twice, names in another case, null.
type binder struct {
	lines map[string]int // of every field, by its path
}

// bind copies n into v, which can be set.
func (b *binder) bind(n *node, v reflect.Value, path string) error {
	b.lines[path] = n.line
	if u, ok := v.Addr().Interface().(json.Unmarshaler); ok && n.raw != nil {
		if err := u.UnmarshalJSON(n.raw); err != nil {
			return &lineError{n.line, path, err}
		}
		return nil
	}
	want := wanted(v.Type())
	if n.kind != want {
		return &lineError{n.line, path, usage.Errorf("%s is wanted here, not %s", want, n.describe())}
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return b.bind(n, v.Elem(), path)
	case reflect.Struct:
		return b.bindStruct(n, v, path)
	case reflect.Map:
		return b.bindMap(n, v, path)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), len(n.items), len(n.items)))
		return b.bindItems(n, v, path)
	case reflect.Array:
		if len(n.items) != v.Len() {
			return &lineError{n.line, path, usage.Errorf("%d numbers are wanted here, not %d", v.Len(), len(n.items))}
		}
		return b.bindItems(n, v, path)
	case reflect.String:
		v.SetString(n.text)
	case reflect.Bool:
		v.SetBool(string(n.raw) == "true")
	default:
		return b.bindNumber(n, v, path)
	}
	return nil
}

// wanted is the kind of JSON value that a Go type is written as.
func wanted(t reflect.Type) kind {
	switch t.Kind() {
	case reflect.Pointer:
		return wanted(t.Elem())
	case reflect.Struct, reflect.Map:
		return object
	case reflect.Slice, reflect.Array:
		return array
	case reflect.String:
		return text
	case reflect.Bool:
		return boolean
	default:
		return number
	}
}

// describe names the value in an error.
func (n *node) describe() string {
	const most = 40
	if n.raw == nil {
		return string(n.kind)
	}
	if len(n.raw) > most {
		return string(n.kind)
	}
	return string(n.raw)
}

func (b *binder) bindStruct(n *node, v reflect.Value, path string) error {
	fields := make(map[string]reflect.Value)
	var names []string
	collect(v, func(name string, f reflect.Value) {
		fields[name] = f
		names = append(names, name)
	})
	return b.each(n, path, func(f field, at string) error {
		to, ok := fields[f.name]
		if !ok {
			return &lineError{f.line, path, usage.Unknown("field", f.name, names)}
		}
		return b.bind(f.value, to, at)
	})
}

// collect calls f with every field of a struct, those of embedded structs too, as encoding/json does.
func collect(v reflect.Value, f func(name string, field reflect.Value)) {
	for i := range v.NumField() {
		t := v.Type().Field(i)
		if t.Anonymous {
			collect(v.Field(i), f)
			continue
		}
		name, _, _ := strings.Cut(t.Tag.Get("json"), ",")
		f(name, v.Field(i))
	}
}

func (b *binder) bindMap(n *node, v reflect.Value, path string) error {
	v.Set(reflect.MakeMap(v.Type()))
	return b.each(n, path, func(f field, at string) error {
		item := reflect.New(v.Type().Elem()).Elem()
		if err := b.bind(f.value, item, at); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(f.name), item)
		return nil
	})
}

// each calls do with every field of an object, and its path.
func (b *binder) each(n *node, path string, do func(f field, at string) error) error {
	seen := make(map[string]bool)
	for _, f := range n.fields {
		if seen[f.name] {
			return &lineError{f.line, path, usage.Errorf("%q is given twice", f.name)}
		}
		seen[f.name] = true
		if err := do(f, join(path, f.name)); err != nil {
			return err
		}
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (b *binder) bindItems(n *node, v reflect.Value, path string) error {
	for i, item := range n.items {
		if err := b.bind(item, v.Index(i), fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	return nil
}

func (b *binder) bindNumber(n *node, v reflect.Value, path string) error {
	var err error
	s, want := string(n.raw), "a whole number"
	switch v.Kind() {
	case reflect.Int:
		var i int64
		i, err = strconv.ParseInt(s, 10, strconv.IntSize)
		v.SetInt(i)
	case reflect.Uint64:
		var u uint64
		u, err = strconv.ParseUint(s, 10, 64)
		v.SetUint(u)
		want = "a whole number from 0"
	default:
		var f float64
		f, err = strconv.ParseFloat(s, 64)
		v.SetFloat(f)
		want = "a finite number"
	}
	if err != nil {
		return &lineError{n.line, path, usage.Errorf("%s is wanted here, not %s", want, n.describe())}
	}
	return nil
}

// lineOf is the line of a field, or of what it belongs to where the file has it not.
func (b *binder) lineOf(path string) int {
	for {
		if line, ok := b.lines[path]; ok {
			return line
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
}
