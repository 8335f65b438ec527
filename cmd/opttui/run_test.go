package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"opttui/internal/train"
)

// row is what a person reads back from a JSON line.
type row struct {
	Step     int        `json:"step"`
	Loss     *float64   `json:"loss"`
	X        []*float64 `json:"x"`
	LR       *float64   `json:"lr"`
	GradNorm *float64   `json:"grad_norm"`
	Epoch    *float64   `json:"epoch"`
	TestLoss *float64   `json:"test_loss"`
	Accuracy *float64   `json:"test_accuracy"`
	Diverged bool       `json:"diverged"`
}

func rowsOf(t *testing.T, stdout string) []row {
	t.Helper()
	var rows []row
	for line := range strings.Lines(stdout) {
		var r row
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		rows = append(rows, r)
	}
	return rows
}

// TestRunRows: the rows are the steps of the run, to the last bit.
func TestRunRows(t *testing.T) {
	code, stdout, stderr := opttui(t, "run", "--problem", "beale", "--optimizer", "momentum", "--lr", "0.002",
		"--set", "momentum=0.8", "--schedule", "exponential", "--start=1.1,0.4", "--steps", "50", "--noise", "0.1", "--seed", "3")
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	run, err := train.New(train.Spec{
		Problem: "beale", Optimizer: "momentum", Schedule: "exponential", Start: []float64{1.1, 0.4},
		Batch: 1, Noise: 0.1, Seed: 3, Set: map[string]string{"lr": "0.002", "momentum": "0.8"},
	})
	if err != nil {
		t.Fatal(err)
	}
	rows := rowsOf(t, stdout)
	if len(rows) != 51 {
		t.Fatalf("%d rows", len(rows))
	}
	for k, r := range rows {
		if r.Step != k || *r.Loss != run.Loss() || *r.X[0] != run.X()[0] || *r.X[1] != run.X()[1] || *r.LR != run.LR() || *r.GradNorm != run.GradNorm() {
			t.Fatalf("row %d is not the run's step", k)
		}
		if r.Epoch != nil || r.Diverged {
			t.Fatalf("row %d has an epoch or has diverged", k)
		}
		run.Advance(1)
	}
}

// TestSetIsFlag: whatever has a flag can also be given by --set, and the rows are the same.
func TestSetIsFlag(t *testing.T) {
	_, flags, _ := opttui(t, "run", "--problem", "ravine", "--optimizer", "adam", "--lr", "0.05", "--schedule", "cosine",
		"--convention", "torch", "--noise", "0.2", "--batch", "4", "--seed", "9", "--start", "1,-2", "--set", "schedule.t_max=40", "--steps", "1e1")
	code, sets, stderr := opttui(t, "run", "--set", "problem=ravine", "--set", "optimizer=adam", "--set", "optimizer.lr=0.05", "--set", "schedule=cosine",
		"--set", "convention=torch", "--set", "noise=0.2", "--set", "run.batch=4", "--set", "seed=9", "--set", "start=1,-2", "--set", "t_max=40", "--steps", "10")
	if code != 0 || sets != flags || strings.Count(sets, "\n") != 11 {
		t.Errorf("exit code %d: %s\n%s\ndiffers from\n%s", code, stderr, sets, flags)
	}
}

func TestRunEvery(t *testing.T) {
	tests := []struct {
		args string
		want string // the steps
	}{
		{"--steps 10 --every 4", "0 4 8 10"},
		{"--steps 8 --every 4", "0 4 8"},
		{"--steps 3 --every 1e12", "0 3"},
		{"--steps 0", "0"},
		{"--steps 100 --every 3 --problem rosenbrock --optimizer sgd --lr 1", "0 3 4"}, // it diverges at 4
		{"--steps 2 --problem digits --batch all", "0 1 2"},
	}
	for _, test := range tests {
		_, stdout, _ := opttui(t, append([]string{"run"}, strings.Fields(test.args)...)...)
		var steps []string
		for _, r := range rowsOf(t, stdout) {
			steps = append(steps, strconv.Itoa(r.Step))
		}
		if got := strings.Join(steps, " "); got != test.want {
			t.Errorf("%s: steps %s, want %s", test.args, got, test.want)
		}
	}
}

func TestRunDiverged(t *testing.T) {
	args := []string{"run", "--problem", "rosenbrock", "--optimizer", "sgd", "--lr", "1"}
	code, stdout, _ := opttui(t, args...)
	rows := rowsOf(t, stdout)
	last := rows[len(rows)-1]
	if code != 3 || last.Loss != nil || !last.Diverged || rows[len(rows)-2].Diverged {
		t.Errorf("exit code %d, rows\n%s", code, stdout)
	}
	_, stdout, _ = opttui(t, append(args, "--format", "csv")...)
	records, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if end := records[len(records)-1][1]; end != "NaN" && end != "+Inf" {
		t.Errorf("the last loss is %s in\n%s", end, stdout)
	}
}

// TestRunModel: models tell their scores, at the row's own step, and at the end.
func TestRunModel(t *testing.T) {
	for _, every := range []string{"1", "7"} {
		_, stdout, _ := opttui(t, "run", "--problem", "digits", "--optimizer", "sgd", "--lr", "0.1", "--steps", "45", "--every", every)
		rows := rowsOf(t, stdout)
		scored := 0
		for _, r := range rows {
			if r.Epoch != nil {
				scored++
			}
			if len(r.X) != 32 {
				t.Fatalf("%d parameters in a row", len(r.X))
			}
		}
		first, last := rows[0], rows[len(rows)-1]
		if first.Epoch == nil || *first.Epoch != 0 || last.Epoch == nil || scored < 3 || scored > 5 {
			t.Fatalf("every %s: %d of %d rows have scores", every, scored, len(rows))
		}
		if *last.Accuracy < 0.7 || *last.TestLoss >= *first.TestLoss {
			t.Errorf("every %s: test loss %g to %g, accuracy %g", every, *first.TestLoss, *last.TestLoss, *last.Accuracy)
		}
	}
}

func TestRunCSV(t *testing.T) {
	file := t.TempDir() + "/digits.csv"
	code, stdout, stderr := opttui(t, "run", "--problem", "digits", "--optimizer", "adam", "--steps", "25", "--format", "csv", "--output", file)
	if code != 0 || stdout != "" || stderr != "" {
		t.Fatalf("exit code %d: %s%s", code, stdout, stderr)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll() // it checks that rows are equally long
	if err != nil {
		t.Fatal(err)
	}
	head := strings.Join(records[0], ",")
	if len(records) != 27 || !strings.HasPrefix(head, "step,loss,lr,grad_norm,x1,x2,") || !strings.HasSuffix(head, ",x32,epoch,train_loss,test_loss,train_accuracy,test_accuracy") {
		t.Errorf("%d records under %s", len(records), head)
	}
	if loss, err := strconv.ParseFloat(records[1][1], 64); err != nil || math.Abs(loss-math.Log(10)) > 1e-12 {
		t.Errorf("the first loss is %s", records[1][1])
	}
}

// TestRowAllocs: a step and its row cost no allocation.
func TestRowAllocs(t *testing.T) {
	for _, csv := range []bool{false, true} {
		run, err := train.New(train.Spec{Problem: "beale", Optimizer: "adam", Batch: 1, Noise: 0.1})
		if err != nil {
			t.Fatal(err)
		}
		e := newEncoder(io.Discard, run, csv)
		n := testing.AllocsPerRun(1000, func() {
			run.Advance(1)
			if err := e.row(false); err != nil {
				t.Fatal(err)
			}
		})
		if n > 0 {
			t.Errorf("csv=%v: %g allocations a row", csv, n)
		}
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestRunWriteErrors(t *testing.T) {
	var stderr bytes.Buffer
	if code := run([]string{"run"}, failingWriter{syscall.ENOSPC}, &stderr); code != 1 || !strings.Contains(stderr.String(), "no space left") {
		t.Errorf("full disk: exit code %d, %q", code, &stderr)
	}
	stderr.Reset()
	if code := run([]string{"run"}, failingWriter{&os.PathError{Op: "write", Err: syscall.EPIPE}}, &stderr); code != 0 || stderr.Len() > 0 {
		t.Errorf("reader gone: exit code %d, %q", code, &stderr)
	}
}

// program starts the program in a process of its own.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), beProgram+"=1")
	return cmd
}

// TestRunInterrupted: what was computed is written, to the end of a row.
func TestRunInterrupted(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		cmd := program(t, "run", "--steps", "1e12", "--every", "1000")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		r := bufio.NewReader(out)
		if _, err := r.ReadString('\n'); err != nil { // it has begun
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		rows := rowsOf(t, string(rest))
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 128+int(s) {
			t.Errorf("%v: %v", s, err)
		}
		if len(rows) == 0 || !strings.HasSuffix(string(rest), "}\n") {
			t.Errorf("%v: the rows end with %.100q", s, rest[max(0, len(rest)-100):])
		}
	}
}

// TestRunReaderGone: opttui run | head ends quietly.
func TestRunReaderGone(t *testing.T) {
	cmd := program(t, "run", "--steps", "1e12")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	out.Close()
	watchdog := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer watchdog.Stop()
	if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
		t.Errorf("%v, stderr %q", err, &stderr)
	}
}

// TestRunIsRepeatable: the same command prints the same bytes.
func TestRunIsRepeatable(t *testing.T) {
	for _, args := range []string{"--problem beale --noise 0.3 --seed 5", "--problem digits --steps 30 --seed 5"} {
		_, first, _ := opttui(t, append([]string{"run"}, strings.Fields(args)...)...)
		_, second, _ := opttui(t, append([]string{"run"}, strings.Fields(args)...)...)
		_, other, _ := opttui(t, append([]string{"run"}, strings.Fields(strings.Replace(args, "seed 5", "seed 6", 1))...)...)
		if first != second {
			t.Errorf("%s: the rows differ", args)
		}
		if first == other {
			t.Errorf("%s: another seed makes no difference", args)
		}
	}
}

func BenchmarkRows(b *testing.B) {
	run, err := train.New(train.Spec{Problem: "beale", Optimizer: "adam"})
	if err != nil {
		b.Fatal(err)
	}
	e := newEncoder(io.Discard, run, false)
	b.ReportAllocs()
	for b.Loop() {
		run.Advance(1)
		if err := e.row(false); err != nil {
			b.Fatal(err)
		}
	}
}
