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
	blobs map[string]bool
}

// ReadKeys reads a file in the format of OpenSSH's authorized_keys. Options before a key are refused, since whoever wrote
// them counts on them.
func ReadKeys(path string) (*Keys, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	k := &Keys{blobs: map[string]bool{}}
	for i, line := range bytes.Split(text, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		key, _, options, _, err := gossh.ParseAuthorizedKey(line)
		switch {
		case err != nil:
			return nil, usage.Errorf("%s, line %d is no public key: it must look like ssh-ed25519 AAAA… name", path, i+1)
		case len(options) > 0:
			return nil, usage.Errorf("%s, line %d has options before the key, which mean nothing here: remove them, or the key", path, i+1)
		}
		k.blobs[string(key.Marshal())] = true
	}
	if len(k.blobs) == 0 {
		return nil, usage.Errorf("%s has no keys in it, so nobody could come in", path)
	}
	return k, nil
}

// Have tells whether a key is one of them.
func (k *Keys) Have(key gossh.PublicKey) bool { return k.blobs[string(key.Marshal())] }

// Len is how many there are.
func (k *Keys) Len() int { return len(k.blobs) }

// Fingerprint is what clients show of a host key.
func Fingerprint(key gossh.Signer) string { return gossh.FingerprintSHA256(key.PublicKey()) }
