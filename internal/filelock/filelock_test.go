//go:build unix

package filelock

import (
	"os"
	"path/filepath"
	"testing"
)

// A file that is open twice stands for two programs: flock tells open files apart, not processes.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	open := func() *os.File {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	mine, other, third := open(), open(), open()
	if Locked(other) {
		t.Error("it is taken before anybody has")
	}
	_ = other.Close() // to have looked is to share it until then
	if err := Lock(mine); err != nil {
		t.Fatal(err)
	}
	if err := Lock(third); err != ErrInUse || !Locked(third) {
		t.Errorf("it is taken twice: %v", err)
	}
	_ = mine.Close()
	if err := Lock(third); err != nil {
		t.Errorf("after its end: %v", err)
	}
}
