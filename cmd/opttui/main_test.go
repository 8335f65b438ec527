package main

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// beProgram makes the test binary be the program, for tests that need a process of their own.
const beProgram = "OPTTUI_TEST_BE_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(beProgram) != "" {
		main()
	}
	patience = time.Minute // of the program with itself: else a busy machine ends all tests
	os.Exit(m.Run())
}

// opttui carries out a command line in this process.
func opttui(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestErrors(t *testing.T) {
	missing := t.TempDir() + "/no/such/file"
	tests := []struct {
		args string
		code int
		want string // in the error
	}{
		// What there is not is answered with what there is.
		{"rnu", 2, `unknown command "rnu": did you mean "run"?`},
		{"help lits", 2, `unknown command "lits": did you mean "list"?`},
		{"run --optimzer adam", 2, `unknown flag "--optimzer": did you mean "--optimizer"?`},
		{"run -q", 2, `unknown flag "-q"`},
		{"run --optimizer amad", 2, `unknown optimizer "amad": did you mean "adam"?`},
		{"run --problem bale", 2, `unknown problem "bale": did you mean "beale"?`},
		{"run --schedule cosin", 2, `unknown schedule "cosin": did you mean "cosine"?`},
		{"run --convention pytorch", 2, `unknown convention "pytorch": did you mean "torch"?`},
		{"run --format json", 2, `unknown format "json": did you mean "jsonl"?`},
		{"run --format xml", 2, `unknown format "xml": known are jsonl, csv`},
		{"run --set beta=1", 2, `adam on beale has no setting "beta": did you mean "beta1"?`},
		{"list optimzers", 2, `unknown kind of list "optimzers": did you mean "optimizers"?`},
		{"list optimizers adm", 2, `unknown optimizer "adm": did you mean "adam"?`},
		{"list schedules cos", 2, `unknown schedule "cos": did you mean "cosine"?`},
		{"list problems rosen", 2, `unknown problem "rosen": did you mean "rosenbrock"?`},
		{"--optimizer momentum,adm", 2, `unknown optimizer "adm": did you mean "adam"?`},

		// What cannot be is answered with what can.
		{"run steps", 2, `opttui run takes no argument "steps": did you mean "--steps"?`},
		{"run 7", 2, `opttui run takes no argument "7"`},
		{"run --steps ten", 2, `steps cannot be "ten": allowed is a whole number from 0 to 1e+12`},
		{"run --steps=-1", 2, `steps cannot be "-1"`},
		{"run --steps 1e13", 2, `steps cannot be "1e13"`},
		{"run --steps 1.5", 2, `steps cannot be "1.5"`},
		{"run --steps NaN", 2, `steps cannot be "NaN"`},
		{"run --every 0", 2, `every cannot be "0": allowed is a whole number from 1`},
		{"run --lr fast", 2, `lr cannot be "fast": allowed is a number from 0 to 1e+06`},
		{"run --lr NaN", 2, `lr cannot be NaN`},
		{"run --lr=-1", 2, `lr cannot be -1`},
		{"run --batch few", 2, `batch cannot be "few": allowed is a whole number of samples from 1, or all`},
		{"run --noise=-1", 2, `noise cannot be "-1": allowed is a number from 0 to 1e+06`},
		{"run --seed=-1", 2, `seed cannot be "-1"`},
		{"run --seed", 2, `--seed needs a value: number that noise`},
		{"run --start 1", 2, `start has 1 coordinates, beale has 2`},
		{"run --start 1,Inf", 2, `start cannot be "1,Inf": allowed are finite numbers`},
		{"run --start ,", 2, `start cannot be ","`},
		{"run --set lr", 2, `--set cannot be "lr": write it as key=value`},
		{"run --set =1", 2, `--set cannot be "=1"`},
		{"run --set amsgrad=maybe", 2, `amsgrad cannot be "maybe": allowed is false, true`},
		{"run --lr 1 --set optimizer.lr=2", 2, `lr is given twice`},
		{"run --optimizer adam,sgd", 2, `takes one optimizer, not 2`},
		{"run --optimizer=", 2, `unknown optimizer ""`},
		{"run --optimizer newton --lr 1", 2, `newton on beale has no setting "lr"`},
		{"run --optimizer newton --problem digits", 2, `newton needs a Hessian`},
		{"list optimizers adam sgd", 2, `takes a kind and a name`},
		{"--paused=perhaps", 2, `--paused cannot be "perhaps": allowed is true, false`},
		{"--speed 0", 2, `speed cannot be "0": allowed is a number of steps a second above 0, or max`},
		{"--set beta7=1", 2, `unknown setting of these runs "beta7"`},
		{"--optimizer " + strings.Repeat("sgd,", 9) + "sgd", 2, `a race has 9 runs at the most, not 10`},
		{"picture --size 5x5", 2, `size cannot be "5x5"`},
		{"picture --steps=-1", 2, `steps cannot be "-1"`},
		{"inspect --at 1", 2, `start has 1 coordinates, beale has 2`},
		{"inspect --at 1,x", 2, `at cannot be "1,x": allowed are finite numbers separated by commas, as in --at=-1.2,1`},
		{"inspect --tolerance 0", 2, `tolerance cannot be "0": allowed is a number from`},
		{"inspect --momentum 1", 2, `momentum cannot be "1": allowed is a number from 0`},
		{"inspect --problem bale", 2, `unknown problem "bale": did you mean "beale"?`},
		{"inspect --problem beale --expr x^2", 2, `--problem and --expr are both given`},
		{"version please", 2, `opttui version takes no argument "please"`},

		// What goes wrong on the way.
		{"run --optimizer newton --set mode=zero", 1, "stopped at step 0: mode=zero finds zeros of functions of one variable"},
		{"run --output " + missing, 1, "no such file"},
		{"run --problem rosenbrock --optimizer sgd --lr 1", 3, "diverged at step 4"},
	}
	for _, test := range tests {
		t.Run(test.args, func(t *testing.T) {
			code, _, stderr := opttui(t, strings.Fields(test.args)...)
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if !strings.HasPrefix(stderr, "opttui: ") || !strings.Contains(stderr, test.want) {
				t.Errorf("stderr\n%swant it to say\nopttui: %s", stderr, test.want)
			}
			if strings.Contains(stderr, "Usage:") || strings.Count(stderr, "\n") > 2 {
				t.Errorf("stderr has more than the message and a hint:\n%s", stderr)
			}
		})
	}
}

// TestNoScreen: without a terminal there is a way to go on.
func TestNoScreen(t *testing.T) {
	code, stdout, stderr := opttui(t, "--problem", "booth", "--optimizer", "sgd")
	if code != 2 || stdout != "" {
		t.Errorf("exit code %d, stdout %q", code, stdout)
	}
	if want := "opttui run --problem booth --optimizer sgd"; !strings.Contains(stderr, "is not a terminal") || !strings.Contains(stderr, want) {
		t.Errorf("stderr %q does not point at %q", stderr, want)
	}
}

// TestHelp: every command has help with an example, and tells it in three ways.
func TestHelp(t *testing.T) {
	var walk func(path []string, cmd *cobra.Command)
	walk = func(path []string, cmd *cobra.Command) {
		name := strings.Join(append([]string{"opttui"}, path...), " ")
		t.Run(name, func(t *testing.T) {
			code, long, stderr := opttui(t, append(path, "--help")...)
			if code != 0 || stderr != "" || !strings.Contains(long, "Usage:\n  "+name) {
				t.Errorf("--help: exit code %d, stderr %q, stdout\n%s", code, stderr, long)
			}
			_, topic, _ := opttui(t, append([]string{"help"}, path...)...)
			if topic != long {
				t.Errorf("help %s differs from --help:\n%s", name, topic)
			}
			if cmd.Short == "" {
				t.Error("no short help")
			}
		})
		for _, c := range cmd.Commands() {
			if c.Name() != "help" {
				walk(append(path[:len(path):len(path)], c.Name()), c)
			}
		}
	}
	root := rootCommand()
	root.InitDefaultCompletionCmd()
	walk(nil, root)
}

func TestVersion(t *testing.T) {
	_, flag, _ := opttui(t, "--version")
	code, command, _ := opttui(t, "version")
	if code != 0 || flag != command || !strings.HasPrefix(command, "opttui ") || !strings.Contains(command, "go1.") {
		t.Errorf("exit code %d, %q and %q", code, flag, command)
	}
}

func TestPicture(t *testing.T) {
	code, stdout, stderr := opttui(t, "picture", "--problem", "booth", "--optimizer", "sgd,adam", "--steps", "30", "--size", "100x30")
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	d := xml.NewDecoder(strings.NewReader(stdout))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"<svg", "Booth"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the picture has no %q", want)
		}
	}
}

func TestCompletion(t *testing.T) {
	tests := []struct {
		args []string
		want []string
	}{
		{[]string{""}, []string{"run", "list", "completion", "version"}},
		{[]string{"run", "--problem", ""}, []string{"beale\t", "rosenbrock\t"}},
		{[]string{"--optimizer", "adam,"}, []string{"adam,sgd\t", "adam,lbfgs\t"}},
		{[]string{"run", "--schedule", ""}, []string{"cosine\t", "linear\t"}},
		{[]string{"run", "--convention", ""}, []string{"lecture", "torch"}},
		{[]string{"run", "--format", ""}, []string{"jsonl", "csv"}},
		{[]string{"run", "--optimizer", "momentum", "--schedule", "cosine", "--set", ""}, []string{"momentum=\t", "form=\t", "t_max=\t"}},
		{[]string{"run", "--optimizer", "momentum", "--set", "form="}, []string{"form=ewma", "form=velocity"}},
		{[]string{"--optimizer", "momentum,adam", "--set", ""}, []string{"momentum=\t", "beta1=\t"}},
		{[]string{"inspect", "--problem", "quadratic", "--set", ""}, []string{"condition=\t"}},
		{[]string{"inspect", "--problem", ""}, []string{"beale\t"}},
		{[]string{"list", ""}, []string{"problems", "optimizers", "schedules"}},
		{[]string{"list", "problems", ""}, []string{"beale\t"}},
	}
	for _, test := range tests {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			code, stdout, stderr := opttui(t, append([]string{"__complete"}, test.args...)...)
			if code != 0 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			for _, want := range test.want {
				if !strings.Contains("\n"+stdout, "\n"+want) {
					t.Errorf("%q is not offered in\n%s", want, stdout)
				}
			}
		})
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if code, stdout, _ := opttui(t, "completion", shell); code != 0 || !strings.Contains(stdout, "opttui") {
			t.Errorf("completion %s: exit code %d", shell, code)
		}
	}
}
