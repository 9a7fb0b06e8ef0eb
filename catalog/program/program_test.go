package program_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"seedbed"
	"seedbed/catalog/program"
)

func TestRun_PassesInputToOutput(t *testing.T) {
	var out bytes.Buffer
	err := program.Run{Path: "/bin/cat", In: strings.NewReader("a\x00b"), Out: &out}.Do(t.Context())
	if err != nil || out.String() != "a\x00b" {
		t.Errorf("got %q, %v", out.String(), err)
	}
}

func TestRun_GivesTheProgramNothingOfOurEnvironment(t *testing.T) {
	t.Setenv("SEEDBED_PRIVATE", "ours")
	var out bytes.Buffer
	if err := (program.Run{Path: "/usr/bin/env", Env: []string{"THEIRS=1"}, Out: &out}).Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); strings.Contains(got, "SEEDBED_PRIVATE") || !strings.Contains(got, "THEIRS=1") {
		t.Errorf("its environment is\n%s", got)
	}
}

func TestRun_SaysWhyItFailed(t *testing.T) {
	err := program.Run{Path: "/bin/cat", Args: []string{"/no/such/file"}}.Do(t.Context())
	if err == nil || !strings.Contains(err.Error(), "No such file or directory") {
		t.Errorf("a program that complains gave %v", err)
	}
	err = program.Run{Path: "/no/such/program", Package: "coffee"}.Do(t.Context())
	if seedbed.CodeOf(err) != seedbed.Unavailable || !strings.Contains(seedbed.MessageOf(err), "package coffee") {
		t.Errorf("a program that is missing gave %v", err)
	}
	broken := errors.New("the disk is full")
	err = program.Run{Path: "/bin/cat", In: iotest.ErrReader(broken)}.Do(t.Context())
	if !errors.Is(err, broken) {
		t.Errorf("a reader that fails gave %v", err)
	}
}

func TestRun_EndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := (program.Run{Path: "/bin/sleep", Args: []string{"60"}}).Do(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
