package kernel

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"testing"

	"opttui/internal/usage"
)

// atEachLevel runs a test at each level that the machine has.
func atEachLevel(t *testing.T, test func(t *testing.T)) {
	for _, name := range Levels() {
		t.Run(name, func(t *testing.T) {
			use(t, name)
			test(t)
		})
	}
}

// use chooses a level until the end of the test.
func use(tb testing.TB, name string) {
	tb.Helper()
	before := Level()
	if err := Use(name); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = Use(before) })
}

func TestUse(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		for _, name := range Levels() {
			use(t, name)
			if got := Level(); got != name {
				t.Errorf("Level() = %q after Use(%q)", got, name)
			}
		}
	})
}

func TestUseRefuses(t *testing.T) {
	before := Level()
	bad := []string{"", "sse", "AVX2"}
	for _, name := range names {
		if !slices.Contains(Levels(), name) {
			bad = append(bad, name)
		}
	}
	for _, name := range bad {
		var wrong *usage.Error
		if err := Use(name); !errors.As(err, &wrong) {
			t.Errorf("Use(%q): %v, want an error for people", name, err)
		}
		if Level() != before {
			t.Fatalf("Use(%q) chose %s", name, Level())
		}
	}
}

func TestLevelsBeginWithThePortableOne(t *testing.T) {
	if l := Levels(); l[0] != Portable {
		t.Errorf("Levels() = %q", l)
	}
}

func TestFollow(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		asked = false
		defer func() { asked = os.Getenv(Environment) != "" }()
		before := Name()
		for _, name := range Levels() {
			use(t, Level())
			if name = runtime.GOARCH + "/" + name; !Follow(name) || Name() != name {
				t.Errorf("followed %s to %s", name, Name())
			}
		}
		if !Follow(before) || !Follow("") || Name() != before {
			t.Errorf("the kernels are %s, not %s", Name(), before)
		}
		for _, name := range []string{"z80/portable", runtime.GOARCH + "/avx1024", "?"} {
			if Follow(name) || Name() != before {
				t.Errorf("followed %s to %s", name, Name())
			}
		}
	})
}

func TestFollowLeavesWhatTheEnvironmentChooses(t *testing.T) {
	asked = true
	defer func() { asked = os.Getenv(Environment) != "" }()
	use(t, Portable)
	for _, name := range Levels() {
		if got := Follow(runtime.GOARCH + "/" + name); Level() != Portable || got != (name == Portable) {
			t.Errorf("followed %s to %s: %v", name, Level(), got)
		}
	}
}
