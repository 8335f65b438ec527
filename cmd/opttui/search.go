package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"opttui/internal/lrfinder"
	"opttui/internal/train"
	"opttui/internal/usage"
)

// What lrfind and sweep have in common: many short runs whose results are looked at together.

// number is a float that JSON writes as null where it is not finite.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	if n-n != 0 {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// interruptible returns a context that the first signal ends. The signal, nil while there was none, can be asked for
// after stop.
func interruptible(parent context.Context) (ctx context.Context, stop func() os.Signal) {
	signals, release := catchOne()
	ctx, cancel := context.WithCancel(parent)
	var caught os.Signal
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case caught = <-signals:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() os.Signal {
		cancel()
		<-done
		release()
		return caught
	}
}

// searchBar returns a progress bar on standard error where that is a terminal, and what advances it.
func searchBar(stderr io.Writer) (*progressBar, func(lrfinder.Progress)) {
	b := newProgress(stderr, isTerminal(stderr), 0, "steps")
	return b, func(p lrfinder.Progress) {
		b.of(p.Phase, int64(p.Total))
		b.set(int64(p.Done))
	}
}

// oneSpec reads the flags of a command that takes one optimizer.
func oneSpec(f *specFlags, fs *pflag.FlagSet, command string) (train.Spec, error) {
	specs, err := f.specs(fs)
	if err != nil {
		return train.Spec{}, err
	}
	if len(specs) != 1 {
		return train.Spec{}, usage.Errorf("%s takes one optimizer, not %d", command, len(specs))
	}
	return specs[0], nil
}

// writePlot writes a picture whose format is given by the file's name. It is made whole before the file is touched.
func writePlot(file string, draw func(w io.Writer, format string) error) error {
	format, err := pictureFormat("plot", file)
	if err != nil {
		return err
	}
	var picture bytes.Buffer
	if err := draw(&picture, format); err != nil {
		return err
	}
	return os.WriteFile(file, picture.Bytes(), 0o644)
}

// pictureFormat is what the ending of a file, given by a flag, says.
func pictureFormat(flag, file string) (string, error) {
	format := strings.ToLower(strings.TrimPrefix(filepath.Ext(file), "."))
	if format != "svg" && format != "png" {
		return "", usage.Errorf("--%s cannot be %q: the name ends in .svg or .png", flag, file)
	}
	return format, nil
}

// writeJSON writes v as one indented object.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// plural is "1 seed", "5 seeds".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
