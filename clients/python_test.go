package clients_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"opttui/internal/protocol"
)

// python returns a Python that has some modules, or skips the test.
func python(t *testing.T, modules ...string) string {
	t.Helper()
	const look = "import importlib.util, sys; sys.exit(sys.version_info < (3, 8) or None in map(importlib.util.find_spec, sys.argv[1:]))"
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if path, err := exec.LookPath(name); err == nil && exec.Command(path, append([]string{"-c", look}, modules...)...).Run() == nil {
			return path
		}
	}
	t.Skipf("there is no Python 3.8 with %q", modules)
	return ""
}

// run runs a program in clients/python, and returns what waits for its end.
func run(t *testing.T, env string, args ...string) (wait func() string) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = "python"
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", env)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() string {
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v\n%s", err, out.String())
		}
		return out.String()
	}
}

// seen makes the result of a test depend on files that another program reads.
func seen(t *testing.T, files ...string) {
	t.Helper()
	for _, f := range files {
		if _, err := os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPythonClient(t *testing.T) {
	path := python(t)
	seen(t, "python/opttui.py", "python/test_opttui.py")
	out := run(t, "", path, "-W", "error", "-m", "unittest", "test_opttui")()
	if !strings.Contains(out, "OK") {
		t.Error(out)
	}
}

func TestPythonClientIsValid(t *testing.T) {
	path := python(t)
	seen(t, "python/opttui.py")
	var wait func() string
	lines := talk(t, func(socket string) {
		wait = run(t, protocol.Environment+"="+socket, path, "-c", `
import math, opttui
class Optimizer:
    param_groups = [{"params": [], "lr": 0.1, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0, "amsgrad": False, "history_size": 10}]
with opttui.connect('a "name" <é>') as run:
    run.bind(Optimizer())
    run.bind(Optimizer(), "second.")
    run.tune("n" * 100, math.nan, choices=range(1000), doc="d" * 1000, min=-math.inf)
    run.tune("bad", get=lambda: 1 / 0, set=lambda v: None)
    for i in range(100):
        run.tune("more%d" % i, i)
    run.on_checkpoint(lambda: "p" * 1000)
    while not run.stopping:
        run.log(loss=1, bad=math.nan, up=math.inf, down=-math.inf, text="no", **{"é" * 100: 1e-300, "": 2, "type": 3})
    run.log(**{"n%d" % i: i for i in range(1000)})
`)
	})
	wait()
	check(t, lines)
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, `"scale": "log1m"`) }) {
		t.Error("no greeting tells of the optimizer")
	}
}
