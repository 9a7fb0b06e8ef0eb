package spool_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"seedbed/spool"
)

func TestKeep_LeavesNothingInTheFolder(t *testing.T) {
	folder := t.TempDir()
	file, size, err := spool.Keep(folder, strings.NewReader("all of it"))
	if err != nil || size != 9 {
		t.Fatal(size, err)
	}
	defer file.Close()
	content := make([]byte, 9)
	if _, err := file.ReadAt(content, 0); err != nil || string(content) != "all of it" {
		t.Errorf("%q %v", content, err)
	}
	if names, err := os.ReadDir(folder); err != nil || len(names) != 0 {
		t.Errorf("%v %v", names, err)
	}
}

func TestKeep_TellsWhoseFaultItIs(t *testing.T) {
	gone := errors.New("the line is gone")
	_, _, err := spool.Keep(t.TempDir(), io.MultiReader(strings.NewReader("some"), iotest.ErrReader(gone)))
	var broken *spool.Broken
	if !errors.As(err, &broken) || !errors.Is(err, gone) {
		t.Errorf("%v", err)
	}
	if _, _, err := spool.Keep(t.TempDir()+"/none", strings.NewReader("")); err == nil || errors.As(err, &broken) {
		t.Errorf("%v", err)
	}
}
