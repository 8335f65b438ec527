package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestServeRefuses(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	empty := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"--listen :0":                         "say who may come in, by --authorized-keys FILE, or --public for everybody",
		"--listen 0.0.0.0:0":                  "can be reached from other machines",
		"--listen nonsense":                   "an address is like 127.0.0.1:23234",
		"--public --authorized-keys " + empty: "choose one",
		"--authorized-keys " + empty:          "nobody could come in",
		"--sessions 0":                        "allowed is a number from 1",
		"--sessions many":                     "allowed is a whole number",
		"--idle soon":                         "as in 90s or 5m",
		"--longest 10ms":                      "a second at least",
		"--host-key " + empty:                 "is no host key",
		"loudly":                              "takes no argument",
	} {
		code, _, stderr := opttui(t, append([]string{"serve"}, strings.Fields(args)...)...)
		if code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: %d, %s", args, code, stderr)
		}
	}
}

func TestServeCheck(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	for args, want := range map[string]string{
		"--listen 127.0.0.1:0":            "everybody on this machine",
		"--listen 127.0.0.1:0 --public":   "everybody who can reach this address, without a key",
		"--listen 127.0.0.1:0 --idle 90s": "ended after 1m30s without one or 30m in all",
	} {
		code, stdout, stderr := opttui(t, append([]string{"serve", "--check"}, strings.Fields(args)...)...)
		if code != 0 || !strings.Contains(stdout, want) || !strings.Contains(stdout, "SHA256:") || stderr != "" {
			t.Errorf("%s: %d, %s%s", args, code, stdout, stderr)
		}
	}
}
