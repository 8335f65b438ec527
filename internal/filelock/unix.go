//go:build unix

package filelock

import (
	"errors"
	"os"
	"syscall"
)

// Lock takes the file in use until it is closed; ErrInUse tells that another has it. Other errors are those of file systems
// without locks.
func Lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrInUse
	}
	return err
}

// Locked tells whether another has the file in use.
func Locked(f *os.File) bool {
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}
