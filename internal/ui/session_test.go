package ui

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"opttui/internal/dataset"
	"opttui/internal/journal"
	"opttui/internal/problems"
	"opttui/internal/train"
)

// recorded is a screen whose session is kept in a folder.
func recorded(t *testing.T, dir string, o Options) (*Model, *journal.Session) {
	t.Helper()
	s := journal.Create(dir, "test")
	t.Cleanup(func() { _ = s.Close() })
	o.Record = s
	return open(t, 120, 40, o), s
}

// Whatever keys were pressed: a session that is read from its file goes on with the same runs, bit for bit.
func TestSessionIsTakenUp(t *testing.T) {
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, 1))
		dir := t.TempDir()
		m, s := recorded(t, dir, Options{Runs: DefaultRuns(problems.Ref{Name: []string{"rosenbrock", "iris/mlp"}[seed%2]}, seed), Paused: true})
		keys := []string{"]", "[", "n", "N", "u", "b", "x", "tab", "c", "m", "right", "down", "r", "g", "a"}
		for range 40 {
			k := keys[rng.IntN(len(keys))]
			press(t, m, k)
			if k == "a" {
				press(t, m, "enter")
			}
			press(t, m, "N")
		}
		if why := s.Warning(); why != "" {
			t.Fatal(why)
		}
		log, err := journal.Read(dir, s.ID())
		if err != nil {
			t.Fatal(err)
		}
		again := open(t, 120, 40, Options{Again: log.Runs()})
		settle(t, again)
		if len(again.lanes) != len(m.lanes) {
			t.Fatalf("seed %d: %d runs, there were %d", seed, len(again.lanes), len(m.lanes))
		}
		for _, l := range m.lanes {
			for _, k := range again.lanes {
				if a, b := l.snap, k.snap; k.id == l.id && (a.Step != b.Step || a.Loss != b.Loss || a.LR != b.LR || a.GradNorm != b.GradNorm || len(a.Journal) != len(b.Journal)) {
					t.Errorf("seed %d, run %d: step %d loss %v ε %v, it was step %d loss %v ε %v", seed, l.id, b.Step, b.Loss, b.LR, a.Step, a.Loss, a.LR)
				}
			}
		}
		checkFrame(t, again)
	}
}

// A run that goes on is recorded from time to time, but at the end as it is.
func TestSessionEndsWhereTheRunIs(t *testing.T) {
	dir := t.TempDir()
	m, s := recorded(t, dir, Options{Runs: []train.Spec{runOf("beale", "sgd", "1e-4")}, Rate: train.Unlimited})
	until(t, m, "progress", func(s *train.Snapshot) bool { return s.Step > 1000 })
	recorded := m.lane().snap.Step
	until(t, m, "more progress", func(s *train.Snapshot) bool { return s.Step > recorded+1000 })
	shown := m.lane().snap.Step
	m.Last()
	log, err := journal.Read(dir, s.ID())
	if err != nil {
		t.Fatal(err)
	}
	if runs := log.Runs(); len(runs) != 1 || runs[0].Step < shown {
		t.Errorf("the session ends with %+v, the screen showed step %d", runs, shown)
	}
}

// A session of very many steps is on its way for long: esc stays where the run is, and the screen says so.
func TestWayIsGivenUp(t *testing.T) {
	again := []journal.Run{{Spec: runOf("rosenbrock", "adam", "0.01"), Step: 1 << 40}}
	m := open(t, 120, 40, Options{Again: again})
	until(t, m, "progress", func(s *train.Snapshot) bool { return s.Seeking != nil && s.Step > 0 })
	wants(t, m, "going to step", "esc stays")
	press(t, m, "esc")
	s := m.lane().snap
	if s.Seeking != nil || s.Status != train.Paused || s.Step == 0 || s.Step == 1<<40 {
		t.Errorf("after esc: %+v at step %d, %s", s.Seeking, s.Step, s.Status)
	}
	advance(t, m, 5)
}

// A session whose data file has changed is taken up with a warning.
func TestSessionOfOtherData(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "d.csv")
	text := "a,b\n" + strings.Repeat("1,2\n2,3\n3,5\n", 10)
	if err := os.WriteFile(data, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m, s := recorded(t, dir, Options{Runs: []train.Spec{{Problem: "data", Optimizer: "sgd", Data: &dataset.File{Path: data}}}, Paused: true})
	advance(t, m, 2)
	m.Last()
	log, err := journal.Read(dir, s.ID())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(data, []byte(text+"4,7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wants(t, open(t, 120, 40, Options{Again: log.Runs()}), "d.csv has changed since")
}

// A folder that cannot be written is told once, and the screen goes on.
func TestSessionThatCannotBeKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	m, _ := recorded(t, filepath.Join(file, "below"), Options{Paused: true})
	press(t, m, "n")
	if !strings.Contains(screen(m), "not") || !m.refused {
		t.Errorf("status %q", m.status)
	}
	press(t, m, "]")
	wants(t, m, "ε 5.00e-3 at step 1")
}

// A disk that takes nothing and then does has all of a session whose runs rest.
func TestSessionIsKeptWhenTheDiskHasRoomAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	m, s := recorded(t, file, Options{Runs: []train.Spec{runOf("beale", "sgd", "1e-4")}, Paused: true})
	press(t, m, "]")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	until(t, m, "room", func(*train.Snapshot) bool { return m.unsaved == "" })
	log, err := journal.Read(file, s.ID())
	if err != nil || len(log.Runs()) != 1 || len(log.Runs()[0].Journal) != 1 {
		t.Errorf("%+v, %v", log, err)
	}
}

// E writes the files of each kind; the pictures and tables are what they are called.
func TestExport(t *testing.T) {
	t.Chdir(t.TempDir())
	m := open(t, 120, 40, Options{Paused: true})
	advance(t, m, 30)
	press(t, m, "]")
	advance(t, m, 30)
	screen(m)
	begins := map[string]string{
		".json": "", ".csv": "step,", ".jsonl": `{"step"`, ".svg": "<", ".png": "\x89PNG", ".py": `"""Learning rate`, ".tfevents": "",
	}
	for _, e := range exported {
		press(t, m, "E")
		typed(t, m, e.name)
		m.Update(keyMsg("enter"))
		for m.ready != nil { // pictures take their time, the more with the race detector
			time.Sleep(time.Millisecond)
			m.Update(tickMsg{})
		}
		settle(t, m)
		wants(t, m, "written: opttui-"+e.name+"-beale-")
		files, _ := filepath.Glob("opttui-" + e.name + "-*")
		if len(files) == 0 {
			t.Errorf("no files of %s", e.name)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if begin, known := begins[filepath.Ext(f)]; err != nil || !known || len(b) < 20 || !strings.HasPrefix(string(b), begin) {
				t.Errorf("%s begins with %.40q (%v)", f, b, err)
			}
		}
	}
	// Where there is no landscape or no rate that is said.
	n := open(t, 120, 40, Options{Runs: DefaultRuns(problems.Ref{Name: "wavy"}, 1), Paused: true})
	press(t, n, "E")
	typed(t, n, "landscape")
	press(t, n, "enter")
	wants(t, n, "there is no landscape")
}
