package main

import (
	"encoding/json"
	"strings"
	"testing"

	"opttui/internal/journal"
	"opttui/internal/train"
)

func TestResumeList(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	if code, stdout, _ := opttui(t, "resume", "--list", "--json"); code != 0 || strings.TrimSpace(stdout) != "[]" {
		t.Errorf("without sessions: exit code %d, %q", code, stdout)
	}
	dir, err := journal.Dir()
	if err != nil {
		t.Fatal(err)
	}
	s := journal.Create(dir, "v1")
	s.Run(0, train.Spec{Problem: "beale", Optimizer: "adam"})
	s.Run(1, train.Spec{Problem: "beale", Optimizer: "sgd"})
	s.Command(1, train.Entry{Step: 70, Command: train.Command{Op: train.OpSet, Key: "optimizer.lr", Value: "0.1"}})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := opttui(t, "resume", "--list", "--json")
	var list []map[string]any
	if err := json.Unmarshal([]byte(stdout), &list); err != nil || code != 0 || len(list) != 1 {
		t.Fatalf("exit code %d, %s %s: %v", code, stdout, stderr, err)
	}
	for key, want := range map[string]any{"id": s.ID(), "problem": "beale", "step": 70.0, "commands": 1.0, "how": "clean"} {
		if list[0][key] != want {
			t.Errorf("%s is %v, want %v", key, list[0][key], want)
		}
	}
	if o := list[0]["optimizers"].([]any); len(o) != 2 || o[1] != "sgd" {
		t.Errorf("optimizers %v", o)
	}
	if _, stdout, _ = opttui(t, "resume", "--list"); !strings.Contains(stdout, s.ID()) || !strings.Contains(stdout, "adam, sgd") {
		t.Errorf("the list is\n%s", stdout)
	}
}
