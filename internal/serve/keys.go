package serve

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	gossh "golang.org/x/crypto/ssh"

	"opttui/internal/usage"
)

// HostKey reads the key by which clients know this server again. Where there is no such file, it makes a new Ed25519 key
// and keeps it there, for this user's eyes only.
func HostKey(path string) (gossh.Signer, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeHostKey(path); err != nil {
			return nil, fmt.Errorf("no host key could be made: %w", err)
		}
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(path); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, usage.Errorf("the host key %s can be read by others: chmod 600 %[1]s, if nobody has", path)
	}
	key, err := gossh.ParsePrivateKey(text)
	if err != nil {
		return nil, usage.Errorf("%s is no host key: %v", path, err)
	}
	return key, nil
}

// makeHostKey makes a key. Of two servers that do so at once, both end with the same.
func makeHostKey(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	block, err := gossh.MarshalPrivateKey(private, "opttui")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "host-key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(pem.EncodeToMemory(block))
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// Keys are the public keys of those who may come in.
type Keys struct {
	roles  map[string]Role // by the key's wire format
	driver gossh.PublicKey // nil for none
	line   int             // of the driver's key
}

// ReadKeys reads a file in the format of OpenSSH's authorized_keys. The one option that a key may have is its role; the
// first driver drives. Other options are refused, since whoever wrote them counts on them.
func ReadKeys(path string) (*Keys, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	k := &Keys{roles: map[string]Role{}}
	for i, line := range bytes.Split(text, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		key, _, options, _, err := gossh.ParseAuthorizedKey(line)
		if err != nil {
			return nil, usage.Errorf("%s, line %d is no public key: it must look like ssh-ed25519 AAAA… name", path, i+1)
		}
		role, ok := roleIn(options)
		if !ok {
			return nil, usage.Errorf(`%s, line %d has options before the key that mean nothing here: allowed is role="driver" or role="viewer"`, path, i+1)
		}
		k.add(key, role, i+1)
	}
	if len(k.roles) == 0 {
		return nil, usage.Errorf("%s has no keys in it, so nobody could come in", path)
	}
	return k, nil
}

// roleIn is the role that the options of a key give it, and whether they are nothing else.
func roleIn(options []string) (role Role, ok bool) {
	switch {
	case len(options) == 0:
		return Viewer, true
	case len(options) > 1:
		return "", false
	}
	for _, r := range []Role{Viewer, Driver} {
		if options[0] == `role="`+string(r)+`"` {
			return r, true
		}
	}
	return "", false
}

// add takes a key from a line of the file. A key that is there twice has the role that it had first.
func (k *Keys) add(key gossh.PublicKey, role Role, line int) {
	blob := string(key.Marshal())
	if _, known := k.roles[blob]; known {
		return
	}
	if role == Driver && k.driver != nil {
		role = Viewer
	}
	if k.roles[blob] = role; role == Driver {
		k.driver, k.line = key, line
	}
}

// Role is the role of a key, and whether it is one of them.
func (k *Keys) Role(key gossh.PublicKey) (Role, bool) {
	role, ok := k.roles[string(key.Marshal())]
	return role, ok
}

// Driver is the fingerprint of the key that drives a lecture and the line that it stands in; ok is false where there is none.
func (k *Keys) Driver() (fingerprint string, line int, ok bool) {
	if k.driver == nil {
		return "", 0, false
	}
	return gossh.FingerprintSHA256(k.driver), k.line, true
}

// Len is how many there are.
func (k *Keys) Len() int { return len(k.roles) }

// Fingerprint is what clients show of a host key.
func Fingerprint(key gossh.Signer) string { return gossh.FingerprintSHA256(key.PublicKey()) }
