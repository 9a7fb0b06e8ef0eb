package daemon_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"seedbed/daemon"
)

func TestFind_KnowsAProcessByItsArgumentsUntilItEnds(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	file, err := os.Create(mark)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd := exec.Command("tail", "-f", mark)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	go func() { defer close(ended); _ = cmd.Wait() }()

	ours := func(p daemon.Process) bool {
		return strings.HasSuffix(p.CommandLine(), "\x00-f\x00"+mark) && p.IsMine()
	}
	var found []daemon.Process
	err = daemon.Poll(t.Context(), 10*time.Second, func(context.Context) error {
		if found = daemon.Find(ours); len(found) != 1 || !found[0].HasOpen(mark) {
			return errors.New("not yet")
		}
		return nil
	})
	if err != nil || found[0].ID() != cmd.Process.Pid || found[0].HasOpen("/etc/passwd") {
		t.Fatalf("found %v (%v), want the process %d", found, err, cmd.Process.Pid)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	err = daemon.Poll(t.Context(), 10*time.Second, func(context.Context) error {
		if len(daemon.Find(ours)) > 0 || found[0].Lives() {
			return errors.New("it is found although it was killed")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestPoll_GivesTheLastErrorWhenItsPatienceEnds(t *testing.T) {
	never := errors.New("never")
	if err := daemon.Poll(t.Context(), 50*time.Millisecond, func(context.Context) error { return never }); !errors.Is(err, never) {
		t.Errorf("it ends with %v", err)
	}
}
