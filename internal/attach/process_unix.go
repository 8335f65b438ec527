//go:build unix

package attach

import (
	"os"
	"os/exec"
	"slices"
	"syscall"
)

const (
	sigStop = syscall.SIGSTOP
	sigCont = syscall.SIGCONT
	sigTerm = syscall.SIGTERM
)

// alone gives the program a session of its own: the keys of this terminal are not for it, and it does not end with it.
func alone(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// signal sends a signal to the program and its children.
func (c *Child) signal(s os.Signal) error {
	return syscall.Kill(-c.cmd.Process.Pid, s.(syscall.Signal))
}

// exitCode is how a process has ended, as shells write it.
func exitCode(s *os.ProcessState) int {
	if s == nil {
		return 0
	}
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal())
	}
	return s.ExitCode()
}

func signalName(n int) string { return syscall.Signal(n).String() }

// Killed tells by an exit code whether a program was ended from outside: by whoever needs its memory or its machine, not
// by what it did.
func Killed(code int) bool {
	return slices.Contains([]syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGKILL, syscall.SIGTERM}, syscall.Signal(code-128))
}
