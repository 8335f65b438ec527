//go:build !unix

package attach

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// Where there are no such signals, the process is killed, and is neither stopped nor goes on.
const (
	sigStop = syscall.SIGKILL
	sigCont = syscall.SIGINT
	sigTerm = syscall.SIGKILL
)

func alone(*exec.Cmd) {}

func (c *Child) signal(s os.Signal) error {
	if s == sigTerm {
		return c.cmd.Process.Kill()
	}
	return fmt.Errorf("this system has no %v", s)
}

func exitCode(s *os.ProcessState) int {
	if s == nil {
		return 0
	}
	return s.ExitCode()
}

func signalName(n int) string { return fmt.Sprint(n) }

// Killed would tell whether a program was ended from outside.
func Killed(int) bool { return false }
