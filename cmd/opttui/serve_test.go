package main

import (
	"crypto/ed25519"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

func TestServeRefuses(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	empty := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	viewers := keyFile(t, `role="viewer" `)
	for args, want := range map[string]string{
		"--lecture":                              `--authorized-keys FILE, with a line in it like role="driver" ssh-ed25519`,
		"--lecture --public":                     "a lecture needs to know its driver",
		"--lecture --authorized-keys " + viewers: "nobody could drive the lecture",
		"--listen :0":                            "say who may come in, by --authorized-keys FILE, or --public for everybody",
		"--listen 0.0.0.0:0":                     "can be reached from other machines",
		"--listen nonsense":                      "an address is like 127.0.0.1:23234",
		"--public --authorized-keys " + empty:    "choose one",
		"--authorized-keys " + empty:             "nobody could come in",
		"--sessions 0":                           "cannot be 0 and 10: allowed are numbers from 1 to 10000",
		"--sessions 1000000000":                  "allowed are numbers from 1 to 10000",
		"--sessions many":                        "allowed is a whole number",
		"--idle soon":                            "as in 90s or 5m",
		"--longest 10ms":                         "a second at least",
		"--longest 0s":                           "a second at least",
		"--host-key " + empty:                    "is no host key",
		"loudly":                                 "takes no argument",
	} {
		code, _, stderr := opttui(t, append([]string{"serve"}, strings.Fields(args)...)...)
		if code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: %d, %s", args, code, stderr)
		}
	}
}

// keyFile is a file with a public key in it, behind some text.
func keyFile(t *testing.T, text string) string {
	t.Helper()
	public, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(path, append([]byte(text), ssh.MarshalAuthorizedKey(key)...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestServeCheck(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	for args, want := range map[string]string{
		"--listen 127.0.0.1:0":            "everybody on this machine",
		"--listen 127.0.0.1:0 --public":   "everybody who can reach this address, without a key",
		"--listen 127.0.0.1:0 --idle 90s": "ended after 1m30s without one or 30m in all",
		"--listen 127.0.0.1:0 --authorized-keys " + keyFile(t, `role="driver" `):                                   "the holders of 1 keys",
		"--listen 127.0.0.1:0 --lecture --authorized-keys " + keyFile(t, `role="driver" `):                         "nobody but the driver: add keys to the file, or --public",
		"--listen 127.0.0.1:0 --lecture --authorized-keys " + keyFile(t, "# a class\n\nrole=\"driver\" "):          "who drives:      the holder of the key SHA256:",
		"--listen :0 --lecture --public --authorized-keys " + keyFile(t, `role="driver" `):                         "without a key or a password, as viewers",
		"--listen 127.0.0.1:0 --lecture --longest 2h --idle 90s --authorized-keys " + keyFile(t, `role="driver" `): "ended after 2h in all; the lab rests 1m after the driver has left; a branch does so after 1m without a key, and ends after 1m30s",
		"--listen 127.0.0.1:0 --lecture --public --authorized-keys " + keyFile(t, `role="driver" `):                "ended after 3h in all",
	} {
		code, stdout, stderr := opttui(t, append([]string{"serve", "--check"}, strings.Fields(args)...)...)
		if code != 0 || !strings.Contains(stdout, want) || !strings.Contains(stdout, "SHA256:") || stderr != "" {
			t.Errorf("%s: %d, %s%s", args, code, stdout, stderr)
		}
	}
}

// What would be served can be asked while it is served.
func TestServeCheckBindsNothing(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	code, stdout, stderr := opttui(t, "serve", "--check", "--listen", l.Addr().String())
	if code != 0 || !strings.Contains(stdout, "everybody on this machine") {
		t.Errorf("%d: %s%s", code, stdout, stderr)
	}
}
