package db_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"seedbed"
)

// folder makes a folder with a name that an address would have to quote.
func folder(t testing.TB) string {
	t.Helper()
	where := t.TempDir()
	if err := os.Mkdir(filepath.Join(where, "a folder?"), 0o700); err != nil {
		t.Fatal(err)
	}
	return where
}

func asError(t *testing.T, err error) *seedbed.Error {
	t.Helper()
	var e *seedbed.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is not an error for people", err)
	}
	return e
}

// readAll returns the content of all files of the database.
func readAll(t *testing.T, where string) (all []byte) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(where, "a folder?", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no database files in %s: %v", where, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
