package backup

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"seedbed"
)

func TestSites_AreThoseWithAFolderAlsoOfDeletedSites(t *testing.T) {
	dir := t.TempDir()
	for _, folder := range []string{"s1-guide", "s7-gone", ".trash", "Not a key"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "s2-file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	shelf := &Shelf{Config: Config{Dir: dir}}
	if keys, err := shelf.Sites(t.Context()); err != nil || !slices.Equal(keys, []string{"s1-guide", "s7-gone"}) {
		t.Errorf("the sites are %v (%v)", keys, err)
	}
	shelf.Dir = filepath.Join(dir, "none")
	if keys, err := shelf.Sites(t.Context()); err != nil || len(keys) != 0 {
		t.Errorf("without a folder the sites are %v (%v)", keys, err)
	}
	shelf.Dir = filepath.Join(dir, "s2-file")
	if _, err := shelf.Sites(t.Context()); seedbed.CodeOf(err) != seedbed.Unavailable {
		t.Errorf("a folder that cannot be read gives %v", err)
	}
}
