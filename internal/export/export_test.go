package export

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"hash/crc32"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"opttui/internal/optim"
	"opttui/internal/train"
	"opttui/internal/usage"
)

var started = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// recorded is the history of a run of some steps, with a change of the rate after 10.
func recorded(t *testing.T, steps int) History {
	t.Helper()
	r, err := train.New(train.Spec{Problem: "iris", Optimizer: "sgd", Batch: 16, Set: map[string]string{"lr": "0.25"}})
	if err != nil {
		t.Fatal(err)
	}
	r.Advance(steps)
	return History{
		View: r.Snapshot().History, Started: started,
		Rates: []optim.RatePoint{{Step: 0, Rate: 0.25}, {Step: 10, Rate: 0.125}},
	}
}

// diverged is a history that ends in losses that are not finite.
func diverged() History {
	h := train.NewHistory()
	for _, loss := range []float64{1, 2, math.Inf(1)} {
		h.Add(loss)
		h.Stamp(train.Marks{})
	}
	return History{View: h.View(train.Marks{}), Started: started}
}

func TestCSV(t *testing.T) {
	for _, steps := range []int{30, 5000} {
		h := recorded(t, steps)
		var out bytes.Buffer
		if err := CSV(&out, h); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&out).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if want := "step,steps,loss,loss_min,loss_max,lr,gradients,cost,epoch,seconds"; strings.Join(rows[0], ",") != want {
			t.Errorf("columns %v", rows[0])
		}
		covered := 0
		for i, r := range rows[1:] {
			b, step := h.View.At(i)
			rate := 0.25
			if step >= 10 {
				rate = 0.125
			}
			for col, want := range map[int]float64{0: float64(step), 2: b.Mean, 3: b.Min, 4: b.Max, 5: rate, 6: b.Gradients, 7: b.Cost, 8: b.Epoch} {
				if got, err := strconv.ParseFloat(r[col], 64); err != nil || got != want {
					t.Fatalf("row %d, %s: %s, want %g", i, rows[0][col], r[col], want)
				}
			}
			n, _ := strconv.Atoi(r[1])
			covered += n
		}
		if covered != steps+1 {
			t.Errorf("the rows stand for %d steps of %d", covered, steps+1)
		}
	}
}

func TestJSONL(t *testing.T) {
	var out bytes.Buffer
	if err := JSONL(&out, recorded(t, 30)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var row map[string]*float64
	if err := json.Unmarshal([]byte(lines[30]), &row); err != nil || len(lines) != 31 || len(row) != 10 || *row["step"] != 30 || *row["lr"] != 0.125 {
		t.Errorf("%d lines, the last %v (%v)", len(lines), lines[30], err)
	}
}

// What is not finite has no number in any of the formats.
func TestNotFinite(t *testing.T) {
	var table, lines, events bytes.Buffer
	for _, err := range []error{CSV(&table, diverged()), JSONL(&lines, diverged()), Events(&events, diverged())} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(table.String(), "2,1,,,,,") {
		t.Errorf("%s", table.String())
	}
	if !strings.Contains(lines.String(), `{"step":2,"steps":1,"loss":null,"loss_min":null,"loss_max":null,"lr":null,`) {
		t.Errorf("%s", lines.String())
	}
	if got := readEvents(t, events.Bytes()); len(got) != 3 {
		t.Errorf("%d events for a version and two finite losses", len(got))
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestWriteErrorsAreTold(t *testing.T) {
	h := recorded(t, 5000)
	for _, err := range []error{CSV(failing{}, h), JSONL(failing{}, h), Events(failing{}, h), Rates(failing{}, h.Rates), Python(failing{}, "", h.Rates, true)} {
		if err == nil {
			t.Error("an error is lost")
		}
	}
}

// event is what an independent reader makes of an Event.
type event struct {
	wall    float64
	step    int64
	version string
	scalars map[string]float32
}

func TestEvents(t *testing.T) {
	h := recorded(t, 30)
	var out bytes.Buffer
	if err := Events(&out, h); err != nil {
		t.Fatal(err)
	}
	events := readEvents(t, out.Bytes())
	if len(events) != 32 || events[0].version != "brain.Event:2" || events[0].wall != float64(started.Unix()) {
		t.Fatalf("%d events, the first %+v", len(events), events[0])
	}
	for i, e := range events[1:] {
		b, step := h.View.At(i)
		rate := float32(0.25)
		if step >= 10 {
			rate = 0.125
		}
		want := map[string]float32{"loss": float32(b.Mean), "lr": rate}
		if e.step != int64(step) || !cmp.Equal(e.scalars, want) || math.Abs(e.wall-float64(started.Unix())-b.Seconds) > 1e-6 {
			t.Fatalf("event %d is %+v, want %v at step %d", i, e, want, step)
		}
	}
}

// readEvents reads records by the description of their format, in other ways than they are written.
func readEvents(t *testing.T, data []byte) (events []event) {
	t.Helper()
	sum := func(b []byte) uint32 {
		c := uint64(crc32.Checksum(b, crc32.MakeTable(0x82f63b78)))
		return uint32((c>>15|c<<17)&0xffffffff + 0xa282ead8)
	}
	for len(data) > 0 {
		n := int(binary.LittleEndian.Uint64(data))
		if binary.LittleEndian.Uint32(data[8:]) != sum(data[:8]) {
			t.Fatal("the sum of a length is wrong")
		}
		body := data[12 : 12+n]
		if binary.LittleEndian.Uint32(data[12+n:]) != sum(body) {
			t.Fatal("the sum of a record is wrong")
		}
		data = data[16+n:]
		e := event{scalars: map[string]float32{}}
		fields(t, body, func(field int, number uint64, text []byte) {
			switch field {
			case 1:
				e.wall = math.Float64frombits(number)
			case 2:
				e.step = int64(number)
			case 3:
				e.version = string(text)
			case 5:
				fields(t, text, func(_ int, _ uint64, value []byte) {
					var tag string
					fields(t, value, func(field int, number uint64, text []byte) {
						if field == 1 {
							tag = string(text)
						} else {
							e.scalars[tag] = math.Float32frombits(uint32(number))
						}
					})
				})
			default:
				t.Fatalf("field %d of an event", field)
			}
		})
		events = append(events, e)
	}
	return events
}

// fields walks through a message.
func fields(t *testing.T, b []byte, f func(field int, number uint64, text []byte)) {
	t.Helper()
	varint := func() (v uint64) {
		for shift := 0; ; shift += 7 {
			c := b[0]
			b = b[1:]
			v |= uint64(c&0x7f) << shift
			if c < 0x80 {
				return v
			}
		}
	}
	for len(b) > 0 {
		key := varint()
		switch field := int(key >> 3); key & 7 {
		case 0:
			f(field, varint(), nil)
		case 1:
			f(field, binary.LittleEndian.Uint64(b), nil)
			b = b[8:]
		case 2:
			n := varint()
			f(field, 0, b[:n])
			b = b[n:]
		case 5:
			f(field, uint64(binary.LittleEndian.Uint32(b)), nil)
			b = b[4:]
		default:
			t.Fatalf("wire type %d", key&7)
		}
	}
}

func anyPoints(t *rapid.T) []optim.RatePoint {
	var points []optim.RatePoint
	step := rapid.IntRange(0, 3).Draw(t, "first")
	for range rapid.IntRange(1, 6).Draw(t, "points") {
		points = append(points, optim.RatePoint{Step: step, Rate: rapid.Float64Range(0, 10).Draw(t, "rate")})
		step += rapid.IntRange(1, 1000).Draw(t, "gap")
	}
	return points
}

func TestRatesAreReadBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rates.json")
	rapid.Check(t, func(t *rapid.T) {
		points := anyPoints(t)
		var out bytes.Buffer
		if err := Rates(&out, points); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ReadRates(path)
		if err != nil || !cmp.Equal(got, points) {
			t.Fatalf("%v (%v), want %v", got, err, points)
		}
		if got, err := optim.ParseRates(optim.FormatRates(points)); err != nil || !cmp.Equal(got, points) {
			t.Fatalf("%v (%v), want %v", got, err, points)
		}
	})
}

func TestRatesAreRefusedInWords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rates.json")
	for text, want := range map[string]string{
		"":                          ":1: this is not a list",
		"{}":                        ":1: this is not a list",
		"[]":                        ":1: the list is empty",
		"[\n[0, 1],\n[5, \"x\"]\n]": ":3: this is not a step and a rate",
		"[\n[0, 1],\n\n[5]]":        ":4: this is not a step and a rate",
		"[[0, 1],\n[0.5, 1]]":       ":2: this is not a step and a rate",
		"[[0, 1],\n[0, 1]]":         ":2: the points of a manual schedule go up",
		"[[0, -1]]":                 "rates from 0 to 1e6",
		"[[0, 1]":                   ":1: the list does not end",
		"[[0, 1]]\n[]":              ":2: something follows",
		"[[0, 1] [1, 2]]":           ":1: ",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := ReadRates(path)
		var bad *usage.Error
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	var bad *usage.Error
	if _, err := ReadRates(path + "x"); !errors.As(err, &bad) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// The Python code gives each step the rate that the schedule gives it.
func TestPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	points := []optim.RatePoint{{Step: 0, Rate: 0.1}, {Step: 3, Rate: 1.0 / 3}, {Step: 7, Rate: 1e-21}}
	var code bytes.Buffer
	if err := Python(&code, `"adam" on \beale`, points, false); err != nil {
		t.Fatal(err)
	}
	code.WriteString("\nprint(*[repr(lr_at(k)) for k in range(10)])\n")
	cmd := exec.Command(python, "-")
	cmd.Stdin = &code
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	spec, _, err := optim.FindSchedule("manual:" + optim.FormatRates(points))
	if err != nil {
		t.Fatal(err)
	}
	s := spec.New(0.1)
	for k, text := range strings.Fields(string(out)) {
		if got, err := strconv.ParseFloat(text, 64); err != nil || got != s.Rate(k, 0.1) {
			t.Errorf("step %d: %s, the schedule has %v", k, text, s.Rate(k, 0.1))
		}
	}
}
