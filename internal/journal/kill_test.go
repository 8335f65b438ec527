package journal

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// victim records commands as fast as it can, and says of each that it is done.
func victim(dir string) {
	s := Create(dir, "v1")
	fmt.Println(s.ID())
	s.Run(0, beale())
	for i := 1; ; i++ {
		s.Command(0, half(i))
		fmt.Println(i)
	}
}

// Nothing that was acknowledged is lost when the program is killed, at whatever moment.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	for i := range 200 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "JOURNAL_TEST_VICTIM="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		lines.Scan()
		id := lines.Text()
		time.AfterFunc(time.Duration(rand.IntN(3000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		done := 0
		for lines.Scan() {
			if n, err := strconv.Atoi(lines.Text()); err == nil && strings.TrimSpace(lines.Text()) != "" {
				done = max(done, n)
			}
		}
		_ = cmd.Wait()
		l, err := Read(dir, id)
		if err != nil {
			t.Fatal(err)
		}
		// The last line that was read may itself be torn: "12" of "123".
		runs := l.Runs()
		if len(runs) == 0 && done == 0 {
			continue
		}
		if n := len(runs[0].Journal); n < done {
			t.Fatalf("kill %d: %d commands were acknowledged, %d are in the session", i, done, n)
		}
	}
}
