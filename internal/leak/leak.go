// Package leak finds goroutines that the tests of a package leave behind.
package leak

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

// Main is the TestMain of a package: it runs the tests, and fails where goroutines that they began go on after them.
func Main(m *testing.M) { goleak.VerifyTestMain(patient{m}) }

// patience is how long goroutines that are about to end may take: goleak itself waits for less than half a second, which
// on a busy machine may pass before they have had a processor.
const patience = time.Minute

type patient struct{ *testing.M }

// Run implements goleak.TestingM.
func (p patient) Run() int {
	code := p.M.Run()
	for began := time.Now(); code == 0 && goleak.Find() != nil && time.Since(began) < patience; {
	}
	return code
}
