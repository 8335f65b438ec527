package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"opttui/internal/optim"
	"opttui/internal/usage"
)

// Rates writes the points of a manual schedule as JSON, a line each, for --schedule manual:file.json.
func Rates(w io.Writer, points []optim.RatePoint) error {
	var b strings.Builder
	for i, p := range points {
		b.WriteString(map[bool]string{true: "[\n", false: ",\n"}[i == 0])
		fmt.Fprintf(&b, "  [%d, %s]", p.Step, number(p.Rate))
	}
	b.WriteString("\n]\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// ReadRates reads a file of points. Errors are *usage.Error, with the line where one is known, but for those of a disk.
func ReadRates(path string) ([]optim.RatePoint, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, usage.Errorf("there is no file %s with the points of a manual schedule", path)
	}
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	wrong := func(at int64, why string) error {
		line := 1 + bytes.Count(data[:min(int(at), len(data))], []byte("\n"))
		return usage.Errorf("%s:%d: %s: allowed is a list of steps and rates, [[0, 0.1], [500, 0.01]]", path, line, why)
	}
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, wrong(0, "this is not a list")
	}
	var points []optim.RatePoint
	for d.More() {
		var pair []float64
		err := d.Decode(&pair)
		at := d.InputOffset()
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			at = syntax.Offset
		}
		if err != nil || len(pair) != 2 || pair[0] != float64(int(pair[0])) {
			return nil, wrong(at, "this is not a step and a rate")
		}
		points = append(points, optim.RatePoint{Step: int(pair[0]), Rate: pair[1]})
		if err := optim.CheckRates(points); err != nil {
			return nil, wrong(at, err.Error())
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, wrong(int64(len(data)), "the list does not end")
	}
	if d.More() {
		return nil, wrong(d.InputOffset(), "something follows on the list")
	}
	if len(points) == 0 {
		return nil, wrong(0, "the list is empty")
	}
	return points, nil
}

// Python writes the points of a manual schedule as a Python module with the schedule for PyTorch and for Optax. The title
// says what it is of; exact is that of train.Rates.
func Python(w io.Writer, title string, points []optim.RatePoint, exact bool) error {
	steps, rates := make([]string, len(points)), make([]string, len(points))
	for i, p := range points {
		steps[i], rates[i] = strconv.Itoa(p.Step), number(p.Rate)
	}
	about := "Each rate holds from its step on; steps count from 0."
	if !exact {
		about += "\nThe rate changed in very many steps: small changes are left out."
	}
	title = strings.NewReplacer(`\`, `\\`, `"`, `'`, "\n", " ").Replace(title)
	_, err := fmt.Fprintf(w, python, title, about, strings.Join(steps, ", "), strings.Join(rates, ", "))
	return err
}

const python = `"""Learning rate of an opttui run: %s.

%s
"""

import bisect

STEPS = [%s]
RATES = [%s]


def lr_at(step):
    """The learning rate of the update that makes x_{step+1} of x_step."""
    return RATES[max(bisect.bisect_right(STEPS, step) - 1, 0)]


def torch_schedule(optimizer):
    """A scheduler for PyTorch: call its step() after each step() of the optimizer."""
    from torch.optim.lr_scheduler import LambdaLR

    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] = 1.0  # what LambdaLR multiplies the rates with
    return LambdaLR(optimizer, lr_at)


def optax_schedule():
    """A schedule for Optax: optax.sgd(optax_schedule())."""
    import optax

    return optax.join_schedules([optax.constant_schedule(r) for r in RATES], STEPS[1:])
`
