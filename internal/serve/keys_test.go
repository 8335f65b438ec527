package serve

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"opttui/internal/usage"
)

func TestHostKeyIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "key")
	first, err := HostKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if first.PublicKey().Type() != gossh.KeyAlgoED25519 {
		t.Errorf("a key of type %s", first.PublicKey().Type())
	}
	again, err := HostKey(path)
	if err != nil || !bytes.Equal(first.PublicKey().Marshal(), again.PublicKey().Marshal()) {
		t.Errorf("another key, or %v", err)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("%d files are left", len(files))
	}
	if runtime.GOOS == "windows" {
		return
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	os.Chmod(path, 0o644)
	wantUsage(t, "chmod 600")(HostKey(path))
}

func TestHostKeyThatIsNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	os.WriteFile(path, []byte("hello"), 0o600)
	wantUsage(t, "no host key")(HostKey(path))
}

// wantUsage checks that an error is for people and has some words in it.
func wantUsage(t *testing.T, words string) func(any, error) {
	t.Helper()
	return func(_ any, err error) {
		t.Helper()
		var u *usage.Error
		if !errors.As(err, &u) || !strings.Contains(err.Error(), words) {
			t.Errorf("%v does not say %q", err, words)
		}
	}
}

func have(keys *Keys, key gossh.Signer) bool {
	_, ok := keys.Role(key.PublicKey())
	return ok
}

// keysOf are the keys of viewers.
func keysOf(all ...gossh.Signer) *Keys {
	k := &Keys{roles: map[string]Role{}}
	for i, key := range all {
		k.add(key.PublicKey(), Viewer, i+1)
	}
	return k
}

func TestAuthorizedKeys(t *testing.T) {
	key := newKey(t)
	line := string(gossh.MarshalAuthorizedKey(key.PublicKey()))
	path := filepath.Join(t.TempDir(), "keys")
	write := func(text string) { os.WriteFile(path, []byte(text), 0o600) }

	write("# people\n\n" + line)
	keys, err := ReadKeys(path)
	if err != nil || keys.Len() != 1 || !have(keys, key) || have(keys, newKey(t)) {
		t.Errorf("%v, %v", keys, err)
	}
	for text, words := range map[string]string{
		"":                             "no keys",
		"# nobody\n":                   "no keys",
		line + "rubbish\n":             "line 2",
		`role="teacher" ` + line:       `role="driver" or role="viewer"`,
		`role=driver ` + line:          `role="driver" or role="viewer"`,
		`no-pty,role="driver" ` + line: "options",
		`command="ls",no-pty ` + line:  "options",
		"cert-authority " + line:       "options",
		`from="192.0.2.0/24" ` + line:  "options",
	} {
		write(text)
		wantUsage(t, words)(ReadKeys(path))
	}
	if _, err := ReadKeys(path + ".none"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// The first driver drives, whatever comes after; a key has the role that it had first.
func TestRolesInAFile(t *testing.T) {
	var lines []string
	var keys []gossh.Signer
	for range 5 {
		keys = append(keys, newKey(t))
		lines = append(lines, string(gossh.MarshalAuthorizedKey(keys[len(keys)-1].PublicKey())))
	}
	path := filepath.Join(t.TempDir(), "keys")
	os.WriteFile(path, []byte("# a class\n"+lines[0]+`role="viewer" `+lines[1]+`role="driver" `+lines[2]+`role="driver" `+lines[3]+
		`role="driver" `+lines[0]+lines[2]+lines[4]), 0o600)
	k, err := ReadKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, key := range keys {
		if role, ok := k.Role(key.PublicKey()); !ok || (role == Driver) != (i == 2) {
			t.Errorf("key %d is a %s's", i, role)
		}
	}
	if print, line, ok := k.Driver(); !ok || line != 4 || print != gossh.FingerprintSHA256(keys[2].PublicKey()) || k.Len() != 5 {
		t.Errorf("%d keys, that of the driver is %s in line %d", k.Len(), print, line)
	}
	if _, _, ok := keysOf(keys...).Driver(); ok {
		t.Error("somebody drives without being told to")
	}
}

// Another server on the same port is told what to do.
func TestListenTwice(t *testing.T) {
	l, err := Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	again, err := Listen(l.Addr().String(), false)
	if again != nil || err == nil || !strings.Contains(err.Error(), "is in use already") {
		t.Error(err)
	}
}

func TestListenNeedsToKnowWhoComes(t *testing.T) {
	for _, address := range []string{":0", "0.0.0.0:0", "[::]:0"} {
		wantUsage(t, "--authorized-keys")(Listen(address, false))
	}
	wantUsage(t, "cannot listen")(Listen("nonsense", true))
	for _, address := range []string{"127.0.0.1:0", "localhost:0"} {
		l, err := Listen(address, false)
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
	}
}
